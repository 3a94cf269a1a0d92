"""The round: every outlet that was read since is checked, and its health noted, emitted and sent to the webhook."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from math import inf
from time import monotonic
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.completeness import count_hours, hours_of
from ledger.faults import in_transaction
from ledger.outbox import enqueue_event, enqueue_state
from ledger.outlet_health import (
    Health,
    SourceHealth,
    forget,
    last_found,
    note_health,
    note_notified,
    read_since,
    sources_health,
    unnotified,
)
from ledger.pages import try_again
from ledger.recaptures import counts, estimates, note_estimate
from ledger.schedule_state import ScheduleState, known
from ledger.source_rates import hourly
from news.clock import now
from news.log import Log
from news.outlet import Outlet, SourceKind
from news.recapture import estimate
from schedules.health_rules import REMEMBERED, judge
from schedules.jobs import Jobs
from schedules.metrics_events import emit_events, slot_of
from schedules.outlet_events import change_of_health, unhealthy_id
from schedules.plan import zone_of
from schedules.stale_sources import stale_sources

log = Log()

#: seconds between two rounds, or two looks whether one is worth while
ROUND_SECONDS = 60.0
#: what two transactions that overlapped hid from such a look is found out by then
MOST_ROUND_SECONDS = 3_600.0
#: an operator's server may be slow, but one that hangs must not hold up the round
WEBHOOK_SECONDS = 10.0
#: how far back the exact time of an outlet's last address is looked up; before, the hour will do
EXACT = timedelta(days=2)
#: when an outlet has recovered, pages that failed for so long before are tried again
TRIED_AGAIN = timedelta(days=7)
#: how complete an outlet is changes slowly
ESTIMATED_EVERY = timedelta(hours=6)
#: a sitemap that was not read for so long is not led to any more
UNASKED = timedelta(days=7)


class Activity:
    """What the timetable saw of the ledger when it last held on to its lock."""

    seen: object = None


async def look_after(jobs: Jobs, activity: Activity) -> None:
    """Go round for as long as the task lives; only who keeps the timetable does. Raises SQLAlchemyError.

    Where nothing has happened since the last round there is nothing to find out by another one.
    """
    seen, gone_at, emitted_in, outlets = None, -inf, None, dict[str, Outlet]()
    while True:
        at = now()
        happened = (activity.seen, tuple(jobs.catalogue))
        if happened != seen or monotonic() - gone_at > MOST_ROUND_SECONDS:
            outlets, seen, gone_at, emitted_in = await go_round(jobs, at), happened, monotonic(), None
        if emitted_in != slot_of(at):
            await emit_events(jobs.runtime, outlets, at)
            emitted_in = slot_of(at)
        if jobs.runtime.configuration.webhook_url:
            await notify(jobs, jobs.runtime.configuration.webhook_url)
        await asyncio.sleep(ROUND_SECONDS)


async def go_round(jobs: Jobs, now: datetime) -> dict[str, Outlet]:
    """Count what has happened, then look at each enabled outlet of which a source was read since the last look.

    Returns the outlets that are crawled: enabled, and not paused.
    """
    emits = jobs.runtime.index.name == "elasticsearch"
    outlets = {outlet.slug: outlet for outlet in jobs.catalogue}
    await in_transaction(jobs.runtime.engine, count_hours)

    async def asked(
        connection: AsyncConnection,
    ) -> tuple[dict[str, ScheduleState], set[str], list[str], dict[str, datetime]]:
        states = await known(connection, outlets)
        enabled = {
            slug
            for slug, outlet in outlets.items()
            if (outlet.enabled if slug not in states or states[slug].enabled is None else states[slug].enabled)
        }
        for slug in await forget(connection, enabled):
            if emits:
                await enqueue_state(connection, unhealthy_id(slug), None)
        due = sorted(await read_since(connection) & enabled)
        return states, enabled, due, await last_found(connection, now - EXACT) if due else {}

    states, enabled, due, exact = await in_transaction(jobs.runtime.engine, asked)
    for slug in due:
        await _estimate(jobs, slug, now)
        look = partial(_look, outlet=outlets[slug], last_at=exact.get(slug), now=now, emits=emits)
        found, again = await in_transaction(jobs.runtime.engine, look)
        if found is not None and found.reason:
            log.warning("outlet_unhealthy", outlet=slug, reason=found.reason)
        elif found is not None:
            log.info("outlet_recovered", outlet=slug, pages_tried_again=again)
    paused = {slug for slug in enabled if outlets[slug].schedule.paused or (slug in states and states[slug].paused)}
    return {slug: outlets[slug] for slug in sorted(enabled - paused)}


async def _estimate(jobs: Jobs, slug: str, now: datetime) -> None:
    """Estimate how complete an outlet's articles are, if that was not done lately."""
    async with jobs.runtime.engine.connect() as connection:
        last = (await estimates(connection, [slug])).get(slug)
        if last is not None and now - ESTIMATED_EVERY < last.made_at <= now:
            return
        counted = await counts(connection, slug, now)
    made = await asyncio.to_thread(estimate, counted)
    await in_transaction(
        jobs.runtime.engine, lambda connection: note_estimate(connection, slug, sum(counted.values()), made, now)
    )


async def _look(
    connection: AsyncConnection, *, outlet: Outlet, last_at: datetime | None, now: datetime, emits: bool
) -> tuple[Health | None, int]:
    """Write how an outlet is; return that if it has changed, and how many of its pages are tried again."""
    found = await examine(connection, outlet, last_at, now)
    if not await note_health(connection, found):
        return None, 0
    if emits:
        event_id = f"health-{outlet.slug}-{now:%Y%m%dT%H%M%S}"
        await enqueue_event(connection, event_id, change_of_health(found, outlet))
        if found.reason is None:  # the event of one that became unhealthy is emitted with the next ones
            await enqueue_state(connection, unhealthy_id(outlet.slug), None)
    # of one that has recovered, pages that a bot check answered, or nobody, would be fetched a day later
    return found, 0 if found.reason else await try_again(connection, outlet.slug, now - TRIED_AGAIN)


async def examine(connection: AsyncConnection, outlet: Outlet, last_at: datetime | None, now: datetime) -> Health:
    """Return how an outlet is, of what the ledger has counted."""
    since = now - REMEMBERED
    brought = (await hourly(connection, [outlet.slug], since)).get(outlet.slug, {})
    hours = await hours_of(connection, outlet.slug, since)
    sources = still_asked(await sources_health(connection, outlet.slug), outlet, now)
    verdict = await asyncio.to_thread(judge, brought, hours, sources, last_at, now, zone_of(outlet.timezone))
    stale = await stale_sources(connection, outlet, sources)
    return Health(
        outlet=outlet.slug,
        reason="; ".join((*verdict.reasons, *stale)) or None,
        since=now,
        expected=verdict.expected,
        seen=sum(found for hour, found in brought.items() if hour > now - timedelta(days=1)),
        silent_since=verdict.silent_since,
        checked_at=now,
    )


def still_asked(sources: Collection[SourceHealth], outlet: Outlet, now: datetime) -> list[SourceHealth]:
    """Return the sources of an outlet without those that its file named once: what was wrong with them is over.

    Sitemaps that robots.txt or an index leads to stand in no file; one that was not read for a week is no part of
    them any more.
    """
    ours = {source.url for source in outlet.sources}
    return [
        each
        for each in sources
        if each.url in ours
        or (each.kind == SourceKind.SITEMAP and each.fetched_at is not None and each.fetched_at > now - UNASKED)
    ]


async def notify(jobs: Jobs, webhook_url: str) -> None:
    """Notify the operator's webhook of what is new; what it does not take is sent again in the next round."""
    async with jobs.runtime.engine.connect() as connection:
        news = await unnotified(connection)
    for each in news:
        outlet = next((outlet for outlet in jobs.catalogue if outlet.slug == each.outlet), None)
        if outlet is None:
            continue
        try:
            await asyncio.to_thread(_post, webhook_url, change_of_health(each, outlet))
        except (OSError, ValueError) as error:
            # a URLError is an OSError; the address may carry a secret and stays out of the log
            status = error.code if isinstance(error, urllib.error.HTTPError) else None
            log.warning("webhook_failed", outlet=each.outlet, reason=type(error).__name__, status=status)
            return
        async with jobs.runtime.engine.begin() as connection:
            await note_notified(connection, each)


def _post(url: str, document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "broadsheet"}
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - http(s), checked at the start
    with urllib.request.urlopen(request, timeout=WEBHOOK_SECONDS):  # noqa: S310 - the operator's own address
        return
