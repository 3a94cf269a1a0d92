"""Every attempt that was made: how the crawl goes, and why a page is not there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import attempts
from news.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class Ended:
    """One attempt and its end."""

    at: datetime
    outlet: str
    url: str
    outcome: Outcome
    reason: str | None
    status: int | None
    article_id: UUID | None
    final_url: str | None


async def count_outcomes(
    connection: AsyncConnection, outlets: Collection[str], since: datetime
) -> dict[str, dict[Outcome, int]]:
    """Return outlet -> outcome -> attempts since then."""
    query = (
        select(attempts.c.outlet, attempts.c.outcome, func.count().label("times"))
        .where(attempts.c.outlet.in_(list(outlets)), attempts.c.at >= since)
        .group_by(attempts.c.outlet, attempts.c.outcome)
    )
    counted: dict[str, dict[Outcome, int]] = {}
    for row in await connection.execute(query):
        counted.setdefault(row.outlet, {})[Outcome(row.outcome)] = row.times
    return counted


async def ended(
    connection: AsyncConnection,
    *,
    outlets: Collection[str] = (),
    urls: Collection[str] = (),
    since: datetime | None = None,
    limit: int = 10_000,
) -> list[Ended]:
    """Return attempts, the newest first: of these outlets or addresses, if any are named, since then."""
    columns = [attempts.c[name] for name in Ended.__dataclass_fields__]
    query = select(*columns).order_by(attempts.c.at.desc(), attempts.c.id.desc()).limit(limit)
    if outlets:
        query = query.where(attempts.c.outlet.in_(list(outlets)))
    if urls:
        query = query.where(attempts.c.url.in_(list(urls)))
    if since is not None:
        query = query.where(attempts.c.at >= since)
    rows = await connection.execute(query)
    return [Ended(**dict(row._mapping) | {"outcome": Outcome(row.outcome)}) for row in rows]
