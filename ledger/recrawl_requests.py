"""Recrawls that a person asked for: an id joins wish, job, attempt and answer; one that waits is joined by the next."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import recrawls
from news.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class Recrawl:
    """One address that somebody wants fetched."""

    id: UUID
    url: str
    outlet: str
    force: bool
    #: by PostgreSQL's clock
    asked_at: datetime
    #: the attempt that answers it; None: it waits
    attempt_id: int | None = None


_COLUMNS = [recrawls.c[name] for name in Recrawl.__dataclass_fields__]


async def ask(connection: AsyncConnection, outlet: str, url: str, *, force: bool) -> tuple[Recrawl, bool]:
    """Return the recrawl of `url` that has not ended, or else a new one, and whether it was joined.

    Two that ask at once get one. With `force` a joined one is forced, too.
    """
    # held until the transaction ends: who asks at the same moment waits and then joins
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"recrawl:{url}", 0))))
    found = await open_one(connection, url)
    if found is not None:
        joined = replace(found, outlet=outlet, force=force or found.force)
        if joined != found:
            values = {"outlet": joined.outlet, "force": joined.force}
            await connection.execute(update(recrawls).where(recrawls.c.id == found.id).values(values))
        return joined, True
    values = {"id": uuid4(), "url": url, "outlet": outlet, "force": force, "asked_at": func.clock_timestamp()}
    row = (await connection.execute(insert(recrawls).values(values).returning(*_COLUMNS))).one()
    return Recrawl(**row._mapping), False


async def answer(connection: AsyncConnection, recrawl_id: UUID, attempt_id: int) -> bool:
    """Note that an attempt answers a recrawl, in the transaction that records it; return whether it is the first.

    A recrawl is answered once: what was fetched later leaves its answer as it is.
    """
    answered = await connection.execute(
        update(recrawls)
        .where(recrawls.c.id == recrawl_id, recrawls.c.attempt_id.is_(None))
        .values(attempt_id=attempt_id)
    )
    return answered.rowcount == 1


async def open_one(connection: AsyncConnection, url: str) -> Recrawl | None:
    """Return the recrawl of `url` that no attempt has answered, or None."""
    is_open = (recrawls.c.url == url) & recrawls.c.attempt_id.is_(None)
    query = select(*_COLUMNS).where(is_open).order_by(recrawls.c.asked_at.desc()).limit(1)
    row = (await connection.execute(query)).first()
    return Recrawl(**row._mapping) if row else None


async def recrawl_of(connection: AsyncConnection, id: UUID) -> Recrawl:
    """Return the recrawl of this id. Raises NotFound."""
    row = (await connection.execute(select(*_COLUMNS).where(recrawls.c.id == id))).first()
    if row is None:
        raise NotFound(f"No recrawl has the id {id}.")
    return Recrawl(**row._mapping)
