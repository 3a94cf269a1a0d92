"""Does a source answer with what it listed long ago, while the others of its outlet bring news?"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.listings import renewed_at, renewed_in
from ledger.outlet_health import SourceHealth
from ledger.source_rates import WEEKS, by_source
from news.outlet import Outlet
from schedules.health_rules import HOUR, INTERVALS, Usual
from schedules.plan import zone_of

#: a habit is what a source did in so long before its list stood still, and that is all that is looked at
REMEMBERED = timedelta(weeks=WEEKS)
#: it must have been watched over so much of it: two weekends, or the second one would be judged by the first
LEAST_WATCHED = timedelta(days=14)
#: and its list renewed in so many hours: about ten in a week; of a smaller one a holiday is no illness
ENOUGH_RENEWALS = 40
#: hours in which it was the first to list something: without it, articles would have been missed or come later
ENOUGH_FIRSTS = 10
#: the others have brought so many addresses meanwhile, and so much of what is usual for them: it is no holiday
FEW = 5
MOST = 0.5

#: source -> hour -> addresses that it was the first to list
Firsts = Mapping[str, Mapping[datetime, int]]


async def stale_sources(connection: AsyncConnection, outlet: Outlet, sources: Sequence[SourceHealth]) -> list[str]:
    """Return what is wrong with each stale source that stands in the outlet's file.

    Parts of sitemap indexes are skipped: last month's is meant to change no more. A source that cannot be read,
    or lists nothing, is not stale but dead (`schedules.health_rules`).
    """
    ours = {source.url for source in outlet.sources}
    renewed, zone = await renewed_at(connection, outlet.slug), zone_of(outlet.timezone)
    reasons = []
    for each in sources:
        since = renewed.get(each.url)
        if each.url not in ours or since is None or each.fetched_at is None or each.failures or not each.found:
            continue
        # the mark stays for as long as the list does: after four weeks all that could be learned is known
        until = min(each.fetched_at, since + REMEMBERED)
        if until - since <= INTERVALS * HOUR:
            continue
        hours = await renewed_in(connection, outlet.slug, each.url, since - REMEMBERED, since)
        if len(hours) < ENOUGH_RENEWALS:
            continue
        firsts = await by_source(connection, outlet.slug, since - REMEMBERED, until)
        if await asyncio.to_thread(is_stale, each.url, hours, firsts, since, until, zone):
            reasons.append(f"{each.url} has listed nothing new since {since:%d %b %H:%M} UTC, other sources have")
    return reasons


def is_stale(
    source: str, hours: Sequence[datetime], firsts: Firsts, since: datetime, until: datetime, zone: ZoneInfo
) -> bool:
    """Say whether `source`, whose list was renewed in these `hours` and never from `since` on `until` now, is stale.

    Its habit is when its list is renewed, not when it is the first to list something: one that another source has
    overtaken lives. Pauses are measured in what is usual in them, as those of an outlet; but as sources are many and
    their habits thin, only one that lasts longer than INTERVALS of its longest pause counts.
    """
    before = {hour: found for hour, found in firsts.get(source, {}).items() if hour <= since}
    if len(hours) < ENOUGH_RENEWALS or len(before) < ENOUGH_FIRSTS or since - hours[0] < LEAST_WATCHED:
        return False
    usual = Usual.of(dict.fromkeys(hours, 1), hours[0], hours[-1] + HOUR, zone)
    longest = max(usual.expected(one, other) for one, other in pairwise(hours))
    if usual.expected(since, until) <= INTERVALS * max(longest, 1.0):
        return False
    return _others_bring(source, firsts, since, until, zone)


def _others_bring(source: str, firsts: Firsts, since: datetime, until: datetime, zone: ZoneInfo) -> bool:
    others: dict[datetime, int] = {}
    for each, brought in firsts.items():
        if each != source:
            for hour, found in brought.items():
                others[hour] = others.get(hour, 0) + found
    habit = {hour: found for hour, found in others.items() if hour < since}
    meanwhile = sum(others.values()) - sum(habit.values())
    if meanwhile < FEW:
        return False
    return not habit or meanwhile >= MOST * Usual.of(habit, since - REMEMBERED, since, zone).expected(since, until)
