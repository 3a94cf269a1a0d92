"""A worker that may have lost its jobs to another sends nothing more."""

import asyncio

import pytest
from sqlalchemy import text

from ledger.database import engine_for, migrate
from schedules import worker_liveness
from schedules.work import REAP_SECONDS
from schedules.worker_liveness import someone_works, worker_locks

TERMINATE = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_a_worker_falls_silent_before_another_takes_over_its_jobs() -> None:
    assert worker_liveness.CERTAIN_SECONDS < REAP_SECONDS


async def test_a_worker_is_certain_of_itself_while_its_lock_is_held(fresh_database: str) -> None:
    engine = engine_for(fresh_database)
    await migrate(engine)
    async with worker_locks(engine, "crawls") as locks:
        assert not locks.is_certain(), "it has not seen its lock yet"
        watch = asyncio.create_task(locks.watch())
        await locks.is_worker(1)
        assert locks.is_certain()
        async with engine.connect() as connection:
            assert await someone_works(connection, "crawls")
        assert not watch.done()
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
    async with engine.connect() as connection:
        assert not await someone_works(connection, "crawls")
    await engine.dispose()


@pytest.mark.parametrize("how", ["connection", "lock"])
async def test_a_worker_that_loses_its_lock_ends_its_watch(fresh_database: str, how: str) -> None:
    engine = engine_for(fresh_database)
    await migrate(engine)
    async with worker_locks(engine, "crawls") as locks:
        watch = asyncio.create_task(locks.watch())
        await locks.is_worker(1)
        if how == "connection":
            async with engine.connect() as connection:
                await connection.execute(TERMINATE)
        else:
            await locks._connection.execute(text("SELECT pg_advisory_unlock_all()"))
        done, _ = await asyncio.wait([watch], timeout=30)
        assert done
    await engine.dispose()


async def test_a_worker_that_hears_nothing_of_its_lock_is_certain_no_longer(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_for(fresh_database)
    await migrate(engine)
    async with worker_locks(engine, "crawls") as locks:
        watch = asyncio.create_task(locks.watch())
        await locks.is_worker(1)
        monkeypatch.setattr(worker_liveness, "CERTAIN_SECONDS", 0.2)
        async with locks._turn:  # as if the database did not answer
            await asyncio.sleep(0.3)
            assert not locks.is_certain()
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
    await engine.dispose()
