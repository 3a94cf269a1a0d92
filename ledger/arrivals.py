"""How much each source brought, hour by hour: from it the timetable learns when to ask again."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import arrivals, sources

#: weeks that are looked at: older habits may be habits no more
WEEKS = 4


async def note_arrivals(
    connection: AsyncConnection, outlet: str, source: str, new: int, at: datetime | None = None
) -> None:
    """Count `new` addresses of a source that was read before; of one that was not, they are its past."""
    was_read = select(sources.c.first_read_at).where(sources.c.outlet == outlet, sources.c.url == source)
    if (await connection.execute(was_read)).scalar() is None:
        return
    hour = (at or datetime.now(UTC)).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    statement = insert(arrivals).values(outlet=outlet, source=source, hour=hour, found=new)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[arrivals.c.outlet, arrivals.c.source, arrivals.c.hour],
            set_={"found": arrivals.c.found + statement.excluded.found},
        )
    )


async def habits(
    connection: AsyncConnection, outlet: str, zone: str, now: datetime
) -> dict[str, Mapping[tuple[int, int], int]]:
    """Return source -> (day of the week from Monday 0, hour) in `zone` -> addresses it brought in the last WEEKS."""
    query = text(
        "SELECT source, extract(isodow FROM hour AT TIME ZONE :zone)::int - 1 AS day,"
        " extract(hour FROM hour AT TIME ZONE :zone)::int AS hour_of_day, sum(found)::int AS found FROM arrivals"
        " WHERE outlet = :outlet AND hour >= CAST(:now AS timestamptz) - make_interval(weeks => :weeks)"
        " AND hour <= :now GROUP BY 1, 2, 3"
    )
    rows = await connection.execute(query, {"outlet": outlet, "zone": zone, "now": now, "weeks": WEEKS})
    found: dict[str, dict[tuple[int, int], int]] = {}
    for row in rows:
        found.setdefault(row.source, {})[row.day, row.hour_of_day] = row.found
    return dict(found)


async def hourly(connection: AsyncConnection, outlet: str, since: datetime) -> dict[datetime, int]:
    """Return hour -> addresses that all sources of `outlet` brought, without hours that brought nothing."""
    query = (
        select(arrivals.c.hour, func.sum(arrivals.c.found).label("found"))
        .where(arrivals.c.outlet == outlet, arrivals.c.hour >= since)
        .group_by(arrivals.c.hour)
        .order_by(arrivals.c.hour)
    )
    return {row.hour.astimezone(UTC): int(row.found) for row in await connection.execute(query)}
