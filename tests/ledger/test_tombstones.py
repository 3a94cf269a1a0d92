"""An article whose page is gone keeps its versions, says when and how it went, and may come back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from ledger.articles import documents, history
from ledger.schema import articles, outbox, pages
from ledger.tombstones import stones
from news.outcome import Outcome
from tests.ledger import readings
from tests.ledger.readings import article, fail, hour, read

URL = "https://daily.example/politics/mayor-resigns-after-vote"
ARTICLE = article(URL, readings.text(1))


async def only(engine):
    async with engine.connect() as connection:
        return (await connection.execute(select(articles))).one()


async def due_at(engine, url=URL):
    async with engine.connect() as connection:
        return (await connection.execute(select(pages.c.due_at).where(pages.c.url == url))).scalar_one()


async def forget_debts(engine):
    async with engine.begin() as connection:
        await connection.execute(outbox.delete())


async def document(engine):
    row = await only(engine)
    async with engine.connect() as connection:
        return (await documents(connection, [row.id]))[row.id]


@pytest.mark.parametrize("status", [404, 410])
async def test_a_page_gone_twice_a_day_apart_is_a_tombstone_that_keeps_its_versions(engine, status):
    await read(engine, ARTICLE, hour(0))
    await fail(engine, URL, Outcome.GONE, hour(1), status)
    assert (await only(engine)).gone_at is None
    await forget_debts(engine)
    await fail(engine, URL, Outcome.GONE, hour(26), status)
    row = await only(engine)
    assert (row.gone_at, row.gone_status, row.revision) == (hour(26), status, 2)
    told = await document(engine)
    assert (told["gone_at"], told["gone_reason"]) == ("2026-03-03T10:00:00Z", str(status))
    async with engine.connect() as connection:
        assert len(await history(connection, row.id)) == 1
        [stone] = await stones(connection, row.id)
        assert (stone.missed_at, stone.gone_at, stone.status, stone.back_at) == (hour(1), hour(26), status, None)
        assert (await connection.execute(select(outbox.c.revision))).scalars().all() == [2]


async def test_a_page_gone_twice_within_a_day_is_asked_again_when_the_day_is_over(engine):
    await read(engine, ARTICLE, hour(0))
    await fail(engine, URL, Outcome.GONE, hour(1))
    assert await due_at(engine) == hour(25)
    await fail(engine, URL, Outcome.GONE, hour(2))
    await fail(engine, URL, Outcome.GONE, hour(3))
    assert (await only(engine)).gone_at is None
    assert await due_at(engine) == hour(25)
    await fail(engine, URL, Outcome.GONE, hour(25))
    assert (await only(engine)).gone_at == hour(25)
    assert await due_at(engine) is None


@pytest.mark.parametrize("change", ["", "\nOne line more."])
async def test_coming_back_is_recorded_even_with_the_same_text(engine, change):
    await read(engine, ARTICLE, hour(0))
    for at in (1, 26):
        await fail(engine, URL, Outcome.GONE, hour(at))
    await forget_debts(engine)
    await read(engine, article(URL, ARTICLE.body + change), hour(50))
    row = await only(engine)
    assert (row.gone_at, row.gone_status, row.returned_at) == (None, None, hour(50))
    told = await document(engine)
    assert "gone_at" not in told
    assert told["returned_at"] == "2026-03-04T10:00:00Z"
    async with engine.connect() as connection:
        assert [stone.back_at for stone in await stones(connection, row.id)] == [hour(50)]
        assert (await connection.execute(select(outbox.c.revision))).scalars().all() == [row.revision]


async def test_a_304_shows_that_the_page_is_there(engine):
    await read(engine, ARTICLE, hour(0))
    await fail(engine, URL, Outcome.GONE, hour(1))
    await fail(engine, URL, Outcome.NOT_MODIFIED, hour(2), 304)
    await fail(engine, URL, Outcome.GONE, hour(27))
    row = await only(engine)
    assert (row.missed_at, row.gone_at) == (hour(27), None)


async def test_a_page_may_go_more_than_once(engine):
    await read(engine, ARTICLE, hour(0))
    for at in (1, 26):
        await fail(engine, URL, Outcome.GONE, hour(at))
    await read(engine, ARTICLE, hour(50))
    for at in (60, 90):
        await fail(engine, URL, Outcome.GONE, hour(at), 410)
    row = await only(engine)
    assert row.gone_at == hour(90)
    async with engine.connect() as connection:
        assert [(stone.status, stone.back_at) for stone in await stones(connection, row.id)] == [
            (404, hour(50)),
            (410, None),
        ]


async def test_a_print_view_that_goes_takes_no_article_with_it(engine):
    await read(engine, ARTICLE, hour(0))
    for at in (1, 30, 60):
        await fail(engine, f"{URL}?view=print", Outcome.GONE, hour(at))
    assert (await only(engine)).missed_at is None


async def test_a_page_without_an_article_leaves_no_tombstone(engine):
    for at in (1, 30):
        recorded = await fail(engine, "https://daily.example/nothing", Outcome.GONE, hour(at))
    assert recorded.article_id is None


async def test_a_server_that_fails_in_between_does_not_shorten_the_day(engine):
    await read(engine, ARTICLE, hour(0))
    await fail(engine, URL, Outcome.GONE, hour(1))
    await fail(engine, URL, Outcome.SERVER_ERROR, hour(20), 503)
    await fail(engine, URL, Outcome.GONE, hour(21))
    assert (await only(engine)).gone_at is None
    assert await due_at(engine) == hour(1) + timedelta(days=1)
