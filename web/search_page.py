"""The search page."""

import asyncio
import re
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from index.fields import FIELDS, boosts, listed_facets
from index.fields import facets as facets_by_name
from index.hints import Suggestion, suggestions
from index.query import Interval, Results, Sort
from ledger.change_log import count_changes
from news.clock import now
from news.errors import BadQuery, NotFound
from news.outlet_change import ChangeFilter
from web import facets, render
from web.article_bundle import id_of
from web.chart import chart
from web.export_formats import ExportFormat
from web.search_params import SearchParams, address
from web.search_results import copies_of, results
from web.state import AppState, state_of, zone_of

_SORTS = {
    Sort.RELEVANCE: "Best match",
    Sort.NEWEST: "Newest first",
    Sort.OLDEST: "Oldest first",
    Sort.CHANGED: "Last changed",
}
#: times of publication that are a click away
_LATELY = (("1h", "Last hour"), ("24h", "24 hours"), ("7d", "7 days"), ("", "Any time"))
_FORMATS = (
    (ExportFormat.CSV, "CSV"),
    (ExportFormat.JSONL, "JSON lines"),
    (ExportFormat.ATOM, "Atom"),
    (ExportFormat.NINJS, "ninjs"),
)
#: what outlets changed, one and several, as the first page says it
_CHANGED = {
    ChangeFilter.ALL: ("edit", "edits"),
    ChangeFilter.SILENT: ("silent edit", "silent edits"),
    ChangeFilter.WITHDRAWN: ("article withdrawn or missing", "articles withdrawn or missing"),
}
#: the search is what a reader waits for
LEDGER_SECONDS = 0.5
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


async def search(request: Request) -> Response:
    """Answer `GET /`. A question that cannot be answered gives the page with the reason, at 400.

    An article's address in place of words leads to the article. Raises IndexUnavailable.
    """
    state = state_of(request)
    zone = zone_of(request)
    asked = SearchParams.of([("q", request.query_params.get("q", ""))])
    try:
        question = SearchParams.of(request.query_params.multi_items(), own_timezone=zone)
        # what is shown in the form if the rest cannot be asked
        asked = SearchParams(text=question.text, chosen=question.chosen, since=question.since, until=question.until)
        query = question.query(
            facets=listed_facets(), facet_size=facets.VALUES, highlight=True, story_sizes=False, **_shown(question)
        )
        if _ADDRESS.fullmatch(question.text) and (known := await _known(state, question.text)):
            return RedirectResponse(f"/articles/{known}", status_code=303)
        found, changed = await asyncio.gather(state.index.search(query), _changed_lately(state, question))
        meant = await suggestions(state.index, query, found)
    except BadQuery as error:
        return render.page("search.html", 400, question=asked, mistake=str(error), found=None, help_fields=())
    return await _answered(state, question, found, meant, changed)


async def _changed_lately(state: AppState, question: SearchParams) -> list[tuple[str, str]]:
    """Return what outlets changed in the last day, each in words with where it is listed.

    Nothing for any but the first page, where nothing was changed, and where the ledger does not answer at once.
    """
    if question.parameters():
        return []
    try:
        async with asyncio.timeout(LEDGER_SECONDS), state.engine.connect() as connection:
            counts = await count_changes(connection, now() - timedelta(days=1))
    except (SQLAlchemyError, TimeoutError):
        return []
    return [
        (f"{count:,} {_CHANGED[only][count != 1]}", address("/changes", [*_only(only), ("from", "24h")]))
        for only, count in counts.items()
        if count
    ]


def _only(only: ChangeFilter) -> list[tuple[str, str]]:
    return [] if only is ChangeFilter.ALL else [("only", str(only))]


def _shown(question: SearchParams) -> dict[str, Any]:
    """Return what the page asks for besides: the compact list shows headlines alone, and no chart."""
    return {"highlighted": ("headline",)} if question.is_compact else {"histogram": Interval.DAY}


async def _known(state: AppState, address: str) -> UUID | None:
    try:
        return await id_of(state, address)
    except NotFound:
        return None


async def _answered(
    state: AppState,
    question: SearchParams,
    found: Results,
    meant: tuple[Suggestion, ...],
    changed: list[tuple[str, str]],
) -> Response:
    stories = {} if question.is_compact else await copies_of(state.index, [hit.document for hit in found.hits])
    state.outlets.learn(hit.document for hit in found.hits)
    state.outlets.learn(document for story in stories.values() for document in story)
    await state.outlets.look_up(state.index, [bucket.value for bucket in found.facets.get("outlet", ())])
    labels = {(key, bucket.value): bucket.label for key, buckets in found.facets.items() for bucket in buckets}
    return render.page(
        "search.html",
        question=question,
        mistake="",
        found=found,
        sorts=_sorts(question),
        lately=_lately(question),
        changed=changed,
        suggestions=[(each.sentence, _corrected(question, each)) for each in meant],
        help_fields=_help_fields(),
        results=results(found.hits, stories, state.outlets, question.timezone),
        facets=facets.lists(question, found.facets, state.outlets),
        chips=facets.chips(question, state.outlets, labels),
        chart=chart(found.histogram),
        formats=_FORMATS,
        # a full page has a cursor even if it is the last: what is known of the total spares a reader an empty one
        next_href=question.href(cursor=found.next_cursor)
        if found.next_cursor and found.total > len(found.hits)
        else "",
    )


def _sorts(question: SearchParams) -> list[tuple[str, str]]:
    """Return each order's name and address, "" for the present one; without words nothing matches best."""
    orders = [*_SORTS] if question.text else [Sort.NEWEST, Sort.OLDEST, Sort.CHANGED]
    order = question.sort if question.sort in orders else Sort.NEWEST
    return [(_SORTS[each], "" if each is order else question.href(sort=each)) for each in orders]


def _lately(question: SearchParams) -> list[tuple[str, str]]:
    """Return each time's name and address, "" for the present one; none where a range of dates was chosen."""
    if question.until or question.since not in dict(_LATELY):
        return []
    return [(name, "" if ago == question.since else question.href(since=ago)) for ago, name in _LATELY]


def _corrected(question: SearchParams, meant: Suggestion) -> str:
    """Return the address of the question with what was meant; "" where nothing is near."""
    if not meant.meant:
        return ""
    values = question.chosen.get(meant.facet, ())
    if meant.value in values:
        return question.without(meant.facet, meant.value).with_value(meant.facet, meant.meant).href()
    # typed: the field may have been called by another name
    quoted = f'"{meant.meant}"' if " " in meant.meant else meant.meant
    text = re.sub(rf'(?<=:)"?{re.escape(meant.value)}"?', lambda _: quoted, question.text)
    return question.href(text=text) if text != question.text else ""


@cache
def _help_fields() -> tuple[tuple[str, str], ...]:
    """Return the fields that a query may name, each with what it is."""
    words = [(name, f"words in the {FIELDS[name].means.removeprefix('the ')}") for name in boosts()]
    return (*words, *((name, facet.label.lower()) for name, facet in facets_by_name().items() if not facet.is_unique))
