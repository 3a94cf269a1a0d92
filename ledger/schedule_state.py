"""What the timetable has to know: who is enabled, when each source was last read, when pages are due."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import bindparam, case, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import LATEST, outlets, sources
from news.outlet import Source


@dataclass(frozen=True, kw_only=True)
class ScheduleState:
    """What the ledger knows of an outlet that matters to its timetable."""

    #: the user's decision; None: as the outlet's file says
    enabled: bool | None = None
    paused: bool = False
    #: source -> when it was last read or asked for
    last_at: dict[str, datetime] = field(default_factory=dict)
    #: source -> when it was read for the first time
    first_at: dict[str, datetime] = field(default_factory=dict)
    #: when the first of its pages is due
    due_at: datetime | None = None


async def known(connection: AsyncConnection, slugs: Collection[str]) -> dict[str, ScheduleState]:
    """Return what is known of these outlets; those that were never met are left out."""
    found: dict[str, ScheduleState] = {}
    decided = select(outlets.c.slug, outlets.c.enabled, outlets.c.paused).where(outlets.c.slug.in_(list(slugs)))
    for row in await connection.execute(decided):
        found[row.slug] = ScheduleState(enabled=row.enabled, paused=row.paused)
    # one look into the index for each outlet, however many pages there are
    soonest = text(
        "SELECT slug, page.due_at FROM unnest(CAST(:slugs AS text[])) AS slug CROSS JOIN LATERAL (SELECT due_at FROM"
        " pages WHERE outlet = slug AND due_at IS NOT NULL ORDER BY due_at LIMIT 1) AS page"
    )
    for slug, due_at in await connection.execute(soonest, {"slugs": list(slugs)}):
        found[slug] = replace(found.get(slug, ScheduleState()), due_at=due_at)
    # a clock that was ahead when it was written must not put off a reading until then
    past = [case((at <= LATEST, at)) for at in (sources.c.asked_at, sources.c.fetched_at)]
    last_at = func.greatest(*past).label("last_at")
    readings = select(sources.c.outlet, sources.c.url, last_at, sources.c.first_read_at)
    for reading in await connection.execute(readings.where(sources.c.outlet.in_(list(slugs)))):
        outlet = found.setdefault(reading.outlet, ScheduleState())
        if reading.last_at:
            outlet.last_at[reading.url] = reading.last_at
        if reading.first_read_at:
            outlet.first_at[reading.url] = reading.first_read_at
    return found


async def note_asked(connection: AsyncConnection, outlet: str, asked: Sequence[Source], at: datetime) -> None:
    """Write that the timetable has asked for these sources of `outlet` to be read."""
    statement = insert(sources).values(outlet=outlet, url=bindparam("source"), kind=bindparam("kind_of"), asked_at=at)
    statement = statement.on_conflict_do_update(
        index_elements=[sources.c.outlet, sources.c.url],
        set_={
            "asked_at": case(
                (sources.c.asked_at.between(statement.excluded.asked_at, LATEST), sources.c.asked_at),
                else_=statement.excluded.asked_at,
            )
        },
    )
    ordered = sorted(asked, key=lambda each: each.url)  # as whoever locks several rows does
    await connection.execute(statement, [{"source": each.url, "kind_of": each.kind} for each in ordered])
