"""A recrawl's id joins wish, page and answer."""

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.attempts import attempt_of
from ledger.pages import due, want
from ledger.recrawl_requests import answer, ask, open_one, recrawl_of
from ledger.schema import attempts
from news.clock import now
from news.outcome import Outcome

URL = "https://a.example/1"


async def _attempted(connection: AsyncConnection) -> int:
    values = {"outlet": "a", "url": URL, "at": now(), "outcome": Outcome.GONE}
    found = await connection.execute(insert(attempts).values(values).returning(attempts.c.id))
    return found.scalar_one()


async def test_a_due_page_carries_the_recrawl_that_waits_for_it(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await want(connection, "a", URL)
        # this fetch is under way before anybody asks
        [before] = await due(connection, "a", 5)
        asked, joined = await ask(connection, "a", URL, force=False)
        [page] = await due(connection, "a", 5)
        assert (before.recrawl_id, page.recrawl_id, joined) == (None, asked.id, False)


async def test_a_fetch_that_was_under_way_leaves_the_recrawl_open(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        asked, _ = await ask(connection, "a", URL, force=False)
        await _attempted(connection)  # later than the wish, but not its answer
        assert await open_one(connection, URL) == asked


async def test_a_recrawl_is_answered_once(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        asked, _ = await ask(connection, "a", URL, force=False)
        first, second = await _attempted(connection), await _attempted(connection)
        assert await answer(connection, asked.id, first)
        assert not await answer(connection, asked.id, second)
        assert await open_one(connection, URL) is None
        answered = await recrawl_of(connection, asked.id)
        assert answered.attempt_id == first
        ended = await attempt_of(connection, first)
        assert ended is not None
        assert (ended.id, ended.outcome) == (first, Outcome.GONE)


async def test_who_asks_while_one_waits_joins_it_and_who_asks_later_does_not(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        asked, _ = await ask(connection, "a", URL, force=False)
        again, joined = await ask(connection, "b", URL, force=True)
        assert (again.id, again.force, again.outlet, joined) == (asked.id, True, "b", True)
        assert await open_one(connection, URL) == again
        await answer(connection, asked.id, await _attempted(connection))
        later, joined = await ask(connection, "b", URL, force=False)
        assert later.id != asked.id
        assert not joined


async def test_a_page_whose_outlet_is_gone_belongs_to_the_one_that_is_asked(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await want(connection, "a", URL)
        await want(connection, "b", URL)
        assert [page.url for page in await due(connection, "b", 5)] == [URL]
