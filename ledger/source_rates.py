"""How much each source brought, hour by hour: from it the timetable learns when to ask again."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import source_hourly, sources
from news.clock import now

#: weeks that are looked at: older habits may be habits no more
WEEKS = 4


async def note_arrivals(
    connection: AsyncConnection, outlet: str, source: str, new: int, at: datetime | None = None
) -> None:
    """Count `new` addresses of a source that was read before; of one that was not, they are its past."""
    was_read = select(sources.c.first_read_at).where(sources.c.outlet == outlet, sources.c.url == source)
    if (await connection.execute(was_read)).scalar() is None:
        return
    hour = (at or now()).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    statement = insert(source_hourly).values(outlet=outlet, source=source, hour=hour, found=new)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[source_hourly.c.outlet, source_hourly.c.source, source_hourly.c.hour],
            set_={"found": source_hourly.c.found + statement.excluded.found},
        )
    )


async def by_source(
    connection: AsyncConnection, outlet: str, start: datetime, end: datetime
) -> dict[str, dict[datetime, int]]:
    """Return source -> hour -> addresses that it was the first to list, between two instants."""
    query = select(source_hourly.c.source, source_hourly.c.hour, source_hourly.c.found).where(
        source_hourly.c.outlet == outlet, source_hourly.c.hour.between(start, end)
    )
    found: dict[str, dict[datetime, int]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.source, {})[row.hour.astimezone(UTC)] = row.found
    return found


#: source -> (day of the week from Monday 0, hour) -> addresses
Counts = dict[str, dict[tuple[int, int], int]]


async def habits(connection: AsyncConnection, zones: Mapping[str, str], now: datetime) -> dict[str, Counts]:
    """Return outlet -> source -> hour of the week -> addresses that it brought in the last WEEKS.

    `zones` has the outlets, each with the time zone in which its hours count.
    """
    query = text(
        "SELECT source_hourly.outlet, source, extract(isodow FROM hour AT TIME ZONE zone)::int - 1 AS day,"
        " extract(hour FROM hour AT TIME ZONE zone)::int AS hour_of_day, sum(found)::int AS found"
        " FROM unnest(CAST(:outlets AS text[]), CAST(:zones AS text[])) AS asked (outlet, zone)"
        " JOIN source_hourly ON source_hourly.outlet = asked.outlet"
        " AND hour >= CAST(:now AS timestamptz) - make_interval(weeks => :weeks) AND hour <= :now GROUP BY 1, 2, 3, 4"
    )
    values = {"outlets": list(zones), "zones": list(zones.values()), "now": now, "weeks": WEEKS}
    found: dict[str, Counts] = {}
    for row in await connection.execute(query, values):
        found.setdefault(row.outlet, {}).setdefault(row.source, {})[row.day, row.hour_of_day] = row.found
    return found


#: hour -> addresses, without hours that brought nothing
Brought = dict[datetime, int]


async def hourly(connection: AsyncConnection, outlets: Collection[str], since: datetime) -> dict[str, Brought]:
    """Return outlet -> hour -> addresses that all its sources brought; outlets that brought nothing are left out."""
    query = (
        select(source_hourly.c.outlet, source_hourly.c.hour, func.sum(source_hourly.c.found).label("found"))
        .where(source_hourly.c.outlet.in_(list(outlets)), source_hourly.c.hour >= since)
        .group_by(source_hourly.c.outlet, source_hourly.c.hour)
        .order_by(source_hourly.c.outlet, source_hourly.c.hour)
    )
    found: dict[str, Brought] = {}
    for row in await connection.execute(query):
        found.setdefault(row.outlet, {})[row.hour.astimezone(UTC)] = int(row.found)
    return found


async def first_readings(connection: AsyncConnection) -> dict[str, datetime]:
    """Return outlet -> when the first of its sources was read for the first time."""
    query = select(sources.c.outlet, func.min(sources.c.first_read_at)).group_by(sources.c.outlet)
    return {slug: at.astimezone(UTC) for slug, at in await connection.execute(query) if at is not None}
