"""Documents that an index refused: kept with the reason until somebody has them tried again, or lets them go."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.articles import documents
from ledger.outbox import enqueue_article, enqueue_event
from ledger.schema import quarantine
from news.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class RejectedDocument:
    """One document in quarantine."""

    stream: str
    id: str
    revision: int
    reason: str
    refused_at: datetime
    document: dict[str, Any]


async def rejected(
    connection: AsyncConnection, ids: Collection[str] = (), limit: int = 10_000
) -> list[RejectedDocument]:
    """Return what is in quarantine, the latest first; with `ids`, these alone. Raises NotFound for an unknown id."""
    query = select(quarantine).order_by(quarantine.c.refused_at.desc(), quarantine.c.id).limit(limit)
    if ids:
        query = query.where(quarantine.c.id.in_(list(ids)))
    found = [RejectedDocument(**row._mapping) for row in await connection.execute(query)]
    if missing := set(ids) - {each.id for each in found}:
        raise NotFound(f"No rejected document has the id {sorted(missing)[0]}. `broadsheet rejected list` lists them.")
    return found


async def retry(connection: AsyncConnection, ids: Collection[str] = ()) -> int:
    """Owe the index these documents, or all, again; return how many. An article goes as the ledger has it now."""
    again = await rejected(connection, ids)
    known = await documents(connection, [UUID(each.id) for each in again if each.stream == "articles"])
    for each in sorted(again, key=lambda each: (each.stream, each.id)):
        if each.stream == "events":
            await enqueue_event(connection, each.id, each.document, each.revision)
        elif UUID(each.id) in known:
            await enqueue_article(connection, UUID(each.id), known[UUID(each.id)]["revision"])
    await _forget(connection, again)
    return len(again)


async def drop(connection: AsyncConnection, ids: Collection[str]) -> int:
    """Let these documents go, and return how many; an article stays in the ledger. Raises NotFound."""
    gone = await rejected(connection, ids) if ids else []
    await _forget(connection, gone)
    return len(gone)


async def _forget(connection: AsyncConnection, gone: list[RejectedDocument]) -> None:
    for each in sorted(gone, key=lambda each: (each.stream, each.id)):
        await connection.execute(
            delete(quarantine).where(quarantine.c.stream == each.stream, quarantine.c.id == each.id)
        )
