"""The schema: made once, by whoever comes first, as ledger/schema/ says; a ledger of another Broadsheet is refused."""

import asyncio

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.database import _config, engine_for, migrate
from ledger.locks import Lock
from ledger.schema import metadata
from ledger.watches import all_watches, resume, watch_of
from news.errors import DatabaseUnavailable


async def test_the_migrations_make_what_the_tables_say(engine: AsyncEngine) -> None:
    def differences(connection: Connection) -> list[object]:
        def is_ours(thing: object, name: str | None, kind: str, *_: object) -> bool:
            return kind != "table" or not (name or "").startswith("procrastinate_")

        options = {"include_object": is_ours, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_second_process_that_migrates_waits_and_finds_nothing_to_do(empty_database: str) -> None:
    first, second = engine_for(empty_database), engine_for(empty_database)
    try:
        async with first.connect() as ours:
            await ours.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": Lock.MIGRATION})
            await ours.commit()
            theirs = asyncio.create_task(migrate(second))
            await asyncio.sleep(0.5)
            assert not theirs.done()
            assert (await ours.execute(text("SELECT to_regclass('articles')"))).scalar() is None
            await ours.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": Lock.MIGRATION})
            await ours.commit()
            await theirs
        await asyncio.gather(migrate(first), migrate(second))
    finally:
        await first.dispose()
        await second.dispose()


@pytest.mark.parametrize(
    ("revision", "says"),
    [
        ("9999_of_the_future", "written by a newer Broadsheet. Upgrade Broadsheet"),
        ("0001", "by a development version, before the first release"),
        ("0012", "Set BROADSHEET_DATABASE_URL to an empty database"),
    ],
)
async def test_a_ledger_of_an_unknown_schema_is_refused_and_stays_as_it_is(
    engine: AsyncEngine, revision: str, says: str
) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
    with pytest.raises(DatabaseUnavailable, match=says):
        await migrate(engine)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar() == revision


async def test_a_watch_that_was_paused_before_pauses_were_kept_sees_nothing_that_waits(empty_database: str) -> None:
    def up_to_sums(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0003_source_sums")

    engine = engine_for(empty_database)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(up_to_sums)
            for name, paused in (("active", False), ("paused", True)):
                await connection.execute(
                    text(
                        "INSERT INTO watches (id, name, query, triggers, timezone, unsubscribe_token, paused)"
                        " VALUES (gen_random_uuid(), :name, '{}', '{articles}', 'UTC', :name, :paused)"
                    ),
                    {"name": name, "paused": paused},
                )
        await migrate(engine)
        async with engine.begin() as connection:
            active, paused = await all_watches(connection)
            assert [each.sees(7) for each in (active, paused)] == [True, False]
            await resume(connection, paused.id)
            assert (await watch_of(connection, "paused")).sees(7)
    finally:
        await engine.dispose()
