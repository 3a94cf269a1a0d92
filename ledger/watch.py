"""A task beside another: one that watches for as long as something is open, one that is not waited for too long."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from news.log import Log

log = Log()

T = TypeVar("T")

#: tasks that were left to their end: the loop itself keeps none alive
_left: set[asyncio.Task[Any]] = set()


@asynccontextmanager
async def beside(watch: Coroutine[Any, Any, None], failed: str) -> AsyncIterator[None]:
    """Run `watch` while the block runs; one that failed by itself is logged at the end, as the event `failed`."""
    task = asyncio.create_task(watch)
    try:
        yield
    finally:
        # what is under way in a thread ends by itself, before the block is left
        task.cancel()
        [ended] = await asyncio.gather(task, return_exceptions=True)
        if isinstance(ended, Exception):
            log.error(failed, exc_info=ended)


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns, or raise what it raises; raise TimeoutError as soon as the time is over.

    A call of PostgreSQL that is cancelled asks the server to end it, and waits up to ten seconds for that answer, too
    (psycopg's `cancel_safe`). So `work` is cancelled and left alone.
    """
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not done:
        task.cancel()
        _left.add(task)
        task.add_done_callback(_forget)
        raise TimeoutError
    return task.result()


def _forget(task: asyncio.Task[Any]) -> None:
    _left.discard(task)
    if not task.cancelled():
        task.exception()  # asked for, so that asyncio does not log it
