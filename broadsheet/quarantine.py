"""`quarantine list|show|retry|drop`: documents that the index refused."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from broadsheet.console import fail, out, print_json, quiet_logs, run, table
from broadsheet.opened import open_ledger

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")

app = typer.Typer(help="Documents that the index refused: see why, try them again, let them go.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids, as `broadsheet quarantine list` shows them.")]


@app.command("list")
def list_refused(as_json: Json = False) -> None:
    """List what was refused, and why."""
    from ledger.quarantine import refused

    quiet_logs()
    found = run(_with_ledger(refused))
    if as_json:
        print_json([_plain(each) for each in found])
        return
    shown = table("id", "stream", "refused at", "reason")
    for each in found:
        shown.add_row(each.id, each.stream, each.refused_at.strftime("%Y-%m-%d %H:%M:%SZ"), each.reason)
    out.print(shown if found else "Nothing is in quarantine.")


@app.command()
def show(id_: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show one refused document, whole, as JSON."""
    from ledger.quarantine import refused

    quiet_logs()
    [found] = run(_with_ledger(lambda connection: refused(connection, [id_])))
    print_json(_plain(found) | {"document": found.document})


@app.command()
def retry(ids: Ids = None) -> None:
    """Have documents tried again, as the ledger has them now; without ids, all of them."""
    from ledger import quarantine

    quiet_logs()
    out.print(
        f"{run(_with_ledger(lambda connection: quarantine.retry(connection, ids or ())))} owed to the index again."
    )


@app.command()
def drop(ids: Ids = None) -> None:
    """Let refused documents go. The articles themselves stay in the ledger."""
    from ledger import quarantine

    quiet_logs()
    if not ids:
        fail("Name what is to go: broadsheet quarantine drop ID ...")
    out.print(f"{run(_with_ledger(lambda connection: quarantine.drop(connection, ids)))} dropped.")


def _plain(each: Any) -> dict[str, Any]:
    return {
        "stream": each.stream,
        "id": each.id,
        "revision": each.revision,
        "reason": each.reason,
        "refused_at": each.refused_at.isoformat().replace("+00:00", "Z"),
    }


async def _with_ledger(do: "Callable[[AsyncConnection], Awaitable[T]]") -> T:

    async with open_ledger() as connection:
        return await do(connection)
