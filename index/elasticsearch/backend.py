"""Elasticsearch as a place to search: articles and crawl events, each behind an alias."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from elasticsearch import AsyncElasticsearch, NotFoundError

from index.asked import settle
from index.cursor import begin
from index.elasticsearch import bulk, results, translate
from index.elasticsearch.client import error_type, failed, our_words, unreadable
from index.elasticsearch.compare import walk_revisions
from index.elasticsearch.create import create
from index.elasticsearch.labels import Labels
from index.elasticsearch.request import preference, searches
from index.elasticsearch.status import NAME, status
from index.elasticsearch.targets import Targets
from index.protocol import Action, IndexStatus, Tally, Written
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

    async def create(self) -> bool:
        """Make the first index of each stream and its alias; an alias that was lost is set again."""
        async with our_words(self.client, self.place):
            made = [await create(self.client, stream, self.aliases[stream], self.place) for stream in STREAMS]
        return any(made)

    async def write(self, actions: Sequence[Action]) -> list[Written]:
        """Tell Elasticsearch these actions by bulk, in chunks."""
        words: list[Written] = []
        for start in range(0, len(actions), SLICE):
            async with our_words(self.client, self.place):
                targets = await self.targets.now()
            words += await bulk.write(self.client, actions[start : start + SLICE], targets, self.place)
        return words

    async def search(self, query: Query) -> Results:
        """Return what `query` finds."""
        query, parsed = settle(query)
        place = begin(query)
        clause = translate.condition(parsed.tree, query.languages)
        async with our_words(self.client, self.place):
            if query.like:
                clause = {"bool": {"must": [clause, await self._like(query.like)]}}
            page, *counts = await self._ask(searches(query, clause, place), preference(query))
            counted = counts[0] if counts else page
            values = results.facet_values(counted, query)
            labels = await self.labels.of(values, (hit["_source"] for hit in page["hits"]["hits"]))
            return Results(
                total=counted["hits"]["total"]["value"],
                hits=results.hits(page, query),
                facets=results.facets(counted, query, labels),
                histogram=results.histogram(counted),
                significant_terms=results.significant_terms(counted),
                next_cursor=results.next_cursor(page, query, place),
                took_ms=float(max(each["took"] for each in (page, counted))),
                notes=parsed.notes,
            )

    async def _ask(self, bodies: list[dict[str, Any]], preference: str) -> list[dict[str, Any]]:
        """Send searches in one request and return their answers. Raises BadQuery for one the server cannot read."""
        head = {"index": self.aliases["articles"], "preference": preference}
        answers = await self.client.msearch(searches=[part for body in bodies for part in (head, body)])
        found: list[dict[str, Any]] = answers["responses"]
        if len(found) != len(bodies):
            raise unreadable(self.place)
        for each in found:
            if (
                each.get("status", 200) == 400 and error_type(each) != "index_closed_exception"
            ):  # such as a cursor that was tampered with
                raise BadQuery(f"Elasticsearch cannot carry out this search ({error_type(each)}).")
            if "error" in each:
                raise failed(int(each["status"]), error_type(each), self.place)
        return found

    async def _like(self, id: str) -> dict[str, Any]:
        """Return the clause of what is like an article. Raises BadQuery if there is no such article."""
        document = await self.get(id)
        if document is None:
            raise BadQuery(f"No article has the id '{id[:50]}'.")
        return translate.like(self.aliases["articles"], id, str(document.get("in_language") or ""))

    async def get(self, id: str) -> dict[str, Any] | None:
        """Return the article's document, or None."""
        async with our_words(self.client, self.place):
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
        async with our_words(self.client, self.place):
            return await status(self.client, self.aliases, self.place)

    async def tally(self, without: Collection[str] = (), *, revisions: bool = False) -> Tally:
        """Count the articles, but for the ids `without`; with `revisions` add those up, too."""
        async with our_words(self.client, self.place):
            found = await self.client.search(
                index=self.aliases["articles"],
                size=0,
                track_total_hits=True,
                query={"bool": {"must_not": [{"ids": {"values": sorted(without)}}]}},
                aggregations={"revisions": {"sum": {"field": "revision"}}} if revisions else None,
            )
            total = round(found["aggregations"]["revisions"]["value"]) if revisions else None
            return Tally(articles=int(found["hits"]["total"]["value"]), revisions=total)

    async def walk(self) -> AsyncGenerator[tuple[str, int]]:
        """Yield id and revision of each article."""
        walked = walk_revisions(self.client, self.aliases["articles"])
        async with our_words(self.client, self.place), aclosing(walked) as found:
            async for each in found:
                yield each

    async def refresh(self) -> None:
        """Make all that was written searchable now."""
        async with our_words(self.client, self.place):
            await self.client.indices.refresh(index=",".join(self.aliases.values()))

    async def forget_events(self, before: datetime) -> None:
        """Have the server let go of the crawl events from before then; it goes on with it by itself."""
        async with our_words(self.client, self.place):
            await self.client.delete_by_query(
                index=(await self.targets.now())["events"],  # while a migration lasts both, or they would come back
                query={"range": {"at": {"lt": before.isoformat()}}},
                conflicts="proceed",  # one that is written anew at this moment goes the next time
                wait_for_completion=False,
            )

    async def close(self) -> None:
        """Close the client's connections."""
        await self.client.close()
