"""The JSON API: what the pages show, for programs. docs/api.md tells it with examples."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from index.fields import facets as all_facets
from index.query import Bucket, Hit, Interval, Query
from ledger.stories import tell
from news.errors import BadQuery
from news.version import Version
from news.version_diff import compare_versions, find_version, parse_pair
from web import highlights
from web.article_bundle import article_bundle, id_of, parse_id
from web.render import json_answer
from web.search_params import PARAMETERS, PROGRAM_PARAMETERS, SearchParams
from web.state import state_of

api = APIRouter(prefix="/api")

_NAMES = {name: (text, False) for name, text in (PARAMETERS | PROGRAM_PARAMETERS).items()} | {
    name: (f"Only articles with this {name}; several values are alternatives.", True) for name in all_facets()
}
_SEARCH: dict[str, Any] = {
    "parameters": [
        {
            "name": name,
            "in": "query",
            "description": text,
            "schema": {"type": "array", "items": {"type": "string"}} if several else {"type": "string"},
        }
        for name, (text, several) in _NAMES.items()
    ]
}


@api.get("/search", openapi_extra=_SEARCH)
async def search(request: Request) -> Response:
    """Find articles."""
    question = SearchParams.of(request.query_params.multi_items(), program=True)
    found = await state_of(request).index.search(_query(question))
    wanted = _names(question.options.get("fields", ""))
    return json_answer(
        {
            "total": found.total,
            "hits": [_hit(hit, wanted) for hit in found.hits],
            "facets": {name: _buckets(buckets) for name, buckets in found.facets.items()},
            "histogram": _buckets(found.histogram),
            "significant_terms": _buckets(found.significant_terms),
            "next_cursor": found.next_cursor,
            "took_ms": round(found.took_ms, 1),
            "notes": list(found.notes),
        }
    )


def _query(question: SearchParams) -> Query:
    options = question.options
    facets = _names(options.get("facets", ""))
    histogram = options.get("histogram")
    if histogram and histogram not in set(Interval):
        raise BadQuery(f"There is no interval '{histogram[:50]}'. Use one of: {', '.join(Interval)}.")
    return question.query(
        facets=tuple(all_facets()) if facets == ("all",) else facets,
        facet_size=_count(options, "facet_size", 10),
        histogram=Interval(histogram) if histogram else None,
        highlight=options.get("highlight", "0") not in ("0", "false", "no"),
        like=options.get("like"),
        significant_terms=_count(options, "significant_terms", 0),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _count(options: Mapping[str, str], name: str, default: int) -> int:
    value = options.get(name, str(default))
    if not (value.isascii() and value.isdigit() and int(value[:9]) <= 1_000):
        raise BadQuery(f"The parameter '{name}' must be a number up to 1000, not '{value[:50]}'.")
    return int(value)


def _hit(hit: Hit, wanted: tuple[str, ...]) -> dict[str, Any]:
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


def _buckets(buckets: tuple[Bucket, ...]) -> list[dict[str, Any]]:
    return [{"value": bucket.value, "label": bucket.label, "count": bucket.count} for bucket in buckets]


@api.get("/articles")
async def article_at(request: Request, url: str = "") -> Response:
    """Lead to the article that was met at the address `url`."""
    if not url:
        raise BadQuery("Name the article's address: /api/articles?url=https://…")
    return RedirectResponse(f"/api/articles/{await id_of(state_of(request), url)}", status_code=307)


@api.get("/articles/{id}")
async def article(request: Request, id: str) -> Response:
    """Give the article's document, as the index has it, with the addresses it was met at and the last attempt."""
    found = await article_bundle(state_of(request), parse_id(id))
    attempt = found.last_attempt.as_json() if found.last_attempt else {"last_attempt": None, "next_visit_at": None}
    return json_answer({**found.document, "addresses": list(found.addresses), **attempt})


@api.get("/articles/{id}/versions")
async def versions(request: Request, id: str) -> Response:
    """Give every version's number, time and edits, the first one first, and when the page was gone."""
    found = await article_bundle(state_of(request), parse_id(id))
    return json_answer(
        {
            "id": found.id,
            "versions": [_summary(each) for each in found.versions],
            "tombstones": [asdict(stone) for stone in found.stones],
        }
    )


@api.get("/articles/{id}/versions/{number}")
async def version(request: Request, id: str, number: str) -> Response:
    """Give one version's text (`1`), or how one became another (`1..2`)."""
    found = await article_bundle(state_of(request), parse_id(id))
    if number.isascii() and number.isdigit():
        one = find_version(found.versions, int(number[:9]))
        return json_answer({"id": found.id} | _summary(one) | {"article": one.article.as_json()})
    before, after = (find_version(found.versions, each) for each in parse_pair(number))
    compared = await asyncio.to_thread(compare_versions, before, after, found.versions)
    return json_answer(
        {
            "id": found.id,
            "before": _summary(before),
            "after": _summary(after),
            "edits": compared.edits.as_json(),
            "fields": [field.as_json() for field in compared.fields],
        }
    )


@api.get("/stories/{id}")
async def story(request: Request, id: str) -> Response:
    """Give the articles that carry one text, who had it first before the others; a merged story's id leads on."""
    async with state_of(request).engine.connect() as connection:
        members = await tell(connection, parse_id(id, "a story's"))
    return json_answer({"articles": [each.as_json() for each in members]})


def _summary(each: Version) -> dict[str, Any]:
    return {
        "version": each.number,
        "seen_at": each.seen_at,
        "edits": each.edits.as_json() if each.edits else None,
    }
