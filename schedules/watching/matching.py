"""News are matched with the watches, once the index finds their articles; what is found is written down at once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from index.protocol import Index
from index.query import Query
from index.stored_query import restored
from ledger.faults import in_transaction
from ledger.watch_matches import (
    ArticleNews,
    count_stories,
    has_spike_since,
    past_news,
    report,
    reported_stories,
    stories_by_hour,
    take,
    unmatched,
    with_articles,
)
from ledger.watches import all_watches, forget_news_without_watches, note_problem
from news.clock import now
from news.errors import BadQuery
from news.log import Log
from news.watch import BETWEEN_SPIKES, HOUR, LEARNED, Notification, Trigger, Watch, spike
from schedules.watching.reports import of_spike, reports

log = Log()

#: news that are matched at once; the index is asked each watch's search of their articles
BATCH = 500
#: news of a trial at most
MOST_TRIED = 50_000


async def match(engine: AsyncEngine, index: Index) -> bool:
    """Match the next news that can be matched; return whether there were any. Raises IndexUnavailable.

    News are taken off the list in the transaction that writes what the watches report of them: a kill at any moment
    leaves both undone, or both done.
    """
    async with engine.connect() as connection:
        news = await unmatched(connection, BATCH)
        # read after the news: a watch that was there when they were written is among them
        every = await all_watches(connection)
    # one that is paused is still told of what came before
    watches = [each for each in every if not each.paused or any(each.sees(one.news.number) for one in news)]
    if not watches:
        await in_transaction(engine, forget_news_without_watches)
        return False
    # what the index was given it may find only some seconds later
    searchable = await index.revisions({str(each.news.article_id) for each in news}) if news else {}
    ready = [each for each in news if searchable.get(str(each.news.article_id), -1) >= each.revision]
    if not ready:
        return False
    matched, problems = await _matches(index, watches, {str(each.news.article_id) for each in ready})

    async def written(connection: AsyncConnection) -> None:
        now_there = await all_watches(connection, held=True)
        asked = {each.id: each.query for each in watches}
        if any(each.query != asked.get(each.id, each.query) for each in now_there):
            return  # a search was edited while the index was asked
        taken = await take(connection, [each.news.number for each in ready])
        ours = [each for each in ready if each.news.number in taken]
        for watch in now_there:
            problem = problems.get(watch.id, "")
            if problem != watch.problem and (problem or watch.id in matched):
                await note_problem(connection, watch.id, problem)
        await _report(connection, [each for each in now_there if matched.get(each.id)], ours, matched)

    await in_transaction(engine, written)
    return True


async def _report(
    connection: AsyncConnection,
    watches: Sequence[Watch],
    news: Sequence[ArticleNews],
    matched: Mapping[UUID, frozenset[str]],
) -> None:
    if not watches or not news:
        return
    at = now()
    known: dict[UUID, set[UUID]] = {each.id: set() for each in watches}
    for id, story in await reported_stories(connection, known, {each.story for each in news}):
        known[id].add(story)
    reported: list[tuple[Watch, list[Notification]]] = []
    named = [(str(each.news.article_id), each) for each in news]
    for watch in watches:
        found = [each for id, each in named if watch.sees(each.news.number) and id in matched[watch.id]]
        notifications, new_stories = reports(watch, found, known[watch.id])
        if new_stories and watch.wants(Trigger.SPIKES):
            notifications += await _spike(connection, watch, new_stories, at)
        reported.append((watch, notifications))
        await asyncio.sleep(0)  # crawls and readers have their turn
    if count := await report(connection, reported, at):
        log.info("watches_matched", news=len(news), notifications=count)


async def _spike(connection: AsyncConnection, watch: Watch, more: int, at: datetime) -> list[Notification]:
    """Count stories that a watch found now, and return the notification of a spike if that makes one."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    await count_stories(connection, watch.id, hour, more)
    by_hour = await stories_by_hour(connection, watch.id, hour - LEARNED - HOUR)
    since = min([*by_hour, watch.created_at or at])
    found = spike(by_hour, since, at)
    if found is None or await has_spike_since(connection, watch.id, at - BETWEEN_SPIKES):
        return []
    return [of_spike(watch, found)]


async def _matches(
    index: Index, watches: Sequence[Watch], ids: set[str]
) -> tuple[dict[UUID, frozenset[str]], dict[UUID, str]]:
    """Return which of some articles each watch finds, and why a watch cannot be asked."""
    queries: dict[UUID, Query] = {}
    problems: dict[UUID, str] = {}
    for watch in watches:
        try:
            queries[watch.id] = restored(watch.query)
        except (BadQuery, ValueError, TypeError, AttributeError) as error:
            problems[watch.id] = str(error)
    try:
        found = dict(zip(queries, await index.matches(list(queries.values()), ids), strict=True))
    except BadQuery:
        found = {}
        for id, query in queries.items():  # one of them cannot be carried out: the others are
            try:
                [found[id]] = await index.matches([query], ids)
            except BadQuery as error:
                problems[id] = str(error)
    return found, problems


async def trial(
    engine: AsyncEngine, index: Index, watch: Watch, since: datetime, until: datetime
) -> list[Notification]:
    """Return what a watch would have reported from `since` until before `until`; nothing is written or sent.

    Its search is asked of the articles as they are now: what matched then and does no more is missing. Spikes are not
    tried. Raises IndexUnavailable, and BadQuery for a search that cannot be carried out.
    """
    query = restored(watch.query)
    async with engine.connect() as connection:
        news = await past_news(connection, since, until, MOST_TRIED)
    stories: set[UUID] = set()
    found: list[Notification] = []
    for start in range(0, len(news), BATCH):
        part = news[start : start + BATCH]
        [matched] = await index.matches([query], {str(each.article_id) for each in part})
        async with engine.connect() as connection:
            known = await with_articles(connection, [each for each in part if str(each.article_id) in matched])
        found += reports(replace(watch, active_since=since), known, stories)[0]
        await asyncio.sleep(0)
    return found
