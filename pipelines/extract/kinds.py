"""What sort of page it is."""

import re
from urllib.parse import urlsplit

from news.article import Kind
from pipelines.extract import json_ld
from pipelines.extract.document import Document

_LIVE = re.compile(
    r"(?:^|[/_-])(?:live-?(?:blog|updates?|ticker|news)|liveticker|newsticker|minute-by-minute|direct-live)(?:[/_-]|$)",
    re.IGNORECASE,
)
_VIDEO = re.compile(r"/(?:videos?|watch|mediathek)/", re.IGNORECASE)
_GALLERY = re.compile(
    r"/(?:gallery|galleries|photos?|pictures|slideshow|bilder|fotostrecke|diaporama|fotogalerie|galeri|foto-galeri)/",
    re.IGNORECASE,
)
_LISTING_TYPES = frozenset("CollectionPage ItemList SearchResultsPage ProfilePage Blog".split())
_LISTING_PATH = re.compile(
    r"^/(?:tag|tags|topic|topics|category|author|authors|autor|section|search|archive)s?/[^/]+/?(?:page/\d+/?)?$",
    re.IGNORECASE,
)


def kind(document: Document, body: str, entries: int) -> Kind:
    """Return the page's kind. `body` is the text that was read, `entries` how many entries of a live blog.

    What the page states outweighs what its address suggests, and an address alone makes no listing of a page with an
    article's node, a date or a long text.
    """
    types = json_ld.types(document.article)
    every = frozenset(name for node in document.nodes for name in json_ld.types(node))
    path = urlsplit(document.url).path
    og_type = document.meta("og:type").lower()
    if "LiveBlogPosting" in types or ("LiveBlogPosting" in every and entries) or (entries >= 3 and _LIVE.search(path)):
        return Kind.LIVE_BLOG
    if types & {"ImageGallery", "MediaGallery"}:
        return Kind.GALLERY
    if "VideoObject" in types or og_type.startswith("video"):
        return Kind.VIDEO
    if json_ld.is_article(document.article) or og_type == "article":
        if len(body) < 600 and _VIDEO.search(path):
            return Kind.VIDEO
        return Kind.GALLERY if _GALLERY.search(path) and len(body) < 600 else Kind.ARTICLE
    if path in ("", "/") and not urlsplit(document.url).query:
        return Kind.LISTING
    dated = any(name in document.metas for name in ("article:published_time", "datepublished", "pubdate"))
    if not dated and len(body) < 1_500 and (every & _LISTING_TYPES or _LISTING_PATH.match(path)):
        return Kind.LISTING
    return Kind.ARTICLE
