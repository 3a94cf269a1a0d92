"""Where outlets announce their articles. A form of list is one module here with one function, `rows`."""

from collections.abc import Callable
from dataclasses import replace

from crawler.sources import feed, front_page, json_feed, sitemap, text
from crawler.sources.content import Form, form_of, unpacked
from crawler.sources.listing import MOST_ROWS, NEWEST, Listing, Rows, listing, parts
from news.outlet import SourceKind
from news.page import Page

_READERS: dict[Form, Callable[[Page], Rows]] = {
    Form.FEED: feed.rows,
    Form.JSON: json_feed.rows,
    Form.SITEMAP: sitemap.rows,
    Form.TEXT: text.rows,
}
#: what is none of these forms is broken, and its reader says so
_EXPECTED: dict[SourceKind, Callable[[Page], Rows]] = {
    SourceKind.FEED: feed.rows,
    SourceKind.SITEMAP: sitemap.rows,
    SourceKind.FRONT_PAGE: front_page.rows,
}


def read_source(kind: SourceKind, page: Page) -> Listing:
    """Return what a fetched source lists: its newest pages, or all parts of a sitemap index.

    What a list is, is told by its content, whatever its kind or its headers say: a feed may stand where a sitemap is
    expected (sitemaps.org allows RSS, Atom and plain text), and each may be gzipped. It parses a stranger's bytes:
    call it in the pool. Raises SourceUnreadable, which says why, for a source that is broken.
    """
    return _read(kind, page, NEWEST)


def read_whole(page: Page) -> Listing:
    """Return all that a sitemap lists. Raises SourceUnreadable as `read_source` does."""
    return _read(SourceKind.SITEMAP, page, MOST_ROWS)


def _read(kind: SourceKind, page: Page, newest: int) -> Listing:
    reader = _EXPECTED[kind]
    if kind is not SourceKind.FRONT_PAGE:
        page = replace(page, content=unpacked(page.content))
        reader = _READERS.get(form_of(page.content), reader)
    found = reader(page)
    if found.are_parts:
        return parts(page.final_url, found)
    return listing(page.final_url, found, newest)
