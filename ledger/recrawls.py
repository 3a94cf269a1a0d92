"""Recrawls that a person asked for: each has an id, and one that has not ended is joined by the next."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import attempts, recrawls
from news.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class Recrawl:
    """One address that somebody wants fetched."""

    id: UUID
    url: str
    outlet: str
    force: bool
    asked_at: datetime


_COLUMNS = [recrawls.c[name] for name in Recrawl.__dataclass_fields__]


async def ask(connection: AsyncConnection, outlet: str, url: str, *, force: bool) -> tuple[Recrawl, bool]:
    """Return the recrawl of `url` that has not ended, or else a new one, and whether it was joined.

    Two that ask at once get one. With `force` a joined one is forced, too.
    """
    # held until the transaction ends: who asks at the same moment waits and then joins
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"recrawl:{url}", 0))))
    found = await open_one(connection, url)
    if found is not None:
        if force and not found.force:
            await connection.execute(update(recrawls).where(recrawls.c.id == found.id).values(force=True))
        return found, True
    made = Recrawl(id=uuid4(), url=url, outlet=outlet, force=force, asked_at=datetime.now(UTC))
    values = {name: getattr(made, name) for name in Recrawl.__dataclass_fields__}
    await connection.execute(insert(recrawls).values(values))
    return made, False


async def open_one(connection: AsyncConnection, url: str) -> Recrawl | None:
    """Return the recrawl of `url` that has not ended, or None: no attempt was made since it was asked for."""
    attempt = select(attempts.c.id).where(attempts.c.url == url, attempts.c.at >= recrawls.c.asked_at).exists()
    query = select(*_COLUMNS).where(recrawls.c.url == url, ~attempt).order_by(recrawls.c.asked_at.desc()).limit(1)
    row = (await connection.execute(query)).first()
    return Recrawl(**row._mapping) if row else None


async def recrawl_of(connection: AsyncConnection, id: UUID) -> Recrawl:
    """Return the recrawl of this id. Raises NotFound."""
    row = (await connection.execute(select(*_COLUMNS).where(recrawls.c.id == id))).first()
    if row is None:
        raise NotFound(f"No recrawl has the id {id}.")
    return Recrawl(**row._mapping)
