"""Which workers live: each holds a lock in the database, which ends with its connection however the process ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

#: the first half of the locks' keys; the numbers are arbitrary and ours
QUEUE_CLASS, WORKER_CLASS = 7_201_004, 7_201_005
#: a job may have begun this long ago before its worker has had the time to take its lock
GRACE_SECONDS = 5
#: a worker behind a network that fell silent keeps its lock; its heart (every 10 s) is believed for this long
SILENT_SECONDS = 60


class Alive:
    """The locks of one worker process."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._held: set[int] = set()

    async def is_worker(self, worker_id: int) -> None:
        """Say that the worker of this number lives; said again, it does nothing."""
        if worker_id not in self._held:
            self._held.add(worker_id)
            await self._lock("pg_advisory_lock", WORKER_CLASS, str(worker_id))

    async def works_on(self, queue: str) -> None:
        """Say that a worker lives for `queue`."""
        await self._lock("pg_advisory_lock_shared", QUEUE_CLASS, queue)

    async def _lock(self, function: str, kind: int, key: str) -> None:
        await self._connection.execute(text(f"SELECT {function}(:kind, hashtext(:key))"), {"kind": kind, "key": key})
        await self._connection.commit()


@asynccontextmanager
async def alive(engine: AsyncEngine, queue: str) -> AsyncIterator[Alive]:
    """Be known as a worker of `queue` within the block."""
    async with engine.connect() as connection:
        told = Alive(connection)
        await told.works_on(queue)
        try:
            yield told
        finally:
            # the connection goes back to its pool, and would take the locks along
            await connection.invalidate()


async def someone_works(connection: AsyncConnection, queue: str) -> bool:
    """Return whether a worker of `queue` lives, here or on another machine."""
    query = text(
        "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND classid::bigint = :kind AND objid = hashtext(:queue)::bigint::bit(32)::bigint::oid)"
    )
    return bool((await connection.execute(query, {"kind": QUEUE_CLASS, "queue": queue})).scalar_one())


async def orphaned_jobs(connection: AsyncConnection) -> list[int]:
    """Return the ids of jobs that run, says the queue, while their worker is dead."""
    query = text(
        "SELECT job.id FROM procrastinate_jobs AS job"
        " JOIN procrastinate_events AS started ON started.job_id = job.id AND started.type = 'started'"
        " LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id"
        " WHERE job.status = 'doing' GROUP BY job.id, worker.id, worker.last_heartbeat"
        " HAVING max(started.at) < now() - make_interval(secs => :grace) AND (worker.id IS NULL"
        " OR worker.last_heartbeat < now() - make_interval(secs => :silent)"
        " OR NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND classid::bigint = :kind AND objid = hashtext(worker.id::text)::bigint::bit(32)::bigint::oid))"
    )
    values = {"grace": GRACE_SECONDS, "silent": SILENT_SECONDS, "kind": WORKER_CLASS}
    return [row.id for row in await connection.execute(query, values)]
