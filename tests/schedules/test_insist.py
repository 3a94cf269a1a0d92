"""A job's successor comes into the queue, however often the database refuses first."""

import asyncio

import pytest
from sqlalchemy.exc import OperationalError

from schedules.jobs import insist


async def test_a_successor_is_put_again_until_the_database_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real, tries = asyncio.sleep, []
    monkeypatch.setattr("asyncio.sleep", lambda seconds: real(0))

    async def put() -> None:
        tries.append(1)
        if len(tries) < 4:
            raise OperationalError("INSERT", {}, Exception("away"))

    await insist(put)
    assert len(tries) == 4


async def test_what_is_no_fault_of_the_database_is_raised() -> None:
    async def put() -> None:
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        await insist(put)
