"""The daemon: timetable, worker and publisher in one loop, each as long as all the others live."""

import asyncio
from collections.abc import Awaitable, Callable

from news.errors import BroadsheetError
from pipelines.publish import publish
from schedules.crawling import CONCURRENCY
from schedules.jobs import Jobs
from schedules.timetable import keep_timetable


async def run_parts(parts: dict[str, Callable[[], Awaitable[None]]]) -> None:
    """Run all parts until cancelled; they are stopped in the order in which they stand.

    A part that ends or fails ends the others and raises BroadsheetError: a daemon that only seems alive is worse than
    one that is started again by whoever watches it.
    """
    tasks = {name: asyncio.ensure_future(part()) for name, part in parts.items()}
    try:
        await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
        for name, task in tasks.items():
            if task.done():
                error = task.exception()
                raise BroadsheetError(f"The {name} ended: {error or 'without a reason'}.") from error
    finally:
        for task in tasks.values():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def parts_of(jobs: Jobs) -> dict[str, Callable[[], Awaitable[None]]]:
    """Return the daemon's parts in the order in which they are to stop: first what brings work, then what does it."""
    return {
        "timetable": lambda: keep_timetable(jobs),
        "worker": lambda: jobs.work(CONCURRENCY),
        "publisher": lambda: publish(jobs.desk.engine, jobs.desk.index),
    }
