"""A watch added or edited: checked against the settings, its usual level learned from what the index has."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from crawler.catalogue import Catalogue
from index.document import folded_value
from index.fields import facets
from index.hints import unknown_values
from index.normalised_query import check_whole
from index.protocol import Index
from index.query import Interval
from index.stored_query import restored
from ledger import watch_settings as settings
from ledger.change_log import outlets_with_articles
from ledger.faults import in_transaction
from ledger.watch_settings import WatchEdit
from ledger.watches import add
from news.clock import now
from news.configuration import Configuration
from news.errors import BadQuery, BadWatch, IndexUnavailable, UnknownOutlet, hint
from news.storable import storable
from news.watch import LEARNED, Trigger, Watch
from schedules.watching.webhook import check_public


async def create(engine: AsyncEngine, index: Index, configuration: Configuration, **fields: Any) -> Watch:
    """Keep a watch with these fields, and return it with its secrets. Raises BadWatch and BadQuery."""
    watch = Watch(id=uuid4(), **storable(fields))
    _check(watch, configuration)
    await _check_filters(engine, configuration, watch.query["filters"])
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
    before = old.query["filters"]
    new = {name: [each for each in values if each not in before.get(name, ())] for name, values in _filters(watch)}
    await _check_filters(engine, configuration, new)
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


def _filters(watch: Watch) -> Iterable[tuple[str, list[str]]]:
    filters: Mapping[str, list[str]] = watch.query["filters"]
    return filters.items()


async def _check_filters(
    engine: AsyncEngine, configuration: Configuration, filters: Mapping[str, Sequence[str]]
) -> None:
    """Raise BadWatch for a value that no article can ever have; one that none has yet is no mistake."""
    for name, values in filters.items():
        facet = facets().get(name)
        for value in values:
            if not folded_value(value):
                raise BadWatch(f"The filter '{name}' has no value: state one, or leave the filter out.")
            if facet and facet.vocabulary and folded_value(value) not in facet.vocabulary:
                raise BadWatch(f"No article can have {name} '{value[:50]}'. {hint(value, facet.vocabulary)}")
    if outlets := filters.get("outlet"):
        known = [outlet.slug for outlet in await asyncio.to_thread(Catalogue, home=configuration.home)]
        if unknown := [each for each in outlets if folded_value(each) not in known]:
            async with engine.connect() as connection:
                known += await outlets_with_articles(connection)
            for each in unknown:
                if folded_value(each) not in known:
                    raise BadWatch(str(UnknownOutlet(each[:50], known)))


async def not_yet_found(index: Index, watch: Watch) -> tuple[str, ...]:
    """Return a sentence for each value of a watch's search that no article has yet, with what may have been meant.

    Nothing is said while the index is away, or of a search that it cannot carry out.
    """
    try:
        return tuple(each.sentence for each in await unknown_values(index, restored(watch.query)))
    except (IndexUnavailable, BadQuery):
        return ()


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
