"""Recrawls over the web: requested by a program or by a click, and their results."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs

import orjson
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from ledger.recrawls import recrawl_of
from news.clock import now
from news.errors import BadAddress, BadQuery, NotFound
from news.version_diff import VersionDiff, compare_versions
from schedules.jobs import Jobs
from schedules.recrawls import Report, outlet_for, outlets_for, report
from web import failures, render
from web.article_bundle import parse_id
from web.auth import form_mark, refusal_of_form, refusal_of_program
from web.recrawl_view import article_at, recrawl_view
from web.render import json_answer
from web.state import state_of

recrawls = APIRouter()

#: a list of a thousand long addresses has less
MOST_BYTES = 2**20
#: addresses in one request
MOST_URLS = 1_000
#: who has just asked waits for the end; later the page looks less often
SOON = timedelta(minutes=1)


@recrawls.post("/api/recrawls")
async def ask(request: Request) -> Response:
    """Ask for addresses to be fetched: `{"urls": ["https://…"], "force": false}`. Answers at once, with an id each."""
    if refusal := refusal_of_program(request):
        return failures.answer(request, 403, refusal)
    jobs = _jobs(request)
    urls, force = _asked(await _body(request))
    # all are checked before the first is asked for: no answer leaves open which were
    outlets, bad = await outlets_for(jobs, dict.fromkeys(urls))
    rejected = [{"url": url, "message": why} for url, why in bad.items()]
    accepted = []
    for url, outlet in outlets.items():
        found, joined = await jobs.recrawl(outlet, url, force=force)
        href = f"/api/recrawls/{found.id}"
        accepted.append({"id": str(found.id), "url": found.url, "outlet": found.outlet, "joined": joined, "href": href})
    return json_answer({"recrawls": accepted, "rejected": rejected}, 202 if accepted else 422)


@recrawls.get("/api/recrawls", include_in_schema=False)
async def how_to_ask(request: Request) -> Response:
    """Say how recrawls are asked for: there is no list of them."""
    sentence = 'Recrawls are not listed. Request one: POST {"urls": ["https://…"]}; or read one: GET /api/recrawls/ID.'
    return failures.answer(request, 405, sentence, {"Allow": "POST"})


@recrawls.get("/api/recrawls/{id}")
async def tell(request: Request, id: str) -> Response:
    """Tell what came of a recrawl: its `state` is queued or ended; a change comes with its difference."""
    said, compared = await _report(request, id)
    return json_answer(
        said.as_json()
        | ({"changes": [field.as_json() for field in compared.fields if field.changed]} if compared else {})
    )


@recrawls.get("/recrawl")
async def confirm(request: Request) -> Response:
    """Show what would be fetched, with a button: a link, as Kibana's, changes nothing by itself."""
    return await _form(request, request.query_params.get("url", ""), force="force" in request.query_params)


@recrawls.post("/recrawl")
async def click(request: Request) -> Response:
    """Ask for the address of the form to be fetched, and lead to what comes of it."""
    try:
        form = parse_qs((await _body(request)).decode("ascii"), max_num_fields=10)
    except ValueError as error:
        raise BadQuery("The form data is not valid.") from error
    jobs, url = _jobs(request), form.get("url", [""])[0]
    if refusal := refusal_of_form(request, *(form.get(name, [""])[0] for name in ("mark", "token"))):
        return await _form(request, url, 403, mistake=refusal, force="force" in form)
    try:
        found, _ = await jobs.recrawl(await outlet_for(jobs, url), url, force="force" in form)
    except BadAddress as error:
        return failures.answer(request, 400, str(error))
    return RedirectResponse(f"/recrawl/{found.id}", status_code=303)


@recrawls.get("/recrawl/{id}")
async def show(request: Request, id: str) -> Response:
    """Show what came of a recrawl, and lead back to the article; until it has ended the page asks again by itself."""
    said, compared = await _report(request, id)
    is_idle = said.is_waiting and not await _jobs(request).someone_works()
    values = await recrawl_view(state_of(request), said, compared, is_idle=is_idle)
    response = render.page("recrawled.html", changes=compared, **values)
    if said.is_waiting:
        is_young = now() - said.recrawl.asked_at < SOON
        response.headers["Refresh"] = "1" if is_young and not is_idle else "10"
    return response


async def _form(request: Request, url: str, status: int = 200, *, mistake: str = "", force: bool = False) -> Response:
    """Return the page that asks whether to fetch `url`, after a `mistake` that can be mended there."""
    state = state_of(request)
    try:
        outlet = await outlet_for(_jobs(request), url)
    except BadAddress as error:
        return failures.answer(request, 400, str(error))
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


async def _report(request: Request, id: str) -> tuple[Report, VersionDiff | None]:
    jobs = _jobs(request)
    async with state_of(request).engine.connect() as connection:
        found = await recrawl_of(connection, parse_id(id, "a recrawl's"))
    said = await report(jobs, found)
    if said.before is None or said.version is None:
        return said, None
    return said, await asyncio.to_thread(compare_versions, said.before, said.version)


def _jobs(request: Request) -> Jobs:
    jobs = state_of(request).jobs
    if jobs is None:
        raise NotFound("This server cannot fetch pages. Start `broadsheet up` for one that can.")
    return jobs


async def _body(request: Request) -> bytes:
    """Return what was sent. Raises BadQuery for more than MOST_BYTES, without having read it."""
    read = bytearray()
    async for piece in request.stream():
        read += piece
        if len(read) > MOST_BYTES:
            raise BadQuery(f"The request body is larger than {MOST_BYTES} bytes.")
    return bytes(read)


def _asked(body: bytes) -> tuple[list[str], bool]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadQuery('The body is not JSON. Send {"urls": ["https://…"]}.') from error
    for name in value if isinstance(value, dict) else ():
        if name not in ("urls", "force"):
            raise BadQuery(f"There is no field '{name[:50]}'. Use one of: urls, force.")
    urls = value.get("urls") if isinstance(value, dict) else None
    force = value.get("force", False) if isinstance(value, dict) else None
    if not isinstance(urls, list) or not urls or not all(isinstance(url, str) for url in urls):
        raise BadQuery('Send {"urls": ["https://…"], "force": false}.')
    if len(urls) > MOST_URLS or not isinstance(force, bool):
        raise BadQuery(f"Send at most {MOST_URLS} addresses, and true or false as 'force'.")
    return urls, force
