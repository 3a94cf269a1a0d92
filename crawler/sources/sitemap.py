"""Sitemaps, news sitemaps and sitemap indexes (sitemaps.org, Google's news extension), plain or gzipped."""

import gzip
import io
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime

from lxml import etree
from scrapy.utils.sitemap import Sitemap

from crawler.sources.listing import Listing, listing, stated
from crawler.sources.references import mended
from crawler.xml_bounds import SITEMAP_ELEMENTS, excess_of
from ledger.pages import Found
from news.errors import SourceUnreadable
from news.outlet import Source, SourceKind
from news.page import Page
from news.storable import storable

#: the newest parts of a sitemap index that are read at each poll
NEWEST_PARTS = 5
#: sitemaps.org allows as many entries in one file
MOST_ENTRIES = 50_000
#: sitemaps.org allows 50 MB unpacked; what is larger is not parsed: 80 KB of gzip may hold 80 MB
UNPACKED_BYTES = 50 * 2**20
GZIP_MAGIC = b"\x1f\x8b"


def read(page: Page) -> Listing:
    """Return the pages of a sitemap, or the newest parts of an index as children.

    Raises SourceUnreadable for what is no sitemap, or more than a parser may have.
    """
    is_index, rows = _rows(page)
    if not is_index:
        return listing(page.final_url, rows)
    parts = listing(page.final_url, rows, NEWEST_PARTS)
    children = tuple(Source(kind=SourceKind.SITEMAP, url=part.url) for part in parts.found)
    return Listing(children=children, skipped=parts.skipped)


def read_whole(page: Page) -> tuple[bool, tuple[Found, ...]]:
    """Return whether it is an index, and all that it lists, pages or parts, with the times that it states.

    Raises SourceUnreadable for what is no sitemap, or more than a parser may have.
    """
    is_index, rows = _rows(page)
    return is_index, listing(page.final_url, rows, MOST_ENTRIES).found


def _rows(page: Page) -> tuple[bool, list[tuple[str, datetime | None]]]:
    content = mended(_unpacked(page.content))
    if not content.strip():
        raise SourceUnreadable("it is empty")
    if excess := excess_of(content, elements=SITEMAP_ELEMENTS):
        raise SourceUnreadable(excess)
    try:
        sitemap = Sitemap(content)
        entries = list(sitemap)
    except (ValueError, TypeError, AttributeError, StopIteration, etree.XMLSyntaxError) as error:
        # not with the parser's words: they may be the stranger's
        raise SourceUnreadable("it is not a sitemap") from error
    if sitemap.type not in ("urlset", "sitemapindex"):
        raise SourceUnreadable(storable(f"it is not a sitemap but <{str(sitemap.type)[:40]}>"))
    rows = [(entry["loc"].strip(), _changed_at(entry)) for entry in entries if entry.get("loc")]
    return sitemap.type == "sitemapindex", rows


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        with gzip.open(io.BytesIO(content)) as packed:
            unpacked = packed.read(UNPACKED_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceUnreadable("its gzip is broken") from error
    if len(unpacked) > UNPACKED_BYTES:
        raise SourceUnreadable(f"it has more than {UNPACKED_BYTES:,} bytes when unpacked")
    return unpacked


def _changed_at(entry: Mapping[str, str | None]) -> datetime | None:
    """Return `lastmod`, else the news extension's publication date; one without a zone is taken as UTC.

    It only orders addresses and asks for a visit; an article's own times never come from here.
    """
    return stated(*(_instant(str(entry.get(name)).strip()) for name in ("lastmod", "publication_date")))


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # such as year 9999 west of Greenwich
        return None
