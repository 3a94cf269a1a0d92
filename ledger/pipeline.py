"""A transaction's statements, prepared once on a connection and sent several at a time, in psycopg's pipeline mode.

What SQLAlchemy costs a statement is more than what PostgreSQL does for it. Where a statement runs for every page, its
text stands in ledger/statements.py and goes this way; all others are SQLAlchemy's, over the same connection.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

Values = dict[str, Any]
#: its text and its values
Statement = tuple[str, Values]


class Pipeline:
    """The statements of one open transaction of SQLAlchemy's, in the order in which they were added.

    Pipeline mode takes no COPY and no server-side cursor, and a statement that fails undoes those before it, too: here
    all belong to one transaction anyway (https://www.psycopg.org/psycopg3/docs/advanced/pipeline.html). Prepared
    statements belong to a session: a pooler by transaction is refused where the ledger is opened (ledger/fitness.py).
    """

    def __init__(self, connection: AsyncConnection) -> None:
        """Use the transaction of `connection`, which stays its owner's to end."""
        self._connection = connection
        self._pending: list[Statement] = []

    @property
    def connection(self) -> AsyncConnection:
        """SQLAlchemy's connection, for what goes the usual way. Before it is used all that was added must be sent."""
        assert not self._pending, "statements were added and not sent"
        return self._connection

    def add(self, statement: str, **values: Any) -> None:
        """Have a statement sent with the next ones; its rows are not wanted."""
        self._pending.append((statement, values))

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """Send all that was added, then this statement, and return its rows, named tuples.

        Raises SQLAlchemy's DBAPIError, as of its own statements.
        """
        self.add(statement, **values)
        cursor = await self._send()
        try:
            return await cursor.fetchall()
        except psycopg.Error as error:
            raise _translated(error) from error

    async def send(self) -> int:
        """Send all that was added, and return how many rows the last statement touched. Raises DBAPIError."""
        return (await self._send()).rowcount if self._pending else 0

    async def commit(self) -> None:
        """Send all that was added and the transaction's end, in one go. Raises DBAPIError."""
        await send_together(self._connection, self.take(), is_last=True)

    def take(self) -> list[Statement]:
        """Return what was added and not sent, for whoever sends it in place of this."""
        pending, self._pending = self._pending, []
        return pending

    def apart(self) -> None:
        """Note that what comes now has to do with other articles: no recording goes beside it (ledger/lockstep.py)."""

    def claim(self, what: object) -> None:
        """Note the same of what has to do with `what` alone."""

    async def _send(self) -> psycopg.AsyncCursor[Any]:
        return (await send_together(self._connection, self.take()))[-1]


async def send_together(
    connection: AsyncConnection, pending: Sequence[Statement], *, is_last: bool = False
) -> list[psycopg.AsyncCursor[Any]]:
    """Send statements within the transaction of `connection`, with its end if `is_last`; return a cursor of each.

    Raises SQLAlchemy's DBAPIError, as of its own statements. Cancelled half-way, it gives the connection up.
    """
    fairy = connection.sync_connection
    assert fairy is not None, "a transaction is open"
    driver = fairy.connection.driver_connection
    assert isinstance(driver, psycopg.AsyncConnection), "the ledger speaks psycopg"
    cursors = []
    try:
        if len(pending) == 1 and not is_last:
            [(statement, values)] = pending
            return [await driver.cursor(row_factory=namedtuple_row).execute(statement, _plain(values), prepare=True)]
        async with driver.pipeline():
            for statement, values in pending:
                cursor = driver.cursor(row_factory=namedtuple_row)
                cursors.append(await cursor.execute(statement, _plain(values), prepare=True))
            if is_last:
                # driver.commit() would wait for answers before all is sent: for ever, past a socket's buffer
                await driver.cursor().execute("COMMIT", prepare=False)
    except psycopg.Error as error:
        raise _translated(error) from error
    except asyncio.CancelledError:
        # answers may still be on their way: who has the connection next would take them for its own
        await connection.invalidate()
        raise
    return cursors


def json_text(value: Any) -> str:
    """Return a value as a JSONB column takes it."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _plain(values: Values) -> Values:
    """Return values as text, whose type the statement states: a number's or a NULL's would make another statement."""
    return {name: _text(value) for name, value in values.items()}


def _text(value: Any) -> Any:
    if value is None or type(value) in (str, bytes, list):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _translated(error: psycopg.Error) -> DBAPIError:
    """Return SQLAlchemy's error for one of psycopg's: what is caught elsewhere. The values stay out of it."""
    found = DBAPIError.instance(None, None, error, psycopg.Error, hide_parameters=True)
    assert isinstance(found, DBAPIError), "psycopg's errors are the driver's"
    return found
