"""Files of pages from elsewhere: how far each was read, moved on in the transaction that records an item."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.pipeline import Pipeline
from ledger.schema import imports, outlets, pages
from ledger.statements import ADD_ATTEMPT, LINK_PAGE
from news.errors import CrawlInterrupted
from news.visit import Visit


@dataclass(frozen=True, kw_only=True)
class Import:
    """One file and how far it was read, for which purpose."""

    id: int
    file: str
    purpose: str
    kind: str
    size_bytes: int
    position: int = 0
    #: items that are done of the member at the position
    within: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    ended_at: datetime | None = None
    error: str | None = None


async def begin(
    connection: AsyncConnection,
    file: str,
    purpose: str,
    kind: str,
    head: tuple[str, int],
    size_bytes: int,
    *,
    anew: bool,
) -> Import:
    """Return the import of a file: one that was begun before goes on where it was, unless it is to begin `anew`.

    `head` is a hash of the file's beginning and of how many bytes; if another one is known, the file is another one.
    """
    row = await _row(connection, file, purpose)
    beginning = {"position": 0, "within": 0, "outcomes": {}, "skipped": {}, "begun_at": func.now()}
    values = {"kind": kind, "size_bytes": size_bytes, "ended_at": None, "error": None, "moved_at": func.now()}
    told = {"head": head[0], "head_bytes": head[1]}
    if row is None:
        statement = insert(imports).values(file=file, purpose=purpose, **values, **told)
        await connection.execute(statement.on_conflict_do_nothing())
    elif anew or (row.head, row.head_bytes) != head:
        await connection.execute(update(imports).where(imports.c.id == row.id).values(values | beginning | told))
    elif row.ended_at is None or row.position < size_bytes:
        await connection.execute(update(imports).where(imports.c.id == row.id).values(values))
    return _import(await _row(connection, file, purpose))


async def head_bytes_of(connection: AsyncConnection, file: str, purpose: str) -> int | None:
    """Return of how many bytes the known hash of a file's beginning is, None for a file that is unknown."""
    row = await _row(connection, file, purpose)
    return row.head_bytes if row else None


async def _row(connection: AsyncConnection, file: str, purpose: str) -> Row[Any] | None:
    return (
        await connection.execute(select(imports).where(imports.c.file == file, imports.c.purpose == purpose))
    ).first()


def _import(row: Row[Any] | None) -> Import:
    assert row is not None, "the import was begun"
    return Import(**{name: row._mapping[name] for name in Import.__dataclass_fields__})


async def import_of(connection: AsyncConnection, import_id: int) -> Import:
    """Return the import with this number."""
    return _import((await connection.execute(select(imports).where(imports.c.id == import_id))).first())


async def all_imports(connection: AsyncConnection) -> list[Import]:
    """Return every import, the one that moved last first."""
    rows = await connection.execute(select(imports).order_by(imports.c.moved_at.desc(), imports.c.id))
    return [_import(row) for row in rows]


async def move(connection: AsyncConnection, before: Import, after: Import) -> None:
    """Write how far the import is, in the transaction that makes it so.

    Raises CrawlInterrupted if it is no longer where it was: another worker has taken it over.
    """
    moved = await connection.execute(
        update(imports)
        .where(imports.c.id == before.id, imports.c.position == before.position, imports.c.within == before.within)
        .values(
            position=after.position,
            within=after.within,
            outcomes=after.outcomes,
            skipped=after.skipped,
            ended_at=after.ended_at,
            error=after.error,
            moved_at=func.clock_timestamp(),
        )
    )
    if moved.rowcount != 1:
        raise CrawlInterrupted(f"Another worker is reading {before.file}.")


async def stop(connection: AsyncConnection, import_id: int, error: str) -> None:
    """Write why an import does not go on; it goes on when it is asked for again."""
    await connection.execute(update(imports).where(imports.c.id == import_id).values(error=error, moved_at=func.now()))


def note_imported(pipeline: Pipeline, visit: Visit) -> None:
    """Write the attempt of a visit that somebody else made, at its own time, with what was stored.

    The page becomes known, and is not made due: a page of a WARC file may be years old. What our own fetch recorded of
    the page stays. No site was sent a request, so its pace is not touched.
    """
    pipeline.add(
        ADD_ATTEMPT,
        at=visit.fetched_at,
        outlet=visit.outlet.slug,
        url=visit.url,
        final_url=visit.read_from if visit.read_from != visit.url else None,
        outcome=visit.outcome,
        reason=visit.reason or None,
        status=visit.status,
        latency_ms=None,
        content_bytes=visit.content_bytes,
        article_id=visit.article_id,
        recrawl_id=None,
    )
    link_pages(pipeline, visit)


def link_pages(pipeline: Pipeline, visit: Visit) -> None:
    """Make the addresses of a visit known with the article that stands there; what is known of them stays."""
    for url in sorted({visit.url, visit.read_from}):
        pipeline.add(
            LINK_PAGE,
            url=url,
            outlet=visit.outlet.slug,
            visited_at=visit.fetched_at,
            outcome=visit.outcome,
            reason=visit.reason or None,
            article_id=visit.article_id,
        )


async def outlets_of_list(connection: AsyncConnection, import_id: int) -> list[str]:
    """Return the outlets whose addresses stood in an imported list."""
    rows = await connection.execute(select(pages.c.outlet).where(pages.c.found_in == found_in(import_id)).distinct())
    return sorted(row.outlet for row in rows)


async def fetched_of_list(connection: AsyncConnection, import_id: int) -> dict[str, int]:
    """Return outcome -> addresses that were first met in an imported list; "waiting" for those not fetched yet."""
    outcome = func.coalesce(pages.c.outcome, "waiting")
    rows = await connection.execute(
        select(outcome.label("outcome"), func.count().label("times"))
        .where(pages.c.found_in == found_in(import_id))
        .group_by(outcome)
    )
    return {row.outcome: row.times for row in rows}


def found_in(import_id: int) -> str:
    """Return what the frontier calls the source of an imported list's addresses."""
    return f"import:{import_id}"


async def site_of_slug(connection: AsyncConnection, slug: str) -> str | None:
    """Return the site of an outlet that has no file, None if there is none such."""
    return (await connection.execute(select(outlets.c.site).where(outlets.c.slug == slug))).scalar()


async def slug_of_site(connection: AsyncConnection, site: str, taken: frozenset[str]) -> str:
    """Return the slug of a site that has no outlet's file, made of its name; `taken` are the slugs of those that have.

    It is the same for all workers and for ever: what was imported stays with it. The outlet is not crawled on schedule.
    """
    known = select(outlets.c.slug).where(outlets.c.site == site)
    plain = "_".join("".join(letter if letter in _PLAIN else " " for letter in site.lower()).split()) or "site"
    number = 1
    while (slug := (await connection.execute(known)).scalar()) is None:
        candidate = plain if number == 1 else f"{plain}_{number}"
        number += 1
        if candidate not in taken:
            statement = insert(outlets).values(slug=candidate, site=site, enabled=False)
            await connection.execute(statement.on_conflict_do_nothing())
    return str(slug)


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
