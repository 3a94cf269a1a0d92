"""What sort of page it is."""

import re
from urllib.parse import urlsplit

from news.article import Kind
from pipelines.extract import json_ld
from pipelines.extract.document import Document

_LIVE = re.compile(
    r"(?:^|[/_-])(?:live-?(?:blog|updates?|ticker|news)|liveticker|newsticker|minute-by-minute|"
    r"direct-live)(?:[/_-]|$)",
    re.IGNORECASE,
)
_VIDEO = re.compile(r"/(?:videos?|watch|mediathek)/", re.IGNORECASE)
_GALLERY = re.compile(
    r"/(?:gallery|galleries|photos?|pictures|slideshow|bilder|fotostrecke|diaporama|fotogalerie|"
    r"galeri|foto-galeri)/",
    re.IGNORECASE,
)
#: a page with less text is judged by what it calls itself
_SHORT = 600
_HARDLY_ANY = 300
_FILM_TEXT = 1_500
_LISTING_TYPES = frozenset("CollectionPage SearchResultsPage".split())
_LISTING_PATH = re.compile(
    r"^/(?:tag|tags|topic|topics|category|author|authors|autor|section|search|archive)s?/[^/]+/?(?:page/\d+/?)?$",
    re.IGNORECASE,
)


def is_live(document: Document) -> bool:
    """Tell whether the page calls itself a live blog, by a node or in its address."""
    named = any("LiveBlogPosting" in json_ld.types(node) for node in document.nodes)
    return named or bool(_LIVE.search(urlsplit(document.url).path))


def kind(document: Document, body: str, entries: int, *, dated: bool, marked: bool) -> Kind:
    """Return the page's kind.

    `body` is the text that was read, `entries` how many entries of a live blog, `dated` whether the page says when it
    was published, `marked` whether an article element holds the text. What the page states outweighs what its address
    suggests. A page that calls itself no article, has no date and hardly any text is none; a long text is one even so.
    """
    types = json_ld.types(document.article)
    every = frozenset(name for node in document.nodes for name in json_ld.types(node))
    path = urlsplit(document.url).path
    og_type = document.meta("og:type").lower()
    if "LiveBlogPosting" in types or ("LiveBlogPosting" in every and entries) or (entries >= 3 and _LIVE.search(path)):
        return Kind.LIVE_BLOG
    if types & {"ImageGallery", "MediaGallery"}:
        return Kind.GALLERY
    if ("VideoObject" in types or og_type.startswith("video")) and len(body) < _FILM_TEXT:
        return Kind.VIDEO  # a longer text is an article with a film in it
    if json_ld.is_article(document.article) or og_type == "article":
        if len(body) < _SHORT and _VIDEO.search(path):
            return Kind.VIDEO
        return Kind.GALLERY if _GALLERY.search(path) and len(body) < _SHORT else Kind.ARTICLE
    if path in ("", "/") and not urlsplit(document.url).query:
        return Kind.LISTING
    if dated or (marked and len(body) >= 80) or len(body) >= (_SHORT if og_type == "website" else _HARDLY_ANY):
        return Kind.ARTICLE
    if every & _LISTING_TYPES or _LISTING_PATH.match(path) or (not body and og_type == "website"):
        return Kind.LISTING
    if not body and not document.headings:
        return Kind.ARTICLE  # an empty page is refused as such
    return Kind.NOT_AN_ARTICLE
