"""`status`: articles, pages due, jobs, documents pending indexing, and problems."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.console import out, print_json, run
from broadsheet.logs import quiet_logs

if TYPE_CHECKING:
    import asyncio

    from sqlalchemy.ext.asyncio import AsyncEngine

    from news.configuration import Configuration

#: whoever asks wants to know now: each server is asked for so long; the counts of a large index take a second
PATIENCE_SECONDS = 3.0


def add_to(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(status)


def status(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show system status: articles, pages due, jobs, documents pending indexing and why.

    Exits with 1 if a page could not be recorded, indexed or archived now, with 2 if the ledger cannot be opened.
    """
    quiet_logs()
    found = run(_status())
    if as_json:
        print_json(found)
    else:
        _print(found)
    if found["ledger_problem"] or found["index"]["error"] or found["archive_problem"]:
        raise typer.Exit(1)


def _print(found: dict[str, Any]) -> None:
    ledger, index = found["ledger"], found["index"]
    out.print(f"Ledger: {ledger['articles']} articles, {ledger['versions']} versions, {ledger['pages_due']} pages due")
    jobs = found["jobs"]
    out.print(f"Jobs: {jobs['waiting']} waiting, {jobs['running']} running, {jobs['failed']} failed")
    out.print(f"Workers alive: {found['jobs']['workers']}")
    if index["error"]:
        out.print(f"Index: {index['backend']}: {index['error']}", style="red")
    else:
        documents = ", ".join(f"{count} {stream}" for stream, count in index["documents"].items())
        out.print(f"Index: {index['backend']}, schema {index['schema_version']}, {documents or 'empty'}")
    if index["difference"]:
        out.print(index["difference"], style="red")
    since = f" since {index['pending_since']:%Y-%m-%d %H:%M:%SZ}" if index["pending"] else ""
    out.print(f"{index['pending']} documents pending indexing{since}, {index['rejected']} rejected")
    if found["ledger_problem"]:
        out.print(found["ledger_problem"], style="red")
    if found["archive_problem"]:
        out.print(found["archive_problem"], style="red")
    if found["unrecordable"]:
        out.print(f"{found['unrecordable']}. They are retried daily for a week.", style="yellow")
    for note in [*index["notes"], *found["outlets_unhealthy"], *found["outlet_files_broken"]]:
        out.print(note, style="yellow")


@asynccontextmanager
async def _ledger(configuration: "Configuration") -> "AsyncIterator[tuple[AsyncEngine, asyncio.Timeout]]":
    """Open the ledger, with the limit of the time for which it is asked. Raises DatabaseUnavailable."""
    import asyncio

    from ledger.database import database
    from ledger.faults import sentence_of
    from news.errors import DatabaseUnavailable

    # the embedded server is started first, which takes its time
    seconds = PATIENCE_SECONDS if configuration.database_url else None
    try:
        async with asyncio.timeout(seconds) as limit, database(configuration, connections=2) as engine:
            yield engine, limit
    except TimeoutError as error:
        raise DatabaseUnavailable(sentence_of(error)) from error


async def _status() -> dict[str, Any]:
    import asyncio

    from crawler.catalogue import Catalogue
    from index.open import open_index
    from ledger.fitness import write_fault
    from ledger.job_queue import job_counts
    from ledger.outbox import backlog, publishing_now
    from ledger.outlet_state import states
    from ledger.totals import totals, unrecordable
    from news.configuration import read
    from news.errors import IndexUnavailable
    from pipelines.verify import count
    from pipelines.warc_writer import archive_fault

    configuration = read()
    async with _ledger(configuration) as (engine, limit):
        async with engine.connect() as connection:
            counted, jobs = await totals(connection), await job_counts(connection)
            index_backlog, known = await backlog(connection), await states(connection)
            refused, publishing = await unrecordable(connection), await publishing_now(connection)
        ledger_problem = await write_fault(engine)
        limit.reschedule(None)
        index = open_index(configuration, engine)
        index_status: dict[str, Any] = {
            "backend": index.name,
            "error": None,
            "documents": {},
            "schema_version": 0,
            "notes": [],
        }
        index_status |= {"missing": None, "difference": None}
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = await index.status()
                compared = await count(engine, index) if found.schema_version else None
            index_status |= {
                "documents": dict(found.documents),
                "schema_version": found.schema_version,
                "size_bytes": found.size_bytes,
                "notes": list(found.notes),
            }
            if compared:
                index_status |= {"missing": compared.lacking, "difference": compared.sentence() or None}
            # what a dead publisher wrote last may be mended
            index_status["error"] = publishing.sentence() or None if jobs["workers"] else None
        except IndexUnavailable as error:
            index_status["error"] = str(error)
        except TimeoutError:
            index_status["error"] = f"The search index does not answer (waited {PATIENCE_SECONDS:.0f} s)."
        finally:
            await index.close()
    index_status |= {
        "pending": index_backlog.pending,
        "pending_since": index_backlog.pending_since,
        "rejected": index_backlog.rejected,
    }
    return {
        "ledger": counted | {"pages_unrecordable": refused.pages},
        "unrecordable": refused.sentence() or None,
        "jobs": jobs,
        "index": index_status,
        "ledger_problem": ledger_problem or None,
        "archive_problem": archive_fault(configuration.archive),
        "outlets_unhealthy": [
            f"{state.slug}: {state.unhealthy_reason}" for state in known.values() if state.unhealthy_reason
        ],
        "outlet_files_broken": list(Catalogue(home=configuration.home, shipped=None).broken),
    }
