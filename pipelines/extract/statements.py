"""What a page states for machines about its article beyond its own text: corrections, checked claims, sources."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from news.article import ClaimReview, CorrectionNotice
from news.moment import TimeSource
from pipelines.extract import instants, json_ld
from pipelines.extract.comparison import letters, plain
from pipelines.extract.document import Document

#: statements of one sort; more are a list of other articles, or an attack
_MOST = 20
#: characters of a notice or a claim; of a name or a verdict
_TEXT, _NAME = 4_000, 300


def correction_notices(document: Document, zone: ZoneInfo | None) -> tuple[CorrectionNotice, ...]:
    """Return the corrections that the article's JSON-LD states: texts, CorrectionComment nodes or addresses.

    Source: schema.org/correction. `zone` is the outlet's. Each text stands once, in the page's order.
    """
    values = [*_listed(document.article.get("correction"))]
    values += [node for node in document.nodes if "CorrectionComment" in json_ld.types(node)]
    found: dict[str, CorrectionNotice] = {}
    for value in values[: 2 * _MOST]:
        notice = _notice(document, value, zone)
        if notice is not None:
            found.setdefault(letters(notice.text) or notice.url, notice)
    return tuple(found.values())[:_MOST]


def _notice(document: Document, value: Any, zone: ZoneInfo | None) -> CorrectionNotice | None:
    if isinstance(value, str):
        address = _address(document, value) if value.startswith(("http://", "https://", "/")) else ""
        value = {"url": value} if address else {"text": value}
    if not isinstance(value, dict):
        return None
    text = next((said for key in ("text", "description", "name") if (said := _said(value.get(key), _TEXT))), "")
    address = _address(document, value.get("url"))
    if not text and not address:
        return None
    stated = instants.read(str(value.get("datePublished") or value.get("dateCreated") or ""))
    return CorrectionNotice(
        text=text, url=address, date_published=stated.moment(TimeSource.JSON_LD, zone) if stated else None
    )


def is_based_on(document: Document) -> tuple[str, ...]:
    """Return addresses, else names, of what the article's JSON-LD says that it is based on (schema.org/isBasedOn).

    >>> document = Document(url="https://a.example/1", tree=None, article={"isBasedOn": ["/2", {"name": "A report"}]})
    >>> is_based_on(document)
    ('https://a.example/2', 'A report')
    """
    found: dict[str, None] = {}
    for key in ("isBasedOn", "isBasedOnUrl"):
        for value in _listed(document.article.get(key))[:_MOST]:
            node = value if isinstance(value, dict) else {"url": value}
            address = _address(document, node.get("url") or node.get("@id"))
            if name := address or _said(node.get("name"), _NAME) or _said(node.get("headline"), _NAME):
                found.setdefault(name)
    return tuple(found)[:_MOST]


def claim_reviews(document: Document) -> tuple[ClaimReview, ...]:
    """Return the claims that the page checks: schema.org's ClaimReview nodes that have a claim.

    They stand beside the article's node, or as its `review`. A review of another page has its address; one without an
    address is of this page.
    """
    nodes = [*document.nodes, *_listed(document.article.get("review"))]
    found: dict[tuple[str, str], ClaimReview] = {}
    for node in nodes:
        if not isinstance(node, dict) or "ClaimReview" not in json_ld.types(node):
            continue
        claim = _said(node.get("claimReviewed"), _TEXT)
        if not claim:
            continue
        item, rating = _first(node.get("itemReviewed")), _first(node.get("reviewRating"))
        review = ClaimReview(
            claim=claim,
            claimant=", ".join(_names(item.get("author")))[:_NAME],
            verdict=_said(rating.get("alternateName"), _NAME) or _said(rating.get("name"), _NAME),
            url=_address(document, node.get("url")) or document.url,
        )
        found.setdefault((letters(claim), review.url), review)
    return tuple(found.values())[:_MOST]


def _names(value: Any) -> Iterator[str]:
    for each in _listed(value)[:_MOST]:
        if name := _said(each.get("name") if isinstance(each, dict) else each, _NAME):
            yield name


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(value: Any) -> json_ld.Node:
    """Return the first node of a value, an empty one where it is something else."""
    value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, dict) else {}


def _said(value: Any, most: int) -> str:
    value = value[0] if isinstance(value, list) and value else value
    return plain(value)[:most] if isinstance(value, str) else ""


def _address(document: Document, value: Any) -> str:
    """Return an absolute address of the web, or an empty text."""
    value = value[0] if isinstance(value, list) and value else value
    return document.absolute(value) if isinstance(value, str) and value.strip() else ""
