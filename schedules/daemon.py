"""The daemon: timetable, worker, publisher and watches in one loop, each as long as all the others live."""

import asyncio
from collections.abc import Awaitable, Callable

from news.errors import PartEnded
from pipelines.publish import publish
from schedules.cancellation import end_all
from schedules.jobs import Jobs
from schedules.lag import watch_loop
from schedules.timetable import keep_timetable
from schedules.watching.keeper import keep_watches
from schedules.work import CONCURRENCY, work

#: name -> what runs until it is cancelled
Parts = dict[str, Callable[[], Awaitable[None]]]


async def run_parts(parts: Parts) -> None:
    """Run all parts until cancelled; they are stopped in the order in which they stand.

    A part that ends or fails ends the others and raises PartEnded: a daemon that only seems alive is worse than
    one that is started again by whoever watches it.
    """
    tasks = {name: asyncio.ensure_future(part()) for name, part in parts.items()}
    try:
        await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
        for name, task in tasks.items():
            if task.done():
                error = task.exception()
                reason = str(error or "").removesuffix(".") or "without a reason"
                raise PartEnded(f"The {name} ended: {reason}.") from error
    finally:
        for task in tasks.values():
            await end_all([task])


def parts_of(jobs: Jobs) -> Parts:
    """Return the daemon's parts in the order in which they are to stop: first what brings work, then what does it."""
    return {
        "timetable": lambda: keep_timetable(jobs),
        "worker": lambda: work(jobs, CONCURRENCY),
        "publisher": lambda: publish(jobs.runtime.engine, jobs.runtime.index),
        "watches": lambda: keep_watches(jobs.runtime),
        "event loop monitor": watch_loop,
    }
