"""What waits for its turn, and how long things take: for whoever looks after the machine."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, kw_only=True)
class DuePages:
    """Pages of one outlet that are due."""

    outlet: str
    pages: int
    #: since when the first of them is due
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Duration:
    """How long one thing took, of all times that it happened."""

    what: str
    times: int
    median_seconds: float
    #: nineteen of twenty took no longer
    p95_seconds: float


#: what is measured -> rows of `seconds`; each table is read by its index on the time
_MEASURED = {
    # of articles that state a time: a day alone, and what was old when it was found, say nothing of us
    "published_to_seen": (
        "SELECT extract(epoch FROM first_seen_at - published_at) AS seconds FROM articles"
        " WHERE first_seen_at >= :since AND document->>'date_precision' <> 'day'"
        " AND published_at BETWEEN first_seen_at - interval '1 day' AND first_seen_at"
    ),
    "found_to_stored": (
        "SELECT extract(epoch FROM articles.first_seen_at - pages.found_at) AS seconds FROM pages"
        " JOIN articles ON articles.id = pages.article_id"
        " WHERE pages.found_at >= :since AND articles.first_seen_at >= pages.found_at"
    ),
    "site_answers": "SELECT latency_ms / 1000.0 AS seconds FROM attempts WHERE at >= :since AND latency_ms IS NOT NULL",
    "recrawl": (
        "SELECT extract(epoch FROM attempts.at - recrawls.asked_at) AS seconds FROM attempts"
        " JOIN recrawls ON recrawls.attempt_id = attempts.id WHERE attempts.at >= :since"
    ),
}


async def due_pages(connection: AsyncConnection, limit: int) -> list[DuePages]:
    """Return the outlets with the most pages due, and how many; at most `limit`."""
    query = text(
        "SELECT outlet, count(*) AS pages, min(due_at) AS since FROM pages WHERE due_at <= now()"
        " GROUP BY outlet ORDER BY pages DESC, outlet LIMIT :limit"
    )
    return [DuePages(**row._mapping) for row in await connection.execute(query, {"limit": limit})]


async def durations(connection: AsyncConnection, since: datetime) -> list[Duration]:
    """Return how long things took since then; what did not happen is left out."""
    found = []
    for what, rows in _MEASURED.items():
        query = text(
            "SELECT count(*) AS times, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds,"  # noqa: S608 - our own texts
            f" percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) AS p95_seconds FROM ({rows}) AS measured"
        )
        row = (await connection.execute(query, {"since": since})).one()
        if row.times:
            found.append(Duration(what=what, **row._mapping))
    return found
