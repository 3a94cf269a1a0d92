"""The ledger of completeness: of each outlet's hour, what its sources brought and what became of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import LATEST, completeness

#: found by other ways than an outlet's sources
OTHER_WAYS = "('person', 'canonical', 'redirect', 'link')"
#: an hour is counted anew until this long after its end: a transaction may have been open then
LATE = timedelta(hours=1)

_COUNT = text(
    "INSERT INTO completeness (outlet, hour, found, fetched, stored, changed, unchanged, refused, undated, letters)"  # noqa: S608 - our own texts
    " SELECT outlet, hour, sum(found), sum(fetched), sum(stored), sum(changed), sum(unchanged),"
    " coalesce(jsonb_object_agg(refusal, fetched) FILTER (WHERE refusal IS NOT NULL), '{}'), sum(undated), sum(letters)"
    " FROM ("
    " SELECT outlet, date_trunc('hour', found_at, 'UTC') AS hour, NULL AS refusal, count(*) AS found, 0 AS fetched,"
    " 0 AS stored, 0 AS changed, 0 AS unchanged, 0 AS undated, 0 AS letters FROM pages"
    f" WHERE found_at >= :since AND found_in NOT IN {OTHER_WAYS} GROUP BY 1, 2"
    " UNION ALL SELECT outlet, date_trunc('hour', at, 'UTC'), NULL, 0, count(*),"
    " count(*) FILTER (WHERE outcome = 'new'), count(*) FILTER (WHERE outcome = 'changed'),"
    " count(*) FILTER (WHERE outcome IN ('unchanged', 'not_modified')), 0, 0 FROM attempts"
    " WHERE at >= :since AND outcome IN ('new', 'changed', 'unchanged', 'not_modified') GROUP BY 1, 2"
    " UNION ALL SELECT outlet, date_trunc('hour', at, 'UTC'), outcome, 0, count(*), 0, 0, 0, 0, 0 FROM attempts"
    " WHERE at >= :since AND outcome NOT IN ('new', 'changed', 'unchanged', 'not_modified') GROUP BY 1, 2, 3"
    " UNION ALL SELECT outlet, date_trunc('hour', first_seen_at, 'UTC'), NULL, 0, 0, 0, 0, 0,"
    " count(*) FILTER (WHERE published_at IS NULL), sum(length(document->>'body')) FROM articles"
    " WHERE first_seen_at >= :since GROUP BY 1, 2"
    ") AS counted GROUP BY outlet, hour ORDER BY outlet, hour"
    " ON CONFLICT (outlet, hour) DO UPDATE SET found = excluded.found, fetched = excluded.fetched,"
    " stored = excluded.stored, changed = excluded.changed, unchanged = excluded.unchanged,"
    " refused = excluded.refused, undated = excluded.undated, letters = excluded.letters"
)


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Some hours of an outlet, counted together."""

    #: addresses that its sources had not listed before
    found: int = 0
    #: attempts, whatever their end
    fetched: int = 0
    #: new articles
    stored: int = 0
    changed: int = 0
    unchanged: int = 0
    #: outcome -> attempts that brought no article
    refused: Mapping[str, int] = field(default_factory=dict)
    #: of the stored, those whose page states no time
    undated: int = 0
    #: of the stored, the characters of all bodies
    letters: int = 0

    def __add__(self, other: "Hours") -> "Hours":
        """Return both counted together."""
        plain = {
            name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__ if name != "refused"
        }
        names = self.refused.keys() | other.refused.keys()
        return Hours(
            refused={name: self.refused.get(name, 0) + other.refused.get(name, 0) for name in sorted(names)}, **plain
        )


async def count_hours(connection: AsyncConnection) -> None:
    """Count what has happened since the last time; the hours that are not long over are counted anew."""
    latest = select(func.max(completeness.c.hour)).where(completeness.c.hour <= LATEST)
    last = (await connection.execute(latest)).scalar()
    since = last - LATE if last else datetime(1970, 1, 1, tzinfo=UTC)
    await connection.execute(_COUNT, {"since": since})


async def hours_of(connection: AsyncConnection, outlet: str, since: datetime) -> dict[datetime, Hours]:
    """Return the hours of `outlet` since then, the first one first; those in which nothing happened are left out."""
    query = (
        select(completeness)
        .where(completeness.c.outlet == outlet, completeness.c.hour >= since)
        .order_by(completeness.c.hour)
    )
    return {row.hour.astimezone(UTC): _hours(row) for row in await connection.execute(query)}


async def hour_of(connection: AsyncConnection, hour: datetime) -> dict[str, Hours]:
    """Return outlet -> what happened in one hour; outlets with which nothing happened are left out."""
    rows = await connection.execute(select(completeness).where(completeness.c.hour == hour))
    return {row.outlet: _hours(row) for row in rows}


async def sums(connection: AsyncConnection, since: datetime, outlets: Collection[str] = ()) -> dict[str, Hours]:
    """Return outlet -> its hours since then, counted together."""
    query = select(completeness).where(completeness.c.hour >= since)
    if outlets:
        query = query.where(completeness.c.outlet.in_(list(outlets)))
    found: dict[str, Hours] = {}
    for row in await connection.execute(query):
        found[row.outlet] = found.get(row.outlet, Hours()) + _hours(row)
    return found


def _hours(row: Row[Any]) -> Hours:
    return Hours(**{name: row._mapping[name] for name in Hours.__dataclass_fields__})
