"""A watch added or edited: checked against the settings, its usual level learned from what the index has."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from index.normalised_query import check_whole
from index.protocol import Index
from index.query import Interval
from index.stored_query import restored
from ledger import watch_settings as settings
from ledger.faults import in_transaction
from ledger.watch_settings import WatchEdit
from ledger.watches import add
from news.clock import now
from news.configuration import Configuration
from news.errors import BadWatch, IndexUnavailable
from news.storable import storable
from news.watch import LEARNED, Trigger, Watch
from schedules.watching.webhook import check_public


async def create(engine: AsyncEngine, index: Index, configuration: Configuration, **fields: Any) -> Watch:
    """Keep a watch with these fields, and return it with its secrets. Raises BadWatch and BadQuery."""
    watch = Watch(id=uuid4(), **storable(fields))
    _check(watch, configuration)
    at = now()
    found_before = await _by_hour(index, watch.query, at) if watch.wants(Trigger.SPIKES) else {}

    async def kept(connection: AsyncConnection) -> Watch:
        return await add(connection, watch, found_before, at)

    return await in_transaction(engine, kept)


async def edit(engine: AsyncEngine, index: Index, configuration: Configuration, old: Watch, **fields: Any) -> WatchEdit:
    """Give the watch that was read as `old` these fields, and return what that did; all others stay.

    Raises BadWatch, BadQuery, EditConflict and NotFound, and has changed nothing then.
    """
    watch = replace(old, **storable(fields))
    if watch.email is None and "digest_hours" not in fields:  # nobody is left to gather for
        watch = replace(watch, digest_hours=())
    _check(watch, configuration, old)
    at, found_before = now(), None
    if watch.wants(Trigger.SPIKES) and (watch.query != old.query or not old.wants(Trigger.SPIKES)):
        found_before = await _by_hour(index, watch.query, at)

    async def edited(connection: AsyncConnection) -> WatchEdit:
        return await settings.edit(connection, watch, old.mark, found_before, at)

    return await in_transaction(engine, edited)


def _check(watch: Watch, configuration: Configuration, old: Watch | None = None) -> None:
    watch.check()
    if not (old and old.query == watch.query):
        check_whole(watch.query["text"])
    if watch.webhook_url and not (old and old.webhook_url == watch.webhook_url):
        check_public(watch.webhook_url, configuration)
    if watch.email and not (old and old.email == watch.email) and configuration.smtp_host is None:
        raise BadWatch("No e-mail can be sent: BROADSHEET_SMTP_HOST is not set.")


async def _by_hour(index: Index, query: Mapping[str, Any], at: datetime) -> dict[datetime, int]:
    """Return how many articles the index has of the last two weeks, by hour of publication; none if it is away."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    bounds = {"published_from": (hour - LEARNED).isoformat(), "published_until": hour.isoformat()}
    asked = restored(dict(query) | bounds | {"timezone": "UTC"}, size=0, histogram=Interval.HOUR)
    try:
        found = await index.search(asked)
    except IndexUnavailable:
        return {}  # then the level is learned from what comes
    return {datetime.fromisoformat(bar.value): bar.count for bar in found.histogram}
