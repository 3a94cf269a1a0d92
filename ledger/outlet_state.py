"""What was learned of an outlet and its sources, and what the user decided about it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import ZERO, articles, outlets, pages, sources
from ledger.source_rates import note_arrivals
from news.outcome import Outcome
from news.outlet import Source

#: a line that stands on at least this share of an outlet's pages is its chrome, from FEW_PAGES on
CHROME_SHARE = 0.3
FEW_PAGES = 5
#: and on at least so many: two pages may share lines because one has the other's text
LEAST_PAGES = 3
#: the chrome is learned from the first pages; then it is counted no more
ENOUGH_PAGES = 40


@dataclass(frozen=True, kw_only=True)
class SourceState:
    """A source's last reading and what makes the next request conditional."""

    url: str
    kind: str
    etag: str | None = None
    last_modified: str | None = None
    fetched_at: datetime | None = None
    outcome: str | None = None
    reason: str | None = None
    found: int = 0


@dataclass(frozen=True, kw_only=True)
class OutletState:
    """What the ledger knows of one outlet."""

    slug: str
    enabled: bool | None = None
    paused: bool = False
    crawled_at: datetime | None = None
    unhealthy_reason: str | None = None
    pages: int = 0
    due: int = 0
    #: pages whose last visit brought what the ledger refuses as data
    unrecordable: int = 0
    articles: int = 0


async def states(connection: AsyncConnection, slugs: Collection[str] = ()) -> dict[str, OutletState]:
    """Return the state of every outlet that the ledger has met; with `slugs`, of these alone."""

    def of_these(query: Select[Any], outlet: ColumnElement[str]) -> Select[Any]:
        return query.where(outlet.in_(list(slugs))) if slugs else query

    columns = (outlets.c.slug, outlets.c.enabled, outlets.c.paused, outlets.c.crawled_at, outlets.c.unhealthy_reason)
    known = {row.slug: row for row in await connection.execute(of_these(select(*columns), outlets.c.slug))}
    page_counts = select(
        pages.c.outlet,
        func.count().label("pages"),
        func.count().filter(pages.c.due_at <= func.now()).label("due"),
        func.count().filter(pages.c.outcome == Outcome.UNRECORDABLE).label("unrecordable"),
    ).group_by(pages.c.outlet)
    counted = {row.outlet: row for row in await connection.execute(of_these(page_counts, pages.c.outlet))}
    article_counts = select(articles.c.outlet, func.count().label("articles")).group_by(articles.c.outlet)
    rows = await connection.execute(of_these(article_counts, articles.c.outlet))
    kept = {row.outlet: row.articles for row in rows}
    result = {}
    for slug in known.keys() | counted.keys() | kept.keys():
        row, count = known.get(slug), counted.get(slug)
        result[slug] = OutletState(
            slug=slug,
            enabled=row.enabled if row else None,
            paused=row.paused if row else False,
            crawled_at=row.crawled_at if row else None,
            unhealthy_reason=row.unhealthy_reason if row else None,
            pages=count.pages if count else 0,
            due=count.due if count else 0,
            unrecordable=count.unrecordable if count else 0,
            articles=kept.get(slug, 0),
        )
    return result


async def source_states(connection: AsyncConnection, outlet: str) -> dict[str, SourceState]:
    """Return the sources of `outlet` that were read before, by address."""
    columns = [sources.c[name] for name in SourceState.__dataclass_fields__]
    rows = await connection.execute(select(*columns).where(sources.c.outlet == outlet).order_by(sources.c.url))
    return {row.url: SourceState(**row._mapping) for row in rows}


async def note_source(
    connection: AsyncConnection, outlet: str, source: Source, state: SourceState, new: int = 0
) -> None:
    """Write how the reading of a source ended. A failed one keeps what makes the next request conditional.

    `new` addresses that it listed were not known before. Those of its first reading are its past: they say nothing of
    how much it brings.
    """
    well = state.outcome in ("read", "not_modified")
    if new:
        await note_arrivals(connection, outlet, source.url, new, state.fetched_at)
    values = {name: getattr(state, name) for name in SourceState.__dataclass_fields__}
    values |= {"outlet": outlet, "kind": source.kind}
    first_read_at = state.fetched_at if well else None
    failing = {"failures": 0 if well else 1, "failing_since": None if well else state.fetched_at}
    statement = insert(sources).values(**values, **failing, first_read_at=first_read_at)
    read = {"etag": statement.excluded.etag, "last_modified": statement.excluded.last_modified}
    always = {name: statement.excluded[name] for name in ("fetched_at", "outcome", "reason")}
    changed: dict[str, Any] = always | read | {"found": statement.excluded.found} if state.outcome == "read" else always
    changed["first_read_at"] = func.coalesce(sources.c.first_read_at, statement.excluded.first_read_at)
    changed["failures"] = ZERO if well else sources.c.failures + 1
    changed["failing_since"] = None if well else func.coalesce(sources.c.failing_since, state.fetched_at)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[sources.c.outlet, sources.c.url], set_=changed)
    )


async def note_crawl(connection: AsyncConnection, outlet: str, unhealthy_reason: str | None) -> None:
    """Write that a crawl of `outlet` has read its sources; `unhealthy_reason` None: nothing is wrong."""
    at = func.now()
    statement = insert(outlets).values(
        slug=outlet, crawled_at=at, unhealthy_reason=unhealthy_reason, unhealthy_at=at if unhealthy_reason else None
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[outlets.c.slug],
            set_={name: statement.excluded[name] for name in ("crawled_at", "unhealthy_reason", "unhealthy_at")},
        )
    )


async def enable(connection: AsyncConnection, slugs: Sequence[str], *, enabled: bool) -> None:
    """Write the user's decision to crawl these outlets on schedule, or not to."""
    for slug in sorted(slugs):
        statement = insert(outlets).values(slug=slug, enabled=enabled)
        await connection.execute(
            statement.on_conflict_do_update(index_elements=[outlets.c.slug], set_={"enabled": enabled})
        )


async def pause(connection: AsyncConnection, slugs: Sequence[str], *, paused: bool) -> None:
    """Write the user's decision to stop crawling these outlets for the time being, or to go on."""
    for slug in sorted(slugs):
        statement = insert(outlets).values(slug=slug, paused=paused)
        await connection.execute(
            statement.on_conflict_do_update(index_elements=[outlets.c.slug], set_={"paused": paused})
        )


async def chrome(connection: AsyncConnection, outlet: str) -> frozenset[int]:
    """Return the hashes of the lines that are the outlet's chrome; empty until enough pages were read."""
    query = select(outlets.c.chrome, outlets.c.pages_read).where(outlets.c.slug == outlet)
    row = (await connection.execute(query)).first()
    if row is None or row.pages_read < FEW_PAGES:
        return frozenset()
    least = max(LEAST_PAGES, CHROME_SHARE * row.pages_read)
    return frozenset(int(line) for line, pages_ in row.chrome.items() if pages_ >= least)


async def learn_chrome(connection: AsyncConnection, outlet: str, lines: Sequence[frozenset[int]]) -> None:
    """Count the lines of newly read pages, one set a page, until ENOUGH_PAGES were counted."""
    await connection.execute(insert(outlets).values(slug=outlet).on_conflict_do_nothing())
    query = select(outlets.c.chrome, outlets.c.pages_read).where(outlets.c.slug == outlet).with_for_update()
    row = (await connection.execute(query)).one()
    counts = {int(line): count for line, count in row.chrome.items()}
    pages_read = row.pages_read
    for page in lines[: max(0, ENOUGH_PAGES - pages_read)]:
        pages_read += 1
        for line in page:
            counts[line] = counts.get(line, 0) + 1
    if pages_read >= ENOUGH_PAGES:
        # what few pages had will never be chrome: forget it, so that the row stays small
        counts = {line: count for line, count in counts.items() if count >= CHROME_SHARE * pages_read}
    statement = outlets.update().where(outlets.c.slug == outlet)
    await connection.execute(
        statement.values(chrome={str(line): count for line, count in counts.items()}, pages_read=pages_read)
    )
