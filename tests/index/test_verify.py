"""The index is what the ledger says: deleted, shrunk, stale or made anew, it is whole again by itself."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncEngine

from index.elasticsearch.backend import ElasticsearchIndex
from index.fields import SCHEMA_VERSION
from index.postgresql.backend import PostgresqlIndex
from index.protocol import DONE, Action, Index, Tally
from ledger.database import engine_for, migrate
from ledger.indexed import known_after
from ledger.outbox import backlog
from ledger.schema import quarantine
from pipelines import publish, verify
from pipelines.verify import DiscrepancyKind
from tests.ledger.readings import article, hour, read, text


@pytest.fixture
async def ledger(fresh_database: str) -> AsyncIterator[AsyncEngine]:
    made = engine_for(fresh_database)
    await migrate(made)
    yield made
    await made.dispose()


@pytest.fixture(params=["elasticsearch", "postgresql"])
def index(request: pytest.FixtureRequest, ledger: AsyncEngine) -> Index:
    """Give each place to search in turn, empty; PostgreSQL's beside the ledger, as it is in use."""
    if request.param == "postgresql":
        return PostgresqlIndex(ledger)
    made: Index = request.getfixturevalue("elasticsearch")
    return made


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "PAGE", 7)
    monkeypatch.setattr(verify, "BATCH", 3)
    monkeypatch.setattr("index.elasticsearch.compare.PAGE", 5)
    monkeypatch.setattr("index.postgresql.backend.PAGE", 5)


async def record(ledger: AsyncEngine, count: int, at: float = 0, more: str = "") -> None:
    for number in range(count):
        await read(ledger, article(f"https://example.org/n{number}", text(number) + more), hour(at))


async def ids(ledger: AsyncEngine) -> list[str]:
    async with ledger.connect() as connection:
        return [each.id for each in await known_after(connection, None, 1_000)]


async def removed(index: Index, *gone: str) -> None:
    """Take documents out of the index behind the ledger's back, so that they can be written again."""
    if isinstance(index, ElasticsearchIndex):
        names = {"ids": {"values": list(gone)}}
        await index.client.delete_by_query(index=index.aliases["articles"], query=names, refresh=True)
        return
    assert isinstance(index, PostgresqlIndex)
    async with index.engine.begin() as connection:
        await connection.execute(sql("DELETE FROM search.articles WHERE id = ANY(:ids)"), {"ids": list(gone)})


async def pending_documents(ledger: AsyncEngine) -> int:
    async with ledger.connect() as connection:
        return (await backlog(connection)).pending


async def test_a_walk_names_what_is_missing_stale_and_left_over(ledger: AsyncEngine, index: Index) -> None:
    await record(ledger, 20)
    await publish.publish_all(ledger, index)
    assert (await verify.verify(ledger, index)).counts == {}
    known = await ids(ledger)
    await removed(index, known[0], known[9], known[19])
    async with ledger.begin() as connection:
        change = sql("UPDATE articles SET revision = revision + 1 WHERE id = ANY(CAST(:ids AS uuid[]))")
        await connection.execute(change, {"ids": known[3:5]})
    foreign = Action(stream="articles", id="foreign", revision=4, document={"headline": "Another's"})
    assert await index.write([foreign]) == [DONE]

    found = await verify.verify(ledger, index)
    assert found.counts == {DiscrepancyKind.MISSING: 3, DiscrepancyKind.STALE: 2, DiscrepancyKind.LEFT_OVER: 1}
    assert found.examples[DiscrepancyKind.MISSING] == [known[0], known[9], known[19]]
    assert found.examples[DiscrepancyKind.LEFT_OVER] == ["foreign"]
    assert (found.articles, found.unsettled, found.enqueued, await pending_documents(ledger)) == (20, 0, 0, 0)

    found = await verify.verify(ledger, index, repair=True, anew=True, remove=True)
    assert found.enqueued == found.differ == 6
    assert await publish.publish_all(ledger, index) == 0
    assert (await verify.verify(ledger, index)).counts == {}
    assert await index.tally(revisions=True) == Tally(articles=20, revisions=27)


async def test_what_is_pending_or_rejected_is_no_difference(ledger: AsyncEngine, index: Index) -> None:
    await record(ledger, 6)
    await publish.publish_all(ledger, index)
    await record(ledger, 2, at=1, more="\nOne more line.")  # pending, and in the index at an older revision
    known = await ids(ledger)
    async with ledger.begin() as connection:
        await connection.execute(sql("DELETE FROM outbox WHERE id = :id"), {"id": known[0]})
        row = {"stream": "articles", "id": known[0], "revision": 1, "reason": "too odd", "document": {}}
        await connection.execute(quarantine.insert(), row)
    await removed(index, known[0])
    assert (await verify.verify(ledger, index)).counts == {}
    counted = await verify.count(ledger, index, revisions=True)
    assert not counted.differs
    assert counted.sentence() == ""


async def test_counting_tells_what_is_missing_and_what_is_stale(ledger: AsyncEngine, index: Index) -> None:
    await record(ledger, 6)
    await publish.publish_all(ledger, index)
    async with ledger.begin() as connection:
        await connection.execute(
            sql("UPDATE articles SET revision = revision + 1 WHERE id = (SELECT min(id::text) FROM articles)::uuid")
        )
    assert (await verify.count(ledger, index, revisions=True)).sentence().startswith("The index has older revisions")
    await removed(index, *(await ids(ledger))[:4])
    counted = await verify.count(ledger, index)
    assert counted.sentence().startswith("The index lacks 4 of 6 articles that are not pending")


async def test_more_pending_articles_than_can_be_named_hide_no_loss(
    ledger: AsyncEngine, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.indexed.MOST_UNSETTLED", 1)
    await record(ledger, 6)
    await publish.publish_all(ledger, index)
    await record(ledger, 3, at=1, more="\nOne more line.")
    assert not (await verify.count(ledger, index)).differs
    await removed(index, *(await ids(ledger)))
    assert (await verify.count(ledger, index)).lacking == 3


async def test_ids_are_walked_in_one_order_by_ledger_and_index(ledger: AsyncEngine, index: Index) -> None:
    await record(ledger, 20)
    await publish.publish_all(ledger, index)
    async with aclosing(index.walk()) as found:
        walked = [id async for id, _ in found]
    assert walked == sorted(walked) == await ids(ledger)


@asynccontextmanager
async def publishing(ledger: AsyncEngine, index: Index) -> AsyncIterator[None]:
    task = asyncio.create_task(publish.publish(ledger, index))
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def whole(ledger: AsyncEngine, index: Index, articles: int) -> None:
    """Wait until the index has so many articles and nothing is pending."""
    async with asyncio.timeout(40):
        while True:
            with suppress(Exception):
                await index.refresh()
                if (await index.tally()).articles == articles and not await pending_documents(ledger):
                    return
            await asyncio.sleep(0.1)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(verify, "COUNT_SECONDS", 0.5)
    monkeypatch.setattr(verify, "AGAIN_SECONDS", 0.5)
    monkeypatch.setattr(verify, "COST_RATIO", 1.0)


async def lose(index: Index) -> None:
    if isinstance(index, ElasticsearchIndex):
        await index.client.indices.delete(index=f"{index.aliases['articles']}-v{SCHEMA_VERSION}")
        return
    assert isinstance(index, PostgresqlIndex)
    async with index.engine.begin() as connection:
        await connection.execute(sql("DROP SCHEMA search CASCADE"))


@pytest.mark.usefixtures("hurried")
async def test_an_index_that_is_deleted_or_shrunk_under_a_publisher_is_whole_again(
    ledger: AsyncEngine, index: Index
) -> None:
    await record(ledger, 12)
    async with publishing(ledger, index):
        await whole(ledger, index, 12)
        await lose(index)
        await whole(ledger, index, 12)
        await removed(index, *(await ids(ledger))[2:9])
        await whole(ledger, index, 12)
        await lose(index)
        with suppress(Exception):
            await index.create()  # by somebody who enqueues nothing
        await whole(ledger, index, 12)
    assert {id async for id, _ in index.walk()} == set(await ids(ledger))


async def test_whoever_makes_an_index_enqueues_every_article(ledger: AsyncEngine, index: Index) -> None:
    await record(ledger, 3)
    await publish.publish_all(ledger, index)
    assert not await publish.create_index(ledger, index)
    assert await pending_documents(ledger) == 0
    await lose(index)
    assert await publish.create_index(ledger, index)
    assert await pending_documents(ledger) == 3


@pytest.mark.usefixtures("hurried")
async def test_an_index_restored_from_an_old_snapshot_is_brought_up_to_date(
    ledger: AsyncEngine, elasticsearch: ElasticsearchIndex
) -> None:
    client, alias = elasticsearch.client, elasticsearch.aliases["articles"]
    nodes = (await client.nodes.info(metric="settings"))["nodes"].values()
    place = next(iter(nodes))["settings"]["path"].get("repo")
    if not place:
        pytest.skip("the server has no path.repo for snapshots")
    name = uuid4().hex
    location = str(Path(place if isinstance(place, str) else place[0]) / name)
    await client.snapshot.create_repository(name=name, repository={"type": "fs", "settings": {"location": location}})
    try:
        await record(ledger, 8)
        async with publishing(ledger, elasticsearch):
            await whole(ledger, elasticsearch, 8)
            await client.snapshot.create(
                repository=name,
                snapshot="old",
                indices=f"{alias}*",
                include_global_state=False,
                wait_for_completion=True,
            )
            await record(ledger, 3, at=1, more="\nOne more line.")
            await whole(ledger, elasticsearch, 8)
        await client.indices.delete(index=f"{alias}-v{SCHEMA_VERSION}")
        await client.snapshot.restore(
            repository=name, snapshot="old", include_global_state=False, wait_for_completion=True
        )
        assert (await verify.verify(ledger, elasticsearch)).counts == {DiscrepancyKind.STALE: 3}
        async with publishing(ledger, elasticsearch):  # nothing was recorded since: the revisions alone tell
            deadline = time.monotonic() + 30
            while (await verify.verify(ledger, elasticsearch)).counts:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.2)
    finally:
        await client.snapshot.delete(repository=name, snapshot="old")
        await client.snapshot.delete_repository(name=name)


async def test_what_is_left_over_is_not_removed_by_the_publisher(ledger: AsyncEngine, index: Index) -> None:
    """A daemon that was pointed at another ledger by mistake must not empty the index."""
    await index.create()
    foreign = Action(stream="articles", id=str(uuid4()), revision=4, document={"headline": "Another's"})
    assert await index.write([foreign]) == [DONE]
    watch = verify.IndexCheck(ledger, index)
    async with ledger.connect() as connection:
        await watch.look(connection)
    assert await pending_documents(ledger) == 0
