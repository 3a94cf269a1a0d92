"""A query in, all documents that it finds out, page by page: each page is a search that begins behind a key.

A point in time would name the index itself, which a reader's or writer's key for the alias may not read
(`broadsheet index keys`). So what is written meanwhile may be among the documents or not.
"""

from collections.abc import AsyncGenerator
from typing import Any

from elasticsearch import AsyncElasticsearch

from index.declaration import Json
from index.elasticsearch import translate
from index.protocol import EXPORT_PAGE
from index.query import Query, Sort
from index.schema import DERIVED
from news.errors import BadQuery


async def export(
    client: AsyncElasticsearch, alias: str, query: Query, clause: Json, after: str | None
) -> AsyncGenerator[list[dict[str, Any]]]:
    """Yield the documents, newest or oldest first, EXPORT_PAGE at a time. Raises BadQuery for an unknown `after`."""
    order = translate.order(Sort.OLDEST if query.sort is Sort.OLDEST else Sort.NEWEST)
    filters = [*translate.filters(query).values(), *translate.published(query), clause]
    key: Any = None
    if after:
        found = await client.search(index=alias, query={"ids": {"values": [after[:512]]}}, sort=order, source=False)
        if not found["hits"]["hits"]:
            raise BadQuery(f"No article has the id '{after[:50]}'.")
        key = found["hits"]["hits"][0]["sort"]
    while True:
        found = await client.search(
            index=alias,
            query={"bool": {"filter": filters}},
            size=EXPORT_PAGE,
            sort=order,
            search_after=key,
            source_excludes=sorted(DERIVED),
            track_total_hits=False,
        )
        hits = found["hits"]["hits"]
        if hits:
            yield [hit["_source"] for hit in hits]
        if len(hits) < EXPORT_PAGE:
            return
        key = hits[-1]["sort"]
