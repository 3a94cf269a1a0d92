"""A process that does the work itself for as long as no worker lives, while a person waits for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipelines.publish import publish
from schedules.cancellation import end_all
from schedules.jobs import Jobs
from schedules.work import CONCURRENCY, work


class InlineWorker:
    """Our own worker and publisher, once they are needed."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self.tasks: list[asyncio.Task[None]] = []

    async def work_if_nobody_does(self) -> None:
        """Begin to work if no worker lives. Ask at each look: one that was killed seems alive for a while."""
        if not self.tasks and not await self._jobs.someone_works():
            runtime = self._jobs.runtime
            self.tasks.append(asyncio.create_task(work(self._jobs, CONCURRENCY)))
            self.tasks.append(asyncio.create_task(publish(runtime.engine, runtime.index)))

    def check(self) -> None:
        """Raise what ended our worker or publisher, if something did."""
        for task in self.tasks:
            if task.done():
                task.result()


@asynccontextmanager
async def inline_worker(jobs: Jobs) -> AsyncIterator[InlineWorker]:
    """Give one, and end its work after the block."""
    ours = InlineWorker(jobs)
    try:
        yield ours
    finally:
        await end_all(ours.tasks)
