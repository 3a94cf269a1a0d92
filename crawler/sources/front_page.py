"""A front page or section page: its links that look like an article's."""

import re
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from crawler.sources.listing import Rows
from news.errors import SourceUnreadable
from news.page import Page

#: path segments of pages that list or serve, in the languages where outlets use them: there are more of them than
#: articles. What else is no article is fetched once, found to be none and not visited again.
_NEVER = re.compile(
    r"/(tags?|topics?|themen?|temas?|authors?|autor(en|es)?|auteurs?|search|suche|login|account|abo|subscribe|"
    r"newsletters?|shop|feeds?|rss)(/|$|\.)",
    re.IGNORECASE,
)
_FILES = re.compile(r"\.(jpe?g|png|gif|webp|svg|pdf|mp[34]|zip|css|js|xml|json|ico|txt)$", re.IGNORECASE)


def rows(page: Page) -> Rows:
    """Return the links of a page that may be articles; none of them states a time.

    Raises SourceUnreadable for a page without any link.
    """
    tree = LexborHTMLParser(page.content)
    links = [link.attributes.get("href") for link in tree.css("a[href], area[href]")]
    if not links:
        raise SourceUnreadable("it has no links")
    base = _base(tree, page.final_url)
    found: list[str] = []
    others: list[str] = []
    nameless: list[str] = []
    for link in links:
        try:
            url = urljoin(base, (link or "").strip())
            (found if may_be_article(url) else others).append(url)
        except ValueError:
            nameless.append(link or "")  # such as "http://[": no address at all
    return Rows(rows=[(url, None) for url in found], not_articles=others, nameless=nameless)


def _base(tree: LexborHTMLParser, address: str) -> str:
    """Return what relative links are relative to: `<base href>`, else the page's own address."""
    stated = tree.css_first("base[href]")
    try:
        return urljoin(address, (stated.attributes.get("href") or "").strip()) if stated else address
    except ValueError:
        return address


def may_be_article(url: str) -> bool:
    """Return whether an address may be an article's: not the front page, a file, a list of some topic or a service.

    Nor is it what no browser fetches, such as `mailto:` and `javascript:`.

    >>> may_be_article("https://a.example/politik/der-kanzler-spricht-4711.html"), may_be_article("https://a.example/")
    (True, False)
    >>> may_be_article("https://a.example/tag/kanzler"), may_be_article("https://a.example/feed.xml")
    (False, False)
    """
    parts = urlsplit(url)
    path = parts.path
    return (
        parts.scheme in ("http", "https")
        and path.strip("/") != ""
        and not _NEVER.search(path)
        and not _FILES.search(path)
    )
