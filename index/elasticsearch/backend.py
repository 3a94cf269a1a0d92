"""Elasticsearch as a place to search: articles and crawl events, each behind an alias."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from elasticsearch import AsyncElasticsearch, NotFoundError

from index.asked import settle
from index.cursor import decode
from index.document import folded_value
from index.elasticsearch import bulk, results, translate
from index.elasticsearch.client import our_words
from index.protocol import Action, IndexStatus, Written
from index.query import Query, Results
from index.schema import DERIVED, STREAMS, schema, schema_version
from news.errors import BadQuery

#: facets whose folded values are not what people want to read, and the fields that carry what they do
_SHOWN = {
    "in_language": ("in_language",),
    "sections": ("sections", "article_section"),
    "authors": ("authors",),
    "agencies": ("agencies",),
    "places": ("place_names",),
    "people": ("people_names",),
    "organisations": ("organisation_names",),
    "keywords": ("keywords",),
    "about_country": ("about_country",),
    "credited_agency": ("credited_agency",),
}
#: forms to show that are kept; a name takes about 200 bytes
_MOST_LABELS = 50_000


class ElasticsearchIndex:
    """The protocol's methods, carried out by an Elasticsearch."""

    name = "elasticsearch"

    def __init__(self, client: AsyncElasticsearch, place: str, *, prefix: str = "") -> None:
        """Use `client`; `place` names the server in errors, `prefix` begins each index's name (tests share one)."""
        self.client = client
        self.place = place
        self.aliases: dict[str, str] = {stream: prefix + stream for stream in STREAMS}
        self._labels: dict[tuple[str, str], str] = {}

    async def create(self) -> None:
        """Make the first index of each stream and its alias."""
        with our_words(self.place):
            for stream in STREAMS:
                alias = self.aliases[stream]
                if await self.client.indices.exists(index=alias):
                    continue
                made = schema(stream)
                await self.client.indices.create(
                    index=f"{alias}-v{schema_version(stream)}",
                    settings=made["settings"],
                    mappings=made["mappings"],
                    aliases={alias: {"is_write_index": True}},
                )

    async def write(self, actions: Sequence[Action]) -> list[Written]:
        """Tell Elasticsearch these actions by bulk, in chunks."""
        targets = {stream: [alias] for stream, alias in self.aliases.items()}
        return await bulk.write(self.client, actions, targets, self.place)

    async def search(self, query: Query) -> Results:
        """Return what `query` finds."""
        query, parsed = settle(query)
        place = decode(query.sort, query.cursor) if query.cursor else {}
        if query.freshness and "origin" not in place:
            place = place | {"origin": datetime.now(UTC).isoformat()}
        with our_words(self.place):
            body = self._body(query, translate.condition(parsed.tree, query.languages), place)
            answer = (await self.client.search(index=self.aliases["articles"], **body)).body
            labels = await self._shown(answer, query)
        return Results(
            total=answer["hits"]["total"]["value"],
            hits=results.hits(answer, query),
            facets=results.facets(answer, query, labels),
            histogram=results.histogram(answer),
            next_cursor=results.next_cursor(answer, query, place),
            took_ms=float(answer["took"]),
            notes=parsed.notes,
        )

    def _body(self, query: Query, clause: dict[str, Any], place: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of the search for one page, which begins at `place`."""
        chosen = translate.filters(query)
        asked = {name: clause for name, clause in chosen.items() if name in query.facets}
        must = [clause for name, clause in chosen.items() if name not in asked] + translate.published(query)
        scored = {"bool": {"must": [translate.fresh(clause, query, place.get("origin", "now"))], "filter": must}}
        body: dict[str, Any] = {
            "query": scored,
            "size": query.size,
            "sort": translate.order(query.sort),
            "track_total_hits": True,
            "source_excludes": sorted(DERIVED),
            # the same copy of the index for all pages: copies may score differently
            "preference": hashlib.sha256(query.text.encode("utf-8", "replace")).hexdigest()[:16],
        }
        if asked:  # facets keep their own selection: filters narrow the hits after the counting
            body["post_filter"] = {"bool": {"filter": list(asked.values())}}
        if aggregations := translate.aggregations(query, asked):
            body["aggregations"] = aggregations
        if query.highlight and query.text.strip():
            body["highlight"] = translate.highlight(query)
        if query.collapse_by_story:
            body["collapse"] = {"field": "story_key", "inner_hits": {"name": "story", "size": 0}}
            body["from_"] = place.get("from", 0)
            if not isinstance(body["from_"], int) or body["from_"] + query.size > translate.DEEPEST_OFFSET:
                raise BadQuery(f"Stories can be paged through as far as {translate.DEEPEST_OFFSET}; narrow the query.")
        elif "after" in place:
            body["search_after"] = place["after"]
        return body

    async def _shown(self, answer: Mapping[str, Any], query: Query) -> Mapping[tuple[str, str], str]:
        """Return the forms to show for the answer's facet values; those not seen before are looked up once."""
        wanted: dict[str, list[str]] = {}
        for name in query.facets:
            for bucket in results.counted(answer, f"facet:{name}") if name in _SHOWN else ():
                if (name, bucket["key"]) not in self._labels:
                    wanted.setdefault(name, []).append(bucket["key"])
        if not wanted:
            return self._labels
        aggregations = {
            f"{name}:{field}": {
                "filter": {"terms": {f"facets.{name}": keys}},
                "aggs": {"counted": {"terms": {"field": field, "size": 10 * len(keys) + 50}}},
            }
            for name, keys in wanted.items()
            for field in _SHOWN[name]
        }
        found = await self.client.search(index=self.aliases["articles"], size=0, aggregations=aggregations)
        if len(self._labels) > _MOST_LABELS:
            self._labels.clear()
        for name, keys in wanted.items():
            for field in _SHOWN[name]:
                for bucket in results.counted(found.body, f"{name}:{field}"):
                    self._labels.setdefault((name, folded_value(bucket["key"])), bucket["key"])
            for key in keys:
                self._labels.setdefault((name, key), key)
        return self._labels

    async def get(self, id: str) -> dict[str, Any] | None:
        """Return the article's document, or None."""
        with our_words(self.place):
            if not id:
                return None
            try:
                found = await self.client.get(
                    index=self.aliases["articles"], id=id[:512], source_excludes=sorted(DERIVED)
                )
            except NotFoundError as error:
                if isinstance(error.body, dict) and "error" in error.body:
                    raise  # the index is missing, not the article
                return None
            document: dict[str, Any] = found["_source"]
            return document

    async def status(self) -> IndexStatus:
        """Return schema, sizes and counts."""
        with our_words(self.place):
            aliases = self.aliases["articles"]
            if not await self.client.indices.exists(index=aliases):
                return IndexStatus(
                    backend=self.name,
                    schema_version=0,
                    notes=("The index is not there yet; `broadsheet index create` makes it.",),
                )
            mappings = await self.client.indices.get_mapping(index=aliases)
            versions = [each["mappings"].get("_meta", {}).get("schema_version", 0) for each in mappings.values()]
            documents = {
                stream: int((await self.client.count(index=alias))["count"]) for stream, alias in self.aliases.items()
            }
            stats = await self.client.indices.stats(index=",".join(self.aliases.values()), metric="store")
        return IndexStatus(
            backend=self.name,
            schema_version=max(versions),
            documents=documents,
            size_bytes=stats["_all"]["total"]["store"]["size_in_bytes"],
        )

    async def refresh(self) -> None:
        """Make all that was written searchable now."""
        with our_words(self.place):
            await self.client.indices.refresh(index=",".join(self.aliases.values()))

    async def close(self) -> None:
        """Close the client's connections."""
        await self.client.close()
