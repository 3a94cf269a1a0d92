"""How much the ledger has, counted."""

from dataclasses import dataclass

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.locks import OF_KIND, Lock
from ledger.schema import articles, attempts, pages, versions
from news.outcome import Outcome


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


@dataclass(frozen=True, kw_only=True)
class Unrecordable:
    """Pages whose last visit brought what the ledger refuses as data."""

    pages: int
    #: the most frequent reason; None: no page, or none is known
    reason: str | None

    def sentence(self) -> str:
        """Return it in one sentence, an empty one if there are none.

        >>> Unrecordable(pages=3, reason="22021 invalid byte sequence for encoding").sentence()
        '3 pages could not be recorded: mostly 22021 invalid byte sequence for encoding'
        """
        if not self.pages:
            return ""
        what = "1 page" if self.pages == 1 else f"{self.pages} pages"
        why = f": {'' if self.pages == 1 else 'mostly '}{self.reason}" if self.reason else ""
        return f"{what} could not be recorded{why}"


async def unrecordable(connection: AsyncConnection) -> Unrecordable:
    """Return how many pages could not be recorded when they were fetched last, and mostly why."""
    times = func.count().label("times")
    query = (
        select(pages.c.reason, times)
        .where(pages.c.outcome == Outcome.UNRECORDABLE)
        .group_by(pages.c.reason)
        .order_by(times.desc(), pages.c.reason)
    )
    rows = (await connection.execute(query)).all()
    return Unrecordable(pages=sum(row.times for row in rows), reason=rows[0].reason if rows else None)


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
