"""Where the next page begins, as one opaque word that a URL can carry."""

import base64
import binascii
import json
from typing import Any

from news.errors import BadQuery


def encode(sort: str, place: dict[str, Any]) -> str:
    """Return the cursor of a place in results ordered by `sort`."""
    return base64.urlsafe_b64encode(json.dumps([sort, place]).encode()).decode().rstrip("=")


def decode(sort: str, cursor: str) -> dict[str, Any]:
    """Return the place that `encode` was given. Raises BadQuery for anything that it did not make.

    >>> decode("newest", encode("newest", {"after": [1, "a"]}))
    {'after': [1, 'a']}
    """
    try:
        made_for, place = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise BadQuery("The cursor is not one that a page of results gave.") from error
    if made_for != sort or not isinstance(place, dict):
        raise BadQuery("The cursor belongs to another query.")
    return place
