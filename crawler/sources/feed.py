"""RSS and Atom, as well-formed or broken as outlets serve them."""

import html
import io
from calendar import timegm
from datetime import UTC, datetime
from time import struct_time

import feedparser
from feedparser.encodings import parse_content_type

from crawler.sources.listing import Rows, stated
from crawler.sources.references import mended
from crawler.xml_bounds import excess_of
from news.errors import SourceUnreadable
from news.page import Page


def rows(page: Page) -> Rows:
    """Return the articles that a feed lists, with the time of their last change where it states one.

    Raises SourceUnreadable if the page is not a feed, or more than a parser may have.
    """
    content = mended(page.content)
    charset = parse_content_type(page.headers.get("content-type", ""))[1]
    if excess := excess_of(content, charset=charset):
        raise SourceUnreadable(excess)
    # bytes in a stream, never a string: feedparser opens a string that names a file
    feed = feedparser.parse(
        io.BytesIO(content),
        # without the feed's address: feedparser would make one of the guid `48213`, too
        response_headers={"content-type": page.headers.get("content-type", "")},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    # of an empty answer feedparser tells nothing at all
    if not feed.get("version") and not feed.get("entries"):
        raise SourceUnreadable("it is not a feed")
    found = [(link, _changed_at(entry)) for entry in feed.entries for link in _links(entry)]
    nameless = [_text(entry.get("id") or entry.get("title")) for entry in feed.entries if not _links(entry)]
    return Rows(rows=found, nameless=nameless)


def _links(entry: feedparser.FeedParserDict) -> list[str]:
    """Return the addresses of an entry's article: one, or one for each of its alternates.

    Where a service stands between (FeedBurner), the outlet's own address, which it keeps. Of alternates in several
    languages the first. A guid or id counts where there is no link, and only where it is an address: `48213` is none.
    """
    if original := _text(entry.get("feedburner_origlink")):
        return [original]
    id = _text(entry.get("id"))
    first = ""
    found: list[str] = []
    for link in entry.get("links", ()):
        href, language = _text(link.get("href")), _text(link.get("hreflang"))
        is_page = link.get("rel") == "alternate" and "html" in str(link.get("type") or "html").lower()
        if is_page and href and (not language or language == (first := first or language)):
            found.append(href)
    if not found:
        # feedparser takes a guid for a link, whatever it is
        link = "" if entry.get("guidislink") else _text(entry.get("link"))
        found = [link] if link else [id] if id.lower().startswith(("http://", "https://")) else []
    # "&amp;amp;": escaped twice
    return [html.unescape(each) if "&amp;" in each else each for each in found]


def _text(stated: object) -> str:
    return str(stated or "").strip()


def _changed_at(entry: feedparser.FeedParserDict) -> datetime | None:
    # asked for a missing update time, feedparser answers with the publication's and a warning
    names = [name for name in ("updated_parsed", "published_parsed") if name in entry]
    return stated(*(_instant(entry[name]) for name in names))


def _instant(parsed: struct_time | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None
