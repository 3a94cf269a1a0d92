"""How much the ledger has, counted."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import articles, attempts, pages, versions
from news.outcome import Outcome


async def totals(connection: AsyncConnection) -> dict[str, int]:
    """Return how many articles, versions, pages, pages due and attempts there are."""
    # one question: each costs a command more than its answer does
    counts = {table.name: select(func.count()).select_from(table) for table in (articles, versions, pages, attempts)}
    counts["pages_due"] = counts["pages"].where(pages.c.due_at <= func.now())
    asked = select(*(each.scalar_subquery().label(name) for name, each in counts.items()))
    found = (await connection.execute(asked)).one()._mapping
    return {name: found[name] for name in ("articles", "versions", "pages", "pages_due", "attempts")}


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
