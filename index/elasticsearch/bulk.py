"""Actions in, one result for each out: bulk writing that keeps going when a server stumbles."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from elastic_transport import ConnectionTimeout, TlsError, TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from index.document import DocumentRejected, check, facet_values, sorted_at
from index.elasticsearch.bulk_items import BUSY_SECONDS, FAULT_SECONDS, result_of
from index.elasticsearch.client import error_type, explained, unreachable, unreadable
from index.fields import boosts, names
from index.protocol import DONE, Action, Stream, WriteResult, WriteStatus
from index.schema import analysed_as
from news.backoff import Backoff
from news.errors import IndexUnavailable
from news.index_document import IndexDocument

#: bytes of one request: larger ones are not faster and hold more memory on both sides
CHUNK_BYTES = 5_000_000
#: seconds for one bulk request; a node that leaves is noticed sooner
BULK_SECONDS = 60.0
#: tries of one chunk, with pauses of up to 0.5, 1, 2 and 4 s between them
TRIES = 5
BETWEEN_TRIES = Backoff(first_seconds=0.5, jitter=(0.1, 1.0))
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


def source(stream: Stream, id: str, document: IndexDocument | Mapping[str, Any]) -> dict[str, Any]:
    """Return the checked document with what is derived from it. Raises DocumentRejected."""
    checked = check(stream, id, document)
    if stream == "events":
        return checked
    for entities in ("places", "people", "organisations"):
        if found := checked.get(entities):
            checked[entities] = [each if isinstance(each, Mapping) else {"name": each} for each in found]
    places = [place for place in checked.get("places") or () if isinstance(place, Mapping)]
    at = sorted_at(checked)
    derived = {
        "facets": {facet: list(values) for facet, values in facet_values(checked).items()},
        "sorted_at": at.isoformat() if at else None,
        "story_key": checked.get("story_id") or id,
        "place_names": names(places),
        "place_codes": names(places, "code"),
        "place_points": [
            {"lat": place["lat"], "lon": place["lon"]}
            for place in places
            if place.get("lat") is not None and place.get("lon") is not None
        ],
        "people_names": names(checked.get("people")),
        "organisation_names": names(checked.get("organisations")),
    }
    if key := analysed_as(str(checked.get("in_language") or "")):
        derived["i18n"] = {key: {field: checked[field] for field in boosts() if checked.get(field)}}
    return checked | derived


def lines(place: int, action: Action, targets: Mapping[str, Sequence[str]]) -> Iterator[Line]:
    """Yield the action once for each name it goes to. Raises DocumentRejected if it never can."""
    verb = "delete" if action.document is None else "index"
    if len(action.id.encode("utf-8", "replace")) > ID_BYTES:
        raise DocumentRejected(f"its id is longer than {ID_BYTES} bytes")
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
) -> list[WriteResult]:
    """Write the actions to the aliases `targets` (stream to names) and return one result for each.

    Where an action goes to several aliases, it is done only when all have it. Raises IndexUnavailable if the server
    cannot be reached, refuses us, gives an answer that cannot be read, or has an index that takes nothing, and no
    action has its result yet; else the rest is LATER, with the reason.
    """
    found: dict[int, WriteResult] = {}
    every: list[Line] = []
    for number, action in enumerate(actions):
        try:
            every.extend(lines(number, action, targets))
        except DocumentRejected as refusal:
            found[number] = WriteResult(status=WriteStatus.REJECTED, reason=str(refusal))
    sender = _Sender(client, place, pause)
    waiting = list(chunks(every))
    while waiting:
        chunk = waiting.pop(0)
        try:
            results = await sender.send(chunk)
        except _TooLarge:
            if len(chunk) > 1:
                half = len(chunk) // 2
                waiting[:0] = [chunk[:half], chunk[half:]]
                continue
            results = [WriteResult(status=WriteStatus.REJECTED, reason="it is larger than the server accepts")]
        except IndexUnavailable as error:
            if not sender.wrote:
                raise
            results = [WriteResult(status=WriteStatus.LATER, reason=str(error), wait_seconds=FAULT_SECONDS)] * len(
                chunk
            )
        for each, result in zip(chunk, results, strict=True):
            found[each.place] = worse(found.get(each.place, DONE), result)
        later = [result for result in results if result.status is WriteStatus.LATER]
        if later and (len(later) == len(results) or later[0].wait_seconds > BUSY_SECONDS):
            # what is away, busy, full or at fault for a whole chunk is so for the next; the caller comes back
            for each in (one for rest in waiting for one in rest):
                found[each.place] = worse(found.get(each.place, DONE), later[0])
            break
    if sender.fault and all(result.status is WriteStatus.LATER for result in found.values()):
        raise sender.fault
    return [found[number] for number in range(len(actions))]


def worse(one: WriteResult, other: WriteResult) -> WriteResult:
    """Return the worse of two results of one action: LATER before REJECTED before DONE."""
    weight = {WriteStatus.DONE: 0, WriteStatus.REJECTED: 1, WriteStatus.LATER: 2}
    return other if weight[other.status] > weight[one.status] else one


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

    async def send(self, chunk: Sequence[Line]) -> list[WriteResult]:
        """Send a chunk until each line has an answer or the tries are used up; what is busy then is LATER.

        Sent again, what had arrived the first time is a version conflict and counts as done.
        """
        results: list[WriteResult] = [WriteResult(status=WriteStatus.LATER)] * len(chunk)
        still = list(range(len(chunk)))
        timeouts = 0
        for attempt in range(TRIES):
            if attempt:
                await self._pause(BETWEEN_TRIES.pause_seconds(attempt))
            try:
                items = await self._items([chunk[number].text for number in still])
            except ApiError as error:
                busy = await self._busy(error)
                for number in still:
                    results[number] = busy
                continue
            except TransportError as error:
                timeouts += isinstance(error, ConnectionTimeout)
                if isinstance(error, TlsError) or timeouts >= TIMEOUTS or attempt == TRIES - 1:
                    raise unreachable(error, self._place) from None
                continue
            for number, item in zip(still, items, strict=True):
                results[number] = self._result_of(item, chunk[number].target)
                self.wrote = self.wrote or results[number].status is WriteStatus.DONE
            still = [number for number in still if results[number].status is WriteStatus.LATER]
            if not still or any(results[number].wait_seconds > BUSY_SECONDS for number in still):
                break
        return self._spared(chunk, results)

    def _result_of(self, item: Mapping[str, Any], target: str) -> WriteResult:
        """Return the result of one item; where the index is at fault, LATER: what other indices answered counts."""
        try:
            return result_of(item, target, self._place)
        except IndexUnavailable as error:
            self.fault = error
            return WriteResult(status=WriteStatus.LATER, reason=str(error), wait_seconds=FAULT_SECONDS)

    def _spared(self, chunk: Sequence[Line], results: list[WriteResult]) -> list[WriteResult]:
        """Return the results with those that an index refuses all alike made LATER: its mapping fits no document."""
        reasons: dict[str, list[WriteResult]] = defaultdict(list)
        for line, result in zip(chunk, results, strict=True):
            reasons[line.target].append(result)
        for target, each in reasons.items():
            if (
                len(each) < ALIKE
                or each[0].status is not WriteStatus.REJECTED
                or any(result != each[0] for result in each)
            ):
                continue
            self.fault = IndexUnavailable(
                f"Elasticsearch at {self._place} refuses every document for '{target}' ({each[0].reason}): its mapping "
                "is not Broadsheet's. `broadsheet index migrate --again` creates it again."
            )
            later = WriteResult(status=WriteStatus.LATER, reason=str(self.fault), wait_seconds=FAULT_SECONDS)
            results = [later if line.target == target else result for line, result in zip(chunk, results, strict=True)]
        return results

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

    async def _busy(self, error: ApiError) -> WriteResult:
        """Return the result of all lines of a request that was refused whole. Raises what no waiting will mend."""
        if error.status_code == 413:
            raise _TooLarge from None
        kind = error_type(error.body)
        if error.status_code in (429, 502, 503, 504):
            return WriteResult(status=WriteStatus.LATER, reason=kind, wait_seconds=BUSY_SECONDS)
        raise await explained(error, self._client, self._place) from None
