"""Where the next page begins, as one opaque word that a URL can carry."""

import base64
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from index.query import Query
from news.clock import now
from news.errors import BadQuery


@dataclass(frozen=True, kw_only=True)
class PageStart:
    """Where a page of results begins."""

    #: when the first page was asked for, ISO 8601; the age of articles is counted from then on all pages
    origin: str
    #: what the last hit before was ordered by, and its id; None on the first page and where pages are counted
    after: tuple[float | str | None, str] | None = None
    #: hits to pass over, where a server can page in no other way
    offset: int = 0


def opaque(value: object) -> str:
    """Return a value of JSON's types as one word that a URL can carry.

    >>> value_of(opaque(["a", 1]))
    ['a', 1]
    """
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def value_of(word: str) -> Any:
    """Return the value that `opaque` made the word of. Raises ValueError for another word."""
    try:
        return json.loads(base64.urlsafe_b64decode(word.encode("ascii") + b"=" * (-len(word) % 4)))
    except RecursionError as error:
        raise ValueError("the word is nested too deeply") from error


def encode(query: Query, place: PageStart) -> str:
    """Return the cursor of a place in the results of `query`."""
    return opaque([query.sort, asdict(place)])


def begin(query: Query) -> PageStart:
    """Return where the page that `query` asks for begins. Raises BadQuery for a cursor that no page gave.

    >>> begin(Query(cursor=encode(Query(), PageStart(origin="2026-03-02T08:00:00+00:00", after=(1.5, "a"))))).after
    (1.5, 'a')
    """
    if not query.cursor:
        return PageStart(origin=now().isoformat())
    try:
        sort, found = value_of(query.cursor)
        origin = datetime.fromisoformat(found["origin"]).isoformat()
        offset = int(found["offset"])
        after = found["after"]
        if after is not None:
            value, id = after
            if not isinstance(id, str) or not isinstance(value, int | float | str | None) or "\0" in f"{value}{id}":
                raise TypeError
            after = (value, id)
    except (ValueError, TypeError, KeyError) as error:
        raise BadQuery("The cursor is not valid; use `next_cursor` of a page of results.") from error
    if sort != query.sort or offset < 0:
        raise BadQuery("The cursor belongs to another query.")
    return PageStart(origin=origin, after=after, offset=offset)
