"""Locks that a process which fell silent does not keep from the others."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.locks import Lock, let_go_when_silent

TRY = text("SELECT pg_try_advisory_lock(:lock)")


async def test_who_says_nothing_loses_its_lock_and_who_speaks_keeps_it(engine: AsyncEngine) -> None:
    async with engine.connect() as holder, engine.connect() as other:
        assert (await holder.execute(TRY, {"lock": Lock.PUBLISHER})).scalar_one()
        await holder.commit()
        await let_go_when_silent(holder, 1)
        for _ in range(4):
            await asyncio.sleep(0.5)
            await holder.execute(text("SELECT 1"))
            await holder.commit()
        assert not (await other.execute(TRY, {"lock": Lock.PUBLISHER})).scalar_one()
        await other.commit()
        while not (await other.execute(TRY, {"lock": Lock.PUBLISHER})).scalar_one():
            await other.commit()
            await asyncio.sleep(0.1)
        with pytest.raises(DBAPIError):
            await holder.execute(text("SELECT 1"))
        await holder.invalidate()
