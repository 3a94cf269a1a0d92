"""`up`: the daemon."""

from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.console import err, quiet_logs

if TYPE_CHECKING:
    from schedules.jobs import Jobs


def add_to(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(up)


def up(
    port: Annotated[int, typer.Option(help="Port of the search page.")] = 8000,
    host: Annotated[str, typer.Option(help="Address that the search page listens on.")] = "127.0.0.1",
) -> None:
    """Crawl the enabled outlets on schedule, work off recrawls, and serve the search page, until Ctrl-C.

    Any number of daemons may run on one ledger: they share the work.
    """
    from schedules.opened import run_with_jobs

    quiet_logs("INFO")
    run_with_jobs(lambda jobs: _up(jobs, host=host, port=port))


async def _up(jobs: "Jobs", *, host: str, port: int) -> None:
    from schedules.daemon import parts_of, run_parts
    from web.serve import serve_page

    err.print(f"Search page: http://{host}:{port}  (Ctrl-C ends the daemon)")
    desk = jobs.desk
    parts = parts_of(jobs)
    page = {"search page": lambda: serve_page(desk.engine, desk.index, desk.configuration, host=host, port=port)}
    # the timetable stops first, then the page, then the workers
    await run_parts({"timetable": parts.pop("timetable")} | page | parts)
