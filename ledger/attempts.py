"""Every attempt that was made: how the crawl goes, and why a page is not there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import attempts
from news.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class Ended:
    """One attempt and its end."""

    id: int
    at: datetime
    outlet: str
    url: str
    outcome: Outcome
    reason: str | None
    status: int | None
    article_id: UUID | None
    final_url: str | None
    #: the recrawl that it answers
    recrawl_id: UUID | None


_COLUMNS = [attempts.c[name] for name in Ended.__dataclass_fields__]


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
    query = select(*_COLUMNS).order_by(attempts.c.at.desc(), attempts.c.id.desc()).limit(limit)
    if outlets:
        query = query.where(attempts.c.outlet.in_(list(outlets)))
    if urls:
        query = query.where(attempts.c.url.in_(list(urls)))
    if since is not None:
        query = query.where(attempts.c.at >= since)
    rows = await connection.execute(query)
    return [_ended(row) for row in rows]


async def attempt_of(connection: AsyncConnection, id: int) -> Ended | None:
    """Return the attempt of this id, or None if there is none."""
    row = (await connection.execute(select(*_COLUMNS).where(attempts.c.id == id))).first()
    return _ended(row) if row else None


def _ended(row: Row[Any]) -> Ended:
    return Ended(**dict(row._mapping) | {"outcome": Outcome(row.outcome)})
