"""Actions in, one word for each out: bulk writing that keeps going when a server stumbles."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from elastic_transport import ConnectionTimeout, TlsError, TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from index.document import Refused
from index.elasticsearch.client import error_type, explained, our_words
from index.elasticsearch.source import source
from index.protocol import DONE, Action, Verdict, Written
from news.errors import IndexUnavailable

#: bytes of one request: larger ones are not faster and hold more memory on both sides
CHUNK_BYTES = 5_000_000
#: seconds for one bulk request; a node that leaves is noticed sooner
BULK_SECONDS = 60.0
#: tries of one chunk, with pauses of 0.5, 1, 2 and 4 s between them, each shortened by chance
TRIES = 5
#: seconds until it is worth asking again: after a busy server, and after a full disk, which a person must mend
BUSY_SECONDS, FULL_SECONDS = 5.0, 60.0
#: of the answer, only what is needed: it is parsed for each chunk
_ANSWER = "errors,items.*.status,items.*.error.type,items.*.error.reason"

_FIELD = re.compile(r"field \[([\w.]{1,80})\]|dynamic introduction of \[([\w.]{1,80})\]")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One action as the server wants it, and its place in the caller's list."""

    place: int
    text: bytes


def line(place: int, action: Action, targets: Mapping[str, Sequence[str]]) -> Iterator[Line]:
    """Yield the action once for each index it goes to. Raises Refused if it never can."""
    for target in targets[action.stream]:
        verb = b"delete" if action.document is None else b"index"
        head = {"_index": target, "_id": action.id, "version": action.revision, "version_type": "external"}
        text = b'{"' + verb + b'":' + orjson.dumps(head) + b"}"
        if action.document is not None:
            text += b"\n" + orjson.dumps(source(action.stream, action.id, action.document))
        yield Line(place=place, text=text)


def chunks(lines: Sequence[Line], most: int = CHUNK_BYTES) -> Iterator[list[Line]]:
    """Yield the lines in chunks of at most `most` bytes; a larger single line goes alone."""
    chunk: list[Line] = []
    size = 0
    for each in lines:
        if chunk and size + len(each.text) > most:
            yield chunk
            chunk, size = [], 0
        chunk.append(each)
        size += len(each.text) + 1
    if chunk:
        yield chunk


async def write(
    client: AsyncElasticsearch,
    actions: Sequence[Action],
    targets: Mapping[str, Sequence[str]],
    place: str,
    *,
    require_alias: bool = True,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> list[Written]:
    """Write the actions to `targets` (stream to names) and return one word for each.

    Where an action goes to several indices, it is done only when all have it. Raises IndexUnavailable if the server
    cannot be reached, refuses us, or lacks the index, and nothing was written; once something was, the rest is LATER.
    """
    found: dict[int, Written] = {}
    lines: list[Line] = []
    for number, action in enumerate(actions):
        try:
            lines.extend(line(number, action, targets))
        except Refused as refusal:
            found[number] = Written(verdict=Verdict.REFUSED, reason=str(refusal))
    wrote = False
    waiting = list(chunks(lines))
    while waiting:
        chunk = waiting.pop(0)
        try:
            words = await _send(client, chunk, place, require_alias, pause)
        except _TooLarge:
            if len(chunk) > 1:
                half = len(chunk) // 2
                waiting[:0] = [chunk[:half], chunk[half:]]
                continue
            words = [Written(verdict=Verdict.REFUSED, reason="it is larger than the server takes")]
        except IndexUnavailable as error:
            if not wrote:
                raise
            later = Written(verdict=Verdict.LATER, reason=str(error), wait_seconds=BUSY_SECONDS)
            for each in [*chunk, *(one for rest in waiting for one in rest)]:
                _note(found, each.place, later)
            break
        for each, word in zip(chunk, words, strict=True):
            wrote = wrote or word.verdict is Verdict.DONE
            _note(found, each.place, word)
    return [found[number] for number in range(len(actions))]


def _note(found: dict[int, Written], place: int, word: Written) -> None:
    """Keep the worse of two words on one action: LATER before REFUSED before DONE."""
    weight = {Verdict.DONE: 0, Verdict.REFUSED: 1, Verdict.LATER: 2}
    if place not in found or weight[word.verdict] > weight[found[place].verdict]:
        found[place] = word


class _TooLarge(Exception):
    """The server takes no request of this size (413)."""


async def _send(
    client: AsyncElasticsearch,
    chunk: Sequence[Line],
    place: str,
    require_alias: bool,
    pause: Callable[[float], Awaitable[None]],
) -> list[Written]:
    """Send one chunk until each line has an answer or the tries are used up; what is busy then is LATER."""
    words: list[Written] = [Written(verdict=Verdict.LATER)] * len(chunk)
    open_ = list(range(len(chunk)))
    for attempt in range(TRIES):
        if attempt:
            # full jitter: many writers that failed together must not come back together
            await pause(random.uniform(0.1, 1.0) * 0.5 * 2 ** (attempt - 1))  # noqa: S311  (no secret)
        last = attempt == TRIES - 1
        try:
            answer = await client.options(request_timeout=BULK_SECONDS, max_retries=0).bulk(
                operations=cast(Any, [chunk[number].text for number in open_]),  # lines go as they are
                require_alias=require_alias,
                filter_path=_ANSWER,
            )
        except ApiError as error:
            if error.status_code == 413:
                raise _TooLarge from None
            if error.status_code not in (429, 502, 503, 504):
                raise _said(error, place) from None
            if last:
                busy = Written(verdict=Verdict.LATER, reason=error_type(error.body), wait_seconds=BUSY_SECONDS)
                for number in open_:
                    words[number] = busy
                return words
            continue
        except TransportError as error:
            # sent again, what had arrived is a version conflict and counts as done
            if last or isinstance(error, TlsError | ConnectionTimeout):
                with our_words(place):
                    raise
            continue
        if not answer["errors"]:
            for number in open_:
                words[number] = DONE
            return words
        for number, item in zip(open_, answer["items"], strict=True):
            words[number] = word_on(next(iter(item.values())), place)
        open_ = [number for number in open_ if words[number].verdict is Verdict.LATER]
        if not open_ or any(words[number].wait_seconds >= FULL_SECONDS for number in open_):
            return words
    return words


def _said(error: ApiError, place: str) -> Exception:
    found = explained(error, place)
    if isinstance(found, IndexUnavailable):
        return found
    return IndexUnavailable(f"Elasticsearch at {place} refuses the whole request ({error_type(error.body)}).")


def word_on(item: Mapping[str, Any], place: str) -> Written:
    """Return our word on one item of a bulk answer.

    Raises IndexUnavailable where the item's trouble is everyone's: no such alias, not allowed.
    """
    status = item["status"]
    error = item.get("error") or {}
    kind = str(error.get("type", "unknown"))
    if status < 300 or status == 409 or (status == 404 and not error):
        return DONE  # written; already there or newer; a deletion of what is not there
    if kind == "index_not_found_exception":
        raise IndexUnavailable(
            f"Elasticsearch at {place} lacks the alias we write to; `broadsheet index create` makes it."
        )
    if kind == "cluster_block_exception":  # 429 at the flood stage of a full disk, 403 where a person set it
        return Written(
            verdict=Verdict.LATER, reason="the index is read-only; is its disk full?", wait_seconds=FULL_SECONDS
        )
    if status in (401, 403):
        raise IndexUnavailable(
            f"Elasticsearch at {place} does not allow writing with our key; see `broadsheet index keys`."
        )
    if status in (429, 500, 502, 503, 504):
        return Written(verdict=Verdict.LATER, reason=kind, wait_seconds=BUSY_SECONDS)
    if status == 404:
        return Written(verdict=Verdict.LATER, reason=kind, wait_seconds=BUSY_SECONDS)
    named = _FIELD.search(str(error.get("reason", "")))
    field = next((name for name in named.groups() if name), "") if named else ""
    return Written(verdict=Verdict.REFUSED, reason=f"{kind}: field {field}" if field else kind)
