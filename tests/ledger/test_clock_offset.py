"""One clock: a machine whose own is days off works by PostgreSQL's, and what is from the future is not believed."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from structlog.testing import capture_logs

import ledger.clock_offset
import news.clock
from ledger.clock_offset import difference, measured
from ledger.completeness import count_hours
from ledger.database import database, engine_for
from ledger.event_watermarks import emitted_until
from ledger.outlet_health import read_since
from ledger.pages import Found, announce, count_due, due, want
from ledger.recrawl_requests import ask
from ledger.schedule_state import known, note_asked
from ledger.schema import completeness, event_watermarks, health, pages, robots, sites, sources
from ledger.sites import RobotsFile, leave_alone, not_before, note_request, requested_at, robots_of, store_robots
from news.clock import now, on_system_clock, set_offset, system_now
from news.configuration import Configuration
from news.outlet import Source, SourceKind
from tests.databases import libpq

DAYS = timedelta(days=2)
SECOND = timedelta(seconds=1)
URL = "https://a.example/1"
SOURCE = Source(kind=SourceKind.FEED, url="https://a.example/feed")


@pytest.fixture(autouse=True)
def own_offset() -> Iterator[None]:
    """Leave the clock as it was found."""
    yield
    set_offset(timedelta(0))


def _set_aside(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Set this process's own clock."""
    monkeypatch.setattr(news.clock, "system_now", lambda: datetime.now(UTC) + by)
    monkeypatch.setattr(ledger.clock_offset, "system_now", lambda: datetime.now(UTC) + by)


async def _server_now(connection: AsyncConnection) -> datetime:
    found: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return found


@pytest.mark.parametrize("by", [DAYS, -DAYS], ids=["ahead", "behind"])
async def test_a_machine_two_days_off_works_by_the_databases_clock(
    fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: timedelta
) -> None:
    _set_aside(monkeypatch, by)
    async with database(Configuration(home=tmp_path, database_url=libpq(fresh_database))) as engine:
        assert abs(news.clock.offset() + by) < SECOND
        async with engine.begin() as connection:
            assert abs(now() - await _server_now(connection)) < SECOND
            assert abs(on_system_clock(now()) - news.clock.system_now()) < SECOND

            assert len((await announce(connection, "a", SOURCE.url, [Found(url=URL)])).new) == 1
            assert await count_due(connection, "a") == 1

            asked, _ = await ask(connection, "a", URL, force=False)
            assert abs(asked.asked_at - await _server_now(connection)) < SECOND
            await want(connection, "a", URL)
            assert [page.recrawl_id for page in await due(connection, "a", 5)] == [asked.id]

            await leave_alone(connection, "a.example", now() + timedelta(minutes=5))
            until = await not_before(connection, "a.example")
            assert until is not None
            assert timedelta(minutes=4) < until - await _server_now(connection) < timedelta(minutes=6)

            await store_robots(connection, "https://a.example", RobotsFile(status=200, content=b""))
            assert await robots_of(connection, "https://a.example") is not None


async def test_clocks_that_may_be_the_same_are_taken_to_be(engine: AsyncEngine) -> None:
    assert await difference(engine) == timedelta(0)


async def test_a_clock_that_differs_is_said_once(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger.clock_offset, "MEASURE_SECONDS", 0.01)
    _set_aside(monkeypatch, DAYS)
    with capture_logs() as logs:
        async with measured(engine):
            await asyncio.sleep(0.2)
            _set_aside(monkeypatch, timedelta(0))
            await asyncio.sleep(0.2)
            assert news.clock.offset() == timedelta(0)
            _set_aside(monkeypatch, -DAYS)
            await asyncio.sleep(0.2)
    warnings = [line["seconds"] for line in logs if line["event"] == "clock_differs"]
    assert [round(seconds) for seconds in warnings] == [-172_800, 172_800]


async def test_a_server_that_is_away_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger.clock_offset, "MEASURE_SECONDS", 0.01)
    set_offset(DAYS)
    away = engine_for("postgresql://nobody@127.0.0.1:1/none")
    with capture_logs() as logs:
        async with measured(away):
            await asyncio.sleep(0.1)
    assert news.clock.offset() == DAYS
    assert all(line["log_level"] == "debug" for line in logs)


async def test_a_robots_txt_from_the_future_is_not_fresh(engine: AsyncEngine) -> None:
    future = system_now() + DAYS
    async with engine.begin() as connection:
        values = {"origin": "https://a.example", "content": b"", "status": 200, "fetched_at": future}
        await connection.execute(insert(robots).values(values))
        assert await robots_of(connection, "https://a.example") is None
        await store_robots(connection, "https://a.example", RobotsFile(status=200, content=b"new"))
        assert await robots_of(connection, "https://a.example") == RobotsFile(status=200, content=b"new")


async def test_what_a_clock_ahead_wrote_holds_nothing_up(engine: AsyncEngine) -> None:
    future = system_now() + DAYS
    async with engine.begin() as connection:
        await connection.execute(insert(sites).values(site="a.example", requested_at=future, not_before=future))
        assert await not_before(connection, "a.example") is None
        await note_request(connection, "a.example", now())
        assert abs(await requested_at(connection, "a.example") - now()) < SECOND  # type: ignore[operator]
        until = now() + timedelta(minutes=5)
        await leave_alone(connection, "a.example", until)
        assert await not_before(connection, "a.example") == until

        values = {"outlet": "a", "url": SOURCE.url, "kind": "feed", "asked_at": future, "fetched_at": now()}
        await connection.execute(insert(sources).values(values))
        read_at = (await known(connection, ["a"]))["a"].last_at[SOURCE.url]
        assert abs(read_at - now()) < SECOND
        await note_asked(connection, "a", [SOURCE], now())
        asked_at = (await connection.execute(select(sources.c.asked_at))).scalar_one()
        assert abs(asked_at - now()) < SECOND

        await connection.execute(insert(health).values(outlet="a", seen=0, checked_at=future))
        assert await read_since(connection) == {"a"}
        await connection.execute(insert(event_watermarks).values(what="hours", until=future))
        assert await emitted_until(connection, "hours", now()) is None
        await connection.execute(insert(completeness).values(outlet="a", hour=future))
        await announce(connection, "a", SOURCE.url, [Found(url=URL)])
        await count_hours(connection)
        query = select(completeness.c.found).where(completeness.c.hour <= now())
        assert (await connection.execute(query)).scalars().all() == [1]


async def test_a_page_that_was_visited_in_the_future_and_given_up_comes_back(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        values = {"url": URL, "outlet": "a", "found_in": SOURCE.url, "visited_at": system_now() + DAYS}
        await connection.execute(insert(pages).values(values | {"outcome": "gone", "failures": 2}))
        await announce(connection, "a", SOURCE.url, [Found(url=URL)])
        assert await count_due(connection, "a") == 1
