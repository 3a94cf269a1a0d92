"""`schedule list|show|pause|resume|run`: what is read next, when and why."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.console import err, out, print_json, print_table, run
from broadsheet.logs import quiet_logs
from broadsheet.stores import open_ledger, with_ledger
from news.clock import now

if TYPE_CHECKING:
    from schedules.jobs import Jobs
    from schedules.timetable import Plan

app = typer.Typer(help="The timetable: which sources are read next, when and why.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Names = Annotated[list[str], typer.Argument(help="Names of outlets.")]


@app.command("list")
def list_plans(
    every: Annotated[bool, typer.Option("--all", help="Include outlets that are not enabled.")] = False,
    as_json: Json = False,
) -> None:
    """List the next reading of each outlet, the soonest first."""
    from schedules.timetable import soonest

    quiet_logs()
    made = [each for each in soonest(run(_plans())) if every or each.at or each.why != "not enabled"]
    if as_json:
        print_json([_simple(each) for each in made])
        return
    if not made:
        out.print("No outlet is enabled. Enable one: broadsheet outlets enable NAME")
        return
    print_table(("outlet", "next", "why"), [(each.outlet, _when(each.at), each.why) for each in made])


@app.command()
def show(outlet: str, as_json: Json = False) -> None:
    """Show when each source of an outlet is read next, and why."""
    quiet_logs()
    [made] = run(_plans(outlet))
    if as_json:
        print_json(_simple(made))
        return
    for reading in made.readings:
        out.print(f"{_when(reading.at):<18}{reading.source}: {reading.why}")
    visits = (
        f"{_when(made.visit_at):<18}pages due for a re-fetch" if made.visit_at else "No page is due for a re-fetch."
    )
    out.print(visits)


@app.command()
def pause(outlets: Names, as_json: Json = False) -> None:
    """Pause outlets: nothing is fetched on schedule until they are resumed."""
    _pause(outlets, paused=True, as_json=as_json)


@app.command()
def resume(outlets: Names, as_json: Json = False) -> None:
    """Resume paused outlets; what became due meanwhile is fetched once."""
    _pause(outlets, paused=False, as_json=as_json)


@app.command("run")
def run_now(outlets: Names, as_json: Json = False) -> None:
    """Request a crawl of outlets by the next free worker, without waiting for it."""
    from schedules.job_runtime import run_with_jobs

    quiet_logs()
    run_with_jobs(lambda jobs: _run(jobs, outlets, as_json=as_json))


def _simple(made: "Plan") -> dict[str, Any]:
    readings = [{"source": each.source, "at": _iso(each.at), "why": each.why} for each in made.readings]
    return {
        "outlet": made.outlet,
        "at": _iso(made.at),
        "why": made.why,
        "sources": readings,
        "visit_at": _iso(made.visit_at),
    }


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def _when(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%d %b %H:%M:%S}Z" if at else "never"


async def _plans(*names: str) -> "list[Plan]":
    from crawler.catalogue import Catalogue
    from news.configuration import read
    from schedules.timetable import plans

    catalogue = Catalogue(home=read().home)
    outlets = [catalogue.outlet(name) for name in names] if names else list(catalogue)
    for fault in () if names else catalogue.broken:
        err.print(fault, style="yellow")
    async with open_ledger() as connection:
        return await plans(connection, outlets, now())


def _pause(names: list[str], *, paused: bool, as_json: bool) -> None:
    from crawler.catalogue import Catalogue
    from news.configuration import read

    quiet_logs()
    catalogue = Catalogue(home=read().home)
    run(_write_pause([catalogue.outlet(name).slug for name in names], paused=paused))
    if as_json:
        print_json({"paused": paused, "outlets": names})
    else:
        out.print(f"{'Paused' if paused else 'Resumed'}: {', '.join(names)}")


async def _write_pause(slugs: list[str], *, paused: bool) -> None:
    from ledger import outlet_state

    await with_ledger(lambda connection: outlet_state.pause(connection, slugs, paused=paused))


async def _run(jobs: "Jobs", names: list[str], *, as_json: bool) -> None:
    from schedules.jobs import BY_PERSON

    wanted = [jobs.catalogue.outlet(name) for name in names]
    for outlet in wanted:
        await jobs.crawl(outlet, priority=BY_PERSON)
    if as_json:
        print_json({"requested": names})
    else:
        out.print(f"Requested: {', '.join(names)}")
    if not await jobs.someone_works():
        err.print("No worker is running: `broadsheet up` will crawl them.", style="yellow")
