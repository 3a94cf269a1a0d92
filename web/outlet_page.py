"""The page of one outlet: how it is and why, what was tried, what comes next, what it changed."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from ledger.articles import newest_of
from ledger.attempts import Ended, ended
from ledger.change_log import changes
from ledger.completeness import Hours, hours_of
from ledger.corrections import REPORT_DAYS, CorrectionReport, correction_report
from ledger.outlet_health import Health, healths
from ledger.outlet_state import OutletState, SourceState, source_states, states
from ledger.recaptures import estimates
from ledger.sites import not_before
from ledger.source_sums import Reading, last_sums
from news.clock import now
from news.errors import NotFound, UnknownOutlet
from news.outcome import COSTLY, DEFECTIVE, PASSING, Outcome, meaning_of
from news.outlet import Outlet
from news.outlet_change import ChangeFilter, OutletChange
from news.recapture import completeness_words
from news.source_sum import Disposition, SourceSum
from news.url import site_of
from schedules.timetable import Plan, plans, sources_of
from web import labels, render, times
from web.auth import form_mark
from web.change_list import ChangesAsked
from web.changes import marks_of, page_href
from web.outlet_list import is_crawled, state_words
from web.search_params import address
from web.search_results import Mark, direction, language_tag, web_address
from web.state import AppState, state_of, zone_of

#: attempts, changes and articles that are shown; the lists behind have more
ATTEMPTS, CHANGES, ARTICLES = 20, 8, 5
#: days of the small chart
DAYS = 7
#: ends of an attempt that may be a fault; that a page is no article is none
_FAILED = PASSING | COSTLY | DEFECTIVE | {Outcome.WALL}
#: width of the chart's longest bar, in its own units
_WIDE = 100


class OutletAction(StrEnum):
    """What can be done to an outlet."""

    ENABLE = "enable"
    DISABLE = "disable"
    PAUSE = "pause"
    RESUME = "resume"
    CRAWL = "crawl"


_DONE = {
    OutletAction.ENABLE: "Enabled: it is crawled on schedule from now on.",
    OutletAction.DISABLE: "Disabled: it is no longer crawled on schedule; its articles stay.",
    OutletAction.PAUSE: "Paused: nothing is fetched on schedule until it is resumed.",
    OutletAction.RESUME: "Resumed: what became due meanwhile is fetched once.",
    OutletAction.CRAWL: "Crawl requested: the next free worker reads its sources and fetches what is new or due.",
}


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """A feed, sitemap or front page: its last reading and its next."""

    kind: str
    url: str
    read: times.Shown | None
    failed: bool
    result: str
    next_at: times.Shown | None
    why: str
    #: what became of all that it announced; "" where it brought no list yet
    sum: str
    #: of each count its name and some addresses
    examples: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class AttemptRow:
    """One attempt at a page."""

    at: times.Shown
    url: str
    #: of the article; "" where none came out
    href: str
    result: str
    failed: bool


@dataclass(frozen=True, kw_only=True)
class DayRow:
    """What an outlet brought on one day, and what became of it."""

    day: str
    hours: Hours
    #: lengths of the bars of what was found and what was stored
    found: float
    stored: float


@dataclass(frozen=True, kw_only=True)
class ChangeRow:
    """One of the latest changes."""

    at: times.Shown
    href: str
    headline: str
    direction: str
    language_tag: str
    marks: tuple[Mark, ...]


async def outlet_page(request: Request) -> Response:
    """Answer `GET /outlets/{slug}`. Raises NotFound, and SQLAlchemyError if the ledger is away."""
    done = request.query_params.get("done", "")
    words = _DONE[OutletAction(done)] if done in list(OutletAction) else ""
    if "known" in request.query_params:
        words = "This outlet is known already; no second one was added."
    return await shown_outlet(request, request.path_params["slug"], done=words)


async def outlet_of(state: AppState, slug: str) -> Outlet | None:
    """Return the outlet of this name, even if its file was written a moment ago; None if it has no file."""
    try:
        return state.catalogue.outlet(slug)
    except UnknownOutlet:
        await asyncio.to_thread(state.catalogue.reread)
    try:
        return state.catalogue.outlet(slug)
    except UnknownOutlet:
        return None


async def shown_outlet(
    request: Request, slug: str, status: int = 200, *, mistake: str = "", done: str = ""
) -> Response:
    """Return the outlet's page, after a `mistake` in its form or with what was `done`."""
    state, zone = state_of(request), zone_of(request)
    outlet = await outlet_of(state, slug)
    at = now()
    async with state.engine.connect() as connection:
        met = (await states(connection, [slug])).get(slug)
        if outlet is None and met is None:
            raise NotFound(str(UnknownOutlet(slug[:100], [each.slug for each in state.catalogue])))
        await state.outlets.learn_from(connection)
        health = (await healths(connection, [slug])).get(slug)
        known = await source_states(connection, slug)
        plan = (await plans(connection, [outlet], at))[0] if outlet else None
        pause_until = await not_before(connection, site_of(outlet.home)) if outlet else None
        attempts = await ended(connection, outlets=[slug], limit=ATTEMPTS)
        days = await _days(connection, slug, zone)
        latest = await changes(connection, outlets=[slug], limit=CHANGES)
        newest = await newest_of(connection, slug, ARTICLES)
        sums = await last_sums(connection, slug)
        estimated = (await estimates(connection, [slug])).get(slug)
        report = await correction_report(connection, slug, since=at - timedelta(days=REPORT_DAYS))
    works = state.jobs is None or await state.jobs.someone_works()
    asked = ChangesAsked(outlets=(slug,))
    return render.page(
        "outlet.html",
        status,
        slug=slug,
        name=outlet.name if outlet else state.outlets.name(slug),
        home=web_address(outlet.home) if outlet else "",
        about=_about(outlet),
        state_words=state_words(outlet, met),
        is_crawled=is_crawled(outlet, met),
        is_paused=bool(met and met.paused),
        paused_by_file=bool(outlet and outlet.schedule.paused),
        has_file=outlet is not None,
        met=met,
        crawled=times.seen(met.crawled_at, zone) if met and met.crawled_at else None,
        health=_health(health, met, zone),
        complete=completeness_words(estimated.as_json()) if estimated else "",
        pause_until=times.seen(pause_until, zone) if pause_until else None,
        readings=_sources(outlet, known, sums, plan, zone),
        visit_at=times.seen(plan.visit_at, zone) if plan and plan.visit_at else None,
        attempts=[_attempt(each, zone) for each in attempts],
        days=days,
        changes=[_change(each, zone) for each in latest],
        report=_corrections(report),
        report_days=REPORT_DAYS,
        changes_href=asked.href(),
        corrections_href=asked.href(only=ChangeFilter.CORRECTIONS),
        silent_href=asked.href(only=ChangeFilter.SILENT),
        newest=[
            (f"/articles/{id}", headline or "No headline", times.seen(seen, zone)) for id, headline, seen in newest
        ],
        search_href=address("/", [("outlet", slug), ("sort", "newest")]),
        mark=form_mark(request),
        token=bool(state.token),
        can_fetch=state.jobs is not None,
        works=works,
        mistake=mistake,
        done=done,
    )


def _about(outlet: Outlet | None) -> str:
    if outlet is None:
        return ""
    parts = [labels.value("country", outlet.country)] if outlet.country else []
    parts += [", ".join(map(labels.language, outlet.languages))] if outlet.languages else []
    return " · ".join([*parts, outlet.timezone or "time zone not known"])


def _health(health: Health | None, met: OutletState | None, zone: str) -> tuple[str, str]:
    """Return whether an outlet is well, in a word, and in a sentence why or why not."""
    reason = health.reason if health else None
    since = times.seen(health.since, zone) if health and health.since else None
    if reason or (met and met.unhealthy_reason):
        when = f" Unhealthy since {since.text}." if reason and since else ""
        cause = (reason or (met.unhealthy_reason if met else "") or "").removesuffix(".")
        return "Unhealthy", f"{cause[:1].upper()}{cause[1:]}.{when}"
    if health is None:
        return "Not checked yet", "An outlet’s health is checked while it is crawled on schedule."
    usual = f", {health.expected:.0f} are usual" if health.expected is not None else ""
    return "Healthy", f"{health.seen} new addresses in the last 24 hours{usual}."


def _sources(
    outlet: Outlet | None,
    known: dict[str, SourceState],
    sums: dict[str, Reading],
    plan: Plan | None,
    zone: str,
) -> list[SourceRow]:
    readings = {each.source: each for each in plan.readings} if plan else {}
    own = sources_of(outlet) if outlet else ()
    kinds = {each.url: str(each.kind) for each in own} | {url: each.kind for url, each in known.items()}
    rows = []
    # those of the file first; others were named by robots.txt or by an index
    for url in dict.fromkeys([*(each.url for each in own), *known]):
        state, reading = known.get(url), readings.get(url)
        failed = state is not None and state.outcome not in (None, "read", "not_modified")
        result = ""
        sum_ = sums[url].sum if url in sums else None
        if state and state.outcome:
            found = "1 address" if state.found == 1 else f"{state.found} addresses"
            result = state.reason or state.outcome.replace("_", " ") if failed else found
        rows.append(
            SourceRow(
                kind=kinds[url].replace("_", " "),
                url=url,
                read=times.seen(state.fetched_at, zone) if state and state.fetched_at else None,
                failed=failed,
                result=result,
                next_at=times.seen(reading.at, zone) if reading and reading.at else None,
                why=reading.why if reading else "with the index or the robots.txt that names it",
                sum=_summed(sum_) if sum_ else "",
                examples=tuple((each.label, found) for each, found in sum_.examples.items()) if sum_ else (),
            )
        )
    return rows


def _summed(found: SourceSum) -> str:
    """Return the sum in words: that nothing announced is dropped without a word."""
    parts = ", ".join(f"{found.counts[each]:,} {each.label}" for each in Disposition if found.counts.get(each))
    named = f"{found.parts:,} sitemap{'s' if found.parts != 1 else ''}" if found.parts else ""
    announced = f"{found.announced:,} announced" + (f": {parts}" if parts else "") if found.announced else ""
    return "; ".join(filter(None, [announced, named])) or "0 announced"


def _corrections(report: CorrectionReport) -> list[tuple[str, str]]:
    """Return the report's lines, a name and a value each; none where no article was edited, corrected or withdrawn."""
    if not (report.edits or report.corrections or report.withdrawn):
        return []

    def share(count: int, ratio: float | None, of: str) -> str:
        return f"{count:,}" + (f", {ratio:.0%} of {of}" if ratio is not None else "")

    hours = report.hours_to_correct_median
    kinds = ", ".join(f"{times:,} {labels.value('edit_kinds', kind)}" for kind, times in report.kinds.items())
    followed = f"{report.followed:,} of {report.articles:,} articles"
    lines = [
        ("Followed", followed + ("" if report.is_followed else ": too few for shares")),
        ("Edited articles", share(report.edited, report.edited_ratio, "the followed ones")),
        ("Edits by class", kinds),
        ("Silent edits", share(report.silent_edits, report.silent_ratio, "the edits of substance")),
        ("Notices of correction", f"{report.corrections:,}"),
        ("Median time to correct", "" if hours is None else f"{hours:g} hours"),
        ("Changed headlines", share(report.headline_changed, report.headline_churn_ratio, "the followed articles")),
        ("Withdrawn", f"{report.withdrawn:,}, {report.returned:,} of them back" if report.withdrawn else ""),
    ]
    return [(name, value) for name, value in lines if value not in ("", "0")]


def _attempt(each: Ended, zone: str) -> AttemptRow:
    at = times.seen(each.at, zone)
    return AttemptRow(
        at=at,
        url=each.url,
        href=f"/articles/{each.article_id}" if each.article_id else "",
        result=meaning_of(each.outcome, each.status) + (f" ({each.reason})" if each.reason else ""),
        failed=each.outcome in _FAILED,
    )


async def _days(connection: AsyncConnection, slug: str, zone: str) -> list[DayRow]:
    """Return what the outlet brought on each of the last days, the newest first; none if nothing was."""
    local = ZoneInfo(zone)
    today = now().astimezone(local).replace(hour=0, minute=0, second=0, microsecond=0)
    counted: dict[str, Hours] = {times.day((today - timedelta(days=back)).date()): Hours() for back in range(DAYS)}
    hours = await hours_of(connection, slug, today - timedelta(days=DAYS - 1))
    for at, each in hours.items():
        day = times.day(at.astimezone(local).date())
        counted[day] = counted.get(day, Hours()) + each
    most = max((max(each.found, each.stored) for each in counted.values()), default=0)
    if not hours:
        return []
    scale = _WIDE / most if most else 0
    return [
        DayRow(day=day, hours=each, found=round(each.found * scale, 1), stored=round(each.stored * scale, 1))
        for day, each in counted.items()
    ]


def _change(each: OutletChange, zone: str) -> ChangeRow:
    at = times.seen(each.at, zone)
    return ChangeRow(
        at=at,
        href=page_href(each),
        headline=each.headline or "No headline",
        direction=direction(each.headline),
        language_tag=language_tag(each.in_language),
        marks=tuple(marks_of(each)),
    )
