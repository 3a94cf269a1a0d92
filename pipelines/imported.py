"""What was read in a page from elsewhere goes into the ledger, with the import's place, in one transaction."""

from dataclasses import replace
from enum import StrEnum

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.faults import in_transaction
from ledger.import_progress import Import, link_pages, move, note_imported
from ledger.store_article import store
from ledger.store_reprocessed import reprocess_archived
from ledger.visit_transaction import reason_of_page
from news import clock
from news.visit import Visit
from pipelines.pool import Pool
from pipelines.record import with_earlier_page
from pipelines.stock import Position

log = structlog.get_logger()


class Purpose(StrEnum):
    """Why a file is read."""

    IMPORT = "import"
    REPROCESS = "reprocess"  # its pages are ours already


def moved(before: Import, to: Position, *, outcome: str = "", passed_over: str = "") -> Import:
    """Return the import one item further on, the item counted."""
    return replace(
        before,
        position=to.byte,
        within=to.within,
        outcomes=_counted(before.outcomes, outcome),
        passed_over=_counted(before.passed_over, passed_over),
    )


def _counted(counts: dict[str, int], name: str) -> dict[str, int]:
    return counts | {name: counts.get(name, 0) + 1} if name else counts


async def record_page(
    engine: AsyncEngine,
    at: Import,
    now: Import,
    to: Position,
    visit: Visit,
    story_days: int,
    pool: Pool | None = None,
) -> Import:
    """Record an imported page with what was read in it, and return the import behind it: all is written, or nothing.

    `at` is the import as the ledger has it, `now` with what was skipped since. A page that the ledger refuses as data
    is counted as unrecordable. Raises SQLAlchemyError if the ledger is away, CrawlInterrupted if another worker has
    taken over the import: then nothing was written.
    """
    visit = replace(visit, imported_at=clock.now())
    moved_on = now

    async def kept(visit: Visit) -> Visit:
        async def written(connection: AsyncConnection) -> Visit:
            nonlocal moved_on
            done = await _RECORDERS[Purpose(at.purpose)](connection, visit, story_days)
            moved_on = moved(now, to, outcome=done.outcome or "")
            await move(connection, at, moved_on)
            return done

        return await in_transaction(engine, written)

    try:
        await with_earlier_page(kept, visit, pool)
    except Exception as error:
        if (reason := reason_of_page(error)) is None:
            raise
        log.error("page_unrecordable", url=visit.url, outlet=visit.outlet.slug, reason=reason)
        await kept(visit.unrecordable(reason))
    return moved_on


async def _import(connection: AsyncConnection, visit: Visit, story_days: int) -> Visit:
    if visit.article is not None:
        visit = await store(connection, visit, story_days)
    await note_imported(connection, visit)
    return visit


async def _reprocess(connection: AsyncConnection, visit: Visit, story_days: int) -> Visit:
    """A page that was fetched once was attempted once: only what it gives now is new."""
    if visit.article is None:
        return visit
    visit = await reprocess_archived(connection, visit, story_days)
    await link_pages(connection, visit)
    return visit


_RECORDERS = {Purpose.IMPORT: _import, Purpose.REPROCESS: _reprocess}
