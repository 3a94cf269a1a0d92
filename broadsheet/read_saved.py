"""`read`: extract articles from saved pages, without network and without a ledger."""

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.console import fail, run, write_json_line
from broadsheet.logs import quiet_logs

if TYPE_CHECKING:
    from news.outlet import Outlet
    from pipelines.importing.import_files import Line, Outlets
    from pipelines.pool import Pool

#: pages that a worker reads in one go: to hand them over one by one costs a tenth of reading them
CHUNK = 4
#: goes that are ahead of the one that is printed next, for each worker: a slow page holds up few others
AHEAD = 3


def add_to(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(read)


def read(
    manifest: Annotated[Path, typer.Argument(help="JSON lines with id, url and optionally crawled_at.")],
    explain: Annotated[
        bool, typer.Option("--explain", help="Add the candidates for each field, with weights and reasons.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, as without it.")] = False,
) -> None:
    """Extract articles from saved pages: print one per line as JSON, in the manifest's order.

    The page of a line is ID.html.gz or ID.html beside the manifest. A page that fails gives a line with its error.
    Exits with 1 if one failed.
    """
    quiet_logs("ERROR")
    if not manifest.is_file():
        fail(f"There is no file {manifest}.")
    if run(_read(manifest, explain=explain)):
        raise typer.Exit(1)


async def _read(manifest: Path, *, explain: bool) -> int:
    """Keep every core busy, at most a few pages ahead of what was printed; return how many pages failed."""
    import asyncio
    from collections import deque

    from pipelines.pool import Pool

    pool = Pool()
    # the workers' modules are loaded while ours are
    pool.prepare()

    from crawler.catalogue import Catalogue
    from news.configuration import read as read_configuration
    from pipelines.importing.import_files import Outlets

    outlets = Outlets(Catalogue(home=read_configuration().home))
    ahead: deque[asyncio.Task[list[Line]]] = deque()
    failed = 0

    async def print_next() -> None:
        nonlocal failed
        for line, is_failure in await ahead.popleft():
            failed += is_failure
            write_json_line(line)

    try:
        with manifest.open(encoding="utf-8", errors="replace") as lines:
            numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
            while chunk := list(islice(numbered, CHUNK)):
                ahead.append(asyncio.create_task(_read_chunk(pool, manifest, chunk, outlets, explain=explain)))
                if len(ahead) > pool.workers * AHEAD:
                    await print_next()
        while ahead:
            await print_next()
    finally:
        pool.close()
    return failed


async def _read_chunk(
    pool: "Pool", manifest: Path, chunk: list[tuple[int, str]], outlets: "Outlets", *, explain: bool
) -> "list[Line]":
    """Return the lines to be printed of some of the manifest; what is wrong with one page is another one's no fault."""
    from news.errors import PageUnreadable
    from pipelines.importing.import_files import read_saved_lines

    found: list[Line | None] = []
    wanted: list[tuple[dict[str, Any], Outlet]] = []
    for number, line in chunk:
        taken = _wanted(manifest, number, line, outlets)
        if isinstance(taken, dict):
            found.append((json.dumps(taken, ensure_ascii=False), True))
        else:
            found.append(None)
            wanted.append(taken)
    try:
        read = await pool.run(str(manifest), read_saved_lines, wanted, manifest.parent, explain=explain)
    except PageUnreadable:
        read = []
        for each, outlet in wanted:
            try:
                one = [(each, outlet)]
                read += await pool.run(outlet.home, read_saved_lines, one, manifest.parent, explain=explain)
            except PageUnreadable as error:
                failure = {"id": each.get("id"), "error": str(error), "outcome": str(error.outcome)}
                read.append((json.dumps(failure, ensure_ascii=False), True))
    coming = iter(read)
    return [next(coming) if line is None else line for line in found]


def _wanted(
    manifest: Path, number: int, line: str, outlets: "Outlets"
) -> "tuple[dict[str, Any], Outlet] | dict[str, Any]":
    """Return what a line of the manifest asks for with its outlet, or why it cannot be read, as JSON's types."""
    try:
        wanted = json.loads(line)
    except ValueError:
        return {"id": None, "error": f"line {number} of {manifest.name} is not JSON"}
    if not isinstance(wanted, dict):
        return {"id": None, "error": f"line {number} of {manifest.name} is not a JSON object"}
    try:
        return wanted, outlets.at(str(wanted.get("url")))
    except ValueError as error:
        return {"id": wanted.get("id"), "error": f"its url is not an address: {error}"}
