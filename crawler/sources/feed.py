"""RSS and Atom, as well-formed or broken as outlets serve them."""

import html
import io
import re
from calendar import timegm
from datetime import UTC, datetime
from time import struct_time
from typing import TYPE_CHECKING

from crawler.sources.listing import Row, Rows, stated
from crawler.sources.references import mended
from crawler.xml_bounds import excess_of
from news.errors import SourceUnreadable
from news.moment import TimeSource
from news.page import Page

if TYPE_CHECKING:
    from feedparser import FeedParserDict

#: some templates write RSS's link as HTML's, which has no content
_VOID_LINK = re.compile(rb"<link\s*/>\s*(https?://[^\s<]{1,4000})(?:\s*</link>)?", re.IGNORECASE)

_TIME_LIMIT = 100


def rows(page: Page) -> Rows:
    """Return the articles that a feed lists, with the time of their last change where it states one.

    Raises SourceUnreadable if the page is not a feed, or more than a parser may have.
    """
    import feedparser  # workers have it
    from feedparser.encodings import parse_content_type

    content = _VOID_LINK.sub(rb"<link>\1</link>", mended(page.content))
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
    language = _text(feed.feed.get("language")) or "en"
    found: list[Row] = []
    translations: list[str] = []
    nameless: list[str] = []
    for entry in feed.entries:
        alternates, in_other_languages = _alternates(entry)
        if links := _links(entry, alternates):
            changed_at = _changed_at(entry, language)
            found += [(link, changed_at) for link in links]
        else:
            nameless.append(_text(entry.get("id") or entry.get("title")))
        translations += in_other_languages
    return Rows(rows=found, nameless=nameless, not_articles=translations)


def _links(entry: "FeedParserDict", alternates: list[str]) -> list[str]:
    """Return the addresses of an entry's article: one, or one for each of its alternates.

    Where a service stands between (FeedBurner, Pheedo), the outlet's own address, which it keeps. A guid or id counts
    where there is no link, and only where it is an address: `48213` is none.
    """
    if original := _text(entry.get("feedburner_origlink") or entry.get("pheedo_origlink")):
        return [original]
    id, found = _text(entry.get("id")), alternates
    if not found:
        # feedparser takes a guid for a link, whatever it is
        link = "" if entry.get("guidislink") else _text(entry.get("link"))
        found = [link] if link else [id] if id.lower().startswith(("http://", "https://")) else []
    # "&amp;amp;": escaped twice
    return [html.unescape(each) if "&amp;" in each else each for each in found]


def _alternates(entry: "FeedParserDict") -> tuple[list[str], list[str]]:
    """Return an entry's alternates in the language of the first, and those in other languages."""
    first = ""
    found: list[str] = []
    others: list[str] = []
    for link in entry.get("links", ()):
        href, language = _text(link.get("href")), _text(link.get("hreflang"))
        if link.get("rel") == "alternate" and href and "html" in str(link.get("type") or "html").lower():
            (found if not language or language == (first := first or language) else others).append(href)
    return found, others


def _text(stated: object) -> str:
    return str(stated or "").strip()


def _changed_at(entry: "FeedParserDict", language: str) -> datetime | None:
    # asked for a missing update time, feedparser answers with the publication's and a warning
    known = [name for name in ("updated", "published") if f"{name}_parsed" in entry]
    return stated(*(_time(_text(entry.get(name)), entry[f"{name}_parsed"], language) for name in known))


def _time(written: str, parsed: struct_time | None, language: str) -> datetime | None:
    # feedparser takes "2026年11月24日" for the first of the month
    return _instant(parsed if written.isascii() else None) or _in_words(written, language)


def _in_words(time: str, language: str) -> datetime | None:
    """Return a time that names its day or month as the feed's language does: "Di, 24 Dez 2026 10:00:00 +0100"."""
    from pipelines.extract.human_dates import find  # workers have it

    spoken = find(time[:_TIME_LIMIT], language, None)
    at = spoken[0].stated.moment(TimeSource.TEXT, None).at if spoken else None
    return at if isinstance(at, datetime) or at is None else datetime(at.year, at.month, at.day, tzinfo=UTC)


def _instant(parsed: struct_time | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None
