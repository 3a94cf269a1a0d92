"""The JSON API: what the pages show, for programs. /openapi.json describes it, docs/api.md has examples."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from index import query as index_query
from index.fields import facets as all_facets
from index.hints import hints
from ledger.stories import members_of
from news.corrections import corrections
from news.version import Version
from news.version_diff import compare_versions, find_version, parse_pair
from web import highlights
from web.article_bundle import article_bundle, id_of
from web.citation import CitationFormat, bibtex, citation, csl, plain
from web.conditional import tagged
from web.error_responses import ERRORS
from web.export_formats import known_fields
from web.feed_pages import base_of
from web.memento import version_href
from web.models import (
    ArticleResponse,
    DiffResponse,
    SearchResponse,
    StoryResponse,
    VersionResponse,
    VersionsResponse,
)
from web.parameters import SearchQuery, names_in
from web.render import json_answer
from web.search_params import SearchParams
from web.state import state_of

ArticleId = Annotated[UUID, Path(description="The article's id.", examples=["3f0a9c7e-5d3b-5c1e-9a54-0f6d1c2b7a88"])]

api = APIRouter(prefix="/api")


@api.get(
    "/search",
    summary="Search articles",
    response_model=SearchResponse,
    responses={400: ERRORS[400], 503: ERRORS[503]},
    tags=["search"],
)
async def search(request: Request, asked: Annotated[SearchQuery, Query()]) -> Response:
    """Find articles, by words and facets."""
    params = SearchParams.of(request.query_params.multi_items(), program=True)
    facets, wanted = names_in(asked.facets), known_fields(names_in(asked.fields))
    index = state_of(request).index
    query = params.query(
        facets=tuple(all_facets()) if facets == ("all",) else facets,
        facet_size=asked.facet_size,
        histogram=asked.histogram,
        highlight=asked.highlight,
        like=asked.like or None,
        significant_terms=asked.significant_terms,
    )
    found = await index.search(query)
    return json_answer(
        {
            "total": found.total,
            "estimated": found.is_estimated,
            "hits": [_hit(hit, wanted) for hit in found.hits],
            "facets": {name: _buckets(buckets) for name, buckets in found.facets.items()},
            "histogram": _buckets(found.histogram),
            "significant_terms": _buckets(found.significant_terms),
            "next_cursor": found.next_cursor,
            "took_ms": round(found.took_ms, 1),
            "notes": [*found.notes, *await hints(index, query, found)],
        },
        volatile="took_ms",
    )


def _hit(hit: index_query.Hit, wanted: Sequence[str]) -> dict[str, Any]:
    document = {name: hit.document[name] for name in wanted if name in hit.document} if wanted else hit.document
    return {
        "id": hit.id,
        "score": hit.score,
        "story_size": hit.story_size,
        "highlights": {
            field: [[{"text": run.text, "found": run.found} for run in highlights.runs(piece)] for piece in pieces]
            for field, pieces in hit.highlights.items()
        },
        "document": document,
    }


def _buckets(buckets: tuple[index_query.Bucket, ...]) -> list[dict[str, Any]]:
    return [{"value": bucket.value, "label": bucket.label, "count": bucket.count} for bucket in buckets]


@api.get(
    "/articles",
    summary="Find an article by its address",
    status_code=307,
    response_class=RedirectResponse,
    responses={**ERRORS, 307: {"description": "The article's address in the API, as `Location`."}},
    tags=["articles"],
)
async def article_at(
    request: Request,
    url: Annotated[
        str, Query(min_length=1, description="Any address of the article.", examples=["https://example.org/2024/storm"])
    ],
) -> Response:
    """Redirect to the article that was found at an address."""
    return RedirectResponse(f"/api/articles/{await id_of(state_of(request), url)}", status_code=307)


@api.get(
    "/articles/{id}", summary="Read an article", response_model=ArticleResponse, responses=ERRORS, tags=["articles"]
)
async def article(request: Request, id: ArticleId) -> Response:
    """Return the article's document as the index has it, with its addresses and the last attempt."""
    found = await article_bundle(state_of(request), id)
    attempt = found.last_attempt.as_json() if found.last_attempt else {"last_attempt": None, "next_visit_at": None}
    return json_answer({**found.document, "addresses": list(found.addresses), **attempt})


@api.get(
    "/articles/{id}/versions",
    summary="List the versions of an article",
    response_model=VersionsResponse,
    responses=ERRORS,
    tags=["versions"],
)
async def versions(request: Request, id: ArticleId) -> Response:
    """Return every version's number, time and edits, the first one first, and when the page was gone."""
    found = await article_bundle(state_of(request), id)
    return json_answer(
        {
            "id": found.id,
            "versions": [_summary(each) for each in found.versions],
            "corrections": [each.as_json() for each in await asyncio.to_thread(corrections, found.versions)],
            "tombstones": [asdict(stone) for stone in found.stones],
        }
    )


@api.get(
    "/articles/{id}/versions/{number}",
    summary="Read a version, or compare two",
    response_model=VersionResponse | DiffResponse,
    responses=ERRORS,
    tags=["versions"],
)
async def version(
    request: Request,
    id: ArticleId,
    number: Annotated[str, Path(description="A version's number, or two of them: A..B.", examples=["1", "1..2"])],
) -> Response:
    """Return one version's text (`1`), or the difference of two (`1..2`)."""
    found = await article_bundle(state_of(request), id)
    if number.isascii() and number.isdigit():
        one = find_version(found.versions, int(number[:9]))
        return json_answer({"id": found.id} | _summary(one) | {"article": one.article.as_json()})
    before, after = (find_version(found.versions, each) for each in parse_pair(number))
    compared = await asyncio.to_thread(compare_versions, before, after, found.versions)
    noticed = await asyncio.to_thread(corrections, found.versions)
    return json_answer(
        {
            "id": found.id,
            "before": _summary(before),
            "after": _summary(after),
            "edits": compared.edits.as_json(),
            "corrections": [each.as_json() for each in noticed if before.number < each.version <= after.number],
            "fields": [field.as_json() for field in compared.fields],
        }
    )


@api.get(
    "/articles/{id}/versions/{number}/citation",
    summary="Cite a version",
    response_class=Response,
    responses={
        **ERRORS,
        200: {
            "description": "The citation.",
            "content": {
                "text/plain": {"schema": {"type": "string"}},
                "application/x-bibtex": {"schema": {"type": "string"}},
                "application/vnd.citationstyles.csl+json": {"schema": {"type": "array", "items": {"type": "object"}}},
            },
        },
    },
    tags=["versions"],
)
async def cite(
    request: Request,
    id: ArticleId,
    number: Annotated[int, Path(ge=1, description="A version's number.")],
    format: Annotated[CitationFormat, Query(description="plain, bibtex or csl.")] = CitationFormat.PLAIN,
) -> Response:
    """Return how a version is cited: as text, in BibTeX, or as CSL-JSON."""
    found = await article_bundle(state_of(request), id)
    one = find_version(found.versions, number)
    made = citation(found.document, one, address=base_of(request) + version_href(found.id, number))
    match format:
        case CitationFormat.CSL:
            response = json_answer(csl(made))
            response.headers["Content-Type"] = "application/vnd.citationstyles.csl+json"
            return response
        case CitationFormat.BIBTEX:
            return tagged(Response(bibtex(made).encode("utf-8", "replace"), media_type="application/x-bibtex"))
    return tagged(Response(plain(made).encode("utf-8", "replace"), media_type="text/plain"))


@api.get(
    "/stories/{id}",
    summary="List the articles with the same text",
    response_model=StoryResponse,
    responses=ERRORS,
    tags=["articles"],
)
async def story(
    request: Request, id: Annotated[UUID, Path(description="A story's id: an article's `story_id`.")]
) -> Response:
    """Return the articles with the same text, the first one first; the id of a merged story works, too."""
    async with state_of(request).engine.connect() as connection:
        members = await members_of(connection, id)
    return json_answer({"articles": [each.as_json() for each in members]})


def _summary(each: Version) -> dict[str, Any]:
    return {
        "version": each.number,
        "seen_at": each.seen_at,
        "edits": each.edits.as_json() if each.edits else None,
    }
