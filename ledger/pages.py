"""The frontier: every address an outlet announced, and when it is due."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, Select, and_, case, func, literal_column, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.faults import is_data_error, reason_of
from ledger.revisit import COMES_BACK
from ledger.schema import LATEST, pages, recrawls
from news.log import Log
from news.outcome import PASSING, Outcome
from news.recapture import Capture

log = Log()

#: rows in one statement: PostgreSQL takes 65,535 parameters, a row has seven
BATCH = 5_000
#: a recrawl that a person asked for goes before all that was found
WANTED = 10
#: said of a page that a source of one outlet listed and that belongs to another site: its own outlet takes it over
LED_ELSEWHERE = "it leads to another site"
#: stands before the source of a page on another site than the outlet's: it is followed to see where it leads
THROUGH = "through "
#: a page that was given up is tried so often while a source lists it
TRIED_EVERY = timedelta(days=1)


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
    #: the recrawl that its attempt will answer: one that waited when the page was asked for
    recrawl_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Announced:
    """What became of addresses that a source lists; those that are in neither were known."""

    new: Sequence[str] = ()
    #: the database refuses them as data
    refused: Sequence[str] = ()


async def announce(
    connection: AsyncConnection,
    outlet: str,
    source: str,
    found: Sequence[Found],
    *,
    capture: Capture = Capture.NONE,
    priority: int = 0,
    through: Collection[str] = (),
) -> Announced:
    """Ingest what a source lists, and return which of the addresses are new.

    `capture` is what kind of list it is: pages remember in which kinds they stood. `priority` is the least they get.
    `through` are those that are on none of the outlet's sites, and are followed to see where they lead.

    A new address is due at once. A known one is due if the source now states a later change than it did, or, where
    it had stated none, one after our last visit; and if it was given up after a failure that may be over, once a day
    for as long as it is listed: it fails once more, and is given up again. The same list twice changes nothing else.
    One that another outlet follows to see where it leads, and that gave it no article yet, is this outlet's now.
    An address that the database refuses is left out and counted in the log; the others are taken in.
    """
    latest: dict[str, Found] = {}
    for each in found:
        known = latest.get(each.url)
        if known is None or (each.lastmod and (known.lastmod is None or each.lastmod > known.lastmod)):
            latest[each.url] = each
    # sorted, so that two crawls which list the same addresses lock their rows in one order
    rows = sorted(latest.values(), key=lambda each: each.url)
    followed = frozenset(through)
    new: list[str] = []
    refusals: dict[str, str] = {}
    for start in range(0, len(rows), BATCH):
        values = [
            {
                "url": each.url,
                "outlet": outlet,
                "found_in": f"{THROUGH}{source}" if each.url in followed else source,
                "lastmod": each.lastmod,
                "due_at": func.now(),
                "captures": int(capture),
                "priority": priority,
            }
            for each in rows[start : start + BATCH]
        ]
        new += await _ingest(connection, values, refusals)
    for reason, times in Counter(refusals.values()).items():
        log.warning("addresses_rejected", outlet=outlet, source=source, addresses=times, reason=reason)
    return Announced(new=new, refused=tuple(refusals))


async def _ingest(connection: AsyncConnection, rows: Sequence[dict[str, Any]], refusals: dict[str, str]) -> list[str]:
    """Ingest rows, and return which are new; halve them until what is refused stands alone, with its reason."""
    try:
        async with connection.begin_nested():
            return await _upsert(connection, rows)
    except (DBAPIError, UnicodeEncodeError) as error:
        if not is_data_error(error):
            raise
        if len(rows) == 1:
            refusals[rows[0]["url"]] = reason_of(error)
            return []
    middle = len(rows) // 2
    first = await _ingest(connection, rows[:middle], refusals)
    return first + await _ingest(connection, rows[middle:], refusals)


async def _upsert(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> list[str]:
    statement = insert(pages).values(rows)
    stated = statement.excluded.lastmod
    changed = stated > func.coalesce(pages.c.lastmod, pages.c.visited_at)
    comes_back = and_(
        pages.c.due_at.is_(None),
        pages.c.outcome.in_(sorted(COMES_BACK)),
        not_(pages.c.visited_at.between(func.now() - TRIED_EVERY, LATEST)),
    )
    is_before = and_(pages.c.due_at.is_not(None), statement.excluded.priority > pages.c.priority)
    was_followed = or_(
        pages.c.found_in.startswith(THROUGH),
        # of a release that did not write how it was found
        and_(pages.c.outcome == Outcome.OFF_SITE, pages.c.reason.startswith(LED_ELSEWHERE, autoescape=True)),
    )
    is_ours_now = and_(
        pages.c.outlet != statement.excluded.outlet,
        pages.c.article_id.is_(None),
        was_followed,
        not_(statement.excluded.found_in.startswith(THROUGH)),
    )
    # in which lists of another outlet it stood says nothing of this one's
    captures = case(
        (is_ours_now, statement.excluded.captures),
        else_=pages.c.captures.op("|")(statement.excluded.captures),
    )
    rows_back: CursorResult[Any] = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[pages.c.url],
            set_={
                "lastmod": func.greatest(stated, pages.c.lastmod),
                "outlet": case((is_ours_now, statement.excluded.outlet), else_=pages.c.outlet),
                "found_in": case((is_ours_now, statement.excluded.found_in), else_=pages.c.found_in),
                "due_at": case((or_(changed, comes_back, is_ours_now), func.now()), else_=pages.c.due_at),
                "captures": captures,
                "priority": func.greatest(statement.excluded.priority, pages.c.priority),
            },
            where=or_(
                stated > pages.c.lastmod,
                pages.c.lastmod.is_(None) & stated.is_not(None),
                comes_back,
                is_ours_now,
                is_before,
                captures != pages.c.captures,
            ),
        ).returning(pages.c.url, literal_column("(xmax = 0)").label("inserted"))
    )
    return [row.url for row in rows_back if row.inserted]


async def ends_of(connection: AsyncConnection, outlet: str, urls: Collection[str]) -> dict[str, bool | None]:
    """Return address -> whether it gave an article of `outlet`, of those that are known.

    None where it was not visited yet. A page of another outlet gives none of this one.
    """
    query = select(pages.c.url, pages.c.outlet, pages.c.outcome, pages.c.article_id)
    rows = await connection.execute(query.where(pages.c.url.in_(list(urls))))
    return {
        row.url: None if row.outlet == outlet and row.outcome is None else bool(row.outlet == outlet and row.article_id)
        for row in rows
    }


async def listed_before(connection: AsyncConnection, urls: Sequence[str], capture: Capture) -> set[str]:
    """Return those of the addresses that are known and have stood in such a list."""
    found: set[str] = set()
    for start in range(0, len(urls), BATCH):
        query = select(pages.c.url).where(pages.c.url.in_(urls[start : start + BATCH]))
        query = query.where(pages.c.captures.op("&")(int(capture)) != 0)
        found |= set((await connection.execute(query)).scalars())
    return found


async def want(connection: AsyncConnection, outlet: str, url: str, *, force: bool = False) -> None:
    """Make `url` due now, before all that was found; an address that is unknown becomes known.

    The page is the outlet's from then on: the file of the one that found it may be gone. With `force` it is fetched
    even if the site would say that it has not changed.
    """
    statement = insert(pages).values(url=url, outlet=outlet, found_in="person", due_at=func.now(), priority=WANTED)
    changes: dict[str, object] = {"outlet": outlet, "due_at": func.now(), "priority": WANTED}
    if force:
        changes |= {"etag": None, "last_modified": None}
    await connection.execute(statement.on_conflict_do_update(index_elements=[pages.c.url], set_=changes))


async def outlet_of(connection: AsyncConnection, url: str) -> str | None:
    """Return the outlet in whose frontier `url` stands, or None."""
    return (await connection.execute(select(pages.c.outlet).where(pages.c.url == url))).scalar()


async def revisit(connection: AsyncConnection, outlet: str) -> int:
    """Make every page that gave an article of `outlet` due now, and return how many."""
    wanted = locked(pages.c.outlet == outlet, pages.c.article_id.is_not(None))
    return (await connection.execute(update(pages).where(pages.c.url.in_(wanted)).values(due_at=func.now()))).rowcount


def locked(*which: ColumnElement[bool]) -> Select[tuple[str]]:
    """Return the query of these pages' addresses that locks them in one order, as whoever changes several does."""
    return select(select(pages.c.url).where(*which).order_by(pages.c.url).with_for_update().cte().c.url)


async def try_again(connection: AsyncConnection, outlet: str, since: datetime) -> int:
    """Make due now what failed, met a wall or could not be recorded at its last visit, if that was after `since`.

    Returns how many pages that are. Those too slow or too fat are not among them: all at once they would make the
    outlet unhealthy again.
    """
    passing = sorted({Outcome.WALL, Outcome.UNRECORDABLE, *PASSING})
    wanted = locked(
        pages.c.outlet == outlet,
        pages.c.outcome.in_(passing),
        pages.c.visited_at > since,
        or_(pages.c.due_at.is_(None), pages.c.due_at > func.now()),
    )
    return (await connection.execute(update(pages).where(pages.c.url.in_(wanted)).values(due_at=func.now()))).rowcount


async def due(
    connection: AsyncConnection,
    outlet: str,
    limit: int,
    skipped: Collection[str] = (),
    only: Collection[str] = (),
) -> list[DuePage]:
    """Return up to `limit` pages of `outlet` to fetch now, the wanted first, then the longest due.

    `skipped` are addresses that were tried just now; with `only`, no others than these are returned.
    """
    waiting = (
        select(recrawls.c.id)
        .where(recrawls.c.url == pages.c.url, recrawls.c.attempt_id.is_(None))
        .order_by(recrawls.c.asked_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(pages.c.url, pages.c.etag, pages.c.last_modified, pages.c.found_in, waiting.label("recrawl_id"))
        # now() stands still within a statement, so that an index serves it; clock_timestamp() would have all rows read
        .where(pages.c.outlet == outlet, pages.c.due_at <= func.now())
        .where(pages.c.url.not_in(list(skipped)))
        .order_by(pages.c.priority.desc(), pages.c.due_at, pages.c.url)
        .limit(limit)
    )
    if only:
        query = query.where(pages.c.url.in_(list(only)))
    return [DuePage(**row._mapping) for row in await connection.execute(query)]


async def waiting_again(connection: AsyncConnection, outlets: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many pages of `outlets` failed and wait for another try, and when the next of them is due."""
    query = select(func.count(), func.min(pages.c.due_at)).where(
        pages.c.outlet.in_(list(outlets)), pages.c.failures > 0, pages.c.due_at > func.now()
    )
    times, next_at = (await connection.execute(query)).one()
    return times, next_at


async def count_waiting(connection: AsyncConnection, outlet: str, source: str) -> int:
    """Return how many pages of `outlet` that were found in `source` are due for their first visit."""
    query = (
        select(func.count())
        .select_from(pages)
        .where(pages.c.outlet == outlet, pages.c.due_at <= func.now())
        .where(pages.c.found_in == source, pages.c.visited_at.is_(None))
    )
    return (await connection.execute(query)).scalar_one()


async def count_due(connection: AsyncConnection, outlet: str) -> int:
    """Return how many pages of `outlet` are to be fetched now."""
    query = select(func.count()).select_from(pages).where(pages.c.outlet == outlet, pages.c.due_at <= func.now())
    return (await connection.execute(query)).scalar_one()
