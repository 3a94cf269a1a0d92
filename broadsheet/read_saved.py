"""`read`: extract articles from saved pages, without network and without a ledger."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.console import fail, print_json, run
from broadsheet.logs import quiet_logs

if TYPE_CHECKING:
    from news.outlet import Outlet
    from pipelines.pool import Pool

#: pages that are read for each worker ahead of the one that is printed next: a slow page holds up few others
AHEAD = 8


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

    from crawler.catalogue import Catalogue
    from news.configuration import read as read_configuration
    from pipelines.pool import Pool

    outlets = tuple(Catalogue(home=read_configuration().home))
    pool = Pool()
    ahead: deque[asyncio.Task[dict[str, Any]]] = deque()
    failed = 0

    async def print_next() -> None:
        nonlocal failed
        read_line = await ahead.popleft()
        failed += "error" in read_line
        print_json(read_line)

    try:
        with manifest.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    ahead.append(
                        asyncio.create_task(_read_line(pool, manifest, number, line, outlets, explain=explain))
                    )
                if len(ahead) >= pool.workers * AHEAD:
                    await print_next()
        while ahead:
            await print_next()
    finally:
        pool.close()
    return failed


async def _read_line(
    pool: "Pool", manifest: Path, number: int, line: str, outlets: "tuple[Outlet, ...]", *, explain: bool
) -> dict[str, Any]:
    """Return the article of one line, or its id and the error."""
    from news.errors import PageUnreadable
    from pipelines.importing.import_files import outlet_of, read_saved

    try:
        wanted = json.loads(line)
    except ValueError:
        return {"id": None, "error": f"line {number} of {manifest.name} is not JSON"}
    if not isinstance(wanted, dict):
        return {"id": None, "error": f"line {number} of {manifest.name} is not a JSON object"}
    try:
        outlet = outlet_of(str(wanted.get("url")), outlets)
        return await pool.run(outlet.home, read_saved, wanted, manifest.parent, outlet, explain=explain)
    except ValueError as error:
        return {"id": wanted.get("id"), "error": f"its url is not an address: {error}"}
    except PageUnreadable as error:
        return {"id": wanted.get("id"), "error": str(error), "outcome": str(error.outcome)}
