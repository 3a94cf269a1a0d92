"""`crawl`: fetch outlets now."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.console import err, fail, out, print_json, print_table
from broadsheet.logs import quiet_logs
from broadsheet.progress import progress
from broadsheet.search import TIMES, bound_of
from news.clock import now
from news.source_sum import sum_lines

if TYPE_CHECKING:
    from ledger.backfill import BackfillProgress
    from news.outlet import Outlet
    from schedules.crawl_progress import CrawlProgress
    from schedules.jobs import Jobs


#: sitemaps that could not be read, of which so many are printed
FAILED_SHOWN = 5


def add_to(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(crawl)


def crawl(
    outlets: Annotated[list[str], typer.Argument(help="Names of outlets, as `broadsheet outlets list` shows them.")],
    since: Annotated[
        str | None, typer.Option(help=f"Backfill: fetch articles published since then, from sitemaps: {TIMES}.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Crawl outlets now: read their feeds, sitemaps and front pages, fetch what is new or due, index it.

    With --since, backfill instead: fetch older articles slowly, after all new ones. The same command resumes it.

    Exits with 1 if an outlet could not be crawled (its sources or first pages all fail, or its site asks for a pause),
    if documents are pending indexing, or if none of the sitemaps of a backfill could be read.
    """
    from schedules.job_runtime import run_with_jobs

    quiet_logs()
    if (begin := bound_of(since, "--since")) is not None:
        past_by_outlet: dict[str, BackfillProgress] = {}
        try:
            is_read = run_with_jobs(lambda jobs: _backfill(jobs, outlets, begin, past_by_outlet, as_json=as_json))
        except KeyboardInterrupt:
            fail(f"Stopped. {_past(past_by_outlet) or 'Nothing was fetched yet'}; the same command resumes.", 130)
        if not is_read:
            raise typer.Exit(1)
        return
    if not run_with_jobs(lambda jobs: _crawl(jobs, outlets, as_json=as_json)):
        raise typer.Exit(1)


async def _crawl(jobs: "Jobs", names: list[str], *, as_json: bool) -> bool:
    """Crawl, print the outcomes, and return whether every outlet could be crawled and all is searchable."""
    from ledger.pages import waiting_again
    from schedules.jobs import BY_PERSON

    wanted = [jobs.catalogue.outlet(name) for name in names]
    for outlet in wanted:
        await jobs.crawl(outlet, priority=BY_PERSON)
    going = await follow_crawl(jobs, wanted)
    async with jobs.runtime.engine.connect() as connection:
        waiting, next_at = await waiting_again(connection, [outlet.slug for outlet in wanted])
    problems = await _problems(jobs, wanted, going)
    for slug, problem in problems.items():
        err.print(f"{slug}: {problem}", style="yellow")
    if going.pending:
        err.print(f"{going.pending} documents pending indexing; `broadsheet status` shows why.", style="yellow")
    if as_json:
        print_json(
            {
                "outlets": going.outcomes,
                "problems": problems,
                "waiting": waiting,
                "next_at": next_at,
                "pending_index": going.pending,
            }
        )
        return not problems and not going.pending
    rows = [
        (slug, outcome, str(times))
        for slug, outcomes in sorted(going.outcomes.items())
        for outcome, times in sorted(outcomes.items())
    ]
    if rows:
        print_table(("outlet", "outcome", "pages"), rows)
    else:
        out.print(f"No pages to fetch now{f'; next retry {_clock(next_at)}' if next_at else ''}.")
    if next_at:
        pages = "1 page will be retried" if waiting == 1 else f"{waiting} pages will be retried"
        out.print(f"{pages}, the next at {_clock(next_at)}. Fetch one now: broadsheet recrawl URL")
    return not problems and not going.pending


def _clock(at: datetime) -> str:
    """Return the time of day, with the day where it is another one than today."""
    at = at.astimezone(UTC)
    return f"{at:%H:%M} UTC" if at.date() == now().astimezone(UTC).date() else f"{at:%Y-%m-%d %H:%M} UTC"


async def _backfill(
    jobs: "Jobs", names: list[str], since: datetime, past_by_outlet: "dict[str, BackfillProgress]", *, as_json: bool
) -> bool:
    """Backfill outlets since then, and return whether a sitemap of each could be read.

    `past_by_outlet` holds the progress of each, for whoever stops it.
    """
    from dataclasses import asdict

    from schedules.backfill_jobs import ask_past, follow_past, report_past

    wanted = [jobs.catalogue.outlet(name) for name in names]
    for outlet in wanted:
        await ask_past(jobs, outlet, since)
    with progress("Backfilling") as say:
        async for each in follow_past(jobs, wanted):
            past_by_outlet.update(each)
            say(f"Backfilling: {_past(past_by_outlet)}")
    async with jobs.runtime.engine.connect() as connection:
        reports = {outlet.slug: await report_past(connection, outlet) for outlet in wanted}
    for slug, report in reports.items():
        for url, outcome in list(report.failed.items())[:FAILED_SHOWN]:
            err.print(f"{slug}: {url} could not be read: {outcome}", style="yellow")
        if (more := len(report.failed) - FAILED_SHOWN) > 0:
            err.print(f"{slug}: {more} more sitemaps could not be read", style="yellow")
        if not report.read:
            err.print(
                f"{slug}: no sitemap could be read, so nothing older was found. A backfill reads sitemaps alone; name "
                "one in the outlet's file (sitemaps = [...]) if it has others.",
                style="yellow",
            )
    if as_json:
        print_json(
            {
                slug: asdict(past) | {"failed": dict(reports[slug].failed), "sum": reports[slug].sum.as_json()}
                for slug, past in past_by_outlet.items()
            }
        )
    else:
        for slug, past in past_by_outlet.items():
            read = "1 sitemap" if reports[slug].read == 1 else f"{reports[slug].read} sitemaps"
            out.print(f"{slug}: {read} read, {past.fetched} older pages fetched")
            for line in sum_lines(reports[slug].sum.as_json()):
                out.print(line)
    return all(report.read for report in reports.values())


def _past(past_by_outlet: "dict[str, BackfillProgress]") -> str:
    return "; ".join(
        f"{slug}: {past.parts_read} of {past.parts} sitemaps read, {past.fetched} pages fetched, "
        f"{past.waiting} found and not fetched yet"
        for slug, past in past_by_outlet.items()
    )


async def follow_crawl(jobs: "Jobs", outlets: list["Outlet"]) -> "CrawlProgress":
    """Follow the crawls of `outlets` to their end with a line of progress, and return how they went."""
    from schedules.crawl_progress import follow

    going = None
    with progress("Crawling") as say:
        async for going in follow(jobs, outlets):
            counted = _total(going.outcomes)
            ended = ", ".join(f"{times} {outcome}" for outcome, times in sorted(counted.items()))
            say(f"Crawling: {ended or 'reading sources'}; {going.pending} pending indexing")
    assert going is not None, "following yields at least once"
    return going


async def _problems(jobs: "Jobs", outlets: list["Outlet"], going: "CrawlProgress") -> dict[str, str]:
    """Return why outlets could not be crawled: what is wrong with the sources, a pause, pages that all fail.

    Where articles were read before, the failures may be those of few pages that are tried again.
    """
    from ledger.outlet_state import states
    from ledger.sites import not_before
    from news.outcome import COSTLY, DEFECTIVE, PASSING
    from news.url import site_of

    problems: dict[str, str] = {}
    async with jobs.runtime.engine.connect() as connection:
        known = await states(connection)
        for outlet in outlets:
            state, outcomes = known.get(outlet.slug), set(going.outcomes.get(outlet.slug, ()))
            if state and state.unhealthy_reason:
                problems[outlet.slug] = state.unhealthy_reason
            elif until := await not_before(connection, site_of(outlet.home)):
                problems[outlet.slug] = f"the site asked for a pause until {_clock(until)}; its other pages stay due."
            elif outcomes and outcomes <= PASSING | COSTLY | DEFECTIVE and not (state and state.articles):
                problems[outlet.slug] = "no page could be fetched and extracted."
    return problems


def _total(outcomes: dict[str, dict[Any, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counted in outcomes.values():
        for outcome, times in counted.items():
            total[outcome] = total.get(outcome, 0) + times
    return total
