"""The frontier: what a source lists, what it lists again, and what the database refuses of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from structlog.testing import capture_logs

from ledger.pages import WANTED, Found, announce, count_due, try_again, want
from ledger.schema import pages
from news.clock import now
from news.outcome import Outcome
from tests.ledger import readings

SOURCE = "https://a.example/feed"
URL = "https://a.example/1"
LASTMOD = datetime(2024, 2, 8, 4, tzinfo=UTC)


async def _given_up(connection: AsyncConnection, outcome: Outcome, days_ago: float, failures: int = 2) -> None:
    visited_at = now() - timedelta(days=days_ago)
    values = {"url": URL, "outlet": "a", "found_in": SOURCE, "outcome": outcome, "failures": failures}
    await connection.execute(insert(pages).values(values | {"visited_at": visited_at, "lastmod": LASTMOD}))


async def _page(connection: AsyncConnection) -> Row[Any]:
    return (await connection.execute(select(pages).where(pages.c.url == URL))).one()


@pytest.mark.parametrize("found", [Found(url=URL), Found(url=URL, lastmod=LASTMOD)], ids=["undated", "dated"])
@pytest.mark.parametrize(
    "outcome",
    [Outcome.GONE, Outcome.WALL, Outcome.TIMEOUT, Outcome.TOO_SLOW, Outcome.UNREADABLE, Outcome.UNRECORDABLE],
)
async def test_a_page_that_was_given_up_comes_back_when_it_is_listed_a_day_later(
    engine: AsyncEngine, outcome: Outcome, found: Found
) -> None:
    async with engine.begin() as connection:
        await _given_up(connection, outcome, 1.1)
        assert len((await announce(connection, "a", SOURCE, [found])).new) == 0
        page = await _page(connection)
        assert page.due_at is not None
        # one more failure gives it up again
        assert (page.failures, page.lastmod) == (2, LASTMOD)
        assert await count_due(connection, "a") == 1


async def test_it_is_tried_once_a_day_however_often_it_is_listed(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await _given_up(connection, Outcome.GONE, 0.9)
        await announce(connection, "a", SOURCE, [Found(url=URL)])
        assert (await _page(connection)).due_at is None


@pytest.mark.parametrize(
    "outcome",
    [Outcome.ROBOTS, Outcome.OFF_SITE, Outcome.NOT_HTML, Outcome.NOT_AN_ARTICLE, Outcome.UNCHANGED, Outcome.NOT_PUBLIC],
)
async def test_what_is_no_article_of_ours_or_too_old_does_not_come_back(engine: AsyncEngine, outcome: Outcome) -> None:
    async with engine.begin() as connection:
        await _given_up(connection, outcome, 30)
        await announce(connection, "a", SOURCE, [Found(url=URL)])
        assert (await _page(connection)).due_at is None


async def test_a_page_that_waits_for_its_next_try_is_not_hurried_by_being_listed(engine: AsyncEngine) -> None:
    at = now() + timedelta(hours=3)
    async with engine.begin() as connection:
        await _given_up(connection, Outcome.TIMEOUT, 1.5)
        await connection.execute(update(pages).values(due_at=at))
        await announce(connection, "a", SOURCE, [Found(url=URL)])
        assert (await _page(connection)).due_at == at


async def test_the_same_list_twice_changes_nothing(engine: AsyncEngine) -> None:
    found = [Found(url=URL, lastmod=LASTMOD), Found(url="https://a.example/2")]
    async with engine.begin() as connection:
        assert len((await announce(connection, "a", SOURCE, found)).new) == 2
    async with engine.begin() as connection:
        rows = (await connection.execute(select(pages).order_by(pages.c.url))).all()
        assert len((await announce(connection, "a", SOURCE, found)).new) == 0
        assert (await connection.execute(select(pages).order_by(pages.c.url))).all() == rows


async def test_an_address_that_the_database_refuses_leaves_the_others_in(engine: AsyncEngine) -> None:
    hostile = [
        "https://a.example/\x00",
        "https://a.example/\ud800",
        "https://a.example/" + "".join(chr(0x4E00 + n * 37 % 20_000) for n in range(3_000)),
    ]
    good = [f"https://a.example/{number}" for number in range(60)]
    found = [Found(url=url) for url in sorted([*hostile, *good])]
    with capture_logs() as logs:
        async with engine.begin() as connection:
            assert len((await announce(connection, "a", SOURCE, found)).new) == 60
    async with engine.begin() as connection:
        assert await count_due(connection, "a") == 60
        assert len((await announce(connection, "a", SOURCE, found)).new) == 0
    refused = [line for line in logs if line["event"] == "addresses_rejected"]
    assert sum(line["addresses"] for line in refused) == 3
    assert not any("a.example/\x00" in str(line) for line in refused)


async def test_a_fault_of_the_system_is_not_taken_for_the_addresses(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.exec_driver_sql("SET default_transaction_read_only = on")
        await connection.commit()
        with pytest.raises(DBAPIError):
            await announce(connection, "a", SOURCE, [Found(url=URL)])
        await connection.invalidate()


async def test_what_could_not_be_recorded_is_tried_again_with_what_failed(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await _given_up(connection, Outcome.UNRECORDABLE, 1)
        assert await try_again(connection, "a", now() - timedelta(days=7)) == 1


@pytest.mark.parametrize("outcome", [Outcome.TOO_SLOW, Outcome.TOO_FAT])
async def test_what_takes_too_much_is_not_tried_again_when_its_outlet_is_well(
    engine: AsyncEngine, outcome: Outcome
) -> None:
    async with engine.begin() as connection:
        await _given_up(connection, outcome, 1)
        assert await try_again(connection, "a", now() - timedelta(days=7)) == 0


async def test_a_list_and_the_recording_of_a_redirect_lock_addresses_in_one_order(engine: AsyncEngine) -> None:
    old, new = (f"https://a.example/news/{slug}" for slug in ("the-old-slug-of-it", "a-new-slug-of-it"))
    found = readings.article(new, readings.text(1))
    async with engine.begin() as connection:
        await announce(connection, "a", SOURCE, [Found(url=url, lastmod=LASTMOD) for url in (old, new)])
    later = LASTMOD + timedelta(days=1)
    async with engine.begin() as connection:
        await announce(connection, "a", SOURCE, [Found(url=new, lastmod=later)])
        recording = asyncio.ensure_future(readings.read(engine, found, readings.hour(1), asked=old))
        await asyncio.sleep(0.5)
        assert not recording.done()
        # neither waits for what the other one has
        await announce(connection, "a", SOURCE, [Found(url=old, lastmod=later)])
    assert (await recording).outcome is Outcome.NEW


async def test_a_page_that_a_source_lists_waits_no_longer_behind_those_that_none_does(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for source, priority in (("link", -1), (SOURCE, 0), ("link", -1)):
            await announce(connection, "a", source, [Found(url=URL)], priority=priority)
        assert (await _page(connection)).priority == 0
        await want(connection, "a", URL)
        await announce(connection, "a", SOURCE, [Found(url=URL)])
        assert (await _page(connection)).priority == WANTED
