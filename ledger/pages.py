"""The frontier: every address an outlet announced, and when it is due."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CursorResult, case, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import pages
from news.outcome import PASSING, Outcome

#: rows in one statement: PostgreSQL takes 65,535 parameters, a row has five
BATCH = 5_000
#: a recrawl that a person asked for goes before all that was found
WANTED = 10


@dataclass(frozen=True, kw_only=True)
class Found:
    """An address that a source listed; `lastmod` is when the source says that the page was changed, aware UTC."""

    url: str
    lastmod: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class DuePage:
    """A page to fetch now, with what makes the request conditional."""

    url: str
    etag: str | None
    last_modified: str | None
    found_in: str


async def announce(connection: AsyncConnection, outlet: str, source: str, found: Sequence[Found]) -> int:
    """Take in what a source lists, and return how many of the addresses are new.

    A new address is due at once. A known one is due if the source now states a later change than it did, or, where
    it had stated none, one after our last visit. The same list twice changes nothing.
    """
    latest: dict[str, Found] = {}
    for each in found:
        known = latest.get(each.url)
        if known is None or (each.lastmod and (known.lastmod is None or each.lastmod > known.lastmod)):
            latest[each.url] = each
    # sorted, so that two crawls which list the same addresses lock their rows in one order
    rows = sorted(latest.values(), key=lambda each: each.url)
    now = datetime.now(UTC)
    new = 0
    for start in range(0, len(rows), BATCH):
        statement = insert(pages).values(
            [
                {"url": each.url, "outlet": outlet, "found_in": source, "lastmod": each.lastmod, "due_at": now}
                for each in rows[start : start + BATCH]
            ]
        )
        stated = statement.excluded.lastmod
        changed = stated > func.coalesce(pages.c.lastmod, pages.c.visited_at)
        rows_back: CursorResult[Any] = await connection.execute(
            statement.on_conflict_do_update(
                index_elements=[pages.c.url],
                set_={"lastmod": stated, "due_at": case((changed, now), else_=pages.c.due_at)},
                where=or_(stated > pages.c.lastmod, pages.c.lastmod.is_(None) & stated.is_not(None)),
            ).returning(literal_column("(xmax = 0)").label("inserted"))
        )
        new += sum(row.inserted for row in rows_back)
    return new


async def want(connection: AsyncConnection, outlet: str, url: str, *, force: bool = False) -> None:
    """Make `url` due now, before all that was found; an address that is unknown becomes known.

    With `force` the page is fetched even if the site would say that it has not changed.
    """
    now = datetime.now(UTC)
    statement = insert(pages).values(url=url, outlet=outlet, found_in="person", due_at=now, priority=WANTED)
    changes: dict[str, object] = {"due_at": now, "priority": WANTED}
    if force:
        changes |= {"etag": None, "last_modified": None}
    await connection.execute(statement.on_conflict_do_update(index_elements=[pages.c.url], set_=changes))


async def outlet_of(connection: AsyncConnection, url: str) -> str | None:
    """Return the outlet in whose frontier `url` stands, or None."""
    return (await connection.execute(select(pages.c.outlet).where(pages.c.url == url))).scalar()


async def revisit(connection: AsyncConnection, outlet: str) -> int:
    """Make every page that gave an article of `outlet` due now, and return how many."""
    updated = await connection.execute(
        update(pages).where(pages.c.outlet == outlet, pages.c.article_id.is_not(None)).values(due_at=datetime.now(UTC))
    )
    return updated.rowcount


async def try_again(connection: AsyncConnection, outlet: str, since: datetime) -> int:
    """Make due now what failed or met a wall at its last visit, if that was after `since`, and return how many."""
    passing = [str(each) for each in (Outcome.WALL, *PASSING)]
    now = datetime.now(UTC)
    updated = await connection.execute(
        update(pages)
        .where(pages.c.outlet == outlet, pages.c.outcome.in_(passing), pages.c.visited_at > since)
        .where(or_(pages.c.due_at.is_(None), pages.c.due_at > now))
        .values(due_at=now)
    )
    return updated.rowcount


async def due(
    connection: AsyncConnection,
    outlet: str,
    limit: int,
    passed_over: Collection[str] = (),
    only: Collection[str] = (),
) -> list[DuePage]:
    """Return up to `limit` pages of `outlet` to fetch now, the wanted first, then the longest due.

    `passed_over` are addresses that were tried just now; with `only`, no others than these are returned.
    """
    query = (
        select(pages.c.url, pages.c.etag, pages.c.last_modified, pages.c.found_in)
        .where(pages.c.outlet == outlet, pages.c.due_at <= func.clock_timestamp())
        .where(pages.c.url.not_in(list(passed_over)))
        .order_by(pages.c.priority.desc(), pages.c.due_at, pages.c.url)
        .limit(limit)
    )
    if only:
        query = query.where(pages.c.url.in_(list(only)))
    return [DuePage(**row._mapping) for row in await connection.execute(query)]


async def count_due(connection: AsyncConnection, outlet: str) -> int:
    """Return how many pages of `outlet` are to be fetched now."""
    query = (
        select(func.count())
        .select_from(pages)
        .where(pages.c.outlet == outlet, pages.c.due_at <= func.clock_timestamp())
    )
    return (await connection.execute(query)).scalar_one()
