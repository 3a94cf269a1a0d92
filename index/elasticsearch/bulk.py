"""Actions in, one word for each out: bulk writing that keeps going when a server stumbles."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from elastic_transport import ConnectionTimeout, TlsError, TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from index.document import Refused
from index.elasticsearch.client import error_type, explained, unreachable, unreadable
from index.elasticsearch.source import source
from index.elasticsearch.verdict import BUSY_SECONDS, FAULT_SECONDS, word_on
from index.protocol import DONE, Action, Verdict, Written
from news.errors import IndexUnavailable

#: bytes of one request: larger ones are not faster and hold more memory on both sides
CHUNK_BYTES = 5_000_000
#: seconds for one bulk request; a node that leaves is noticed sooner
BULK_SECONDS = 60.0
#: tries of one chunk, with pauses of up to 0.5, 1, 2 and 4 s between them
TRIES = 5
#: requests that may run into BULK_SECONDS: another node may answer, a hung server will not
TIMEOUTS = 2
#: documents for one index that are all refused for one reason, in one chunk: then its mapping is at fault, not they.
#: Fewer may well be one outlet's articles
ALIKE = 20
#: bytes of an id; Elasticsearch refuses the whole request over a longer one
ID_BYTES = 512
#: of the answer, only what is needed: it is parsed for each chunk
_ANSWER = "errors,items.*.status,items.*.error.type,items.*.error.reason"

Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One action as the server wants it, its place in the caller's list and the name it is sent to."""

    place: int
    target: str
    text: bytes


def lines(place: int, action: Action, targets: Mapping[str, Sequence[str]]) -> Iterator[Line]:
    """Yield the action once for each name it goes to. Raises Refused if it never can."""
    verb = "delete" if action.document is None else "index"
    if len(action.id.encode("utf-8", "replace")) > ID_BYTES:
        raise Refused(f"its id is longer than {ID_BYTES} bytes")
    document = None
    if action.document is not None:
        document = orjson.dumps(source(action.stream, action.id, action.document))
    for target in targets[action.stream]:
        # "gte": a revision told again is written again, so that a rebuild reaches fields that are derived anew
        head = {"_index": target, "_id": action.id, "version": action.revision, "version_type": "external_gte"}
        text = orjson.dumps({verb: head})
        yield Line(place=place, target=target, text=text if document is None else text + b"\n" + document)


def chunks(every: Sequence[Line], most: int = CHUNK_BYTES) -> Iterator[list[Line]]:
    """Yield the lines in chunks of at most `most` bytes; a larger single line goes alone."""
    chunk: list[Line] = []
    size = 0
    for each in every:
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
    pause: Pause = asyncio.sleep,
) -> list[Written]:
    """Write the actions to the aliases `targets` (stream to names) and return one word for each.

    Where an action goes to several aliases, it is done only when all have it. Raises IndexUnavailable if the server
    cannot be reached, refuses us, gives an answer that cannot be read, or has an index that takes nothing, and no
    action has its word yet; else the rest is LATER, with the reason.
    """
    found: dict[int, Written] = {}
    every: list[Line] = []
    for number, action in enumerate(actions):
        try:
            every.extend(lines(number, action, targets))
        except Refused as refusal:
            found[number] = Written(verdict=Verdict.REFUSED, reason=str(refusal))
    sender = _Sender(client, place, pause)
    waiting = list(chunks(every))
    while waiting:
        chunk = waiting.pop(0)
        try:
            words = await sender.send(chunk)
        except _TooLarge:
            if len(chunk) > 1:
                half = len(chunk) // 2
                waiting[:0] = [chunk[:half], chunk[half:]]
                continue
            words = [Written(verdict=Verdict.REFUSED, reason="it is larger than the server accepts")]
        except IndexUnavailable as error:
            if not sender.wrote:
                raise
            words = [Written(verdict=Verdict.LATER, reason=str(error), wait_seconds=FAULT_SECONDS)] * len(chunk)
        for each, word in zip(chunk, words, strict=True):
            found[each.place] = worse(found.get(each.place, DONE), word)
        later = [word for word in words if word.verdict is Verdict.LATER]
        if later and (len(later) == len(words) or later[0].wait_seconds > BUSY_SECONDS):
            # what is away, busy, full or at fault for a whole chunk is so for the next; the caller comes back
            for each in (one for rest in waiting for one in rest):
                found[each.place] = worse(found.get(each.place, DONE), later[0])
            break
    if sender.fault and all(word.verdict is Verdict.LATER for word in found.values()):
        raise sender.fault
    return [found[number] for number in range(len(actions))]


def worse(one: Written, other: Written) -> Written:
    """Return the worse of two words on one action: LATER before REFUSED before DONE."""
    weight = {Verdict.DONE: 0, Verdict.REFUSED: 1, Verdict.LATER: 2}
    return other if weight[other.verdict] > weight[one.verdict] else one


class _TooLarge(Exception):
    """The server takes no request of this size (413)."""


class _Sender:
    """Sends chunks, and remembers whether any line was ever acknowledged, and what is wrong with an index."""

    def __init__(self, client: AsyncElasticsearch, place: str, pause: Pause) -> None:
        self._client = client.options(request_timeout=BULK_SECONDS, max_retries=0)
        self._place = place
        self._pause = pause
        self.wrote = False
        self.fault: IndexUnavailable | None = None

    async def send(self, chunk: Sequence[Line]) -> list[Written]:
        """Send a chunk until each line has an answer or the tries are used up; what is busy then is LATER.

        Sent again, what had arrived the first time is a version conflict and counts as done.
        """
        words: list[Written] = [Written(verdict=Verdict.LATER)] * len(chunk)
        still = list(range(len(chunk)))
        timeouts = 0
        for attempt in range(TRIES):
            if attempt:
                # jitter: many writers that failed together must not come back together
                await self._pause(random.uniform(0.1, 1.0) * 0.5 * 2 ** (attempt - 1))  # noqa: S311 - no secret
            try:
                items = await self._items([chunk[number].text for number in still])
            except ApiError as error:
                busy = await self._busy(error)
                for number in still:
                    words[number] = busy
                continue
            except TransportError as error:
                timeouts += isinstance(error, ConnectionTimeout)
                if isinstance(error, TlsError) or timeouts >= TIMEOUTS or attempt == TRIES - 1:
                    raise unreachable(error, self._place) from None
                continue
            for number, item in zip(still, items, strict=True):
                words[number] = self._word_on(item, chunk[number].target)
                self.wrote = self.wrote or words[number].verdict is Verdict.DONE
            still = [number for number in still if words[number].verdict is Verdict.LATER]
            if not still or any(words[number].wait_seconds > BUSY_SECONDS for number in still):
                break
        return self._spared(chunk, words)

    def _word_on(self, item: Mapping[str, Any], target: str) -> Written:
        """Return our word on one item; where the index is at fault, LATER: what other indices answered counts."""
        try:
            return word_on(item, target, self._place)
        except IndexUnavailable as error:
            self.fault = error
            return Written(verdict=Verdict.LATER, reason=str(error), wait_seconds=FAULT_SECONDS)

    def _spared(self, chunk: Sequence[Line], words: list[Written]) -> list[Written]:
        """Return the words with those that an index refuses all alike made LATER: its mapping fits no document."""
        reasons: dict[str, list[Written]] = defaultdict(list)
        for line, word in zip(chunk, words, strict=True):
            reasons[line.target].append(word)
        for target, each in reasons.items():
            if len(each) < ALIKE or each[0].verdict is not Verdict.REFUSED or any(word != each[0] for word in each):
                continue
            self.fault = IndexUnavailable(
                f"Elasticsearch at {self._place} refuses every document for '{target}' ({each[0].reason}): its mapping "
                "is not Broadsheet's. `broadsheet index migrate --again` creates it again."
            )
            later = Written(verdict=Verdict.LATER, reason=str(self.fault), wait_seconds=FAULT_SECONDS)
            words = [later if line.target == target else word for line, word in zip(chunk, words, strict=True)]
        return words

    async def _items(self, texts: list[bytes]) -> list[Mapping[str, Any]]:
        """Send the lines once and return an item for each. Raises IndexUnavailable for an answer of another shape."""
        answer = await self._client.bulk(
            operations=cast(Any, texts),  # the client passes lines on as they are
            require_alias=True,
            filter_path=_ANSWER,
        )
        items = answer.body.get("items") if isinstance(answer.body, dict) else None
        if not isinstance(items, list) or len(items) != len(texts):
            raise unreadable(self._place)
        found = [next(iter(item.values()), None) if isinstance(item, dict) else None for item in items]
        if not all(isinstance(each, dict) and isinstance(each.get("status"), int) for each in found):
            raise unreadable(self._place)
        return cast(list[Mapping[str, Any]], found)

    async def _busy(self, error: ApiError) -> Written:
        """Return our word on all lines of a request that was refused whole. Raises what no waiting will mend."""
        if error.status_code == 413:
            raise _TooLarge from None
        kind = error_type(error.body)
        if error.status_code in (429, 502, 503, 504):
            return Written(verdict=Verdict.LATER, reason=kind, wait_seconds=BUSY_SECONDS)
        raise await explained(error, self._client, self._place) from None
