"""`reprocess`: extract and enrich stored pages again, without a fetch."""

from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.console import err, fail, out, print_json, print_table
from broadsheet.import_pages import read_files
from broadsheet.logs import quiet_logs
from broadsheet.progress import progress

if TYPE_CHECKING:
    from ledger.reprocess_progress import Reprocessing, Steps
    from schedules.jobs import Jobs
    from schedules.reprocess_jobs import ReprocessProgress


def add_to(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(reprocess)


def reprocess(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="WARC files of Broadsheet's archive, or its directory; default: the articles in the ledger."
        ),
    ] = None,
    outlet: Annotated[str | None, typer.Option(help="Only this outlet's articles.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only articles first seen since this day (UTC).")
    ] = None,
    enrich: Annotated[bool, typer.Option("--enrich", help="Only enrich the stored texts; extract no page.")] = False,
    extract: Annotated[bool, typer.Option("--extract", help="Only articles whose raw page is stored.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; show what would change, with examples.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait for the end, or leave it to the workers.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: one document, or one per file.")] = False,
) -> None:
    """Extract and enrich stored pages again with the installed version, without a fetch.

    Use it after an upgrade, a new enrichment or a corrected outlet file. Try it first:

    broadsheet reprocess --outlet NAME --dry-run

    Where an article's raw page is stored, the newly extracted text replaces the newest version's.
    Elsewhere the stored text is enriched again. Only articles that changed are indexed again.
    No version and no edit is added: ids, versions and times stay.

    All workers share the work; if none runs, the command does it itself.
    Ctrl-C stops it, and the same command resumes it.

    Exits with 1 if a part could not be finished, with 2 for wrong usage.
    """
    from ledger.reprocess_progress import Steps

    if files:
        if outlet or since or enrich or extract or dry_run:
            fail("FILE takes no --outlet, --since, --enrich, --extract or --dry-run: use only one of them.")
        _files(files, wait=wait, as_json=as_json)
        return
    if enrich and extract:
        fail("Use either --enrich or --extract; without them, both are done.")
    steps = Steps.ENRICH if enrich else Steps.EXTRACT if extract else Steps.ALL
    begin = since.replace(tzinfo=UTC) if since else None
    _articles(outlet, begin, steps, dry_run=dry_run, wait=wait, as_json=as_json)


def _files(files: list[Path], *, wait: bool, as_json: bool) -> None:
    from pipelines.record import Purpose
    from pipelines.warc_writer import PATTERN

    found: list[Path] = []
    for file in files:
        found += sorted(file.glob(PATTERN)) if file.is_dir() else [file]
    if not found:
        fail(f"There is no WARC file in {', '.join(map(str, files))}.")
    read_files(found, Purpose.REPROCESS, anew=True, wait=wait, as_json=as_json)


def _articles(
    outlet: str | None, since: datetime | None, steps: "Steps", *, dry_run: bool, wait: bool, as_json: bool
) -> None:
    from schedules.job_runtime import run_with_jobs

    quiet_logs()
    latest: list[ReprocessProgress] = []
    try:
        run_with_jobs(lambda jobs: _follow(jobs, outlet, since, steps, latest, dry_run=dry_run, wait=wait))
    except KeyboardInterrupt:
        far = (
            f"{latest[-1].asked.done} of {latest[-1].asked.total} articles are done"
            if latest
            else "Nothing was done yet"
        )
        fail(f"Stopped. {far}; the same command resumes.", 130)
    going = latest[-1]
    if as_json:
        print_json(going.asked.as_json() | {"pending_index": going.pending})
    else:
        _show(going.asked, waited=wait)
    for error in going.asked.errors:
        err.print(f"A part stopped: {error}. The same command resumes.", style="red")
    if going.pending and wait:
        err.print(f"{going.pending} documents pending indexing; `broadsheet status` shows why.", style="yellow")
    if wait and going.asked.ended_at is None:
        raise typer.Exit(1)


async def _follow(
    jobs: "Jobs",
    outlet: str | None,
    since: datetime | None,
    steps: "Steps",
    latest: "list[ReprocessProgress]",
    *,
    dry_run: bool,
    wait: bool,
) -> None:
    """Request the work and follow it to its end; its progress is last in `latest`."""
    from schedules.reprocess_jobs import ask_reprocessing, follow_reprocessing, look

    asked, goes_on = await ask_reprocessing(jobs, outlet, since, steps, dry_run=dry_run)
    if goes_on:
        err.print(f"Resuming the run of {asked.begun_at:%Y-%m-%d %H:%M} UTC: {asked.done} of {asked.total} done.")
    latest.append(await look(jobs, asked.id))
    if not wait:
        if not await jobs.someone_works():
            err.print(
                "No worker is running: `broadsheet up` or the same command without --no-wait will do it.",
                style="yellow",
            )
        return
    begun, done = monotonic(), asked.done
    with progress("Reprocessing") as say:
        async for going in follow_reprocessing(jobs, asked):
            latest[:] = [going]
            say(_progress(going, (going.asked.done - done) / max(monotonic() - begun, 1)))


def _progress(going: "ReprocessProgress", rate: float) -> str:
    asked = going.asked
    verb = "would change" if asked.dry_run else "changed"
    parts = [f"{asked.done} of {asked.total} articles", f"{rate:.0f} a second", f"{asked.changed} {verb}"]
    return "Reprocessing: " + ", ".join([*parts, f"{going.pending} pending indexing"] if going.pending else parts)


#: result -> its text; other results are only counted as changed or unchanged
_RESULTS = {
    "no_raw_page": "without a raw page: enriched only",
    "other_page": "with a raw page of an older text: the text stays",
    "refused": "not recognised as articles: unchanged",
    "recorded_meanwhile": "updated by a crawl meanwhile",
    "no_outlet_file": "skipped: no outlet file",
    "unrecordable": "cannot be recorded; see the log",
}


def _show(asked: "Reprocessing", *, waited: bool) -> None:
    if not waited:
        out.print(f"{asked.total} articles to reprocess, {asked.done} done.")
        return
    if not asked.total:
        out.print("No article to reprocess.")
        return
    verb = "would change" if asked.dry_run else "changed"
    out.print(
        f"{asked.done} of {asked.total} articles reprocessed: {asked.changed} {verb}, {asked.unchanged} unchanged"
    )
    for result, said in _RESULTS.items():
        if result == "no_raw_page" and asked.steps == "extract":
            continue
        if times := asked.results.get(result):
            out.print(f"{times} {said}")
    for reason, times in asked.refusals.items():
        out.print(f"  {times}: {reason}")
    if not asked.fields:
        return
    print_table(("field", "articles"), [(name, str(times)) for name, times in asked.fields.items()])
    for example in asked.examples:
        out.print(f"\n{example['url']}\n  {example['field']}")
        out.print(f"  - {example['before']}\n  + {example['after']}")
