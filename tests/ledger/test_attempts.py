"""The last attempt at an article is known, whatever its end."""

from dataclasses import replace

import pytest
from sqlalchemy import event, select, text

from ledger.attempts import last_attempt
from ledger.schema import pages
from ledger.visit_transaction import record
from news.outcome import Outcome
from tests.ledger import readings
from tests.ledger.readings import article, hour, read

URL = "https://daily.example/flood"
FLOOD = article(URL, readings.text(1))


async def last(engine, article_id):
    async with engine.connect() as connection:
        return await last_attempt(connection, article_id)


def failed(outcome, at, *, status=None, reason="", url=URL):
    visit = readings.reading(FLOOD, at, asked=url)
    return replace(visit, digest=None, final_url="", status=status).ended(outcome, reason)


async def test_an_article_that_was_read_was_attempted_then(engine):
    kept = await read(engine, FLOOD, hour(0))
    found = await last(engine, kept.article_id)
    assert (found.at, found.url, found.outcome, found.status) == (hour(0), URL, Outcome.NEW, 200)
    assert found.next_visit_at > hour(0)
    assert found.result == "new"


async def test_the_first_410_is_known_at_once_with_the_day_of_the_next_visit(engine):
    kept = await read(engine, FLOOD, hour(0))
    await record(engine, failed(Outcome.GONE, hour(1), status=410, reason="the site answers 410"))
    found = await last(engine, kept.article_id)
    assert (found.at, found.outcome, found.status) == (hour(1), Outcome.GONE, 410)
    assert found.result == "gone (the site answers 410)"
    assert found.next_visit_at == hour(25)
    assert found.as_json() == {
        "last_attempt": {
            "at": "2026-03-02T09:00:00Z",
            "url": URL,
            "outcome": "gone",
            "reason": "the site answers 410",
            "status": 410,
        },
        "next_visit_at": "2026-03-03T09:00:00Z",
    }


async def test_an_article_that_is_not_re_fetched_has_no_next_visit(engine):
    kept = await read(engine, FLOOD, hour(0))
    for at in (hour(1), hour(26)):
        await record(engine, failed(Outcome.GONE, at, status=410))
    found = await last(engine, kept.article_id)
    assert (found.at, found.next_visit_at) == (hour(26), None)
    assert found.as_json()["next_visit_at"] is None


@pytest.mark.parametrize(
    ("outcome", "status", "reason", "result"),
    [
        (Outcome.SERVER_ERROR, 503, "the site answers 503", "server error (the site answers 503)"),
        (Outcome.HTTP_ERROR, 403, "the site answers 403", "blocked by the site (the site answers 403)"),
        (Outcome.WALL, 200, "a bot check", "blocked by a consent wall, paywall or bot check (a bot check)"),
        (Outcome.UNRECORDABLE, None, "NUL", "fetched, but cannot be recorded (NUL)"),
        (Outcome.TIMEOUT, None, "", "not reachable: no answer in time"),
    ],
)
async def test_an_attempt_that_failed_is_the_last_one(engine, outcome, status, reason, result):
    kept = await read(engine, FLOOD, hour(0))
    await record(engine, failed(outcome, hour(1), status=status, reason=reason))
    found = await last(engine, kept.article_id)
    assert (found.at, found.outcome, found.result) == (hour(1), outcome, result)


async def test_an_attempt_at_another_address_of_the_article_counts(engine):
    moved = "https://daily.example/old/flood"
    kept = await read(engine, FLOOD, hour(0), asked=moved)
    assert (await last(engine, kept.article_id)).url == moved
    await record(engine, failed(Outcome.TIMEOUT, hour(2)))
    assert (await last(engine, kept.article_id)).url == URL
    await read(engine, FLOOD, hour(3), asked=moved)
    found = await last(engine, kept.article_id)
    assert (found.url, found.at, found.outcome) == (moved, hour(3), Outcome.UNCHANGED)


async def test_an_article_without_an_attempt_has_none(engine):
    assert await last(engine, (await read(engine, FLOOD, hour(0))).article_id) is not None
    async with engine.begin() as connection:
        await connection.execute(pages.delete())
        found = (await connection.execute(select(text("id FROM articles")))).scalar_one()
    assert await last(engine, found) is None


async def test_the_last_attempt_is_found_by_indexes(engine):
    kept = await read(engine, FLOOD, hour(0))
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO pages (url, outlet, found_in, visited_at, article_id)"
                " SELECT 'https://daily.example/' || n, 'daily', 'feed', now(), gen_random_uuid()"
                " FROM generate_series(1, 5000) n"
            )
        )
        await connection.execute(
            text(
                "INSERT INTO attempts (at, outlet, url, outcome)"
                " SELECT now(), 'daily', 'https://daily.example/' || n % 5000, 'unchanged'"
                " FROM generate_series(1, 20000) n"
            )
        )
        await connection.execute(text("ANALYZE pages, attempts"))
    asked = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    assert (await last(engine, kept.article_id)).at == hour(0)
    assert len(asked) == 2
    async with engine.connect() as connection:
        for statement, parameters in asked[:2]:
            rows = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan" not in plan, plan
            assert "Index" in plan
