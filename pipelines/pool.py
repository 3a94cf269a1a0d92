"""The process pool in which strangers' bytes are parsed, each task under a limit of time and memory."""

import asyncio
import contextlib
import multiprocessing
import multiprocessing.forkserver
import os
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from concurrent.futures import TimeoutError as LateError
from datetime import timedelta
from pathlib import PurePath
from threading import Thread
from time import monotonic
from typing import ParamSpec, TypeVar

import psutil
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
#: processes that one page may cost before it is blamed for their death
MOST_DEATHS = 3
#: pools that are made for one task, with a growing pause between them, before it is given back
MOST_REPLACED = 6
PAUSE_SECONDS = 0.5
#: between two looks whether the pool lives that has a task
LOOK_SECONDS = 1.0
#: workers that have been told to end have so long
END_SECONDS = 10.0


class Pool:
    """Workers of their own processes. Open it before any thread is started, close it when all work has ended."""

    def __init__(
        self, workers: int | None = None, *, task_seconds: float = TASK_SECONDS, worker_bytes: int = WORKER_BYTES
    ) -> None:
        self.workers = workers or os.cpu_count() or 1
        self.task_seconds = task_seconds
        self.worker_bytes = worker_bytes
        #: times that a broken pool was replaced
        self.replaced = 0
        #: monotonic seconds of the last answer of a worker; None: none has answered yet
        self.answered_at: float | None = None
        self._is_closed = False
        self._pool = self._made()
        self._places = asyncio.Semaphore(self.workers * AHEAD)

    def _made(self) -> ProcessPool:
        start = "spawn" if sys.platform == "win32" else "forkserver"
        context = multiprocessing.get_context(start)
        if start == "forkserver":
            context.set_forkserver_preload(["pipelines.digest"])
        return ProcessPool(
            max_workers=self.workers,
            max_tasks=TASKS_A_WORKER,
            initializer=_settle_in,
            initargs=[self.worker_bytes],
            context=context,
        )

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `function(*args, **kwargs)` of a worker; function, arguments and result must be picklable.

        Waits while the pool is full. Raises PageUnreadable, with its outcome, if the task took too long, too much
        memory or its process with it, or failed on what it was given; its own BroadsheetErrors come through.
        A pool that broke (its fork server was killed, no process can be started) is replaced, and the task runs again:
        no page is blamed for it. Raises PoolUnavailable if that fails time and again.
        """
        async with self._places:
            deaths, broken = 0, 0
            while not self._is_closed:
                pool, server = self._pool, _fork_server()
                try:
                    answer = await self._try(pool, function, *args, **kwargs)
                except ProcessExpired as error:
                    # the worker was killed from outside (out of memory, a stop of the whole group), or the page kills
                    # its readers: further tries tell. With their fork server all workers are given up
                    deaths += _fork_server() == server
                    if deaths == MOST_DEATHS:
                        raise PageUnreadable("the process that read it died", Outcome.UNREADABLE) from error
                except PoolUnavailable:
                    broken += 1
                    if broken == MOST_REPLACED:
                        raise
                    await asyncio.sleep(PAUSE_SECONDS * (2 ** (broken - 1) - 1))
                    await self._replace(pool)
                else:
                    self.answered_at = monotonic()
                    return answer
            raise PoolUnavailable("The process pool was closed.")

    async def _try(self, pool: ProcessPool, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            future = pool.schedule(_guarded, args=[offset(), function, *args], kwargs=kwargs, timeout=self.task_seconds)
        except RuntimeError as error:
            raise PoolUnavailable(f"The process pool takes no pages: {error}.") from error
        try:
            return await self._answer(pool, asyncio.wrap_future(future))
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

    async def _answer(self, pool: ProcessPool, coming: asyncio.Future[T]) -> T:
        """Return the answer; what a broken pool was given never gets one. Raises PoolUnavailable."""
        try:
            while not (await asyncio.wait([coming], timeout=LOOK_SECONDS))[0]:
                if pool is not self._pool or not pool.active:
                    raise PoolUnavailable("The process pool broke while it read.")
        except BaseException:
            coming.cancel()
            raise
        if coming.cancelled():
            raise PoolUnavailable("The process pool was ended while it read.")
        return coming.result()

    async def _replace(self, broken: ProcessPool) -> None:
        """Put a new pool in a broken one's place, once for all who have found it broken."""
        if self._pool is not broken:
            return
        self._pool = self._made()
        self.replaced += 1
        log.warning("pool_replaced", times=self.replaced)
        # what is left of its workers ends beside the loop: to wait for a dead one may take seconds
        await asyncio.to_thread(_end, broken)

    def close(self) -> None:
        """End the workers; a task that is still running is killed."""
        self._is_closed = True
        _end(self._pool)


def _fork_server() -> int | None:
    """Return the process by which workers are started; another one means that the one before has died."""
    server = getattr(multiprocessing.forkserver, "_forkserver", None)
    pid: int | None = getattr(server, "_forkserver_pid", None)
    if pid is not None:
        with contextlib.suppress(psutil.Error):
            return pid if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE else None
    return None


def _end(pool: ProcessPool) -> None:
    """End a pool's workers; of one that broke, the threads that would do it may be gone, and it is not waited for."""
    workers = list(getattr(getattr(pool._pool_manager, "worker_manager", None), "workers", {}).values())
    pool.stop()  # type: ignore[no-untyped-call]
    ending = Thread(target=pool.join, daemon=True)
    ending.start()
    ending.join(END_SECONDS)
    for worker in workers:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            worker.kill()


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
