"""`outlets health`: which outlets are silent or unhealthy, and the numbers of each."""

from datetime import timedelta
from math import ceil
from typing import Annotated, Any

import typer

from broadsheet.console import out, print_json, print_table, run
from broadsheet.logs import quiet_logs
from news.clock import now

#: with a larger error, in points, the interval is shown and no estimate
MOST_ERROR = 5.0


def add_to(app: typer.Typer) -> None:
    """Add the verb to those of `outlets`."""
    app.command()(health)


def health(
    days: Annotated[int, typer.Option(help="Number of days to count.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the health of the enabled outlets: addresses found, articles stored, and problems.

    Exits with 1 if one is unhealthy.
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
            complete = completeness_words(row["completeness"])
            problem = row["problem"] or "healthy"
            shown.append((row["outlet"], str(row["found"]), usual, *counts, refused, complete, problem))
        columns = ("outlet", "found", "usual a day", "fetched", "stored", "changed", "refused", "complete", "health")
        print_table(columns, shown)
    else:
        out.print("No outlet was checked yet; `broadsheet up` does that while it crawls.")
    if any(row["problem"] for row in rows):
        raise typer.Exit(1)


def completeness_words(estimated: dict[str, Any] | None) -> str:
    """Return what share of an outlet's articles is found, with its error, as a reader reads it.

    >>> completeness_words({"share": 0.968, "low": 0.955, "high": 0.979})
    '97 % ± 2'
    >>> completeness_words({"share": 0.8, "low": 0.5, "high": 0.9})
    '50–90 %'
    """
    if estimated is None or estimated["share"] is None:
        return ""
    share, low, high = (100 * float(estimated[name]) for name in ("share", "low", "high"))
    if (high - low) / 2 > MOST_ERROR:
        return f"{low:.0f}–{high:.0f} %"
    return f"{share:.0f} % ± {ceil(max(share - low, high - share)):.0f}"


async def _rows(days: int) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from ledger.completeness import Hours, count_hours, sums
    from ledger.database import database
    from ledger.faults import in_transaction
    from ledger.outlet_health import healths
    from ledger.recaptures import estimates
    from news.configuration import read

    async with database(read(), connections=1) as engine:
        await in_transaction(engine, count_hours)
        async with engine.connect() as connection:
            known = await healths(connection)
            counted = await sums(connection, now() - timedelta(days=days))
            estimated = await estimates(connection)
    rows = []
    for slug in sorted(known):
        health, counts = known[slug], asdict(counted.get(slug, Hours()))
        counts["characters"] = counts.pop("letters")
        row = {
            "outlet": slug,
            "problem": health.reason,
            "since": health.since,
            "expected": health.expected,
            "seen": health.seen,
            "silent_since": health.silent_since,
            "completeness": estimated[slug].as_json() if slug in estimated else None,
            "checked_at": health.checked_at,
        }
        rows.append(row | counts)
    return sorted(rows, key=lambda row: (row["problem"] is None, row["outlet"]))
