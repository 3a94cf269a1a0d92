"""One item of a bulk answer in, our word on it out."""

import re
from collections.abc import Mapping
from typing import Any

from index.protocol import DONE, Verdict, Written
from news.errors import IndexUnavailable

#: seconds until it is worth asking again: after a busy server, and after a full disk, which a person must mend
BUSY_SECONDS, FULL_SECONDS = 5.0, 60.0
#: an alias that exists for as long as a migration lasts
NEXT = "-next"

_FIELD = re.compile(r"field \[([\w.]{1,80})\]|dynamic introduction of \[([\w.]{1,80})\]")
#: what passes by itself
_PASSING = frozenset({404, 429, 500, 502, 503, 504})


def word_on(item: Mapping[str, Any], target: str, place: str) -> Written:
    """Return our word on one item that was sent to `target`.

    A 429 on one item is a full queue, unless the index was made read-only, as a full disk makes it. Raises
    IndexUnavailable where the item's trouble is everyone's: no such alias, not allowed.
    """
    status = item["status"]
    error = item.get("error") or {}
    kind = str(error.get("type", "unknown"))
    if status < 300 or status == 409 or (status == 404 and not error):
        return DONE  # written; already there or newer; a deletion of what is not there
    if kind == "index_not_found_exception":
        if target.endswith(NEXT):
            return DONE  # the migration ended since we looked: what it was to get went to the alias, too
        raise IndexUnavailable(
            f"Elasticsearch at {place} lacks the alias '{target}'; `broadsheet index create` makes it."
        )
    if kind == "cluster_block_exception":  # 429 at the flood stage of a full disk, 403 where a person set it
        reason = f"'{target}' is read-only; its disk may be full"
        return Written(verdict=Verdict.LATER, reason=reason, wait_seconds=FULL_SECONDS)
    if status in (401, 403):
        raise IndexUnavailable(
            f"Elasticsearch at {place} does not allow writing to '{target}' with our key; see `broadsheet index keys`."
        )
    if status in _PASSING:
        return Written(verdict=Verdict.LATER, reason=kind, wait_seconds=BUSY_SECONDS)
    named = _FIELD.search(str(error.get("reason", "")))  # the rest of the reason may be an article's text
    field = next((name for name in named.groups() if name), "") if named else ""
    return Written(verdict=Verdict.REFUSED, reason=f"{kind}: field {field}" if field else kind)
