"""What the search page shows of each article."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import bidirectional
from urllib.parse import urlsplit

from markupsafe import Markup

from index.protocol import Index
from index.query import Hit, Query, Sort
from news.article import WITHOUT_TEXT
from news.edits import CANNOT_TELL, EditKind
from web import highlights, labels, times
from web.outlet_names import OutletNames

#: characters of an article's beginning where nothing is marked in its text
BEGINNING = 280
#: other articles of one story that are named with it
MOST_COPIES = 8
#: articles of all the stories on one page that are looked up
_MOST_LOOKED_UP = 200
#: what is said of them
_FIELDS = (
    *("id", "story_id", "copy_of", "outlet", "outlet_name", "first_seen_at"),
    *("date_published", "date_precision", "date_source"),
)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A word on what is unusual about an article, with its explanation."""

    kind: str
    text: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Copy:
    """Another article that carries the same text."""

    id: str
    #: its name, with a time where the outlet has several of the articles
    outlet: str


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """One article in the list."""

    id: str
    headline: Markup
    kicker: str
    lines: tuple[Markup, ...]
    outlet: str
    language: str
    language_tag: str
    published: times.Shown | None
    #: rtl or ltr, as the headline runs
    direction: str
    #: first sight, where the outlet states no time
    seen: times.Shown | None
    byline: str
    marks: tuple[Mark, ...]
    copies: tuple[Copy, ...]
    more_copies: int
    story_href: str


def results(
    hits: Sequence[Hit], stories: Mapping[str, Sequence[Mapping[str, Any]]], outlets: OutletNames, zone: str
) -> list[SearchResult]:
    """Return what the page says of each hit; `stories` are the articles of each story (`copies_of`)."""
    return [_result(hit, stories, outlets, zone) for hit in hits]


def _result(
    hit: Hit, stories: Mapping[str, Sequence[Mapping[str, Any]]], outlets: OutletNames, zone: str
) -> SearchResult:
    document = hit.document
    story = document.get("story_id") or ""
    copies = [each for each in stories.get(story, ()) if each["id"] != hit.id]
    tag = document.get("in_language") or "und"
    return SearchResult(
        id=hit.id,
        headline=highlights.html(one_of(hit.highlights.get("headline")) or document.get("headline") or "No headline"),
        kicker=document.get("kicker") or "",
        lines=tuple(map(highlights.html, _lines(hit))),
        outlet=outlets.name(document.get("outlet") or ""),
        language=labels.language(tag),
        language_tag=language_tag(tag),
        direction=direction(document.get("headline") or document.get("body") or ""),
        published=times.stated(document, "date_published", zone, seconds=False),
        seen=times.seen(document.get("first_seen_at"), zone),
        byline=", ".join([*(document.get("authors") or ()), *(document.get("agencies") or ())]),
        marks=tuple(special(document, zone)),
        copies=tuple(
            Copy(id=each["id"], outlet=_copy_name(each, [document, *copies], outlets, zone))
            for each in copies[:MOST_COPIES]
        ),
        more_copies=max(0, len(copies) - MOST_COPIES),
        story_href=f"/stories/{story}" if copies else "",
    )


def _copy_name(copy: Mapping[str, Any], members: Sequence[Mapping[str, Any]], outlets: OutletNames, zone: str) -> str:
    """Return a copy's outlet; where the outlet has several of the articles, with the article's time."""
    name = outlets.name(copy.get("outlet") or "")
    if sum(each.get("outlet") == copy.get("outlet") for each in members) == 1:
        return name
    at = times.stated(copy, "date_published", zone, seconds=False) or times.seen(copy.get("first_seen_at"), zone)
    return f"{name} ({at.text})" if at else name


def _lines(hit: Hit) -> list[str]:
    """Return the standfirst, then the pieces of the body that were found, or else its beginning."""
    document, found = hit.document, hit.highlights
    standfirst = one_of(found.get("standfirst")) or document.get("standfirst") or ""
    body = _joined(found.get("body", ()), document.get("body") or "")
    if not body and not standfirst:
        body = cut(document.get("body") or "")
    return [line for line in (standfirst, body) if line]


def _joined(pieces: Sequence[str], body: str) -> str:
    """Return the pieces of a body in one line, dots between them and where the line is cut out of a paragraph."""
    if not pieces:
        return ""
    first, last = highlights.plain(pieces[0]).strip(), highlights.plain(pieces[-1]).strip()
    before, after = body[: max(body.find(first), 0)], body[body.find(last) + len(last) :]
    begins, ends = before.rstrip(" ")[-1:] in ("", "\n"), after.lstrip(" ")[:1] in ("", "\n")
    line = " … ".join(piece.strip() for piece in pieces)
    return f"{'' if begins else '… '}{line}{'' if ends else ' …'}"


def one_of(pieces: Sequence[str] | None) -> str:
    """Return the first piece, or nothing."""
    return pieces[0] if pieces else ""


def cut(text: str) -> str:
    """Return the beginning of a text, up to BEGINNING characters of whole words."""
    text = " ".join(text[: 4 * BEGINNING].split())
    return text if len(text) <= BEGINNING else f"{text[:BEGINNING].rsplit(' ', 1)[0]} …"


#: what a page is of which one answer says that it is gone
SETTLED = "It counts as withdrawn once it is not there a day later, either."
MISSING = f"The outlet’s page was not there when it was last fetched; its text is stored here. {SETTLED}"


def special(document: Mapping[str, Any], zone: str, *, is_missing: bool = False) -> Iterable[Mark]:
    """Yield what a reader should know of the article before opening it; `is_missing`: its page was not there once."""
    if is_missing and not document.get("gone_at"):
        yield Mark(kind="gone", text="Missing", title=MISSING)
    if gone := times.seen(document.get("gone_at"), zone):
        yield Mark(
            kind="gone",
            text="Withdrawn",
            title=f"The outlet’s page is gone since {gone.text}; its text is stored here.",
        )
    if document.get("stealth"):
        yield Mark(
            kind="stealth", text="Silent edit", title="The substance changed, and the page does not disclose it."
        )
    elif isinstance(version := document.get("version"), int) and version > 1:
        changed = times.seen(document.get("changed_at"), zone)
        when = f"; last seen to change {changed.text}" if changed else ""
        unexplained = document.get("edit_kinds") == [EditKind.UNEXPLAINED]
        title = f"The text was {CANNOT_TELL if unexplained else 'changed'}"
        yield Mark(kind="changed", text=f"{version} versions", title=f"{title}{when}.")
    if document.get("correction"):
        yield Mark(kind="corrected", text="Corrected", title="The page has a correction notice.")
    if genre := document.get("genre"):
        title = "The page says that this is its sort of journalism."
        yield Mark(kind="kind", text=labels.value("genre", genre), title=title)
    if document.get("kind") not in (None, "", "article"):
        yield Mark(kind="kind", text=labels.value("kind", document["kind"]), title="Kind of page.")
    if missing := document.get("body_missing"):
        yield Mark(kind="kind", text="No text", title=WITHOUT_TEXT.get(missing, WITHOUT_TEXT["empty"]))
    if document.get("is_accessible_for_free") is False:
        yield Mark(kind="paid", text="For subscribers", title="The page says that the text is not free to read.")
    elif document.get("locked_parts"):
        yield Mark(kind="paid", text="Partly for subscribers", title="The page says that parts are not free to read.")


async def copies_of(index: Index, documents: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the articles of each story that one of `documents` belongs to: who had the text first, then by time.

    Of each article there is what the page says of a copy.
    """
    ids = tuple(dict.fromkeys(document["story_id"] for document in documents if document.get("story_id")))
    if not ids:
        return {}
    query = Query(filters={"story_id": ids}, sort=Sort.OLDEST, size=_MOST_LOOKED_UP, fields=_FIELDS)
    found: dict[str, list[dict[str, Any]]] = {}
    hits = (await index.search(query)).hits
    # a copy may claim any time; the ledger knows who was first
    for hit in sorted(hits, key=lambda hit: hit.document.get("copy_of") is not None):
        found.setdefault(hit.document["story_id"], []).append(hit.document)
    return found


def language_tag(tag: str) -> str:
    """Return a tag for the `lang` attribute: empty, which HTML reads as unknown, where it is unknown or none."""
    plain = tag.replace("-", "")
    return tag if tag != "und" and plain.isascii() and plain.isalnum() else ""


def direction(text: str) -> str:
    """Return rtl if the text's first letter that has a direction runs from right to left, else ltr (as `dir=auto`).

    >>> direction("2024 بارش"), direction("Rain")
    ('rtl', 'ltr')
    """
    classes = (bidirectional(character) for character in text[:200])
    return "rtl" if next((each for each in classes if each in ("L", "R", "AL")), "L") != "L" else "ltr"


def web_address(url: Any) -> str:
    """Return the address if a reader may be led there: http or https, nothing else; otherwise ""."""
    try:
        parts = urlsplit(str(url or ""))
    except ValueError:
        return ""
    return str(url) if parts.scheme in ("http", "https") and parts.hostname else ""
