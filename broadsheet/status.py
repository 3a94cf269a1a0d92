"""`status`: what is there, what is due, what is owed to the index, and what is wrong."""

from typing import Annotated, Any

import typer

from broadsheet.console import out, print_json, run
from broadsheet.logs import quiet_logs


def add_to(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(status)


def status(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Tell how the house is: articles, pages due, jobs, what waits for the index and why.

    Exits with 1 if a page could not be recorded, indexed or archived now, with 2 if the ledger cannot be opened.
    """
    quiet_logs()
    found = run(_status())
    if as_json:
        print_json(found)
    else:
        _print(found)
    if found["ledger_fault"] or found["index"]["error"] or found["archive_fault"]:
        raise typer.Exit(1)


def _print(found: dict[str, Any]) -> None:
    ledger, index = found["ledger"], found["index"]
    out.print(f"Ledger: {ledger['articles']} articles, {ledger['versions']} versions, {ledger['pages_due']} pages due")
    out.print(
        f"Jobs: {found['jobs']['waiting']} wait, {found['jobs']['running']} run, {found['jobs']['failed']} given up"
    )
    out.print(f"Workers alive: {found['jobs']['workers']}")
    if index["error"]:
        out.print(f"Index: {index['backend']}: {index['error']}", style="red")
    else:
        documents = ", ".join(f"{count} {stream}" for stream, count in index["documents"].items())
        out.print(f"Index: {index['backend']}, schema {index['schema_version']}, {documents or 'empty'}")
    if index["difference"]:
        out.print(index["difference"], style="red")
    since = f" since {index['owed_since']:%Y-%m-%d %H:%M:%SZ}" if index["owed"] else ""
    out.print(f"Owed to the index: {index['owed']}{since}; in quarantine: {index['quarantined']}")
    if found["ledger_fault"]:
        out.print(found["ledger_fault"], style="red")
    if found["archive_fault"]:
        out.print(found["archive_fault"], style="red")
    if found["unrecordable"]:
        out.print(f"{found['unrecordable']}. They are tried again daily for a week.", style="yellow")
    for note in [*index["notes"], *found["outlets_marked"], *found["outlet_files_broken"]]:
        out.print(note, style="yellow")


async def _status() -> dict[str, Any]:
    from crawler.catalogue import Catalogue
    from index.open import open_index
    from ledger.database import database
    from ledger.fitness import write_fault
    from ledger.outbox import debt
    from ledger.outlets import states
    from ledger.totals import job_counts, totals, unrecordable
    from news.configuration import read
    from news.errors import IndexUnavailable
    from pipelines.archive import archive_fault
    from pipelines.verify import count

    configuration = read()
    async with database(configuration, connections=2) as engine:
        async with engine.connect() as connection:
            counted, jobs = await totals(connection), await job_counts(connection)
            owed, known = await debt(connection), await states(connection)
            refused = await unrecordable(connection)
        ledger_fault = await write_fault(engine)
        index = open_index(configuration, engine)
        told: dict[str, Any] = {"backend": index.name, "error": None, "documents": {}, "schema_version": 0, "notes": []}
        told |= {"lacking": None, "difference": None}
        try:
            found = await index.status()
            told |= {
                "documents": dict(found.documents),
                "schema_version": found.schema_version,
                "size_bytes": found.size_bytes,
                "notes": list(found.notes),
            }
            if found.schema_version:
                compared = await count(engine, index)
                told |= {"lacking": compared.lacking, "difference": compared.sentence() or None}
        except IndexUnavailable as error:
            told["error"] = str(error)
        finally:
            await index.close()
    told |= {
        "owed": owed.owed,
        "owed_since": owed.owed_since,
        "quarantined": owed.quarantined,
    }
    return {
        "ledger": counted | {"pages_unrecordable": refused.pages},
        "unrecordable": refused.sentence() or None,
        "jobs": jobs,
        "index": told,
        "ledger_fault": ledger_fault or None,
        "archive_fault": archive_fault(configuration.archive),
        "outlets_marked": [f"{state.slug}: {state.marked}" for state in known.values() if state.marked],
        "outlet_files_broken": list(Catalogue(home=configuration.home).broken),
    }
