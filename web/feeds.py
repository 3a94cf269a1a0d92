"""Entries in, an Atom (RFC 4287) or JSON Feed (version 1.1) document out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from index.fields import names
from news.moment import utc
from web.search_results import cut, web_address

ATOM_END = "</feed>\n"
#: XML 1.0 has no character for these
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True)
class Feed:
    """What stands over the entries."""

    title: str
    #: of the feed itself, "" for a file
    address: str
    #: of the page that shows the same, "" where there is none
    page: str
    updated: datetime


@dataclass(frozen=True, kw_only=True)
class FeedEntry:
    """One article, or one change of one."""

    #: a URN: the same wherever Broadsheet is asked
    id: str
    title: str
    #: instants as ISO 8601 with a Z
    updated: str
    #: "" where it is not known, or known by its day alone
    published: str = ""
    #: where it is to be read; the outlet's own address
    page: str = ""
    original: str = ""
    authors: tuple[str, ...] = ()
    outlet: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    summary: str = ""
    #: plain text
    text: str = ""


def title_of(text: str) -> str:
    """Return the title of a feed or a file of what a search finds; `text` are the search's words."""
    return f"Broadsheet: {text}" if text else "Broadsheet"


def article_entry(document: Mapping[str, Any], base: str, *, whole: bool = False) -> FeedEntry:
    """Return the entry of an article; `base` is the pages' address, `whole` gives its text in full."""
    body = document.get("body") or ""
    updated = document.get("changed_at") or document.get("fetched_at") or document.get("first_seen_at")
    language = document.get("in_language") or ""
    return FeedEntry(
        id=f"urn:uuid:{document['id']}",
        title=document.get("headline") or "No headline",
        updated=str(updated or "1970-01-01T00:00:00Z"),
        published=str(document.get("date_published") or "") if document.get("date_precision") != "day" else "",
        page=f"{base}/articles/{document['id']}" if base else "",
        original=web_address(document.get("url")),
        authors=tuple(names(document.get("authors")) + names(document.get("agencies"))),
        outlet=document.get("outlet_name") or document.get("outlet") or "",
        language="" if language == "und" else language,
        tags=tuple(names(document.get("sections") or document.get("article_section"))),
        summary=document.get("standfirst") or cut(body),
        text=body if whole else "",
    )


def atom(feed: Feed, entries: Iterable[FeedEntry]) -> str:
    """Return a feed as Atom."""
    return atom_head(feed) + "".join(map(atom_entry, entries)) + ATOM_END


def atom_head(feed: Feed) -> str:
    """Return what begins an Atom document; `atom_entry` and ATOM_END follow."""
    links = ""
    if feed.address:
        links += f'<link rel="self" type="application/atom+xml" href={_attribute(feed.address)}/>\n'
    if feed.page:
        links += f'<link rel="alternate" type="text/html" href={_attribute(feed.page)}/>\n'
    # a file that has no address is named by its title and time (RFC 4151)
    id = urn_of(feed.address) if feed.address else f"tag:broadsheet.invalid,{feed.updated.date()}:{utc(feed.updated)}"
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>{_text(id)}</id>\n<title>{_text(feed.title)}</title>\n"
        f"<updated>{utc(feed.updated)}</updated>\n<generator>Broadsheet</generator>\n{links}"
    )


def atom_entry(entry: FeedEntry) -> str:
    """Return one entry of an Atom document."""
    language = f" xml:lang={_attribute(entry.language)}" if entry.language else ""
    lines = [
        f"<entry{language}>",
        f"<id>{_text(entry.id)}</id>",
        f"<title>{_text(entry.title)}</title>",
        f"<updated>{_text(entry.updated)}</updated>",
    ]
    lines += [f"<published>{_text(entry.published)}</published>"] if entry.published else []
    if entry.page or entry.original:
        lines.append(f'<link rel="alternate" type="text/html" href={_attribute(entry.page or entry.original)}/>')
    lines += [f'<link rel="via" href={_attribute(entry.original)}/>'] if entry.page and entry.original else []
    # each entry must have an author (RFC 4287, 4.1.2)
    lines += [f"<author><name>{_text(name)}</name></author>" for name in entry.authors or (entry.outlet or "Unknown",)]
    lines += (
        [f"<contributor><name>{_text(entry.outlet)}</name></contributor>"] if entry.authors and entry.outlet else []
    )
    lines += [f"<category term={_attribute(tag)}/>" for tag in entry.tags]
    lines += [f"<summary>{_text(entry.summary)}</summary>"] if entry.summary else []
    lines += [f"<content>{_text(entry.text)}</content>"] if entry.text else []
    return "\n".join([*lines, "</entry>\n"])


def json_feed(feed: Feed, entries: Iterable[FeedEntry]) -> dict[str, Any]:
    """Return a feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "items": [_json_item(entry) for entry in entries],
    }


def _json_item(entry: FeedEntry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.id,
        "url": entry.page,
        "external_url": entry.original,
        "title": entry.title,
        "summary": entry.summary,
        # an item must have a content
        "content_text": entry.text or entry.summary or entry.title,
        "date_published": entry.published,
        "date_modified": entry.updated,
        "authors": [{"name": name} for name in entry.authors or filter(None, (entry.outlet,))],
        "tags": list(entry.tags),
        "language": entry.language,
    }
    return {name: value for name, value in item.items() if value}


def urn_of(address: str) -> str:
    """Return a feed's own id: its path and question, whatever the host that it is asked at.

    >>> urn_of("http://127.0.0.1:8000/feed.atom?q=rain")
    'tag:broadsheet.invalid,2026:/feed.atom?q=rain'
    """
    parts = urlsplit(address)
    return f"tag:broadsheet.invalid,2026:{parts.path}{'?' if parts.query else ''}{parts.query}"


def _text(text: str) -> str:
    return escape(_NO_XML.sub("", text))


def _attribute(text: str) -> str:
    return quoteattr(_NO_XML.sub("", text))
