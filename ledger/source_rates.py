"""How much each source brought, hour by hour: from it the timetable learns when to ask again."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import arrivals, sources
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
    statement = insert(arrivals).values(outlet=outlet, source=source, hour=hour, found=new)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[arrivals.c.outlet, arrivals.c.source, arrivals.c.hour],
            set_={"found": arrivals.c.found + statement.excluded.found},
        )
    )


async def by_source(
    connection: AsyncConnection, outlet: str, start: datetime, end: datetime
) -> dict[str, dict[datetime, int]]:
    """Return source -> hour -> addresses that it was the first to list, between two instants."""
    query = select(arrivals.c.source, arrivals.c.hour, arrivals.c.found).where(
        arrivals.c.outlet == outlet, arrivals.c.hour.between(start, end)
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
        "SELECT arrivals.outlet, source, extract(isodow FROM hour AT TIME ZONE zone)::int - 1 AS day,"
        " extract(hour FROM hour AT TIME ZONE zone)::int AS hour_of_day, sum(found)::int AS found"
        " FROM unnest(CAST(:outlets AS text[]), CAST(:zones AS text[])) AS asked (outlet, zone)"
        " JOIN arrivals ON arrivals.outlet = asked.outlet"
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
        select(arrivals.c.outlet, arrivals.c.hour, func.sum(arrivals.c.found).label("found"))
        .where(arrivals.c.outlet.in_(list(outlets)), arrivals.c.hour >= since)
        .group_by(arrivals.c.outlet, arrivals.c.hour)
        .order_by(arrivals.c.outlet, arrivals.c.hour)
    )
    found: dict[str, Brought] = {}
    for row in await connection.execute(query):
        found.setdefault(row.outlet, {})[row.hour.astimezone(UTC)] = int(row.found)
    return found


async def first_readings(connection: AsyncConnection) -> dict[str, datetime]:
    """Return outlet -> when the first of its sources was read for the first time."""
    query = select(sources.c.outlet, func.min(sources.c.first_read_at)).group_by(sources.c.outlet)
    return {slug: at.astimezone(UTC) for slug, at in await connection.execute(query) if at is not None}
