"""`/api/export`: all articles of a search, as a file that is streamed."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from index.protocol import Index
from index.query import Query as IndexQuery
from news.clock import now
from web.error_responses import ERRORS
from web.export_formats import Writer, writer
from web.feed_pages import base_of
from web.feeds import title_of
from web.parameters import ExportQuery, names_in
from web.search_params import SearchParams
from web.state import state_of

exports = APIRouter(prefix="/api")

_MEDIA: dict[str, Any] = {
    media: {"schema": {"type": "string"}} for media in ("text/csv", "application/x-ndjson", "application/atom+xml")
}


@exports.get(
    "/export",
    summary="Export all articles of a search",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The articles; `X-Total-Count` says how many there are, the part before `after` included.",
            "content": _MEDIA,
        },
        400: ERRORS[400],
        503: ERRORS[503],
    },
    tags=["search"],
)
async def export(request: Request, asked: Annotated[ExportQuery, Query()]) -> Response:
    """Stream every article that a search finds, newest first: CSV, JSON lines, Atom or ninjs (a line each).

    Every copy is given, whatever `stories` says. After an interruption, `after` with the id of the last whole article
    gives what is missing, without the head of the file.
    """
    params = SearchParams.of(request.query_params.multi_items(), program=True)
    state, at = state_of(request), now()
    made = writer(
        asked.format,
        names_in(asked.fields),
        title=title_of(params.text),
        base=base_of(request),
        at=at,
    )
    query = params.query(like=asked.like or None)
    # asked before the answer begins: what cannot be asked is an error with its status, and no broken file
    total = await count(state.index, query)
    pages = state.index.export(query, asked.after or None)
    try:
        first: list[dict[str, Any]] | None = await anext(pages, None)
    except BaseException:
        await pages.aclose()
        raise

    async def text() -> AsyncIterator[str]:
        async with aclosing(pages):
            if not asked.after:
                yield made.begin
            if first:
                yield in_format(made, first)
            async for page in pages:
                yield in_format(made, page)
            yield made.end

    headers = {
        "Content-Disposition": f'attachment; filename="broadsheet-{at:%Y-%m-%d-%H%M}.{made.suffix}"',
        "X-Total-Count": str(total),
        "Cache-Control": "no-store",
    }
    if request.scope.get("is_head"):
        await pages.aclose()
        return Response(headers=headers, media_type=made.media_type)
    return StreamingResponse(text(), headers=headers, media_type=made.media_type)


async def count(index: Index, query: IndexQuery) -> int:
    """Return how many articles a search finds, exactly."""
    return (await index.search(replace(query, size=0, is_exact=True))).total


def in_format(made: Writer, page: list[dict[str, Any]]) -> str:
    """Return a page of documents as the file has it."""
    return "".join(map(made.document, page))
