"""What runs for every page reads no table from end to end, however many pages and articles the ledger has."""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger import statements
from ledger.attempts import last_attempt, takes_too_much
from ledger.change_log import changes, outlets_with_articles
from ledger.corrections import correction_report, correction_reports
from ledger.outbox import pending
from ledger.pages import Found, announce, count_due, due, waiting_again
from ledger.pipeline import Pipeline
from ledger.schedule_state import known
from ledger.statements import ADD_ATTEMPT
from ledger.tombstones import meet, miss
from news.outlet_change import ChangeFilter

#: pages and articles: enough that PostgreSQL would read whole tables for nothing else than want of an index
ROWS = 20_000
NOW = datetime.now(UTC)
#: made of nothing, each a parameter's name
VALUES: dict[str, Any] = {
    "keys": ["https://courier.example/a/7", "https://courier.example/a/8"],
    "urls": ["https://courier.example/a/7", "https://courier.example/a/8"],
    "id": uuid.UUID(int=7),
    "article_id": uuid.UUID(int=7),
    "story_id": uuid.UUID(int=7),
    "recrawl_id": uuid.UUID(int=7),
    "url": "https://courier.example/a/7",
    "bands": "{1,2,3,4,5,6,7,8,9,10}",
    "lock": 1,
    "most": 1_000,
    "site": "courier.example",
    "stream": "articles",
    "outcome": "new",
    "outlet": "courier",
    "document": "{}",
    "headers": "{}",
    "edits": None,
    "came": True,
} | dict.fromkeys(("article", "signature", "page_hash", "read_with", "lines", "candidates", "content"), b"\0")
_TIMES = ("at", "since", "until", "seen_at", "kept_at", "visited_at", "fetched_at", "published_at", "out_by", "due_at")

FILL = f"""
INSERT INTO articles (id, outlet, url, read_from, version, revision, fingerprint, document, first_seen_at, changed_at,
  fetched_at, story_id)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'outlet' || n % 50, 'https://courier.example/a/' || n,
  'https://courier.example/a/' || n, 1, 1, md5(n::text), '{{}}', now(), now(), now(), lpad(to_hex(n), 32, '0')::uuid
FROM generate_series(1, {ROWS}) AS n;
INSERT INTO pages (url, outlet, found_in, due_at, visited_at, priority, article_id)
SELECT url, outlet, 'feed', CASE WHEN get_byte(uuid_send(id), 15) < 40 THEN now() - interval '1 hour' END, now(), 0, id
FROM articles;
INSERT INTO addresses SELECT url, id FROM articles;
INSERT INTO versions (article_id, version, seen_at, article) SELECT id, 1, now(), '' FROM articles;
INSERT INTO versions (article_id, version, seen_at, article, edits)
SELECT id, 2, now() - get_byte(uuid_send(id), 15) * interval '1 minute', '',
  '{{"kinds": ["body"], "stealth": true, "words_added": 1, "words_removed": 1, "listed": []}}'
FROM articles WHERE get_byte(uuid_send(id), 15) < 40;
INSERT INTO raw_pages SELECT id, '', url, url, 200, '{{}}', '', 0, now() FROM articles;
INSERT INTO signatures SELECT id, 1, now(), now(), '', ARRAY[hashtext(url), hashtext(fingerprint)] FROM articles;
INSERT INTO attempts (at, outlet, url, outcome, article_id)
SELECT now(), outlet, url, 'new', article_id FROM pages;
INSERT INTO outbox (stream, id, revision, pending_since)
SELECT 'articles', id, 1, now() - get_byte(uuid_send(id), 15) * interval '1 minute' FROM articles;
INSERT INTO sites SELECT 'site' || n FROM generate_series(1, {ROWS}) AS n;
"""
#: a table with so many rows that is read from end to end; the others are empty here, and small in any ledger
_SCAN = re.compile(r"Seq Scan on (articles|pages|addresses|versions|raw_pages|signatures|attempts|outbox|sites)\b")


@pytest.fixture
async def full(engine: AsyncEngine) -> AsyncEngine:
    """Give a ledger with enough in it, whose statistics are up to date."""
    async with engine.begin() as connection:
        for statement in FILL.split(";\n"):
            if statement.strip():
                await connection.execute(text(statement))
    async with engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))
    return engine


def prepared() -> dict[str, str]:
    return {name: value for name, value in vars(statements).items() if name.isupper()}


async def plan_of(connection: AsyncConnection, statement: str) -> str:
    names = re.findall(r"%\((\w+)\)s", statement)
    values = VALUES | dict.fromkeys(_TIMES, NOW)
    asked = {name: values.get(name, 1) for name in names}
    rows = await Pipeline(connection).rows(f"EXPLAIN {statement}", **asked)
    return "\n".join(row[0] for row in rows)


async def test_no_statement_of_a_recording_reads_a_whole_table(full: AsyncEngine, subtests: pytest.Subtests) -> None:
    for name, statement in prepared().items():
        with subtests.test(statement=name):
            async with full.connect() as connection:
                # the settings that a recording makes for itself forbid nothing here: the tables are full
                if "bands &&" in statement:
                    await connection.execute(text("SET LOCAL enable_seqscan = off"))
                assert _SCAN.findall(await plan_of(connection, statement)) == []


async def test_the_frontier_and_the_outbox_read_no_whole_table(full: AsyncEngine, subtests: pytest.Subtests) -> None:
    asked: dict[str, Callable[[AsyncConnection], Any]] = {
        "due": lambda connection: due(connection, "outlet7", 20),
        "due, some skipped": lambda connection: due(connection, "outlet7", 20, skipped=["https://courier.example/a/7"]),
        "due, these only": lambda connection: due(connection, "outlet7", 20, only=["https://courier.example/a/7"]),
        "count_due": lambda connection: count_due(connection, "outlet7"),
        "waiting_again": lambda connection: waiting_again(connection, ["outlet7"]),
        "announce": lambda connection: announce(connection, "outlet7", "feed", [Found(url=VALUES["url"])]),
        "pending": lambda connection: pending(connection, 100),
        "soonest": lambda connection: known(connection, ["outlet7", "outlet8"]),
        "takes_too_much": lambda connection: takes_too_much(connection, "outlet7"),
        "last_attempt": lambda connection: last_attempt(connection, VALUES["id"]),
        "miss": lambda connection: miss(connection, VALUES["url"], 404, NOW),
        "meet": lambda connection: meet(connection, VALUES["id"], NOW),
        "changes": lambda connection: changes(connection, limit=21),
        "silent edits": lambda connection: changes(connection, only=ChangeFilter.SILENT, limit=21),
        "outlets_with_articles": outlets_with_articles,
        "corrections": lambda connection: correction_report(connection, "outlet7", since=NOW - timedelta(days=90)),
    }
    for name, ask in asked.items():
        with subtests.test(asked=name):
            async with full.connect() as connection:
                plan = await _plans(full, connection, ask)
                assert _SCAN.findall(plan) == []
                # a clock that moves within a statement would have each row of the outlet compared with it
                assert not re.search(r"due_at (<=|>) clock_timestamp", plan)


async def _plans(
    engine: AsyncEngine, connection: AsyncConnection, ask: Callable[[AsyncConnection], Any], *, explain: str = "EXPLAIN"
) -> str:
    """Return the plans of all that `ask` has PostgreSQL do through SQLAlchemy."""
    seen: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        seen.append((statement, values))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        await ask(connection)
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)
    plans = []
    for statement, values in seen:
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            rows = await connection.exec_driver_sql(f"{explain} {statement}", values)
            plans += [row[0] for row in rows]
    assert plans, "nothing was asked"
    return "\n".join(plans)


async def test_what_is_due_costs_the_same_however_many_pages_are_not(full: AsyncEngine) -> None:
    """The plan has the rows in order and stops at the limit: it sorts nothing."""
    async with full.connect() as connection:
        plan = await _plans(full, connection, lambda connection: due(connection, "outlet7", 20))
    assert "ix_pages_due" in plan
    assert re.search(r"Index Cond: .*due_at <= ", plan)
    assert "Sort Key: pages" not in plan


async def test_a_report_on_all_outlets_reads_no_text(full: AsyncEngine) -> None:
    """Articles may be read from end to end, all of them are wanted; of the versions only those that are edits."""
    async with full.connect() as connection:
        plan = await _plans(full, connection, lambda connection: correction_reports(connection, since=NOW))
        verbose = await _plans(
            full, connection, lambda connection: correction_reports(connection, since=NOW), explain="EXPLAIN (VERBOSE)"
        )
    assert "Seq Scan on versions" not in plan
    assert "ix_versions_changed" in plan
    assert not re.search(r"\b(versions\.article|articles\.document)\b(?!_)", verbose)


async def test_what_a_person_wants_is_due_first_and_the_past_last(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for number, priority in enumerate((-1, 0, 10, 0)):
            at = NOW - timedelta(hours=10 - number)
            row = {"url": f"https://courier.example/{number}", "at": at, "priority": priority}
            insert = (
                "INSERT INTO pages (url, outlet, found_in, due_at, priority) VALUES (:url, 'a', 'x', :at, :priority)"
            )
            await connection.execute(text(insert), row)
        assert [page.url[-1] for page in await due(connection, "a", 10)] == ["2", "1", "3", "0"]
        assert [page.url[-1] for page in await due(connection, "a", 2)] == ["2", "1"]


async def test_each_statement_is_prepared_once_whatever_its_values_are(engine: AsyncEngine) -> None:
    values: list[dict[str, Any]] = [
        {"status": 200, "reason": None, "latency_ms": 2**30, "content_bytes": 7, "final_url": None},
        {
            "status": None,
            "reason": "gone",
            "latency_ms": None,
            "content_bytes": 2**20,
            "final_url": "https://a.example",
        },
    ]
    common = {"at": NOW, "outlet": "a", "url": "https://a.example", "outcome": "new"}
    async with engine.begin() as connection:
        pipeline = Pipeline(connection)
        for each in values * 3:
            pipeline.add(ADD_ATTEMPT, **common, **each, article_id=None, recrawl_id=None)
        assert await pipeline.send() == 1
        rows = await connection.execute(
            text("SELECT status, reason, latency_ms, content_bytes FROM attempts ORDER BY id")
        )
        assert [tuple(row) for row in rows] == [(200, None, 2**30, 7), (None, "gone", None, 2**20)] * 3
        query = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%INSERT INTO attempts%'"
        assert (await connection.execute(text(query))).scalar_one() == 1


async def test_nothing_goes_past_what_was_added_and_not_sent(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        pipeline = Pipeline(connection)
        pipeline.add("SELECT 1")
        with pytest.raises(AssertionError, match="not sent"):
            _ = pipeline.connection
        await pipeline.send()
        assert pipeline.connection is connection
