"""What a database error says: data or system, and why, without the data."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.database import engine_for
from ledger.faults import is_data_error, reason_of
from ledger.schema import attempts

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


async def test_a_lost_connection_a_full_disk_and_a_lock_are_not(engine: AsyncEngine, fresh_database: str) -> None:
    for sqlstate in ("53100", "55P03", "57P01", "40001", "23502"):
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
