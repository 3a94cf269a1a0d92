"""An index that is away costs nothing: what is pending waits in the ledger and arrives later, once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.client import connect, shown
from index.fields import SCHEMA_VERSION
from index.query import Query
from ledger.database import engine_for, migrate
from ledger.outbox import backlog, enqueue_event, publishing_now
from ledger.schema import quarantine
from news.backoff import Backoff
from news.configuration import Configuration
from news.errors import IndexUnavailable
from pipelines import publish
from tests.index.stumbling import gives, hangs_up, never_answers, page, says, stumbling
from tests.ledger.readings import article, hour, read, text
from tests.ports import free_ports


@pytest.fixture
async def ledger(fresh_database: str) -> AsyncIterator[AsyncEngine]:
    made = engine_for(fresh_database)
    await migrate(made)
    yield made
    await made.dispose()


async def crawl(ledger: AsyncEngine, numbers: range, minute: float = 0) -> None:
    """Record articles as a crawl does, an event with each."""
    for number in numbers:
        found = article(f"https://example{number % 5}.org/n{number}", text(number))
        recorded = await read(ledger, found, hour(minute / 60))
        async with ledger.begin() as connection:
            event = {"at": "2026-03-02T08:00:00Z", "outlet": found.url[8:16], "outcome": str(recorded.outcome)}
            await enqueue_event(connection, number, event)


def away(index: ElasticsearchIndex) -> ElasticsearchIndex:
    """Return the same index on a server that is not there."""
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    made = ElasticsearchIndex(connect(Configuration(home=Path(), elasticsearch_url=url)), shown(url))
    made.aliases.update(index.aliases)
    return made


async def pending_documents(ledger: AsyncEngine) -> int:
    async with ledger.connect() as connection:
        return (await backlog(connection)).pending


async def said(ledger: AsyncEngine) -> str:
    """Return what all processes are told of the publisher."""
    async with ledger.connect() as connection:
        return (await publishing_now(connection)).sentence()


async def test_an_hour_without_an_index_loses_nothing_and_stores_nothing_twice(
    ledger: AsyncEngine, elasticsearch: ElasticsearchIndex
) -> None:
    gone = away(elasticsearch)
    try:
        for minute in range(60):
            await crawl(ledger, range(minute * 2, minute * 2 + 2), minute)
            if minute % 20 == 0:
                with pytest.raises(IndexUnavailable):
                    await publish.publish_all(ledger, gone)
    finally:
        await gone.close()
    assert await pending_documents(ledger) == 2 * 120
    assert await publish.publish_all(ledger, elasticsearch) == 0
    assert (await elasticsearch.status()).documents == {"articles": 120, "events": 120}
    results = await elasticsearch.search(Query(size=200))
    assert len({hit.document["url"] for hit in results.hits}) == results.total == 120


async def test_the_publisher_gets_over_an_index_that_comes_and_goes(
    ledger: AsyncEngine, elasticsearch: ElasticsearchIndex, elasticsearch_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(publish, "WHILE_AWAY", Backoff(first_seconds=0.04, most_seconds=10))
    await crawl(ledger, range(20))
    async with stumbling(elasticsearch_url) as server:
        server.faults = [page(502), says(429, "es_rejected_execution_exception"), hangs_up, hangs_up, page(503)]
        configuration = Configuration(home=Path(), elasticsearch_url=server.url)
        index = ElasticsearchIndex(connect(configuration), shown(server.url))
        index.aliases.update(elasticsearch.aliases)
        publisher = asyncio.create_task(publish.publish(ledger, index))
        try:
            async with asyncio.timeout(60):
                while await pending_documents(ledger):  # noqa: ASYNC110 - the ledger tells nobody
                    await asyncio.sleep(0.05)
        finally:
            publisher.cancel()
            await asyncio.gather(publisher, return_exceptions=True)
            await index.close()
    assert server.faults == []
    await elasticsearch.refresh()
    assert (await elasticsearch.status()).documents == {"articles": 20, "events": 20}


async def test_no_strange_answer_ends_the_publisher(
    ledger: AsyncEngine, elasticsearch: ElasticsearchIndex, elasticsearch_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(publish, "WHILE_AWAY", Backoff(first_seconds=0.04, most_seconds=0.2))
    await crawl(ledger, range(5))
    async with stumbling(elasticsearch_url) as server:
        index = ElasticsearchIndex(connect(Configuration(home=Path(), elasticsearch_url=server.url)), shown(server.url))
        index.aliases.update(elasticsearch.aliases)
        publisher = asyncio.create_task(publish.publish(ledger, index))
        try:
            for body in ("{}", "[]", "null", "{", '"text"', '{"responses": []}', '{"items": [{}]}'):
                server.always = gives(body)
                await asyncio.sleep(0.3)
            server.always = gives("<html>Welcome</html>", content_type="text/html", as_elastic=False)
            await asyncio.sleep(0.3)
            assert not publisher.done()
            server.always = None
            async with asyncio.timeout(60):
                while await pending_documents(ledger):  # noqa: ASYNC110 - the ledger tells nobody
                    await asyncio.sleep(0.05)
        finally:
            publisher.cancel()
            await asyncio.gather(publisher, return_exceptions=True)
            await index.close()
    async with ledger.connect() as connection:
        assert (await backlog(connection)).rejected == 0
    await elasticsearch.refresh()
    assert (await elasticsearch.status()).documents == {"articles": 5, "events": 5}


async def test_an_index_that_does_not_answer_is_named_while_it_lasts(
    ledger: AsyncEngine,
    elasticsearch: ElasticsearchIndex,
    elasticsearch_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publish, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(publish, "WHILE_AWAY", Backoff(first_seconds=0.04, most_seconds=10))
    monkeypatch.setattr(publish, "SLOW_SECONDS", 0.1)
    await crawl(ledger, range(2))
    async with stumbling(elasticsearch_url) as server:
        server.faults = [never_answers]
        index = ElasticsearchIndex(connect(Configuration(home=Path(), elasticsearch_url=server.url)), shown(server.url))
        index.aliases.update(elasticsearch.aliases)
        with capture_logs() as logs:
            publisher = asyncio.create_task(publish.publish(ledger, index))
            try:
                async with asyncio.timeout(20):
                    while not any(line["event"] == "publish_slow" for line in logs):  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
            finally:
                publisher.cancel()
                await asyncio.gather(publisher, return_exceptions=True)
                await index.close()
    assert await pending_documents(ledger) == 4


async def test_a_fault_of_the_index_rejects_no_document_and_heals(
    ledger: AsyncEngine, elasticsearch: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(publish, "WHILE_AWAY", Backoff(first_seconds=0.04, most_seconds=0.5))
    monkeypatch.setattr("index.elasticsearch.bulk.FAULT_SECONDS", 0.2)
    await crawl(ledger, range(5))
    index = f"{elasticsearch.aliases['articles']}-v{SCHEMA_VERSION}"
    await elasticsearch.client.indices.close(index=index)
    with capture_logs() as logs:
        publisher = asyncio.create_task(publish.publish(ledger, elasticsearch))
        try:
            async with asyncio.timeout(30):
                while not any(line["event"] == "publish_waits" for line in logs):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                while not (found := await said(ledger)):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            assert "has closed the index" in found
            await elasticsearch.client.indices.open(index=index)
            async with asyncio.timeout(30):
                while await pending_documents(ledger) or await said(ledger):  # noqa: ASYNC110 - the ledger tells nobody
                    await asyncio.sleep(0.05)
        finally:
            publisher.cancel()
            await asyncio.gather(publisher, return_exceptions=True)
    assert any("has closed the index" in str(line.get("reason")) for line in logs)
    async with ledger.connect() as connection:
        assert (await backlog(connection)).rejected == 0


async def test_what_is_refused_stands_in_quarantine_and_the_rest_goes_on(
    ledger: AsyncEngine, elasticsearch: ElasticsearchIndex
) -> None:
    await crawl(ledger, range(3))
    async with ledger.begin() as connection:
        await enqueue_event(connection, 99, {"at": "2026-03-02T08:00:00Z", "latency_ms": "Nobody must read this"})
        await enqueue_event(connection, 98, {"at": "2026-03-02T08:00:00Z", "mood": "bad"})
    assert await publish.publish_all(ledger, elasticsearch) == 0
    assert (await elasticsearch.status()).documents == {"articles": 3, "events": 3}
    async with ledger.connect() as connection:
        rows = (await connection.execute(select(quarantine).order_by(quarantine.c.id))).all()
    assert [(row.id, row.reason) for row in rows] == [
        ("98", "the schema of events knows no field mood"),
        ("99", "document_parsing_exception: field latency_ms"),
    ]
    assert rows[1].document["latency_ms"] == "Nobody must read this"

    async with ledger.begin() as connection:
        await enqueue_event(connection, 98, {"at": "2026-03-02T08:00:00Z"}, revision=2)
    assert await publish.publish_all(ledger, elasticsearch) == 0
    async with ledger.connect() as connection:
        kept = (await connection.execute(select(quarantine.c.id))).scalars().all()
    assert kept == ["99"], "what a later revision mended is in quarantine no more"
