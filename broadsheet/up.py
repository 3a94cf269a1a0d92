"""`up`, `worker` and `web`: the daemon whole, or its halves on machines of their own."""

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from broadsheet.logs import daemon_logs, emit
from news.errors import BroadsheetError, PartEnded
from news.log import Log
from news.stopping import stopped_code

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from schedules.daemon import Parts
    from schedules.jobs import Jobs

Port = Annotated[int, typer.Option(help="Port of the search page.")]
Host = Annotated[str, typer.Option(help="Address that the search page listens on.")]

Json = Annotated[bool, typer.Option("--json", help="Log JSON at a terminal, too.")]

#: connections of the web: readers wait for each other rather than for the crawls
WEB_CONNECTIONS = 4


def add_to(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command()(up)
    app.command()(worker)
    app.command()(web)


def up(port: Port = 8000, host: Host = "127.0.0.1", as_json: Json = False) -> None:
    """Crawl the enabled outlets on schedule, run recrawls, and serve the search page, until Ctrl-C.

    Any number of daemons may run on one ledger: they share the work, and one of them runs the timetable.
    """
    _run(lambda jobs: _up(jobs, host=host, port=port), as_json=as_json)


def worker(as_json: Json = False) -> None:
    """Crawl without a search page, beside other workers on the same PostgreSQL, until Ctrl-C.

    One of all workers and daemons runs the timetable.
    """
    _run(_work, as_json=as_json)


def web(port: Port = 8000, host: Host = "127.0.0.1", as_json: Json = False) -> None:
    """Serve the search page without crawling, until Ctrl-C; workers elsewhere fetch what is requested here."""
    _run(lambda jobs: _serve(jobs, host=host, port=port), as_json=as_json)


def _run(main: "Callable[[Jobs], Awaitable[None]]", *, as_json: bool) -> None:
    """Run a daemon until it is stopped (exit code 130 or 143), a part of it ends (1), or it cannot begin (2)."""
    from schedules.job_runtime import run_with_jobs

    daemon_logs(as_json=as_json)

    async def begin(jobs: "Jobs") -> None:
        for reason in jobs.catalogue.broken:
            Log().warning("outlet_file_broken", reason=reason, kept=False)
        await main(jobs)

    try:
        run_with_jobs(begin)
    except KeyboardInterrupt:
        _end("Stopped. Pages that were not fetched stay due.", stopped_code())
    except BroadsheetError as error:
        _end(str(error), 1 if isinstance(error, PartEnded) else 2)


def _end(sentence: str, code: int) -> NoReturn:
    emit("daemon_ended", sentence, is_fault=code in (1, 2), reason=sentence, code=code)
    raise typer.Exit(code)


async def _up(jobs: "Jobs", *, host: str, port: int) -> None:
    from schedules.daemon import parts_of, run_parts

    parts = parts_of(jobs)
    async with _page(jobs, host, port) as page:
        # the timetable stops first, then the page, then the workers
        await run_parts({"timetable": parts.pop("timetable")} | page | parts)


async def _work(jobs: "Jobs") -> None:
    from schedules.daemon import parts_of, run_parts

    emit("worker_started", "Worker started (Ctrl-C stops it)")
    await run_parts(parts_of(jobs))


async def _serve(jobs: "Jobs", *, host: str, port: int) -> None:
    from schedules.daemon import run_parts
    from schedules.lag import watch_loop

    async with _page(jobs, host, port) as page:
        await run_parts(page | {"event loop monitor": watch_loop})


@asynccontextmanager
async def _page(jobs: "Jobs", host: str, port: int) -> "AsyncIterator[Parts]":
    """Open an engine and an index for the page alone, for crawls would starve it, and give the page as a part."""
    from index.open import open_index
    from ledger.database import engine_for
    from web.serve import serve_page

    configuration = jobs.runtime.configuration
    engine = engine_for(jobs.runtime.engine.url.render_as_string(hide_password=False), WEB_CONNECTIONS)
    index = open_index(configuration, engine)
    try:
        page = partial(serve_page, engine, index, configuration, host=host, port=port, jobs=jobs, listens=_listens)
        yield {"search page": page}
    finally:
        await index.close()
        await engine.dispose()


def _listens(address: str) -> None:
    emit("search_page_started", f"Search page: {address}  (Ctrl-C ends it)", url=address)
