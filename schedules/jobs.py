"""The jobs, on Procrastinate: what is asked for, in which order, by whichever worker, one at a time a site."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import procrastinate
import structlog
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job
from procrastinate.middleware import AsyncCallNext
from procrastinate.worker import Worker
from scrapy.settings import Settings
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from crawler.catalogue import Catalogue
from crawler.slices import crawl_slice
from ledger.pages import count_due, want
from ledger.sites import not_before
from news.errors import CrawlInterrupted, UnknownOutlet
from news.outlet import Outlet
from news.url import normal, site_of
from pipelines.desk import Desk
from schedules.alive import alive, orphaned_jobs, someone_works

log = structlog.get_logger()

#: the queue of every worker; the demo's outlets exist in its own process alone and have a queue of their own
QUEUE = "crawls"
#: a crawl hands over to its next slice after about this, so that a person's recrawl of the site need not wait longer
SLICE_SECONDS = 30.0
#: what a person waits for goes before what the timetable asked for
BY_TIMETABLE, BY_PERSON = 0, 10
#: a job that fails is tried again after a minute, then after two, four ...
ATTEMPTS = 8
#: seconds between two looks for jobs whose worker has died
REAP_SECONDS = 5.0


class Again(procrastinate.BaseRetryStrategy):
    """When a job that raised runs again: at once if it was interrupted, else later each time, and at last never."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> procrastinate.RetryDecision | None:
        """Return when, or None to give the job up."""
        if isinstance(exception, CrawlInterrupted):
            return procrastinate.RetryDecision(retry_in={"seconds": 0})
        if job.attempts >= ATTEMPTS or isinstance(exception, UnknownOutlet):
            return None
        return procrastinate.RetryDecision(retry_in={"minutes": 2**job.attempts})


@dataclass(frozen=True, kw_only=True)
class Jobs:
    """The job queue, opened: ask for work, and see how it goes."""

    app: procrastinate.App
    desk: Desk
    catalogue: Catalogue
    queue: str

    async def crawl(self, outlet: Outlet, *, priority: int = BY_TIMETABLE, sources: bool = True) -> None:
        """Ask for a crawl of `outlet`. If one is waiting already, that is the one."""
        await self._defer(
            "crawl", outlet, f"crawl:{outlet.slug}", priority, {"outlet": outlet.slug, "sources": sources}
        )

    async def recrawl(self, outlet: Outlet, url: str, *, force: bool = False) -> None:
        """Ask for one address of `outlet` to be fetched now, before everything else of its site."""
        address = normal(url)
        async with self.desk.engine.begin() as connection:
            await want(connection, outlet.slug, address, force=force)
        await self._defer("recrawl", outlet, f"recrawl:{address}", BY_PERSON, {"outlet": outlet.slug, "url": address})

    async def next_slice(self, outlet: Outlet, priority: int, at: datetime | None) -> None:
        """Ask for what a slice has left over, from `at` on."""
        arguments: dict[str, str | bool] = {"outlet": outlet.slug, "sources": False}
        await self._defer("crawl", outlet, f"crawl:{outlet.slug}", priority, arguments, at)

    async def _defer(
        self,
        task: str,
        outlet: Outlet,
        queueing_lock: str,
        priority: int,
        arguments: dict[str, str | bool],
        at: datetime | None = None,
    ) -> None:
        deferrer = self.app.configure_task(
            task,
            queue=self.queue,
            lock=f"site:{site_of(outlet.home)}",
            queueing_lock=f"{self.queue}:{queueing_lock}",
            priority=priority,
            schedule_at=at,
        )
        # one that waits already is joined
        with contextlib.suppress(AlreadyEnqueued):
            await deferrer.defer_async(**arguments)

    async def unfinished(self, outlets: Collection[Outlet], urls: Collection[str] = ()) -> int:
        """Return how many jobs of these outlets, or recrawls of these addresses, wait or run."""
        names = [f"{self.queue}:crawl:{outlet.slug}" for outlet in outlets]
        names += [f"{self.queue}:recrawl:{normal(url)}" for url in urls]
        query = text(
            "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queueing_lock = ANY(:names)"
        )
        async with self.desk.engine.connect() as connection:
            return int((await connection.execute(query, {"names": names})).scalar_one())

    async def someone_works(self) -> bool:
        """Return whether a worker of this queue lives, here or on another machine."""
        async with self.desk.engine.connect() as connection:
            return await someone_works(connection, self.queue)

    async def work(self, concurrency: int) -> None:
        """Work until cancelled: crawls that run are stopped then, and their jobs go back to the queue."""
        async with alive(self.desk.engine, self.queue) as told:

            async def tell(call: AsyncCallNext, _: procrastinate.JobContext, worker: Worker) -> Any:
                if worker.worker_id is not None:
                    await told.is_worker(worker.worker_id)
                return await call()

            reaper = asyncio.create_task(self._reap())
            try:
                await self.app.run_worker_async(
                    queues=[self.queue],
                    concurrency=concurrency,
                    fetch_job_polling_interval=2.0,
                    shutdown_graceful_timeout=0.0,  # a crawl is cancelled, which ends it cleanly
                    install_signal_handlers=False,
                    delete_jobs="successful",  # what came of them stands in the ledger
                    worker_middleware=[tell],
                )
            finally:
                reaper.cancel()

    async def _reap(self) -> None:
        """Give the jobs of dead workers back to the queue, for as long as this one lives."""
        while True:
            try:
                async with self.desk.engine.connect() as connection:
                    orphans = await orphaned_jobs(connection)
                for job_id in orphans:
                    log.warning("job_taken_back", job=job_id)
                    await self.app.job_manager.retry_job_by_id_async(job_id, retry_at=datetime.now(UTC))
            except (ConnectorException, SQLAlchemyError) as error:
                # another reaper was faster, or the database is away; both mend themselves
                log.info("reaper_waits", reason=type(error).__name__)
            await asyncio.sleep(REAP_SECONDS)


@asynccontextmanager
async def open_jobs(desk: Desk, catalogue: Catalogue, settings: Settings, *, queue: str = QUEUE) -> AsyncIterator[Jobs]:
    """Open the job queue in the desk's database. Nothing is worked off until `Jobs.work`."""
    address = desk.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connector = procrastinate.PsycopgConnector(conninfo=address, min_size=1, max_size=4)
    app = procrastinate.App(connector=connector)
    jobs = Jobs(app=app, desk=desk, catalogue=catalogue, queue=queue)
    _define_tasks(jobs, settings)
    async with app.open_async():
        yield jobs


def _define_tasks(jobs: Jobs, settings: Settings) -> None:
    """Define what each job does, with the rooms that this process has opened."""
    engine = jobs.desk.engine

    @jobs.app.task(name="crawl", retry=Again(), pass_context=True)
    async def crawl(context: procrastinate.JobContext, outlet: str, sources: bool) -> None:
        found = jobs.catalogue.outlet(outlet)
        try:
            await crawl_slice(settings, found, sources=sources, seconds=SLICE_SECONDS)
        except asyncio.CancelledError:
            raise CrawlInterrupted(f"The crawl of {outlet} was stopped.") from None
        async with engine.connect() as connection:
            left = await count_due(connection, outlet)
            until = await not_before(connection, site_of(found.home))
        if left:
            await jobs.next_slice(found, context.job.priority, until)

    @jobs.app.task(name="recrawl", retry=Again())
    async def recrawl(outlet: str, url: str) -> None:
        found = jobs.catalogue.outlet(outlet)
        try:
            await crawl_slice(settings, found, sources=False, seconds=SLICE_SECONDS, only=[url])
        except asyncio.CancelledError:
            raise CrawlInterrupted(f"The recrawl of {url} was stopped.") from None
