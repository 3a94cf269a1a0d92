"""The data views: which index, by which time, and where a value of it leads to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from index.protocol import Stream
from index.schema import schema

ARTICLES = "broadsheet-articles"
CHANGES = "broadsheet-article-changes"
WITHDRAWALS = "broadsheet-article-withdrawals"
EVENTS = "broadsheet-crawl-events"

#: where our own page is unless the user says otherwise: `broadsheet up` on the same machine
PAGE = "http://127.0.0.1:8000"


@dataclass(frozen=True, kw_only=True)
class Link:
    """A field that Kibana computes of others, shown as a link."""

    #: of a Painless script: the field it is made of must be there
    needs: str
    emits: str
    #: behind the address of our page; `{{value}}` is escaped by Kibana, `{{rawValue}}` is not
    path: str
    label: str


@dataclass(frozen=True, kw_only=True)
class DataView:
    """An index as Kibana shows it. A dashboard's span of time is taken by the view's own time field."""

    id: str
    name: str
    stream: Stream
    time: str
    links: Mapping[str, Link]


def _field(name: str) -> str:
    return f"doc['{name}'].value"


_RECRAWL = Link(needs="url", emits=_field("url"), path="/recrawl?url={{value}}", label="recrawl …")
_ARTICLE_LINKS = {
    "history": Link(needs="id", emits=_field("id"), path="/articles/{{value}}", label="history"),
    "last_change": Link(
        needs="edit_kinds",
        # identifiers and numbers alone, which need no escaping
        emits=f"{_field('id')} + '?diff=' + ({_field('version')} - 1) + '..' + {_field('version')}",
        path="/articles/{{rawValue}}",
        label="what changed",
    ),
    "recrawl": _RECRAWL,
}

#: an article has three times, and a dashboard's span is taken by one: so there are three views of the index
VIEWS = (
    DataView(
        id=ARTICLES,
        name="Articles",
        stream="articles",
        time="sorted_at",  # as published, else as first seen: no article is without
        links=_ARTICLE_LINKS,
    ),
    DataView(id=CHANGES, name="Articles by last change", stream="articles", time="changed_at", links=_ARTICLE_LINKS),
    DataView(id=WITHDRAWALS, name="Articles by withdrawal", stream="articles", time="gone_at", links=_ARTICLE_LINKS),
    DataView(
        id=EVENTS,
        name="Crawl events",
        stream="events",
        time="at",
        links={
            "history": Link(
                needs="article_id", emits=_field("article_id"), path="/articles/{{value}}", label="history"
            ),
            "recrawl": _RECRAWL,
        },
    ),
)

#: Elasticsearch's types as Kibana names them; the rest is not aggregatable or has no place in a panel
_KIBANA_TYPES = {
    "keyword": "string",
    "text": "text",
    "boolean": "boolean",
    "date": "date",
    "integer": "number",
    "long": "number",
    "float": "number",
}


@cache
def types(stream: Stream) -> dict[str, str]:
    """Return the stream's flat fields, each with its type as Kibana names it; "text" cannot be aggregated."""
    properties = schema(stream)["mappings"]["properties"]
    return {
        name: _KIBANA_TYPES[field["type"]] for name, field in properties.items() if field.get("type") in _KIBANA_TYPES
    }


def view(id: str) -> DataView:
    """Return the data view with this id. Raises StopIteration, a mistake in our own data."""
    return next(each for each in VIEWS if each.id == id)


def runtime_fields(view: DataView) -> dict[str, dict[str, Any]]:
    """Return the fields that the links stand in, in the form of a search's `runtime_mappings`."""
    return {
        name: {
            "type": "keyword",
            "script": {"source": f"if (doc['{link.needs}'].size() > 0) {{ emit({link.emits}) }}"},
        }
        for name, link in view.links.items()
    }


def formats(view: DataView, page: str) -> dict[str, dict[str, Any]]:
    """Return how Kibana shows sizes, and the fields that lead somewhere; `page` is the address of our own page."""
    shown: dict[str, dict[str, Any]] = {"url": {"id": "url", "params": {"type": "a", "openLinkInCurrentTab": False}}}
    if "content_bytes" in types(view.stream):
        shown["content_bytes"] = {"id": "bytes"}
    for name, link in view.links.items():
        shown[name] = {
            "id": "url",
            "params": {
                "type": "a",
                "urlTemplate": page.rstrip("/") + link.path,
                "labelTemplate": link.label,
                "openLinkInCurrentTab": False,
            },
        }
    return shown


def request(view: DataView, page: str) -> dict[str, Any]:
    """Return the body that makes or replaces the data view by Kibana's data views API."""
    return {
        "data_view": {
            "id": view.id,
            "title": view.stream,
            "name": f"Broadsheet: {view.name}",
            "timeFieldName": view.time,
            "fieldFormats": formats(view, page),
            "runtimeFieldMap": runtime_fields(view),
        },
        "override": True,
    }
