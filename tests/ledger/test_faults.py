"""What a database error says: data or system, and why, without the data."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, insert, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.database import engine_for
from ledger.faults import CONFLICT_TRIES, again_on_conflict, is_data_error, is_of_the_server, reason_of, sentence_of
from ledger.schema import attempts, sites
from tests.databases import libpq

ATTEMPT: dict[str, Any] = {
    "at": datetime(2024, 2, 8, tzinfo=UTC),
    "outlet": "a",
    "url": "https://a.example/",
    "outcome": "gone",
}


async def _refused(engine: AsyncEngine, **values: Any) -> BaseException:
    with pytest.raises((DBAPIError, UnicodeEncodeError)) as caught:
        async with engine.begin() as connection:
            await connection.execute(insert(attempts).values(ATTEMPT | values))
    return caught.value


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"reason": "secret \x00"}, "NUL"),
        ({"reason": "secret \ud800"}, "surrogates"),
        ({"status": 99_999_999_999}, "22003"),
        ({"latency_ms": 10**30}, "22003"),
        ({"url": "https://a.example/secret/" + "".join(chr(0x4E00 + n * 37 % 20_000) for n in range(3_000))}, "54000"),
    ],
    ids=["nul", "surrogate", "integer", "huge integer", "index row"],
)
async def test_what_can_never_be_stored_is_the_datas_fault(
    engine: AsyncEngine, values: dict[str, Any], words: str
) -> None:
    error = await _refused(engine, **values)
    assert is_data_error(error)
    reason = reason_of(error)
    assert words in reason
    assert len(reason) < 200
    for secret in ("secret", "99999999999", "INSERT", "https://"):
        assert secret not in reason


@pytest.mark.parametrize("sqlstate", ["23502", "23503", "23505", "23514"])
async def test_what_contradicts_a_rule_of_the_tables_is_the_datas_fault(engine: AsyncEngine, sqlstate: str) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with engine.begin() as connection:
            await connection.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{sqlstate}'; END $$"))
    assert is_data_error(caught.value)


async def test_a_lost_connection_a_full_disk_and_a_lock_are_not(engine: AsyncEngine, fresh_database: str) -> None:
    for sqlstate in ("53100", "55P03", "57P01", "40001", "42501"):
        with pytest.raises(DBAPIError) as caught:
            async with engine.begin() as connection:
                await connection.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{sqlstate}'; END $$"))
        assert not is_data_error(caught.value)
        assert reason_of(caught.value) == f"{sqlstate} no"
    away = engine_for("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(OperationalError) as lost:
        async with away.connect():
            pass
    assert not is_data_error(lost.value)


def test_a_mistake_of_ours_is_not() -> None:
    assert not is_data_error(RuntimeError("ours"))
    assert reason_of(RuntimeError("ours")) == "RuntimeError"


async def test_a_refused_connection_is_named_by_its_sqlstate_and_without_an_address(
    engine: AsyncEngine, fresh_database: str
) -> None:
    with psycopg.connect(libpq(fresh_database), autocommit=True) as connection:
        connection.execute("CREATE ROLE limited LOGIN CONNECTION LIMIT 0")
    try:
        limited = engine_for(make_url(fresh_database).set(username="limited").render_as_string(hide_password=False))
        with pytest.raises(OperationalError) as caught:
            async with limited.connect():
                pass
        assert reason_of(caught.value) == '53300 too many connections for role "limited"'
        assert sentence_of(caught.value).startswith("PostgreSQL has no free connection (53300 too many")
    finally:
        with psycopg.connect(libpq(fresh_database), autocommit=True) as connection:
            connection.execute("DROP ROLE limited")
    missing = engine_for(make_url(fresh_database).set(database="no_such").render_as_string(hide_password=False))
    with pytest.raises(OperationalError) as caught:
        async with missing.connect():
            pass
    assert reason_of(caught.value) == '3D000 database "no_such" does not exist'


@pytest.mark.parametrize(
    ("sqlstate", "words"),
    [
        ("53100", "disk is full"),
        ("42501", "does not allow this to Broadsheet's role"),
        ("25006", "is read-only"),
        ("57014", "statement_timeout"),
        ("55P03", "lock_timeout"),
        ("42P05", "session pooling or a direct connection"),
    ],
)
async def test_each_fault_has_its_sentence(engine: AsyncEngine, sqlstate: str, words: str) -> None:
    raised = f"RAISE EXCEPTION 'no' USING ERRCODE = '{sqlstate}', DETAIL = 'secret'"
    with pytest.raises(DBAPIError) as caught:
        async with engine.begin() as connection:
            await connection.execute(text(f"DO $$ BEGIN {raised}; END $$"))
    sentence = sentence_of(caught.value)
    assert words in sentence
    assert f"({sqlstate} no)" in sentence
    assert "secret" not in sentence
    assert is_of_the_server(caught.value)


@pytest.mark.parametrize("statement", ["SELEKT 1", "SELECT 1 / 0", "SELECT nothing", "SELECT 'x'::int"])
async def test_a_wrong_statement_or_value_is_not_of_the_server(engine: AsyncEngine, statement: str) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with engine.begin() as connection:
            await connection.execute(text(statement))
    assert not is_of_the_server(caught.value)


async def test_two_transactions_that_wait_for_each_other_are_both_done(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for site in ("a", "b"):
            await connection.execute(insert(sites).values(site=site))
    tried = Counter[str]()
    both = asyncio.Barrier(2)

    async def lock(first: str, second: str) -> None:
        tried[first] += 1
        async with engine.begin() as connection:
            await connection.execute(sites.update().where(sites.c.site == first).values(requested_at=func.now()))
            if tried[first] == 1:
                await both.wait()
            await connection.execute(sites.update().where(sites.c.site == second).values(requested_at=func.now()))

    await asyncio.gather(again_on_conflict(lambda: lock("a", "b")), again_on_conflict(lambda: lock("b", "a")))
    assert sorted(tried.values()) == [1, 2]


async def test_what_conflicts_always_is_raised_after_a_few_tries(engine: AsyncEngine) -> None:
    tries = 0

    async def conflict() -> None:
        nonlocal tries
        tries += 1
        async with engine.begin() as connection:
            await connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$"))

    with pytest.raises(DBAPIError):
        await again_on_conflict(conflict)
    assert tries == CONFLICT_TRIES
