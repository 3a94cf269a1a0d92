"""Ready is what could fetch, record and index a page now; what is missing is named, and asking is cheap."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from index.postgresql.backend import PostgresqlIndex
from ledger.outbox import Publishing, note_publishing
from news import clock
from news.configuration import Configuration
from news.errors import PoolUnavailable
from tests.web.conftest import client_of
from web import readiness
from web.app import create_app
from web.readiness import _PoolProbe


async def _ready(client: httpx.AsyncClient, status: int = 200) -> Any:
    answer = await client.get("/readyz")
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_three_hundred_questions_at_once_are_one_look(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    statements: list[str] = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    answers = await asyncio.gather(*(client.get("/readyz") for _ in range(300)))
    assert {answer.status_code for answer in answers} == {200}
    assert sum("INSERT INTO sites" in each for each in statements) == 1
    assert len(statements) < 15


async def test_a_ledger_that_is_read_only_is_not_ready_and_heals(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "FRESH_SECONDS", 0.0)
    for setting in ("on", "off"):
        async with engine.connect() as connection:
            await connection.execute(text("SET TRANSACTION READ WRITE"))
            name = engine.url.database
            await connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = {setting}"))
            await connection.commit()
        await engine.dispose()
        if setting == "on":
            found = await _ready(client, 503)
            assert not found["parts"]["ledger"]["ready"]
            assert "25006" in found["parts"]["ledger"]["reason"]
            assert found["parts"]["ledger"]["reason"] in found["missing"]
    assert (await _ready(client))["missing"] == []


async def test_a_privilege_that_the_index_lacks_is_not_called_an_index_that_is_away(
    app: FastAPI, engine: AsyncEngine, tmp_path: Path, fresh_database: str
) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("CREATE ROLE searchless"))
        for grant in ("ALL ON ALL TABLES IN SCHEMA public", "USAGE ON ALL SEQUENCES IN SCHEMA public"):
            await connection.execute(text(f"GRANT {grant} TO searchless"))

    @event.listens_for(engine.sync_engine, "checkout")
    def become(connection: Any, record: object, proxy: object) -> None:
        connection.cursor().execute("SET ROLE searchless")
        connection.commit()

    try:
        async with client_of(create_app(engine, PostgresqlIndex(engine), Configuration(home=tmp_path))) as client:
            found = await _ready(client, 503)
            assert found["parts"]["ledger"]["ready"]
            [missing] = found["missing"]
            assert "42501 permission denied for schema search" in missing
            answer = await client.get("/api/search?q=rain")
            assert answer.status_code == 503
            assert "42501 permission denied for schema search" in answer.json()["detail"]
    finally:
        event.remove(engine.sync_engine, "checkout", become)
        await engine.dispose()
        async with engine.begin() as connection:
            await connection.execute(text("DROP OWNED BY searchless"))
            await connection.execute(text("DROP ROLE searchless"))


async def test_what_the_publisher_waits_for_is_a_reason_and_what_the_index_lacks_is_noted(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "FRESH_SECONDS", 0.0)
    for waits_for, said in (
        ("'articles' is read-only; its disk may be full", "documents: 'articles' is read-only; its disk may be full."),
        ("Elasticsearch at http://secret-host:9200 has an error: 503 (x).", "documents: Elasticsearch has an error"),
    ):
        async with engine.begin() as connection:
            await note_publishing(connection, Publishing(waits_for=waits_for, difference="The index lacks 3."))
        found = await _ready(client, 503)
        assert said in found["parts"]["index"]["reason"]
        assert "secret-host" not in str(found)
        assert found["notes"] == ["The index lacks 3."]
    async with engine.begin() as connection:
        await note_publishing(connection, Publishing())
    assert (await _ready(client))["notes"] == []


async def test_a_clock_that_is_off_is_noted_and_stops_nothing(client: httpx.AsyncClient) -> None:
    clock.set_offset(timedelta(seconds=-90))
    try:
        found = await _ready(client)
    finally:
        clock.set_offset(timedelta(0))
    assert found["notes"] == [
        "This machine's clock is 90.0 s ahead of PostgreSQL's, which Broadsheet uses. Synchronise it with NTP."
    ]


class _Pool:
    """A pool that answers as the test wants."""

    def __init__(self, answer: Callable[[], Awaitable[int]]) -> None:
        self.answer = answer
        self.asked = 0

    async def run(self, outlet: str, function: Callable[[], int]) -> int:
        self.asked += 1
        return await self.answer()


async def test_a_broken_pool_is_named_a_busy_one_is_ready_and_a_silent_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def well() -> int:
        return 1

    async def broken() -> int:
        raise PoolUnavailable("The process pool broke: no fork server.")

    async def silent() -> int:
        await asyncio.sleep(60)
        return 1

    pool: Any = _Pool(well)
    probe = _PoolProbe(pool)
    assert [await probe.fault(), await probe.fault(), pool.asked] == ["", "", 1]
    pool = _Pool(broken)
    assert await _PoolProbe(pool).fault() == "No page can be extracted: The process pool broke: no fork server."
    monkeypatch.setattr(readiness, "PATIENCE_SECONDS", 0.01)
    probe = _PoolProbe(_Pool(silent))  # type: ignore[arg-type]
    assert await probe.fault() == ""
    monkeypatch.setattr(readiness, "POOL_LATE_SECONDS", 0.0)
    assert "has not answered for" in await probe.fault()
    assert probe._asked is not None
    probe._asked.cancel()


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/api/search", "/api/outlets", "/api/status", "/"])
async def test_head_is_answered_as_get_is_without_a_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert head.status_code == got.status_code
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.content == b""
