"""`recrawl`: fetch addresses now, and show the result of each."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.console import err, fail, out, print_json
from broadsheet.logs import quiet_logs
from broadsheet.progress import progress

if TYPE_CHECKING:
    from news.version_diff import VersionDiff
    from schedules.jobs import Jobs
    from schedules.recrawl_jobs import Report


def add_to(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(recrawl)


def recrawl(
    urls: Annotated[list[str] | None, typer.Argument(help="Addresses of articles.")] = None,
    file: Annotated[str | None, typer.Option(help="A file with one address per line; - for standard input.")] = None,
    wait: Annotated[bool, typer.Option(help="Wait for the results.")] = True,
    force: Annotated[bool, typer.Option("--force", help="Ignore caching headers (unconditional request).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per address.")] = False,
) -> None:
    """Fetch addresses again, now, and show the result of each: what changed, or why nothing did.

    Exits with 1 if one was not fetched or gave no article, with 2 if an address was rejected.
    """
    from schedules.job_runtime import run_with_jobs

    quiet_logs()
    wanted = list(dict.fromkeys([*(urls or ()), *_lines(file)]))
    if not wanted:
        fail("Name addresses, or a file of them: broadsheet recrawl https://… or --file urls.txt.")
    refused, failed = run_with_jobs(lambda jobs: _recrawl(jobs, wanted, wait=wait, force=force, as_json=as_json))
    if refused or failed:
        raise typer.Exit(2 if refused else 1)


def _lines(file: str | None) -> list[str]:
    if file is None:
        return []
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be read: {error}.")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


async def _recrawl(jobs: "Jobs", urls: list[str], *, wait: bool, force: bool, as_json: bool) -> tuple[int, int]:
    """Request all, print each result, and return how many were rejected and how many gave no article."""
    from news.outcome import READ
    from news.storable import storable
    from schedules.recrawl_jobs import outlets_for, reports

    # all are checked before the first is asked for
    outlets, refused = await outlets_for(jobs, urls)
    for url, why in refused.items():
        if as_json:
            print_json({"url": storable(url), "state": "rejected", "outcome": None, "message": why})
        else:
            err.print(why, style="red")
    asked = []
    for url, outlet in outlets.items():
        found, joined = await jobs.recrawl(outlet, url, force=force)
        asked.append(found)
        if not as_json:
            joins = ", already queued" if joined else ""
            err.print(f"{found.id}  {found.url}  ({outlet.slug}{joins})")
    if asked and wait:
        await _follow(jobs, [each.url for each in asked])
    failed = 0
    for report in await reports(jobs, asked):
        failed += wait and (report.attempt is None or report.attempt.outcome not in READ)
        await _print(report, as_json=as_json, waited=wait)
    if asked and not wait and not as_json and not await jobs.someone_works():
        err.print("No worker is running: `broadsheet up` will fetch them.", style="yellow")
    return len(refused), failed


async def _follow(jobs: "Jobs", urls: list[str]) -> None:
    from schedules.crawl_progress import follow

    with progress("Fetching") as say:
        async for going in follow(jobs, [], urls):
            say(f"Fetching: {going.unfinished} of {len(urls)} remaining; {going.pending} pending indexing")


async def _print(report: "Report", *, as_json: bool, waited: bool) -> None:
    import asyncio

    from broadsheet.differences import print_changes
    from news.version_diff import compare_versions

    compared = None
    if report.before and report.version:
        compared = await asyncio.to_thread(compare_versions, report.before, report.version)
    if as_json:
        print_json(report.as_json() | ({"changes": _changes_as_json(compared)} if compared else {}))
        return
    if waited or report.attempt:
        out.print(report.sentence())
    if compared:
        print_changes(compared, indent="  ")


def _changes_as_json(compared: "VersionDiff") -> list[dict[str, Any]]:
    return [
        {
            "name": field.name,
            "paragraphs": [
                [{"operation": str(operation), "text": text} for operation, text in row]
                for row in field.paragraphs
                if any(operation != "equal" for operation, _ in row)
            ],
        }
        for field in compared.fields
        if field.changed
    ]
