"""How much the ledger has, counted."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import articles, attempts, pages, versions

#: a worker whose heart has not beaten for this long is dead (Procrastinate's beats every 10 s)
DEAD_SECONDS = 30.0


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
    """Return how many jobs wait, run and failed, and how many workers live."""
    query = text("SELECT status::text AS status, count(*) AS jobs FROM procrastinate_jobs GROUP BY status")
    counted = {row.status: row.jobs for row in await connection.execute(query)}
    alive = text("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > :since")
    since = datetime.now(UTC) - timedelta(seconds=DEAD_SECONDS)
    return {
        "waiting": counted.get("todo", 0),
        "running": counted.get("doing", 0),
        "failed": counted.get("failed", 0),
        "workers": (await connection.execute(alive, {"since": since})).scalar_one(),
    }
