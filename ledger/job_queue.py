"""The job queue's tables, which are Procrastinate's own: what its interface does not tell is asked of them here alone.

They are private to Procrastinate, and may change with it: CHECKED_WITH is the release that this was checked with.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.locks import OF_KIND, Lock, held

#: major and minor version of Procrastinate; tests/ledger/test_job_queue.py says what to check with another one
CHECKED_WITH = "3.10"

#: a job may have begun this long ago before its worker has had the time to take its lock
GRACE_SECONDS = 5
#: a worker behind a network that fell silent keeps its lock; its heart (every 10 s) is believed for this long
SILENT_SECONDS = 60

#: the jobs of these names (queueing locks); `with_parts`, also those of one part more: `crawls:import:7` and
#: `crawls:import:7:harbour`
_NAMED = (
    "(queueing_lock = ANY(CAST(:names AS text[]))"
    " OR :with_parts AND regexp_replace(queueing_lock, ':[^:]*$', '') = ANY(CAST(:names AS text[])))"
)


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """A job that runs, says the queue, while its worker is dead."""

    id: int
    queue: str
    task_name: str
    arguments: dict[str, Any]
    lock: str | None
    queueing_lock: str | None
    priority: int


async def unfinished_jobs(
    connection: AsyncConnection,
    names: Collection[str],
    *,
    with_parts: bool = False,
    due_within_seconds: float | None = None,
) -> int:
    """Return how many jobs of these names wait or run; those that wait for longer are not counted."""
    query = f"SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND {_NAMED}"  # noqa: S608 - our own texts
    if due_within_seconds is not None:
        query += " AND (scheduled_at IS NULL OR scheduled_at <= now() + make_interval(secs => :seconds))"
    values = {"names": list(names), "with_parts": with_parts, "seconds": due_within_seconds}
    return int((await connection.execute(text(query), values)).scalar_one())


async def make_due(connection: AsyncConnection, name: str, *, with_parts: bool = False) -> None:
    """Let the jobs of a name that wait for their time be worked off now."""
    statement = f"UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' AND {_NAMED}"  # noqa: S608
    await connection.execute(text(statement), {"names": [name], "with_parts": with_parts})


async def orphans(connection: AsyncConnection) -> list[Orphan]:
    """Return the jobs whose worker is dead: it holds no lock any more, or its heart has stopped."""
    query = text(
        "SELECT job.id, queue_name AS queue, task_name, args AS arguments, lock, queueing_lock, priority"  # noqa: S608 - our own texts
        " FROM procrastinate_jobs AS job"
        " LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id"
        " WHERE job.status = 'doing'"
        " AND NOT EXISTS (SELECT 1 FROM procrastinate_events AS started WHERE started.job_id = job.id"
        " AND started.type = 'started' AND started.at > now() - make_interval(secs => :grace))"
        " AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => :silent)"
        f" OR NOT EXISTS ({held('worker.id::text')}))"
    )
    values = {"grace": GRACE_SECONDS, "silent": SILENT_SECONDS, "kind": Lock.WORKER}
    return [Orphan(**row._mapping) for row in await connection.execute(query, values)]


async def job_counts(connection: AsyncConnection) -> dict[str, int]:
    """Return how many jobs wait, run and failed for good, and how many workers live.

    A failed job is counted unless its like waits or runs, which tries the same again.

    A worker holds the lock of its queue as long as its connection lasts: one that was killed is not counted, though
    its heart, as Procrastinate has it, seems to have beaten a moment ago.
    """
    query = text(
        "SELECT status::text AS status, count(*) AS jobs FROM procrastinate_jobs AS job WHERE status <> 'failed'"
        " OR NOT EXISTS (SELECT 1 FROM procrastinate_jobs AS again"
        " WHERE again.queueing_lock = job.queueing_lock AND again.status IN ('todo', 'doing')) GROUP BY status"
    )
    counted = {row.status: row.jobs for row in await connection.execute(query)}
    alive = text(f"SELECT count(*) {OF_KIND}")
    return {
        "waiting": counted.get("todo", 0),
        "running": counted.get("doing", 0),
        "failed": counted.get("failed", 0),
        "workers": (await connection.execute(alive, {"kind": Lock.QUEUE})).scalar_one(),
    }
