"""A query in, what is stored of it out, and back: what is searched for, without the page that was looked at."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from index.query import Query
from news.moment import utc


def stored(query: Query) -> dict[str, Any]:
    """Return what a query searches for in JSON's types: words, filters and range of publication.

    >>> stored(Query(text="flood", filters={"outlet": ("courier",)}))
    {'text': 'flood', 'filters': {'outlet': ['courier']}, 'timezone': 'UTC'}
    """
    found: dict[str, Any] = {
        "text": query.text,
        "filters": {name: list(values) for name, values in query.filters.items()},
        "timezone": query.timezone,
    }
    if query.published_from:
        found["published_from"] = utc(query.published_from)
    if query.published_until:
        found["published_until"] = utc(query.published_until)
    return found


def restored(found: Mapping[str, Any], **options: Any) -> Query:
    """Return the query that `stored` wrote. Raises BadQuery for a facet that there is no more."""
    bounds: dict[str, Any] = {
        name: datetime.fromisoformat(found[name]) for name in ("published_from", "published_until") if name in found
    }
    return Query(
        text=found.get("text", ""),
        filters={name: tuple(values) for name, values in found.get("filters", {}).items()},
        timezone=found.get("timezone", "UTC"),
        **bounds,
        **options,
    )
