"""News and a watch in, what the watch reports of them out: a story once, whoever copies it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from ledger.watch_matches import ArticleNews
from news.edits import EditKind, Edits
from news.moment import utc
from news.watch import Notification, NotificationType, Spike, Trigger, Watch


def reports(watch: Watch, found: Iterable[ArticleNews], stories: set[UUID]) -> tuple[list[Notification], int]:
    """Return what a watch reports of news that its search finds, and how many stories among them are new to it.

    `stories` are those that it has reported; the new ones are added. An article that was known before the watch began,
    or came while it was paused, is no news to it, though an edit makes it match; any other is, at the first edit that
    makes it match.
    """
    notifications, count = [], 0
    for each in found:
        is_first = each.news.type is NotificationType.ARTICLE or (
            each.news.type is NotificationType.CHANGE
            and watch.wants(Trigger.ARTICLES)
            and watch.is_new(each.first_seen_at)
        )
        if is_first and (each.story not in stories if watch.wants(Trigger.ARTICLES) else each.is_founder):
            count += 1
            stories.add(each.story)
            if watch.wants(Trigger.ARTICLES):
                notifications.append(
                    _of_article(watch, each, NotificationType.ARTICLE, f"article:{each.news.article_id}")
                )
                continue
        if each.news.type is NotificationType.CHANGE and each.edits and _is_wanted(watch, each.edits):
            key = f"change:{each.news.article_id}:{each.news.version}"
            notifications.append(_of_article(watch, each, NotificationType.CHANGE, key))
        elif each.news.type in (NotificationType.WITHDRAWAL, NotificationType.RETURN) and watch.wants(
            Trigger.WITHDRAWALS
        ):
            key = f"{each.news.type}:{each.news.article_id}:{utc(each.news.at)}"
            notifications.append(_of_article(watch, each, each.news.type, key))
    return notifications, count


def _is_wanted(watch: Watch, edits: Edits) -> bool:
    if edits.is_unexplained or not edits.kinds:
        return False  # the outlet may have changed nothing
    return (
        watch.wants(Trigger.CHANGES)
        or (watch.wants(Trigger.CORRECTIONS) and EditKind.CORRECTION_NOTICE in edits.kinds)
        or (watch.wants(Trigger.SILENT) and edits.stealth)
    )


def _of_article(watch: Watch, found: ArticleNews, type: NotificationType, key: str) -> Notification:
    content: dict[str, Any] = {"article": dict(found.article)}
    if type is NotificationType.CHANGE and found.edits:
        content |= {"version": found.news.version, "edits": found.edits.as_json()}
    return Notification(
        watch_id=watch.id,
        key=key,
        type=type,
        at=found.news.at,
        article_id=found.news.article_id,
        content=content,
    )


def of_spike(watch: Watch, found: Spike) -> Notification:
    """Return the notification of an hour with many more stories than usual."""
    return Notification(
        watch_id=watch.id,
        key=f"spike:{utc(found.hour)}",
        type=NotificationType.SPIKE,
        at=found.hour,
        article_id=None,
        content={"spike": {"hour": utc(found.hour), "found": found.found, "usual": found.usual}},
    )
