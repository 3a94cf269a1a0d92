"""`index create|rebuild|verify|status|migrate|keys`: the search index, which is built from the ledger."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from broadsheet.console import err, out, print_json, run
from broadsheet.logs import quiet_logs
from broadsheet.progress import waiting
from broadsheet.stores import ledger_and_index

if TYPE_CHECKING:
    from index.elasticsearch.backend import ElasticsearchIndex
    from index.protocol import IndexStatus
    from ledger.outbox import Backlog
    from pipelines.verify import Counted, Verified

T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

app = typer.Typer(
    help="The search index: create it, rebuild it from the ledger, show its status.", no_args_is_help=True
)


@app.command()
def create(as_json: Json = False) -> None:
    """Create the index if it does not exist yet; every article is then enqueued for it."""
    quiet_logs()
    made, found = run(_create())
    if as_json:
        from dataclasses import asdict

        print_json(asdict(found) | {"created": made})
        return
    _print(found)
    if made:
        out.print("  every article is enqueued: a running daemon indexes them, or `broadsheet index rebuild` now")


@app.command()
def rebuild(as_json: Json = False) -> None:
    """Index every article of the ledger again, without a fetch. Exit code 1: documents are still pending."""
    quiet_logs()
    with waiting("Indexing"):
        articles, pending = run(_rebuild())
    if as_json:
        print_json({"articles": articles, "pending": pending})
    else:
        out.print(f"{articles} articles indexed; {pending} documents pending indexing.")
    if pending:
        raise typer.Exit(1)


@app.command()
def verify(
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Enqueue what is missing or stale, and the removal of what the ledger does not have."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare ledger and index, article by article. Exit code 1: they differ and were not repaired."""
    quiet_logs()
    with waiting("Comparing"):
        found = run(_verify(repair=repair))
    if as_json:
        print_json(found.as_json())
    else:
        for sentence in found.sentences():
            out.print(sentence)
        if not found.differ:
            out.print("The index matches the ledger.")
        elif repair:
            out.print(f"{found.enqueued} enqueued; a running daemon or the next crawl indexes them.")
        else:
            out.print("Repair it: broadsheet index verify --repair")
    if found.differ > found.enqueued:
        raise typer.Exit(1)


@app.command()
def migrate(
    again: Annotated[
        bool, typer.Option("--again", help="Recreate the same schema, for a server with new plugins.")
    ] = False,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Remove the indices of earlier schemas.")] = False,
    abandon: Annotated[bool, typer.Option("--abandon", help="Abort a running migration.")] = False,
    as_json: Json = False,
) -> None:
    """Bring Elasticsearch to this version's schema without downtime; the same command resumes it."""
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

        print_json([_migrated(asdict(each)) for each in done])
        return
    for each in done:
        out.print(
            f"{each.stream}: {each.documents} documents in {each.new}, {each.mended} repaired; "
            f"{each.old} stays until dropped."
        )
    if done:
        out.print("Remove the old indices: broadsheet index migrate --drop-old")


@app.command()
def keys(
    expires: Annotated[str | None, typer.Option(help="Lifetime, such as 90d; default: no expiry.")] = None,
    as_json: Json = False,
) -> None:
    """Create an API key for writing and one for reading, and show their rights. Secrets are shown only once."""
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
    """Show index status: schema, documents, size, pending and rejected documents, what is missing."""
    quiet_logs()
    found, index_backlog, counted = run(_status())
    missing, difference = (counted.lacking, counted.sentence()) if counted else (None, "")
    if as_json:
        from dataclasses import asdict

        known = {
            "pending": index_backlog.pending,
            "pending_since": index_backlog.pending_since,
            "rejected": index_backlog.rejected,
        }
        print_json(asdict(found) | known | {"missing": missing, "difference": difference or None})
        return
    _print(found)
    if difference:
        out.print(f"  {difference}", style="red")
    since = f" since {index_backlog.pending_since:%Y-%m-%d %H:%M:%SZ}" if index_backlog.pending_since else ""
    out.print(f"  {index_backlog.pending} documents pending indexing{since}, {index_backlog.rejected} rejected")


def _migrated(known: dict[str, Any]) -> dict[str, Any]:
    return {("repaired" if name == "mended" else name): value for name, value in known.items()}


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


async def _status() -> "tuple[IndexStatus, Backlog, Counted | None]":
    from ledger.outbox import backlog
    from pipelines.verify import count

    async with ledger_and_index() as (engine, index):
        async with engine.connect() as connection:
            index_backlog = await backlog(connection)
        found = await index.status()
        return found, index_backlog, await count(engine, index, revisions=True) if found.schema_version else None


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
