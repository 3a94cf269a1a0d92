"""How much the ledger has, counted."""

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.locks import OF_KIND, Lock
from ledger.schema import articles, attempts, pages, versions


async def totals(connection: AsyncConnection) -> dict[str, int]:
    """Return how many articles, versions, pages, pages due and attempts there are."""

    async def count(table: Table) -> int:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()

    due = select(func.count()).select_from(pages).where(pages.c.due_at <= func.clock_timestamp())
    return {
        "articles": await count(articles),
        "versions": await count(versions),
        "pages": await count(pages),
        "pages_due": (await connection.execute(due)).scalar_one(),
        "attempts": await count(attempts),
    }


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
