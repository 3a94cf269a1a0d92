"""The ledger's one transaction: what an attempt leaves behind, and what it never does."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger import indexed
from ledger.articles import find, history, newest
from ledger.attempts import ended
from ledger.indexed import enqueue_everything
from ledger.outbox import backlog, enqueue_article, pending, reject, resolve
from ledger.pages import Found, announce, count_due, due, want
from ledger.rejected_documents import drop, rejected, retry
from ledger.schema import articles, pages
from ledger.visit_transaction import Terms, record
from news.article import Article
from news.digest import Digest
from news.errors import NotFound
from news.outcome import Outcome
from news.outlet import Outlet
from news.visit import Visit

URL = "https://courier.example/news/harbour-opens-after-storm"
NOW = datetime.now(UTC)
ARTICLE = Article(url=URL, headline="Harbour opens after storm", body="The harbour opened at noon.\nShips came in.")


OUTLET = Outlet(slug="courier", name="The Courier", home="https://courier.example/")


def failed(outcome: Outcome, url: str = URL, *, at: datetime = NOW) -> Visit:
    return Visit(outlet=OUTLET, url=url, fetched_at=at, outcome=outcome, status=200, etag='"1"')


def visit(article: Article = ARTICLE, read_from: str = "", *, asked: str = "", at: datetime = NOW) -> Visit:
    page = read_from or article.url
    read = Digest(article=article)
    return Visit(outlet=OUTLET, url=asked or page, final_url=page, fetched_at=at, status=200, etag='"1"', digest=read)


async def test_a_page_read_twice_is_stored_once(engine: AsyncEngine) -> None:
    first = await record(engine, visit())
    second = await record(engine, visit(at=NOW + timedelta(hours=1)))
    assert (first.outcome, second.outcome) == (Outcome.NEW, Outcome.UNCHANGED)
    assert first.article_id == second.article_id
    async with engine.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(articles))).scalar_one() == 1
        assert len(await history(connection, UUID(str(first.article_id)))) == 1
        assert len(await ended(connection)) == 2


async def test_a_changed_text_is_a_new_version_and_both_are_kept(engine: AsyncEngine) -> None:
    await record(engine, visit())
    changed = replace(ARTICLE, headline="Harbour stays closed after storm")
    recorded = await record(engine, visit(changed))
    assert recorded.outcome is Outcome.CHANGED
    async with engine.connect() as connection:
        versions = await history(connection, UUID(str(recorded.article_id)))
        assert [version.article.headline for version in versions] == [ARTICLE.headline, changed.headline]
        assert versions[1].edits is not None
        assert "headline" in versions[1].edits.kinds
        assert await newest(connection, UUID(str(recorded.article_id))) == changed


async def test_a_print_view_makes_no_version_of_an_article_that_is_known(engine: AsyncEngine) -> None:
    await record(engine, visit())
    view = f"{URL}?view=print"
    recorded = await record(engine, visit(replace(ARTICLE, body="The harbour opened."), view))
    assert recorded.outcome is Outcome.UNCHANGED
    assert recorded.is_view
    async with engine.connect() as connection:
        assert (await newest(connection, UUID(str(recorded.article_id)))).body == ARTICLE.body
        assert await due(connection, "courier", 10) == []


async def test_an_article_met_first_in_its_print_view_is_read_from_its_own_address_later(engine: AsyncEngine) -> None:
    view = f"{URL}?view=print"
    await record(engine, visit(replace(ARTICLE, body="The harbour opened."), view))
    async with engine.connect() as connection:
        assert [page.url for page in await due(connection, "courier", 10)] == [URL]
    recorded = await record(engine, visit())
    async with engine.connect() as connection:
        versions = await history(connection, UUID(str(recorded.article_id)))
    assert [version.article.body for version in versions] == [ARTICLE.body]


async def test_a_redirect_leaves_one_article_and_one_page_to_visit_again(engine: AsyncEngine) -> None:
    old = "https://courier.example/news/harbor-opens-after-storm"
    async with engine.begin() as connection:
        await announce(connection, "courier", "feed", [Found(url=old), Found(url=URL)])
    await record(engine, visit(asked=old))
    async with engine.connect() as connection:
        assert await count_due(connection, "courier") == 0
        visits = {row.url: row.due_at for row in await connection.execute(select(pages.c.url, pages.c.due_at))}
        assert await find(connection, old) == await find(connection, URL)
    assert visits[old] is None
    assert visits[URL] is not None


async def test_a_failure_keeps_the_article_and_comes_back_later_each_time(engine: AsyncEngine) -> None:
    await record(engine, visit())
    pauses = []
    for number in range(3):
        at = NOW + timedelta(hours=number)
        recorded = await record(engine, failed(Outcome.SERVER_ERROR, at=at))
        assert recorded.article_id is not None
        async with engine.connect() as connection:
            due_at = (await connection.execute(select(pages.c.due_at))).scalar_one()
            assert (await newest(connection, recorded.article_id)) == ARTICLE
        pauses.append(due_at - at)
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[2]


async def test_a_304_keeps_what_made_the_request_conditional(engine: AsyncEngine) -> None:
    await record(engine, visit())
    await record(engine, replace(failed(Outcome.NOT_MODIFIED), etag=None, status=304))
    async with engine.begin() as connection:
        await want(connection, "courier", URL)
        assert [page.etag for page in await due(connection, "courier", 1)] == ['"1"']
        await want(connection, "courier", URL, force=True)
        assert [page.etag for page in await due(connection, "courier", 1)] == [None]


async def test_a_page_that_the_ledger_refuses_is_recorded_as_such_and_nothing_else_of_it(engine: AsyncEngine) -> None:
    bad = replace(visit(), digest=Digest(article=ARTICLE, enrichment={"places": ["NUL \x00 is no text"]}))
    recorded = await record(engine, bad)
    assert recorded.outcome is Outcome.UNRECORDABLE
    assert "22P05" in recorded.reason
    async with engine.connect() as connection:
        [attempt] = await ended(connection)
        assert (attempt.url, attempt.outcome, attempt.article_id) == (URL, Outcome.UNRECORDABLE, None)
        assert (await backlog(connection)).pending == 0
        assert await count_due(connection, "courier") == 0
        with pytest.raises(NotFound):
            await find(connection, URL)


async def test_the_outbox_owes_the_newest_revision_until_the_index_has_it(engine: AsyncEngine) -> None:
    await record(engine, visit())
    async with engine.connect() as connection:
        [first] = await pending(connection, 10)
    await record(engine, visit(replace(ARTICLE, headline="Harbour closed")))
    async with engine.begin() as connection:
        await resolve(connection, [first])  # the index took the old revision meanwhile
        [second] = await pending(connection, 10)
        assert (first.revision, second.revision) == (1, 2)
        assert second.document is not None
        assert second.as_json()["headline"] == "Harbour closed"
        await resolve(connection, [second])
        assert await pending(connection, 10) == []
    assert await enqueue_everything(engine) == 1
    async with engine.connect() as connection:
        assert [each.revision for each in await pending(connection, 10)] == [2]


async def test_what_is_being_recorded_stays_pending_and_holds_nobody_up(engine: AsyncEngine) -> None:
    await record(engine, visit())
    async with engine.begin() as connection:
        [first] = await pending(connection, 10)
        await enqueue_article(connection, UUID(first.id), 2)  # and has not ended yet
        async with asyncio.timeout(5), engine.begin() as another:
            await resolve(another, [first])
    async with engine.connect() as connection:
        assert [each.revision for each in await pending(connection, 10)] == [2]


async def test_enqueueing_everything_and_recording_never_wait_for_each_other(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexed, "PAGE", 3)
    for number in range(10):
        await record(engine, visit(replace(ARTICLE, url=f"{URL}/{number}")))
    async with engine.connect() as connection:
        known = [UUID(each.id) for each in await pending(connection, 100)]

    async def in_another_order(revision: int) -> None:
        for _ in range(5):
            try:
                async with engine.begin() as connection:
                    for id in sorted(known, reverse=True):
                        await enqueue_article(connection, id, revision)
                return
            except DBAPIError:
                continue
        raise AssertionError("it never got through")

    async with asyncio.timeout(60):
        await asyncio.gather(*(enqueue_everything(engine) for _ in range(3)), *map(in_another_order, range(2, 5)))
    async with engine.connect() as connection:
        assert len(await pending(connection, 100)) == len(known)


async def test_a_refused_document_goes_into_quarantine_with_its_reason(engine: AsyncEngine) -> None:
    await record(engine, visit())
    async with engine.begin() as connection:
        [unwanted] = await pending(connection, 10)
        await reject(connection, unwanted, "the schema knows no field x")
        told = await backlog(connection)
    assert (told.pending, told.rejected) == (0, 1)


async def test_a_listed_address_is_due_once_and_again_only_when_its_source_says_so(engine: AsyncEngine) -> None:
    day = timedelta(days=1)
    async with engine.begin() as connection:
        assert len((await announce(connection, "courier", "feed", [Found(url=URL, lastmod=NOW - day)] * 2)).new) == 1
        assert len((await announce(connection, "courier", "feed", [Found(url=URL, lastmod=NOW - day)])).new) == 0
        assert await count_due(connection, "courier") == 1
    await record(engine, visit(at=datetime.now(UTC)))
    async with engine.begin() as connection:
        assert len((await announce(connection, "courier", "sitemap", [Found(url=URL)])).new) == 0
        assert await count_due(connection, "courier") == 0
        await announce(connection, "courier", "feed", [Found(url=URL, lastmod=NOW)])
        assert await count_due(connection, "courier") == 1


async def test_what_was_refused_can_be_seen_tried_again_and_let_go(engine: AsyncEngine) -> None:
    recorded = await record(engine, visit(), Terms(events=True))
    async with engine.begin() as connection:
        for each in await pending(connection, 10):
            await reject(connection, each, "the schema knows no field x")
        aside = await rejected(connection)
        assert {each.stream for each in aside} == {"articles", "events"}
        assert {each.reason for each in aside} == {"the schema knows no field x"}
        with pytest.raises(NotFound):
            await rejected(connection, ["unknown"])
        assert await retry(connection, [str(recorded.article_id)]) == 1
        assert [each.id for each in await pending(connection, 10)] == [str(recorded.article_id)]
        [event] = await rejected(connection)
        assert await drop(connection, []) == 0
        assert await drop(connection, [event.id]) == 1
        assert (await backlog(connection)).rejected == 0
        assert await newest(connection, UUID(str(recorded.article_id))) == ARTICLE
