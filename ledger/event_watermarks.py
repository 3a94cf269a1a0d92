"""Up to when regular events were emitted, so that a daemon goes on where another one ended."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import event_watermarks
from news.clock import TOLERANCE


async def emitted_until(connection: AsyncConnection, what: str, now: datetime) -> datetime | None:
    """Return up to when events of this kind were emitted; None if never, or, later than `now`, by a wrong clock."""
    query = select(event_watermarks.c.until).where(
        event_watermarks.c.what == what, event_watermarks.c.until <= now + TOLERANCE
    )
    until: datetime | None = (await connection.execute(query)).scalar()
    return until.astimezone(UTC) if until else None


async def note_emitted_until(connection: AsyncConnection, what: str, until: datetime) -> None:
    """Write that events of this kind were emitted up to then, in the transaction that enqueues them."""
    statement = insert(event_watermarks).values(what=what, until=until)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[event_watermarks.c.what], set_={"until": until})
    )
