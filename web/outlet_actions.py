"""What a reader does to outlets on their pages: add one, enable, pause, crawl now. Each is guarded as a recrawl is."""

from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crawler.discovery import twin_of
from ledger import outlet_state
from ledger.faults import in_transaction
from news.errors import BadQuery, NotFound
from news.outlet import Outlet
from news.url import normal
from schedules.jobs import BY_PERSON, Jobs
from web import render
from web.article_bundle import parse_id
from web.auth import form_mark, refusal_of_form
from web.forms import form_of
from web.outlet_list import list_page
from web.outlet_page import OutletAction, outlet_of, shown_outlet
from web.state import AppState, state_of


async def act(request: Request) -> Response:
    """Answer `POST /outlets/{slug}`: do what the form asks, and lead back to the page."""
    state, slug, form = state_of(request), request.path_params["slug"], await form_of(request)
    try:
        action = OutletAction(form.get("action", ""))
    except ValueError as error:
        raise BadQuery(f"There is no such action. Use one of: {', '.join(OutletAction)}.") from error
    outlet = await outlet_of(state, slug)
    if outlet is None:
        raise NotFound(f"'{slug[:100]}' has no outlet file, so it cannot be crawled.")
    if refusal := refusal_of_form(request, form.get("mark", ""), form.get("token", "")):
        return await shown_outlet(request, slug, 403, mistake=refusal)
    await _do(state, outlet, action)
    return RedirectResponse(f"/outlets/{slug}?done={action}", status_code=303)


async def _do(state: AppState, outlet: Outlet, action: OutletAction) -> None:
    match action:
        case OutletAction.ENABLE | OutletAction.DISABLE:
            enabled = action is OutletAction.ENABLE
            await in_transaction(state.engine, partial(outlet_state.enable, slugs=[outlet.slug], enabled=enabled))
        case OutletAction.PAUSE | OutletAction.RESUME:
            paused = action is OutletAction.PAUSE
            await in_transaction(state.engine, partial(outlet_state.pause, slugs=[outlet.slug], paused=paused))
        case OutletAction.CRAWL:
            await _jobs(state).crawl(outlet, priority=BY_PERSON)


async def add(request: Request) -> Response:
    """Answer `POST /outlets`: look at a home page, and lead to what comes of it."""
    state, form = state_of(request), await form_of(request)
    jobs, url = _jobs(state), form.get("url", "").strip()
    if refusal := refusal_of_form(request, form.get("mark", ""), form.get("token", "")):
        return await list_page(request, 403, mistake=refusal, url=url)
    try:
        address = normal(url if "//" in url else f"https://{url}")
    except ValueError as error:
        return await list_page(request, 400, mistake=f"{error}.", url=url)
    await jobs.reread_catalogue()
    if twin := twin_of(jobs.catalogue, address):
        return RedirectResponse(f"/outlets/{twin.slug}?known=1", status_code=303)
    id = state.additions.begin(jobs, url)
    return RedirectResponse(f"/outlets/added/{id}", status_code=303)


async def added(request: Request) -> Response:
    """Answer `GET /outlets/added/{id}`: what was found at a home page; until it has ended the page reloads itself."""
    state = state_of(request)
    addition = state.additions.of(parse_id(request.path_params["id"], "an addition's"))
    found = addition.found
    response = render.page(
        "outlet_added.html",
        url=addition.url,
        is_waiting=addition.task is not None,
        addition=addition,
        tried=[
            (str(each.source.kind).replace("_", " "), each.source.url, each.found, each.reason)
            for each in (found.tried if found else ())
        ],
        articles=[(each.url, each.reason) for each in (found.articles if found else ())],
        outlet=found.outlet if found else None,
        verdict=found.verdict if found else None,
        mark=form_mark(request),
        token=bool(state.token),
    )
    if addition.task is not None:
        response.headers["Refresh"] = "1"
    return response


def _jobs(state: AppState) -> Jobs:
    if state.jobs is None:
        raise NotFound("This server cannot fetch pages. Start `broadsheet up` for one that can.")
    return state.jobs
