"""The process pool in which strangers' bytes are parsed, each task under a limit of time and memory."""

import asyncio
import contextlib
import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import TimeoutError as LateError
from typing import ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from news.errors import PageUnreadable
from news.outcome import Outcome

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

    def __init__(self, workers: int | None = None, *, task_seconds: float = TASK_SECONDS) -> None:
        self.workers = workers or os.cpu_count() or 1
        self.task_seconds = task_seconds
        start = "spawn" if sys.platform == "win32" else "forkserver"
        context = multiprocessing.get_context(start)
        if start == "forkserver":
            context.set_forkserver_preload(["pipelines.digest"])
        self._pool = ProcessPool(
            max_workers=self.workers, max_tasks=TASKS_A_WORKER, initializer=_settle_in, context=context
        )
        self._places = asyncio.Semaphore(self.workers * AHEAD)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `function(*args, **kwargs)` of a worker; function, arguments and result must be picklable.

        Waits while the pool is full. Raises PageUnreadable, with its outcome, if the task took too long, too much
        memory or its process with it; what the function raises comes through.
        """
        async with self._places:
            future = self._pool.schedule(function, args=list(args), kwargs=kwargs, timeout=self.task_seconds)
            try:
                return await asyncio.wrap_future(future)  # type: ignore[no-any-return]
            except LateError as error:
                reason = f"reading it took longer than {self.task_seconds:g} s"
                raise PageUnreadable(reason, Outcome.TOO_SLOW) from error
            except MemoryError as error:
                reason = f"reading it took more than {WORKER_BYTES / 2**30:g} GiB of memory"
                raise PageUnreadable(reason, Outcome.TOO_FAT) from error
            except ProcessExpired as error:
                raise PageUnreadable("the process that read it died", Outcome.UNREADABLE) from error

    def close(self) -> None:
        """End the workers; a task that is still running is killed."""
        self._pool.stop()
        self._pool.join()


def _settle_in() -> None:
    """Make a worker give way to the event loop, and bound its memory."""
    with contextlib.suppress(AttributeError, OSError):
        os.nice(10)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (WORKER_BYTES, WORKER_BYTES))
    import signal

    # Ctrl-C reaches every process of the terminal's group: the main process alone decides what happens then
    signal.signal(signal.SIGINT, signal.SIG_IGN)
