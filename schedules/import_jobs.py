"""Imports as jobs: asked for, worked off beside the crawls and behind them, followed to their end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from procrastinate.exceptions import AlreadyEnqueued
from scrapy.settings import Settings

from crawler.slices import crawl_slice
from ledger.faults import reason_of
from ledger.import_progress import Import, fetched_of_list, import_of, outlets_of_list, stop
from ledger.job_queue import make_due, unfinished_jobs
from ledger.outbox import backlog
from ledger.pages import count_due
from ledger.sites import not_before
from news.errors import CrawlInterrupted
from news.log import Log
from news.outlet import Outlet
from news.url import site_of
from pipelines.importing.import_files import ImportKind
from pipelines.record import Purpose
from schedules.crawl_progress import Looks
from schedules.import_slice import begin_import, outlet_or_site, reader_of
from schedules.inline_worker import inline_worker
from schedules.jobs import MOST_FAILURES, QUEUE_ERRORS, SLICE_SECONDS, Jobs, after, insist, next_try

log = Log()

#: crawls, which are due at their time, go before what is years old
PRIORITY = -10
#: imports that are worked off at once, over all workers: half of one worker's places stay for crawls
LANES = 8


@dataclass(frozen=True, kw_only=True)
class ImportProgress:
    """How far imports are: each as the ledger has it, a list's addresses by outcome, jobs left, documents pending."""

    imports: list[Import]
    fetched: dict[str, int]
    unfinished: int
    pending: int


async def ask_import(jobs: Jobs, path: Path, purpose: Purpose = Purpose.IMPORT, *, anew: bool = False) -> Import:
    """Ask for a file to be read, and return its import. One that waits or runs already is that one."""
    begun = await begin_import(jobs.runtime, path, purpose, anew=anew)
    await _defer(jobs, begun.id)
    async with jobs.runtime.engine.begin() as connection:
        # a retry that waits for its time need not wait any longer: whoever asks has mended something
        await make_due(connection, f"{jobs.queue}:import:{begun.id}")
    return begun


async def _defer(jobs: Jobs, import_id: int, failures: int = 0) -> None:
    deferrer = jobs.app.configure_task(
        "import",
        queue=jobs.queue,
        lock=f"import:{import_id % LANES}",
        queueing_lock=f"{jobs.queue}:import:{import_id}",
        priority=PRIORITY,
        schedule_at=after(failures - 1) if failures else None,
    )
    with contextlib.suppress(AlreadyEnqueued):
        await deferrer.defer_async(import_id=import_id, failures=failures)


async def _defer_fetch(
    jobs: Jobs, import_id: int, outlet: Outlet, at: datetime | None = None, failures: int = 0
) -> None:
    arguments = {"import_id": import_id, "outlet": outlet.slug, "failures": failures}
    await jobs.defer("fetch_listed", outlet, f"import:{import_id}:{outlet.slug}", PRIORITY, arguments, at)


def define_imports(jobs: Jobs, settings: Settings) -> None:
    """Define what the jobs of imports do, with what this process has opened."""

    @jobs.app.task(name="import")
    async def import_(import_id: int, failures: int = 0) -> None:
        try:
            reader = await reader_of(jobs, import_id)
            is_read = reader.written.ended_at is not None or await reader.read(SLICE_SECONDS)
            if is_read and reader.written.kind == ImportKind.ADDRESSES:
                # before the end is noted: a worker that dies in between asks again
                for outlet in await _listed(jobs, import_id):
                    await _defer_fetch(jobs, import_id, outlet)
            if is_read and reader.written.ended_at is None:
                await reader.end()
        except (asyncio.CancelledError, CrawlInterrupted):
            await _defer(jobs, import_id, failures)
            return
        except OSError as error:
            await _stop(jobs, import_id, f"no worker could read the file: {error.strerror or error}", failures)
            return
        except Exception as error:
            reason = reason_of(error)
            await insist(lambda: _stop(jobs, import_id, reason, failures))
            if isinstance(error, QUEUE_ERRORS) and failures < MOST_FAILURES:
                log.warning("job_tried_again", task="import", reason=reason)
                return
            raise
        if not is_read:
            await insist(lambda: _defer(jobs, import_id))

    @jobs.app.task(name="fetch_listed")
    async def fetch_listed(import_id: int, outlet: str, failures: int = 0) -> None:
        found = await outlet_or_site(jobs, outlet)
        try:
            await crawl_slice(settings, found, sources=False, seconds=SLICE_SECONDS)
            async with jobs.runtime.engine.connect() as connection:
                left = await count_due(connection, outlet)
                until = await not_before(connection, site_of(found.home))
        except (asyncio.CancelledError, CrawlInterrupted):
            await _defer_fetch(jobs, import_id, found, failures=failures)
            return
        except Exception as error:
            if failures >= MOST_FAILURES:
                raise
            at = next_try("fetch_listed", error, failures)
            await insist(lambda: _defer_fetch(jobs, import_id, found, at, failures + 1))
            return
        if left:
            await insist(lambda: _defer_fetch(jobs, import_id, found, until))


async def _stop(jobs: Jobs, import_id: int, error: str, failures: int) -> None:
    """Write why the import does not go on, and try again later: another worker may have the file."""
    async with jobs.runtime.engine.begin() as connection:
        await stop(connection, import_id, error)
    if failures < MOST_FAILURES:
        await _defer(jobs, import_id, failures + 1)


async def _listed(jobs: Jobs, import_id: int) -> list[Outlet]:
    async with jobs.runtime.engine.connect() as connection:
        slugs = await outlets_of_list(connection, import_id)
    return [await outlet_or_site(jobs, slug) for slug in slugs]


async def follow_imports(jobs: Jobs, ids: Sequence[int]) -> AsyncIterator[ImportProgress]:
    """Yield how far imports are, until their jobs have ended and the index has what they brought, if it takes it.

    If no worker lives, this process works them off.
    """
    looks = Looks()
    async with inline_worker(jobs) as ours:
        while True:
            await ours.work_if_nobody_does()
            going = await look(jobs, ids)
            yield going
            ours.check()
            if not await looks.again(unfinished=going.unfinished, pending=going.pending):
                return


async def look(jobs: Jobs, ids: Collection[int]) -> ImportProgress:
    """Return how far these imports are."""
    async with jobs.runtime.engine.connect() as connection:
        imports = [await import_of(connection, each) for each in ids]
        fetched: dict[str, int] = {}
        for each in imports:
            if each.kind == ImportKind.ADDRESSES:
                for outcome, times in (await fetched_of_list(connection, each.id)).items():
                    fetched[outcome] = fetched.get(outcome, 0) + times
        pending = (await backlog(connection)).pending
        names = [f"{jobs.queue}:import:{each}" for each in ids]
        # a retry that waits for its time is not waited for
        unfinished = await unfinished_jobs(connection, names, with_parts=True, due_within_seconds=0)
    return ImportProgress(imports=imports, fetched=fetched, unfinished=unfinished, pending=pending)
