"""What was fetched or imported goes into the ledger; where we read otherwise than before, first the page we have."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.change import ReadAgain
from ledger.faults import in_transaction
from ledger.import_progress import Import, link_pages, move, note_imported
from ledger.store_article import store
from ledger.store_reprocessed import reprocess_archived
from ledger.visit_transaction import Terms, reason_of_page, record
from news import clock
from news.configuration import Configuration
from news.digest import Digest
from news.log import Log
from news.visit import Earlier, Visit
from pipelines.digest import digest_in_pool
from pipelines.importing.import_files import Position
from pipelines.pool import Pool

log = Log()

#: times that a kept page is read again, because another worker has changed the article meanwhile
_TRIES = 3


def terms_of(configuration: Configuration, *, events: bool) -> Terms:
    """Return what a recording is told of the settings."""
    return Terms(
        events=events,
        story_days=configuration.story_days,
        revisit_days=configuration.revisit_days,
        raw_bytes=round(configuration.raw_pages_gb * 2**30),
        raw_days=configuration.raw_pages_days,
    )


async def record_visit(engine: AsyncEngine, visit: Visit, pool: Pool | None = None, terms: Terms = Terms()) -> Visit:  # noqa: B008
    """Record a visit, and return it with what the ledger made of it.

    `pool` reads the page that we have again, where the new one was read with something else. Without it, and where no
    page is kept, the lines of both pages have to tell what the outlet changed.
    Raises SQLAlchemyError if the ledger is away: then nothing was written and the page is still due.
    """

    async def recorded(visit: Visit) -> Visit:
        return await record(engine, visit, terms)

    return await with_earlier_page(recorded, visit, pool)


async def with_earlier_page(kept: Callable[[Visit], Awaitable[Visit]], visit: Visit, pool: Pool | None) -> Visit:
    """Return `kept(visit)`; the page of the article's newest version is read again as often as that asks for it."""
    for _ in range(_TRIES if pool else 0):
        try:
            return await kept(visit)
        except ReadAgain as again:
            assert pool is not None, "without a pool there are no tries"
            read = await digest_in_pool(pool, again.page, visit.outlet, visit.chrome)
            visit = replace(visit, earlier=Earlier(page_hash=again.page_hash, digest=read))
    return await kept(replace(visit, earlier=Earlier(page_hash=b"", digest=Digest())))


class Purpose(StrEnum):
    """Why a file is read."""

    IMPORT = "import"
    REPROCESS = "reprocess"  # its pages are ours already


def moved(before: Import, to: Position, *, outcome: str = "", skipped: str = "") -> Import:
    """Return the import one item further on, the item counted."""
    return replace(
        before,
        position=to.byte,
        within=to.within,
        outcomes=_counted(before.outcomes, outcome),
        skipped=_counted(before.skipped, skipped),
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
