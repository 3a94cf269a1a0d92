"""Where outlets announce their articles. A kind of source is one module here with one function, `read`."""

from crawler.sources import feed, front_page, sitemap
from crawler.sources.listing import Listing
from news.outlet import SourceKind
from news.page import Page

_READERS = {SourceKind.FEED: feed.read, SourceKind.SITEMAP: sitemap.read, SourceKind.FRONT_PAGE: front_page.read}


def read_source(kind: SourceKind, page: Page) -> Listing:
    """Return what a fetched source lists. It parses a stranger's bytes: call it in the pool.

    Raises SourceUnreadable, which says why, for a source that is broken.
    """
    return _READERS[kind](page)
