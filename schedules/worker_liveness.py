"""Which workers live: each holds a lock in the database, which ends with its connection however the process ends."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from math import inf
from time import monotonic

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.locks import Lock, held, let_go_when_silent

#: seconds between two looks whether our own locks are still held: while a job runs, and while none does
WATCH_SECONDS, IDLE_WATCH_SECONDS = 1.0, 5.0
#: a worker that has not seen its locks for so long sends no request: they may be lost, and its jobs another's.
#: shorter than anybody waits before taking them over (schedules.work.REAP_SECONDS)
CERTAIN_SECONDS = 4.0
#: a worker that says nothing for so long, since it is stopped or its machine vanished, loses its locks
MOST_SILENT_SECONDS = 15


class WorkerLocks:
    """The locks of one worker process."""

    def __init__(self, connection: AsyncConnection, queue: str) -> None:
        self._connection = connection
        self._queue = queue
        self._held: set[int] = set()
        self._seen_at = -inf
        self._seen = asyncio.Event()
        self._jobs = 0
        #: a job has begun
        self._begun = asyncio.Event()
        #: a connection does one thing at a time
        self._turn = asyncio.Lock()

    @contextmanager
    def job(self) -> Iterator[None]:
        """Look at the locks as often as a job needs it, within the block."""
        self._jobs += 1
        self._begun.set()
        try:
            yield
        finally:
            self._jobs -= 1

    async def is_worker(self, worker_id: int) -> None:
        """Say that the worker of this number lives, and return once that is certain; said again, it does nothing."""
        async with self._turn:
            if worker_id not in self._held:
                await self._lock("pg_advisory_lock", Lock.WORKER, str(worker_id))
                self._held.add(worker_id)
        while not self.is_certain():
            self._seen.clear()
            await self._seen.wait()

    async def works_on_queue(self) -> None:
        """Say that a worker lives for the queue."""
        async with self._turn:
            await self._lock("pg_advisory_lock_shared", Lock.QUEUE, self._queue)

    def is_certain(self) -> bool:
        """Say whether the locks were held a moment ago, so that nobody else can have taken over our jobs yet."""
        return monotonic() - self._seen_at < CERTAIN_SECONDS

    async def watch(self) -> None:
        """Return when the locks are lost: the connection that held them is gone."""
        ours = text(f"SELECT EXISTS ({held(':queue')} AND pid = pg_backend_pid())")
        while True:
            asked_at = monotonic()
            try:
                async with self._turn:
                    found = await self._connection.execute(ours, {"kind": Lock.QUEUE, "queue": self._queue})
                    is_held = bool(found.scalar_one())
                    await self._connection.commit()
            except SQLAlchemyError:
                return
            if not is_held:
                return
            self._seen_at = asked_at
            self._seen.set()
            self._begun.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(WATCH_SECONDS if self._jobs else IDLE_WATCH_SECONDS):
                    await self._begun.wait()

    async def _lock(self, function: str, kind: int, key: str) -> None:
        await self._connection.execute(text(f"SELECT {function}(:kind, hashtext(:key))"), {"kind": kind, "key": key})
        await self._connection.commit()


@asynccontextmanager
async def worker_locks(engine: AsyncEngine, queue: str) -> AsyncIterator[WorkerLocks]:
    """Be known as a worker of `queue` within the block."""
    async with engine.connect() as connection:
        await let_go_when_silent(connection, MOST_SILENT_SECONDS)
        locks = WorkerLocks(connection, queue)
        await locks.works_on_queue()
        try:
            yield locks
        finally:
            # the connection goes back to its pool, and would take the locks along
            await connection.invalidate()


async def someone_works(connection: AsyncConnection, queue: str) -> bool:
    """Return whether a worker of `queue` lives, here or on another machine."""
    query = text(f"SELECT EXISTS ({held(':queue')})")
    return bool((await connection.execute(query, {"kind": Lock.QUEUE, "queue": queue})).scalar_one())
