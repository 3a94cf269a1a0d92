"""A document in, the same article as IPTC's ninjs 3.0 out (https://www.iptc.org/std/ninjs/ninjs-schema_3.0.json)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from index.fields import names
from news.article import Kind
from news.url import normal

_STANDARD = {"name": "ninjs", "version": "3.0", "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.0.json#"}
#: of IPTC's news item natures
_TYPES: dict[str, str] = {Kind.VIDEO: "video", Kind.GALLERY: "composite"}
#: what stands in an address as it is: reserved characters, and escapes
_IN_URI = "!#$%&'()*+,/:;=?@[]~"
#: the article's id and version, for who comes back to us
ID_ROLE = "broadsheet"


def ninjs(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the article as ninjs. What is not known is absent; a day without an hour gives no `contentCreated`.

    `firstCreated` is when Broadsheet first saw it, `versionCreated` when it first saw this text. `pubStatus` is
    `canceled` where the outlet's page is gone.
    """
    body = _text(document)
    item: dict[str, Any] = {
        "uri": _uri(document),
        "standard": _STANDARD,
        "type": _TYPES.get(str(document.get("kind")), "text"),
        "representationType": "partial" if document.get("body_cut") or document.get("body_missing") else "full",
        "version": str(document.get("version") or 1),
        "firstCreated": document.get("first_seen_at"),
        "versionCreated": document.get("changed_at"),
        "contentCreated": document.get("date_published") if document.get("date_precision") != "day" else None,
        "pubStatus": "canceled" if document.get("gone_at") else "usable",
        "language": document.get("in_language") if document.get("in_language") != "und" else None,
        "headlines": _valued("main", document.get("headline")),
        "descriptions": _valued("summary", document.get("standfirst")),
        "bodies": [each | {"contentType": "text/plain", "charCount": len(body)} for each in _valued("main", body)],
        "by": ", ".join(names(document.get("authors"))),
        "edNote": document.get("correction"),
        "infoSources": [{"name": name, "role": "agency"} for name in names(document.get("agencies"))]
        + ([{"name": document["outlet_name"], "role": "publisher"}] if document.get("outlet_name") else []),
        "people": _named(document.get("people")),
        "organisations": _named(document.get("organisations")),
        "places": _named(document.get("places")),
        "subjects": _named(document.get("sections") or document.get("article_section")),
        "genres": _named(document.get("genre")),
        "altIds": [{"role": ID_ROLE, "value": str(document["id"])}],
    }
    return {name: value for name, value in item.items() if value not in (None, "", [])}


def _uri(document: Mapping[str, Any]) -> str:
    """Return the article's address as RFC 3986 has it, in ASCII; its id where it has none."""
    try:
        return quote(normal(str(document.get("url") or "")), safe=_IN_URI)
    except ValueError:
        return f"urn:uuid:{document['id']}"


def _text(document: Mapping[str, Any]) -> str:
    entries = (document.get("entries") or ()) if not isinstance(document.get("entries"), Mapping) else ()
    parts = [text for entry in entries for text in (entry.get("headline"), entry.get("body"))]
    return "\n".join(text for text in (document.get("body"), *parts) if text)


def _valued(role: str, value: Any) -> list[dict[str, Any]]:
    return [{"role": role, "value": value}] if value else []


def _named(entities: Any) -> list[dict[str, str]]:
    return [{"name": name} for name in names(entities)]
