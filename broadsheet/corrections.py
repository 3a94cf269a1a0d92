"""`corrections`: how outlets correct themselves, of the articles that were first seen since a day."""

from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.console import out, print_json, print_table, run
from broadsheet.logs import quiet_logs

if TYPE_CHECKING:
    from ledger.corrections import CorrectionReport


def add_to(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(corrections)


def corrections(
    outlets: Annotated[list[str] | None, typer.Argument(help="Slugs of outlets; all if none is named.")] = None,
    since: Annotated[
        str, typer.Option(help="Articles first seen on or after this day, such as 2026-11-01; by default 90 days ago.")
    ] = "",
    timezone: Annotated[str, typer.Option(help="IANA time zone of days.")] = "UTC",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Report how outlets edit and correct: edits by class, silent ones, time to correct, headlines, withdrawals."""
    quiet_logs()
    parameters = [("outlet", each) for each in outlets or ()] + [("from", since), ("timezone", timezone)]
    reports = run(_reports(parameters))
    if as_json:
        print_json([each.as_json() for each in reports])
        return
    if not reports:
        out.print("No article was first seen in that time.")
        return
    print_table(_COLUMNS, map(_row, reports))
    if outlets:
        for each in reports:
            _print_kinds(each)
    if any(not each.is_followed for each in reports):
        out.print(
            "\n-: too few articles were fetched again often enough for a share. An article is followed if it was "
            "fetched again twice or more, the last time a day or more after it was first seen."
        )


_COLUMNS = (
    *("outlet", "articles", "re-fetches", "followed", "edited", "edits", "silent", "corrections", "hours to correct"),
    *("headlines changed", "withdrawn", "back", "unexplained"),
)


def _row(each: "CorrectionReport") -> tuple[str, ...]:
    hours = each.hours_to_correct_median
    return (
        each.outlet,
        str(each.articles),
        f"{each.refetches_median:g} (median)",
        str(each.followed),
        _counted(each.edited, each.edited_ratio),
        str(each.edits),
        _counted(each.silent_edits, each.silent_ratio),
        str(each.corrections),
        "" if hours is None else f"{hours:g}",
        _counted(each.headline_changed, each.headline_churn_ratio),
        str(each.withdrawn),
        str(each.returned),
        str(each.unexplained),
    )


def _counted(count: int, share: float | None) -> str:
    return f"{count} ({share:.0%})" if share is not None else f"{count} (-)"


def _print_kinds(each: "CorrectionReport") -> None:
    kinds = ", ".join(f"{times} {kind.replace('_', ' ')}" for kind, times in each.kinds.items())
    out.print(f"\n{each.outlet}: {kinds or 'no version but the first'}")


async def _reports(parameters: list[tuple[str, str]]) -> "list[CorrectionReport]":
    from broadsheet.stores import open_ledger
    from crawler.catalogue import Catalogue
    from ledger.corrections import correction_reports
    from news.configuration import read
    from web.corrections import asked_of
    from web.outlet_names import OutletNames

    names = OutletNames(Catalogue(home=read().home))
    async with open_ledger() as connection:
        await names.learn_from(connection)
        outlets, since = asked_of(parameters, names)
        return await correction_reports(connection, since=since, outlets=outlets)
