"""`index create|rebuild|verify|status|migrate|keys`: the search index, which is made from the ledger."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from broadsheet.console import err, out, print_json, run
from broadsheet.logs import quiet_logs
from broadsheet.opened import ledger_and_index
from broadsheet.progress import waiting

if TYPE_CHECKING:
    from index.elasticsearch.backend import ElasticsearchIndex
    from index.protocol import IndexStatus
    from ledger.outbox import Debt
    from pipelines.verify import Counted, Verified

T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

app = typer.Typer(
    help="The search index: create it, make it again from the ledger, see how it is.", no_args_is_help=True
)


@app.command()
def create(as_json: Json = False) -> None:
    """Create what the index needs, if it is not there yet; an index that was made gets every article enqueued."""
    quiet_logs()
    made, found = run(_create())
    if as_json:
        from dataclasses import asdict

        print_json(asdict(found) | {"made": made})
        return
    _print(found)
    if made:
        out.print("  every article is enqueued: a running daemon writes them, or `broadsheet index rebuild` now")


@app.command()
def rebuild(as_json: Json = False) -> None:
    """Write every article of the ledger into the index again, without a fetch. Exit code 1: some are still owed."""
    quiet_logs()
    with waiting("Indexing"):
        articles, owed = run(_rebuild())
    if as_json:
        print_json({"articles": articles, "owed": owed})
    else:
        out.print(f"{articles} articles written; {owed} are still owed.")
    if owed:
        raise typer.Exit(1)


@app.command()
def verify(
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Enqueue what is missing or stale, and the removal of what the ledger lacks."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare ledger and index, article by article. Exit code 1: they differ, and it was not repaired."""
    quiet_logs()
    with waiting("Comparing"):
        found = run(_verify(repair=repair))
    if as_json:
        print_json(found.as_json())
    else:
        for sentence in found.sentences():
            out.print(sentence)
        if not found.differ:
            out.print("The index has what the ledger has.")
        elif repair:
            out.print(f"{found.enqueued} enqueued; a running daemon writes them, or the next crawl.")
        else:
            out.print("`broadsheet index verify --repair` enqueues what is to be done.")
    if found.differ > found.enqueued:
        raise typer.Exit(1)


@app.command()
def migrate(
    again: Annotated[
        bool, typer.Option("--again", help="Make the same schema anew, for a server with new plugins.")
    ] = False,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Remove the indices of earlier schemas.")] = False,
    abandon: Annotated[bool, typer.Option("--abandon", help="Give up a migration under way.")] = False,
    as_json: Json = False,
) -> None:
    """Bring Elasticsearch to this version's schema while people search and articles arrive; goes on if broken off."""
    from index.elasticsearch import migrate as steps

    quiet_logs()
    if drop_old or abandon:
        removed = run(_on_elasticsearch(steps.drop_old if drop_old else steps.abandon))
        if as_json:
            print_json({"removed": list(removed)})
            return
        out.print(f"Removed: {', '.join(removed) or 'nothing'}")
        return

    def say(line: str) -> None:
        err.print(line)

    done = run(_on_elasticsearch(lambda index: steps.migrate(index, say, again=again)))
    if as_json:
        from dataclasses import asdict

        print_json([asdict(each) for each in done])
        return
    for each in done:
        out.print(f"{each.stream}: {each.documents} documents in {each.new}, {each.mended} mended; {each.old} is kept.")
    if done:
        out.print("`broadsheet index migrate --drop-old` removes what is kept.")


@app.command()
def keys(
    expires: Annotated[str | None, typer.Option(help="When they end, such as 90d; never by default.")] = None,
    as_json: Json = False,
) -> None:
    """Make a writer's and a reader's API key, and say what each may do. Each secret is shown this once."""
    from index.elasticsearch.keys import make_keys

    quiet_logs()
    made = run(_on_elasticsearch(lambda index: make_keys(index, expires=expires)))
    if as_json:
        print_json([{"name": key.name, "id": key.id, "encoded": key.encoded, "may": key.may} for key in made])
        return
    for key in made:
        out.print(f"{key.name} ({key.id}) may {key.may}\n  {key.encoded}")


@app.command()
def status(as_json: Json = False) -> None:
    """Tell how the index is: schema, documents, size, what it is owed and refused, what is missing."""
    quiet_logs()
    found, owed, counted = run(_status())
    lacking, difference = (counted.lacking, counted.sentence()) if counted else (None, "")
    if as_json:
        from dataclasses import asdict

        print_json(asdict(found) | asdict(owed) | {"lacking": lacking, "difference": difference or None})
        return
    _print(found)
    if difference:
        out.print(f"  {difference}", style="red")
    since = f" since {owed.owed_since:%Y-%m-%d %H:%M:%SZ}" if owed.owed_since else ""
    out.print(f"  {owed.owed} owed{since}, {owed.quarantined} in quarantine")


def _print(found: "IndexStatus") -> None:
    out.print(f"{found.backend}, schema {found.schema_version}, {found.size_bytes / 2**20:.1f} MiB")
    for stream, count in found.documents.items():
        out.print(f"  {count} {stream}")
    for note in found.notes:
        out.print(f"  {note}")


async def _create() -> "tuple[bool, IndexStatus]":
    from pipelines.publish import create_index

    async with ledger_and_index() as (engine, index):
        made = await create_index(engine, index)
        return made, await index.status()


async def _verify(*, repair: bool) -> "Verified":
    from pipelines.verify import verify as compare

    async with ledger_and_index() as (engine, index):
        return await compare(engine, index, repair=repair, anew=repair, remove=repair)


async def _status() -> "tuple[IndexStatus, Debt, Counted | None]":
    from ledger.outbox import debt
    from pipelines.verify import count

    async with ledger_and_index() as (engine, index):
        async with engine.connect() as connection:
            owed = await debt(connection)
        found = await index.status()
        return found, owed, await count(engine, index, revisions=True) if found.schema_version else None


async def _on_elasticsearch(do: "Callable[[ElasticsearchIndex], Awaitable[T]]") -> T:
    """Do what only Elasticsearch can. Raises ConfigurationError where PostgreSQL searches."""
    from index.open import open_elasticsearch
    from news.configuration import read

    index = open_elasticsearch(read())
    try:
        return await do(index)
    finally:
        await index.close()


async def _rebuild() -> tuple[int, int]:
    from ledger.indexed import enqueue_everything
    from pipelines.publish import publish_all

    async with ledger_and_index() as (engine, index):
        articles = await enqueue_everything(engine)
        return articles, await publish_all(engine, index)
