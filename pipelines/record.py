"""What was fetched or imported goes into the ledger; where we read otherwise than before, first the page we have."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.change import ReadAgain
from ledger.faults import in_transaction, is_away
from ledger.import_progress import Import, link_pages, move, note_imported
from ledger.lockstep import in_lockstep, independent, keys_of
from ledger.pipeline import Pipeline
from ledger.store_article import store_article
from ledger.store_reprocessed import reprocess_archived
from ledger.visit_transaction import Terms, reason_of_page, record, record_together
from news import clock
from news.configuration import Configuration
from news.digest import Digest
from news.errors import CrawlInterrupted
from news.log import Log
from news.visit import Earlier, Visit
from pipelines.pool import Pool, digest_in_pool

if TYPE_CHECKING:
    from pipelines.importing.import_files import Position

log = Log()

#: visits that are recorded in one transaction at most, and how long the first of them waits for others
MOST_TOGETHER, TOGETHER_SECONDS = 16, 0.25
#: between two looks whether others have come
LOOK_SECONDS = 0.01
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


class Recorder:
    """Records what a process fetches: visits that come at about the same time share a transaction."""

    def __init__(self, engine: AsyncEngine, pool: Pool, terms: Terms) -> None:
        self.engine, self.pool, self.terms = engine, pool, terms
        self._waiting: list[tuple[Visit, asyncio.Future[Visit | None]]] = []
        self._going: asyncio.Task[None] | None = None
        #: those of the transaction that is going on
        self._batch: list[asyncio.Future[Visit | None]] = []

    async def record(self, visit: Visit) -> Visit:
        """Record a visit as `record_visit` does, and raise what it raises; a page still fails alone."""
        recorded: asyncio.Future[Visit | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((visit, recorded))
        if self._going is None or self._going.done():
            self._going = asyncio.create_task(self._record_waiting())
        try:
            together = await recorded
        except asyncio.CancelledError:
            await self._withdraw(recorded)
            raise
        return together or await record_visit(self.engine, visit, self.pool, self.terms)

    async def _withdraw(self, recorded: "asyncio.Future[Visit | None]") -> None:
        """Leave nothing behind that goes on, if nobody else waits for it."""
        self._waiting = [each for each in self._waiting if each[1] is not recorded]
        if self._going is not None and all(each.cancelled() for each in self._batch) and not self._waiting:
            going, self._going = self._going, None  # who comes meanwhile begins anew
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)

    async def _record_waiting(self) -> None:
        while self._waiting:
            until = monotonic() + TOGETHER_SECONDS
            # while all workers are busy and have more to do, nothing stands still for want of what is recorded
            while len(self._waiting) < MOST_TOGETHER and self.pool.has_waiting and monotonic() < until:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)
            taken, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            self._batch = [recorded for _, recorded in taken]
            await self._record([each for each in taken if not each[1].cancelled()])
            self._batch = []

    async def _record(self, taken: "Sequence[tuple[Visit, asyncio.Future[Visit | None]]]") -> None:
        done: Sequence[Visit | None] = [None] * len(taken)
        failure: Exception | None = None
        if len(taken) > 1:
            try:
                done = await record_together(self.engine, [visit for visit, _ in taken], self.terms)
            except Exception as error:
                # the page that is to blame is found by recording each by itself, where there is a ledger
                failure = error if is_away(error) or isinstance(error, PoolTimeout) else None
        for (_, recorded), visit in zip(taken, done, strict=True):
            if recorded.cancelled():
                continue
            if failure is not None:
                recorded.set_exception(failure)
            else:
                recorded.set_result(visit)


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


def moved(before: Import, to: "Position", *, outcome: str = "", skipped: str = "") -> Import:
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
    to: "Position",
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
            pipeline = Pipeline(connection)
            done = await _RECORDERS[Purpose(at.purpose)](pipeline, visit, story_days)
            await pipeline.send()
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


async def record_pages(
    engine: AsyncEngine,
    at: Import,
    now: Import,
    pages: "Sequence[tuple[Position, Visit | str]]",
    story_days: int,
    pool: Pool,
) -> tuple[Import, Import]:
    """Record imported pages as `record_page` does one, in one transaction, or one by one where that fails.

    `pages` are in the file's order; in place of one that was skipped stands the reason. Returns the import as the
    ledger has it then, and with what was skipped since.
    """
    if len(pages) > 1 and Purpose(at.purpose) is Purpose.IMPORT:
        try:
            at = await in_transaction(engine, lambda connection: _together(connection, at, now, pages, story_days))
            return at, at
        except CrawlInterrupted:
            raise
        except Exception as error:
            # the page that is to blame is found by recording each by itself, where there is a ledger
            if is_away(error) or isinstance(error, PoolTimeout):
                raise
    for to, visit in pages:
        if isinstance(visit, str):
            now = moved(now, to, skipped=visit)
        else:
            at = now = await record_page(engine, at, now, to, visit, story_days, pool)
    return at, now


async def _together(
    connection: AsyncConnection,
    at: Import,
    now: Import,
    pages: "Sequence[tuple[Position, Visit | str]]",
    story_days: int,
) -> Import:
    imported_at = clock.now()
    visits = [replace(visit, imported_at=imported_at) for _, visit in pages if not isinstance(visit, str)]
    beside = [visit for visit, alone in zip(visits, independent(visits), strict=True) if alone]

    def work(visit: Visit) -> Callable[[Pipeline], Awaitable[Visit]]:
        return lambda lane: _import(lane, visit, story_days)

    pipeline = Pipeline(connection)
    recorded = await in_lockstep(pipeline, keys_of(visits), [work(visit) for visit in beside])
    done = dict(zip(map(id, beside), recorded, strict=True))
    coming = iter(visits)
    for to, skipped in pages:
        if isinstance(skipped, str):
            now = moved(now, to, skipped=skipped)
            continue
        visit = next(coming)
        # what has to do with another page finds it written
        of_page = done.get(id(visit)) or await _import(pipeline, visit, story_days)
        now = moved(now, to, outcome=of_page.outcome or "")
    await pipeline.send()
    await move(connection, at, now)
    return now


async def _import(pipeline: Pipeline, visit: Visit, story_days: int) -> Visit:
    if visit.article is not None:
        visit = await store_article(pipeline, visit, story_days)
    note_imported(pipeline, visit)
    return visit


async def _reprocess(pipeline: Pipeline, visit: Visit, story_days: int) -> Visit:
    """A page that was fetched once was attempted once: only what it gives now is new."""
    if visit.article is None:
        return visit
    visit = await reprocess_archived(pipeline.connection, visit, story_days)
    link_pages(pipeline, visit)
    return visit


_RECORDERS = {Purpose.IMPORT: _import, Purpose.REPROCESS: _reprocess}
