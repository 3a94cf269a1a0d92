"""What was read in a page from elsewhere goes into the ledger, with the import's place, in one transaction."""

from dataclasses import replace
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.imports import Import, link_pages, move, note_imported
from ledger.keep import Kept, Reading, keep
from ledger.record import Attempt
from ledger.reread import reread
from news import clock
from news.digest import Digest
from news.outcome import Outcome
from news.outlet import Outlet
from news.page import Page
from pipelines.fetched import Fetched
from pipelines.record import reading_of
from pipelines.stock import Position


class Purpose(StrEnum):
    """Why a file is read."""

    IMPORT = "import"
    REREAD = "reread"  # its pages are ours already


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
    page: Page,
    outlet: Outlet,
    read: Digest,
    story_days: int,
) -> Import:
    """Record a page with what was read in it, and return the import behind it: all of it is written, or nothing.

    `at` is the import as the ledger has it, `now` with what was passed over since. Raises SQLAlchemyError if the ledger
    is away, CrawlInterrupted if another worker has taken over the import: then nothing was written.
    """
    refusal = read.refusal
    attempt = Attempt(
        outlet=outlet.slug,
        url=page.url,
        final_url=page.final_url,
        at=page.fetched_at,
        outcome=refusal.outcome if refusal else None,
        reason=refusal.reason if refusal else "",
        status=page.status,
        content_bytes=len(page.content),
    )
    reading = None
    if read.article is not None:
        fetched = Fetched(outlet=outlet, attempt=attempt, page=page, digest=read)
        reading = reading_of(fetched, read, read.article, story_days, kept_at=clock.now())
    async with engine.begin() as connection:
        outcome = await _RECORDERS[Purpose(at.purpose)](connection, attempt, reading)
        after = moved(now, to, outcome=outcome)
        await move(connection, at, after)
    return after


async def _import(connection: AsyncConnection, attempt: Attempt, reading: Reading | None) -> Outcome:
    kept = await keep(connection, reading) if reading else None
    await note_imported(connection, attempt, kept)
    return _outcome(attempt, kept)


async def _reread(connection: AsyncConnection, attempt: Attempt, reading: Reading | None) -> Outcome:
    """A page that was fetched once was attempted once: only what it gives now is new."""
    kept = await reread(connection, reading) if reading else None
    if kept:
        await link_pages(connection, attempt, kept)
    return _outcome(attempt, kept)


def _outcome(attempt: Attempt, kept: Kept | None) -> Outcome:
    return kept.outcome if kept else attempt.outcome or Outcome.UNREADABLE


_RECORDERS = {Purpose.IMPORT: _import, Purpose.REREAD: _reread}
