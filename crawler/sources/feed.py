"""RSS and Atom, as well-formed or broken as outlets serve them."""

import io
from calendar import timegm
from datetime import UTC, datetime
from time import struct_time

import feedparser
from feedparser.encodings import parse_content_type

from crawler.sources.listing import Listing, listing, stated
from crawler.sources.references import mended
from crawler.xml_bounds import excess_of
from news.errors import SourceUnreadable
from news.page import Page


def read(page: Page) -> Listing:
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
        response_headers={"content-type": page.headers.get("content-type", ""), "content-location": page.final_url},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    # of an empty answer feedparser tells nothing at all
    if not feed.get("version") and not feed.get("entries"):
        raise SourceUnreadable("it is not a feed")
    entries = ((str(entry.get("link") or ""), _changed_at(entry)) for entry in feed.entries)
    return listing(page.final_url, ((link, at) for link, at in entries if link))


def _changed_at(entry: feedparser.FeedParserDict) -> datetime | None:
    # asked for a missing update time, feedparser answers with the publication's and a warning
    names = [name for name in ("updated_parsed", "published_parsed") if name in entry]
    return stated(*(_instant(entry[name]) for name in names))


def _instant(parsed: struct_time | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None
