"""Where the next page begins, as one opaque word that a URL can carry."""

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from datetime import datetime

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


def encode(query: Query, place: PageStart) -> str:
    """Return the cursor of a place in the results of `query`."""
    text = json.dumps([query.sort, asdict(place)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def begin(query: Query) -> PageStart:
    """Return where the page that `query` asks for begins. Raises BadQuery for a cursor that no page gave.

    >>> begin(Query(cursor=encode(Query(), PageStart(origin="2026-03-02T08:00:00+00:00", after=(1.5, "a"))))).after
    (1.5, 'a')
    """
    if not query.cursor:
        return PageStart(origin=now().isoformat())
    try:
        text = base64.urlsafe_b64decode(query.cursor.encode("ascii") + b"=" * (-len(query.cursor) % 4))
        sort, found = json.loads(text)
        origin = datetime.fromisoformat(found["origin"]).isoformat()
        offset = int(found["offset"])
        after = found["after"]
        if after is not None:
            value, id = after
            if not isinstance(id, str) or not isinstance(value, int | float | str | None) or "\0" in text.decode():
                raise TypeError
            after = (value, id)
    except (ValueError, TypeError, KeyError, binascii.Error, RecursionError) as error:
        raise BadQuery("The cursor is not valid; use `next_cursor` of a page of results.") from error
    if sort != query.sort or offset < 0:
        raise BadQuery("The cursor belongs to another query.")
    return PageStart(origin=origin, after=after, offset=offset)
