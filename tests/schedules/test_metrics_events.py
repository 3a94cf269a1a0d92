"""What the index is told regularly, on a real Elasticsearch: once, late but boundedly, and nothing that it cannot take."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from crawler.catalogue import Catalogue
from crawler.slices import settings
from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.client import connect, shown
from index.elasticsearch.migrate import migrate
from index.open import open_index
from ledger import rejected_documents
from ledger.outbox import backlog, enqueue_event
from ledger.outlet_state import SourceState, note_source
from ledger.pages import Found, announce
from ledger.schema import outbox
from news.configuration import Configuration
from news.outcome import Outcome
from news.outlet import Outlet, Source, SourceKind
from pipelines.pool import Pool
from pipelines.publish import publish_all
from pipelines.runtime import Runtime
from schedules.health_checks import go_round
from schedules.health_rules import HOUR
from schedules.jobs import Jobs, open_jobs
from schedules.metrics_events import AWAY, CATCH_UP, EVERY, HOURS_AT_ONCE, emit_events
from tests.ledger.readings import fail
from tests.ports import free_ports

NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)
FEED = Source(kind=SourceKind.FEED, url="https://harbour.example/feed")
HARBOUR = Outlet(
    slug="harbour", name="Harbour", home="https://harbour.example/", country="gb", sources=(FEED,), enabled=True
)
OTHER = Outlet(slug="other", name="Other", home="https://other.example/", sources=(FEED,), enabled=True)


@pytest.fixture
async def jobs(engine: AsyncEngine, elasticsearch: ElasticsearchIndex, tmp_path: Path) -> AsyncIterator[Jobs]:
    pool = Pool(1)
    runtime = Runtime(configuration=Configuration(home=tmp_path), engine=engine, index=elasticsearch, pool=pool)
    async with open_jobs(runtime, Catalogue([HARBOUR, OTHER]), settings()) as opened:
        yield opened
    pool.close()


async def read(engine: AsyncEngine, at: datetime, *, new: int = 0, slug: str = "harbour") -> None:
    state = SourceState(url=FEED.url, kind=FEED.kind, fetched_at=at, outcome="read", found=20)
    async with engine.begin() as connection:
        await note_source(connection, slug, FEED, state, new)


async def live(engine: AsyncEngine, until: datetime, days: int = 16) -> None:
    """Let the outlet bring something each hour until then."""
    for hours in range(days * 24, -1, -1):
        await read(engine, until - hours * HOUR, new=1)


async def tell(jobs: Jobs, now: datetime) -> None:
    await emit_events(jobs.runtime, await go_round(jobs, now), now)


async def pending_documents(engine: AsyncEngine, kind: str) -> dict[str, dict[str, Any]]:
    """Return the events of a kind that are pending indexing, by id."""
    async with engine.connect() as connection:
        rows = (await connection.execute(select(outbox.c.id, outbox.c.document).order_by(outbox.c.id))).all()
    return {row.id: row.document for row in rows if row.document and row.document.get("event") == kind}


async def told(index: ElasticsearchIndex, kind: str) -> list[dict[str, Any]]:
    await index.refresh()
    found = await index.client.search(index=index.aliases["events"], query={"term": {"event": kind}}, size=1_000)
    return [hit["_source"] for hit in found["hits"]["hits"]]


async def test_an_hour_is_told_with_what_was_expected_seen_and_came_of_it(jobs: Jobs) -> None:
    engine = jobs.runtime.engine
    last = NOW - 2 * HOUR
    await live(engine, last)
    async with engine.begin() as connection:
        await announce(connection, "harbour", FEED.url, [Found(url="https://harbour.example/1")])
        at = {"at": last, "url": "https://harbour.example/1"}
        await connection.execute(text("UPDATE pages SET found_at = :at WHERE url = :url"), at)
    await fail(engine, "https://harbour.example/1", Outcome.WALL, last)
    await tell(jobs, NOW)
    for number in range(1, 12):
        await tell(jobs, NOW + number * timedelta(seconds=1))
    assert len(await pending_documents(engine, "outlet_hour")) == HOURS_AT_ONCE, "told again within the five minutes"
    for number in range(1, 12):
        await publish_all(engine, jobs.runtime.index)
        await tell(jobs, NOW + number * EVERY)
    await publish_all(engine, jobs.runtime.index)
    hours = {each["at"]: each for each in await told(jobs.runtime.index, "outlet_hour")}  # type: ignore[arg-type]
    assert len(hours) == CATCH_UP / HOUR
    one = hours[last.replace(minute=0).isoformat().replace("+00:00", "Z")]
    assert (one["outlet"], one["country"]) == ("harbour", "gb")
    assert (one["expected_in_hour"], one["seen_in_hour"]) == (pytest.approx(1, abs=0.01), 1)
    assert one["missing_in_hour"] == pytest.approx(0, abs=0.01)
    assert [one[name] for name in ("found", "fetched", "stored", "changed", "unchanged", "refused")] == [
        1,
        1,
        0,
        0,
        0,
        1,
    ]
    silent = hours[(last + HOUR).replace(minute=0).isoformat().replace("+00:00", "Z")]
    assert (silent["seen_in_hour"], silent["missing_in_hour"]) == (0, pytest.approx(1, abs=0.01))
    async with engine.connect() as connection:
        assert (await backlog(connection)).rejected == 0


async def test_what_is_told_twice_is_one(jobs: Jobs) -> None:
    engine = jobs.runtime.engine
    await live(engine, NOW, days=2)
    await tell(jobs, NOW)
    before = [await pending_documents(engine, kind) for kind in ("outlet_hour", "index_backlog")]
    assert [len(each) for each in before] == [HOURS_AT_ONCE, 1]
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM event_watermarks"))  # as if another daemon had told it at once
    await tell(jobs, NOW + timedelta(seconds=30))
    assert [await pending_documents(engine, kind) for kind in ("outlet_hour", "index_backlog")] == before


async def test_hours_that_were_missed_are_told_for_a_day_a_few_at_a_time(jobs: Jobs) -> None:
    engine = jobs.runtime.engine
    await live(engine, NOW, days=3)
    async with engine.begin() as connection:
        away = {"until": (NOW - timedelta(days=3)).replace(minute=0)}
        await connection.execute(text("INSERT INTO event_watermarks (what, until) VALUES ('hours', :until)"), away)
    counts = []
    for number in range(14):
        await tell(jobs, NOW + number * EVERY)
        counts.append(len(await pending_documents(engine, "outlet_hour")))
        await publish_all(engine, jobs.runtime.index)
    assert max(counts) == HOURS_AT_ONCE
    # an hour settled meanwhile
    assert sum(counts) == CATCH_UP / HOUR + 1


async def test_an_index_that_is_away_is_owed_no_hours_and_how_far_it_lags_for_a_week(jobs: Jobs) -> None:
    engine = jobs.runtime.engine
    await live(engine, NOW, days=1)
    async with engine.begin() as connection:
        await enqueue_event(connection, 1, {"at": "2026-03-02T08:00:00Z"})
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    away = ElasticsearchIndex(connect(Configuration(home=Path(), elasticsearch_url=url)), shown(url))
    runtime = replace(jobs.runtime, index=away)
    for hours in range(9 * 24):
        await emit_events(runtime, {"harbour": HARBOUR}, NOW + hours * HOUR)
    assert await pending_documents(engine, "outlet_hour") == {}
    debts = await pending_documents(engine, "index_backlog")
    assert len(debts) <= AWAY / HOUR + 1
    lags = [each["lag_seconds"] for each in debts.values()]
    assert lags == sorted(lags)
    assert lags[-1] > 6 * 86_400
    # and when it is back the last day is told
    await publish_all(engine, jobs.runtime.index)
    await emit_events(jobs.runtime, {"harbour": HARBOUR}, NOW + 9 * 24 * HOUR)
    assert len(await pending_documents(engine, "outlet_hour")) == HOURS_AT_ONCE
    await away.close()


async def test_an_index_with_an_old_schema_is_told_nothing_that_it_would_refuse(jobs: Jobs) -> None:
    index = jobs.runtime.index
    assert isinstance(index, ElasticsearchIndex)
    await live(jobs.runtime.engine, NOW - 5 * HOUR)
    await read(jobs.runtime.engine, NOW)
    await index.client.indices.put_mapping(index=index.aliases["events"], meta={"schema_version": 1})
    assert (await index.status()).behind == ("events",)
    for number in range(2):  # at the second telling nothing waits for the index
        await tell(jobs, NOW + number * EVERY)
        await publish_all(jobs.runtime.engine, index)
    counts = [
        len(await told(index, kind))
        for kind in ("outlet_unhealthy", "index_backlog", "outlet_hour", "outlet_unhealthy_now")
    ]
    assert counts == [1, 2, 0, 0]
    await migrate(index, settle_seconds=0)
    assert len(await told(index, "index_backlog")) == 2
    await tell(jobs, NOW + 2 * EVERY)
    assert len(await pending_documents(jobs.runtime.engine, "outlet_unhealthy_now")) == 1
    assert len(await pending_documents(jobs.runtime.engine, "outlet_hour")) == HOURS_AT_ONCE


async def test_an_unhealthy_outlet_stands_in_the_index_until_it_has_recovered(jobs: Jobs) -> None:
    engine, index = jobs.runtime.engine, jobs.runtime.index
    assert isinstance(index, ElasticsearchIndex)
    last = NOW - 5 * HOUR
    await live(engine, last)
    await read(engine, NOW)
    for number in range(2):  # told again, it is the same one
        await tell(jobs, NOW + number * EVERY)
        await publish_all(engine, index)
    [ill] = await told(index, "outlet_unhealthy_now")
    assert ill["reason"].startswith("silent since")
    assert ill["unhealthy_since"] == NOW.isoformat().replace("+00:00", "Z")
    assert ill["silent_since"] == last.replace(minute=0).isoformat().replace("+00:00", "Z")
    # a person's recrawl is nothing that its sources brought
    async with engine.begin() as connection:
        await announce(connection, "harbour", "person", [Found(url="https://harbour.example/9")])
    await read(engine, NOW + 3 * EVERY)
    await tell(jobs, NOW + 4 * EVERY)
    await publish_all(engine, index)
    assert len(await told(index, "outlet_unhealthy_now")) == 1
    await read(engine, NOW + 5 * EVERY, new=1)
    await tell(jobs, NOW + 6 * EVERY)
    await publish_all(engine, index)
    assert await told(index, "outlet_unhealthy_now") == []


async def test_an_outlet_that_is_crawled_no_more_is_not_unhealthy_and_a_paused_one_misses_nothing(jobs: Jobs) -> None:
    engine, index = jobs.runtime.engine, jobs.runtime.index
    assert isinstance(index, ElasticsearchIndex)
    await live(engine, NOW - 5 * HOUR)
    await read(engine, NOW)
    await read(engine, NOW - HOUR, slug="other")
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO outlets (slug, paused) VALUES ('other', true)"))
    for number in range(12):
        await tell(jobs, NOW + number * EVERY)
        await publish_all(engine, index)
    assert {each["outlet"] for each in await told(index, "outlet_hour")} == {"harbour"}
    assert len(await told(index, "outlet_unhealthy_now")) == 1
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO outlets (slug, enabled) VALUES ('harbour', false)"))
    await tell(jobs, NOW + 12 * EVERY)
    await publish_all(engine, index)
    assert await told(index, "outlet_unhealthy_now") == []


async def test_an_index_in_postgresql_is_told_nothing(jobs: Jobs) -> None:
    engine = jobs.runtime.engine
    await live(engine, NOW, days=1)
    runtime = replace(jobs.runtime, index=open_index(jobs.runtime.configuration, engine))
    await emit_events(runtime, {"harbour": HARBOUR}, NOW)
    async with engine.connect() as connection:
        assert (await backlog(connection)).pending == 0


async def test_an_event_in_quarantine_can_be_tried_again_whatever_its_id(jobs: Jobs) -> None:
    engine = jobs.runtime.engine
    async with engine.begin() as connection:
        await enqueue_event(connection, "hour-harbour", {"at": "2026-03-02T08:00:00Z", "mood": "bad"})
    await publish_all(engine, jobs.runtime.index)
    async with engine.begin() as connection:
        assert await rejected_documents.retry(connection) == 1
        assert (await backlog(connection)).pending == 1


async def test_events_that_are_older_than_the_user_keeps_them_are_removed_once_a_day(jobs: Jobs) -> None:
    engine, index = jobs.runtime.engine, jobs.runtime.index
    assert isinstance(index, ElasticsearchIndex)
    runtime = replace(jobs.runtime, configuration=replace(jobs.runtime.configuration, events_days=2))

    async def attempts(expected: int) -> int:
        """Return how many attempts are in the index, once they are as many as expected or have had their time."""
        for _ in range(50):
            if len(await told(index, "attempt")) == expected:  # type: ignore[arg-type]
                break
            await asyncio.sleep(0.1)
        return len(await told(index, "attempt"))  # type: ignore[arg-type]

    async def owe(*days: int) -> None:
        async with engine.begin() as connection:
            for day in days:
                at = (NOW - timedelta(days=day)).isoformat()
                await enqueue_event(connection, f"{day}", {"event": "attempt", "at": at})
        await publish_all(engine, index)

    await owe(1, 3, 9)
    await emit_events(runtime, {}, NOW)
    assert await attempts(1) == 1
    await owe(4)
    await emit_events(runtime, {}, NOW + HOUR)
    assert await attempts(1) == 2
    await publish_all(engine, index)
    await emit_events(runtime, {}, NOW + timedelta(days=1))
    assert await attempts(1) == 1
