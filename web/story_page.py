"""The page of one story: who had its text first and why, the copies beside it, and what happened over time."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ledger.articles import documents
from ledger.change_log import changes
from ledger.stories import StoryEntry, members_of
from news.article import Article
from news.difference import Operation
from news.edits import Edits, compare
from news.outlet_change import ChangeType, OutletChange
from news.version_diff import Run, compare_fields
from web import labels, render, times
from web.article_bundle import parse_id
from web.changes import marks_of, page_href
from web.precedence import reason
from web.search_results import Mark, direction, language_tag
from web.state import AppState, state_of, zone_of

#: copies that are compared on one page; each costs some milliseconds
MOST_COMPARED = 12
#: what was changed in all of them; older changes are on the articles' own pages
MOST_EVENTS = 200


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One paragraph of the first article beside the copy's; without runs where it has none."""

    #: of the article's part, where it begins with this paragraph
    title: str
    first: tuple[Run, ...]
    copy: tuple[Run, ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How a copy's newest text differs from the first article's newest text."""

    edits: Edits
    pairs: tuple[Pair, ...]
    #: paragraphs that both have
    same: int


@dataclass(frozen=True, kw_only=True)
class StoryCopy:
    """One member of the story, as the page shows it."""

    id: str
    headline: str
    href: str
    outlet: str
    #: when its text was out for certain
    at: str
    reason: str
    #: how much later than the first; "" for the first
    later: str
    agency: str
    direction: str
    language_tag: str
    alike: str
    kinds: tuple[str, ...]
    #: None: not compared on this page
    comparison: Comparison | None
    compare_href: str


@dataclass(frozen=True, kw_only=True)
class StoryEvent:
    """Something that happened to one of the articles."""

    at: times.Shown
    outlet: str
    href: str
    what: str
    marks: tuple[Mark, ...] = ()


async def story(request: Request) -> Response:
    """Answer `GET /stories/{id}`; `copy` is the id of an article that is compared, whatever its place.

    The id of a merged story leads to the story that it went into. Raises NotFound, and SQLAlchemyError if the ledger
    is away.
    """
    state, zone = state_of(request), zone_of(request)
    id = parse_id(request.path_params["id"], "a story's")
    async with state.engine.connect() as connection:
        members = await members_of(connection, id)
        if members[0].story_id != id:
            return RedirectResponse(f"/stories/{members[0].story_id}", status_code=301)
        wanted = _wanted(members, request.query_params.get("copy", ""))
        texts = await documents(connection, [each.article_id for each in (members[0], *wanted)])
        ids = [each.article_id for each in members]
        changed = await changes(connection, article_ids=ids, limit=MOST_EVENTS)
    state.outlets.learn(texts.values())
    articles = {id: Article.from_json(document) for id, document in texts.items()}
    compared = await asyncio.to_thread(_compared, articles, members[0], wanted)
    copies = [_copy(state, members[0], each, articles, compared, zone) for each in members]
    events = [_published(state, each, zone) for each in members] + [_changed(state, each, zone) for each in changed]
    return render.page(
        "story.html",
        id=id,
        headline=members[0].headline or "No headline",
        direction=direction(members[0].headline),
        language_tag=copies[0].language_tag,
        copies=copies,
        why=_why(copies, members),
        agencies=_agencies(members),
        events=sorted(events, key=lambda each: datetime.fromisoformat(each.at.iso)),
    )


def _wanted(members: Sequence[StoryEntry], asked: str) -> list[StoryEntry]:
    """Return the copies that are compared: the one that is asked for, and the first ones."""
    copies = members[1:]
    chosen = [each for each in copies if str(each.article_id) == asked]
    return [*chosen, *(each for each in copies if each not in chosen)][:MOST_COMPARED]


def _compared(articles: dict[UUID, Article], first: StoryEntry, wanted: Iterable[StoryEntry]) -> dict[UUID, Comparison]:
    """Compare the copies with the first article: work for the processor alone."""
    original = articles[first.article_id]
    return {
        each.article_id: _comparison(original, articles[each.article_id])
        for each in wanted
        if each.article_id in articles
    }


def _comparison(first: Article, copy: Article) -> Comparison:
    pairs, same = [], 0
    for part in compare_fields(first, copy):
        title = part.name
        # a headline that was written anew stands beside the old one, not below it
        rows = part.paragraphs if title == "body" else (tuple(run for row in part.paragraphs for run in row),)
        for row in rows:
            if all(operation is Operation.EQUAL for operation, _ in row):
                same += 1
                continue
            was = tuple(run for run in row if run[0] is not Operation.INSERT)
            now = tuple(run for run in row if run[0] is not Operation.DELETE)
            pairs.append(Pair(title=title, first=was, copy=now))
            title = ""
    return Comparison(edits=compare(first, copy), pairs=tuple(pairs), same=same)


def _copy(
    state: AppState,
    first: StoryEntry,
    member: StoryEntry,
    articles: dict[UUID, Article],
    compared: dict[UUID, Comparison],
    zone: str,
) -> StoryCopy:
    comparison = compared.get(member.article_id)
    article = articles.get(member.article_id)
    later = ""
    if member is not first:
        apart = member.out_by - first.out_by
        later = f"{times.span(apart)} later" if apart else "at the same time"
    return StoryCopy(
        id=str(member.article_id),
        headline=member.headline or "No headline",
        href=f"/articles/{member.article_id}",
        outlet=state.outlets.name(member.outlet),
        at=times.instant(member.out_by, zone),
        reason=reason(member, zone),
        later=later,
        agency=member.credited_agency,
        direction=direction(member.headline),
        language_tag=language_tag(article.in_language if article else "und"),
        alike=f"{member.similarity:.0%} alike" if member.similarity is not None else "",
        kinds=tuple(map(labels.edit, comparison.edits.kinds)) if comparison else (),
        comparison=comparison,
        compare_href=f"/stories/{first.story_id}?copy={member.article_id}#copy-{member.article_id}",
    )


def _why(copies: Sequence[StoryCopy], members: Sequence[StoryEntry]) -> list[str]:
    """Return in sentences who had the text first, and why so."""
    first = copies[0]
    said = [f"{first.outlet} had this text first: {first.reason}."]
    if len(copies) > 1:
        second = copies[1]
        when = second.later
        if members[0].out_by == members[1].out_by:
            when = "at the same time by what is stated; the one that was seen first counts as first"
        said.append(f"Next came {second.outlet}, {when}: {second.reason}.")
    return said


def _agencies(members: Sequence[StoryEntry]) -> list[tuple[str, int]]:
    """Return the agencies that the articles name, and how many do."""
    named: dict[str, int] = {}
    for each in members:
        if each.credited_agency:
            named[each.credited_agency] = named.get(each.credited_agency, 0) + 1
    return sorted(named.items(), key=lambda each: (-each[1], each[0]))


def _published(state: AppState, member: StoryEntry, zone: str) -> StoryEvent:
    at = times.seen(member.out_by, zone)
    return StoryEvent(
        at=at,
        outlet=state.outlets.name(member.outlet),
        href=f"/articles/{member.article_id}",
        what="published" if member.claim_counts else "first seen",
        marks=() if member.copy_of else (Mark(kind="changed", text="First", title="This one had the text first."),),
    )


def _changed(state: AppState, change: OutletChange, zone: str) -> StoryEvent:
    at = times.seen(change.at, zone)
    what = {
        ChangeType.WITHDRAWN: f"answered {change.status}",
        ChangeType.MISSING: f"answered {change.status or '404 or 410'} once",
        ChangeType.RETURNED: "the page is there again",
    }
    return StoryEvent(
        at=at,
        outlet=state.outlets.name(change.outlet),
        href=page_href(change),
        what=what.get(change.type, f"version {change.version}"),
        marks=tuple(marks_of(change)),
    )
