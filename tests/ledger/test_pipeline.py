"""Statements sent together: what fails, is cancelled or loses its connection leaves nothing behind and blocks nobody."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger import database
from ledger.database import engine_for
from ledger.faults import is_data_error
from ledger.pipeline import Pipeline
from ledger.statements import ADD_ATTEMPT, NOTE_REQUEST
from ledger.visit_transaction import record
from news.outcome import Outcome
from tests.ledger import readings

NOW = datetime.now(UTC)


async def sites(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        return list((await connection.execute(text("SELECT site FROM sites ORDER BY site"))).scalars())


@pytest.mark.parametrize("bad", [{"site": "nul\0"}, {"at": "no time"}, {"site": "x" * 20_000_000}])
async def test_what_postgresql_refuses_as_data_is_said_as_such_and_nothing_is_written(
    engine: AsyncEngine, bad: dict[str, Any]
) -> None:
    async with engine.connect() as connection:
        pipeline = Pipeline(connection)
        pipeline.add(NOTE_REQUEST, site="before.example", at=NOW)
        pipeline.add(NOTE_REQUEST, **{"site": "bad.example", "at": NOW} | bad)
        pipeline.add(NOTE_REQUEST, site="after.example", at=NOW)
        with pytest.raises((DBAPIError, UnicodeEncodeError)) as refused:
            async with asyncio.timeout(30):
                await pipeline.commit()
    assert is_data_error(refused.value)
    assert await sites(engine) == []


async def test_an_error_names_no_value_and_no_statement(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        with pytest.raises(DataError) as refused:
            await Pipeline(connection).rows(NOTE_REQUEST, site="secret.example", at="no time")
    assert "secret.example" not in str(refused.value)
    assert "INSERT" not in str(refused.value)


async def test_sent_and_ended_in_one_go_is_written(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        pipeline = Pipeline(connection)
        pipeline.add(NOTE_REQUEST, site="a.example", at=NOW)
        await pipeline.commit()
        assert await sites(engine) == ["a.example"]
    assert await sites(engine) == ["a.example"]


async def test_statements_larger_than_a_sockets_buffer_are_sent(engine: AsyncEngine) -> None:
    """PostgreSQL answers while it is still being sent to: both must read."""
    length = "SELECT length(CAST(%(value)s AS text)), CAST(%(value)s AS text)"
    async with asyncio.timeout(30), engine.begin() as connection:
        pipeline = Pipeline(connection)
        for _ in range(4):
            pipeline.add(length, value="x" * 3_000_000)
        [row] = await pipeline.rows(length, value="y" * 3_000_000)
        assert row.length == 3_000_000
        for _ in range(4):
            pipeline.add(length, value="z" * 3_000_000)
        pipeline.add(NOTE_REQUEST, site="a.example", at=NOW)
        await pipeline.commit()
    assert await sites(engine) == ["a.example"]


async def test_a_recording_that_is_cancelled_writes_nothing_and_leaves_its_connection_in_order(
    fresh_database: str,
) -> None:
    engine = engine_for(fresh_database, connections=1)
    try:
        for number in range(12):
            url = f"https://courier.example/{number}"
            going = asyncio.create_task(readings.read(engine, readings.article(url, readings.text(number)), NOW))
            for _ in range(number):
                await asyncio.sleep(0)
            await asyncio.sleep(0.001 * (number % 4))
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)
            async with asyncio.timeout(10), engine.connect() as connection:
                counts = "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM attempts)"
                found = (await connection.execute(text(counts))).one()
                assert found[0] == found[1]
    finally:
        await engine.dispose()


async def test_a_connection_that_was_lost_while_idle_is_replaced(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "IDLE_SECONDS", 0.0)
    engine, other = engine_for(fresh_database, connections=1), engine_for(fresh_database, connections=1)
    try:
        async with engine.connect() as connection:
            pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        async with other.connect() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        await asyncio.sleep(0.2)
        recorded = await readings.fail(engine, "https://courier.example/a", Outcome.GONE, NOW)
        assert recorded.outcome is Outcome.GONE
    finally:
        await engine.dispose()
        await other.dispose()


async def test_a_connection_that_is_lost_at_work_fails_that_recording_alone(fresh_database: str) -> None:
    engine, other = engine_for(fresh_database, connections=1), engine_for(fresh_database, connections=1)
    try:
        visit = readings.reading(readings.article("https://courier.example/a", readings.text(1)), NOW)
        async with engine.connect() as connection:
            pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        async with other.begin() as connection:
            await connection.execute(text("LOCK TABLE articles"))
            going = asyncio.create_task(record(engine, visit))
            await asyncio.sleep(0.3)
            await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            with pytest.raises(DBAPIError):
                await going
        assert (await record(engine, visit)).outcome is Outcome.NEW
    finally:
        await engine.dispose()
        await other.dispose()


async def test_a_number_and_a_null_are_one_statement(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        common = {"at": NOW, "outlet": "a", "url": "https://a.example", "outcome": "new", "reason": None}
        common |= dict.fromkeys(("final_url", "latency_ms", "content_bytes", "article_id", "recrawl_id"))
        first = await Pipeline(connection).rows(ADD_ATTEMPT, **common, status=200)
        second = await Pipeline(connection).rows(ADD_ATTEMPT, **common, status=None)
        assert second[0].id == first[0].id + 1
