"""A live blog's entries, each with its time."""

from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

from news.article import Entry
from news.moment import TimeSource
from pipelines.extract import instants, json_ld
from pipelines.extract.blocks import Block, Outline
from pipelines.extract.document import Document
from pipelines.extract.words import plain

#: the longest real ticker had some hundred entries
_LIMIT = 1_000
#: fewer boxes with a time each are no ticker
_LEAST = 3
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())


def entries(
    document: Document, page: Outline, text: list[Block], zone: ZoneInfo | None, *, live: bool
) -> tuple[Entry, ...]:
    """Return the entries of a live blog in the page's order.

    They are those that its LiveBlogPosting lists, else, on a page that is `live` by its address or node, the boxes of
    its `text` that carry a time each.
    """
    for node in (document.article, *document.nodes):
        updates = node.get("liveBlogUpdate")
        if "LiveBlogPosting" not in json_ld.types(node) or not updates:
            continue
        listed = updates if isinstance(updates, list) else [updates]
        read = (_entry(update, zone) for update in listed[:_LIMIT] if isinstance(update, dict))
        return tuple(entry for entry in read if entry)
    return _shown(page, text, zone) if live else ()


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


def _shown(page: Outline, text: list[Block], zone: ZoneInfo | None) -> tuple[Entry, ...]:
    """Return an entry for each of the boxes alike that hold the text and a time element each."""
    boxes = page.boxes
    stamped: dict[int, set[int]] = defaultdict(set)  # a box and those of its children in which a time stands
    for at, box in enumerate(boxes):
        if box.stamp:
            below = at
            for above in page.above(box.parent):
                stamped[above].add(below)
                below = above
    best = max(stamped, key=lambda at: (len(stamped[at]), boxes[at].depth), default=-1)
    if best < 0 or len(stamped[best]) < _LEAST:
        return ()
    parts: dict[int, list[Block]] = {at: [] for at in sorted(stamped[best])}
    for block in text:
        for at in page.above(block.box):
            if at in parts:
                parts[at].append(block)
                break
    found = []
    for at, blocks in parts.items():
        stamp = next((each.stamp for below, each in enumerate(boxes) if each.stamp and at in page.above(below)), "")
        stated = instants.read(stamp)
        heading = next((block for block in blocks if block.tag in _HEADINGS), None)
        body = "\n".join(block.text for block in blocks if block is not heading)
        if heading or body:
            moment = stated.moment(TimeSource.TIME_TAG, zone) if stated else None
            found.append(Entry(headline=heading.text if heading else "", body=body, date_published=moment))
    return tuple(found[:_LIMIT])
