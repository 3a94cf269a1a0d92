"""Elasticsearch as a place to search: articles and crawl events, each behind an alias."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from elasticsearch import AsyncElasticsearch, NotFoundError

from index.cursor import begin
from index.declaration import Json
from index.elasticsearch import bulk, results, translate
from index.elasticsearch.client import error_type, failed, our_words, unreadable
from index.elasticsearch.compare import walk_revisions
from index.elasticsearch.create import create
from index.elasticsearch.export import export
from index.elasticsearch.labels import Labels
from index.elasticsearch.request import preference, searches
from index.elasticsearch.targets import Targets, are_held, holders, migrations
from index.normalised_query import check_whole, normalise
from index.protocol import Action, IndexStatus, Stream, Tally, WriteResult
from index.query import Query, Results
from index.schema import DERIVED, STREAMS, schema_version
from index.syntax import Parsed
from news.errors import BadQuery

#: queries of one request where many are asked of a few articles
QUERIES = 50
#: actions written before it is asked again where writes go
SLICE = 2_000


class ElasticsearchIndex:
    """The protocol's methods, carried out by an Elasticsearch."""

    name = "elasticsearch"

    def __init__(self, client: AsyncElasticsearch, place: str, *, prefix: str = "") -> None:
        """Use `client`; `place` names the server in errors, `prefix` begins each index's name (tests share one)."""
        self.client = client
        self.place = place
        self.aliases: dict[str, str] = {stream: prefix + stream for stream in STREAMS}
        self.targets = Targets(client, self.aliases, place)
        self.labels = Labels(client, self.aliases["articles"])

    async def is_made(self) -> bool:
        """Say whether each stream has its alias."""
        async with our_words(self.client, self.place):
            return await are_held(self.client, self.aliases.values(), self.place)

    async def create(self) -> bool:
        """Make the first index of each stream and its alias; an alias that was lost is set again."""
        async with our_words(self.client, self.place):
            made = [await create(self.client, stream, self.aliases[stream], self.place) for stream in STREAMS]
        return any(made)

    async def write(self, actions: Sequence[Action]) -> list[WriteResult]:
        """Tell Elasticsearch these actions by bulk, in chunks."""
        results: list[WriteResult] = []
        for start in range(0, len(actions), SLICE):
            async with our_words(self.client, self.place):
                targets = await self.targets.now()
            results += await bulk.write(self.client, actions[start : start + SLICE], targets, self.place)
        return results

    async def search(self, query: Query) -> Results:
        """Return what `query` finds."""
        query, parsed = normalise(query)
        place = begin(query)
        async with our_words(self.client, self.place):
            clause = await self._clause(query, parsed)
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

    async def export(self, query: Query, after: str | None = None) -> AsyncGenerator[list[dict[str, Any]]]:
        """Yield the documents of all articles that `query` finds."""
        check_whole(query.text)
        query, parsed = normalise(query)
        async with our_words(self.client, self.place):
            clause = await self._clause(query, parsed)
            async with aclosing(export(self.client, self.aliases["articles"], query, clause, after)) as pages:
                async for page in pages:
                    yield page

    async def _clause(self, query: Query, parsed: Parsed) -> Json:
        clause = translate.condition(parsed.tree, query.languages)
        return {"bool": {"must": [clause, await self._like(query.like)]}} if query.like else clause

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

    async def revisions(self, ids: Collection[str]) -> dict[str, int]:
        """Return the revision of each of these articles that a search finds now."""
        if not ids:
            return {}
        body = {"query": {"ids": {"values": sorted(ids)}}, "size": len(ids), "_source": ["revision"]}
        async with our_words(self.client, self.place):
            [found] = await self._ask([body | {"track_total_hits": False}], "_local")
        return {hit["_id"]: int(hit["_source"].get("revision", 0)) for hit in found["hits"]["hits"]}

    async def matches(self, queries: Sequence[Query], ids: Collection[str]) -> list[frozenset[str]]:
        """Return for each query which of these articles it finds."""
        found: list[frozenset[str]] = []
        if not ids:
            return [frozenset()] * len(queries)
        few = {"ids": {"values": sorted(ids)}}
        async with our_words(self.client, self.place):
            for start in range(0, len(queries), QUERIES):
                bodies = [await self._matching(each, few, len(ids)) for each in queries[start : start + QUERIES]]
                answers = await self._ask(bodies, "_local")
                found += [frozenset(hit["_id"] for hit in answer["hits"]["hits"]) for answer in answers]
        return found

    async def _matching(self, query: Query, few: Json, size: int) -> dict[str, Any]:
        query, parsed = normalise(query)
        filters = [few, *translate.filters(query).values(), *translate.published(query)]
        filters.append(await self._clause(query, parsed))
        return {"query": {"bool": {"filter": filters}}, "size": size, "_source": False, "track_total_hits": False}

    async def status(self) -> IndexStatus:
        """Return schema, counts, size and what a person should know."""
        async with our_words(self.client, self.place):
            return await _status(self.client, self.aliases, self.place)

    async def tally(self, without: Collection[str] = (), *, revisions: bool = False) -> Tally:
        """Count the articles, but for the ids `without`; with `revisions` add those up, too."""
        async with our_words(self.client, self.place):
            await holders(self.client, self.aliases["articles"], self.place)
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


async def _status(client: AsyncElasticsearch, aliases: Mapping[str, str], place: str) -> IndexStatus:
    """Return the status of the indices behind `aliases`, which are by stream. Raises IndexUnavailable."""
    names = ",".join(aliases.values())
    if not await are_held(client, aliases.values(), place):
        missing = "The index does not exist yet; `broadsheet index create` creates it."
        return IndexStatus(backend=ElasticsearchIndex.name, schema_version=0, notes=(missing,))
    documents = {stream: int((await client.count(index=alias))["count"]) for stream, alias in aliases.items()}
    stats = await client.indices.stats(index=names, metric="store")
    mappings = {stream: await _meta(client, alias) for stream, alias in aliases.items()}
    notes = [note for meta in mappings.values() for note in meta.get("notes", ())]
    versions: dict[Stream, int] = {stream: int(mappings[stream].get("schema_version", 0)) for stream in STREAMS}
    for stream in STREAMS:
        notes += _schema_notes(stream, aliases[stream], versions[stream])
    for migrated, index in (await migrations(client, aliases)).items():
        notes.append(f"{aliases[migrated]} is being migrated to {index}; `broadsheet index migrate` goes on with it.")
    settings = (await client.indices.get_settings(index=names, name="index.blocks.*")).body
    notes += [
        f"{index} is read-only ({', '.join(blocks)}); a full disk does that."
        for index, each in settings.items()
        if (blocks := each.get("settings", {}).get("index", {}).get("blocks"))
    ]
    return IndexStatus(
        backend=ElasticsearchIndex.name,
        schema_version=versions["articles"],
        documents=documents,
        size_bytes=stats["_all"]["total"]["store"]["size_in_bytes"],
        behind=tuple(stream for stream in STREAMS if versions[stream] < schema_version(stream)),
        notes=tuple(notes),
    )


async def _meta(client: AsyncElasticsearch, alias: str) -> dict[str, Any]:
    (found,) = (await client.indices.get_mapping(index=alias)).body.values()
    meta: dict[str, Any] = found["mappings"].get("_meta", {})
    return meta


def _schema_notes(stream: Stream, alias: str, version: int) -> list[str]:
    """Return what is to be done about an index that this version of Broadsheet does not match."""
    known = schema_version(stream)
    if version < known:
        return [f"{alias} has schema {version}, the newest is {known}; `broadsheet index migrate` brings it there."]
    if version > known:
        return [f"{alias} has schema {version} of a newer Broadsheet; this one knows {known}."]
    return []
