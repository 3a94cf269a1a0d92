"""The pages of watches: list, one with what it reported, its trial, its feed, ending e-mails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from index.stored_query import restored
from ledger import watches as ledger_watches
from ledger.faults import in_transaction
from ledger.watches import WatchState, reported, states, unsubscribe, watch_of_token
from news.clock import now
from news.errors import BadQuery
from news.watch import Notification, NotificationType, Trigger, Watch
from schedules.watching.create import not_yet_found
from schedules.watching.webhook import page_of
from schedules.watching.wording import edits_of, title_of
from web import render, times
from web.article_bundle import parse_id
from web.auth import form_mark, refusal_of_form
from web.feed_pages import ENTRIES, base_of, feed_answer
from web.feeds import FeedEntry
from web.forms import form_of
from web.search_params import SearchParams, address
from web.search_results import direction, language_tag, web_address
from web.state import state_of, zone_of
from web.watch_api import change, masked_email, masked_url, mute_for, reported_page, state_of_watch, tried

#: what a reader may have reported, in the order of the form
TRIGGERS = {
    Trigger.ARTICLES: "new stories",
    Trigger.CHANGES: "every edit",
    Trigger.CORRECTIONS: "corrections",
    Trigger.SILENT: "silent edits",
    Trigger.WITHDRAWALS: "withdrawals and returns",
    Trigger.SPIKES: "spikes: many more stories in an hour than usual",
}
_MARKS = {
    NotificationType.CHANGE: "Changed",
    NotificationType.WITHDRAWAL: "Withdrawn",
    NotificationType.RETURN: "Back again",
    NotificationType.SPIKE: "Spike",
}
SILENT = "Silent edit"
_GONE = (NotificationType.WITHDRAWAL,)
#: hours for which a click mutes, and that a trial looks back
MUTED_HOURS, TRIED_HOURS = 24, 24
DONE = {
    "add": "The watch was added. It reports what happens from now on.",
    "pause": "Paused. What happens meanwhile is not reported.",
    "resume": "Resumed. It reports what happens from now on.",
    "mute": f"Muted for {MUTED_HOURS} hours. What is found until then is never sent.",
}


@dataclass(frozen=True, kw_only=True)
class NotificationRow:
    """One notification, as the pages list it."""

    title: str
    href: str
    outlet: str
    at: times.Shown
    mark: str
    #: of the mark, as the stylesheet has it
    mark_kind: str
    lines: Sequence[str]
    direction: str
    language_tag: str


async def watch_list(request: Request) -> Response:
    """Answer `GET /watches`."""
    return await _list_page(request)


async def _list_page(request: Request) -> Response:
    state, zone = state_of(request), zone_of(request)
    async with state.engine.connect() as connection:
        found = await states(connection)
    return render.page("watches.html", rows=[_row(each, zone) for each in found], done=_removed(request))


def _removed(request: Request) -> str:
    return "The watch was removed." if request.query_params.get("done") == "remove" else ""


async def watch_page(request: Request) -> Response:
    """Answer `GET /watches/{id}`."""
    id = parse_id(request.path_params["id"], "a watch's")
    done = request.query_params.get("done", "")
    notes = await notes_on(request, id) if done == "add" else ()
    return await page_of_watch(request, id, done=" ".join([DONE.get(done, ""), *notes]).strip())


async def notes_on(request: Request, id: UUID) -> Sequence[str]:
    """Return what its reader should know of a watch that was added or edited: values that no article has yet."""
    state = state_of(request)
    return await not_yet_found(state.index, (await state_of_watch(state, id)).watch)


async def page_of_watch(
    request: Request, id: UUID, status: int = 200, *, done: str = "", mistake: str = "", secret: str = ""
) -> Response:
    """Return the page of a watch, with what was done. Raises NotFound."""
    state, zone = state_of(request), zone_of(request)
    found = await state_of_watch(state, id)
    trying = request.query_params.get("test") == "1"
    notifications: Sequence[Notification]
    next_cursor: str | None = None
    if trying:
        notifications = (await tried(state, id, TRIED_HOURS))[::-1][:ENTRIES]
    else:
        cursor = request.query_params.get("cursor", "") if request.method == "GET" else ""
        notifications, next_cursor = await reported_page(state, id, ENTRIES, cursor)
    return render.page(
        "watch.html",
        status,
        row=_row(found, zone),
        problem=found.watch.problem,
        failing=[(str(channel), reason) for channel, reason in found.failing.items()],
        notifications=[_notification_row(found.watch, each, zone) for each in notifications],
        is_trial=trying,
        next_href=address(f"/watches/{id}", [("cursor", next_cursor)]) if next_cursor else "",
        is_first="cursor" not in request.query_params,
        hours=TRIED_HOURS,
        is_muted=found.watch.is_muted(now()),
        mark=form_mark(request),
        token=bool(state.token),
        done=done,
        mistake=mistake,
        secret=secret,
    )


async def act(request: Request) -> Response:
    """Answer `POST /watches/{id}`: do what the form asks, and lead back to the page."""
    state, form = state_of(request), await form_of(request)
    id = parse_id(request.path_params["id"], "a watch's")
    action = form.get("action", "")
    changes: dict[str, Any] = {
        "pause": ledger_watches.pause,
        "resume": ledger_watches.resume,
        "mute": mute_for(MUTED_HOURS),
        "remove": ledger_watches.remove,
    }
    if action not in changes:
        raise BadQuery(f"There is no such action. Use one of: {', '.join(changes)}.")
    if refusal := refusal_of_form(request, form.get("mark", ""), form.get("token", "")):
        return await page_of_watch(request, id, 403, mistake=refusal)
    await change(state, id, changes[action])
    to = "/watches" if action == "remove" else f"/watches/{id}"
    return RedirectResponse(f"{to}?done={action}", status_code=303)


async def watch_feed(request: Request) -> Response:
    """Answer `GET /feeds/watches/{id}.atom` and `.json`: what a watch reported."""
    state = state_of(request)
    id = parse_id(request.path_params["id"], "a watch's")
    watch = (await state_of_watch(state, id)).watch
    async with state.engine.connect() as connection:
        found = await reported(connection, id, ENTRIES)
    base = base_of(request)
    entries = [_feed_entry(watch, each, base) for each in found]
    return feed_answer(request, f"Broadsheet: {watch.name}", f"{base}/watches/{id}", entries)


async def confirm_unsubscribe(request: Request) -> Response:
    """Answer `GET /watches/unsubscribe/{token}`: ask first, for programs open links, too."""
    async with state_of(request).engine.connect() as connection:
        watch = await watch_of_token(connection, request.path_params["token"])
    return _unsubscribe_page(watch, is_ended=watch.email is None)


async def end_emails(request: Request) -> Response:
    """Answer `POST /watches/unsubscribe/{token}`: end the e-mails of a watch. The token is the right to (RFC 8058)."""
    token = request.path_params["token"]

    async def ended(connection: Any) -> Watch:
        return await unsubscribe(connection, token)

    return _unsubscribe_page(await in_transaction(state_of(request).engine, ended), is_ended=True)


def _unsubscribe_page(watch: Watch, *, is_ended: bool) -> Response:
    response = render.page("unsubscribe.html", name=watch.name, is_ended=is_ended)
    response.headers["Cache-Control"] = "no-store"
    return response


def _row(found: WatchState, zone: str) -> dict[str, Any]:
    watch = found.watch
    hours = ", ".join(f"{hour}:00" for hour in watch.digest_hours)
    email = masked_email(watch.email)
    try:
        query = restored(watch.query)
        params = SearchParams(
            text=query.text,
            chosen=query.filters,
            since=watch.query.get("published_from", ""),
            until=watch.query.get("published_until", ""),
            timezone=query.timezone,
        )
        href = params.href()
    except (BadQuery, ValueError):
        href = ""
    return {
        "id": str(watch.id),
        "name": watch.name,
        "search": words_of(watch.query),
        "search_href": href,
        "reports": ", ".join(TRIGGERS[each].partition(":")[0] for each in watch.triggers),
        "to": [
            each
            for each in (
                email and f"{email}{f' at {hours} {watch.timezone}' if hours else ''}",
                masked_url(watch.webhook_url),
            )
            if each
        ],
        "ended": times.seen(watch.unsubscribed_at, zone) if watch.unsubscribed_at else None,
        "paused": watch.paused,
        "muted": times.seen(watch.muted_until, zone) if watch.is_muted(now()) else None,
        "pending": found.pending,
        "given_up": found.given_up,
        "last": times.seen(found.last_found_at, zone) if found.last_found_at else None,
        "is_failing": bool(found.failing or found.given_up or watch.problem),
    }


def words_of(query: Mapping[str, Any]) -> str:
    """Return a search as a person would type it."""
    words = Watch(id=UUID(int=0), name="x", query=query).words()
    return words or "every article"


def _notification_row(watch: Watch, found: Notification, zone: str) -> NotificationRow:
    article = found.content.get("article") or {}
    at = times.seen(found.at, zone)
    title = article.get("headline") or title_of(found)
    return NotificationRow(
        title=title,
        href=page_of(watch, found),
        outlet=article.get("outlet_name") or article.get("outlet") or "",
        at=at,
        mark=_mark(found),
        mark_kind="stealth" if _mark(found) == SILENT else "gone" if found.type in _GONE else "changed",
        lines=edits_of(found) or ([article["summary"]] if article.get("summary") else []),
        direction=direction(title),
        language_tag=language_tag(article.get("in_language") or "und"),
    )


def _mark(found: Notification) -> str:
    return SILENT if (found.content.get("edits") or {}).get("stealth") else _MARKS.get(found.type, "")


def _feed_entry(watch: Watch, found: Notification, base: str) -> FeedEntry:
    article = found.content.get("article") or {}
    language = article.get("in_language") or ""
    mark = _mark(found)
    return FeedEntry(
        id=f"urn:uuid:{found.id}",
        title=title_of(found),
        updated=times.iso(found.at),
        published=times.iso(found.at),
        page=base + page_of(watch, found),
        original=web_address(article.get("url")),
        outlet=article.get("outlet_name") or article.get("outlet") or "",
        language="" if language == "und" else language,
        tags=(mark,) if mark else (),
        summary="\n".join(edits_of(found)) or article.get("summary", ""),
    )
