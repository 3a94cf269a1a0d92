"""Who wrote it: people apart from agencies and desks, from what the page states and then from what it shows."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from pipelines.extract.candidates import Candidate
from pipelines.extract.document import Document
from pipelines.extract.names import is_agency, names
from pipelines.extract.words import plain

_METAS = {
    "author": 0.7,
    "article:author": 0.6,
    "parsely-author": 0.75,
    "byl": 0.75,
    "cxenseparse:author": 0.75,
    "sailthru.author": 0.7,
    "articleauthor": 0.75,
    "dc.creator": 0.65,
    "dcterms.creator": 0.65,
    "citation_author": 0.65,
    "og:article:author": 0.6,
    "article.author": 0.6,
    "authors": 0.6,
    "dcsext.author": 0.6,
}


@dataclass(frozen=True, kw_only=True)
class Authors:
    """People, agencies, and how they were found."""

    people: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()


def authors(document: Document, byline: Iterable[str], sites: Collection[str]) -> Authors:
    """Return the article's authors.

    `byline` are the texts that the page shows as bylines. The heaviest source that names people wins; without one,
    the heaviest that names an agency or a desk. An agency that signs beside people stays beside them.
    """
    stated = [
        ("json-ld author", 1.0, names(_json_ld(document.article.get("author")))),
        ("json-ld creator", 0.6, names(_json_ld(document.article.get("creator")))),
        *((f"meta {name}", weight, names(document.metas.get(name, ()))) for name, weight in _METAS.items()),
        ("itemprop author", 0.65, names(_microdata(document))),
        ("rel author", 0.55, names(plain(node.text() or "") for node in document.author_links[:8])),
        ("byline", 0.6, names(byline)),
    ]
    found = [(source, weight, known) for source, weight, known in stated if known]
    found.sort(key=lambda each: -each[1])
    chosen = next((each for each in found if any(not is_agency(name, sites) for name in each[2])), None)
    chosen = chosen or (found[0] if found else None)
    marked = tuple(
        Candidate(
            value=", ".join(known),
            source=source,
            weight=weight,
            chosen=chosen is not None and source == chosen[0],
            why="the most trusted source that names people" if chosen and source == chosen[0] else "",
        )
        for source, weight, known in found
    )
    if chosen is None:
        return Authors()
    people = tuple(name for name in chosen[2] if not is_agency(name, sites))
    agencies = tuple(name for name in chosen[2] if is_agency(name, sites))
    return Authors(people=people, agencies=agencies, candidates=marked)


def _json_ld(value: Any, depth: int = 0) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [name for each in value[:200] for name in _json_ld(each, depth + 1)] if depth < 4 else []
    if isinstance(value, dict):
        name = value.get("name")
        if not name and (value.get("givenName") or value.get("familyName")):
            name = f"{value.get('givenName') or ''} {value.get('familyName') or ''}"
        return _json_ld(name, depth + 1) if depth < 4 else []
    return []


def _microdata(document: Document) -> list[str]:
    found = []
    for node in document.properties.get("author", ())[:6]:
        inner = node.css_first('[itemprop~="name"]')
        source = inner or node
        found.append(source.attributes.get("content") or source.text(separator=" ") or "")
    return found
