"""Events that are emitted regularly: each outlet's hours, which outlets are unhealthy now, what is pending."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from index.protocol import Index
from ledger.completeness import Hours, hour_of
from ledger.event_watermarks import emitted_until, note_emitted_until
from ledger.faults import in_transaction
from ledger.outbox import backlog, enqueue_event, enqueue_events, enqueue_state
from ledger.outlet_health import Health, healths
from ledger.source_rates import Brought, first_readings, hourly
from news.errors import IndexUnavailable
from news.log import Log
from news.moment import utc
from news.outlet import Outlet
from pipelines.runtime import Runtime
from schedules.health_rules import HOUR, REMEMBERED, Usual
from schedules.outlet_events import outlet_hour, unhealthy_id, unhealthy_now
from schedules.plan import zone_of

log = Log()

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
#: between two emissions: so old is what a dashboard shows of now
EVERY = timedelta(minutes=5)
#: an hour is emitted so long after its end: what was fetched in its last minutes is recorded by then
SETTLED = timedelta(minutes=10)
#: hours that are emitted afterwards, where daemon or index were away; what lies before is in the ledger alone
CATCH_UP = timedelta(hours=24)
#: hours emitted at a time: no article waits behind more than these
HOURS_AT_ONCE = 2
#: to an index that lags further behind no hours are emitted, which would only wait; the ledger knows them later, too
LAGGING = timedelta(minutes=10)
#: to an index that lags further behind not even that is emitted: it is away for good
AWAY = timedelta(days=7)
#: between two removals of old events
CLEARED_EVERY = timedelta(days=1)
#: outlets whose arrivals are asked for at a time: up to 672 rows each, which hold the loop
BATCH = 5


def slot_of(now: datetime) -> datetime:
    """Return the beginning of the five minutes in which events are emitted once."""
    return now - (now - BEGINNING) % EVERY


async def emit_events(runtime: Runtime, outlets: Mapping[str, Outlet], now: datetime) -> None:
    """Enqueue the regular events of these outlets, unless that was done less than EVERY ago.

    Ids are made of what is emitted and when, so that twice is once. The hours have been counted by then.
    """
    if runtime.index.name != "elasticsearch":
        return
    slot = slot_of(now)
    async with runtime.engine.begin() as connection:
        until = await emitted_until(connection, "backlog", now)
        if until is not None and until >= slot:
            return
        lag = await _emit_backlog(connection, slot, now)
        await note_emitted_until(connection, "backlog", slot)
    if lag > LAGGING or not await _takes_all(runtime.index):
        return
    async with runtime.engine.begin() as connection:
        known = await healths(connection)
        for each in known.values():
            if each.reason and each.outlet in outlets:
                await enqueue_state(connection, unhealthy_id(each.outlet), unhealthy_now(each, outlets[each.outlet]))
    for _ in range(HOURS_AT_ONCE):
        await in_transaction(runtime.engine, lambda connection: _emit_next_hour(connection, outlets, known, now))
    if runtime.configuration.events_days is not None:
        await _clear(runtime, timedelta(days=runtime.configuration.events_days), now)


async def _emit_backlog(connection: AsyncConnection, slot: datetime, now: datetime) -> timedelta:
    """Enqueue an event on what is pending, and return by how much the index lags behind."""
    index_backlog = await backlog(connection)
    lag = max(now - index_backlog.pending_since, timedelta(0)) if index_backlog.pending_since else timedelta(0)
    if lag <= AWAY:
        event = {
            "event": "index_backlog",
            "at": utc(now),
            "pending": index_backlog.pending,
            "rejected": index_backlog.rejected,
            "lag_seconds": round(lag.total_seconds(), 1),
        }
        await enqueue_event(connection, f"backlog-{slot:%Y%m%dT%H%M}", event)
    return lag


async def _clear(runtime: Runtime, kept: timedelta, now: datetime) -> None:
    """Have the index let go of older events, once a day."""
    async with runtime.engine.begin() as connection:
        cleared_at = await emitted_until(connection, "cleared", now)
        if cleared_at is not None and now < cleared_at + CLEARED_EVERY:
            return
        try:
            await runtime.index.forget_events(now - kept)
        except IndexUnavailable as error:
            log.warning("events_not_cleared", reason=str(error).splitlines()[0])
            return
        await note_emitted_until(connection, "cleared", now)


async def _takes_all(index: Index) -> bool:
    """Say whether the index is there, with a schema that has all fields: else what it refuses fills the quarantine."""
    try:
        behind = (await index.status()).behind
    except IndexUnavailable:
        return False  # the publisher says so; what is not emitted now is emitted when the index is back
    if "events" in behind:
        log.warning("events_not_emitted", reason="their schema is old", way_out="broadsheet index migrate")
    return "events" not in behind


async def _emit_next_hour(
    connection: AsyncConnection, outlets: Mapping[str, Outlet], known: Mapping[str, Health], now: datetime
) -> None:
    """Enqueue the events of the first hour that is not emitted yet, if one has settled."""
    settled = (now - SETTLED).replace(minute=0, second=0, microsecond=0)
    oldest = settled - CATCH_UP
    hour = max(await emitted_until(connection, "hours", now) or oldest, oldest)
    if hour >= settled:
        return
    counted = await hour_of(connection, hour)
    first_read = await first_readings(connection)
    # an outlet that was not met by then has no event
    met = [slug for slug in outlets if slug in counted or (slug in first_read and first_read[slug] < hour + HOUR)]
    for start in range(0, len(met), BATCH):
        batch = met[start : start + BATCH]
        arrived = await hourly(connection, batch, now - REMEMBERED)
        await enqueue_events(
            connection,
            {
                f"hour-{slug}-{hour:%Y%m%dT%H}": outlet_hour(
                    outlets[slug],
                    hour,
                    counted.get(slug, Hours()),
                    arrived.get(slug, {}).get(hour, 0),
                    _expected(outlets[slug], arrived.get(slug, {}), first_read.get(slug), hour, now),
                    known.get(slug),
                )
                for slug in batch
            },
        )
        await asyncio.sleep(0)  # crawls and readers have their turn
    await note_emitted_until(connection, "hours", hour + HOUR)


def _expected(
    outlet: Outlet, brought: Brought, first_read: datetime | None, hour: datetime, now: datetime
) -> float | None:
    """Return how many addresses `outlet` usually brings in such an hour; None: too little is known, as in `judge`."""
    if first_read is None or not brought or hour < first_read:
        return None
    usual = Usual.of(brought, max(first_read, now - REMEMBERED), max(brought) + HOUR, zone_of(outlet.timezone))
    return usual.expected(hour, hour + HOUR)
