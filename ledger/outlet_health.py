"""How each outlet was when it was last looked at, and whether the operator's webhook was notified."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.completeness import OTHER_WAYS
from ledger.schema import LATEST, health, sources


@dataclass(frozen=True, kw_only=True)
class Health:
    """One outlet's health. `reason` None: it is well."""

    outlet: str
    reason: str | None
    #: when it became unhealthy, or recovered
    since: datetime | None
    #: addresses that it usually brings in a day like the last
    expected: float | None
    #: addresses that it brought in the last 24 hours
    seen: int
    silent_since: datetime | None
    checked_at: datetime
    notified: bool = True


@dataclass(frozen=True, kw_only=True)
class SourceHealth:
    """A source's last reading, and how many failed in a row."""

    url: str
    kind: str
    outcome: str | None
    reason: str | None
    found: int
    fetched_at: datetime | None
    first_read_at: datetime | None
    failures: int
    failing_since: datetime | None


async def healths(connection: AsyncConnection, outlets: Collection[str] = ()) -> dict[str, Health]:
    """Return outlet -> how it was when it was last looked at."""
    query = select(health).order_by(health.c.outlet)
    if outlets:
        query = query.where(health.c.outlet.in_(list(outlets)))
    return {row.outlet: Health(**row._mapping) for row in await connection.execute(query)}


async def note_health(connection: AsyncConnection, found: Health) -> bool:
    """Write how an outlet is, and return whether it became unhealthy or recovered since the last look.

    Another reason is no news; its `since` stays when it became unhealthy.
    """
    before = (await healths(connection, [found.outlet])).get(found.outlet)
    was_unhealthy = before is not None and before.reason is not None
    is_news = was_unhealthy != (found.reason is not None)
    values = {name: getattr(found, name) for name in Health.__dataclass_fields__}
    if before is not None and not is_news:
        values |= {"since": before.since, "notified": before.notified}
    else:
        values |= {"since": found.checked_at, "notified": not is_news}
    statement = insert(health).values(values)
    await connection.execute(statement.on_conflict_do_update(index_elements=[health.c.outlet], set_=values))
    return is_news


async def forget(connection: AsyncConnection, kept: Collection[str]) -> list[str]:
    """Forget the health of outlets that are crawled no more, and return those."""
    # in one order, as whoever locks several rows does
    gone = select(health.c.outlet).where(health.c.outlet.not_in(list(kept))).order_by(health.c.outlet).with_for_update()
    ours = delete(health).where(health.c.outlet.in_(select(gone.cte().c.outlet))).returning(health.c.outlet)
    return list((await connection.execute(ours)).scalars())


async def unnotified(connection: AsyncConnection) -> list[Health]:
    """Return what the webhook was not notified of, the oldest news first."""
    rows = await connection.execute(select(health).where(~health.c.notified).order_by(health.c.since))
    return [Health(**row._mapping) for row in rows]


async def note_notified(connection: AsyncConnection, notified: Health) -> None:
    """Write that the webhook was notified; what happened meanwhile is not notified yet."""
    same = and_(health.c.outlet == notified.outlet, health.c.since == notified.since)
    await connection.execute(update(health).where(same).values(notified=True))


async def last_activity(connection: AsyncConnection) -> tuple[object, ...]:
    """Return what differs from the last answer if an attempt was made, a source read or an outlet's state changed."""
    query = text(
        "SELECT (SELECT max(id) FROM attempts), (SELECT max(fetched_at) FROM sources),"
        " (SELECT array_agg((slug, enabled, paused)::text ORDER BY slug) FROM outlets"
        " WHERE enabled IS NOT NULL OR paused)"
    )
    last_id, fetched_at, decided = (await connection.execute(query)).one()
    return last_id, fetched_at, tuple(decided or ())


async def read_since(connection: AsyncConnection) -> set[str]:
    """Return the outlets of which a source was read since they were last looked at."""
    query = (
        select(sources.c.outlet)
        .outerjoin(health, health.c.outlet == sources.c.outlet)
        .where(
            or_(health.c.checked_at.is_(None), sources.c.fetched_at > health.c.checked_at, health.c.checked_at > LATEST)
        )
        .group_by(sources.c.outlet)
    )
    return set((await connection.execute(query)).scalars())


async def sources_health(connection: AsyncConnection, outlet: str) -> list[SourceHealth]:
    """Return the sources of `outlet` that were read, or tried."""
    columns = [sources.c[name] for name in SourceHealth.__dataclass_fields__]
    query = select(*columns).where(sources.c.outlet == outlet, sources.c.fetched_at.is_not(None))
    return [SourceHealth(**row._mapping) for row in await connection.execute(query.order_by(sources.c.url))]


async def last_found(connection: AsyncConnection, since: datetime) -> dict[str, datetime]:
    """Return outlet -> when a source of it last brought something new, of those that did since then."""
    query = text(
        "SELECT outlet, max(found_at) AS at FROM pages"  # noqa: S608 - our own texts
        f" WHERE found_at >= :since AND found_in NOT IN {OTHER_WAYS} GROUP BY outlet"
    )
    return {row.outlet: row.at for row in await connection.execute(query, {"since": since})}


async def count_unhealthy(connection: AsyncConnection) -> int:
    """Return how many outlets are unhealthy."""
    return (
        await connection.execute(select(func.count()).select_from(health).where(health.c.reason.is_not(None)))
    ).scalar_one()
