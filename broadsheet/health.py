"""`outlets health`: which outlets fell silent or ill, and what each brought."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from broadsheet.console import out, print_json, print_table, run
from broadsheet.logs import quiet_logs
from news.clock import now


def add_to(app: typer.Typer) -> None:
    """Add the verb to those of `outlets`."""
    app.command()(health)


def health(
    days: Annotated[int, typer.Option(help="Count what happened in so many days.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell how the enabled outlets are: what they brought, what became of it, and what is wrong with whom.

    Exits with 1 if one is unwell.
    """
    quiet_logs()
    rows = run(_rows(days))
    if as_json:
        print_json(rows)
    elif rows:
        shown = []
        for row in rows:
            usual = "" if row["expected"] is None else f"{row['expected']:.0f}"
            refused = ", ".join(f"{times} {outcome}" for outcome, times in row["refused"].items())
            counts = [str(row[name]) for name in ("fetched", "stored", "changed")]
            shown.append((row["outlet"], str(row["found"]), usual, *counts, refused, row["reason"] or "well"))
        columns = ("outlet", "found", "usual a day", "fetched", "stored", "changed", "refused", "health")
        print_table(columns, shown)
    else:
        out.print("No outlet was looked at yet; `broadsheet up` does that while it crawls.")
    if any(row["reason"] for row in rows):
        raise typer.Exit(1)


async def _rows(days: int) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from ledger.completeness import Hours, count_hours, sums
    from ledger.database import database
    from ledger.faults import in_transaction
    from ledger.outlet_health import healths
    from news.configuration import read

    async with database(read(), connections=1) as engine:
        await in_transaction(engine, count_hours)
        async with engine.connect() as connection:
            known = await healths(connection)
            counted = await sums(connection, now() - timedelta(days=days))
    rows = []
    for slug in sorted(known):
        row = asdict(known[slug]) | asdict(counted.get(slug, Hours()))
        del row["told"]
        rows.append(row)
    return sorted(rows, key=lambda row: (row["reason"] is None, row["outlet"]))
