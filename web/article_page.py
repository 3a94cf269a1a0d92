"""The page of one article: its text, what is known of it, its history."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ledger.attempts import LastAttempt
from ledger.stories import StoryEntry
from news.article import WITHOUT_TEXT
from news.corrections import Correction, corrections
from news.edits import CANNOT_TELL, Edits
from news.errors import NotFound
from news.outcome import READ
from news.version import Version
from news.version_diff import VersionDiff, compare_versions, find_version, parse_pair
from web import labels, memento, render, times
from web.article_bundle import ArticleBundle, article_bundle, parse_id
from web.citation import Citation, bibtex, citation, csl, plain
from web.conditional import tagged
from web.feed_pages import base_of
from web.precedence import when_out
from web.search_results import direction, language_tag, special, web_address
from web.state import AppState, state_of, zone_of

#: fields of the document whose values lead to searches, with their headings
_LINKED = {
    "places": "Places",
    "people": "People",
    "organisations": "Organisations",
    "keywords": "Keywords",
    "sections": "Section",
}
#: values of each that are linked; a page that names more is a list
_MOST_LINKED = 30


@dataclass(frozen=True, kw_only=True)
class Hyperlink:
    """A name that leads somewhere."""

    name: str
    href: str


@dataclass(frozen=True, kw_only=True)
class CheckedClaim:
    """A claim that the article checks."""

    claim: str
    claimant: str
    verdict: str
    #: the article that checks it, "" where it is this one
    href: str


@dataclass(frozen=True, kw_only=True)
class StatedNotice:
    """A correction that the page states for machines."""

    text: str
    href: str
    at: times.Shown | None


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One version in the article's history."""

    number: int
    seen: times.Shown
    edits: Edits | None
    #: why it is unknown what the outlet changed, "" if it is known
    why: str
    kinds: tuple[str, ...]
    #: its text
    href: str
    #: compares it with the one before; empty for the first
    changes_href: str
    shown: bool
    #: what new notices in it say was wrong and is right
    corrections: tuple[Correction, ...]


@dataclass(frozen=True, kw_only=True)
class VersionShown:
    """The version that is read, among how many."""

    number: int
    of: int
    seen: times.Shown | None


@dataclass(frozen=True, kw_only=True)
class Cited:
    """How the version is cited that is read."""

    number: int
    plain: str
    bibtex: str
    csl: str


@dataclass(frozen=True, kw_only=True)
class AttemptLine:
    """The last attempt at the article."""

    at: times.Shown
    result: str
    failed: bool
    url: str
    #: None: the article is not re-fetched any more
    next_visit: times.Shown | None


async def article(request: Request) -> Response:
    """Answer `GET /articles/{id}`: the newest text. Raises NotFound, and SQLAlchemyError if the ledger is away."""
    state = state_of(request)
    found = await article_bundle(state, parse_id(request.path_params["id"]))
    if pair := request.query_params.get("diff"):  # as addresses were before each pair had its own
        parse_pair(pair)
        return RedirectResponse(f"/articles/{found.id}/versions/{pair}", status_code=301)
    return await _page(request, found)


async def version(request: Request) -> Response:
    """Answer `GET /articles/{id}/versions/{number}`: the text of one version, or of two (`1..2`) the difference."""
    found = await article_bundle(state_of(request), parse_id(request.path_params["id"]))
    asked = request.path_params["number"]
    if asked.isascii() and asked.isdigit():
        return await _page(request, found, find_version(found.versions, int(asked[:9])))
    before, after = (find_version(found.versions, number) for number in parse_pair(asked))
    compared = await asyncio.to_thread(compare_versions, before, after, found.versions)
    return await _page(request, found, compared=compared)


async def compare(request: Request) -> Response:
    """Answer `GET /articles/{id}/compare?before=1&after=2` with the address of that pair."""
    id = parse_id(request.path_params["id"])
    numbers = [request.query_params.get(name, "") for name in ("before", "after")]
    if not all(numbers):
        raise NotFound("Two versions are needed, such as compare?before=1&after=2.")
    parse_pair("..".join(numbers))
    return RedirectResponse(f"/articles/{id}/versions/{'..'.join(numbers)}", status_code=303)


async def time_map(request: Request) -> Response:
    """Answer `GET /articles/{id}/timemap` (RFC 7089)."""
    found = await article_bundle(state_of(request), parse_id(request.path_params["id"]))
    return tagged(Response(memento.time_map(found, base_of(request)), media_type=memento.LINK_FORMAT))


async def time_gate(request: Request) -> Response:
    """Answer `GET /articles/{id}/timegate` with the version of the `Accept-Datetime` (RFC 7089). Raises NotFound."""
    found = await article_bundle(state_of(request), parse_id(request.path_params["id"]))
    if not found.versions:
        raise NotFound("No version of this article is stored.")
    shown = memento.version_at(found.versions, request.headers.get("accept-datetime"))
    headers = memento.headers(found, base_of(request), None) | {"Vary": "Accept-Datetime"}
    return RedirectResponse(memento.version_href(found.id, shown.number), status_code=302, headers=headers)


async def _page(
    request: Request, found: ArticleBundle, shown: Version | None = None, compared: VersionDiff | None = None
) -> Response:
    base = base_of(request)
    zone = zone_of(request)
    noticed = await asyncio.to_thread(corrections, found.versions)
    values = _values(state_of(request), found, shown, compared, zone)
    places = range(len(found.versions))
    values["chapters"] = [_chapter(found, place, shown, compared, noticed, zone) for place in places]
    cited = shown or (compared.after if compared else found.versions[-1] if found.versions else None)
    if cited:
        made = citation(found.document, cited, address=base + memento.version_href(found.id, cited.number))
        values |= {"citation": Cited(number=cited.number, plain=plain(made), bibtex=bibtex(made), csl=_indented(made))}
    response = render.page("article.html", **{"citation": None} | values)
    if compared is None:
        response.headers.update(memento.headers(found, base, shown))
    return response


def _indented(made: Citation) -> str:
    """Return CSL-JSON with a field a line."""
    lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in csl(made)[0].items()]
    return "[{\n" + ",\n".join(lines) + "\n}]"


def _values(
    state: AppState, found: ArticleBundle, shown: Version | None, compared: VersionDiff | None, zone: str
) -> dict[str, Any]:
    document = _shown_document(found, shown)
    state.outlets.learn([found.document])
    tag = document.get("in_language") or "und"
    outlet = document.get("outlet") or ""
    return {
        "id": found.id,
        "zone": zone,
        "document": document,
        "paragraphs": (document.get("body") or "").split("\n") if document.get("body") else [],
        "missing": WITHOUT_TEXT.get(document.get("body_missing") or "", ""),
        "outlet": Hyperlink(name=state.outlets.name(outlet), href=_ask("outlet", outlet)),
        "language": labels.language(tag),
        "language_tag": language_tag(tag),
        "direction": direction(document.get("headline") or document.get("body") or ""),
        "marks": list(special(found.document, zone, is_missing=found.is_missing)),
        "byline": [
            Hyperlink(name=name, href=_ask(facet, name))
            for facet in ("authors", "agencies")
            for name in document.get(facet) or ()
        ],
        "times": [
            (title, stated)
            for title, name in (("Published", "date_published"), ("Modified", "date_modified"))
            if (stated := times.stated(document, name, zone))
        ],
        "seen": [
            (title, at)
            for title, name in (
                ("First seen", "first_seen_at"),
                ("Text last changed", "changed_at"),
                ("Last fetched", "fetched_at"),
                ("Page gone", "gone_at"),
            )
            if (at := times.seen(found.document.get(name), zone))
        ],
        # what is in the text was found in the newest one
        "linked": []
        if shown
        else [(title, links) for facet, title in _LINKED.items() if (links := _links(document, facet))],
        "corrections": list(_corrections(document, zone)),
        "claims": list(_claims(document)),
        # a name leads nowhere
        "based_on": [Hyperlink(name=name, href=web_address(name)) for name in document.get("is_based_on") or ()],
        "original": (original := web_address(found.document.get("url"))),
        # asks first; where nothing can be fetched there is no such link
        "again": f"/recrawl?{urlencode({'url': original})}" if original and state.jobs else "",
        "addresses": [url for url in found.addresses if web_address(url) and url != found.document.get("url")],
        "copies": [
            (None if str(each.article_id) == found.id else _member(state, each), each, when_out(each, zone))
            for each in found.story
            if len(found.story) > 1
        ],
        "story_href": f"/stories/{found.story[0].story_id}" if found.story else "",
        "attempt": _attempt(found.last_attempt, found.document.get("url"), zone),
        "stones": [
            (times.seen(stone.gone_at, zone), stone.status, times.seen(stone.back_at, zone)) for stone in found.stones
        ],
        "version": VersionShown(number=shown.number, of=len(found.versions), seen=times.seen(shown.seen_at, zone))
        if shown
        else None,
        "changes": compared,
        "why": CANNOT_TELL if compared and compared.edits.is_unexplained else "",
        "entries": list(_entries(document, zone)),
    }


def _shown_document(found: ArticleBundle, shown: Version | None) -> Mapping[str, Any]:
    """Return what is read on the page: the newest document, or of a version its text with the article's outlet."""
    if shown is None:
        return found.document
    about = {
        name: found.document[name] for name in ("id", "outlet", "outlet_name", "country") if name in found.document
    }
    return about | shown.article.as_json()


def _ask(facet: str, value: str) -> str:
    return f"/?{urlencode({facet: value})}"


def _links(document: Mapping[str, Any], facet: str) -> list[Hyperlink]:
    values = document.get(facet) or (document.get("article_section") if facet == "sections" else ()) or ()
    found = []
    for value in [values] if isinstance(values, str) else values:
        name = value.get("name") if isinstance(value, Mapping) else value
        if name:
            found.append(Hyperlink(name=labels.value(facet, str(name)), href=_ask(facet, str(name))))
    return found[:_MOST_LINKED]


def _entries(document: Mapping[str, Any], zone: str) -> Iterator[dict[str, Any]]:
    for entry in document.get("entries") or ():
        yield {
            "headline": entry.get("headline") or "",
            "paragraphs": [line for line in (entry.get("body") or "").split("\n") if line],
            "published": times.stated(entry, "date_published", zone),
        }


def _corrections(document: Mapping[str, Any], zone: str) -> Iterator[StatedNotice]:
    """Yield those that the page does not show as its correction."""
    for notice in document.get("correction_notices") or ():
        text = notice.get("text") or ""
        if not text or text not in (document.get("correction") or ""):
            href = web_address(notice.get("url"))
            yield StatedNotice(text=text or href, href=href, at=times.stated(notice, "date_published", zone))


def _claims(document: Mapping[str, Any]) -> Iterator[CheckedClaim]:
    for review in document.get("claim_reviews") or ():
        href = web_address(review.get("url")) if review.get("url") != document.get("url") else ""
        names = {name: review.get(name) or "" for name in ("claim", "claimant", "verdict")}
        yield CheckedClaim(**names, href=href)


def _member(state: AppState, member: StoryEntry) -> Hyperlink:
    return Hyperlink(name=state.outlets.name(member.outlet), href=f"/articles/{member.article_id}")


def _attempt(last: LastAttempt | None, url: Any, zone: str) -> AttemptLine | None:
    if last is None or (at := times.seen(last.at, zone)) is None:
        return None
    return AttemptLine(
        at=at,
        result=last.result,
        failed=last.outcome not in READ,
        # shown only where it is not the article's own
        url=last.url if last.url != url else "",
        next_visit=times.seen(last.next_visit_at, zone),
    )


def _chapter(
    found: ArticleBundle,
    place: int,
    shown: Version | None,
    compared: VersionDiff | None,
    noticed: Sequence[Correction],
    zone: str,
) -> HistoryEntry:
    this = found.versions[place]
    before = found.versions[place - 1].number if place else 0
    read = compared.after if compared else shown
    seen = times.seen(this.seen_at, zone)
    assert seen is not None, "a version was seen at some time"
    return HistoryEntry(
        number=this.number,
        seen=seen,
        edits=this.edits,
        why=CANNOT_TELL if this.edits and this.edits.is_unexplained else "",
        kinds=tuple(labels.edit(kind) for kind in this.edits.kinds) if this.edits else (),
        href=memento.version_href(found.id, this.number),
        changes_href=f"/articles/{found.id}/versions/{before}..{this.number}" if place else "",
        shown=read is not None and read.number == this.number,
        corrections=tuple(each for each in noticed if each.version == this.number),
    )
