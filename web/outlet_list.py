"""The list of outlets: which are crawled, how they are, what comes next."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

from ledger.outlet_health import healths
from ledger.outlet_state import OutletState, states
from news.clock import now
from news.errors import BadQuery, hint
from news.outlet import Outlet
from schedules.timetable import Plan, plans
from web import labels, render, times
from web.auth import form_mark
from web.search_params import address
from web.state import AppState, state_of, zone_of


class OutletFilter(StrEnum):
    """Which outlets are listed."""

    CRAWLED = "crawled"
    UNHEALTHY = "unhealthy"
    ALL = "all"


_FILTERS = {OutletFilter.CRAWLED: "Crawled", OutletFilter.UNHEALTHY: "Unhealthy", OutletFilter.ALL: "All"}


@dataclass(frozen=True, kw_only=True)
class OutletRow:
    """One outlet, as it is listed."""

    slug: str
    name: str
    country: str
    languages: str
    #: Crawled, Paused or Not crawled
    state: str
    articles: int
    due: int
    crawled: times.Shown | None
    next_at: times.Shown | None
    why: str
    problem: str


def is_crawled(outlet: Outlet | None, state: OutletState | None) -> bool:
    """Say whether an outlet is crawled on schedule: the user's decision, else what its file says."""
    decided = state.enabled if state else None
    return outlet is not None and (outlet.enabled if decided is None else decided)


def state_words(outlet: Outlet | None, state: OutletState | None) -> str:
    """Return in words whether an outlet is crawled on schedule."""
    if outlet is None:
        return "No outlet file"
    if not is_crawled(outlet, state):
        return "Not crawled"
    return "Paused" if (state and state.paused) or outlet.schedule.paused else "Crawled"


async def outlet_list(request: Request) -> Response:
    """Answer `GET /outlets`: those that are crawled or have articles, the unhealthy ones, or all.

    Raises SQLAlchemyError if the ledger is away.
    """
    return await list_page(request)


async def list_page(request: Request, status: int = 200, *, mistake: str = "", url: str = "") -> Response:
    """Return the list, after a `mistake` in the form that adds an outlet; `url` is what was typed there."""
    state, zone = state_of(request), zone_of(request)
    asked = request.query_params.get("only", "")
    only = OutletFilter(asked) if asked in list(OutletFilter) else OutletFilter.CRAWLED
    await asyncio.to_thread(state.catalogue.reread)
    known = {outlet.slug: outlet for outlet in state.catalogue}
    country = ""
    try:
        country = known_country(known, request.query_params.get("country", ""))
    except BadQuery as error:
        mistake, status = mistake or str(error), max(status, 400)
    async with state.engine.connect() as connection:
        met = await states(connection)
        await state.outlets.learn_from(connection)
        problems = {slug: each.reason for slug, each in (await healths(connection)).items() if each.reason}
        problems |= {slug: each.unhealthy_reason for slug, each in met.items() if each.unhealthy_reason}
        slugs = known.keys() | met.keys()
        shown = sorted(
            (
                slug
                for slug in slugs
                if is_wanted(only, known.get(slug), met.get(slug), problems.get(slug))
                and (not country or (slug in known and known[slug].country == country))
            ),
            key=lambda slug: state.outlets.name(slug).casefold(),
        )
        crawled = [known[slug] for slug in shown if is_crawled(known.get(slug), met.get(slug))]
        made = {each.outlet: each for each in await plans(connection, crawled, now())}
    rows = [
        _row(state, slug, known.get(slug), met.get(slug), made.get(slug), problems.get(slug) or "", zone)
        for slug in shown
    ]
    return render.page(
        "outlets.html",
        status,
        rows=sorted(rows, key=lambda row: not row.problem),
        filters=[
            (name, "" if each is only else address("/outlets", [("only", str(each))]))
            for each, name in _FILTERS.items()
        ],
        only=only,
        country=country,
        country_name=labels.value("country", country) if country else "",
        countries=sorted(
            {(outlet.country, labels.value("country", outlet.country)) for outlet in known.values() if outlet.country},
            key=lambda each: each[1],
        ),
        total=len(slugs),
        unhealthy=len(problems),
        broken=state.catalogue.broken,
        mark=form_mark(request),
        token=bool(state.token),
        can_fetch=state.jobs is not None,
        mistake=mistake,
        url=url,
    )


def known_country(outlets: Mapping[str, Outlet], code: str) -> str:
    """Return the code of a country that has an outlet, "" for none. Raises BadQuery, with what was meant."""
    known = {outlet.country for outlet in outlets.values() if outlet.country}
    if code and code.lower() not in known:
        meant = hint(code.lower()[:10], sorted(known), cutoff=1)
        raise BadQuery(f"No outlet is of the country '{code[:10]}'. {meant}")
    return code.lower()


def is_wanted(only: OutletFilter, outlet: Outlet | None, state: OutletState | None, problem: str | None) -> bool:
    """Say whether an outlet is among those of a filter; with CRAWLED those that brought something, too."""
    if only is OutletFilter.CRAWLED:
        return is_crawled(outlet, state) or bool(state and (state.pages or state.articles))
    return only is OutletFilter.ALL or bool(problem)


def _row(
    state: AppState,
    slug: str,
    outlet: Outlet | None,
    met: OutletState | None,
    plan: Plan | None,
    problem: str,
    zone: str,
) -> OutletRow:
    return OutletRow(
        slug=slug,
        name=outlet.name if outlet else state.outlets.name(slug),
        country=labels.value("country", outlet.country) if outlet and outlet.country else "",
        languages=", ".join(map(labels.language, outlet.languages)) if outlet else "",
        state=state_words(outlet, met),
        articles=met.articles if met else 0,
        due=met.due if met else 0,
        crawled=times.seen(met.crawled_at, zone) if met and met.crawled_at else None,
        next_at=times.seen(plan.at, zone) if plan and plan.at else None,
        why=plan.why if plan else "",
        problem=problem,
    )
