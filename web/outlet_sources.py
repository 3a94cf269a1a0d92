"""What became of all that an outlet's sources announced, for programs."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import Field
from starlette.responses import Response

from ledger.outlet_state import source_states
from ledger.recaptures import estimates
from ledger.source_sums import last_sums
from web.error_responses import ERRORS
from web.models import ApiModel
from web.render import json_answer
from web.state import state_of

outlet_sources = APIRouter(prefix="/api")


class SourceSumState(ApiModel):
    """What became of every address that a source announced: `announced` is the sum of the six after it."""

    read_at: datetime
    announced: int
    taken: Annotated[int, Field(description="New: pages to fetch.")]
    known: Annotated[int, Field(description="Known before, or listed twice.")]
    other_site: Annotated[int, Field(description="Not on the outlet's own sites.")]
    not_article: Annotated[int, Field(description="No article, by a rule or the outlet's patterns.")]
    too_old: Annotated[
        int,
        Field(description="The older part of a long list: `crawl --since` fetches it; without times it has its turn."),
    ]
    refused: Annotated[int, Field(description="No address that can be stored.")]
    parts: Annotated[int, Field(description="Sitemaps that it names.")]
    examples: Annotated[dict[str, list[str]], Field(description="A few addresses for each of the counts.")]


class SourceReading(ApiModel):
    """A source's last reading. `sum` null: it never brought a list."""

    url: str
    kind: Annotated[str | None, Field(description="Null: sitemaps that robots.txt names.")]
    outcome: str | None
    reason: str | None
    fetched_at: datetime | None
    sum: SourceSumState | None


class CompletenessState(ApiModel):
    """The share of an outlet's articles that are found, estimated; all null where too little is known."""

    made_at: datetime
    found: Annotated[int, Field(description="Articles of the last 30 days that stood in a list.")]
    share: Annotated[float | None, Field(description="Between 0 and 1.")]
    low: float | None
    high: float | None


class OutletSourcesResponse(ApiModel):
    """An outlet's sources."""

    outlet: str
    completeness: Annotated[CompletenessState | None, Field(description="Null: not estimated yet.")]
    sources: list[SourceReading]


@outlet_sources.get(
    "/outlets/{slug}/sources",
    summary="List an outlet's sources",
    response_model=OutletSourcesResponse,
    responses={400: ERRORS[400], 503: ERRORS[503]},
    tags=["status"],
)
async def sources(
    request: Request, slug: Annotated[str, Path(description="The outlet's name.", examples=["ap_news"])]
) -> Response:
    """Return the last reading of each source, and what became of every address that it announced.

    The list is empty for an outlet whose sources were not read yet.
    """
    async with state_of(request).engine.connect() as connection:
        states = await source_states(connection, slug)
        sums = await last_sums(connection, slug)
        estimated = (await estimates(connection, [slug])).get(slug)
    found = []
    for url in [*sums, *(url for url in states if url not in sums)]:
        state, reading = states.get(url), sums.get(url)
        found.append(
            {
                "url": url,
                "kind": state.kind if state else None,
                "outcome": state.outcome if state else None,
                "reason": state.reason if state else None,
                "fetched_at": state.fetched_at if state else None,
                "sum": {"read_at": reading.read_at, **reading.sum.as_json()} if reading else None,
            }
        )
    completeness = estimated.as_json() if estimated else None
    return json_answer({"outlet": slug, "completeness": completeness, "sources": found})
