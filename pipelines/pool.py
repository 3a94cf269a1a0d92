"""The process pool in which strangers' bytes are parsed, each task under limits of time and memory."""

import asyncio
import contextlib
import multiprocessing
import multiprocessing.forkserver
import os
import signal
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from concurrent.futures import TimeoutError as LateError
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import PurePath
from threading import Thread
from time import monotonic, process_time
from typing import Any, Generic, ParamSpec, TypeVar, cast

import psutil
from pebble import ProcessExpired, ProcessPool

from news.article import Article
from news.backoff import Backoff
from news.clock import offset, set_offset
from news.digest import Digest, refused
from news.errors import BroadsheetError, PageUnreadable, PoolUnavailable
from news.log import Log
from news.outcome import COSTLY, Outcome
from news.outlet import Outlet
from news.page import Page
from pipelines.shares import Shares, Use

log = Log()

P = ParamSpec("P")
T = TypeVar("T")

#: of CPU, which a busy machine makes no longer: real pages stay under FIRST_SECONDS; hostile ones take minutes. What
#: takes longer is begun anew with CPU_SECONDS, where it holds up nobody: as one of a costly outlet (`Shares`)
FIRST_SECONDS, CPU_SECONDS = 2.0, 10.0
#: of the clock, for what waits instead of working. On a machine so busy that a worker has a sixth of a core, the CPU
#: time is over first all the same
WALL_SECONDS = 60.0
#: address space of a worker, which has some 0.6 GiB mapped when idle; a fat page is refused, not the machine's end
WORKER_BYTES = 4 * 2**30
#: a worker is replaced after this many tasks, so that no leak of a parser's grows
TASKS_A_WORKER = 2_000
#: processes that one page may cost before it is blamed for their death
MOST_DEATHS = 3
#: pools that are made for one task, with a growing pause between them, before it is given back
MOST_REPLACED = 6
BETWEEN_POOLS = Backoff(first_seconds=1.0)
#: between two looks whether the pool lives that has a task
LOOK_SECONDS = 1.0
#: workers that had no task for so long are let go, with their memory; the next task waits a moment for new ones
IDLE_SECONDS = 60.0
#: workers that have been told to end have so long
END_SECONDS = 10.0


class Pool:
    """Workers of their own processes. Open it before any thread is started, close it when all work has ended."""

    def __init__(
        self,
        workers: int | None = None,
        *,
        cpu_seconds: float = CPU_SECONDS,
        wall_seconds: float = WALL_SECONDS,
        worker_bytes: int = WORKER_BYTES,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.workers = workers or os.cpu_count() or 1
        self.cpu_seconds = cpu_seconds
        self.wall_seconds = wall_seconds
        self.worker_bytes = worker_bytes
        self.idle_seconds = idle_seconds
        self._tasks = 0
        #: when the workers are let go, unless a task comes
        self._leave: asyncio.TimerHandle | None = None
        #: times that a broken pool was replaced
        self.replaced = 0
        self._is_closed = False
        self._pool = self._made()
        # no task is handed over before a worker is free for it: one that were ready could not be overtaken
        self._shares = Shares(self.workers)

    def _made(self) -> ProcessPool:
        start = "spawn" if sys.platform == "win32" else "forkserver"
        context = multiprocessing.get_context(start)
        if start == "forkserver":
            context.set_forkserver_preload(["pipelines.preloaded"])
        return ProcessPool(
            max_workers=self.workers,
            max_tasks=TASKS_A_WORKER,
            initializer=_settle_in,
            initargs=[self.worker_bytes],
            context=context,
        )

    async def run(self, outlet: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `function(*args, **kwargs)` of a worker; function, arguments and result must be picklable.

        `outlet` is on whose account it runs: the outlet's home, or wherever else the bytes come from. Waits until it is
        its turn (`Shares`). Raises PageUnreadable, with its outcome, if the task took too long, too much memory or its
        process with it, or failed on what it was given; its own BroadsheetErrors come through.
        A pool that broke (its fork server was killed, no process can be started) is replaced, and the task runs again:
        no page is blamed for it. Raises PoolUnavailable if that fails time and again.
        """
        self._tasks += 1
        if self._leave is not None:
            self._leave.cancel()
        try:
            if self.cpu_seconds > FIRST_SECONDS:
                async with self._shares.place(outlet) as use:
                    with contextlib.suppress(_Late):
                        return await self._insist(use, FIRST_SECONDS, function, *args, **kwargs)
            async with self._shares.place(outlet) as use:
                return await self._insist(use, self.cpu_seconds, function, *args, **kwargs)
        finally:
            self._tasks -= 1
            if not self._tasks:
                self._leave = asyncio.get_running_loop().call_later(self.idle_seconds, self._let_go)

    def prepare(self) -> None:
        """Begin to load what workers need, beside what this process does meanwhile; the first task does it else."""
        if sys.platform != "win32":
            multiprocessing.forkserver.ensure_running()

    @property
    def has_waiting(self) -> bool:
        """Whether tasks wait for a worker."""
        return self._tasks > self.workers

    def _let_go(self) -> None:
        """End the workers, for which there is no task; others are started with the next one, as at the beginning."""
        if self._is_closed:
            return
        idle, self._pool = self._pool, self._made()
        Thread(target=_end, args=[idle], daemon=True).start()

    async def _insist(
        self, use: Use, cpu_seconds: float, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Have the task done by another worker, or pool, where the first one is not to blame the page for."""
        deaths, broken = 0, 0
        while not self._is_closed:
            pool, server = self._pool, _fork_server()
            try:
                return await self._try(pool, use, cpu_seconds, function, *args, **kwargs)
            except PageUnreadable as error:
                use.is_lost = error.outcome in COSTLY
                raise
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
                await asyncio.sleep(BETWEEN_POOLS.pause_seconds(broken - 1) if broken > 1 else 0)
                await self._replace(pool)
        raise PoolUnavailable("The process pool was closed.")

    async def _try(
        self,
        pool: ProcessPool,
        use: Use,
        cpu_seconds: float,
        function: Callable[P, T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        began_at = monotonic()
        try:
            answer: _Answer[T] = await self._answer(pool, self._schedule(pool, cpu_seconds, function, *args, **kwargs))
        except PoolUnavailable:
            raise
        except BaseException as error:
            use.seconds += monotonic() - began_at
            if isinstance(error, ProcessExpired) and error.exitcode == -_ENDED_BY:
                reason = f"reading it took more than {cpu_seconds:g} s of CPU time"
                raise _Late(reason, Outcome.TOO_SLOW) from error
            if isinstance(error, LateError):
                reason = f"reading it took longer than {self.wall_seconds:g} s"
                raise PageUnreadable(reason, Outcome.TOO_SLOW) from error
            raise
        use.seconds += answer.seconds
        if isinstance(answer.error, MemoryError):
            reason = f"reading it took more than {self.worker_bytes / 2**30:g} GiB of memory"
            raise PageUnreadable(reason, Outcome.TOO_FAT) from answer.error
        if isinstance(answer.error, _Failed):
            log.error("reading_failed", reason=str(answer.error))
            raise PageUnreadable(str(answer.error)) from answer.error
        if answer.error is not None:
            raise answer.error
        return cast(T, answer.value)

    def _schedule(
        self, pool: ProcessPool, cpu_seconds: float, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> "asyncio.Future[_Answer[T]]":
        given = [offset(), cpu_seconds, function, *args]
        try:
            return asyncio.wrap_future(pool.schedule(_guarded, args=given, kwargs=kwargs, timeout=self.wall_seconds))
        except RuntimeError as error:
            raise PoolUnavailable(f"The process pool accepts no pages: {error}.") from error

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
        try:
            return coming.result()
        except BrokenExecutor as error:
            raise PoolUnavailable(f"The process pool broke: {error}.") from error

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
        """End the workers; a task that is still running is killed, one that waits raises PoolUnavailable."""
        self._is_closed = True
        self._shares.close()
        _end(self._pool)


def there(place: str, *args: Any, **kwargs: Any) -> Any:
    """Return what the function at `place`, MODULE:NAME, returns: the worker imports it, who only names it need not."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)(*args, **kwargs)


async def digest_in_pool(pool: Pool, page: Page, outlet: Outlet, chrome: frozenset[int]) -> Digest:
    """Return the digest of a page, made in `pool`; a page that takes too long or too much is refused for it."""
    try:
        return cast(Digest, await pool.run(outlet.home, there, "pipelines.digest:digest", page, outlet, chrome))
    except PageUnreadable as error:
        return refused(error)


async def enrich_in_pool(pool: Pool, document: dict[str, Any], text: Article, outlet: Outlet) -> Digest:
    """Return `pipelines.digest.enriched` of these, made in `pool`; what takes too long or too much is refused."""
    try:
        return cast(Digest, await pool.run(outlet.home, there, "pipelines.digest:enriched", document, text, outlet))
    except PageUnreadable as error:
        return refused(error)


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


class _Late(PageUnreadable):
    """A task has used up the CPU time that it had."""


class _Failed(Exception):
    """A function of ours met what it did not foresee, in a stranger's bytes."""


@dataclass(frozen=True, kw_only=True)
class _Answer(Generic[T]):
    """What a worker sends home: the result, or why there is none, and the CPU time that it took."""

    value: T | None = None
    error: Exception | None = None
    seconds: float


#: ends a worker, in Python or in C, whose task has used up its CPU time: nobody has set a handler for it, so that the
#: kernel itself does. It counts all threads of the process, and its timer can be set back, which RLIMIT_CPU cannot
_ENDED_BY = getattr(signal, "SIGPROF", 0)


def _guarded(
    ahead: timedelta, cpu_seconds: float, function: Callable[..., T], *args: object, **kwargs: object
) -> _Answer[T]:
    """Run in the worker, by the clock of the process that asked: PostgreSQL's is `ahead` of the machine's.

    An exception that nobody foresaw goes home as its name and place alone. The exception itself need not survive
    pickling (lxml's do not), and its text may be the stranger's.
    """
    set_offset(ahead)
    value: T | None = None
    error: Exception | None = None
    began_at = process_time()
    _set_cpu_timer(cpu_seconds)
    try:
        value = function(*args, **kwargs)
    except (BroadsheetError, MemoryError) as expected:
        # its traceback holds all that the task had in memory
        error = expected.with_traceback(None)
    except Exception as unforeseen:
        place = traceback.extract_tb(unforeseen.__traceback__)[-1]
        where = f"{PurePath(place.filename).name}, line {place.lineno}"
        error = _Failed(f"reading it failed: {type(unforeseen).__name__} in {where}")
    finally:
        _set_cpu_timer(0)
    return _Answer(value=value, error=error, seconds=process_time() - began_at)


def _set_cpu_timer(seconds: float) -> None:
    if _ENDED_BY:  # Windows has none: there the clock alone counts
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _settle_in(worker_bytes: int) -> None:
    """Make a worker give way to the event loop, and bound its memory."""
    with contextlib.suppress(AttributeError, OSError):
        os.nice(10)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (worker_bytes, worker_bytes))
    # Ctrl-C reaches every process of the terminal's group: the main process alone decides what happens then
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # pebble ends a worker while no other one can take a task, and waits for seconds where Python cannot handle its
    # signal, in C: the kernel does at once
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
