"""`/api/watches`: the watches for programs. What writes needs what other writes need; addresses are shown in part."""

from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Query, Request
from starlette.responses import Response

from index.cursor import opaque, value_of
from index.fields import known_facet
from index.stored_query import stored
from ledger import watches as ledger_watches
from ledger.faults import in_transaction
from ledger.watch_settings import WatchEdit
from ledger.watches import WatchState, reported, states, watch_of
from news.clock import now
from news.errors import BadQuery, EditConflict
from news.watch import Notification, Watch
from schedules.watching.create import create, edit, not_yet_found
from schedules.watching.matching import trial
from web.auth import require_write_access
from web.error_responses import ERRORS
from web.feed_pages import ENTRIES
from web.models import ErrorResponse
from web.render import json_answer
from web.search_params import SearchParams
from web.state import AppState, state_of
from web.watch_models import (
    MuteRequest,
    NewWatchResponse,
    NotificationsResponse,
    ReportedResponse,
    WatchEditResponse,
    WatchesResponse,
    WatchPatch,
    WatchRequest,
    WatchResponse,
)

#: a trial looks back so far at most: a month
MOST_HOURS = 24 * 31
api_watches = APIRouter(prefix="/api/watches", tags=["watches"])

WatchId = Annotated[UUID, Path(description="The watch's id.")]
_WRITES: dict[int | str, dict[str, Any]] = {
    **ERRORS,
    403: {"model": ErrorResponse, "description": "Write requests are not allowed: the token is missing or wrong."},
}
_MAY_WRITE = [Depends(require_write_access)]
_EDITS: dict[int | str, dict[str, Any]] = {
    **_WRITES,
    409: {"model": ErrorResponse, "description": "The watch was edited by somebody else at the same moment."},
    412: {"model": ErrorResponse, "description": "Its settings are not those any more that If-Match names."},
}
IfMatch = Annotated[
    str | None, Header(description="The ETag of the watch as it was read; other settings are answered with 412.")
]


@api_watches.get("", summary="List the watches", response_model=WatchesResponse, responses={503: ERRORS[503]})
async def list_all(request: Request) -> Response:
    """Return all watches by name. Addresses of receivers are shown in part."""
    async with state_of(request).engine.connect() as connection:
        found = await states(connection)
    return json_answer({"watches": [watch_json(each) for each in found]})


@api_watches.post(
    "",
    summary="Add a watch",
    status_code=201,
    response_model=NewWatchResponse,
    responses={400: ERRORS[400], 403: _WRITES[403], 503: ERRORS[503]},
    dependencies=_MAY_WRITE,
)
async def add(request: Request, asked: WatchRequest) -> Response:
    """Add a watch. It reports what happens from now on."""
    params = SearchParams(
        text=asked.q,
        chosen={name: tuple(values) for name, values in asked.filters.items() if values},
        since=asked.since,
        until=asked.until,
        timezone=asked.timezone,
    )
    state = state_of(request)
    watch = await add_watch(
        state,
        name=asked.name.strip(),
        query=stored(params.query()),
        triggers=tuple(dict.fromkeys(asked.on)),
        email=asked.email,
        digest_hours=tuple(sorted(set(asked.digest_hours))),
        timezone=asked.timezone,
        webhook_url=asked.webhook_url,
    )
    made = watch_json((await _states(state, watch.id))[0]) | {"webhook_secret": watch.webhook_secret}
    made |= {"notes": await not_yet_found(state.index, watch)}
    answer = _tagged(json_answer(made, 201), watch)
    answer.headers["Location"] = f"/api/watches/{watch.id}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@api_watches.get("/{id}", summary="Read a watch", response_model=WatchResponse, responses=ERRORS)
async def read(request: Request, id: WatchId) -> Response:
    """Return a watch, and how it is with what it has to send. Its ETag is for If-Match."""
    found = await state_of_watch(state_of(request), id)
    return _tagged(json_answer(watch_json(found)), found.watch)


@api_watches.patch(
    "/{id}", summary="Edit a watch", response_model=WatchEditResponse, responses=_EDITS, dependencies=_MAY_WRITE
)
async def patch(request: Request, id: WatchId, asked: WatchPatch, if_match: IfMatch = None) -> Response:
    """Change what is stated of a watch; all else stays.

    What waits to be sent goes to the new address, and stays unsent where that is null. A new search is that of what
    happens from now on: articles that were known before are not new to it, and no story is reported again.
    """
    state = state_of(request)
    old = (await state_of_watch(state, id)).watch
    _check_match(if_match, old)
    try:
        made = await edit_watch(state, old, **_patched(old, asked))
    except EditConflict as error:
        raise HTTPException(412 if if_match else 409, str(error)) from error
    found = watch_json(await state_of_watch(state, id))
    found |= {"changed": list(made.changed), "unsent": made.unsent}
    found |= {"webhook_secret": made.watch.webhook_secret if made.has_new_secret else None}
    found |= {"notes": await not_yet_found(state.index, made.watch) if "query" in made.changed else ()}
    answer = _tagged(json_answer(found), made.watch)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _patched(old: Watch, asked: WatchPatch) -> dict[str, Any]:
    """Return the fields of a watch that a patch states."""
    given = asked.model_fields_set
    fields: dict[str, Any] = {
        name: getattr(asked, name) for name in ("email", "timezone", "webhook_url") if name in given
    }
    fields |= {"name": asked.name.strip()} if "name" in given else {}
    fields |= {"triggers": tuple(dict.fromkeys(asked.on))} if "on" in given else {}
    fields |= {"digest_hours": tuple(sorted(set(asked.digest_hours)))} if "digest_hours" in given else {}
    if given & {"q", "filters", "since", "until"}:
        chosen = {_known_or_stated(name): values for name, values in asked.filters.items()}
        kept = {name: tuple(values) for name, values in ({**old.query["filters"], **chosen}).items() if values}
        params = SearchParams(
            text=asked.q if "q" in given else old.query["text"],
            chosen=kept,
            since=(asked.since or "") if "since" in given else old.query.get("published_from", ""),
            until=(asked.until or "") if "until" in given else old.query.get("published_until", ""),
            timezone=fields.get("timezone", old.query["timezone"]),
        )
        fields["query"] = stored(params.query())
    return fields


def _known_or_stated(name: str) -> str:
    """Return a facet's name by what people call it; another name as it is: one that there was may be taken away."""
    try:
        return known_facet(name)
    except BadQuery:
        return name


@api_watches.delete(
    "/{id}",
    summary="Remove a watch",
    status_code=204,
    responses={**_WRITES, 412: _EDITS[412]},
    dependencies=_MAY_WRITE,
)
async def remove(request: Request, id: WatchId, if_match: IfMatch = None) -> Response:
    """Remove a watch, with what it still has to send."""
    state = state_of(request)
    _check_match(if_match, (await state_of_watch(state, id)).watch)
    await change(state, id, ledger_watches.remove)
    return Response(status_code=204)


def _tagged(response: Response, watch: Watch) -> Response:
    """Give the response an ETag: the mark of the watch's settings, and what names the whole answer."""
    response.headers["ETag"] = f'"{watch.mark}.{sha256(bytes(response.body)).hexdigest()[:16]}"'
    return response


def _check_match(if_match: str | None, watch: Watch) -> None:
    """Raise HTTPException (412) unless one of the ETags names the watch's settings.

    What only has more to send now is as it was: the settings are what an edit is about.
    """
    known = [each.strip().strip('"').partition(".")[0] for each in (if_match or "*").split(",")]
    if watch.mark not in known and known != ["*"]:
        raise HTTPException(412, f"The watch {watch.name} was edited since it was read. Read it again, then edit it.")


@api_watches.post(
    "/{id}/pause", summary="Pause a watch", response_model=WatchResponse, responses=_WRITES, dependencies=_MAY_WRITE
)
async def pause(request: Request, id: WatchId) -> Response:
    """Have a watch send nothing until it is resumed. What happens meanwhile is not reported, then or later."""
    return await _changed(request, id, ledger_watches.pause)


@api_watches.post(
    "/{id}/resume", summary="Resume a watch", response_model=WatchResponse, responses=_WRITES, dependencies=_MAY_WRITE
)
async def resume(request: Request, id: WatchId) -> Response:
    """Have a watch go on from now, unmuted, and try again what could not be sent."""
    return await _changed(request, id, ledger_watches.resume)


@api_watches.post(
    "/{id}/mute", summary="Mute a watch", response_model=WatchResponse, responses=_WRITES, dependencies=_MAY_WRITE
)
async def mute(request: Request, id: WatchId, asked: MuteRequest) -> Response:
    """Have a watch send nothing of what it finds for some hours."""
    return await _changed(request, id, mute_for(asked.hours))


@api_watches.get(
    "/{id}/notifications",
    summary="List what a watch reported",
    response_model=ReportedResponse,
    responses=ERRORS,
)
async def notifications(
    request: Request,
    id: WatchId,
    size: Annotated[int, Query(ge=1, le=1_000, description="How many.")] = ENTRIES,
    cursor: Annotated[str, Query(description="`next_cursor` of the page before.")] = "",
) -> Response:
    """Return what a watch reported, the newest first."""
    state = state_of(request)
    await state_of_watch(state, id)
    found, next_cursor = await reported_page(state, id, size, cursor)
    return json_answer({"notifications": [each.as_json() for each in found], "next_cursor": next_cursor})


async def reported_page(state: AppState, id: UUID, size: int, cursor: str) -> tuple[list[Notification], str | None]:
    """Return a page of what a watch reported, and the next one's cursor. Raises BadQuery for one that no page gave."""
    try:
        before = value_of(cursor) if cursor else None
    except ValueError:
        before = ""
    if before is not None and not (isinstance(before, int) and 0 < before < 2**63):
        raise BadQuery("The cursor is not valid; use `next_cursor` of a page of notifications.")
    async with state.engine.connect() as connection:
        found = await reported(connection, id, size + 1, before)
    return found[:size], opaque(found[size - 1].number) if len(found) > size else None


@api_watches.get("/{id}/test", summary="Test a watch", response_model=NotificationsResponse, responses=ERRORS)
async def try_out(
    request: Request,
    id: WatchId,
    hours: Annotated[int, Query(ge=1, le=MOST_HOURS, description="Look back so many hours.")] = 24,
) -> Response:
    """Return what a watch would have reported in the last hours. Nothing is sent. Spikes are not tested."""
    found = await tried(state_of(request), id, hours)
    return json_answer({"notifications": [each.as_json() for each in found]})


async def add_watch(state: AppState, **fields: Any) -> Watch:
    """Keep a watch with these fields. Raises BadWatch and BadQuery."""
    if state.configuration is None:
        raise BadQuery("This server keeps no watches.")
    return await create(state.engine, state.index, state.configuration, **fields)


async def edit_watch(state: AppState, old: Watch, **fields: Any) -> WatchEdit:
    """Give a watch these fields. Raises BadWatch, BadQuery, EditConflict and NotFound."""
    if state.configuration is None:
        raise BadQuery("This server keeps no watches.")
    return await edit(state.engine, state.index, state.configuration, old, **fields)


async def tried(state: AppState, id: UUID, hours: int) -> list[Notification]:
    """Return what a watch would have reported in the last hours. Raises NotFound."""
    watch = (await state_of_watch(state, id)).watch
    at = now()
    return await trial(state.engine, state.index, watch, at - timedelta(hours=hours), at)


async def state_of_watch(state: AppState, id: UUID) -> WatchState:
    """Return a watch and how it is. Raises NotFound."""
    async with state.engine.connect() as connection:
        watch = await watch_of(connection, str(id))
        return (await states(connection, [watch.id]))[0]


async def change(state: AppState, id: UUID, how: Any) -> None:
    """Change a watch. Raises NotFound."""

    async def changed(connection: Any) -> None:
        await how(connection, (await watch_of(connection, str(id))).id)

    await in_transaction(state.engine, changed)


def mute_for(hours: int) -> Any:
    """Return the change that mutes a watch for so many hours."""
    until = now() + timedelta(hours=hours)

    async def muted(connection: Any, id: UUID) -> None:
        await ledger_watches.mute(connection, id, until)

    return muted


async def _states(state: AppState, id: UUID) -> list[WatchState]:
    async with state.engine.connect() as connection:
        return await states(connection, [id])


async def _changed(request: Request, id: UUID, how: Any) -> Response:
    state = state_of(request)
    await change(state, id, how)
    found = await state_of_watch(state, id)
    return _tagged(json_answer(watch_json(found)), found.watch)


def watch_json(found: WatchState) -> dict[str, Any]:
    """Return a watch in JSON's types, addresses of receivers in part: whoever reads the pages need not know them."""
    known = found.watch.as_json() | {
        "pending": found.pending,
        "given_up": found.given_up,
        "last_found_at": found.last_found_at,
        "failing": dict(found.failing),
    }
    return known | {"email": masked_email(found.watch.email), "webhook_url": masked_url(found.watch.webhook_url)}


def masked_email(email: str | None) -> str | None:
    """Return an address in part.

    >>> masked_email("reader@example.org"), masked_email(None)
    ('r…@example.org', None)
    """
    name, at, domain = (email or "").rpartition("@")
    return f"{name[:1]}…@{domain}" if at else None


def masked_url(url: str | None) -> str | None:
    """Return an address in part: its path may be a secret.

    >>> masked_url("https://hooks.example/services/T0/secret")
    'https://hooks.example/…'
    """
    return f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/…" if url else None
