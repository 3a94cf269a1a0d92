"""`import`: pages that others have fetched."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.console import err, out, print_json, print_table
from broadsheet.logs import quiet_logs
from broadsheet.progress import progress

if TYPE_CHECKING:
    from ledger.import_progress import Import
    from pipelines.record import Purpose
    from schedules.import_jobs import ImportProgress
    from schedules.jobs import Jobs

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object per file; without files, one list.")]


def add_to(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("import")(import_)


def import_(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files; without any: show the progress of all imports.")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Start again with files that were read before.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait for the end, or leave the files to the workers.")] = True,
    as_json: Json = False,
) -> None:
    """Import pages: WARC files (.warc, .warc.gz, .warc.zst), manifests of saved pages, lists of addresses.

    A file that was started before is resumed; --restart reads it from the beginning, and stores nothing twice.
    """
    from pipelines.record import Purpose

    read_files(files or [], Purpose.IMPORT, anew=restart, wait=wait, as_json=as_json)


def read_files(files: list[Path], purpose: "Purpose", *, anew: bool, wait: bool, as_json: bool) -> None:
    """Read files as jobs; with `wait` show how far they are, and exit with 1 if one stopped."""
    from schedules.job_runtime import run_with_jobs

    quiet_logs()
    run_with_jobs(lambda jobs: _ask(jobs, files, purpose, anew=anew, wait=wait, as_json=as_json))


async def _ask(jobs: "Jobs", files: list[Path], purpose: "Purpose", *, anew: bool, wait: bool, as_json: bool) -> None:
    from ledger.import_progress import all_imports
    from schedules.import_jobs import ask_import, follow_imports, look

    if not files:
        async with jobs.runtime.engine.connect() as connection:
            begun = await all_imports(connection)
        known = await look(jobs, [each.id for each in begun])
        if as_json:
            print_json([_as_json(each) for each in known.imports])
        else:
            _show(known, as_json=False)
        return
    await _check(files)
    ids = [(await ask_import(jobs, file, purpose, anew=anew)).id for file in files]
    going = await look(jobs, ids)
    if wait:
        with progress("Reading") as say:
            async for going in follow_imports(jobs, ids):
                say(_progress(going))
    _show(going, as_json=as_json)
    if wait and any(each.error and not each.ended_at for each in going.imports):
        raise typer.Exit(1)


async def _check(files: list[Path]) -> None:
    """Raise ConfigurationError that names every file which cannot be imported: then none is begun."""
    import asyncio

    from news.errors import ConfigurationError
    from pipelines.importing.import_files import kind_of

    wrong = []
    for file in files:
        try:
            await asyncio.to_thread(kind_of, file)
        except ConfigurationError as error:
            wrong.append(str(error))
    if wrong:
        raise ConfigurationError("\n".join([*wrong, "Nothing was started."] if len(files) > 1 else wrong))


def _progress(going: "ImportProgress") -> str:
    size = sum(each.size_bytes for each in going.imports) or 1
    done = sum(min(each.position, each.size_bytes) for each in going.imports)
    counted = ", ".join(f"{times} {name}" for name, times in sorted(_total(going.imports).items()))
    fetched = ", ".join(f"{times} {name}" for name, times in sorted(going.fetched.items()))
    parts = [
        f"{100 * done / size:.0f} %",
        counted,
        f"fetched: {fetched}" if fetched else "",
        f"{going.pending} pending indexing",
    ]
    return "Reading: " + "; ".join(part for part in parts if part)


def _total(imports: "list[Import]") -> dict[str, int]:
    total: dict[str, int] = {}
    for each in imports:
        for name, times in each.outcomes.items():
            total[name] = total.get(name, 0) + times
    return total


def _show(going: "ImportProgress", *, as_json: bool) -> None:
    if as_json:
        for each in going.imports:
            print_json(_as_json(each))
        return
    rows = []
    for each in going.imports:
        share = f"{100 * min(each.position, each.size_bytes) / (each.size_bytes or 1):.0f} %"
        counts = [
            ", ".join(f"{times} {name}" for name, times in sorted(counted.items()))
            for counted in (each.outcomes, each.skipped)
        ]
        rows.append((Path(each.file).name, "all" if each.ended_at else share, *counts))
    if rows:
        print_table(("file", "read", "result", "skipped"), rows)
    else:
        out.print("Nothing was imported yet.")
    if going.fetched:
        out.print("Fetched: " + ", ".join(f"{times} {name}" for name, times in sorted(going.fetched.items())))
    for each in going.imports:
        if each.error and not each.ended_at:
            err.print(f"{each.file}: {each.error}", style="red")
    if going.pending:
        err.print(f"{going.pending} documents pending indexing; `broadsheet status` shows why.", style="yellow")


def _as_json(each: "Import") -> dict[str, Any]:
    return {
        "file": each.file,
        "purpose": each.purpose,
        "kind": each.kind,
        "position": min(each.position, each.size_bytes),
        "size_bytes": each.size_bytes,
        "outcomes": each.outcomes,
        "skipped": each.skipped,
        "ended_at": each.ended_at,
        "error": each.error,
    }
