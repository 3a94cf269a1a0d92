"""The publisher's sleep: it ends when something becomes pending, and nothing that does so falls in between."""

import asyncio
import random

import psycopg
import pytest
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.locks import Lock
from ledger.outbox import enqueue_event
from ledger.outlet_health import last_activity
from ledger.outlet_state import enable, pause
from ledger.schema import attempts, outbox, sources
from ledger.wake import CHANNEL, Sleeper
from news.clock import now
from tests.databases import libpq

LONG, SOON = 60.0, 0.3


async def owe(engine: AsyncEngine, name: object) -> None:
    async with engine.begin() as connection:
        await enqueue_event(connection, str(name), {})


async def asleep(engine: AsyncEngine) -> None:
    """Wait until somebody sleeps."""
    query = text(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND mode = 'ExclusiveLock'"
        f" AND objid = {int(Lock.PUBLISHER_SLEEPS)})"
    )
    while True:
        async with engine.connect() as connection:
            if (await connection.execute(query)).scalar_one():
                return
        await asyncio.sleep(0.02)


async def test_who_sleeps_is_woken_by_what_becomes_pending(engine: AsyncEngine) -> None:
    async with engine.connect() as connection, asyncio.timeout(LONG / 2):
        sleeper = Sleeper(connection)
        assert not await sleeper.sleep(SOON, SOON)  # and it sleeps on
        for number in range(3):
            sleeping = asyncio.create_task(sleeper.sleep(LONG, SOON))
            await asyncio.sleep(0.1)
            await owe(engine, number)
            assert await sleeping
            async with engine.begin() as other:
                await other.execute(delete(outbox))


async def test_what_is_pending_or_being_written_lets_nobody_sleep(engine: AsyncEngine) -> None:
    async with engine.connect() as connection, engine.connect() as writer, asyncio.timeout(LONG / 2):
        sleeper = Sleeper(connection)
        await enqueue_event(writer, "open", {})
        assert await sleeper.sleep(LONG, SOON)
        await writer.commit()
        assert await sleeper.sleep(LONG, SOON)


async def test_a_lost_notification_is_made_up_for_by_the_next_look(engine: AsyncEngine) -> None:
    async with engine.connect() as connection, asyncio.timeout(LONG / 2):
        sleeper = Sleeper(connection)
        assert not await sleeper.sleep(SOON, SOON)
        async with engine.begin() as other:
            await other.execute(text("ALTER TABLE outbox DISABLE TRIGGER wake_publisher"))
        await owe(engine, "silent")
        assert await sleeper.sleep(LONG, SOON)


async def test_nothing_falls_between_falling_asleep_and_being_woken(engine: AsyncEngine) -> None:
    """A writer that comes at any moment, a publisher that sleeps as soon as it may: each row is found."""
    chance = random.Random(14)
    found: set[str] = set()

    async def write() -> None:
        for number in range(150):
            await asyncio.sleep(chance.choice((0, 0, 0.001, 0.01)))
            await owe(engine, number)

    async def publish(connection: AsyncConnection) -> None:
        sleeper = Sleeper(connection)
        while len(found) < 150:
            assert await sleeper.sleep(LONG, 0.001)
            async with engine.begin() as other:
                gone = delete(outbox).where(outbox.c.id.in_(select(outbox.c.id))).returning(outbox.c.id)
                found.update((await other.execute(gone)).scalars())

    async with engine.connect() as connection, asyncio.timeout(LONG / 2):
        await asyncio.gather(write(), publish(connection))


async def test_nobody_is_notified_while_nobody_sleeps(engine: AsyncEngine, fresh_database: str) -> None:
    async with await psycopg.AsyncConnection.connect(libpq(fresh_database), autocommit=True) as listener:
        await listener.execute(f"LISTEN {CHANNEL}")
        await owe(engine, "awake")
        assert [each async for each in listener.notifies(timeout=SOON)] == []


async def test_a_connection_that_is_lost_in_sleep_is_said_to_be(engine: AsyncEngine) -> None:
    async with engine.connect() as connection, asyncio.timeout(LONG / 2):
        pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        await connection.commit()
        sleeping = asyncio.create_task(Sleeper(connection).sleep(LONG, SOON))
        await asleep(engine)
        async with engine.connect() as other:
            await other.execute(text(f"SELECT pg_terminate_backend({pid})"))
        with pytest.raises(SQLAlchemyError):
            await sleeping
        await connection.invalidate()


async def test_what_a_round_of_health_looks_at_shows_that_something_has_happened(engine: AsyncEngine) -> None:
    async def seen() -> object:
        async with engine.connect() as connection:
            return await last_activity(connection)

    async def attempt(connection: AsyncConnection) -> None:
        values = {"at": now(), "outlet": "a", "url": "https://a.example/", "outcome": "gone"}
        await connection.execute(insert(attempts).values(values))

    async def reading(connection: AsyncConnection) -> None:
        values = {"outlet": "a", "url": "https://a.example/feed", "kind": "feed", "fetched_at": now()}
        await connection.execute(insert(sources).values(values))

    before = await seen()
    assert await seen() == before
    for happens in (
        attempt,
        reading,
        lambda connection: enable(connection, ["a"], enabled=True),
        lambda connection: pause(connection, ["a"], paused=True),
        lambda connection: pause(connection, ["a"], paused=False),
    ):
        async with engine.begin() as connection:
            await happens(connection)
        after = await seen()
        assert after != before
        before = after
