"""The process pool in which strangers' bytes are parsed, each task under a limit of time and memory."""

import asyncio
import contextlib
import multiprocessing
import os
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from concurrent.futures import TimeoutError as LateError
from datetime import timedelta
from pathlib import PurePath
from typing import ParamSpec, TypeVar

import structlog
from pebble import ProcessExpired, ProcessPool

from news.clock import offset, set_offset
from news.errors import BroadsheetError, PageUnreadable, PoolUnavailable
from news.outcome import Outcome

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")

#: real pages stay under 2 s; hostile ones take minutes
TASK_SECONDS = 20.0
#: address space of a worker, which has some 0.6 GiB mapped when idle; a fat page is refused, not the machine's end
WORKER_BYTES = 4 * 2**30
#: a worker is replaced after this many tasks, so that no leak of a parser's grows
TASKS_A_WORKER = 2_000
#: tasks handed over at once for each worker: one it works on, one that is ready
AHEAD = 2


class Pool:
    """Workers of their own processes. Open it before any thread is started, close it when all work has ended."""

    def __init__(
        self, workers: int | None = None, *, task_seconds: float = TASK_SECONDS, worker_bytes: int = WORKER_BYTES
    ) -> None:
        self.workers = workers or os.cpu_count() or 1
        self.task_seconds = task_seconds
        self.worker_bytes = worker_bytes
        start = "spawn" if sys.platform == "win32" else "forkserver"
        context = multiprocessing.get_context(start)
        if start == "forkserver":
            context.set_forkserver_preload(["pipelines.digest"])
        self._pool = ProcessPool(
            max_workers=self.workers,
            max_tasks=TASKS_A_WORKER,
            initializer=_settle_in,
            initargs=[worker_bytes],
            context=context,
        )
        self._places = asyncio.Semaphore(self.workers * AHEAD)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `function(*args, **kwargs)` of a worker; function, arguments and result must be picklable.

        Waits while the pool is full. Raises PageUnreadable, with its outcome, if the task took too long, too much
        memory or its process with it, or failed on what it was given; its own BroadsheetErrors come through.
        Raises PoolUnavailable if the pool itself is broken.
        """
        async with self._places:
            with contextlib.suppress(ProcessExpired):
                return await self._try(function, *args, **kwargs)
            # the worker was killed from outside (out of memory, a stop of the whole group), or the page kills its
            # readers: the second try tells
            try:
                return await self._try(function, *args, **kwargs)
            except ProcessExpired as error:
                raise PageUnreadable("the process that read it died", Outcome.UNREADABLE) from error

    async def _try(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            future = self._pool.schedule(
                _guarded, args=[offset(), function, *args], kwargs=kwargs, timeout=self.task_seconds
            )
        except RuntimeError as error:
            raise PoolUnavailable(f"The process pool takes no pages: {error}.") from error
        try:
            return await asyncio.wrap_future(future)
        except BrokenExecutor as error:
            raise PoolUnavailable(f"The process pool broke: {error}.") from error
        except LateError as error:
            reason = f"reading it took longer than {self.task_seconds:g} s"
            raise PageUnreadable(reason, Outcome.TOO_SLOW) from error
        except MemoryError as error:
            reason = f"reading it took more than {self.worker_bytes / 2**30:g} GiB of memory"
            raise PageUnreadable(reason, Outcome.TOO_FAT) from error
        except _Failed as error:
            log.error("reading_failed", reason=str(error))
            raise PageUnreadable(str(error)) from error

    def close(self) -> None:
        """End the workers; a task that is still running is killed."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


class _Failed(Exception):
    """A function of ours met what it did not foresee, in a stranger's bytes."""


def _guarded(ahead: timedelta, function: Callable[..., T], *args: object, **kwargs: object) -> T:
    """Run in the worker, by the clock of the process that asked: PostgreSQL's is `ahead` of the machine's.

    An exception that nobody foresaw goes home as its name and place alone. The exception itself need not survive
    pickling (lxml's do not), and its text may be the stranger's.
    """
    set_offset(ahead)
    try:
        return function(*args, **kwargs)
    except (BroadsheetError, MemoryError):
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{PurePath(place.filename).name}, line {place.lineno}"
        raise _Failed(f"reading it failed: {type(error).__name__} in {where}") from None


def _settle_in(worker_bytes: int) -> None:
    """Make a worker give way to the event loop, and bound its memory."""
    with contextlib.suppress(AttributeError, OSError):
        os.nice(10)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (worker_bytes, worker_bytes))
    import signal

    # Ctrl-C reaches every process of the terminal's group: the main process alone decides what happens then
    signal.signal(signal.SIGINT, signal.SIG_IGN)
