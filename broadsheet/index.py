"""`index create|rebuild|status`: the search index, which is made from the ledger."""

from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.console import err, out, print_json, quiet_logs, run

if TYPE_CHECKING:
    from index.protocol import IndexStatus

app = typer.Typer(
    help="The search index: create it, make it again from the ledger, see how it is.", no_args_is_help=True
)


@app.command()
def create() -> None:
    """Create what the index needs, if it is not there yet."""
    quiet_logs()
    _print(run(_create()))


@app.command()
def rebuild() -> None:
    """Write every article of the ledger into the index again, without a fetch."""
    quiet_logs()
    with err.status("Indexing", spinner="dots"):
        articles, owed = run(_rebuild())
    out.print(f"{articles} articles written; {owed} are still owed.")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Tell how the index is: schema, documents, size, and what was chosen or is missing."""
    quiet_logs()
    found = run(_status())
    if as_json:
        from dataclasses import asdict

        print_json(asdict(found))
    else:
        _print(found)


def _print(found: "IndexStatus") -> None:
    out.print(f"{found.backend}, schema {found.schema_version}, {found.size_bytes / 2**20:.1f} MiB", markup=False)
    for stream, count in found.documents.items():
        out.print(f"  {count} {stream}")
    for note in found.notes:
        out.print(f"  {note}", markup=False)


async def _create() -> "IndexStatus":
    from index.open import open_index
    from ledger.database import database
    from news.configuration import read

    async with database(read(), connections=2) as engine:
        index = open_index(read(), engine)
        try:
            await index.create()
            return await index.status()
        finally:
            await index.close()


async def _status() -> "IndexStatus":
    from index.open import open_index
    from ledger.database import database
    from news.configuration import read

    async with database(read(), connections=2) as engine:
        index = open_index(read(), engine)
        try:
            return await index.status()
        finally:
            await index.close()


async def _rebuild() -> tuple[int, int]:
    from index.open import open_index
    from ledger.database import database
    from ledger.outbox import owe_everything
    from news.configuration import read
    from pipelines.publish import publish_all

    async with database(read(), connections=4) as engine:
        index = open_index(read(), engine)
        try:
            async with engine.begin() as connection:
                articles = await owe_everything(connection)
            return articles, await publish_all(engine, index)
        finally:
            await index.close()
