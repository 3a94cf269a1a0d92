"""The numbers of our advisory locks in PostgreSQL, all in one place: two of one number would wait for each other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


class Lock(IntEnum):
    """What one of all processes may do at a time, or a worker says of itself. The numbers are arbitrary and ours."""

    MIGRATION = 7_201_001
    STORY = 7_201_002
    PUBLISHER = 7_201_003
    TIMETABLE = 7_201_004
    #: first half of a pair: a worker of a queue lives, the worker of a number lives
    QUEUE = 7_201_005
    WORKER = 7_201_006
    #: the outbox is empty, and whoever fills it wakes the publisher (ledger.wake)
    PUBLISHER_SLEEPS = 7_201_007
    #: matches news with watches, and sends what they report
    WATCHES = 7_201_008


#: the locks of a `:kind`, the first half of a pair, that processes of this database hold
OF_KIND = (
    "FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid::bigint = :kind"
)


def held(key: str) -> str:
    """Return the query for a held lock of a `:kind` and this SQL text; PostgreSQL shows a key's halves as unsigned."""
    return f"SELECT 1 {OF_KIND} AND objid::bigint = hashtext({key})::bigint & 4294967295"


@asynccontextmanager
async def holding(engine: AsyncEngine, lock: Lock, silent_seconds: int) -> AsyncIterator[AsyncConnection | None]:
    """Give a connection that holds `lock`, or None if another process has it. The lock ends with the connection.

    Whoever holds it says something over it more often than every `silent_seconds`. Raises SQLAlchemyError.
    """
    async with engine.connect() as connection:
        tried = text("SELECT pg_try_advisory_lock(:lock)")
        ours = (await connection.execute(tried, {"lock": lock})).scalar_one()
        await connection.commit()
        if not ours:
            yield None
            return
        try:
            await let_go_when_silent(connection, silent_seconds)
            yield connection
        finally:
            # the connection goes back to its pool, and would take the lock along
            await connection.invalidate()


async def let_go_when_silent(connection: AsyncConnection, seconds: int) -> None:
    """Let PostgreSQL end this connection, and with it the locks that it holds, once it has said nothing for so long.

    A process that is stopped, or whose machine vanished from the network, must not keep a lock from the others; without
    this a lost machine's would be kept for hours. Whoever holds a lock says something more often.
    """
    for name, value in (
        ("tcp_keepalives_idle", 5),
        ("tcp_keepalives_interval", 5),
        ("tcp_keepalives_count", 2),
        ("idle_session_timeout", seconds * 1_000),
    ):
        await connection.execute(text(f"SET {name} = {value}"))
    await connection.commit()
