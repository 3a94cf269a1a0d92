"""The demo newsroom in three of its runs, recorded in any order: one article each, its versions, its copies."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from crawler.demo import Newsroom, judge
from ledger.articles import find, newest
from ledger.schema import articles, versions
from news.digest import Digest
from news.outcome import READ, Outcome
from news.page import Page
from news.visit import Visit
from pipelines.digest import digest
from pipelines.record import record_visit

START = datetime(2026, 11, 8, 6, tzinfo=UTC)
DIGESTS: dict[tuple[str, int], Digest] = {}


def fetch(newsroom, expected, at):
    """Return the attempt at one address with its digest; a page is digested once for all tests."""
    address = expected.final_url or expected.url
    name, outlet = next(
        (name, outlet)
        for (name, _), outlet in zip(newsroom.ports().items(), newsroom.outlets(), strict=True)
        if outlet.slug == expected.outlet
    )
    answer = newsroom.answer(name, address.removeprefix(newsroom.origin(name)))
    status = answer.status if answer else 404
    visit = Visit(outlet=outlet, url=expected.url, final_url=address, fetched_at=at, status=status)
    if answer is None or status != 200:
        return visit.ended(Outcome.GONE)
    key = (address, newsroom.run)
    if key not in DIGESTS:
        page = Page(
            url=expected.url,
            final_url=address,
            status=200,
            headers={"content-type": answer.content_type},
            content=answer.content,
            fetched_at=at,
        )
        DIGESTS[key] = digest(page, outlet)
    return visit.read(DIGESTS[key])


@pytest.mark.parametrize("order", range(2))
async def test_the_newsroom_is_recorded_as_it_says(engine, order):
    faults: list[str] = []
    for run in (1, 2, 3):
        newsroom = Newsroom(8101, run)
        asked = [each for each in newsroom.expected(run - 1) if each.outcomes & {*READ, Outcome.GONE}]
        random.Random(order).shuffle(asked)
        ended = []
        for number, expected in enumerate(asked):
            at = START + timedelta(days=2 * run, seconds=number)
            recorded = await record_visit(engine, fetch(newsroom, expected, at))
            outcome = recorded.outcome
            if outcome is Outcome.UNCHANGED and Outcome.NOT_MODIFIED in expected.outcomes:
                outcome = Outcome.NOT_MODIFIED  # the newsroom would have said 304
            elif outcome is Outcome.UNCHANGED and Outcome.NEW in expected.outcomes:
                outcome = Outcome.NEW  # it was met before, in its print view
            ended.append((expected, outcome))
        async with engine.connect() as connection:
            for expected, outcome in ended:
                url = expected.truth.canonical_url if expected.truth else ""
                faults += judge(
                    expected, outcome, await newest(connection, await find(connection, url)) if url else None
                )
        truths = {each.truth.canonical_url: each.truth for each in asked if each.truth}
        async with engine.connect() as connection:
            rows = {row.url: row for row in await connection.execute(select(articles))}
            assert truths.keys() <= rows.keys()
            for url, truth in truths.items():
                assert rows[url].copy_of == (rows[truth.copy_of].id if truth.copy_of else None), url
            for each in asked:
                if each.truth:
                    assert await find(connection, each.url) == rows[each.truth.canonical_url].id
    assert faults == []
    async with engine.connect() as connection:
        counted = (await connection.execute(select(func.count()).select_from(versions))).scalar_one()
        newest_versions = (await connection.execute(select(func.sum(articles.c.version)))).scalar_one()
    assert counted == newest_versions
