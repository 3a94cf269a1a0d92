"""`/api/watches`: the watches for programs. What writes needs what other writes need; addresses are shown in part."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from index.stored_query import stored
from ledger import watches as ledger_watches
from ledger.faults import in_transaction
from ledger.watches import WatchState, reported, states, watch_of
from news.clock import now
from news.errors import BadQuery
from news.watch import Notification, NotificationType, Trigger, Watch
from schedules.watching.create import create
from schedules.watching.matching import trial
from web.auth import require_write_access
from web.error_responses import ERRORS
from web.feed_pages import ENTRIES
from web.models import ApiModel, ErrorResponse
from web.render import json_answer
from web.search_params import SearchParams
from web.state import AppState, state_of

#: a trial looks back so far at most: a month
MOST_HOURS = 24 * 31
#: a watch is muted for so long at most: a year
MOST_MUTED_HOURS = 24 * 366

api_watches = APIRouter(prefix="/api/watches", tags=["watches"])

WatchId = Annotated[UUID, Path(description="The watch's id.")]
_WRITES: dict[int | str, dict[str, Any]] = {
    **ERRORS,
    403: {"model": ErrorResponse, "description": "Write requests are not allowed: the token is missing or wrong."},
}
_MAY_WRITE = [Depends(require_write_access)]


class WatchRequest(ApiModel):
    """A new watch: a search with a name, what it reports, and where to."""

    name: Annotated[str, Field(description="A name of its own, in one line.", examples=["Kassel"])]
    q: Annotated[str, Field(description="Words to find, as in a search.", examples=["kassel -film"])] = ""
    filters: Annotated[
        dict[str, list[str]],
        Field(default={}, description="Facet to values; several are alternatives.", examples=[{"country": ["de"]}]),
    ]
    since: Annotated[str, Field(alias="from", description="Published on or after, as in a search.")] = ""
    until: Annotated[str, Field(description="Published on or before.")] = ""
    on: Annotated[
        list[Trigger],
        Field(default=[Trigger.ARTICLES], description=f"What is reported: {', '.join(Trigger)}.", min_length=1),
    ]
    email: Annotated[str | None, Field(description="An address; needs BROADSHEET_SMTP_HOST.")] = None
    digest_hours: Annotated[
        list[Annotated[int, Field(ge=0, le=23)]],
        Field(default=[], description="Hours at which gathered e-mails are sent; none: each at once.", max_length=24),
    ]
    timezone: Annotated[str, Field(description="IANA time zone of these hours and of days.")] = "UTC"
    webhook_url: Annotated[str | None, Field(description="A public address that gets signed POSTs.")] = None


class MuteRequest(ApiModel):
    """For how long a watch sends nothing of what it finds."""

    hours: Annotated[int, Field(ge=1, le=MOST_MUTED_HOURS)] = 24


class WatchSearch(ApiModel):
    """What a watch searches for."""

    text: str
    filters: dict[str, list[str]]
    timezone: str
    published_from: datetime | None = None
    published_until: datetime | None = None


class WatchResponse(ApiModel):
    """A watch, and how it is with what it has to send."""

    id: UUID
    name: str
    query: WatchSearch
    on: list[Trigger]
    email: Annotated[str | None, Field(description="Shown in part.", examples=["y…@example.org"])]
    digest_hours: list[int]
    timezone: str
    webhook_url: Annotated[str | None, Field(description="Shown in part.", examples=["https://example.org/…"])]
    paused: bool
    muted_until: datetime | None
    created_at: datetime
    digest_at: Annotated[datetime | None, Field(description="When the next digest is sent.")]
    unsubscribed_at: Annotated[datetime | None, Field(description="When the reader ended the e-mails.")]
    problem: Annotated[str, Field(description="Why the search cannot be carried out; empty if it can.")]
    pending: Annotated[int, Field(description="Notifications that wait to be sent.")]
    given_up: Annotated[int, Field(description="Messages that are not tried any more; resume tries them again.")]
    last_found_at: datetime | None
    failing: Annotated[dict[str, str], Field(description="Channel to why its receiver takes nothing.")]


class NewWatchResponse(WatchResponse):
    """A watch that was added, with the secret that is shown this once."""

    webhook_secret: Annotated[str | None, Field(description="By which the webhook verifies signatures.")]


class WatchesResponse(ApiModel):
    """All watches, by name."""

    watches: list[WatchResponse]


class SpikeFound(ApiModel):
    """An hour with many more stories than usual."""

    hour: datetime
    found: int
    usual: float


class NotificationResponse(ApiModel):
    """One thing that a watch reported."""

    id: UUID
    type: NotificationType
    at: datetime
    article: Annotated[dict[str, str] | None, Field(description="Absent of a spike.")] = None
    version: Annotated[int | None, Field(description="Of a change.")] = None
    edits: Annotated[dict[str, Any] | None, Field(description="Of a change.")] = None
    spike: Annotated[SpikeFound | None, Field(description="Of a spike.")] = None


class NotificationsResponse(ApiModel):
    """What a watch reported, or would have reported."""

    notifications: list[NotificationResponse]


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
        chosen={name: tuple(values) for name, values in asked.filters.items()},
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
    answer = json_answer(made, 201)
    answer.headers["Location"] = f"/api/watches/{watch.id}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@api_watches.get("/{id}", summary="Read a watch", response_model=WatchResponse, responses=ERRORS)
async def read(request: Request, id: WatchId) -> Response:
    """Return a watch, and how it is with what it has to send."""
    return json_answer(watch_json(await state_of_watch(state_of(request), id)))


@api_watches.delete("/{id}", summary="Remove a watch", status_code=204, responses=_WRITES, dependencies=_MAY_WRITE)
async def remove(request: Request, id: WatchId) -> Response:
    """Remove a watch, with what it still has to send."""
    await change(state_of(request), id, ledger_watches.remove)
    return Response(status_code=204)


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
    response_model=NotificationsResponse,
    responses=ERRORS,
)
async def notifications(
    request: Request, id: WatchId, size: Annotated[int, Query(ge=1, le=1_000, description="How many.")] = ENTRIES
) -> Response:
    """Return what a watch reported, the newest first."""
    state = state_of(request)
    await state_of_watch(state, id)
    async with state.engine.connect() as connection:
        found = await reported(connection, id, size)
    return json_answer({"notifications": [each.as_json() for each in found]})


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
    return json_answer(watch_json(await state_of_watch(state, id)))


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
