"""The timetable: APScheduler tells the time, a job in the queue does the work."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ledger.locks import Lock
from ledger.outlets import OutletState, states
from news.outlet import Outlet
from schedules.jobs import Jobs

log = structlog.get_logger()

#: how often an outlet's sources are read
INTERVAL = timedelta(minutes=15)
#: how often outlets that were enabled, added or taken away meanwhile are looked for
REREAD = timedelta(minutes=1)
#: seconds between two tries to take over
STANDBY_SECONDS = 10.0


def next_crawl(outlet: Outlet, state: OutletState | None, now: datetime) -> datetime:
    """Return when an outlet is crawled next: INTERVAL after the last time; at once if that is past, or it never was."""
    if state is None or state.crawled_at is None:
        return now
    return max(now, state.crawled_at + INTERVAL)


def enabled(outlets: Iterable[Outlet], known: dict[str, OutletState]) -> list[Outlet]:
    """Return the outlets that are crawled on schedule: the user's decision, else what their file says."""
    chosen = []
    for outlet in outlets:
        state = known.get(outlet.slug)
        decided = state.enabled if state else None
        if outlet.enabled if decided is None else decided:
            chosen.append(outlet)
    return chosen


async def keep_timetable(jobs: Jobs) -> None:
    """Ask for crawls when they are due, for as long as the task lives.

    Of several daemons one keeps the timetable, by a lock in the database that ends with its connection; the others
    stand by. The timetable is made anew from the outlets and the ledger, so that what was due while no daemon ran is
    asked for once.
    """
    while True:
        try:
            async with jobs.desk.engine.connect() as connection:
                lock = text("SELECT pg_try_advisory_lock(:lock)")
                ours = (await connection.execute(lock, {"lock": Lock.TIMETABLE})).scalar_one()
                await connection.commit()
                if ours:
                    scheduler = AsyncIOScheduler(timezone=UTC)
                    scheduler.start()
                    try:
                        while True:
                            await _bring_up_to_date(scheduler, jobs)
                            await asyncio.sleep(REREAD.total_seconds())
                            await connection.execute(text("SELECT 1"))  # a lost connection has lost the lock
                            await connection.commit()
                    finally:
                        scheduler.shutdown(wait=False)
        except SQLAlchemyError as error:
            log.warning("timetable_waits", reason=type(error).__name__)
        await asyncio.sleep(STANDBY_SECONDS)


async def _bring_up_to_date(scheduler: AsyncIOScheduler, jobs: Jobs) -> None:
    async with jobs.desk.engine.connect() as connection:
        known = await states(connection)
    wanted = {outlet.slug: outlet for outlet in enabled(jobs.catalogue, known)}
    planned = {job.id for job in scheduler.get_jobs()}
    for slug in planned - wanted.keys():
        scheduler.remove_job(slug)
    now = datetime.now(UTC)
    for slug in sorted(wanted.keys() - planned):
        scheduler.add_job(
            jobs.crawl,
            IntervalTrigger(seconds=int(INTERVAL.total_seconds()), jitter=30, timezone=UTC),
            args=[wanted[slug]],
            id=slug,
            next_run_time=next_crawl(wanted[slug], known.get(slug), now),
            misfire_grace_time=None,  # late is better than never
            coalesce=True,  # however often it was missed, once is enough
        )
