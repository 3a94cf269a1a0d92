"""`/api/outlets`: the outlets for programs, each with its state, and what became of all that its sources announced."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from index.cursor import opaque, value_of
from ledger.outlet_health import Health, healths
from ledger.outlet_state import OutletState, source_states, states
from ledger.recaptures import estimates
from ledger.source_sums import last_sums
from news.errors import BadQuery, NotFound, UnknownOutlet
from news.outlet import Outlet
from web.error_responses import ERRORS
from web.models import ApiModel
from web.outlet_list import OutletFilter, is_crawled, is_wanted, known_country
from web.render import json_answer
from web.state import AppState, state_of

#: outlets of a page: as many as ship fit on one
SIZE, MOST_OUTLETS = 200, 1_000

api_outlets = APIRouter(prefix="/api/outlets", tags=["outlets"])

Slug = Annotated[str, Path(description="The outlet's name.", examples=["tagesschau"])]


class OutletsQuery(BaseModel):
    """The parameters of `/api/outlets`, as they are described."""

    only: Annotated[
        OutletFilter,
        Field(description=f"Which outlets: {', '.join(OutletFilter)}. Crawled are those with articles, too."),
        BeforeValidator(lambda value: value or OutletFilter.ALL),
    ] = OutletFilter.ALL
    country: Annotated[str, Field(description="Only of this country, such as de.")] = ""
    size: Annotated[
        int,
        Field(ge=1, le=MOST_OUTLETS, description="Outlets per page."),
        BeforeValidator(lambda value: SIZE if value == "" else value),
    ] = SIZE
    cursor: Annotated[str, Field(description="`next_cursor` of the page before; the rest must stay the same.")] = ""


class Crawling(StrEnum):
    """Whether an outlet is crawled on schedule."""

    CRAWLED = "crawled"
    PAUSED = "paused"
    NOT_CRAWLED = "not_crawled"
    NO_FILE = "no_file"  # its articles are here, and nothing says where more are


class OutletItem(ApiModel):
    """An outlet and its state."""

    slug: Annotated[str, Field(description="Its name in addresses, filters and commands.", examples=["tagesschau"])]
    name: str
    home: Annotated[str | None, Field(description="Null: it has no file.")]
    country: str
    languages: list[str]
    timezone: Annotated[str | None, Field(description="IANA name; null: not known.")]
    state: Crawling
    articles: int
    pages: int
    due: Annotated[int, Field(description="Pages that are to be fetched now.")]
    crawled_at: datetime | None
    problem: Annotated[str | None, Field(description="Why it is unhealthy; null: it is not, or was not checked yet.")]
    problem_since: datetime | None
    href: Annotated[str, Field(description="Where its sources are, in the API.")]


class OutletsResponse(ApiModel):
    """A page of outlets, by their slugs."""

    total: Annotated[int, Field(description="Outlets that are meant, on all pages.")]
    outlets: list[OutletItem]
    next_cursor: Annotated[str | None, Field(description="For the parameter `cursor`; null: this page is the last.")]


class HealthState(ApiModel):
    """How much an outlet brings, when it was last looked at."""

    seen: Annotated[int, Field(description="Addresses that it brought in the 24 hours before.")]
    expected: Annotated[float | None, Field(description="How many it usually brings in such a day.")]
    silent_since: datetime | None
    checked_at: datetime


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


class OutletResponse(OutletItem):
    """An outlet with its health and the estimated share of its articles that are found."""

    health: Annotated[HealthState | None, Field(description="Null: it was not looked at yet.")]
    completeness: Annotated[CompletenessState | None, Field(description="Null: not estimated yet.")]


class OutletSourcesResponse(ApiModel):
    """An outlet's sources."""

    outlet: str
    completeness: Annotated[CompletenessState | None, Field(description="Null: not estimated yet.")]
    sources: list[SourceReading]


@api_outlets.get(
    "",
    summary="List the outlets",
    response_model=OutletsResponse,
    responses={400: ERRORS[400], 503: ERRORS[503]},
)
async def list_all(request: Request, asked: Annotated[OutletsQuery, Query()]) -> Response:
    """Return the outlets that are known by a file or by an article, by their slugs."""
    after = _decoded(asked.cursor)
    state = state_of(request)
    async with state.engine.connect() as connection:
        found = await _known(state, connection)
        country = known_country(found.files, asked.country)
        wanted = [
            slug
            for slug in sorted(found.files.keys() | found.met.keys())
            if is_wanted(asked.only, found.files.get(slug), found.met.get(slug), found.problem(slug))
            and (not country or (slug in found.files and found.files[slug].country == country))
        ]
    behind = [slug for slug in wanted if slug > after]
    listed = behind[: asked.size]
    return json_answer(
        {
            "total": len(wanted),
            "outlets": [_item(state, found, slug) for slug in listed],
            "next_cursor": opaque(listed[-1]) if len(behind) > len(listed) else None,
        }
    )


@api_outlets.get("/{slug}", summary="Read an outlet", response_model=OutletResponse, responses=ERRORS)
async def read(request: Request, slug: Slug) -> Response:
    """Return an outlet with its health."""
    state = state_of(request)
    async with state.engine.connect() as connection:
        found = await _known(state, connection, [slug])
        _check_known(found, slug)
        estimated = (await estimates(connection, [slug])).get(slug)
    health = found.health.get(slug)
    fields = ("seen", "expected", "silent_since", "checked_at")
    return json_answer(
        _item(state, found, slug)
        | {
            "health": {name: getattr(health, name) for name in fields} if health else None,
            "completeness": estimated.as_json() if estimated else None,
        }
    )


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What is known of outlets, by slug."""

    files: Mapping[str, Outlet]
    met: Mapping[str, OutletState]
    health: Mapping[str, Health]

    def problem(self, slug: str) -> str | None:
        """Return why an outlet is unhealthy."""
        return (self.met[slug].unhealthy_reason if slug in self.met else None) or (
            self.health[slug].reason if slug in self.health else None
        )


async def _known(state: AppState, connection: AsyncConnection, slugs: list[str] | None = None) -> _Known:
    await asyncio.to_thread(state.catalogue.reread)
    await state.outlets.learn_from(connection)
    return _Known(
        files={outlet.slug: outlet for outlet in state.catalogue},
        met=await states(connection, slugs or ()),
        health=await healths(connection, slugs or ()),
    )


def _check_known(found: _Known, slug: str) -> None:
    if slug not in found.files and slug not in found.met:
        raise NotFound(str(UnknownOutlet(slug[:100], found.files)))


def _item(state: AppState, found: _Known, slug: str) -> dict[str, Any]:
    outlet, met, health = found.files.get(slug), found.met.get(slug), found.health.get(slug)
    if outlet is None:
        crawling = Crawling.NO_FILE
    elif not is_crawled(outlet, met):
        crawling = Crawling.NOT_CRAWLED
    else:
        crawling = Crawling.PAUSED if (met and met.paused) or outlet.schedule.paused else Crawling.CRAWLED
    return {
        "slug": slug,
        "name": outlet.name if outlet else state.outlets.name(slug),
        "home": outlet.home if outlet else None,
        "country": outlet.country if outlet else "",
        "languages": list(outlet.languages) if outlet else [],
        "timezone": outlet.timezone if outlet else None,
        "state": crawling,
        "articles": met.articles if met else 0,
        "pages": met.pages if met else 0,
        "due": met.due if met else 0,
        "crawled_at": met.crawled_at if met else None,
        "problem": found.problem(slug),
        "problem_since": health.since if health and health.reason else None,
        "href": f"/api/outlets/{slug}/sources",
    }


def _decoded(cursor: str) -> str:
    """Return the slug that a cursor names, "" for none. Raises BadQuery for a cursor that no page gave."""
    try:
        slug = value_of(cursor) if cursor else ""
    except ValueError:
        slug = None
    if not isinstance(slug, str):
        raise BadQuery("The cursor is not valid; use `next_cursor` of a page of outlets.")
    return slug


@api_outlets.get(
    "/{slug}/sources",
    summary="List an outlet's sources",
    response_model=OutletSourcesResponse,
    responses=ERRORS,
)
async def sources(request: Request, slug: Slug) -> Response:
    """Return the last reading of each source, and what became of every address that it announced.

    The list is empty for an outlet whose sources were not read yet.
    """
    state = state_of(request)
    async with state.engine.connect() as connection:
        states = await source_states(connection, slug)
        sums = await last_sums(connection, slug)
        if not states and not sums:
            _check_known(await _known(state, connection, [slug]), slug)
        estimated = (await estimates(connection, [slug])).get(slug)
    found = []
    for url in [*sums, *(url for url in states if url not in sums)]:
        met, reading = states.get(url), sums.get(url)
        found.append(
            {
                "url": url,
                "kind": met.kind if met else None,
                "outcome": met.outcome if met else None,
                "reason": met.reason if met else None,
                "fetched_at": met.fetched_at if met else None,
                "sum": {"read_at": reading.read_at, **reading.sum.as_json()} if reading else None,
            }
        )
    completeness = estimated.as_json() if estimated else None
    return json_answer({"outlet": slug, "completeness": completeness, "sources": found})
