"""A live blog's entries, each with its time."""

from typing import Any
from zoneinfo import ZoneInfo

from news.article import Entry
from news.moment import TimeSource
from pipelines.extract import instants, json_ld
from pipelines.extract.document import Document
from pipelines.extract.words import plain

#: the longest real ticker had some hundred entries
_LIMIT = 1_000


def entries(document: Document, zone: ZoneInfo | None) -> tuple[Entry, ...]:
    """Return the entries that the page's LiveBlogPosting lists, in its order."""
    for node in (document.article, *document.nodes):
        updates = node.get("liveBlogUpdate")
        if "LiveBlogPosting" not in json_ld.types(node) or not updates:
            continue
        listed = updates if isinstance(updates, list) else [updates]
        read = (_entry(update, zone) for update in listed[:_LIMIT] if isinstance(update, dict))
        return tuple(entry for entry in read if entry)
    return ()


def _entry(update: dict[str, Any], zone: ZoneInfo | None) -> Entry | None:
    headline = _text(update.get("headline")) or _text(update.get("name"))
    body = _text(update.get("articleBody")) or _text(update.get("description"))
    stated = instants.read(str(update.get("datePublished") or update.get("dateModified") or ""))
    if not headline and not body:
        return None
    moment = stated.moment(TimeSource.JSON_LD, zone) if stated else None
    return Entry(headline=headline, body=body, date_published=moment)


def _text(value: Any) -> str:
    return plain(value) if isinstance(value, str) else ""
