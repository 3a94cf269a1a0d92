"""`changes`: what outlets edited, withdrew and put back, the newest first."""

from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.console import out, print_json, run
from broadsheet.logs import quiet_logs

if TYPE_CHECKING:
    from news.outlet_change import OutletChange
    from news.version_diff import VersionDiff
    from web.change_list import ChangePage


def add_to(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(changes)


def changes(
    only: Annotated[str, typer.Option(help="all, corrections, silent, withdrawn or returned.")] = "all",
    outlet: Annotated[list[str] | None, typer.Option(help="Only this outlet; may be given several times.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only edits of this kind, such as headline.")] = None,
    since: Annotated[str, typer.Option(help="Seen on or after this day, such as 2026-11-01.")] = "",
    until: Annotated[str, typer.Option(help="Seen on or before this day.")] = "",
    timezone: Annotated[str, typer.Option(help="IANA time zone of days.")] = "UTC",
    size: Annotated[int, typer.Option(min=1, max=100, help="Number of changes.")] = 20,
    cursor: Annotated[str, typer.Option(help="`next_cursor` of the previous page.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what outlets changed after publication: edits with their words, withdrawals, returns."""
    quiet_logs()
    parameters = [("outlet", each) for each in outlet or ()] + [("kind", each) for each in kind or ()]
    parameters += [("only", only), ("from", since), ("until", until), ("timezone", timezone)]
    found = run(_changes([*parameters, ("size", str(size)), ("cursor", cursor)], compare=not as_json))
    if as_json:
        print_json({"changes": [each.as_json() for each in found.changes], "next_cursor": found.next_cursor})
        return
    from ledger.change_log import key_of

    for each in found.changes:
        _print(each, found.compared.get(key_of(each)))
    if not found.changes:
        out.print("No such change was seen.")
    if found.next_cursor:
        out.print(f"More: --cursor {found.next_cursor}")


async def _changes(parameters: list[tuple[str, str]], *, compare: bool) -> "ChangePage":
    from broadsheet.stores import open_ledger
    from crawler.catalogue import Catalogue
    from news.configuration import read
    from web.change_list import ChangesAsked, change_page
    from web.outlet_names import OutletNames

    names = OutletNames(Catalogue(home=read().home))
    async with open_ledger() as connection:
        await names.learn_from(connection)
        return await change_page(connection, ChangesAsked.of(parameters, names), compare=compare)


def _print(change: "OutletChange", compared: "VersionDiff | None") -> None:
    from rich.text import Text

    from broadsheet.differences import print_changes

    out.print(Text(change.headline or "(no headline)", style="bold"))
    kinds = ", ".join(change.edits.kinds).replace("_", " ") if change.edits else str(change.type)
    kinds += f": answered {change.status} once" if change.type == "missing" and change.status else ""
    silent = "silent" if change.edits and change.edits.stealth else ""
    version = f"version {change.version}" if change.version else ""
    at = f"{change.at:%Y-%m-%d %H:%M} UTC"
    out.print(Text(" · ".join(filter(None, [at, change.outlet, version, kinds, silent])), style="dim"))
    if compared:
        print_changes(compared, indent="  ")
    out.print(Text(change.url, style="blue"))
    out.print()
