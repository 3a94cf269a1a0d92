"""`demo`: invented outlets, crawled and searchable, without any other server."""

import shlex
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.console import Terminal, err, fail, out, print_json, print_table
from broadsheet.logs import quiet_logs
from news.clock import now
from news.errors import ConfigurationError, IndexUnavailable

if TYPE_CHECKING:
    from socket import socket

    from crawler.demo import Newsroom
    from news.configuration import Configuration
    from news.outlet import Outlet
    from schedules.jobs import Jobs

#: the queue of the demo's jobs: its outlets exist in its own process alone
QUEUE = "demo"
#: faults that are printed; the rest is counted
FAULTS_SHOWN = 20
#: what the printed example searches for; it stands in crawler/demo/texts/courier/night-train.txt
SEARCHED = "night train"


def add_to(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the crawl instead of serving the page.")] = False,
    port: Annotated[int, typer.Option(help="Port of the search page on 127.0.0.1.")] = 8000,
    newsroom_port: Annotated[int, typer.Option(help="First port of the outlets on 127.0.0.1.")] = 8101,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts and faults of the crawl as JSON.")] = False,
) -> None:
    """Serve four small, invented outlets on this machine, crawl them, show what was indexed, and serve the search page.

    With each start some of their pages have changed; only those are fetched again.
    Its articles are in a home of their own, the folder `demo` in BROADSHEET_HOME, never among real ones.
    Exits with 0 only if every page is read as the demo expects.
    """
    from crawler.demo import Newsroom, next_run, seen_runs, serve
    from schedules.job_runtime import run_with_jobs
    from web.serve import taken

    quiet_logs()
    configuration = _configuration()
    # before the crawl, which takes half a minute
    bound = None if once else taken("127.0.0.1", port)
    newsroom = Newsroom(newsroom_port, next_run(configuration.home))
    seen = seen_runs(configuration.home)
    with serve(newsroom):
        err.print(f"Serving the demo's outlets, run {newsroom.run}:")
        for outlet in newsroom.outlets():
            err.print(f"  {outlet.home}  {outlet.name}")
        faults = run_with_jobs(
            lambda jobs: _demo(jobs, newsroom, seen, bound=bound, as_json=as_json),
            configuration=configuration,
            more_outlets=newsroom.outlets(),
            queue=QUEUE,
        )
    if faults:
        fail("Some pages were not read as the demo expects; the list is above.", code=1)


def _configuration() -> "Configuration":
    """Return the environment's configuration with the demo's own home, and nothing of it where real articles are."""
    from crawler.demo import demo_home
    from news.configuration import read

    users = read()
    if users.elasticsearch_url and not users.database_url:
        raise ConfigurationError(
            "The demo keeps apart from articles in your Elasticsearch. Run it without BROADSHEET_ELASTICSEARCH_URL; "
            "or set BROADSHEET_DATABASE_URL, too, to a database of the demo's own."
        )
    return replace(users, home=demo_home(users.home), archive=None, allow_loopback=True)


async def _check_ledger(jobs: "Jobs", outlets: list["Outlet"]) -> None:
    """Raise ConfigurationError if the ledger has outlets that are not the demo's: its articles do not belong there."""
    from ledger.outlet_state import states

    async with jobs.runtime.engine.connect() as connection:
        others = sorted((await states(connection)).keys() - {outlet.slug for outlet in outlets})
    if others:
        names = ", ".join(others[:3]) + (" ..." if len(others) > 3 else "")
        where = (
            "BROADSHEET_DATABASE_URL" if jobs.runtime.configuration.database_url else jobs.runtime.configuration.home
        )
        raise ConfigurationError(
            f"The demo keeps apart from real articles, and the ledger of {where} knows real outlets ({names}). Run it "
            "without BROADSHEET_DATABASE_URL, or with another BROADSHEET_HOME."
        )


async def _demo(
    jobs: "Jobs", newsroom: "Newsroom", seen: tuple[int, ...], *, bound: "socket | None", as_json: bool
) -> list[str]:
    """Crawl the newsroom, print the outcomes, serve the page on the `bound` port, and return what is wrong."""
    from broadsheet.crawl import follow_crawl
    from crawler.demo import finish_run
    from ledger.faults import in_transaction
    from ledger.pages import revisit
    from schedules.jobs import BY_PERSON

    outlets = list(newsroom.outlets())
    await _check_ledger(jobs, outlets)
    started_at = now()
    for outlet in outlets:
        # every article is asked for again: one that has not changed is answered by 304 and not fetched
        await in_transaction(jobs.runtime.engine, partial(revisit, outlet=outlet.slug))
    for outlet in outlets:
        await jobs.crawl(outlet, priority=BY_PERSON)
    going = await follow_crawl(jobs, outlets)
    with suppress(IndexUnavailable):  # then the articles are pending, and that was said
        # the commands that are printed find what was crawled, and not some seconds later
        await jobs.runtime.index.refresh()
    if not as_json:
        await _print_articles(jobs, outlets)
        await _print_attempts(jobs, outlets, started_at)
    faults = await _faults(jobs, newsroom, seen, started_at)
    finish_run(jobs.runtime.configuration.home, newsroom.run)
    for fault in faults[:FAULTS_SHOWN]:
        err.print(fault, style="red")
    if len(faults) > FAULTS_SHOWN:
        err.print(f"... and {len(faults) - FAULTS_SHOWN} more.", style="red")
    expected = len(newsroom.expected(*seen))
    if as_json:
        home = str(jobs.runtime.configuration.home)
        counted = {"run": newsroom.run, "home": home, "outlets": going.outcomes, "checked": expected}
        print_json(counted | {"faults": faults})
    else:
        out.print(f"\n{expected} pages were compared with what the demo expects: {len(faults) or 'no'} faults.")
        await _print_next(jobs, outlets, is_served=bound is not None)
    if bound is not None:
        await _serve(jobs, bound, err if as_json else out)
    return faults


async def _serve(jobs: "Jobs", bound: "socket", printed_on: Terminal) -> None:
    """Serve the page, and fetch what is asked for there, until cancelled."""
    from schedules.daemon import parts_of, run_parts
    from web.serve import serve_page

    parts = parts_of(jobs)
    # without a timetable: the newsroom publishes by runs, not by the clock
    del parts["timetable"]
    runtime = jobs.runtime

    def listens(address: str) -> None:
        printed_on.print(f"Search page: {address}  (Ctrl-C ends it)")

    page = partial(
        serve_page,
        runtime.engine,
        runtime.index,
        runtime.configuration,
        port=bound.getsockname()[1],
        jobs=jobs,
        listens=listens,
        bound=bound,
    )
    await run_parts({"search page": page} | parts)


async def _print_articles(jobs: "Jobs", outlets: list["Outlet"]) -> None:
    """Print what the index has of the newsroom: a table of articles, then the facets."""
    from index.query import Query, Sort

    found = await jobs.runtime.index.search(
        Query(
            filters={"outlet": tuple(outlet.slug for outlet in outlets)},
            sort=Sort.NEWEST,
            size=100,
            facets=("outlet", "in_language", "sections", "places", "people", "organisations"),
            facet_size=6,
        )
    )
    rows = []
    for hit in found.hits:
        article = hit.document
        published = str(article.get("date_published") or "undated").replace("T", " ").removesuffix(":00Z")
        rows.append((published, article["outlet"], article["in_language"], article["headline"][:90]))
    out.print(f"\n{found.total} articles are searchable:")
    print_table(("published", "outlet", "lang", "headline"), rows)
    out.print("\nFacets:")
    for name, buckets in found.facets.items():
        values = ", ".join(f"{bucket.label} {bucket.count}" for bucket in buckets)
        out.print(f"  {name:<14}{values or '-'}")


async def _print_next(jobs: "Jobs", outlets: list["Outlet"], *, is_served: bool) -> None:
    """Print commands that show the demo's articles, with the home in which they are."""
    from index.query import Query

    slugs = tuple(outlet.slug for outlet in outlets)
    found = await jobs.runtime.index.search(Query(filters={"outlet": slugs}, size=100))
    # best an article that the outlet changed without a word
    shown = max(
        (hit.document for hit in found.hits),
        key=lambda document: (bool(document.get("stealth")), document["version"], document["url"]),
        default=None,
    )
    program = sys.argv[0] if Path(sys.argv[0]).name == "broadsheet" else "broadsheet"
    commands = [f'search "{SEARCHED}"']
    if shown is not None:
        commands.append(f"article {shown['url']} --history")
        if (version := shown["version"]) > 1:
            commands.append(f"article {shown['url']} --diff {version - 1}..{version}")
    out.print(f"\nThese articles are in a home of their own. {'In another terminal' if is_served else 'Next'}, type:")
    if jobs.runtime.configuration.database_url is None:
        out.print(f"  export BROADSHEET_HOME={shlex.quote(str(jobs.runtime.configuration.home))}")
    for command in commands:
        out.print(f"  {shlex.quote(program)} {command}")
    out.print("Start the demo again: some pages will have changed, two of them without a word.")


async def _print_attempts(jobs: "Jobs", outlets: list["Outlet"], since: datetime) -> None:
    """Print how the attempts of this crawl ended, and each refusal with its reason."""
    from ledger.attempts import ended
    from news.outcome import READ

    async with jobs.runtime.engine.connect() as connection:
        attempts = await ended(connection, outlets=[outlet.slug for outlet in outlets], since=since)
    counted = Counter(attempt.outcome for attempt in attempts)
    out.print("\nFetched: " + ", ".join(f"{times} {outcome}" for outcome, times in sorted(counted.items())))
    for attempt in reversed(attempts):
        if attempt.outcome not in READ:
            out.print(f"  {attempt.outcome:<15}{attempt.url}  {attempt.reason or ''}")


async def _faults(jobs: "Jobs", newsroom: "Newsroom", seen: tuple[int, ...], since: datetime) -> list[str]:
    """Return what is not as the newsroom says, a sentence each."""
    from crawler.demo import judge
    from ledger.articles import find, newest
    from ledger.attempts import ended
    from news.errors import NotFound

    slugs = [outlet.slug for outlet in newsroom.outlets()]
    faults: list[str] = []
    async with jobs.runtime.engine.connect() as connection:
        attempts = {attempt.url: attempt for attempt in reversed(await ended(connection, outlets=slugs, since=since))}
        for expected in newsroom.expected(*seen):
            attempt = attempts.get(expected.url)
            if attempt is None:
                if expected.listed and expected.announced:
                    faults.append(f"{expected.url}: was not asked for ({expected.why}).")
                continue
            article = None
            if expected.truth is not None:
                try:
                    article = await newest(connection, await find(connection, expected.truth.canonical_url))
                except NotFound:
                    article = None
            faults += judge(expected, attempt.outcome, article)
    return faults
