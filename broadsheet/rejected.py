"""`rejected list|show|retry|delete`: documents that the index rejected."""

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from broadsheet.console import fail, out, print_json, print_table, run
from broadsheet.logs import quiet_logs
from broadsheet.stores import with_ledger

if TYPE_CHECKING:
    pass

T = TypeVar("T")

app = typer.Typer(
    help="Rejected documents: list, show, retry or delete what the index did not accept.", no_args_is_help=True
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids, as `broadsheet rejected list` shows them.")]


@app.command("list")
def list_rejected(as_json: Json = False) -> None:
    """List rejected documents, with the reason."""
    from ledger.rejected_documents import rejected

    quiet_logs()
    found = run(with_ledger(rejected))
    if as_json:
        print_json([_plain(each) for each in found])
        return
    if not found:
        out.print("No rejected documents.")
        return
    rows = [(each.id, each.stream, each.refused_at.strftime("%Y-%m-%d %H:%M:%SZ"), each.reason) for each in found]
    print_table(("id", "stream", "rejected at", "reason"), rows)


@app.command()
def show(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, as without it.")] = False,
) -> None:
    """Show one rejected document as JSON."""
    from ledger.rejected_documents import rejected

    quiet_logs()
    [found] = run(with_ledger(lambda connection: rejected(connection, [id_])))
    print_json(_plain(found) | {"document": found.document})


@app.command()
def retry(ids: Ids = None, as_json: Json = False) -> None:
    """Index documents again, as the ledger has them now; without ids, all of them."""
    from ledger import rejected_documents

    quiet_logs()
    pending = run(with_ledger(lambda connection: rejected_documents.retry(connection, ids or ())))
    if as_json:
        print_json({"pending": pending})
    else:
        out.print(f"{pending} documents pending indexing again.")


@app.command()
def delete(ids: Ids = None, as_json: Json = False) -> None:
    """Delete rejected documents. The articles themselves stay in the ledger."""
    from ledger import rejected_documents

    quiet_logs()
    if not ids:
        fail("Name the documents to delete: broadsheet rejected delete ID ...")
    deleted = run(with_ledger(lambda connection: rejected_documents.drop(connection, ids)))
    if as_json:
        print_json({"deleted": deleted})
    else:
        out.print(f"{deleted} deleted.")


def _plain(each: Any) -> dict[str, Any]:
    return {
        "stream": each.stream,
        "id": each.id,
        "revision": each.revision,
        "reason": each.reason,
        "rejected_at": each.refused_at,
    }
