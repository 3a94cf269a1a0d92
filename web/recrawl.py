"""Recrawls over the web: requested by a program or by a click, and their results."""

import asyncio
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from ledger.recrawl_requests import recrawl_of
from news.clock import now
from news.errors import BadAddress, BadQuery, NotFound
from news.version_diff import VersionDiff, compare_versions
from schedules.jobs import Jobs
from schedules.recrawl_jobs import Report, outlet_for, outlets_for, report
from web import error_responses, render
from web.article_bundle import parse_id
from web.auth import form_mark, refusal_of_form, require_write_access
from web.error_responses import ERRORS
from web.forms import form_of
from web.models import MOST_URLS, ErrorResponse, RecrawlRequest, RecrawlResponse, RecrawlsResponse
from web.recrawl_view import article_at, recrawl_view
from web.render import json_answer
from web.state import state_of

recrawls = APIRouter()

#: who has just asked waits for the end; later the page looks less often
SOON = timedelta(minutes=1)


async def recrawl_request(request: Request) -> RecrawlRequest:
    """Return the body of a request for recrawls. Raises BadQuery for one that is too large or not valid."""
    body = await request.body()
    try:
        return RecrawlRequest.model_validate_json(body)
    except ValidationError as error:
        # an unknown name explains why a known one is missing
        first = min(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
    match first["type"], first["loc"]:
        case "json_invalid", _:
            raise BadQuery('The body is not JSON. Send {"urls": ["https://…"]}.')
        case "extra_forbidden", (name, *_):
            raise BadQuery(f"There is no field '{str(name)[:50]}'. Use one of: urls, force.")
        case "too_long", _:
            raise BadQuery(f"Send at most {MOST_URLS} addresses.")
        case _, ("force", *_):
            raise BadQuery("The field 'force' must be true or false.")
    raise BadQuery('Send {"urls": ["https://…"], "force": false}.')


@recrawls.post(
    "/api/recrawls",
    summary="Request recrawls",
    status_code=202,
    response_model=RecrawlsResponse,
    responses={
        400: ERRORS[400],
        403: {"model": ErrorResponse, "description": "Write requests are not allowed: the token is missing or wrong."},
        404: {"model": ErrorResponse, "description": "This server cannot fetch pages."},
        422: {"model": RecrawlsResponse, "description": "No address was accepted."},
        503: ERRORS[503],
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": RecrawlRequest.model_json_schema()}},
        }
    },
    tags=["recrawls"],
    # before the body: whoever may not write is not read
    dependencies=[Depends(require_write_access)],
)
async def ask(request: Request, asked: Annotated[RecrawlRequest, Depends(recrawl_request)]) -> Response:
    """Request a fetch of addresses now. The answer has an id for each; the fetch comes after it."""
    jobs = _jobs(request)
    # all are checked before the first is asked for: no answer leaves open which were
    outlets, bad = await outlets_for(jobs, dict.fromkeys(asked.urls))
    rejected = [{"url": url, "message": why} for url, why in bad.items()]
    accepted = []
    for url, outlet in outlets.items():
        found, joined = await jobs.recrawl(outlet, url, force=asked.force)
        href = f"/api/recrawls/{found.id}"
        accepted.append({"id": str(found.id), "url": found.url, "outlet": found.outlet, "joined": joined, "href": href})
    return json_answer({"recrawls": accepted, "rejected": rejected}, 202 if accepted else 422)


@recrawls.get("/api/recrawls", include_in_schema=False)
async def how_to_ask(request: Request) -> Response:
    """Answer that there is no list of recrawls, and how to request one."""
    sentence = 'Recrawls are not listed. Request one: POST {"urls": ["https://…"]}; or read one: GET /api/recrawls/ID.'
    return error_responses.answer(request, 405, sentence, {"Allow": "POST"})


@recrawls.get(
    "/api/recrawls/{id}",
    summary="Read the result of a recrawl",
    response_model=RecrawlResponse,
    responses=ERRORS,
    tags=["recrawls"],
)
async def result(request: Request, id: Annotated[UUID, Path(description="The recrawl's id.")]) -> Response:
    """Return the state or the result of a recrawl; a change comes with its difference."""
    found, compared = await _report(request, id)
    fields = [field.as_json() for field in compared.fields if field.changed] if compared else None
    return json_answer(found.as_json() | ({"changes": fields} if fields is not None else {}))


@recrawls.get("/recrawl", include_in_schema=False)
async def confirm(request: Request) -> Response:
    """Show what would be fetched, with a button: a link, as Kibana's, changes nothing by itself."""
    return await _form(request, request.query_params.get("url", ""), force="force" in request.query_params)


@recrawls.post("/recrawl", include_in_schema=False)
async def click(request: Request) -> Response:
    """Ask for the address of the form to be fetched, and lead to what comes of it."""
    form = await form_of(request)
    jobs, url = _jobs(request), form.get("url", "")
    if refusal := refusal_of_form(request, form.get("mark", ""), form.get("token", "")):
        return await _form(request, url, 403, mistake=refusal, force="force" in form)
    try:
        found, _ = await jobs.recrawl(await outlet_for(jobs, url), url, force="force" in form)
    except BadAddress as error:
        return error_responses.answer(request, 400, str(error))
    return RedirectResponse(f"/recrawl/{found.id}", status_code=303)


@recrawls.get("/recrawl/{id}", include_in_schema=False)
async def show(request: Request, id: str) -> Response:
    """Show the result of a recrawl, with a link to the article; until it has ended the page reloads itself."""
    found, compared = await _report(request, parse_id(id, "a recrawl's"))
    is_idle = found.is_waiting and not await _jobs(request).someone_works()
    values = await recrawl_view(state_of(request), found, compared, is_idle=is_idle)
    response = render.page("recrawled.html", changes=compared, **values)
    if found.is_waiting:
        is_young = now() - found.recrawl.asked_at < SOON
        response.headers["Refresh"] = "1" if is_young and not is_idle else "10"
    return response


async def _form(request: Request, url: str, status: int = 200, *, mistake: str = "", force: bool = False) -> Response:
    """Return the page that asks whether to fetch `url`, after a `mistake` that can be mended there."""
    state = state_of(request)
    try:
        outlet = await outlet_for(_jobs(request), url)
    except BadAddress as error:
        return error_responses.answer(request, 400, str(error))
    return render.page(
        "recrawl.html",
        status,
        url=url,
        outlet=outlet.name,
        about=await article_at(state, url),
        mark=form_mark(request),
        token=bool(state.token),
        mistake=mistake,
        force=force,
    )


async def _report(request: Request, id: UUID) -> tuple[Report, VersionDiff | None]:
    jobs = _jobs(request)
    async with state_of(request).engine.connect() as connection:
        recrawl = await recrawl_of(connection, id)
    found = await report(jobs, recrawl)
    if found.before is None or found.version is None:
        return found, None
    return found, await asyncio.to_thread(compare_versions, found.before, found.version)


def _jobs(request: Request) -> Jobs:
    jobs = state_of(request).jobs
    if jobs is None:
        raise NotFound("This server cannot fetch pages. Start `broadsheet up` for one that can.")
    return jobs
