"""A plain text sitemap: an address a line (sitemaps.org)."""

from crawler.sources.listing import Rows
from news.page import Page


def rows(page: Page) -> Rows:
    """Return the addresses of the lines; none of them states a time."""
    lines = page.content.decode("utf-8-sig", "replace").splitlines()
    return Rows(rows=[(line.strip(), None) for line in lines if line.strip()])
