"""What happened that no watch has seen yet, and what the watches report of it, in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    Integer,
    Text,
    cast,
    column,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union,
    union_all,
    update,
    values,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import (
    articles,
    deliveries,
    notifications,
    outbox,
    quarantine,
    tombstones,
    versions,
    watch_hours,
    watch_news,
    watches,
)
from ledger.watches import notification_of
from news.edits import Edits
from news.errors import BadWatch
from news.moment import utc
from news.watch import Channel, News, Notification, NotificationType, Watch, next_digest

#: notifications of one message; a person reads no longer list
MOST_IN_MESSAGE = 100
#: characters of an article's text where it has no standfirst
SUMMARY = 300
_FIELDS = ("headline", "standfirst", "outlet_name", "in_language", "date_published", "date_precision")
#: where so many are found at once, one message has them all
MOST_SINGLE_MESSAGES = 20


@dataclass(frozen=True, kw_only=True)
class ArticleNews:
    """What happened to an article, and the article as the ledger has it now."""

    news: News
    #: that the index was given
    revision: int
    #: what copies of a text have in common: their story's id, else the article's
    story: UUID
    first_seen_at: datetime
    #: in JSON's types, as a notification has it
    article: Mapping[str, Any]
    #: of a change; None where its version is no more
    edits: Edits | None = None

    @property
    def is_founder(self) -> bool:
        """Whether the article's story began with it."""
        return self.story == self.news.article_id


async def unmatched(connection: AsyncConnection, limit: int) -> list[ArticleNews]:
    """Return the first news that no watch has seen, of articles that the index was given and did not reject."""
    waiting = union(
        select(outbox.c.id).where(outbox.c.stream == "articles"),
        select(quarantine.c.id).where(quarantine.c.stream == "articles"),
    ).cte("waiting")
    query = _with_articles(watch_news).where(~exists().where(waiting.c.id == cast(watch_news.c.article_id, Text)))
    return [_article_news(row) for row in await connection.execute(query.order_by(watch_news.c.number).limit(limit))]


async def past_news(connection: AsyncConnection, since: datetime, until: datetime, limit: int) -> list[News]:
    """Return what happened from `since` until before `until`, in that order, as far as the ledger has it."""
    none = cast(null(), Integer)
    of = NotificationType
    parts: list[Any] = [
        (of.ARTICLE, articles.c.id, literal(1), articles.c.first_seen_at, []),
        (of.CHANGE, versions.c.article_id, versions.c.version, versions.c.seen_at, [versions.c.version > 1]),
        (of.WITHDRAWAL, tombstones.c.article_id, none, tombstones.c.gone_at, []),
        (of.RETURN, tombstones.c.article_id, none, tombstones.c.back_at, []),
    ]
    every = union_all(
        *(
            select(
                literal(str(type)).label("type"), id.label("article_id"), version.label("version"), at.label("at")
            ).where(at >= since, at < until, *more)
            for type, id, version, at, more in parts
        )
    ).subquery()
    query = select(every).order_by(every.c.at, every.c.article_id, every.c.version).limit(limit)
    return [
        News(
            number=number,
            article_id=row.article_id,
            type=NotificationType(row.type),
            version=row.version,
            at=row.at,
        )
        for number, row in enumerate(await connection.execute(query))
    ]


async def with_articles(connection: AsyncConnection, found: Sequence[News]) -> list[ArticleNews]:
    """Return news with their articles, in their order; those of articles that are no more are left out."""
    if not found:
        return []
    rows = values(*(column(each.name, each.type) for each in watch_news.c), name="news").data(
        [(each.number, each.article_id, str(each.type), each.version, each.at) for each in found]
    )
    query = _with_articles(rows).order_by(rows.c.number)
    return [_article_news(row) for row in await connection.execute(query)]


def _with_articles(news: Any) -> Any:
    edits = select(versions.c.edits).where(
        versions.c.article_id == news.c.article_id,
        versions.c.version == news.c.version,
        news.c.type == NotificationType.CHANGE,
    )
    document = articles.c.document
    return select(
        *(news.c[name] for name in ("number", "article_id", "type", "version", "at")),
        *(articles.c[name] for name in ("revision", "first_seen_at", "outlet", "url")),
        *(document[name].astext.label(name) for name in _FIELDS),
        func.left(document["body"].astext, SUMMARY).label("beginning"),
        func.coalesce(articles.c.story_id, articles.c.id).label("story"),
        edits.scalar_subquery().label("edits"),
    ).join(articles, articles.c.id == news.c.article_id)


def _article_news(row: Any) -> ArticleNews:
    article = {name: getattr(row, name) for name in ("outlet", "url", *_FIELDS) if getattr(row, name)}
    summary = row.standfirst or " ".join((row.beginning or "").split())
    if not row.standfirst and len(row.beginning or "") == SUMMARY:
        summary = f"{summary.rpartition(' ')[0] or summary}…"
    article |= {"id": str(row.article_id), "story_id": str(row.story), "first_seen_at": utc(row.first_seen_at)}
    return ArticleNews(
        news=News(
            number=row.number,
            article_id=row.article_id,
            type=NotificationType(row.type),
            version=row.version,
            at=row.at,
        ),
        revision=row.revision,
        story=row.story,
        first_seen_at=row.first_seen_at,
        article=article | ({"summary": summary} if summary else {}),
        edits=Edits.from_json(row.edits) if row.edits else None,
    )


async def take(connection: AsyncConnection, numbers: Collection[int]) -> set[int]:
    """Take news off the list, and return those that nobody else took before: they are this transaction's alone."""
    rows = await connection.execute(
        delete(watch_news).where(watch_news.c.number.in_(list(numbers))).returning(watch_news.c.number)
    )
    return set(rows.scalars())


async def reported_stories(
    connection: AsyncConnection, watch_ids: Collection[UUID], stories: Collection[UUID]
) -> set[tuple[UUID, UUID]]:
    """Return the pairs of watch and story of which the watch has reported a copy, as stories are now."""
    story = func.coalesce(articles.c.story_id, articles.c.id)
    rows = await connection.execute(
        select(notifications.c.watch_id, story)
        .join(articles, articles.c.id == notifications.c.article_id)
        .where(
            or_(articles.c.story_id.in_(list(stories)), articles.c.id.in_(list(stories))),
            notifications.c.watch_id.in_(list(watch_ids)),
            notifications.c.type == NotificationType.ARTICLE,
        )
    )
    return {(watch_id, of_story) for watch_id, of_story in rows}


async def report(
    connection: AsyncConnection, found: Sequence[tuple[Watch, Sequence[Notification]]], at: datetime
) -> int:
    """Write down what watches report, and what is to be sent of it; return how many they had not reported before."""
    rows = [
        {
            "id": each.id,
            "watch_id": each.watch_id,
            "key": each.key,
            "type": str(each.type),
            "at": each.at,
            "article_id": each.article_id,
            "content": dict(each.content),
            "muted": watch.is_muted(at),
            "in_digest": _has_digest(watch) and not watch.is_muted(at),
        }
        for watch, notifications_of_it in found
        for each in notifications_of_it
    ]
    if not rows:
        return 0
    statement = insert(notifications).on_conflict_do_nothing().returning(notifications.c.id)
    written = set((await connection.execute(statement, rows)).scalars())
    messages = [
        message
        for watch, notifications_of_it in found
        if not watch.is_muted(at)
        for message in _messages(watch, [each.id for each in notifications_of_it if each.id in written])
    ]
    if messages:
        await connection.execute(insert(deliveries), messages)
    return len(written)


def _has_digest(watch: Watch) -> bool:
    return bool(watch.email and watch.digest_hours)


def _messages(watch: Watch, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Return what is to be sent at once of a watch's notifications, as rows."""
    messages: list[tuple[UUID, Channel, Sequence[UUID]]] = []
    if watch.webhook_url:
        # a notification's id is the event's: a receiver that got it twice knows by it
        messages += [(id, Channel.WEBHOOK, [id]) for id in ids]
    if watch.email and not _has_digest(watch):
        size = 1 if len(ids) <= MOST_SINGLE_MESSAGES else MOST_IN_MESSAGE
        messages += [(uuid4(), Channel.EMAIL, ids[start : start + size]) for start in range(0, len(ids), size)]
    return [
        {"id": id, "watch_id": watch.id, "channel": str(channel), "notifications": list(part)}
        for id, channel, part in messages
    ]


async def make_digests(connection: AsyncConnection, now: datetime) -> int:
    """Make messages of all that waits for a digest whose time has come; return how many watches that were."""
    due = (watches.c.digest_at <= now) & ~watches.c.paused
    rows = (await connection.execute(select(watches).where(due).with_for_update())).all()
    for row in rows:
        await make_digest(connection, row.id)
        try:
            at = next_digest(row.digest_hours, row.timezone, now)
        except BadWatch:  # this machine does not know the time zone any more
            at = next_digest(row.digest_hours, "UTC", now)
        await connection.execute(update(watches).where(watches.c.id == row.id).values(digest_at=at))
    return len(rows)


async def make_digest(connection: AsyncConnection, watch_id: UUID) -> None:
    """Make messages of all that waits for a watch's digest."""
    waiting = (notifications.c.watch_id == watch_id) & notifications.c.in_digest
    query = select(notifications.c.id).where(waiting).order_by(notifications.c.number)
    ids = list((await connection.execute(query)).scalars())
    parts = [ids[start : start + MOST_IN_MESSAGE] for start in range(0, len(ids), MOST_IN_MESSAGE)]
    messages = [
        {"id": uuid4(), "watch_id": watch_id, "channel": str(Channel.EMAIL), "notifications": part} for part in parts
    ]
    if messages:
        await connection.execute(insert(deliveries), messages)
        await connection.execute(update(notifications).where(waiting).values(in_digest=False))


async def count_stories(connection: AsyncConnection, watch_id: UUID, hour: datetime, found: int) -> None:
    """Note that a watch found so many stories more in an hour."""
    statement = insert(watch_hours).values(watch_id=watch_id, hour=hour, found=found)
    more = {"found": watch_hours.c.found + statement.excluded.found}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[watch_hours.c.watch_id, watch_hours.c.hour], set_=more)
    )


async def stories_by_hour(connection: AsyncConnection, watch_id: UUID, since: datetime) -> dict[datetime, int]:
    """Return how many stories a watch found, by hour, and forget what was before `since`."""
    of_this = watch_hours.c.watch_id == watch_id
    await connection.execute(delete(watch_hours).where(of_this, watch_hours.c.hour < since))
    rows = await connection.execute(select(watch_hours.c.hour, watch_hours.c.found).where(of_this))
    return {row.hour: row.found for row in rows}


async def has_spike_since(connection: AsyncConnection, watch_id: UUID, since: datetime) -> bool:
    """Say whether a watch has reported a spike since then."""
    of_spike = (notifications.c.watch_id == watch_id) & (notifications.c.type == NotificationType.SPIKE)
    query = select(exists(select(notifications.c.id).where(of_spike, notifications.c.at > since)))
    return bool((await connection.execute(query)).scalar_one())


async def notifications_of(connection: AsyncConnection, ids: Collection[UUID]) -> list[Notification]:
    """Return notifications by their ids, in the order in which they were found."""
    query = select(notifications).where(notifications.c.id.in_(list(ids))).order_by(notifications.c.number)
    return [notification_of(row) for row in await connection.execute(query)]


async def prune(connection: AsyncConnection, before: datetime) -> None:
    """Forget notifications that were found before then, and are sent."""
    unsent = select(func.unnest(deliveries.c.notifications))
    old = (notifications.c.found_at < before) & ~notifications.c.in_digest & notifications.c.id.not_in(unsent)
    await connection.execute(delete(notifications).where(old))
