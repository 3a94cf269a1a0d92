"""What sort of page it is: an article, a live blog with its entries, a gallery, a list, or a wall."""

import html
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from news.article import BodyMissing, Entry, Kind
from news.digest import Refusal
from news.moment import TimeSource
from news.outcome import Outcome
from pipelines.extract import instants, json_ld
from pipelines.extract.block_segmentation import HEADINGS, Block, Outline
from pipelines.extract.comparison import plain
from pipelines.extract.document import Document
from pipelines.extract.language_rules import any_of
from pipelines.extract.metadata import free

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
_LITTLE_TEXT = 600
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
        if len(body) < _LITTLE_TEXT and _VIDEO.search(path):
            return Kind.VIDEO
        return Kind.GALLERY if _GALLERY.search(path) and len(body) < _LITTLE_TEXT else Kind.ARTICLE
    if path in ("", "/") and not urlsplit(document.url).query:
        return Kind.LISTING
    if dated or (marked and len(body) >= 80) or len(body) >= (_LITTLE_TEXT if og_type == "website" else _HARDLY_ANY):
        return Kind.ARTICLE
    if every & _LISTING_TYPES or _LISTING_PATH.match(path) or (not body and og_type == "website"):
        return Kind.LISTING
    if not body and not document.headings:
        return Kind.ARTICLE  # an empty page is refused as such
    return Kind.NOT_AN_ARTICLE


#: the longest real ticker had some hundred entries
_ENTRIES_LIMIT = 1_000
#: fewer boxes with a time each are no ticker
_LEAST_ENTRIES = 3


def entries(
    document: Document, page: Outline, text: list[Block], zone: ZoneInfo | None, *, live: bool
) -> tuple[Entry, ...]:
    """Return the entries of a live blog in the page's order.

    They are those that its LiveBlogPosting lists, else, on a page that is `live` by its address or node, the boxes of
    its `text` that carry a time each.
    """
    for node in (document.article, *document.nodes):
        updates = node.get("liveBlogUpdate")
        if "LiveBlogPosting" not in json_ld.types(node) or not updates:
            continue
        read = (_entry(update, zone) for update in _updates(updates))
        return tuple(entry for entry in read if entry)
    return _shown_entries(page, text, zone) if live else ()


def _updates(value: Any) -> Iterator[json_ld.Node]:
    """Yield the nodes of a value: of one, of a list, of JSON-LD's `@list`, of an ItemList and its items."""
    if isinstance(value, dict):
        value = value.get("@list") or value.get("itemListElement") or [value]
    for each in value[:_ENTRIES_LIMIT] if isinstance(value, list) else ():
        item = each.get("item", each) if isinstance(each, dict) else None
        if isinstance(item, dict):
            yield item


def _entry(update: dict[str, Any], zone: ZoneInfo | None) -> Entry | None:
    headline = _plain_text(update.get("headline")) or _plain_text(update.get("name"))
    body = next((text for key in ("articleBody", "text", "description") if (text := _lines(update.get(key)))), "")
    stated = instants.read(str(update.get("datePublished") or update.get("dateModified") or ""))
    if not headline and not body:
        return None
    moment = stated.moment(TimeSource.JSON_LD, zone) if stated else None
    return Entry(headline=headline, body=body, date_published=moment)


def _plain_text(value: Any) -> str:
    return plain(value) if isinstance(value, str) else ""


#: where a paragraph ends in HTML that stands in JSON
_PARAGRAPH_END = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/blockquote)\b[^<>]{0,200}>", re.IGNORECASE)


def _lines(value: Any) -> str:
    """Return the paragraphs of a text in JSON, HTML or not, a line each.

    >>> _lines("<p>The fog lifts.</p><p>Boats <b>sail</b> again.</p>"), _lines("One.\\n\\nTwo."), _lines(["x"])
    ('The fog lifts.\\nBoats sail again.', 'One.\\nTwo.', '')
    """
    if not isinstance(value, str):
        return ""
    if "&lt;" in value and "<" not in value:
        value = html.unescape(value)
    return "\n".join(line for line in map(plain, _PARAGRAPH_END.sub("\n", value).split("\n")) if line)


def _shown_entries(page: Outline, text: list[Block], zone: ZoneInfo | None) -> tuple[Entry, ...]:
    """Return an entry for each of the boxes alike that hold the text and a time element each."""
    boxes = page.boxes
    stamped: dict[int, set[int]] = defaultdict(set)  # a box and those of its children in which a time stands
    for at, box in enumerate(boxes):
        if box.stamp:
            below = at
            for above in page.above(box.parent):
                stamped[above].add(below)
                below = above
    best = max(stamped, key=lambda at: (len(stamped[at]), boxes[at].depth), default=-1)
    if best < 0 or len(stamped[best]) < _LEAST_ENTRIES:
        return ()
    parts: dict[int, list[Block]] = {at: [] for at in sorted(stamped[best])}
    for block in text:
        for at in page.above(block.box):
            if at in parts:
                parts[at].append(block)
                break
    found = []
    for at, blocks in parts.items():
        stamp = next((each.stamp for below, each in enumerate(boxes) if each.stamp and at in page.above(below)), "")
        stated = instants.read(stamp)
        heading = next((block for block in blocks if block.tag in HEADINGS), None)
        body = "\n".join(block.text for block in blocks if block is not heading)
        if heading or body:
            moment = stated.moment(TimeSource.TIME_TAG, zone) if stated else None
            found.append(Entry(headline=heading.text if heading else "", body=body, date_published=moment))
    return tuple(found[:_ENTRIES_LIMIT])


#: where scripts put a text: what they fill, what they leave to readers without them, and what they make it of
_FILLED_LATER = (
    '#root, #app, #__next, #__nuxt, app-root, [itemprop~="articleBody"], noscript, script[src], '
    'script[type="application/json"]'
)
_LOOKED_AT = 200
#: a page that shows fewer characters in all is a frame without its picture
_FRAME = 400
#: a shorter text that speaks of JavaScript, as its headline does not, is a notice to readers without it
_NOTICE = 250


def is_script_notice(headline: str, body: str) -> bool:
    """Tell whether all that was read is a notice that scripts are needed; the word is the same in every language.

    >>> is_script_notice("Rain", "Включите JavaScript."), is_script_notice("JavaScript turns 30", "JavaScript is old.")
    (True, False)
    """
    return len(body) < _NOTICE and "javascript" in body.lower() and "javascript" not in headline.lower()


def why_missing(document: Document, page: Outline, sort: Kind, *, ciphered: bool) -> BodyMissing:
    """Return why a page has no text that can be read, as far as it shows; `ciphered`: its letters are moved."""
    if ciphered or free(document) is False:
        return BodyMissing.PAYWALL
    if sort is Kind.VIDEO:
        return BodyMissing.VIDEO
    if _is_filled_later(document, page):
        return BodyMissing.SCRIPT
    has_film = document.article.get("video") or any("VideoObject" in json_ld.types(node) for node in document.nodes)
    return BodyMissing.VIDEO if has_film or document.meta("og:video", "og:video:url") else BodyMissing.EMPTY


def _is_filled_later(document: Document, page: Outline) -> bool:
    """Tell whether a script would put the text into the page: a place is empty for it, or hardly anything is shown."""
    little = sum(len(block.text) for block in page.blocks) < _FRAME
    if any(is_script_notice("", block.text) for block in page.blocks):
        return True
    body = document.tree.body
    for node in body.css(_FILLED_LATER)[:_LOOKED_AT] if body is not None else ():
        text = plain((node.text() or "")[:_NOTICE])
        if node.tag == "script":
            if little:
                return True
        elif "javascript" in text.lower() or (node.tag != "noscript" and not text):
            return True
    return little and bool(document.tree.css("head script[src]"))


#: a page with more text of its own than this is an article that speaks of walls
_WALL_TEXT = 1_200
#: with more than this it is a wall only if its title is hardly more than what walls say: a hiker may be "not found"
_PROSE = 300
_MOST_OF_TITLE = 0.6
_TITLE_PARTS = re.compile(r"\s[-–—|·:»]\s|\n")

_BOT_CHECK = re.compile(any_of("bot_check"), re.IGNORECASE)
_CONSENT = re.compile(any_of("consent"), re.IGNORECASE)
_CONSENT_HOST = re.compile(r"(?:^|\.)(?:consent|privacy|myprivacy|guce|cmp)\.")
_ERROR = re.compile(
    rf"\b(?:404|410|403|500|502|503)\b.{{0,30}}(?:error|not found|fehler|page)|{any_of('error')}", re.IGNORECASE
)


def wall(document: Document, body: str, shown: str, *, dated: bool) -> Refusal | None:
    """Return why the page is a wall, or None.

    `body` is the text that was read as the article's, `shown` all text of the page, `dated` whether it says when it was
    published: walls have no date. Only a page of little text can be
    a wall: articles about captchas are long.
    """
    host = urlsplit(document.url).hostname or ""
    if _CONSENT_HOST.search(host) and len(body) < _WALL_TEXT:
        return Refusal(outcome=Outcome.WALL, reason=f"A consent page of {host} replaces the article.")
    stated = document.article.get("headline") or document.meta("og:type").lower() == "article"
    if (stated or dated) and len(body) > 150:
        return None
    if len(body) >= _WALL_TEXT:
        return None
    title = document.title[:300]
    head = f"{title}\n{' '.join((node.text() or '')[:200] for node in document.headings[:3])}"
    little = len(shown) < 3 * _WALL_TEXT and len(body) < _PROSE
    # walls have no date: what says that it is an article and when it came out is one, though its title speaks of walls
    prose = len(body) >= _PROSE or bool(stated and dated)
    if _says(_BOT_CHECK, head, prose=prose) or (little and _BOT_CHECK.search(shown) and not document.article):
        return Refusal(outcome=Outcome.WALL, reason=f"A bot check replaces the article (“{title[:80]}”).")
    if _says(_CONSENT, head, prose=prose) or (little and _CONSENT.search(shown) and not document.article):
        return Refusal(outcome=Outcome.WALL, reason=f"A consent wall replaces the article (“{title[:80]}”).")
    if _says(_ERROR, head, prose=prose):
        return Refusal(
            outcome=Outcome.WALL, reason=f"An error page was sent as if it were the article (“{title[:80]}”)."
        )
    return None


def _says(wall: re.Pattern[str], head: str, *, prose: bool) -> bool:
    """Say whether title or headings are a wall's: beside prose, only where they say little else."""
    if not prose:
        return bool(wall.search(head))
    return any(
        sum(len(match[0]) for match in wall.finditer(part)) > _MOST_OF_TITLE * len(part.strip())
        for part in _TITLE_PARTS.split(head)
        if part.strip()
    )
