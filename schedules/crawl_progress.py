"""A crawl that a person asked for: worked off elsewhere if a worker lives, else by this process."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from ledger.attempts import count_outcomes
from ledger.outbox import backlog
from news.clock import now
from news.outcome import Outcome
from news.outlet import Outlet
from schedules.inline_worker import inline_worker
from schedules.jobs import Jobs

#: seconds between two looks at how far it is
LOOK_SECONDS = 0.25


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


async def follow(jobs: Jobs, outlets: Collection[Outlet], urls: Collection[str] = ()) -> AsyncIterator[CrawlProgress]:
    """Yield how far the jobs of `outlets` and the recrawls of `urls` are, until all have ended and are searchable.

    If no worker lives, this process works them off. While the index is away the crawl goes on; following ends when
    the jobs have, and what is pending waits. A worker of ours that fails raises its error here.
    """
    started_at = now()
    runtime = jobs.runtime
    slugs = [outlet.slug for outlet in outlets]
    published_looks = 0
    async with inline_worker(jobs) as ours:
        while True:
            await ours.work_if_nobody_does()
            unfinished = await jobs.unfinished(outlets, urls)
            async with runtime.engine.connect() as connection:
                outcomes = await count_outcomes(connection, slugs, started_at)
                pending = (await backlog(connection)).pending
            yield CrawlProgress(outcomes=outcomes, unfinished=unfinished, pending=pending)
            ours.check()
            published_looks = 0 if unfinished else published_looks + 1
            # an index that takes nothing must not hold a person up for ever: some seconds, then the outbox waits
            if not unfinished and (not pending or published_looks > 5 / LOOK_SECONDS):
                return
            await asyncio.sleep(LOOK_SECONDS)
