"""Two transactions that wait for each other: PostgreSQL ends ours, and it is done again, whichever function it is in."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Table, insert, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from structlog.testing import capture_logs

from ledger.backfill import FOUND_IN, put_behind, remember
from ledger.completeness import count_hours
from ledger.faults import in_transaction
from ledger.outbox import enqueue_articles
from ledger.outlet_health import forget
from ledger.outlet_state import enable, pause
from ledger.pages import Found, announce, revisit, try_again
from ledger.rejected_documents import drop
from ledger.schedule_state import note_asked
from ledger.schema import (
    attempts,
    backfill_sitemaps,
    completeness,
    health,
    outbox,
    outlets,
    pages,
    quarantine,
    sites,
    sources,
)
from ledger.sites import leave_alone
from news.outlet import Source, SourceKind
from tests.ledger.readings import article, read
from tests.ledger.readings import text as words

AT, LATER = datetime(2024, 2, 8, tzinfo=UTC), datetime(2024, 3, 8, tzinfo=UTC)
A, B = "https://a.example/1", "https://a.example/2"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A function that locks two rows, the rows, and what it is to leave in them."""

    table: Table
    rows: list[dict[str, Any]]
    work: Callable[[AsyncConnection], Awaitable[Any]]
    #: a column and what both rows have in it afterwards; None: the rows are gone
    after: tuple[str, Any] | None
    before: Callable[[AsyncEngine], Awaitable[None]] | None = None


def found(*urls: str) -> list[Found]:
    return [Found(url=url, lastmod=LATER) for url in urls]


def page(url: str, **values: Any) -> dict[str, Any]:
    return {"url": url, "outlet": "a", "found_in": "feed"} | values


async def leave_both_alone(connection: AsyncConnection) -> None:
    for site in ("a.example", "b.example"):
        await leave_alone(connection, site, datetime(2030, 1, 1, tzinfo=UTC))


async def attempted(engine: AsyncEngine) -> None:
    """Make two hours to count."""
    async with engine.begin() as connection:
        for slug in ("a", "b"):
            row = {"at": AT, "outlet": slug, "url": A, "outcome": "gone"}
            await connection.execute(insert(attempts).values(row))


SICK = {"reason": "silent", "since": AT, "checked_at": AT}
FEEDS = [Source(kind=SourceKind.FEED, url=url) for url in (B, A)]
REFUSED = {"stream": "articles", "revision": 1, "reason": "no", "document": {}}
CASES = {
    "announce": Case(
        table=pages,
        rows=[page(A), page(B)],
        work=lambda connection: announce(connection, "a", "feed", found(B, A)),
        after=("lastmod", LATER),
    ),
    "try_again": Case(
        table=pages,
        rows=[page(url, outcome="timeout", visited_at=LATER, reason="r") for url in (B, A)],
        work=lambda connection: try_again(connection, "a", AT),
        after=("reason", "r"),
    ),
    "put_behind": Case(
        table=pages,
        rows=[page(B, found_in=FOUND_IN), page(A, found_in=FOUND_IN)],
        work=lambda connection: put_behind(connection, "a"),
        after=("priority", -1),
    ),
    "remember": Case(
        table=backfill_sitemaps,
        rows=[{"outlet": "a", "url": url, "since": LATER, "depth": 0} for url in (B, A)],
        work=lambda connection: remember(connection, "a", AT, found(B, A), 0),
        after=("since", AT),
    ),
    "note_asked": Case(
        table=sources,
        rows=[{"outlet": "a", "url": url, "kind": "feed"} for url in (B, A)],
        work=lambda connection: note_asked(connection, "a", FEEDS, LATER),
        after=("asked_at", LATER),
    ),
    "count_hours": Case(
        table=completeness,
        rows=[{"outlet": slug, "hour": AT} for slug in ("b", "a")],
        work=count_hours,
        after=("fetched", 1),
        before=attempted,
    ),
    "forget": Case(
        table=health,
        rows=[{"outlet": slug} | SICK for slug in ("b", "a")],
        work=lambda connection: forget(connection, ["c"]),
        after=None,
    ),
    "enable": Case(
        table=outlets,
        rows=[{"slug": slug} for slug in ("b", "a")],
        work=lambda connection: enable(connection, ["b", "a"], enabled=True),
        after=("enabled", True),
    ),
    "pause": Case(
        table=outlets,
        rows=[{"slug": slug} for slug in ("b", "a")],
        work=lambda connection: pause(connection, ["b", "a"], paused=True),
        after=("paused", True),
    ),
    "leave_alone": Case(
        table=sites,
        rows=[{"site": site} for site in ("b.example", "a.example")],
        work=leave_both_alone,
        after=("not_before", datetime(2030, 1, 1, tzinfo=UTC)),
    ),
    "drop": Case(
        table=quarantine,
        rows=[{"id": id} | REFUSED for id in ("b", "a")],
        work=lambda connection: drop(connection, ["b", "a"]),
        after=None,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_a_transaction_that_was_ended_for_anothers_sake_is_done_again(engine: AsyncEngine, case: Case) -> None:
    async with engine.begin() as connection:
        for row in case.rows:
            await connection.execute(insert(case.table).values(row))
    if case.before is not None:
        await case.before(engine)
    assert await deadlocked(engine, case.table, case.work) == 1
    async with engine.connect() as connection:
        left = [row._mapping for row in await connection.execute(select(case.table))]
    if case.after is None:
        assert left == []
    else:
        name, value = case.after
        assert [row[name] for row in left] == [value, value]


async def deadlocked(engine: AsyncEngine, table: Table, work: Callable[[AsyncConnection], Awaitable[Any]]) -> int:
    """Do the work beside one that has locked the table's last row and then asks for the first; return the tries again."""
    key = tuple_(*table.primary_key.columns)
    with capture_logs() as logs:
        async with engine.begin() as other:
            # who looks for deadlocks first is ended: that is ours
            await other.execute(text("SET LOCAL deadlock_timeout = '1min'"))
            columns = list(table.primary_key.columns)
            first, last = [tuple(row) for row in await other.execute(select(*columns).order_by(*columns))]
            await other.execute(select(*columns).where(key == last).with_for_update())
            ours = asyncio.create_task(in_transaction(engine, work))
            while not await waits(engine):
                assert not ours.done()
                await asyncio.sleep(0.02)
            await other.execute(select(*columns).where(key == first).with_for_update())
        await ours
    return [each["event"] for each in logs].count("transaction_tried_again")


async def waits(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        query = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())"
        return bool((await connection.execute(text(query))).scalar_one())


async def test_two_that_lock_the_same_pages_wait_for_each_other_in_one_order(engine: AsyncEngine) -> None:
    """Revisits, walls and announcements of the same pages at once: none is ended, for all begin at the same page."""
    async with engine.begin() as connection:
        for number in range(300):
            # stored in another order than by address
            url = f"https://a.example/{number * 7919 % 300:03}"
            await connection.execute(insert(pages).values(page(url, outcome="timeout", visited_at=LATER)))
    listed = found(*(f"https://a.example/{number:03}" for number in reversed(range(300))))
    with capture_logs() as logs:
        for _ in range(10):
            await asyncio.gather(
                in_transaction(engine, lambda connection: try_again(connection, "a", AT)),
                in_transaction(engine, lambda connection: announce(connection, "a", "feed", listed)),
                in_transaction(engine, lambda connection: revisit(connection, "a")),
            )
    assert [each for each in logs if each["event"] == "transaction_tried_again"] == []


async def test_what_is_owed_of_articles_is_owed_after_a_deadlock(engine: AsyncEngine) -> None:
    ids = []
    for number in (1, 2):
        visit = await read(engine, article(f"https://a.example/{number}", words(number, 4)), LATER)
        assert visit.article_id is not None
        ids.append(visit.article_id)
    again = await deadlocked(engine, outbox, lambda connection: enqueue_articles(connection, dict.fromkeys(ids, 9)))
    assert again == 1
    async with engine.connect() as connection:
        assert list((await connection.execute(select(outbox.c.revision))).scalars()) == [9, 9]
