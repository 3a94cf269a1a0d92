"""Whether a PostgreSQL can carry the ledger: version, encoding, pooling and privileges, and that it can be written."""

import asyncio
import secrets
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.faults import DATABASE_ERRORS, sentence_of, sqlstate_of
from ledger.schema import metadata
from ledger.watch import within
from news.errors import DatabaseUnavailable

#: the oldest major version that the tests run on
OLDEST_MAJOR = 14
#: a pooler that gives no second connection for so long has no room for us
SECOND_CONNECTION_SECONDS = 10.0
#: rounds of the probe for pooling: a pooler that goes round its servers gives another one within a few
POOLING_ROUNDS = 5
#: whoever asks whether a page could be recorded wants to know now
WRITE_SECONDS = 3
#: a file of a new table of so many bytes is room that PostgreSQL has to find on its disk
ROOM_BYTES = 64 * 1024

_SERVER = text(
    "SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('server_version') AS version,"
    " current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS is_standby,"
    " current_setting('transaction_read_only') = 'on' AS is_read_only, pg_backend_pid() AS pid"
)
#: our tables, and the queue's, of which the role lacks a privilege
_CLOSED = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND pg_table_is_visible(oid)"
    r" AND (relname = ANY(:ours) OR relname LIKE 'procrastinate\_%')"
    " AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')"
    " AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')) ORDER BY relname"
)
_POOLED = (
    "PostgreSQL's connections are pooled by transaction: a session's locks and settings would get lost. "
    "Broadsheet needs session pooling or a direct connection (BROADSHEET_DATABASE_URL)."
)


async def check_server(engine: AsyncEngine) -> None:
    """Return if the server can carry a ledger as far as its settings tell; before anything is locked or made.

    Raises DatabaseUnavailable, with the way out: too old, not UTF8, a standby or read-only, pooled by transaction.
    Raises SQLAlchemyError if it cannot be asked.
    """
    async with engine.connect() as connection:
        found = (await connection.execute(_SERVER)).one()
        own: Any = (await connection.get_raw_connection()).driver_connection
        # a pooler answers with a process number of its own invention
        is_direct = own.info.backend_pid == found.pid
    if found.major < OLDEST_MAJOR:
        raise DatabaseUnavailable(
            f"PostgreSQL {found.version} is too old: Broadsheet needs {OLDEST_MAJOR} or newer. Upgrade it, or set "
            "BROADSHEET_DATABASE_URL to another."
        )
    if found.encoding != "UTF8":
        raise DatabaseUnavailable(
            f"The database's encoding is {found.encoding}, and articles need UTF8. Create one with "
            "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0, and set BROADSHEET_DATABASE_URL to it."
        )
    if found.is_standby or found.is_read_only:
        what = "This PostgreSQL is a standby" if found.is_standby else "This database is set read-only"
        raise DatabaseUnavailable(
            f"{what}, and nothing can be recorded (25006). Set BROADSHEET_DATABASE_URL to one that can be written."
        )
    if not is_direct and await _is_pooled_by_transaction(engine):
        raise DatabaseUnavailable(_POOLED)


async def check_privileges(connection: AsyncConnection) -> None:
    """Return if our role may read and write each table of the ledger. Raises DatabaseUnavailable."""
    closed = list((await connection.execute(text(_CLOSED), {"ours": list(metadata.tables)})).scalars())
    if closed:
        raise DatabaseUnavailable(_closed_sentence(closed))


async def write_fault(engine: AsyncEngine) -> str:
    """Return in one sentence why nothing can be recorded just now; "" if it can.

    It is tried, in a transaction that is rolled back: a row of the ledger, and a new file on PostgreSQL's disk.
    """
    try:
        return await within(WRITE_SECONDS + 1, _write_fault(engine))
    except DATABASE_ERRORS as error:
        return sentence_of(error)


async def _write_fault(engine: AsyncEngine) -> str:
    async with engine.connect() as connection:
        return await _try_to_write(connection)


async def _try_to_write(connection: AsyncConnection) -> str:
    try:
        await connection.execute(text(f"SET LOCAL statement_timeout = '{WRITE_SECONDS}s'"))
        written = "WITH written AS (INSERT INTO sites (site) VALUES (:site)) "
        values = {"ours": list(metadata.tables), "site": f"probe-{secrets.token_hex(8)}.invalid"}
        closed = list((await connection.execute(text(written + _CLOSED), values)).scalars())
        if closed:
            return _closed_sentence(closed)
        try:
            # a row alone may find its place in a file that is there; a recording's do not
            room = f"CREATE TEMP TABLE probe ON COMMIT DROP AS SELECT repeat('-', 1000) FROM generate_series(1, {ROOM_BYTES // 1000})"  # noqa: E501, S608
            await connection.execute(text(room))
        except DBAPIError as error:
            if sqlstate_of(error) != "42501":  # a role that may make no temporary table may record all the same
                raise
    finally:
        await connection.rollback()
    return ""


async def _is_pooled_by_transaction(engine: AsyncEngine) -> bool:
    """Say whether two transactions of one connection may come to two sessions of the server.

    A variable of the session is set in one transaction and read in the next, while another connection takes whatever
    session the pooler has free: it must not find the variable, and the first one must.
    """
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    mark = secrets.token_hex(8)
    read = "SELECT current_setting('broadsheet.probe', true)"
    try:
        async with (
            asyncio.timeout(SECOND_CONNECTION_SECONDS),
            await psycopg.AsyncConnection.connect(url, prepare_threshold=None) as ours,
            await psycopg.AsyncConnection.connect(url, prepare_threshold=None) as other,
        ):
            await ours.execute("SELECT set_config('broadsheet.probe', %s, false)", [mark])
            await ours.commit()
            for _ in range(POOLING_ROUNDS):
                [theirs] = await (await other.execute(read)).fetchone() or [None]
                if theirs == mark:
                    return True
                [found] = await (await ours.execute(read)).fetchone() or [None]
                await ours.commit()
                await other.commit()
                if found != mark:
                    return True
    except TimeoutError as error:
        raise DatabaseUnavailable(
            "PostgreSQL's pooler has no second connection free. Broadsheet needs about 20: raise its pool_size."
        ) from error
    except psycopg.Error as error:
        raise DatabaseUnavailable(sentence_of(error)) from error
    return False


def _closed_sentence(closed: list[str]) -> str:
    more = f" and {len(closed) - 3} more" if len(closed) > 3 else ""
    return (
        f"Broadsheet's role lacks privileges on {', '.join(closed[:3])}{more} (42501). "
        "Make it the owner of the ledger's tables, or GRANT SELECT, INSERT, UPDATE and DELETE on them."
    )
