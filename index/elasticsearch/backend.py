"""Elasticsearch as a place to search: articles and crawl events, each behind an alias."""

import hashlib
from collections.abc import Sequence
from typing import Any

from elasticsearch import AsyncElasticsearch, BadRequestError, NotFoundError

from index.asked import settle
from index.cursor import Place, begin
from index.elasticsearch import bulk, results, translate
from index.elasticsearch.client import error_type, our_words
from index.elasticsearch.create import create
from index.elasticsearch.labels import Labels
from index.elasticsearch.status import NAME, status
from index.elasticsearch.targets import Targets
from index.protocol import Action, IndexStatus, Written
from index.query import Query, Results
from index.schema import DERIVED, STREAMS
from news.errors import BadQuery

#: actions written before it is asked again where writes go
SLICE = 2_000


class ElasticsearchIndex:
    """The protocol's methods, carried out by an Elasticsearch."""

    name = NAME

    def __init__(self, client: AsyncElasticsearch, place: str, *, prefix: str = "") -> None:
        """Use `client`; `place` names the server in errors, `prefix` begins each index's name (tests share one)."""
        self.client = client
        self.place = place
        self.aliases: dict[str, str] = {stream: prefix + stream for stream in STREAMS}
        self.targets = Targets(client, self.aliases)
        self.labels = Labels(client, self.aliases["articles"])

    async def create(self) -> None:
        """Make the first index of each stream and its alias; an alias that was lost is set again."""
        with our_words(self.place):
            for stream in STREAMS:
                await create(self.client, stream, self.aliases[stream])

    async def write(self, actions: Sequence[Action]) -> list[Written]:
        """Tell Elasticsearch these actions by bulk, in chunks."""
        words: list[Written] = []
        for start in range(0, len(actions), SLICE):
            with our_words(self.place):
                targets = await self.targets.now()
            words += await bulk.write(self.client, actions[start : start + SLICE], targets, self.place)
        return words

    async def search(self, query: Query) -> Results:
        """Return what `query` finds."""
        query, parsed = settle(query)
        place = begin(query)
        with our_words(self.place):
            clause = translate.condition(parsed.tree, query.languages)
            if query.like:
                clause = {"bool": {"must": [clause, await self._like(query.like)]}}
            body = self._body(query, clause, place)
            try:
                answer = (await self.client.search(index=self.aliases["articles"], **body)).body
            except BadRequestError as error:  # such as a cursor that was tampered with
                raise BadQuery(f"Elasticsearch cannot carry out this search ({error_type(error.body)}).") from None
            values = results.facet_values(answer, query)
            labels = await self.labels.of(values, (hit["_source"] for hit in answer["hits"]["hits"]))
        return Results(
            total=answer["hits"]["total"]["value"],
            hits=results.hits(answer, query),
            facets=results.facets(answer, query, labels),
            histogram=results.histogram(answer),
            significant_terms=results.significant_terms(answer),
            next_cursor=results.next_cursor(answer, query, place),
            took_ms=float(answer["took"]),
            notes=parsed.notes,
        )

    def _body(self, query: Query, clause: dict[str, Any], place: Place) -> dict[str, Any]:
        """Return the arguments of the search for one page, which begins at `place`."""
        chosen = translate.filters(query)
        asked = {name: clause for name, clause in chosen.items() if name in query.facets}
        must = [clause for name, clause in chosen.items() if name not in asked] + translate.published(query)
        scored = {"bool": {"must": [translate.fresh(clause, query, place.origin)], "filter": must}}
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
            body["from_"] = place.offset
            if place.offset + query.size > translate.DEEPEST_OFFSET:
                raise BadQuery(f"Stories can be paged through as far as {translate.DEEPEST_OFFSET}; narrow the query.")
        elif place.after:
            body["search_after"] = list(place.after)
        return body

    async def _like(self, id: str) -> dict[str, Any]:
        """Return the clause of what is like an article. Raises BadQuery if there is no such article."""
        document = await self.get(id)
        if document is None:
            raise BadQuery(f"No article has the id '{id[:50]}'.")
        return translate.like(self.aliases["articles"], id, str(document.get("in_language") or ""))

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
        """Return schema, counts, size and what a person should know."""
        with our_words(self.place):
            return await status(self.client, self.aliases)

    async def refresh(self) -> None:
        """Make all that was written searchable now."""
        with our_words(self.place):
            await self.client.indices.refresh(index=",".join(self.aliases.values()))

    async def close(self) -> None:
        """Close the client's connections."""
        await self.client.close()
