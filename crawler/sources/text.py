"""A plain text sitemap: an address a line (sitemaps.org)."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE

from crawler.sources.listing import Rows
from news.page import Page


def rows(page: Page) -> Rows:
    """Return the addresses of the lines; none of them states a time. Another line than a whole address is none."""
    wide = page.content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    lines = [line.strip() for line in page.content.decode("utf-16" if wide else "utf-8-sig", "replace").splitlines()]
    found = [line for line in lines if line.lower().startswith(("http://", "https://"))]
    nameless = [line for line in lines if line and not line.lower().startswith(("http://", "https://"))]
    return Rows(rows=[(line, None) for line in found], nameless=nameless)
