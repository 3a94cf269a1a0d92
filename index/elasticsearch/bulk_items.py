"""One item of a bulk answer in, the result of it out."""

import re
from collections.abc import Mapping
from typing import Any

from index.elasticsearch.targets import NEXT
from index.protocol import DONE, WriteResult, WriteStatus
from news.errors import IndexUnavailable

#: seconds until it is worth asking again: after a busy server, after a fault of the index, and after a full disk; the
#: last two a person must mend, who then wants to see it run within half a minute
BUSY_SECONDS, FAULT_SECONDS, FULL_SECONDS = 5.0, 10.0, 20.0

_FIELD = re.compile(r"field \[([\w.]{1,80})\]|dynamic introduction of \[([\w.]{1,80})\]|in field=\"([\w.]{1,80})\"")
_PIPELINE = re.compile(r"pipeline with id \[([\w.-]{1,80})\] does not exist")
#: what passes by itself
_PASSING = frozenset({404, 429, 500, 502, 503, 504})
#: what names one document, tried on 9.4.3: all else is the fault of the index that it was sent to
_OF_THE_DOCUMENT = frozenset(
    {
        "document_parsing_exception",
        "mapper_exception",
        "mapper_parsing_exception",
        "strict_dynamic_mapping_exception",
        "parsing_exception",
        "x_content_parse_exception",
        "max_bytes_length_exceeded_exception",
        "routing_missing_exception",
    }
)


def result_of(item: Mapping[str, Any], target: str, place: str) -> WriteResult:
    """Return the result of one item that was sent to `target`.

    A 429 on one item is a full queue, unless the index was made read-only, as a full disk makes it. Raises
    IndexUnavailable where the item's trouble is everyone's: no such alias, a closed index, not allowed.
    """
    status = item["status"]
    error = item.get("error") or {}
    kind = str(error.get("type", "unknown"))
    reason = str(error.get("reason", ""))  # it may carry an article's text, and is not shown
    if status < 300 or status == 409 or (status == 404 and not error):
        return DONE  # written; already there or newer; a deletion of what is not there
    if kind == "index_not_found_exception" and target.endswith(NEXT):
        return DONE  # the migration ended since we looked: what it was to get went to the alias, too
    if kind == "cluster_block_exception":  # 429 at the flood stage of a full disk, 403 where a person set it
        said = f"'{target}' is read-only; its disk may be full"
        return WriteResult(status=WriteStatus.LATER, reason=said, wait_seconds=FULL_SECONDS)
    if status in _PASSING and kind != "index_not_found_exception":
        return WriteResult(status=WriteStatus.LATER, reason=kind, wait_seconds=BUSY_SECONDS)
    named = _FIELD.search(reason)
    field = next((name for name in named.groups() if name), "") if named else ""
    if kind in _OF_THE_DOCUMENT or (kind == "illegal_argument_exception" and field):
        return WriteResult(status=WriteStatus.REJECTED, reason=f"{kind}: field {field}" if field else kind)
    raise IndexUnavailable(_fault(status, kind, reason, target, place))


def _fault(status: int, kind: str, reason: str, target: str, place: str) -> str:
    """Return in a sentence what is wrong with the index that `target` names."""
    server = f"Elasticsearch at {place}"
    if kind == "index_not_found_exception":
        return f"{server} lacks the alias '{target}'; `broadsheet index create` creates it."
    if status in (401, 403):
        return f"{server} does not allow writing to '{target}' with this API key; see `broadsheet index keys`."
    if kind == "index_closed_exception":
        return f"{server} has closed the index '{target}'; open it: POST /{target}/_open."
    if "no write index" in reason:
        return f"{server} has the alias '{target}' on several indices; remove it from all but one: POST /_aliases."
    if missing := _PIPELINE.search(reason):
        return (
            f"{server} lacks the ingest pipeline '{missing[1]}' that the index '{target}' names; make it, or take it "
            f"out of the settings index.default_pipeline and index.final_pipeline."
        )
    return f"{server} accepts no document for '{target}': {status} ({kind}). See its log."
