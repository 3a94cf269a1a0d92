"""`/changes`, `/api/changes` and `/feeds/changes.…`: what outlets edited, withdrew and put back."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID, uuid5

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ledger.change_log import key_of
from news.errors import BadQuery, UnknownOutlet
from news.outlet_change import ChangeFilter, ChangeType, OutletChange
from news.version_diff import Run, VersionDiff, changed_paragraphs, plain_run
from web import labels, render, times
from web.change_list import ChangePage, ChangesAsked, ChangesQuery, change_page
from web.error_responses import ERRORS
from web.feed_pages import ENTRIES, base_of, feed_answer
from web.feeds import FeedEntry
from web.models import ChangesResponse
from web.render import json_answer
from web.search_results import MISSING, SETTLED, Mark, direction, language_tag, web_address
from web.state import AppState, state_of, zone_of

api_changes = APIRouter(prefix="/api")

#: paragraphs of a change that the list shows; its own page shows all
MOST_PARAGRAPHS = 4
FILTERS = {
    ChangeFilter.ALL: "All",
    ChangeFilter.SILENT: "Silent edits",
    ChangeFilter.CORRECTIONS: "Corrections",
    ChangeFilter.WITHDRAWN: "Withdrawn",
    ChangeFilter.RETURNED: "Back again",
}


@dataclass(frozen=True, kw_only=True)
class ChangedField:
    """One paragraph of a change."""

    #: of the article's part, where it begins with this paragraph
    title: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, kw_only=True)
class ChangeEntry:
    """One change, as the page lists it."""

    headline: str
    href: str
    outlet: str
    outlet_href: str
    at: times.Shown
    marks: tuple[Mark, ...]
    what: str
    words: str
    paragraphs: tuple[ChangedField, ...]
    more: int
    direction: str
    language_tag: str


async def changes_page(request: Request) -> Response:
    """Answer `GET /changes`. Raises SQLAlchemyError if the ledger is away."""
    state = state_of(request)
    await _learn(state)
    parameters = request.query_params.multi_items()
    try:
        asked = ChangesAsked.of(parameters, state.outlets, own_timezone=zone_of(request))
    except (BadQuery, UnknownOutlet) as error:
        asked = ChangesAsked()
        controls = _controls(state, asked)
        return render.page("changes.html", 400, asked=asked, mistake=str(error), entries=[], next_href="", **controls)
    async with state.engine.connect() as connection:
        found = await change_page(connection, asked)
    return render.page(
        "changes.html",
        asked=asked,
        mistake="",
        entries=[_entry(state, asked, found, change) for change in found.changes],
        next_href=asked.href(cursor=found.next_cursor) if found.next_cursor else "",
        **_controls(state, asked),
    )


@api_changes.get(
    "/changes",
    summary="List what outlets changed",
    response_model=ChangesResponse,
    responses={400: ERRORS[400], 503: ERRORS[503]},
    tags=["versions"],
)
async def api_list(request: Request, asked: Annotated[ChangesQuery, Query()]) -> Response:
    """Return edits, withdrawals and returns of articles, the newest first."""
    state = state_of(request)
    await _learn(state)
    wanted = ChangesAsked.of(request.query_params.multi_items(), state.outlets)
    async with state.engine.connect() as connection:
        found = await change_page(connection, wanted, compare=False)
    return json_answer(
        {
            "changes": [change.as_json() | {"href": api_href(change)} for change in found.changes],
            "next_cursor": found.next_cursor,
        }
    )


async def changes_feed(request: Request) -> Response:
    """Answer `GET /feeds/changes.atom` and `.json`, with the parameters of the page."""
    state = state_of(request)
    await _learn(state)
    parameters = [each for each in request.query_params.multi_items() if each[0] not in ("cursor", "size")]
    asked = ChangesAsked.of([*parameters, ("size", str(ENTRIES))], state.outlets)
    async with state.engine.connect() as connection:
        found = await change_page(connection, asked)
    base = base_of(request)
    entries = [_feed_entry(state, base, change, found.compared.get(key_of(change))) for change in found.changes]
    title = f"Broadsheet: {FILTERS[asked.only].lower() if asked.only is not ChangeFilter.ALL else 'changes'}"
    return feed_answer(request, title, base + asked.href(size=ChangesAsked().size), entries)


def api_href(change: OutletChange) -> str:
    """Return where a program reads more of a change."""
    at = f"/api/articles/{change.article_id}"
    return f"{at}/versions/{change.version - 1}..{change.version}" if change.version else f"{at}/versions"


async def _learn(state: AppState) -> None:
    """Learn the outlets that have no file, as those of the demo and of imports."""
    async with state.engine.connect() as connection:
        await state.outlets.learn_from(connection)


def _controls(state: AppState, asked: ChangesAsked) -> dict[str, Any]:
    return {
        "filters": [(name, "" if only is asked.only else asked.href(only=only)) for only, name in FILTERS.items()],
        "outlet_names": state.outlets.with_articles(),
        "kind_names": [(str(kind), labels.edit(kind)) for kind in labels.EDITS],
    }


def _entry(state: AppState, asked: ChangesAsked, found: ChangePage, change: OutletChange) -> ChangeEntry:
    compared = found.compared.get(key_of(change))
    rows = list(_rows(compared)) if compared else []
    at = times.seen(change.at, asked.timezone)
    edits = change.edits
    return ChangeEntry(
        headline=change.headline or "No headline",
        href=page_href(change),
        outlet=state.outlets.name(change.outlet),
        outlet_href=asked.href(outlets=(change.outlet,)),
        at=at,
        marks=tuple(marks_of(change)),
        what=_what(change),
        words=f"+{edits.words_added} −{edits.words_removed} words" if edits else "",
        paragraphs=tuple(rows[:MOST_PARAGRAPHS]),
        more=max(0, len(rows) - MOST_PARAGRAPHS),
        direction=direction(change.headline),
        language_tag=language_tag(change.in_language),
    )


def page_href(change: OutletChange) -> str:
    """Return where a reader sees the whole change."""
    at = f"/articles/{change.article_id}"
    return f"{at}/versions/{change.version - 1}..{change.version}" if change.version else at


def _rows(compared: VersionDiff) -> list[ChangedField]:
    return [
        ChangedField(title="" if place else each.name, runs=runs)
        for each in compared.fields
        if each.changed
        for place, runs in enumerate(changed_paragraphs(each))
    ]


def marks_of(change: OutletChange) -> list[Mark]:
    """Return what a reader should know of a change: its kind, and whether it was disclosed."""
    if change.type is ChangeType.WITHDRAWN:
        return [Mark(kind="gone", text="Withdrawn", title="The outlet’s page is gone; its text is stored here.")]
    if change.type is ChangeType.MISSING:
        return [Mark(kind="gone", text="Missing", title=MISSING)]
    if change.type is ChangeType.RETURNED:
        return [Mark(kind="changed", text="Back again", title="The outlet’s page was gone, and is there again.")]
    assert change.edits is not None, "an edit has a summary"
    found = [Mark(kind="changed", text=labels.edit(kind), title="Kind of edit.") for kind in change.edits.kinds]
    if change.edits.stealth:
        title = "The substance changed, and the page does not disclose it."
        found.insert(0, Mark(kind="stealth", text="Silent edit", title=title))
    return found


def _what(change: OutletChange) -> str:
    match change.type:
        case ChangeType.WITHDRAWN:
            return f"The outlet answered {change.status}."
        case ChangeType.MISSING:
            return f"The outlet answered {change.status or '404 or 410'} once. {SETTLED}"
        case ChangeType.RETURNED:
            return "The page is there again."
    return f"Version {change.version}"


def _feed_entry(state: AppState, base: str, change: OutletChange, compared: VersionDiff | None) -> FeedEntry:
    marks = ", ".join(mark.text for mark in marks_of(change))
    rows = _rows(compared)[:MOST_PARAGRAPHS] if compared else []
    text = "\n".join("".join(plain_run(run) for run in row.runs) for row in rows)
    number = change.version if change.version else f"{change.type}:{change.at.isoformat()}"
    return FeedEntry(
        id=f"urn:uuid:{uuid5(UUID(str(change.article_id)), str(number))}",
        title=f"{change.headline or 'No headline'} ({marks})",
        updated=times.iso(change.at),
        published=times.iso(change.at),
        page=base + page_href(change),
        original=web_address(change.url),
        outlet=state.outlets.name(change.outlet),
        language="" if change.in_language == "und" else change.in_language,
        tags=tuple(mark.text for mark in marks_of(change)),
        summary=text or _what(change),
    )
