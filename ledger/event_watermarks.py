"""Up to when the index was told what it is told regularly, so that a daemon goes on where another one ended."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import event_watermarks
from news.clock import TOLERANCE


async def emitted_until(connection: AsyncConnection, what: str, now: datetime) -> datetime | None:
    """Return up to when the index was told of `what`; None if it never was, or, later than `now`, by a wrong clock."""
    query = select(event_watermarks.c.until).where(
        event_watermarks.c.what == what, event_watermarks.c.until <= now + TOLERANCE
    )
    until: datetime | None = (await connection.execute(query)).scalar()
    return until.astimezone(UTC) if until else None


async def note_emitted_until(connection: AsyncConnection, what: str, until: datetime) -> None:
    """Write that the index was told of `what` up to then; for the transaction that owes it."""
    statement = insert(event_watermarks).values(what=what, until=until)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[event_watermarks.c.what], set_={"until": until})
    )
