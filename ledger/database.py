"""The way into PostgreSQL: the user's own server, or the embedded one; the schema brought up to date."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ledger import server
from ledger.locks import Lock
from news.configuration import Configuration
from news.errors import ConfigurationError, DatabaseUnavailable


def engine_for(url: str, connections: int = 10) -> AsyncEngine:
    """Return an engine on the PostgreSQL at `url` (`postgresql://...`) with at most `connections` open at once.

    Raises ConfigurationError for an address that is none.
    """
    try:
        address = make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError("BROADSHEET_DATABASE_URL is not a PostgreSQL address.") from error
    return create_async_engine(
        address,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=60,
        pool_pre_ping=True,  # PostgreSQL may have been restarted since
        connect_args={"application_name": "broadsheet", "connect_timeout": 10},
    )


@asynccontextmanager
async def database(configuration: Configuration, connections: int = 10) -> AsyncIterator[AsyncEngine]:
    """Open the ledger's database with its schema up to date, and close it.

    Without a `database_url` the embedded server in the data directory is started, or joined if it runs.
    Raises DatabaseUnavailable if the server cannot be started, reached or used.
    """
    if configuration.database_url:
        async with _opened(configuration.database_url, connections) as engine:
            yield engine
    else:
        with server.start(configuration.home) as embedded:
            async with _opened(embedded.url, connections) as engine:
                yield engine


@asynccontextmanager
async def _opened(url: str, connections: int) -> AsyncIterator[AsyncEngine]:
    engine = engine_for(url, connections)
    try:
        await migrate(engine)
        yield engine
    finally:
        await engine.dispose()


async def migrate(engine: AsyncEngine) -> None:
    """Bring the schema up to date; a second process that does the same waits and finds nothing to do.

    Raises DatabaseUnavailable if the server is away, refuses us, or was written by a newer Broadsheet.
    """
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": Lock.MIGRATION})
            try:
                await connection.run_sync(_upgrade)
                await connection.commit()
            finally:
                await connection.rollback()
                await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": Lock.MIGRATION})
                await connection.commit()
    except OperationalError as error:
        raise DatabaseUnavailable(f"PostgreSQL cannot be used: {_first_line(error)}") from error
    except SQLAlchemyError as error:
        raise DatabaseUnavailable(f"The ledger's schema cannot be brought up to date: {_first_line(error)}") from error


def _first_line(error: SQLAlchemyError) -> str:
    cause: Any = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if connection.dialect.has_table(connection, "alembic_version"):
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if found and found not in known:
            raise DatabaseUnavailable("This ledger was written by a newer Broadsheet. Upgrade Broadsheet to use it.")
    connection.commit()
    command.upgrade(config, "head")
