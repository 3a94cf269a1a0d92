"""A worker: it works off the queue's jobs for as long as it lives, and takes over those of workers that died."""

import asyncio
from typing import Any

import procrastinate
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.middleware import AsyncCallNext
from procrastinate.worker import Worker
from sqlalchemy.exc import SQLAlchemyError

from crawler.download import MAY_SEND
from ledger.faults import reason_of
from ledger.job_queue import Orphan, orphans
from ledger.sites import note_request
from news.clock import now
from news.errors import UnknownOutlet
from news.log import Log
from schedules.cancellation import end_all
from schedules.jobs import MOST_FAILURES, Jobs, after
from schedules.worker_liveness import WorkerLocks, worker_locks

log = Log()

#: crawls that one process runs at once; each waits most of the time, for its site's delay
CONCURRENCY = 16
#: a slice takes half a minute, the reading of many sources minutes; what takes longer hangs, and holds up its site
JOB_SECONDS = 1_800.0
#: seconds between two looks at the outlets' files
CATALOGUE_SECONDS = 10.0
#: seconds between two looks for jobs whose worker has died; a worker that lost its locks sends nothing any more
#: when they are over (schedules.worker_liveness.CERTAIN_SECONDS)
REAP_SECONDS = 5.0


async def work(jobs: Jobs, concurrency: int) -> None:
    """Work until cancelled: crawls that run are stopped then, and their jobs go back to the queue.

    A worker that loses its connection to the database, and with it the sign that it lives, stops what it does and
    begins anew: another may have taken over its jobs.
    """
    while True:
        try:
            async with worker_locks(jobs.runtime.engine, jobs.queue) as locks:
                await _work_while(jobs, locks, concurrency)
        except (SQLAlchemyError, ConnectorException) as error:
            log.warning("worker_waits", reason=reason_of(error))
        await asyncio.sleep(REAP_SECONDS)


async def _work_while(jobs: Jobs, locks: WorkerLocks, concurrency: int) -> None:
    async def locked(call: AsyncCallNext, context: procrastinate.JobContext, worker: Worker) -> Any:
        with locks.job():
            if worker.worker_id is not None:
                await locks.is_worker(worker.worker_id)
            return await limited(call, context)

    async def limited(call: AsyncCallNext, context: procrastinate.JobContext) -> Any:
        MAY_SEND.set(locks.is_certain)  # for this job, whose task has a context of its own
        limit = asyncio.timeout(JOB_SECONDS)
        try:
            # a job that takes longer is cancelled, and goes back into the queue as it does when its worker ends
            async with limit:
                return await call()
        except UnknownOutlet as error:
            await _leave_to_others(jobs, context.job, error)
        finally:
            if limit.expired():
                log.warning("job_took_too_long", job=context.job.id, task=context.job.task_name, seconds=JOB_SECONDS)

    worker = jobs.app.run_worker_async(
        queues=[jobs.queue],
        concurrency=concurrency,
        fetch_job_polling_interval=5.0,  # for what was put off until a time; of all else PostgreSQL sends word
        shutdown_graceful_timeout=0.0,  # a crawl is cancelled, which ends it cleanly
        install_signal_handlers=False,
        delete_jobs="successful",  # their result is in the ledger
        worker_middleware=[locked],
    )
    tasks = [asyncio.ensure_future(each) for each in (worker, locks.watch(), _reap(jobs), _keep_catalogue(jobs))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end_all(tasks)
    for task in done:
        task.result()


async def _leave_to_others(jobs: Jobs, job: Job, error: UnknownOutlet) -> None:
    """Put a job back whose outlet has no file here: another machine may have it."""
    failures = job.task_kwargs.get("failures", 0)
    assert isinstance(failures, int), "every task counts them so"
    log.warning("outlet_has_no_file_here", reason=str(error), tries_left=MOST_FAILURES - failures)
    if failures < MOST_FAILURES:
        await jobs.defer_again(job, job.task_kwargs | {"failures": failures + 1}, after(failures))


async def _keep_catalogue(jobs: Jobs) -> None:
    while True:
        await asyncio.sleep(CATALOGUE_SECONDS)
        await jobs.reread_catalogue()


async def _reap(jobs: Jobs) -> None:
    """Put the jobs of dead workers into the queue again, for as long as this one lives.

    A worker is dead if it is so at two looks: when PostgreSQL is restarted all workers lose their locks at once,
    and each needs a moment to notice and to send nothing more before another may go on with its crawls.
    """
    suspected: set[int] = set()
    while True:
        try:
            async with jobs.runtime.engine.connect() as connection:
                found = await orphans(connection)
            for orphan in found:
                if orphan.id in suspected:
                    await _take_back(jobs, orphan)
            suspected = {orphan.id for orphan in found}
        except (ConnectorException, SQLAlchemyError) as error:
            # another reaper was faster, or the database is away; both mend themselves
            log.info("reaper_waits", reason=reason_of(error))
        await asyncio.sleep(REAP_SECONDS)


async def _take_back(jobs: Jobs, orphan: Orphan) -> None:
    log.warning("job_taken_back", job=orphan.id, task=orphan.task_name)
    if orphan.lock and orphan.lock.startswith("site:"):
        # the dead worker may have sent a request a moment ago of which nobody knows
        async with jobs.runtime.engine.begin() as connection:
            await note_request(connection, orphan.lock.removeprefix("site:"), now())
    await jobs.defer_again(orphan, orphan.arguments)
    await jobs.app.job_manager.finish_job_by_id_async(orphan.id, status=Status.ABORTED, delete_job=True)
