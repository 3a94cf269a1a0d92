"""A document as it was given in, checked and with what a search needs of it out."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from unicodedata import is_normalized, normalize

import orjson

from index.fields import facets, listed
from index.protocol import Stream
from index.schema import fields
from index.tokens import fold
from news.article import BODY_LIMIT
from news.index_document import IndexDocument

#: a facet's value is a name; a longer one is a broken page, and Lucene refuses terms past 32,766 bytes
LONGEST_VALUE = 200
#: no article has more real authors, places or keywords; a page that says so would blow up every facet
MOST_VALUES = 200


class DocumentRejected(Exception):
    """The document will never be taken as it is. The text says why, without any of the document's."""


def check(stream: Stream, id: str, document: IndexDocument | Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with its id, fit for JSON, its body within BODY_LIMIT.

    NUL characters and lone surrogates, which JSON or PostgreSQL cannot hold, become U+FFFD. A letter that is written in
    parts (u with a mark behind it) becomes one, as a query has it (Unicode's NFC). Raises DocumentRejected for
    a field that the schema does not know and for a value that JSON has no form for.
    """
    if isinstance(document, IndexDocument):
        document = document.as_json()
    if unknown := document.keys() - fields(stream):
        names = ", ".join(sorted(str(name)[:50] for name in unknown)[:5])
        raise DocumentRejected(f"the schema of {stream} knows no field {names}")
    checked = {**document, "id": id}
    body = checked.get("body")
    if isinstance(body, str) and len(body) > BODY_LIMIT:
        checked |= {"body": body[:BODY_LIMIT], "body_cut": True}
    try:
        whole = orjson.dumps(checked).decode()
        if "\\u0000" not in whole and is_normalized("NFC", whole):
            return checked
    except TypeError:
        pass  # a lone surrogate, or something worse that shows after the mending
    checked = {name: _mended(value) for name, value in checked.items()}
    try:
        orjson.dumps(checked)
    except TypeError as error:
        raise DocumentRejected(f"it has a value that is not JSON: {type(error).__name__}") from error
    return checked


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return normalize("NFC", value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8"))
    if isinstance(value, Mapping):
        return {_mended(name): _mended(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(each) for each in value]
    return value


def facet_values(document: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return for each facet of an article its values: folded form to the form to show."""
    found = {}
    for name, facet in facets().items():
        values: dict[str, str] = {}
        stated = facet.values(document) if facet.values else document.get(name)
        for value in listed(stated)[:MOST_VALUES]:
            shown = str(value).lower() if isinstance(value, bool) else str(value)[:LONGEST_VALUE].strip()
            values.setdefault(folded_value(shown), shown)
        values.pop("", None)
        if values:
            found[name] = values
    return found


def folded_value(shown: str) -> str:
    """Return the form in which a facet's values are compared: folded, white space as single blanks."""
    return " ".join(fold(shown.replace("’", "'")).split())[:LONGEST_VALUE]


def sorted_at(document: Mapping[str, Any]) -> datetime | None:
    """Return the time that articles are ordered by: publication as stated, else first sight.

    A day alone counts from its first moment in UTC: for the order only, it is never shown.
    Raises DocumentRejected for a text that is no date.
    """
    for name in ("date_published", "first_seen_at", "fetched_at"):
        if stated := document.get(name):
            return _instant(name, stated)
    return None


def _instant(name: str, stated: Any) -> datetime:
    try:
        at = stated if isinstance(stated, date) else datetime.fromisoformat(str(stated))
    except ValueError as error:
        raise DocumentRejected(f"{name} is not an ISO 8601 date") from error
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day, tzinfo=UTC)
    return at if at.utcoffset() is not None else at.replace(tzinfo=UTC)


def is_day(document: Mapping[str, Any]) -> bool:
    """Say whether the article's publication is known by its day alone."""
    return document.get("date_precision") == "day"
