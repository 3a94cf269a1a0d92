"""`read`: saved pages in, articles out, without network and without a ledger."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.console import err, fail, print_json, quiet_logs, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from news.outlet import Outlet


def add_to(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(read)


def read(
    manifest: Annotated[Path, typer.Argument(help="JSON lines with id, url and perhaps crawled_at.")],
) -> None:
    """Read saved pages: print one article a line as JSON, in the manifest's order.

    The page of a line is ID.html.gz or ID.html beside the manifest. A page that fails gives a line with its error.
    """
    quiet_logs("ERROR")
    if not manifest.is_file():
        fail(f"There is no file {manifest}.")
    run(_read(manifest))


async def _read(manifest: Path) -> None:
    """Keep every core busy, at most a few pages ahead of what was printed."""
    import asyncio
    from collections import deque

    from crawler.catalogue import read_catalogue
    from news.configuration import read as read_configuration
    from news.url import site, site_of
    from pipelines.pool import Pool

    outlets = {
        name: outlet
        for outlet in read_catalogue(read_configuration().home)
        for name in (site_of(outlet.home), *map(site, outlet.hosts))
    }
    pool = Pool()
    try:
        ahead: deque[asyncio.Task[dict[str, Any]]] = deque()
        with manifest.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    ahead.append(asyncio.create_task(_read_line(pool, manifest, number, line, outlets)))
                if len(ahead) >= pool.workers * 4:
                    print_json(await ahead.popleft())
        while ahead:
            print_json(await ahead.popleft())
    finally:
        pool.close()
