"""What is pending for the index: written in the transaction that made it so, deleted when the index has it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, cast, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.articles import index_documents
from ledger.indexed import is_uuid
from ledger.pipeline import Pipeline, json_text
from ledger.schema import outbox, publishing, quarantine
from ledger.statements import ENQUEUE
from news.index_document import IndexDocument


@dataclass(frozen=True, kw_only=True)
class PendingDocument:
    """One document that the index does not have yet: an article's, or a crawl event's as JSON; None: it is to go."""

    stream: str
    id: str
    revision: int
    document: IndexDocument | Mapping[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        """Return the document as JSON; {} where there is none."""
        return self.document.as_json() if isinstance(self.document, IndexDocument) else dict(self.document or {})


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """How much is pending for the index, since when, and how much it rejected."""

    pending: int
    pending_since: datetime | None
    rejected: int


@dataclass(frozen=True, kw_only=True)
class Publishing:
    """How it is with whoever publishes, in sentences; "" where nothing is wrong."""

    #: why nothing can be indexed
    waits_for: str = ""
    #: what the index lacks of what it was given
    difference: str = ""

    def sentence(self) -> str:
        """Return why nothing can be indexed; "" if all can.

        >>> Publishing(waits_for="es_rejected_execution_exception").sentence()
        'The index accepts no documents: es_rejected_execution_exception.'
        """
        return f"The index accepts no documents: {self.waits_for.removesuffix('.')}." if self.waits_for else ""


async def enqueue_article(connection: AsyncConnection, article_id: UUID, revision: int) -> None:
    """Note that the index lacks this revision of the article; an older revision is replaced."""
    pipeline = Pipeline(connection)
    add_article(pipeline, article_id, revision)
    await pipeline.send()


def add_article(pipeline: Pipeline, article_id: UUID, revision: int) -> None:
    """Note the same with what else is sent."""
    pipeline.add(ENQUEUE, stream="articles", id=article_id, revision=revision, document=None)


async def enqueue_articles(connection: AsyncConnection, revisions: Mapping[UUID, int]) -> None:
    """Note the same of several articles: id -> revision."""
    statement = insert(outbox).values(stream="articles", id=bindparam("article"), revision=bindparam("to"))
    statement = statement.on_conflict_do_update(
        index_elements=[outbox.c.stream, outbox.c.id],
        set_={"revision": statement.excluded.revision},
        where=statement.excluded.revision > outbox.c.revision,
    )
    await connection.execute(statement, [{"article": str(each), "to": to} for each, to in sorted(revisions.items())])


async def enqueue_event(
    connection: AsyncConnection, event_id: int | str, document: Mapping[str, Any], revision: int = 1
) -> None:
    """Note that the index lacks this crawl event."""
    pipeline = Pipeline(connection)
    add_event(pipeline, event_id, document, revision)
    await pipeline.send()


def add_event(pipeline: Pipeline, event_id: int | str, document: Mapping[str, Any], revision: int = 1) -> None:
    """Note the same with what else is sent."""
    pipeline.add(ENQUEUE, stream="events", id=event_id, revision=revision, document=json_text(document))


async def enqueue_events(connection: AsyncConnection, events: Mapping[str, Mapping[str, Any]]) -> None:
    """Note that the index lacks these crawl events: id -> document. What is pending already is left as it is."""
    if not events:
        return
    statement = insert(outbox).values(stream="events", id=bindparam("event"), revision=1, document=bindparam("content"))
    rows = [{"event": id, "content": dict(document)} for id, document in sorted(events.items())]
    await connection.execute(statement.on_conflict_do_nothing(), rows)


async def enqueue_state(connection: AsyncConnection, event_id: str, document: Mapping[str, Any] | None) -> None:
    """Note that the index lacks what is so now; None: that it is so no more, and the document is to go.

    The revision is the database's clock in milliseconds: one clock for all daemons, so that the last word counts.
    """
    revision = cast(func.extract("epoch", func.clock_timestamp()) * 1_000, BigInteger)
    row = {"stream": "events", "id": event_id, "revision": revision, "document": document and dict(document)}
    statement = insert(outbox).values(row)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[outbox.c.stream, outbox.c.id],
            set_={"revision": statement.excluded.revision, "document": statement.excluded.document},
            where=statement.excluded.revision > outbox.c.revision,
        )
    )


async def pending(connection: AsyncConnection, limit: int) -> list[PendingDocument]:
    """Return up to `limit` of what is pending for the index, the oldest first.

    An article comes as the ledger has it now, which may be a later revision than the one that was noted.
    """
    rows = (await connection.execute(select(outbox).order_by(outbox.c.pending_since, outbox.c.id).limit(limit))).all()
    ids = {row.id: UUID(row.id) for row in rows if row.stream == "articles" and is_uuid(row.id)}
    found = await index_documents(connection, ids.values()) if ids else {}
    result = []
    for row in rows:
        # what the ledger does not know, such as an id that another program wrote, is to go from the index
        document = row.document if row.stream == "events" else found.get(ids[row.id]) if row.id in ids else None
        revision = max(row.revision, document.revision) if isinstance(document, IndexDocument) else row.revision
        result.append(PendingDocument(stream=row.stream, id=row.id, revision=revision, document=document))
    return result


async def resolve(connection: AsyncConnection, done: Collection[PendingDocument]) -> None:
    """Delete what the index has; a later revision that was enqueued meanwhile, or is being enqueued, stays."""
    for batch in _batches(list(done)):
        revisions = {(each.stream, each.id): each.revision for each in batch}
        rows = await connection.execute(
            select(outbox.c.stream, outbox.c.id, outbox.c.revision)
            .where(tuple_(outbox.c.stream, outbox.c.id).in_(list(revisions)))
            # one that is locked is getting a later revision, or is struck out by another: nobody waits for the other
            .with_for_update(skip_locked=True)
        )
        paid = [(row.stream, row.id) for row in rows if row.revision <= revisions[row.stream, row.id]]
        if paid:
            await connection.execute(delete(outbox).where(tuple_(outbox.c.stream, outbox.c.id).in_(paid)))
            # what was refused once is in quarantine for as long as no later revision was taken
            await connection.execute(delete(quarantine).where(tuple_(quarantine.c.stream, quarantine.c.id).in_(paid)))


async def reject(connection: AsyncConnection, refused: PendingDocument, reason: str) -> None:
    """Move a document that the index refuses into quarantine, with the reason."""
    await resolve(connection, [refused])
    statement = insert(quarantine).values(
        stream=refused.stream,
        id=refused.id,
        revision=refused.revision,
        reason=reason,
        document=refused.as_json(),
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[quarantine.c.stream, quarantine.c.id],
            set_={name: statement.excluded[name] for name in ("revision", "reason", "document")}
            | {"refused_at": func.now()},
        )
    )


async def note_publishing(connection: AsyncConnection, found: Publishing) -> None:
    """Write how it is with whoever publishes, for all other processes."""
    statement = insert(publishing).values(**asdict(found))
    values = asdict(found) | {"since": func.now()}
    await connection.execute(statement.on_conflict_do_update(index_elements=[publishing.c.one], set_=values))


async def publishing_now(connection: AsyncConnection) -> Publishing:
    """Return how it is with whoever publishes, as it was last written."""
    row = (await connection.execute(select(publishing.c.waits_for, publishing.c.difference))).one_or_none()
    return Publishing(**row._mapping) if row else Publishing()


async def backlog(connection: AsyncConnection) -> Backlog:
    """Return how much is pending and rejected."""
    row = (await connection.execute(select(func.count().label("pending"), func.min(outbox.c.pending_since)))).one()
    rejected = (await connection.execute(select(func.count()).select_from(quarantine))).scalar_one()
    return Backlog(pending=row[0], pending_since=row[1], rejected=rejected)


def _batches(rows: Sequence[PendingDocument], size: int = 1_000) -> list[Sequence[PendingDocument]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]
