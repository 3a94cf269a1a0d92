"""The timetable: APScheduler tells the time, a job in the queue does the work."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from procrastinate.exceptions import ConnectorException
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from crawler.discovery import ROBOTS_SOURCES
from ledger.faults import in_transaction, reason_of
from ledger.locks import Lock, holding
from ledger.outlet_health import last_activity
from ledger.schedule_state import ScheduleState, known, note_asked
from ledger.source_rates import WEEKS, Counts, habits
from news.clock import now, offset, on_system_clock
from news.log import Log
from news.outlet import Outlet, Source, SourceKind
from schedules.cancellation import end_all
from schedules.health_checks import Activity, look_after
from schedules.jobs import QUEUE_ERRORS, Jobs
from schedules.plan import Habit, NextReading, after_quiet, learn, next_reading, zone_of

log = Log()

#: seconds between two looks at what was enabled, paused, read or found due meanwhile
REREAD_SECONDS = 10.0
#: seconds between two tries to take over
STANDBY_SECONDS = 5.0
#: the lock is lost by who says nothing for so long
SILENT_SECONDS = 60
#: sources of an outlet that are due within this are read in one crawl
TOGETHER = timedelta(seconds=20)
#: pages that are due for a visit are gathered for so long: a crawl for each would cost more than its request
VISITS_EVERY = timedelta(minutes=3)

#: outlets whose habits are asked of the ledger at a time
BATCH = 50

#: a clock that was set by more makes APScheduler come at the wrong time
MOST_DRIFT = timedelta(seconds=1)

OUTLETS = Gauge("broadsheet_timetable_outlets", "Outlets in the timetable of this process; 0 while it stands by.")
ASKED = Counter("broadsheet_timetable_asked", "Crawls that the timetable has asked for.", ["what"])


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What happens to an outlet next: its sources' readings, and the visit of pages that are due."""

    outlet: str
    readings: tuple[NextReading, ...]
    #: when pages are visited; None: no page is due, as things are
    visit_at: datetime | None

    @property
    def at(self) -> datetime | None:
        """When the next thing happens."""
        times = [each.at for each in self.readings if each.at] + ([self.visit_at] if self.visit_at else [])
        return min(times, default=None)

    @property
    def why(self) -> str:
        """Why then, or why never."""
        for each in self.readings:
            if each.at is not None and each.at == self.at:
                return f"{each.source}: {each.why}"
        return "pages are due" if self.visit_at else (self.readings[0].why if self.readings else "no sources")


def is_enabled(outlet: Outlet, state: ScheduleState | None) -> bool:
    """Say whether an outlet is crawled on schedule: the user's decision, else what its file says."""
    decided = state.enabled if state else None
    return outlet.enabled if decided is None else decided


def sources_of(outlet: Outlet) -> tuple[Source, ...]:
    """Return the outlet's sources; an outlet without a sitemap has those that its robots.txt names besides."""
    if any(source.kind is SourceKind.SITEMAP for source in outlet.sources):
        return outlet.sources
    return (*outlet.sources, Source(kind=SourceKind.SITEMAP, url=ROBOTS_SOURCES))


def plan(outlet: Outlet, state: ScheduleState, learned: dict[str, Habit], now: datetime) -> Plan:
    """Return what happens to `outlet` next; `learned` has a habit for each of its sources."""
    enabled = is_enabled(outlet, state)
    readings = tuple(
        next_reading(
            source.url,
            outlet.schedule.of(source.url),
            learned[source.url],
            state.last_at.get(source.url),
            now,
            outlet.timezone,
            enabled=enabled,
            paused=state.paused,
        )
        for source in sources_of(outlet)
    )
    visit_at = None
    if enabled and not state.paused and not outlet.schedule.paused and state.due_at:
        visit_at = after_quiet(max(now, state.due_at), outlet.schedule.quiet_hours, zone_of(outlet.timezone))
    return Plan(outlet=outlet.slug, readings=readings, visit_at=visit_at)


def learned_of(outlet: Outlet, state: ScheduleState, counted: Counts, now: datetime) -> dict[str, Habit]:
    """Return the habit of each source of `outlet`."""
    own = {source.url for source in outlet.sources}
    # results of sitemaps that robots.txt names, and of parts of indexes, count for the source that led there, which is
    # any that brings nothing itself
    beyond: dict[tuple[int, int], int] = {}
    for url, counts in counted.items():
        if url not in own:
            for hour, found in counts.items():
                beyond[hour] = beyond.get(hour, 0) + found
    longest = timedelta(weeks=WEEKS)
    learned = {}
    for source in sources_of(outlet):
        first_at = state.first_at.get(source.url) or min(state.first_at.values(), default=now)
        is_index = source.kind is SourceKind.SITEMAP and source.url not in counted
        counts = beyond if is_index else counted.get(source.url, {})
        # up to the last reading: what came since, nobody knows, and it is no reason to look later
        watched = state.last_at.get(source.url, first_at) - first_at
        learned[source.url] = learn(counts, min(watched, longest))
    return learned


async def plans(
    connection: AsyncConnection,
    outlets: Iterable[Outlet],
    now: datetime,
    states: dict[str, ScheduleState] | None = None,
) -> list[Plan]:
    """Return what happens to each outlet next; `states` is what is `known` of them, if that was asked for already."""
    wanted = list(outlets)
    states = states if states is not None else await known(connection, [outlet.slug for outlet in wanted])
    made = []
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        counted = await habits(connection, {outlet.slug: outlet.timezone or "UTC" for outlet in batch}, now)
        for outlet in batch:
            state = states.get(outlet.slug, ScheduleState())
            made.append(plan(outlet, state, learned_of(outlet, state, counted.get(outlet.slug, {}), now), now))
        await asyncio.sleep(0)  # crawls and readers have their turn
    return made


async def keep_timetable(jobs: Jobs) -> None:
    """Ask for crawls when they are due, for as long as the task lives.

    Of several daemons one keeps the timetable, by a lock in the database that ends with its connection; the others
    stand by. The timetable is made anew from the outlets and the ledger, so that what was due while no daemon ran is
    asked for once.
    """
    while True:
        try:
            async with holding(jobs.runtime.engine, Lock.TIMETABLE, SILENT_SECONDS) as connection:
                if connection is not None:
                    await _keep(jobs, connection)
        except (SQLAlchemyError, ConnectorException) as error:
            log.warning("timetable_waits", reason=reason_of(error))
        await asyncio.sleep(STANDBY_SECONDS)


async def _keep(jobs: Jobs, connection: AsyncConnection) -> None:
    log.info("timetable_running", outlets=len(jobs.catalogue))
    keeper = Keeper(jobs)
    keeper.scheduler.start()
    activity = Activity()
    rounds = asyncio.create_task(look_after(jobs, activity))
    try:
        while True:
            await keeper.look()
            await asyncio.wait([rounds], timeout=REREAD_SECONDS)
            if rounds.done():
                rounds.result()
            activity.seen = await last_activity(connection)  # a lost connection has lost the lock
            await connection.commit()
    finally:
        await end_all([rounds])
        keeper.scheduler.shutdown(wait=False)
        OUTLETS.set(0)


class Keeper:
    """The timetable of one process: a job of APScheduler's for each outlet, at the time of its next event."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.scheduler = AsyncIOScheduler(timezone=UTC)
        self._outlets: dict[str, Outlet] = {}
        #: what each plan was made of; the same makes the same plan
        self._made_of: dict[str, tuple[Outlet, ScheduleState]] = {}
        self._plans: dict[str, Plan] = {}
        self._visited_at: dict[str, datetime] = {}
        self._offset = offset()

    async def look(self) -> None:
        """Plan anew for the outlets of which something is known, or stands in their file, that was not before."""
        at = now()
        all_anew = self._clock_was_set()
        self._outlets = {outlet.slug: outlet for outlet in self.jobs.catalogue}
        async with self.jobs.runtime.engine.connect() as connection:
            states = await known(connection, self._outlets)
            changed = []
            wanted = {slug for slug, outlet in self._outlets.items() if is_enabled(outlet, states.get(slug))}
            for slug in sorted(wanted):
                outlet = self._outlets[slug]
                if all_anew or self._made_of.get(slug) != (outlet, states.get(slug, ScheduleState())):
                    changed.append(outlet)
            for slug in self._made_of.keys() - wanted:
                self._forget(slug)
            for made in await plans(connection, changed, at, states):
                self._set(made, self._outlets[made.outlet], states.get(made.outlet, ScheduleState()), at)
        OUTLETS.set(len(self._made_of))

    def _clock_was_set(self) -> bool:
        """Say whether this machine's clock was set since the last look: APScheduler is woken by it."""
        if abs(offset() - self._offset) <= MOST_DRIFT:
            return False
        self._offset = offset()
        self._visited_at.clear()
        return True

    def _forget(self, slug: str) -> None:
        """Take out an outlet that was disabled, or whose file is gone."""
        del self._made_of[slug]
        if self.scheduler.get_job(slug):
            self.scheduler.remove_job(slug)

    def _set(self, made: Plan, outlet: Outlet, state: ScheduleState, now: datetime) -> None:
        """Put an outlet's next event into the timetable."""
        if made.visit_at is not None:
            gathered = self._visited_at.get(made.outlet, now - VISITS_EVERY) + VISITS_EVERY
            made = replace(made, visit_at=max(made.visit_at, gathered))
        self._made_of[made.outlet] = (outlet, state)
        self._plans[made.outlet] = made
        if made.at is None:
            if self.scheduler.get_job(made.outlet):
                self.scheduler.remove_job(made.outlet)
            return
        self.scheduler.add_job(
            self._ask,
            DateTrigger(on_system_clock(made.at)),
            args=[made.outlet],
            id=made.outlet,
            replace_existing=True,
            misfire_grace_time=None,  # late is better than never
            coalesce=True,  # however often it was missed, once is enough
        )

    async def _ask(self, slug: str) -> None:
        """Ask for what is due; an error is said, and the next look plans it anew."""
        outlet = self._outlets.get(slug)
        if outlet is None:
            return  # its file was taken away a moment ago
        try:
            await self._ask_for(outlet, self._plans[slug], now())
        except QUEUE_ERRORS as error:
            self._made_of.pop(slug, None)
            log.warning("timetable_waits", outlet=slug, reason=reason_of(error))
        except asyncio.CancelledError:
            # the timetable ends; APScheduler, which ended us, would log it as an error with all that led to it
            return

    async def _ask_for(self, outlet: Outlet, made: Plan, now: datetime) -> None:
        due = {each.source for each in made.readings if each.at and each.at <= now + TOGETHER}
        wanted = [source for source in sources_of(outlet) if source.url in due]
        if wanted:
            # asked for first and written then: a kill in between asks twice rather than never, and the queue knows
            asked = await self.jobs.read(outlet, [source.url for source in wanted])
            await in_transaction(
                self.jobs.runtime.engine, lambda connection: note_asked(connection, outlet.slug, wanted, now)
            )
            ASKED.labels("sources").inc()
            log.info("sources_due", outlet=outlet.slug, sources=sorted(due), joined=not asked)
        elif made.visit_at and made.visit_at <= now + TOGETHER:
            self._visited_at[outlet.slug] = now
            await self.jobs.crawl(outlet, sources=False)
            ASKED.labels("pages").inc()
        async with self.jobs.runtime.engine.connect() as connection:
            states = await known(connection, [outlet.slug])
            state = states.get(outlet.slug, ScheduleState())
            if is_enabled(outlet, state):
                [made] = await plans(connection, [outlet], now, states)
                self._set(made, outlet, state, now)


def soonest(made: Collection[Plan]) -> list[Plan]:
    """Return the plans in the order of their times, those without one last."""
    return sorted(made, key=lambda each: (each.at is None, each.at or datetime.max.replace(tzinfo=UTC), each.outlet))
