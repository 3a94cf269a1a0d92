"""The jobs, on Procrastinate: what is asked for, in which order, by whichever worker, one at a time a site."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job
from scrapy.settings import Settings
from sqlalchemy.ext.asyncio import AsyncConnection

from crawler.catalogue import Catalogue
from crawler.slices import crawl_slice
from ledger.attempts import takes_too_much
from ledger.faults import DATABASE_ERRORS, in_transaction, reason_of
from ledger.job_queue import Orphan, unfinished_jobs
from ledger.pages import count_due, want
from ledger.recrawl_requests import Recrawl, ask, open_one
from ledger.sites import not_before
from news.backoff import Backoff
from news.clock import now
from news.errors import BroadsheetError, CrawlInterrupted, UnknownOutlet
from news.log import Log
from news.outlet import Outlet
from news.url import normal, site_of
from pipelines.runtime import Runtime
from schedules.worker_liveness import someone_works

log = Log()

#: the queue of every worker; the demo's outlets exist in its own process alone and have a queue of their own
QUEUE = "crawls"
#: a crawl hands over to its next slice after about this, so that a person's recrawl of the site need not wait longer
SLICE_SECONDS = 30.0
#: between two slices of an outlet most of whose pages take too much of their reader: others have its place meanwhile
SLOWED = timedelta(minutes=5)
#: what a person waits for goes before what the timetable asked for
BY_TIMETABLE, BY_PERSON = 0, 10
#: a job that fails is tried again after a minute, then after two, four ... and after so many times no more
AFTER_FAILURE = Backoff(first_seconds=60.0, jitter=(1.0, 1.25))
MOST_FAILURES = 7
#: between two tries to put a job's successor into the queue, while the database is away
WHILE_AWAY = Backoff(first_seconds=1.0, most_seconds=30.0)
#: a person waits for a recrawl that a site's pause holds up for so long
PATIENCE_SECONDS = 30


#: what the database or the queue in it may raise
QUEUE_ERRORS = (*DATABASE_ERRORS, ConnectorException)


@dataclass(frozen=True, kw_only=True)
class Jobs:
    """The job queue, opened: ask for work, and see how it goes."""

    app: procrastinate.App
    runtime: Runtime
    catalogue: Catalogue
    queue: str
    #: Scrapy's
    settings: Settings

    async def outlet(self, slug: str) -> Outlet:
        """Return the outlet of this name, even if its file was written a moment ago. Raises UnknownOutlet."""
        try:
            return self.catalogue.outlet(slug)
        except UnknownOutlet:
            await self.reread_catalogue()
            return self.catalogue.outlet(slug)

    async def reread_catalogue(self) -> None:
        """Take in the outlets' files that were written since."""
        await asyncio.to_thread(self.catalogue.reread)

    async def crawl(self, outlet: Outlet, *, priority: int = BY_TIMETABLE, sources: bool = True) -> None:
        """Ask for a crawl of `outlet`: its sources, unless they are not wanted, and what is due.

        If one is waiting already, that is the one.
        """
        await self.defer("crawl", outlet, _name(outlet, sources), priority, {"outlet": outlet.slug, "sources": sources})

    async def read(self, outlet: Outlet, sources: list[str]) -> bool:
        """Ask for these sources of `outlet` to be read, and what is due fetched; return False if it joins another."""
        arguments = {"outlet": outlet.slug, "sources": sources}
        return await self.defer("crawl", outlet, _name(outlet, sources), BY_TIMETABLE, arguments)

    async def recrawl(self, outlet: Outlet, url: str, *, force: bool = False) -> tuple[Recrawl, bool]:
        """Ask for one address of `outlet` to be fetched now, before everything else of its site.

        Returns the recrawl, and whether it is one that had been asked for before and has not ended.
        """
        address = normal(url)

        async def written(connection: AsyncConnection) -> tuple[Recrawl, bool]:
            # the page first, as whoever records its visit locks it before the recrawl that the visit answers
            await want(connection, outlet.slug, address, force=force)
            return await ask(connection, outlet.slug, address, force=force)

        asked, joined = await in_transaction(self.runtime.engine, written)
        arguments = {"outlet": outlet.slug, "url": address, "recrawl_id": str(asked.id)}
        await self.defer("recrawl", outlet, _recrawl_name(address), BY_PERSON, arguments)
        return asked, joined

    async def has_recrawl(self, url: str) -> bool:
        """Return whether a job that recrawls this address waits or runs, however long it may have to wait."""
        async with self.runtime.engine.connect() as connection:
            return await unfinished_jobs(connection, [f"{self.queue}:{_recrawl_name(normal(url))}"]) > 0

    async def again(self, task: str, outlet: Outlet, priority: int, at: datetime | None, **arguments: Any) -> None:
        """Ask for `task` once more, from `at` on: the rest of a crawl, or one that was interrupted or failed."""
        name = _recrawl_name(arguments["url"]) if task == "recrawl" else _name(outlet, arguments["sources"])
        await self.defer(task, outlet, name, priority, {"outlet": outlet.slug} | arguments, at)

    async def defer(
        self,
        task: str,
        outlet: Outlet,
        name: str,
        priority: int,
        arguments: dict[str, Any],
        at: datetime | None = None,
    ) -> bool:
        """Put a job into the queue, and return False if one of its name waits there, which is then the one."""
        deferrer = self.app.configure_task(
            task,
            queue=self.queue,
            lock=f"site:{site_of(outlet.home)}",
            queueing_lock=f"{self.queue}:{name}",
            priority=priority,
            schedule_at=at,
        )
        try:
            await deferrer.defer_async(**arguments)
        except AlreadyEnqueued:
            return False
        return True

    async def unfinished(self, outlets: Collection[Outlet], urls: Collection[str] = ()) -> int:
        """Return how many jobs of these outlets, or recrawls of these addresses, wait or run.

        What a site's pause holds up for longer than a person waits is not counted.
        """
        crawls = [f"{self.queue}:{what}:{outlet.slug}" for outlet in outlets for what in _CRAWLS]
        recrawls = [f"{self.queue}:{_recrawl_name(normal(url))}" for url in urls]
        async with self.runtime.engine.connect() as connection:
            return await unfinished_jobs(connection, crawls + recrawls, due_within_seconds=PATIENCE_SECONDS)

    async def someone_works(self) -> bool:
        """Return whether a worker of this queue lives, here or on another machine."""
        async with self.runtime.engine.connect() as connection:
            return await someone_works(connection, self.queue)

    async def defer_again(self, job: Job | Orphan, arguments: dict[str, Any], at: datetime | None = None) -> None:
        """Put a new job in the place of one that stands in the queue.

        A new one: if its like waits already, the queue would refuse the old one for ever.
        """
        deferrer = self.app.configure_task(
            job.task_name,
            queue=job.queue,
            lock=job.lock,
            queueing_lock=job.queueing_lock,
            priority=job.priority,
            schedule_at=at,
        )
        with contextlib.suppress(AlreadyEnqueued):
            await deferrer.defer_async(**arguments)


@asynccontextmanager
async def open_jobs(
    runtime: Runtime, catalogue: Catalogue, settings: Settings, *, queue: str = QUEUE
) -> AsyncIterator[Jobs]:
    """Open the job queue in the runtime's database. Nothing is worked off until `schedules.work.work`."""
    address = runtime.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connector = procrastinate.PsycopgConnector(conninfo=address, min_size=1, max_size=4)
    app = procrastinate.App(connector=connector)
    jobs = Jobs(app=app, runtime=runtime, catalogue=catalogue, queue=queue, settings=settings)
    _define_tasks(jobs, settings)
    async with app.open_async():
        yield jobs


def _define_tasks(jobs: Jobs, settings: Settings) -> None:
    """Define what each job does, with what this process has opened."""

    @jobs.app.task(name="crawl", pass_context=True)
    async def crawl(
        context: procrastinate.JobContext, outlet: str, sources: bool | list[str], failures: int = 0
    ) -> None:
        found = await jobs.outlet(outlet)
        again = partial(jobs.again, "crawl", found, context.job.priority)
        try:
            await crawl_slice(settings, found, sources=sources, seconds=SLICE_SECONDS)
            async with jobs.runtime.engine.connect() as connection:
                left = await count_due(connection, outlet)
                until = await not_before(connection, site_of(found.home))
                if await takes_too_much(connection, outlet):
                    until = max(now() + SLOWED, until or now())
        except (asyncio.CancelledError, CrawlInterrupted):
            await again(None, sources=sources, failures=failures)
            return
        except Exception as error:
            if failures >= MOST_FAILURES:
                raise
            at = next_try("crawl", error, failures)
            await insist(lambda: again(at, sources=sources, failures=failures + 1))
            return
        if left:
            await insist(lambda: again(until, sources=False))

    @jobs.app.task(name="recrawl", pass_context=True)
    async def recrawl(
        context: procrastinate.JobContext, outlet: str, url: str, recrawl_id: str | None = None, failures: int = 0
    ) -> None:
        found = await jobs.outlet(outlet)
        again = partial(jobs.again, "recrawl", found, context.job.priority)
        try:
            async with jobs.runtime.engine.begin() as connection:
                # its own may have been answered by a crawl that came first, and another be asked for since
                asked = await open_one(connection, url)
                if asked is None:
                    log.info("recrawl_answered", recrawl=recrawl_id, url=url)
                    return
                # a crawl that fetched the page while it was asked for has made it due later since
                await want(connection, outlet, url, force=asked.force)
            recrawl_id = str(asked.id)
            await crawl_slice(settings, found, sources=False, seconds=SLICE_SECONDS, only=[url])
            async with jobs.runtime.engine.connect() as connection:
                until = await not_before(connection, site_of(found.home))
                unanswered = until is not None and await open_one(connection, url) is not None
        except (asyncio.CancelledError, CrawlInterrupted):
            await again(None, url=url, recrawl_id=recrawl_id, failures=failures)
            return
        except Exception as error:
            if failures >= MOST_FAILURES:
                raise
            at = next_try("recrawl", error, failures)
            await insist(lambda: again(at, url=url, recrawl_id=recrawl_id, failures=failures + 1))
            return
        if unanswered:
            # the site asks to be left alone: until then, and no longer
            await insist(lambda: again(until, url=url, recrawl_id=recrawl_id, failures=failures))


#: a crawl of all sources, of some, and of what is due alone each wait for themselves
_CRAWLS = ("crawl", "sources", "rest")


def _recrawl_name(address: str) -> str:
    """Return what two recrawls of one address have in common: one job is enough."""
    return f"recrawl:{address}"


def _name(outlet: Outlet, sources: bool | list[str]) -> str:
    """Return what two jobs have in common of which one is enough."""
    if isinstance(sources, list):
        return f"sources:{outlet.slug}"
    return f"crawl:{outlet.slug}" if sources else f"rest:{outlet.slug}"


async def insist(put: Callable[[], Awaitable[object]]) -> None:
    """Put a job's successor into the queue, however long the database is away: without it the work would be lost.

    The job stays in the queue meanwhile; if its worker is ended, another one takes it back.
    """
    for failures in count(1):
        try:
            await put()
        except QUEUE_ERRORS as error:
            pause_seconds = WHILE_AWAY.pause_seconds(failures)
            log.warning("job_waits_for_database", reason=reason_of(error), again_after_seconds=pause_seconds)
        else:
            return
        await asyncio.sleep(pause_seconds)


def next_try(task: str, error: Exception, failures: int) -> datetime:
    """Return when a job that failed is tried again, and log it; the queue counts as failed what is not."""
    at = after(failures)
    if not isinstance(error, BroadsheetError):  # those were told of where they happened
        known = isinstance(error, QUEUE_ERRORS)
        reason, trace = reason_of(error), None if known else error
        log.warning("job_tried_again", task=task, at=at.isoformat(), reason=reason, exc_info=trace)
    return at


def after(failures: int) -> datetime:
    """Return when a job that has failed once more, and so often before, is tried again."""
    return now() + timedelta(seconds=AFTER_FAILURE.pause_seconds(failures + 1))
