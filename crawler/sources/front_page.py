"""A front page or section page: its links that look like an article's."""

import re
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from crawler.sources.listing import Listing, listing
from news.errors import SourceUnreadable
from news.page import Page
from news.url import site_of

#: path segments of pages that list or serve, in the languages where outlets use them
_NOT_ARTICLES = re.compile(
    r"/(tags?|topics?|themen?|temas?|authors?|autor(en|es)?|auteurs?|profile|category|kategorie|search|suche|login|"
    r"account|abo|subscribe|newsletters?|privacy|datenschutz|impressum|imprint|contact|kontakt|about|advertise|shop|"
    r"jobs|feeds?|rss|sitemap)(/|$|\.)",
    re.IGNORECASE,
)
_FILES = re.compile(r"\.(jpe?g|png|gif|webp|svg|pdf|mp[34]|zip|css|js|xml|json|ico)$", re.IGNORECASE)
_NUMBER = re.compile(r"\d{5,}")
#: a headline in a path has at least this many words
SLUG_WORDS = 4


def read(page: Page) -> Listing:
    """Return the links of a page that look like articles of the same site; none of them states a time.

    Raises SourceUnreadable for a page without any link.
    """
    tree = LexborHTMLParser(page.content)
    links = [link.attributes.get("href") for link in tree.css("a[href]")]
    if not links:
        raise SourceUnreadable("it has no links")
    site = site_of(page.final_url)
    found = []
    for link in links:
        try:
            url = urljoin(page.final_url, (link or "").strip())
            if site_of(url) == site and looks_like_article(url):
                found.append((url, None))
        except ValueError:
            continue  # such as "http://[": no address at all
    return listing(page.final_url, found)


def looks_like_article(url: str) -> bool:
    """Return whether an address has the shape of an article's: a headline or a long number in its path.

    >>> looks_like_article("https://a.example/politik/der-kanzler-spricht-im-bundestag-4711.html")
    True
    >>> looks_like_article("https://a.example/politik/"), looks_like_article("https://a.example/tag/x-y-z-a-b")
    (False, False)
    """
    path = urlsplit(url).path
    if _NOT_ARTICLES.search(path) or _FILES.search(path):
        return False
    last = max(path.strip("/").split("/")[-2:], key=len)
    return len(re.split(r"[-_]", last)) >= SLUG_WORDS or bool(_NUMBER.search(path))
