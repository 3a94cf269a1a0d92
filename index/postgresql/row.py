"""A document in, the row that PostgreSQL searches out."""

from collections.abc import Mapping
from typing import Any

import orjson

from index.document import check, facet_values, is_day, sorted_at
from index.fields import texts
from index.protocol import Action
from index.tokens import tokens

#: a tsvector ends at 1 MiB of words and positions; what would go past this is not searched
MOST_BYTES = 900_000
#: tsvector's own bounds: larger positions become this one, further places of a word are dropped
LAST_POSITION, MOST_PLACES = 16_383, 255
#: words between two fields, so that no phrase spans them
GAP = 10


def article(action: Action) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the row of search.articles, and the labels with their forms to show. Raises DocumentRejected."""
    if action.document is None:
        row = _row(action) | {"document": None, "words": "", "labels": [], "sorted_at": None}
        return row | {"published_at": None, "published_day": False, "story_key": action.id}, {}
    document = check("articles", action.id, action.document)
    shown = {
        f"{facet}={value}": form for facet, values in facet_values(document).items() for value, form in values.items()
    }
    dated = bool(document.get("date_published"))
    at = sorted_at(document)
    row = _row(action) | {
        "document": orjson.loads(orjson.dumps(document)),
        "words": vector(document),
        "labels": list(shown),
        "sorted_at": at,
        "published_at": at if dated else None,
        "published_day": dated and is_day(document),
        "story_key": document.get("story_id") or action.id,
    }
    return row, shown


def event(action: Action) -> dict[str, Any]:
    """Return the row of search.events. Raises DocumentRejected."""
    if action.document is None:
        return _row(action) | {"document": None, "at": None}
    document = check("events", action.id, action.document)
    at = sorted_at({"fetched_at": document.get("at")})
    return _row(action) | {"document": orjson.loads(orjson.dumps(document)), "at": at}


def _row(action: Action) -> dict[str, Any]:
    return {"id": action.id, "revision": action.revision}


def vector(document: Mapping[str, Any]) -> str:
    """Return the document's words with places and weights, in tsvector's own notation.

    >>> vector({"headline": "Iraq", "body": "Iraq is calm"})
    "'iraq':1A,12D 'is':13D 'calm':14D"
    """
    places: dict[str, list[str]] = {}
    position = 0
    size = 0
    for name, field in texts().items():
        for text in _texts(document.get(name) or ""):
            for token in tokens(text):
                position += 1
                known = places.get(token.form)
                if known is None:
                    size += len(token.form.encode()) + 6
                    known = places[token.form] = []
                if len(known) < MOST_PLACES:
                    known.append(f"{min(position, LAST_POSITION)}{field.weight}")
                    size += 2
                if size > MOST_BYTES:
                    return _written(places)
            position += GAP if text else 0
    return _written(places)


def _texts(value: Any) -> list[str]:
    """Return the texts of a field: one, a list, or the entries of a live blog."""
    found = value if isinstance(value, list | tuple) else [value]
    return [
        f"{each.get('headline') or ''}\n{each.get('body') or ''}" if isinstance(each, Mapping) else str(each)
        for each in found
    ]


def _written(places: Mapping[str, list[str]]) -> str:
    return " ".join(f"'{form}':{','.join(where)}" for form, where in places.items())
