"""What the ledger counts of the job queue: a dead worker is none."""

import asyncio
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.job_queue import job_counts
from ledger.outlet_state import states
from ledger.schema import pages
from ledger.totals import unrecordable
from news.outcome import Outcome
from schedules.worker_liveness import worker_locks
from tests.databases import libpq
from tests.schedules.processes import PATIENCE_SECONDS, asked, environment, running, until

#: connections of processes other than this test's own queries
OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
#: workers whose heart, as the queue has it, beat within its usual pause
BEATING = "SELECT id FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'"


async def test_workers_of_all_queues_are_counted_until_they_end(engine: AsyncEngine) -> None:
    async with worker_locks(engine, "crawls"), worker_locks(engine, "crawls"):
        async with worker_locks(engine, "demo"):
            assert await _workers(engine) == 3
        await _become(engine, 2)
    await _become(engine, 0)


async def test_a_worker_that_was_killed_is_not_counted_though_its_heart_seems_to_beat(
    engine: AsyncEngine, fresh_database: str, tmp_path: Path
) -> None:
    await engine.dispose()
    environ, log = environment(tmp_path, database_url=libpq(fresh_database)), tmp_path / "log"
    with running(["worker"], environ, log) as worker:
        until(lambda: asked(fresh_database, BEATING), "the worker's heart beats", log)
        assert await _workers(engine) == 1
        await engine.dispose()
        worker.kill()
        worker.wait()
        until(lambda: not asked(fresh_database, OTHERS), "its connections are gone", log)
    assert asked(fresh_database, BEATING)
    assert await _workers(engine) == 0


async def _become(engine: AsyncEngine, number: int) -> None:
    """Return when so many workers are counted: PostgreSQL notices a moment later that a connection was closed."""
    for _ in range(PATIENCE_SECONDS * 10):
        if await _workers(engine) == number:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"never {number} workers")


async def _workers(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return (await job_counts(connection))["workers"]


async def test_pages_that_cannot_be_recorded_are_counted_with_their_most_frequent_reason(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        assert (await unrecordable(connection)).sentence() == ""
        values = {"outlet": "a", "found_in": "feed", "outcome": Outcome.UNRECORDABLE}
        reasons = ["22003 integer out of range", "54000 index row size exceeds", "22003 integer out of range"]
        rows = [values | {"url": f"https://a.example/{at}", "reason": reason} for at, reason in enumerate(reasons)]
        await connection.execute(insert(pages), rows)
        found = await unrecordable(connection)
        assert found.sentence() == "3 pages could not be recorded: mostly 22003 integer out of range"
        assert (await states(connection))["a"].unrecordable == 3
