"""An outlet's past: which of its sitemaps were read, and which are still to be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Update, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.pages import Found, locked
from ledger.schema import backfill_sitemaps, pages
from news.clock import now
from news.source_sum import SourceSum

#: what the frontier calls the source of a page of the past
FOUND_IN = "past"
#: pages of the past wait behind all that is new
PRIORITY = -1
#: a part that failed so often is given up
GIVE_UP_AFTER = 3


@dataclass(frozen=True, kw_only=True)
class BackfillSitemap:
    """A sitemap that is to be read."""

    url: str
    #: addresses that were changed before are skipped
    since: datetime
    #: 0 for a sitemap that the outlet names, 1 for a part of that, and so on
    depth: int


@dataclass(frozen=True, kw_only=True)
class BackfillReport:
    """What became of all that the sitemaps of an outlet's past announced."""

    #: sitemaps that were read; robots.txt is none
    read: int
    #: address -> how the reading ended, of those that could not be read
    failed: Mapping[str, str]
    #: of all that were read
    sum: SourceSum


@dataclass(frozen=True, kw_only=True)
class BackfillProgress:
    """How far the filling in is."""

    parts: int
    parts_read: int
    #: pages that were found and not fetched yet
    waiting: int
    fetched: int


async def remember(
    connection: AsyncConnection, outlet: str, since: datetime, found: Sequence[Found], depth: int
) -> None:
    """Note sitemaps that are to be read; one that was read is read again only if `since` is earlier than it was."""
    for each in sorted(found, key=lambda part: part.url):
        statement = insert(backfill_sitemaps).values(
            outlet=outlet, url=each.url, since=since, depth=depth, lastmod=each.lastmod
        )
        earlier = statement.excluded.since < backfill_sitemaps.c.since
        newer = statement.excluded.lastmod > backfill_sitemaps.c.read_at
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=[backfill_sitemaps.c.outlet, backfill_sitemaps.c.url],
                set_={
                    "since": func.least(backfill_sitemaps.c.since, statement.excluded.since),
                    "lastmod": statement.excluded.lastmod,
                    "read_at": case((or_(earlier, newer), None), else_=backfill_sitemaps.c.read_at),
                    "failures": 0,
                },
            )
        )


async def next_sitemap(connection: AsyncConnection, outlet: str) -> BackfillSitemap | None:
    """Return the sitemap to read next: indexes before their parts, then the newest first; None when all are read."""
    query = (
        select(backfill_sitemaps.c.url, backfill_sitemaps.c.since, backfill_sitemaps.c.depth)
        .where(backfill_sitemaps.c.outlet == outlet, backfill_sitemaps.c.read_at.is_(None))
        .order_by(
            backfill_sitemaps.c.depth, backfill_sitemaps.c.lastmod.desc().nulls_last(), backfill_sitemaps.c.url.desc()
        )
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return BackfillSitemap(**row._mapping) if row else None


async def note_sitemap(
    connection: AsyncConnection, outlet: str, url: str, outcome: str, found: int, sum: SourceSum | None = None
) -> None:
    """Write that a sitemap was read, how that ended, and what became of all that it announced."""
    values = {"read_at": now(), "outcome": outcome, "found": found, "sum": sum.as_json() if sum else None}
    await connection.execute(_of(outlet, url).values(values))


async def note_failure(connection: AsyncConnection, outlet: str, url: str, outcome: str) -> None:
    """Write that a sitemap could not be fetched; after GIVE_UP_AFTER times it counts as read."""
    given_up = backfill_sitemaps.c.failures + 1 >= GIVE_UP_AFTER
    await connection.execute(
        _of(outlet, url).values(
            failures=backfill_sitemaps.c.failures + 1,
            outcome=outcome,
            read_at=case((given_up, now()), else_=None),
        )
    )


def _of(outlet: str, url: str) -> Update:
    return update(backfill_sitemaps).where(backfill_sitemaps.c.outlet == outlet, backfill_sitemaps.c.url == url)


async def put_behind(connection: AsyncConnection, outlet: str) -> None:
    """Let the pages of the past that were found just now wait behind those that are new."""
    found = locked(
        pages.c.outlet == outlet,
        pages.c.found_in == FOUND_IN,
        pages.c.visited_at.is_(None),
        pages.c.priority == 0,
    )
    await connection.execute(update(pages).where(pages.c.url.in_(found)).values(priority=PRIORITY))


async def backfill_progress(connection: AsyncConnection, outlet: str) -> BackfillProgress:
    """Return how far the filling in is."""
    parts = (
        await connection.execute(
            select(func.count(), func.count(backfill_sitemaps.c.read_at)).where(backfill_sitemaps.c.outlet == outlet)
        )
    ).one()
    of_past = (pages.c.outlet == outlet) & (pages.c.found_in == FOUND_IN)
    fetched = func.count(pages.c.visited_at)
    found = (await connection.execute(select(func.count(), fetched).where(of_past))).one()
    return BackfillProgress(parts=parts[0], parts_read=parts[1], waiting=found[0] - found[1], fetched=found[1])


async def backfill_report(connection: AsyncConnection, outlet: str, robots: str) -> BackfillReport:
    """Return what became of all that an outlet's sitemaps announced; `robots` is the address of its robots.txt."""
    columns = (backfill_sitemaps.c.url, backfill_sitemaps.c.outcome, backfill_sitemaps.c.sum)
    of_outlet = (backfill_sitemaps.c.outlet == outlet) & (backfill_sitemaps.c.url != robots)
    rows = await connection.execute(select(*columns).where(of_outlet).order_by(backfill_sitemaps.c.url))
    read, total, failed = 0, SourceSum(), {}
    for row in rows:
        if row.outcome == "read":
            read += 1
            total = total.with_all(row.sum or {})
        elif row.outcome:
            failed[row.url] = row.outcome
    return BackfillReport(read=read, failed=failed, sum=total)
