"""Reprocessing as jobs: asked for, worked off part by part over all workers, followed to its end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from procrastinate.exceptions import AlreadyEnqueued

from ledger.faults import reason_of
from ledger.job_queue import make_due, unfinished_jobs
from ledger.outbox import backlog
from ledger.reprocess_progress import Reprocessing, Steps, begin, reprocessing_of, stop
from news.errors import CrawlInterrupted
from news.log import Log
from pipelines.pool import there
from schedules.crawl_progress import Looks
from schedules.import_jobs import LANES, PRIORITY
from schedules.import_slice import outlet_or_site
from schedules.inline_worker import inline_worker
from schedules.jobs import MOST_FAILURES, QUEUE_ERRORS, SLICE_SECONDS, Jobs, after, insist
from schedules.reprocess_slice import Slice, slice_of

log = Log()


@dataclass(frozen=True, kw_only=True)
class ReprocessProgress:
    """How far a reprocessing is, its jobs that are left, and the documents pending for the index."""

    asked: Reprocessing
    unfinished: int
    pending: int


def release_hash() -> bytes:
    """Return the hash of reader and enrichment, which it imports."""
    return cast(bytes, there("pipelines.digest:release_hash"))


async def ask_reprocessing(
    jobs: Jobs, outlet: str | None, since: datetime | None, steps: Steps, *, dry_run: bool
) -> tuple[Reprocessing, bool]:
    """Ask for articles to be read again; return the reprocessing, and whether it is one that goes on.

    `outlet` None means all outlets. Raises UnknownOutlet.
    """
    if outlet is not None:
        await outlet_or_site(jobs, outlet)
    read_with = await asyncio.to_thread(release_hash)
    async with jobs.runtime.engine.begin() as connection:
        asked, goes_on = await begin(connection, outlet, since, steps, dry_run=dry_run, read_with=read_with)
    for part in asked.parts:
        if part.ended_at is None:
            await _defer(jobs, asked.id, part.part)
    async with jobs.runtime.engine.begin() as connection:
        # a retry that waits for its time need not wait any longer: whoever asks has mended something
        await make_due(connection, _name(jobs, asked.id), with_parts=True)
    return asked, goes_on


def _name(jobs: Jobs, reprocessing_id: int) -> str:
    return f"{jobs.queue}:reprocess:{reprocessing_id}"


async def _defer(jobs: Jobs, reprocessing_id: int, part: int, failures: int = 0) -> None:
    deferrer = jobs.app.configure_task(
        "reprocess",
        queue=jobs.queue,
        lock=f"reprocess:{part % LANES}",
        queueing_lock=f"{_name(jobs, reprocessing_id)}:{part}",
        priority=PRIORITY,
        schedule_at=after(failures - 1) if failures else None,
    )
    with contextlib.suppress(AlreadyEnqueued):
        await deferrer.defer_async(reprocessing_id=reprocessing_id, part=part, failures=failures)


def define_reprocessing(jobs: Jobs) -> None:
    """Define what the job does, with what this process has opened."""

    @jobs.app.task(name="reprocess")
    async def reprocess(reprocessing_id: int, part: int, failures: int = 0) -> None:
        ours: Slice | None = None
        try:
            ours = await slice_of(jobs, reprocessing_id, part)
            is_done = await ours.work(SLICE_SECONDS)
        except (asyncio.CancelledError, CrawlInterrupted):
            await _defer(jobs, reprocessing_id, part, failures)
            return
        except Exception as error:
            of_database = isinstance(error, QUEUE_ERRORS)
            reason = reason_of(error) if of_database else f"{type(error).__name__}: see the log"
            await insist(lambda: _stop(jobs, ours, reason))
            if failures < MOST_FAILURES:
                await insist(lambda: _defer(jobs, reprocessing_id, part, failures + 1))
                if of_database:
                    log.warning("job_tried_again", task="reprocess", reason=reason)
                    return
            raise
        if not is_done:
            await insist(lambda: _defer(jobs, reprocessing_id, part))


async def _stop(jobs: Jobs, ours: Slice | None, reason: str) -> None:
    """Write why the part does not go on, if it was come by at all."""
    if ours is not None:
        async with jobs.runtime.engine.begin() as connection:
            await stop(connection, ours.part, reason)


async def follow_reprocessing(jobs: Jobs, asked: Reprocessing) -> AsyncIterator[ReprocessProgress]:
    """Yield how far it is, until its jobs have ended and the index has what changed, as far as it takes it.

    If no worker lives, this process does the work.
    """
    looks = Looks()
    async with inline_worker(jobs) as ours:
        while True:
            await ours.work_if_nobody_does()
            going = await look(jobs, asked.id)
            yield going
            ours.check()
            if not await looks.again(unfinished=going.unfinished, pending=going.pending):
                return


async def look(jobs: Jobs, reprocessing_id: int) -> ReprocessProgress:
    """Return how far a reprocessing is."""
    async with jobs.runtime.engine.connect() as connection:
        # a retry that waits for its time is not waited for
        name = _name(jobs, reprocessing_id)
        unfinished = await unfinished_jobs(connection, [name], with_parts=True, due_within_seconds=0)
        asked = await reprocessing_of(connection, reprocessing_id)
        pending = 0 if asked.dry_run else (await backlog(connection)).pending
    return ReprocessProgress(asked=asked, unfinished=unfinished, pending=pending)
