"""A home page in, what it says of its outlet out: name, language, country, where it announces its articles."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from babel.core import get_global

from news.page import Page
from news.url import registrable_domain

if TYPE_CHECKING:
    from pipelines.extract.document import Document

#: where outlets have their feeds and sitemaps that name none
USUAL_FEEDS = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml")
USUAL_SITEMAPS = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_news.xml", "/sitemap.xml", "/sitemap_index.xml")
#: an outlet's own choice of feeds is longer than what is needed
MOST_FEEDS = 6
_FEED_TYPES = re.compile(r"application/(?:rss|atom|rdf)\+xml|text/rss", re.IGNORECASE)
#: feeds beside those of the articles
_NOT_NEWS = re.compile(r"comment|kommentar|podcast|/replies|oembed", re.IGNORECASE)
#: top-level domains that are a country's and are used by everybody
_GENERIC = frozenset("ai cc co fm io me tv ws to ly gg vc sh im la nu st tk am ac su eu".split())
#: a zone of one small town, which keeps its country's time
_TINY = frozenset({"Europe/Busingen"})
_BRAND = re.compile(r"\s+[-|–—:•·»]\s+")


@dataclass(frozen=True, kw_only=True)
class Home:
    """What a home page says of its outlet; what it does not say is empty."""

    url: str
    name: str
    language: str = ""
    country: str = ""
    timezone: str | None = None
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    #: the page's own statement forbids training of models
    forbids_ai_training: bool | None = None


def read_home(page: Page) -> Home:
    """Return what a home page says. It parses a stranger's bytes: call it in the pool."""
    from pipelines.extract.document import decode, parse  # workers have them
    from pipelines.extract.metadata import rights, stated_language

    document = parse(decode(page.content, page.headers.get("content-type", "")), page.final_url)
    tag = stated_language(document) or ""
    country = country_of(page.final_url, tag, document.meta("og:locale"))
    robots = set(rights(document, page.headers).robots)
    feeds, sitemaps = _announced(document)
    return Home(
        url=page.final_url,
        name=_name(document, page.final_url),
        language=tag.partition("-")[0],
        country=country,
        timezone=zone_of(country),
        feeds=feeds,
        sitemaps=sitemaps,
        forbids_ai_training=True if robots & {"noai", "noml"} else None,
    )


def _announced(document: "Document") -> tuple[tuple[str, ...], tuple[str, ...]]:
    feeds: list[str] = []
    for node in document.tree.css('link[rel~="alternate" i][href]'):
        attributes = node.attributes
        if _FEED_TYPES.search(attributes.get("type") or "") and not _NOT_NEWS.search(
            f"{attributes.get('href')} {attributes.get('title')}"
        ):
            try:
                feeds.append(urljoin(document.url, (attributes["href"] or "").strip()))
            except ValueError:
                continue
    return tuple(dict.fromkeys(feeds))[:MOST_FEEDS], tuple(dict.fromkeys(document.links.get("sitemap", ())))


def _name(document: "Document", url: str) -> str:
    """Return what the outlet calls itself; of a title the shortest part, for the rest is a motto."""
    stated = document.meta("og:site_name", "application-name", "apple-mobile-web-app-title")
    host = urlsplit(url).hostname or ""
    parts = [part for part in _BRAND.split(document.title) if part]
    return (stated or min(parts, key=len, default="") or registrable_domain(host) or host)[:80]


def country_of(url: str, language: str, locale: str = "") -> str:
    """Return the country that the address, else the language's region, names: ISO 3166-1 in lower case, or "".

    >>> country_of("https://www.example.co.uk/", "en"), country_of("https://example.com/", "de-AT")
    ('gb', 'at')
    >>> country_of("https://example.io/", "en")
    ''
    """
    top = (urlsplit(url).hostname or "").rpartition(".")[2]
    top = {"uk": "gb"}.get(top, top)
    if top not in _GENERIC and top.upper() in get_global("territory_zones"):
        return top
    for stated in (language, locale):
        region = re.search(r"[-_]([A-Za-z]{2})$", stated)
        if region and region[1].upper() in get_global("territory_zones"):
            return region[1].lower()
    return ""


def zone_of(country: str) -> str | None:
    """Return the time zone of a country that has one alone, else None: a guess would make times that nobody stated.

    >>> zone_of("at"), zone_of("us"), zone_of("")
    ('Europe/Vienna', None, None)
    """
    zones = [zone for zone in get_global("territory_zones").get(country.upper(), ()) if zone not in _TINY]
    return str(zones[0]) if len(zones) == 1 else None
