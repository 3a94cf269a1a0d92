"""Two indices in, the documents that one has and the other lacks or has older out; and mending them."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import AsyncElasticsearch

#: ids fetched at once
PAGE = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A document that differs: its version in each index, None where it is not."""

    id: str
    old: int | None
    new: int | None


async def differences(client: AsyncElasticsearch, old: str, new: str) -> AsyncIterator[Difference]:
    """Yield each document that `new` lacks or has at an earlier version than `old`, or that only `new` has.

    Both are walked in the order of their ids, as they were when the walk began.
    """
    olds, news = _walk(client, old), _walk(client, new)
    left, right = await anext(olds, None), await anext(news, None)
    while left or right:
        if left and (right is None or left[0] < right[0]):
            yield Difference(id=left[0], old=left[1], new=None)
            left = await anext(olds, None)
        elif right and (left is None or right[0] < left[0]):
            yield Difference(id=right[0], old=None, new=right[1])
            right = await anext(news, None)
        elif left and right:
            if left[1] > right[1]:
                yield Difference(id=left[0], old=left[1], new=right[1])
            left, right = await anext(olds, None), await anext(news, None)


async def walk_revisions(client: AsyncElasticsearch, alias: str) -> AsyncGenerator[tuple[str, int]]:
    """Yield id and written revision of each document behind an alias, in the order of ids.

    What is written meanwhile may be among them or not: a point in time would name the index itself, which a writer's
    key may not read. Others' changes raise a document's version, and not the revision that was written.
    """
    after: Any = None
    while True:
        found = await client.search(
            index=alias,
            size=PAGE,
            source=False,
            version=True,
            fields=[{"field": "revision"}],
            sort=[{"id": "asc"}],
            search_after=after,
            track_total_hits=False,
        )
        hits = found["hits"]["hits"]
        for hit in hits:
            yield hit["_id"], int(hit.get("fields", {}).get("revision", [hit["_version"]])[0])
        if len(hits) < PAGE:
            return
        after = hits[-1]["sort"]


async def _walk(client: AsyncElasticsearch, index: str) -> AsyncGenerator[tuple[str, int]]:
    """Yield id and version of each document, in the order of ids."""
    pit = (await client.open_point_in_time(index=index, keep_alive="2m"))["id"]
    after: Any = None
    try:
        while True:
            found = await client.search(
                pit={"id": pit, "keep_alive": "2m"},
                size=PAGE,
                source=False,
                version=True,
                sort=[{"id": "asc"}],
                search_after=after,
                track_total_hits=False,
            )
            hits = found["hits"]["hits"]
            for hit in hits:
                yield hit["_id"], hit["_version"]
            if len(hits) < PAGE:
                return
            after = hits[-1]["sort"]
    finally:
        await client.close_point_in_time(id=pit)


async def mend(client: AsyncElasticsearch, old: str, new: str, found: Sequence[Difference]) -> int:
    """Bring `new` to what `old` holds of these documents right now, and return how many had to be changed."""
    changed = 0
    for start in range(0, len(found), 500):
        ids = [each.id for each in found[start : start + 500]]
        olds = {each["_id"]: each for each in (await client.mget(index=old, ids=ids))["docs"] if each.get("found")}
        news = {each["_id"]: each for each in (await client.mget(index=new, ids=ids, source=False))["docs"]}
        actions: list[dict[str, Any]] = []
        for id in ids:
            head = {"_index": new, "_id": id}
            has = news[id]["_version"] if news[id].get("found") else 0
            if id in olds and olds[id]["_version"] > has:
                version = {"version": olds[id]["_version"], "version_type": "external"}
                actions.append(head | version | {"_op_type": "index", "_source": olds[id]["_source"]})
            elif id not in olds and has:  # deleted from the old one only
                version = {"version": has, "version_type": "external_gte"}
                actions.append(head | version | {"_op_type": "delete"})
        # a conflict means that a writer was faster with something newer
        from elasticsearch.helpers import async_bulk  # with all that it can do besides

        await async_bulk(client, actions, raise_on_error=False, raise_on_exception=True)
        changed += len(actions)
    return changed
