"""The way into PostgreSQL: the user's own server, or the embedded one; the schema brought up to date."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from ledger.clock_offset import measured
from ledger.faults import is_away, sentence_of
from ledger.fitness import check_privileges, check_server
from ledger.locks import Lock
from ledger.pipeline import json_text
from ledger.watch import beside
from news.backoff import Backoff
from news.configuration import Configuration
from news.errors import ConfigurationError, DatabaseUnavailable
from news.log import Log
from news.stopping import interruptible, uninterrupted

if TYPE_CHECKING:
    from alembic.config import Config

    from ledger.embedded.server import Server

#: between two looks whether the embedded server lives; after one that cannot be started, the next ones come later
WATCH = Backoff(first_seconds=2.0, most_seconds=60.0)

#: a connection that was in use so lately is taken for a good one
IDLE_SECONDS = 1.0

#: a connection to a machine that confirms nothing is given up after so long
DEAD_SECONDS = 30
#: the embedded server may be ended under us while we come, and is started again
AWAY_SECONDS = 60.0

#: revisions of the schema before the first release, which are steps to it no more; those since are named in full
_OF_DEVELOPMENT = frozenset(f"{number:04}" for number in range(1, 13))

log = Log()


def engine_for(url: str, connections: int = 10) -> AsyncEngine:
    """Return an engine on the PostgreSQL at `url` (`postgresql://...`) with at most `connections` open at once.

    Raises ConfigurationError for an address that is none.
    """
    try:
        address = make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError("BROADSHEET_DATABASE_URL is not a PostgreSQL address.") from error
    engine = create_async_engine(
        address,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=60,
        json_serializer=json_text,
        json_deserializer=orjson.loads,
        use_native_hstore=False,  # there is none, and each process would ask for it
        connect_args={
            "application_name": "broadsheet",
            "connect_timeout": 10,
            "client_encoding": "utf8",
            # a machine that died says nothing, and TCP alone would wait for a quarter of an hour, or for ever
            "tcp_user_timeout": DEAD_SECONDS * 1000,
            "keepalives_idle": DEAD_SECONDS // 3,
            "keepalives_interval": DEAD_SECONDS // 6,
            "keepalives_count": 4,
        },
    )
    _ping_the_idle(engine)
    return engine


def _ping_the_idle(engine: AsyncEngine) -> None:
    """Have a connection that lay idle tried before it is used: PostgreSQL may have been restarted since.

    SQLAlchemy's own pre-ping asks each time, at a fifth of what a recording costs.
    """
    dialect = engine.sync_engine.dialect

    @event.listens_for(engine.sync_engine, "checkin")
    def note(_: object, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def ping(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
        if monotonic() - record.info.get("idle_since", monotonic()) < IDLE_SECONDS:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            if dialect.is_disconnect(error, connection, None):
                raise InvalidatePoolError from error
            raise


@asynccontextmanager
async def database(configuration: Configuration, connections: int = 10) -> AsyncIterator[AsyncEngine]:
    """Open the ledger's database with its schema up to date, and close it.

    While it is open `news.clock.now` follows PostgreSQL's clock.
    Without a `database_url` the embedded server in the data directory is started, or joined if it runs; if it ends
    while the database is open, it is started again.
    Raises DatabaseUnavailable if the server cannot be started, reached or used.
    """
    if configuration.database_url:
        async with _opened(configuration.database_url, connections) as engine:
            yield engine
    else:
        from ledger.embedded import server

        with interruptible():
            embedded = server.start(configuration.home)
        try:
            async with (
                beside(_watch(embedded), "watch_of_postgresql_failed"),
                _opened(embedded.url, connections, AWAY_SECONDS) as engine,
            ):
                yield engine
        finally:
            with uninterrupted():  # or nobody would stop the server
                embedded.release()


async def _watch(embedded: "Server") -> None:
    """Bring the server back whenever it is gone, until cancelled."""
    failures = 0
    while True:
        await asyncio.sleep(WATCH.pause_seconds(failures + 1))
        try:
            if await asyncio.to_thread(embedded.revive):
                log.warning("postgresql_started_again", data=str(embedded.data), because="it stopped while in use")
            failures = 0
        except DatabaseUnavailable as error:
            failures += 1
            again_after = WATCH.pause_seconds(failures + 1)
            log.error("postgresql_unavailable", reason=str(error), again_after_seconds=again_after)


@asynccontextmanager
async def _opened(url: str, connections: int, away_seconds: float = 0.0) -> AsyncIterator[AsyncEngine]:
    engine = engine_for(url, connections)
    deadline = monotonic() + away_seconds
    try:
        while True:
            try:
                await migrate(engine)
                break
            except DatabaseUnavailable as error:
                if not (error.__cause__ and is_away(error.__cause__)) or monotonic() > deadline:
                    raise
                log.info("postgresql_waiting", reason=str(error))
            await asyncio.sleep(1.0)
        async with measured(engine):
            yield engine
    finally:
        await engine.dispose()


async def migrate(engine: AsyncEngine) -> None:
    """Bring the schema up to date; a second process that does the same waits and finds nothing to do.

    Raises DatabaseUnavailable if the server is away, refuses us, cannot carry a ledger, or if the ledger was written
    by a newer Broadsheet, or by a version from before the first release.
    """
    try:
        await check_server(engine)
        async with engine.connect() as connection:
            # a step and its name are written in one transaction: the last one's name says that there is nothing to do
            if not await connection.run_sync(_is_up_to_date):
                await connection.rollback()
                await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": Lock.MIGRATION})
                try:
                    await connection.run_sync(_upgrade)
                    await connection.commit()
                finally:
                    await connection.rollback()
                    await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": Lock.MIGRATION})
                    await connection.commit()
            await check_privileges(connection)
    except SQLAlchemyError as error:
        raise DatabaseUnavailable(sentence_of(error)) from error


_MIGRATIONS = Path(__file__).parent / "migrations"
_REVISION = re.compile(r'^(down_)?revision = "([^"]+)"', re.MULTILINE)


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


@cache
def _revisions() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of all steps of the schema, and of the last: read from their files, for Alembic takes 0.2 s."""
    found: dict[str, set[str]] = {"": set(), "down_": set()}
    for file in (_MIGRATIONS / "versions").glob("*.py"):
        for down, name in _REVISION.findall(file.read_text(encoding="utf-8")):
            found[down].add(name)
    return frozenset(found[""]), frozenset(found[""] - found["down_"])


def _is_up_to_date(connection: Connection) -> bool:
    """Say whether the schema has all its steps. Raises DatabaseUnavailable for one that we cannot bring up to date."""
    known, last = _revisions()
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar():
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if found in last:
            return True
        if found in _OF_DEVELOPMENT:
            raise DatabaseUnavailable(
                "This ledger was made by a development version, before the first release, and cannot be carried over. "
                "Set BROADSHEET_DATABASE_URL to an empty database; without it, move the folder postgresql out of "
                "BROADSHEET_HOME."
            )
        if found and found not in known:
            raise DatabaseUnavailable("This ledger was written by a newer Broadsheet. Upgrade Broadsheet to use it.")
    return False


def _upgrade(connection: Connection) -> None:
    if _is_up_to_date(connection):  # another process was faster
        return
    connection.commit()
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
