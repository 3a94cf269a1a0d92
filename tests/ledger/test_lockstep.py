"""Visits that share a transaction leave behind what they would have left one after the other."""

import asyncio
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.faults import in_transaction, is_away
from ledger.import_progress import begin
from ledger.lockstep import independent
from ledger.visit_transaction import Terms, record, record_together
from news.digest import Digest
from news.outcome import Outcome
from news.visit import Visit
from pipelines.importing.import_files import Position
from pipelines.pool import Pool
from pipelines.record import Purpose, Recorder, record_pages
from tests.ledger import readings
from tests.ledger.readings import article, hour, outlet_of, reading

TERMS = Terms(events=True, revisit_days=36_500)
#: what does not depend on which transaction wrote it
LEFT = {
    "articles": "SELECT id, outlet, url, version, revision, fingerprint, fetched_at, missed_at, out_by FROM articles",
    "stories": "SELECT array_agg(id ORDER BY id) FROM articles WHERE story_id IS NOT NULL GROUP BY story_id",
    "versions": "SELECT article_id, version, seen_at FROM versions",
    "addresses": "SELECT key, article_id FROM addresses",
    "signatures": "SELECT article_id, version, bands FROM signatures",
    "pages": "SELECT url, outlet, visited_at, outcome, failures, due_at, article_id FROM pages",
    "attempts": "SELECT url, at, outcome, article_id FROM attempts",
    "outbox": "SELECT stream, CASE stream WHEN 'articles' THEN id END, revision, document->>'url' FROM outbox",
    "sites": "SELECT site, requested_at FROM sites",
}
TABLES = [name for name in LEFT if name != "stories"]


def url(number: int, host: str = "courier.example") -> str:
    return f"https://{host}/news/a-story-with-number-{number}"


def new(number: int, at: float = 1.0, **how: Any) -> Visit:
    return reading(article(url(number), readings.text(number)), hour(at), **how)


def ended(number: int, outcome: Outcome, at: float = 2.0) -> Visit:
    return Visit(outlet=outlet_of(url(number)), url=url(number), fetched_at=hour(at), outcome=outcome, status=404)


async def left(engine: AsyncEngine) -> dict[str, list[str]]:
    async with engine.connect() as connection:
        return {name: sorted(map(str, (await connection.execute(text(query))).all())) for name, query in LEFT.items()}


def _before() -> list[Visit]:
    return [new(number, at=0) for number in range(4)]


def _together() -> list[Visit]:
    known, changed = new(0, at=2), article(url(1), readings.text(99))
    view = replace(new(3, at=2), final_url=f"{url(3)}?print=1", url=f"{url(3)}?print=1")
    return [
        *(new(number, at=2) for number in range(10, 15)),
        known,
        reading(changed, hour(2)),
        ended(2, Outcome.GONE),
        view,
        ended(20, Outcome.HTTP_ERROR),
        # a copy of what another one brings, and of what is there
        reading(article(url(21, "herald.example"), readings.text(10)), hour(2)),
        reading(article(url(22, "herald.example"), readings.text(0)), hour(2)),
        # the same page twice
        new(10, at=3),
    ]


async def test_what_is_recorded_together_is_what_is_recorded_one_by_one(engine: AsyncEngine) -> None:
    visits = _together()
    for visit in _before():
        await record(engine, visit, TERMS)
    done = await record_together(engine, visits, TERMS)
    apart = [visit for visit, recorded in zip(visits, done, strict=True) if recorded is None]
    for visit in apart:
        await record(engine, visit, TERMS)
    # the changed text, two copies and the page that came twice
    assert len(apart) == 4
    together = await left(engine)
    async with engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {', '.join(TABLES)} CASCADE"))
    for visit in [*_before(), *(each for each in visits if each not in apart), *apart]:
        await record(engine, visit, TERMS)
    assert await left(engine) == together
    assert all(together.values())


@pytest.mark.parametrize("bad", ["nul\0", "\ud800"])
async def test_a_page_that_the_ledger_refuses_fails_alone(engine: AsyncEngine, bad: str) -> None:
    visits = [new(number) for number in range(6)]
    visits[3] = replace(visits[3], digest=Digest(article=article(url(3), "Text.", headline=bad)))
    with closing(Pool(1)) as pool:
        recorder = Recorder(engine, pool, TERMS)
        ends = await asyncio.gather(*(recorder.record(visit) for visit in visits))
    assert [end.outcome for end in ends] == [
        Outcome.UNRECORDABLE if number == 3 else Outcome.NEW for number in range(6)
    ]


async def test_a_page_that_breaks_a_rule_of_the_ledger_takes_no_other_along(engine: AsyncEngine) -> None:
    rule = "ALTER TABLE articles {} CONSTRAINT of_test"
    async with engine.begin() as connection:
        await connection.execute(text(rule.format("ADD") + f" CHECK (url <> '{url(3)}')"))
    try:
        with closing(Pool(1)) as pool:
            recorder = Recorder(engine, pool, TERMS)
            going = [recorder.record(new(number)) for number in range(6)]
            ends = await asyncio.gather(*going, return_exceptions=True)
    finally:
        async with engine.begin() as connection:
            await connection.execute(text(rule.format("DROP")))
    refused = ends.pop(3)
    assert isinstance(refused, Visit)
    assert refused.outcome == Outcome.UNRECORDABLE
    assert refused.reason.startswith("PostgreSQL rejected it: 23514")
    assert [end.outcome for end in ends if isinstance(end, Visit)] == [Outcome.NEW] * 5


async def test_an_import_goes_on_behind_a_page_that_contradicts_a_rule_of_the_tables(engine: AsyncEngine) -> None:
    rule = "ALTER TABLE articles {} CONSTRAINT of_test"
    async with engine.begin() as connection:
        await connection.execute(text(rule.format("ADD") + f" CHECK (url <> '{url(3)}')"))
        begun = await begin(connection, "/pages.warc", Purpose.IMPORT, "warc", ("head", 4), 9_000, anew=False)
    pages: list[tuple[Position, Visit | str]] = [(Position(byte=100 * n), new(n)) for n in range(1, 6)]
    pages.insert(2, (Position(byte=250), "not a page"))
    try:
        with closing(Pool(1)) as pool:
            at, after = await record_pages(engine, begun, begun, pages, 14, pool)
    finally:
        async with engine.begin() as connection:
            await connection.execute(text(rule.format("DROP")))
    assert at == after
    assert (at.position, at.outcomes, at.skipped) == (500, {"new": 4, "unrecordable": 1}, {"not a page": 1})


@pytest.mark.parametrize(
    "keys", ["DELETE FROM addresses", "UPDATE addresses SET key = 'as it was made before:' || key"]
)
async def test_an_article_whose_keys_are_made_otherwise_now_is_known_by_its_id(engine: AsyncEngine, keys: str) -> None:
    await record(engine, new(1), TERMS)
    async with engine.begin() as connection:
        await connection.execute(text(keys))
    done = await record_together(engine, [new(1, at=2), new(2, at=2)], TERMS)
    assert [visit.outcome for visit in done if visit] == [Outcome.UNCHANGED, Outcome.NEW]
    known = await record(engine, reading(article(url(1), readings.text(99)), hour(3)), TERMS)
    assert known.outcome == Outcome.CHANGED
    assert known.article_id == (done[0] and done[0].article_id)


async def test_a_key_that_another_one_writes_meanwhile_is_found_at_the_next_try(engine: AsyncEngine) -> None:
    tries = []

    async def work(connection: AsyncConnection) -> int:
        tries.append(1)
        known = (await connection.execute(text("SELECT count(*) FROM sites WHERE site = 'a.example'"))).scalar_one()
        if not known:
            async with engine.begin() as other:
                await other.execute(text("INSERT INTO sites (site) VALUES ('a.example')"))
            await connection.execute(text("INSERT INTO sites (site) VALUES ('a.example')"))
        return int(known)

    assert await in_transaction(engine, work) == 1
    assert len(tries) == 2


async def test_a_connection_that_is_lost_leaves_all_due_and_the_next_one_records_them(engine: AsyncEngine) -> None:
    await record(engine, ended(3, Outcome.HTTP_ERROR, at=0), TERMS)
    waiting = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with closing(Pool(1)) as pool:
        recorder = Recorder(engine, pool, TERMS)
        async with engine.connect() as holder, engine.connect() as other:
            await holder.execute(text("SELECT FROM pages FOR UPDATE"))
            going = [asyncio.ensure_future(recorder.record(new(number))) for number in range(6)]
            async with asyncio.timeout(30):
                while not (await other.execute(text(f"SELECT pg_terminate_backend(pid) {waiting}"))).all():
                    await other.rollback()
            ends = await asyncio.gather(*going, return_exceptions=True)
        assert all(isinstance(end, DBAPIError) and is_away(end) for end in ends)
        async with engine.connect() as connection:
            assert (await connection.execute(text("SELECT FROM articles"))).all() == []
        again = await asyncio.gather(*(recorder.record(new(number)) for number in range(6)))
    assert [end.outcome for end in again] == [Outcome.NEW] * 6


async def test_who_is_cancelled_holds_up_nobody_and_leaves_no_connection_open(engine: AsyncEngine) -> None:
    with closing(Pool(1)) as pool:
        recorder = Recorder(engine, pool, TERMS)
        async with asyncio.timeout(30):
            for pause in (0, 0, 0.002, 0.005, 0.02):
                going = [asyncio.ensure_future(recorder.record(new(number))) for number in range(5)]
                await asyncio.sleep(pause)
                for task in going:
                    task.cancel()
                await asyncio.gather(*going, return_exceptions=True)
                assert engine.pool.status().endswith("Current Checked out connections: 0")
            half = [asyncio.ensure_future(recorder.record(new(number))) for number in range(10, 16)]
            await asyncio.sleep(0)
            for task in half[::2]:
                task.cancel()
            assert all([(await task).outcome for task in half[1::2]])


def test_what_shares_an_address_or_a_text_is_not_independent() -> None:
    one, other = new(1), new(2)
    variant = replace(new(3), url=one.url)
    copy = reading(article(url(9, "herald.example"), readings.text(2)), hour(5))
    assert independent([one, other, variant, copy, new(4)]) == [True, True, False, False, True]
