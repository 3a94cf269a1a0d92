"""A crawl that a person asked for: worked off elsewhere if a worker lives, else by this process."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from time import monotonic

from ledger.attempts import count_outcomes
from ledger.outbox import backlog
from news.clock import now
from news.outcome import Outcome
from news.outlet import Outlet
from schedules.inline_worker import inline_worker
from schedules.jobs import Jobs

#: seconds between two looks at how far it is: for its first seconds, and for what takes longer. A look asks PostgreSQL
#: as often as a page does
LOOK_SECONDS, LATE_LOOK_SECONDS = 0.25, 1.0
#: its first seconds
EARLY_SECONDS = 10.0
#: seconds for which an index that takes nothing holds a person up; then the outbox waits
INDEX_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class CrawlProgress:
    """How far it is: attempts by outlet and outcome, jobs that wait or run, documents pending for the index."""

    outcomes: dict[str, dict[Outcome, int]]
    unfinished: int
    pending: int

    @property
    def attempts(self) -> int:
        """Attempts that have ended."""
        return sum(times for counted in self.outcomes.values() for times in counted.values())


class Looks:
    """The looks at something that is waited for: when the next one is due, and which is the last."""

    def __init__(self) -> None:
        self._began_at = monotonic()
        self._ended_at: float | None = None

    async def again(self, *, unfinished: int, pending: int = 0) -> bool:
        """Sleep until the next look and return True; return False where there is no job left, and no document.

        `pending` documents are waited for after the last job has ended, for INDEX_SECONDS.
        """
        at = monotonic()
        self._ended_at = None if unfinished else self._ended_at or at
        if self._ended_at is not None and (not pending or at - self._ended_at > INDEX_SECONDS):
            return False
        is_early = self._ended_at is not None or at - self._began_at < EARLY_SECONDS
        await asyncio.sleep(LOOK_SECONDS if is_early else LATE_LOOK_SECONDS)
        return True


async def follow(jobs: Jobs, outlets: Collection[Outlet], urls: Collection[str] = ()) -> AsyncIterator[CrawlProgress]:
    """Yield how far the jobs of `outlets` and the recrawls of `urls` are, until all have ended and are searchable.

    If no worker lives, this process works them off. While the index is away the crawl goes on; following ends when
    the jobs have, and what is pending waits. A worker of ours that fails raises its error here.
    """
    started_at = now()
    runtime = jobs.runtime
    slugs = [outlet.slug for outlet in outlets]
    looks = Looks()
    async with inline_worker(jobs) as ours:
        while True:
            await ours.work_if_nobody_does()
            unfinished = await jobs.unfinished(outlets, urls)
            async with runtime.engine.connect() as connection:
                outcomes = await count_outcomes(connection, slugs, started_at)
                pending = (await backlog(connection)).pending
            yield CrawlProgress(outcomes=outcomes, unfinished=unfinished, pending=pending)
            ours.check()
            if not await looks.again(unfinished=unfinished, pending=pending):
                return
