"""How complete each outlet's articles are, as was last estimated from the lists in which they stood."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import completeness_estimates
from news.recapture import CompletenessEstimate

#: articles that are looked at: not those of the last day, which some list may yet announce, nor those of longer ago
WINDOW, SETTLED = timedelta(days=30), timedelta(days=1)

_COUNT = text(
    "SELECT captures, count(*) AS articles FROM (SELECT bit_or(pages.captures) AS captures FROM articles"
    " JOIN pages ON pages.article_id = articles.id"
    " WHERE articles.outlet = :outlet AND first_seen_at BETWEEN :start AND :until"
    " AND (published_at IS NULL OR published_at >= :start) GROUP BY articles.id) AS listed"
    " WHERE captures > 0 GROUP BY captures"
)


@dataclass(frozen=True, kw_only=True)
class Estimated:
    """An estimate, and when it was made; `estimate` None: too little was known to say."""

    made_at: datetime
    found: int
    estimate: CompletenessEstimate | None

    def as_json(self) -> dict[str, object]:
        """Return it under the names that the API and the command line share."""
        known = {"share": None, "low": None, "high": None} if self.estimate is None else self.estimate.as_json()
        return {"made_at": self.made_at, "found": self.found} | known


async def counts(connection: AsyncConnection, outlet: str, now: datetime) -> dict[int, int]:
    """Return in which kinds of lists (bits of Capture) -> how many articles of `outlet` stood, of those looked at.

    What its sources listed when they were first read is their past: it begins a day after that.
    """
    query = text("SELECT min(first_read_at) FROM sources WHERE outlet = :outlet")
    first_at = (await connection.execute(query, {"outlet": outlet})).scalar()
    if first_at is None:
        return {}
    start = max(now - WINDOW, first_at + SETTLED)
    values = {"outlet": outlet, "start": start, "until": now - SETTLED}
    return {row.captures: row.articles for row in await connection.execute(_COUNT, values)}


async def note_estimate(
    connection: AsyncConnection, outlet: str, found: int, made: CompletenessEstimate | None, now: datetime
) -> None:
    """Write an estimate over the one before; `made` None: too little is known to say."""
    values = {"outlet": outlet, "made_at": now, "found": found}
    values |= {name: getattr(made, name) if made else None for name in ("share", "low", "high")}
    statement = insert(completeness_estimates).values(values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[completeness_estimates.c.outlet], set_=values)
    )


async def estimates(connection: AsyncConnection, outlets: Collection[str] = ()) -> dict[str, Estimated]:
    """Return outlet -> its last estimate."""
    query = select(completeness_estimates).order_by(completeness_estimates.c.outlet)
    if outlets:
        query = query.where(completeness_estimates.c.outlet.in_(list(outlets)))
    found = {}
    for row in await connection.execute(query):
        made = None
        if row.share is not None:
            made = CompletenessEstimate(found=row.found, share=row.share, low=row.low, high=row.high)
        found[row.outlet] = Estimated(made_at=row.made_at, found=row.found, estimate=made)
    return found
