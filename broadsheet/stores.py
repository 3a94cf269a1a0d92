"""The ledger, alone or with the index, opened for one command and closed after it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from index.protocol import Index

T = TypeVar("T")

#: at most so many connections: a command does one thing after another, publishing a few at once
CONNECTIONS = 4


@asynccontextmanager
async def open_ledger() -> "AsyncIterator[AsyncConnection]":
    """Open the ledger that the environment names, in a transaction that ends with the block.

    Raises DatabaseUnavailable or ConfigurationError.
    """
    from ledger.database import database
    from news.configuration import read

    async with database(read(), connections=1) as engine, engine.begin() as connection:
        yield connection


async def with_ledger(work: "Callable[[AsyncConnection], Awaitable[T]]") -> T:
    """Return what `work` returns, done in a transaction of the ledger that the environment names.

    It is done again if PostgreSQL undid it for the sake of another. Raises DatabaseUnavailable or ConfigurationError.
    """
    from ledger.database import database
    from ledger.faults import in_transaction
    from news.configuration import read

    async with database(read(), connections=1) as engine:
        return await in_transaction(engine, work)


@asynccontextmanager
async def ledger_and_index() -> "AsyncIterator[tuple[AsyncEngine, Index]]":
    """Open the ledger and the index that the environment names.

    Raises DatabaseUnavailable or ConfigurationError. An index that is away is first noticed when it is asked.
    """
    from index.open import open_index
    from ledger.database import database
    from news.configuration import read

    configuration = read()
    async with database(configuration, connections=CONNECTIONS) as engine:
        index = open_index(configuration, engine)
        try:
            yield engine, index
        finally:
            await index.close()


@asynccontextmanager
async def made_index() -> "AsyncIterator[Index]":
    """Open the index that the environment names, made if it is not there.

    An Elasticsearch that is made needs no ledger. Raises IndexUnavailable, DatabaseUnavailable or ConfigurationError.
    """
    from index.open import open_elasticsearch
    from news.configuration import read

    configuration = read()
    if configuration.elasticsearch_url:
        alone = open_elasticsearch(configuration)
        try:
            if await alone.is_made():
                yield alone
                return
        finally:
            await alone.close()
    async with ledger_and_index() as (engine, index):
        if not await index.is_made():
            from pipelines.publish import create_index

            await create_index(engine, index)
        yield index
