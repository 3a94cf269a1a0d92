"""What is PostgreSQL's own: its schema, writers at once, its absence."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from index.fields import SCHEMA_VERSION
from index.postgresql.backend import PostgresqlIndex
from index.protocol import DONE, Action
from index.query import Query
from news.errors import IndexUnavailable
from tests.index.conftest import Put, document, found
from tests.ports import free_ports


def articles(count: int, revision: int) -> list[Action]:
    return [
        Action(
            stream="articles",
            id=f"id-{number:03}",
            revision=revision,
            document=document(f"n{number:03}", headline=f"told {revision}", authors=[f"Author {number % 9}"]),
        )
        for number in range(count)
    ]


async def test_an_index_that_is_not_there_yet_is_said(engine: AsyncEngine) -> None:
    index = PostgresqlIndex(engine)
    for asked in (index.search(Query()), index.get("a"), index.write(articles(1, 1))):
        with pytest.raises(IndexUnavailable, match="index create"):
            await asked
    status = await index.status()
    assert status.schema_version == 0
    assert "index create" in status.notes[0]


async def test_a_database_that_is_away_is_said_without_its_password() -> None:
    engine = create_async_engine(f"postgresql+psycopg://someone:pass-word@127.0.0.1:{free_ports(1)[0]}/none")
    index = PostgresqlIndex(engine)
    try:
        for asked in (index.search(Query()), index.get("a"), index.write(articles(1, 1)), index.status()):
            with pytest.raises(IndexUnavailable, match="cannot be reached") as caught:
                await asked
            assert "pass-word" not in str(caught.value)
            assert caught.value.__suppress_context__
    finally:
        await engine.dispose()


async def test_many_who_create_at_once_make_one_schema(engine: AsyncEngine) -> None:
    await asyncio.gather(*(PostgresqlIndex(engine).create() for _ in range(4)))
    assert (await PostgresqlIndex(engine).status()).schema_version == SCHEMA_VERSION


async def test_writers_at_once_neither_wait_for_ever_nor_go_back(postgresql: PostgresqlIndex) -> None:
    rounds = [articles(60, revision) for revision in range(1, 9)]
    async with asyncio.timeout(60):
        answers = await asyncio.gather(
            *(postgresql.write(each[::-1] if number % 2 else each) for number, each in enumerate(rounds))
        )
    assert {word.status for each in answers for word in each} == {DONE.status}
    assert len(await found(postgresql, "headline:8")) == 60


async def test_what_postgresql_cannot_do_is_said(postgresql: PostgresqlIndex) -> None:
    notes = " ".join((await postgresql.status()).notes)
    assert "Elasticsearch" in notes
    assert "does not stem" in notes


@pytest.mark.parametrize(
    ("fault", "mended"),
    [
        ("ALTER TABLE search.articles RENAME TO elsewhere", "ALTER TABLE search.elsewhere RENAME TO articles"),
        (
            "ALTER TABLE search.articles RENAME revision TO other",
            "ALTER TABLE search.articles RENAME other TO revision",
        ),
        (
            "ALTER TABLE search.articles ADD CHECK (id = '')",
            "ALTER TABLE search.articles DROP CONSTRAINT articles_id_check",
        ),
        ("ALTER TABLE search.articles ADD extra int NOT NULL", "ALTER TABLE search.articles DROP extra"),
    ],
)
async def test_a_fault_of_the_tables_refuses_no_document(postgresql: PostgresqlIndex, fault: str, mended: str) -> None:
    async with postgresql.engine.begin() as connection:
        await connection.execute(text(fault))
    with pytest.raises(IndexUnavailable):
        await postgresql.write(articles(3, 1))
    async with postgresql.engine.begin() as connection:
        await connection.execute(text(mended))
    assert await postgresql.write(articles(3, 1)) == [DONE] * 3


async def test_a_deleted_article_stays_deleted_for_ever(postgresql: PostgresqlIndex, put: Put) -> None:
    one = document("a")
    await put(postgresql, one)
    assert await postgresql.write([Action(stream="articles", id=one["id"], revision=9, document=None)]) == [DONE]
    async with postgresql.engine.begin() as connection:
        kept = await connection.execute(text("SELECT revision, document FROM search.articles"))
        assert [tuple(row) for row in kept] == [(9, None)]
    assert await postgresql.write([Action(stream="articles", id=one["id"], revision=8, document=one)]) == [DONE]
    assert await postgresql.get(one["id"]) is None
