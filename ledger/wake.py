"""The publisher's sleep: while nothing is pending it asks nothing, and whoever makes something pending wakes it."""

import asyncio

import psycopg
from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.locks import Lock
from ledger.schema import outbox

CHANNEL = "broadsheet_outbox"


class Sleeper:
    """Sleeps over one connection, which does nothing else meanwhile.

    Who sleeps holds a lock. A trigger of the outbox shares it until its transaction ends, and sends a notification only
    where it cannot: while the publisher is at work no recording pays for one. The lock is not to be had while such a
    transaction is open, and the outbox is looked at after it was taken, so that nothing falls in between.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._listens = self._sleeps = False

    async def sleep(self, seconds: float, pause_seconds: float, is_pending: bool | None = None) -> bool:
        """Return whether something may be pending: as soon as it is, else after so many `seconds`.

        Where it is just being written, after `pause_seconds`. Called again after `seconds` it sleeps on; then
        `is_pending` may say what was seen over this connection meanwhile. Raises SQLAlchemyError where the
        connection was lost.
        """
        if not self._listens:
            await listen(self._connection, CHANNEL)
            self._listens = True
        if not self._sleeps:
            self._sleeps = await self._ask("SELECT pg_try_advisory_lock(:lock)")
            if not self._sleeps:
                await asyncio.sleep(pause_seconds)
                return True
            is_pending = None  # what was seen before it fell asleep may be over
        if is_pending is None:
            is_pending = bool((await self._connection.execute(select(exists(select(outbox))))).scalar_one())
            await self._connection.commit()
        if not is_pending and not await notified(self._connection, seconds):
            return False
        self._sleeps = not await self._ask("SELECT pg_advisory_unlock(:lock)")
        return True

    async def _ask(self, statement: str) -> bool:
        answer = bool((await self._connection.execute(text(statement), {"lock": Lock.PUBLISHER_SLEEPS})).scalar_one())
        await self._connection.commit()
        return answer


async def listen(connection: AsyncConnection, channel: str) -> None:
    """Have PostgreSQL send what is notified on a channel over this connection."""
    await connection.execute(text(f"LISTEN {channel}"))
    await connection.commit()


async def notified(connection: AsyncConnection, seconds: float) -> bool:
    """Return whether a notification came over a connection that listens within so many seconds, as soon as one does."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, psycopg.AsyncConnection), "the ledger speaks psycopg"
    try:
        return bool([each async for each in driver.notifies(timeout=seconds, stop_after=1)])
    except psycopg.Error:
        return True  # the connection was lost, as the next statement will say in SQLAlchemy's words
