"""Articles that are read again by another reader: what changes, what stays, and that each is read once."""

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.articles import documents
from ledger.reprocess_progress import Reprocessing, Steps, reprocessing_of
from ledger.store_reprocessed import ChangedMeanwhile
from ledger.store_reprocessed import reprocess as write
from ledger.visit_transaction import Terms
from news import clock
from news.digest import Digest, Refusal
from news.errors import CrawlInterrupted, PoolUnavailable, UnknownOutlet
from news.moment import Moment, Precision, TimeSource
from news.outcome import Outcome
from news.outlet import Outlet
from news.visit import Visit
from pipelines import digest as digesting
from pipelines.digest import digest
from pipelines.pool import Pool
from pipelines.record import record_visit
from schedules.jobs import Jobs
from schedules.reprocess_jobs import ask_reprocessing, define_reprocessing
from schedules.reprocess_slice import slice_of
from tests import warm
from tests.databases import libpq
from tests.ledger.readings import text as body_of
from tests.schedules.imported_pages import page
from tests.schedules.processes import running, silent, until

OUTLET = Outlet(slug="daily", name="Daily", home="https://daily.example/")
PATIENCE_SECONDS = 300
MORE = "The last paragraph had been missed so far."
#: all that must stay as it is, whatever the reader makes of a page
IDENTITY = text(
    "SELECT id, version, first_seen_at, changed_at, fetched_at, edits, story_id, copy_of,"
    " (SELECT json_agg(json_build_array(version, seen_at, edits) ORDER BY version)::text"
    " FROM versions WHERE article_id = articles.id) FROM articles ORDER BY id"
)
#: all that a dry run could change by mistake
EVERYTHING = text(
    "SELECT md5(string_agg(each, '|' ORDER BY each)) FROM (SELECT articles::text FROM articles UNION ALL"
    " SELECT versions::text FROM versions UNION ALL SELECT signatures::text FROM signatures UNION ALL"
    " SELECT outbox::text FROM outbox UNION ALL SELECT raw_pages::text FROM raw_pages UNION ALL"
    " SELECT addresses::text FROM addresses UNION ALL SELECT attempts::text FROM attempts) AS rows (each)"
)


@pytest.fixture
def outlet(tmp_path: Path) -> Outlet:
    """Give an outlet whose file is there."""
    (tmp_path / "outlets").mkdir(exist_ok=True)
    (tmp_path / "outlets" / "daily.toml").write_text('name = "Daily"\nhome = "https://daily.example/"\n')
    return OUTLET


async def fetched(
    engine: AsyncEngine,
    number: int,
    body: str = "",
    *,
    raw: bool = True,
    minutes: float = 0,
    outlet: Outlet = OUTLET,
    pool: Pool | None = None,
) -> Visit:
    """Record an article as if it had been fetched a moment ago."""
    at = clock.now() - timedelta(hours=1) + timedelta(minutes=minutes)
    came = replace(page(number, body, site=f"{outlet.slug}.example"), fetched_at=at)
    visit = Visit(outlet=outlet, url=came.url, final_url=came.url, fetched_at=at, status=200, page=came)
    read = await asyncio.to_thread(digest, came, outlet)
    return await record_visit(engine, visit.read(read), pool, Terms(raw_bytes=2**30 if raw else 0))


async def reprocessed(jobs: Jobs, outlet: str | None = None, steps: Steps = Steps.ALL, **how: bool) -> Reprocessing:
    """Reprocess everything in this process."""
    asked, _ = await ask_reprocessing(jobs, outlet, None, steps, dry_run=how.get("dry_run", False))
    for part in asked.parts:
        assert await (await slice_of(jobs, asked.id, part.part)).work(60)
    async with jobs.runtime.engine.connect() as connection:
        return await reprocessing_of(connection, asked.id)


def install(monkeypatch: pytest.MonkeyPatch, change: Callable[[Digest], Digest], most_seconds: float = 0) -> None:
    """Let the reader and the enrichment of this process give something else, up to so many seconds later."""

    async def read(pool, came, outlet, chrome):
        await asyncio.sleep(random.uniform(0, most_seconds))
        return change(digest(came, outlet, chrome))

    async def enrich(pool, document, text, outlet):
        return change(digesting.enriched(document, text, outlet))

    monkeypatch.setattr("schedules.reprocess_slice.digest_in_pool", read)
    monkeypatch.setattr("schedules.reprocess_slice.enrich_in_pool", enrich)


def better(read: Digest) -> Digest:
    """Return what a reader finds that sees one paragraph more."""
    assert read.article is not None
    assert read.provenance is not None
    body = f"{read.article.body}\n{MORE}"
    provenance = replace(read.provenance, read_with=b"another reader")
    return replace(read, article=replace(read.article, body=body), provenance=provenance)


def with_mood(read: Digest) -> Digest:
    """Return what another enrichment finds: one field more, one no longer."""
    found = {name: value for name, value in read.enrichment.items() if name != "reading_seconds"}
    return replace(read, enrichment=found | {"mood": "calm"})


async def rows(engine: AsyncEngine, query: str) -> list[tuple[object, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def facts(engine: AsyncEngine) -> list[tuple[object, ...]]:
    return await rows(engine, IDENTITY.text)


async def paid(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM outbox"))


async def test_a_better_reader_replaces_the_text_and_makes_no_version(jobs, engine, outlet, monkeypatch):
    await fetched(engine, 1)
    kept = await fetched(engine, 1, f"{body_of(1)}\nThe mayor resigned in the evening.", minutes=30)
    assert kept.version == 2
    before = await facts(engine)
    await paid(engine)
    install(monkeypatch, better)
    asked = await reprocessed(jobs)
    assert (asked.done, asked.changed, asked.results) == (1, 1, {"read": 1})
    assert asked.ended_at is not None
    assert asked.fields == {"body": 1}
    assert asked.examples[0]["after"].endswith(MORE)
    assert await facts(engine) == before
    async with engine.connect() as connection:
        document = (await documents(connection, [kept.article_id]))[kept.article_id]
    assert document["body"].endswith(MORE)
    assert (document["version"], document["revision"]) == (2, 3)
    assert await rows(engine, "SELECT revision FROM outbox") == [(3,)]
    # read again the same way, it is the same
    asked = await reprocessed(jobs)
    assert (asked.changed, asked.unchanged) == (0, 1)
    # and the next fetch of a page that did not change is no edit
    assert await rows(engine, "SELECT read_with FROM versions WHERE version = 2") == [(b"another reader",)]
    again = await fetched(engine, 1, f"{body_of(1)}\nThe mayor resigned in the evening.", minutes=50)
    assert (again.outcome, again.version) == (Outcome.UNCHANGED, 2)


async def test_the_same_reader_owes_the_index_nothing(jobs, engine, outlet):
    for number in range(3):
        await fetched(engine, number, raw=number != 1)
    await paid(engine)
    before = await rows(engine, EVERYTHING.text)
    for steps in Steps:
        asked = await reprocessed(jobs, steps=steps)
        assert (asked.done, asked.changed, asked.unchanged) == ((2, 0, 2) if steps is Steps.EXTRACT else (3, 0, 3))
    assert await rows(engine, EVERYTHING.text) == before


@pytest.mark.parametrize("steps", [Steps.ALL, Steps.ENRICH])
async def test_a_new_enrichment_reaches_articles_with_and_without_a_raw_page(jobs, engine, outlet, monkeypatch, steps):
    for number in range(4):
        await fetched(engine, number, raw=number % 2 == 0)
    before = await facts(engine)
    await paid(engine)
    install(monkeypatch, with_mood)
    asked = await reprocessed(jobs, steps=steps)
    assert asked.results == ({"no_raw_page": 2, "read": 2} if steps is Steps.ALL else {"enriched": 4})
    assert asked.fields == {"mood": 4, "reading_seconds": 4}
    assert await facts(engine) == before
    query = "SELECT document->>'mood', document ? 'reading_seconds', revision FROM articles"
    assert await rows(engine, query) == [("calm", False, 2)] * 4
    assert await rows(engine, "SELECT count(*) FROM outbox") == [(4,)]


async def test_extract_leaves_articles_without_a_raw_page_alone(jobs, engine, outlet, monkeypatch):
    for number in range(4):
        await fetched(engine, number, raw=number % 2 == 0)
    install(monkeypatch, with_mood)
    asked = await reprocessed(jobs, steps=Steps.EXTRACT)
    assert (asked.total, asked.changed, asked.results) == (2, 2, {"read": 2})


async def test_keywords_that_the_page_states_survive_an_enrichment(jobs, engine, outlet):
    await fetched(engine, 1, raw=False)
    async with engine.begin() as connection:
        # as a later fetch refreshed them: the version has none
        refreshed = 'UPDATE articles SET document = document || \'{"keywords": ["harbour", "tide"]}\''
        await connection.execute(text(refreshed))
    asked = await reprocessed(jobs)
    assert (asked.changed, asked.unchanged) == (0, 1)


async def test_a_dry_run_writes_nothing_and_tells_what_would_change(jobs, engine, outlet, monkeypatch):
    for number in range(5):
        await fetched(engine, number)
    before = await rows(engine, EVERYTHING.text)
    install(monkeypatch, lambda read: with_mood(better(read)))
    asked = await reprocessed(jobs, dry_run=True)
    assert (asked.changed, asked.unchanged) == (5, 0)
    assert asked.fields == {"body": 5, "mood": 5, "reading_seconds": 5}
    shown = [example["field"] for example in asked.examples]
    assert [shown.count(name) for name in asked.fields] == [3, 3, 3]
    assert all(len(example[side]) <= 80 for example in asked.examples for side in ("before", "after"))
    assert await rows(engine, EVERYTHING.text) == before


async def test_a_page_that_the_reader_refuses_changes_nothing_and_is_counted(jobs, engine, outlet, monkeypatch):
    for number in range(3):
        await fetched(engine, number)
    before = await rows(engine, EVERYTHING.text)
    refusal = Refusal(outcome=Outcome.EMPTY, reason="The page has no article text.")
    install(monkeypatch, lambda read: Digest(refusal=refusal))
    asked = await reprocessed(jobs)
    assert (asked.done, asked.changed, asked.unchanged) == (3, 0, 0)
    assert asked.refusals == {refusal.reason: 3}
    # one that loses the whole text is no better
    install(monkeypatch, lambda read: replace(read, article=replace(read.article, body="")))
    asked = await reprocessed(jobs)
    assert (asked.changed, asked.results) == (0, {"refused": 3})
    assert await rows(engine, EVERYTHING.text) == before


async def test_a_raw_page_of_another_text_is_not_read_for_the_newest(jobs, engine, outlet, monkeypatch):
    await fetched(engine, 1)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE versions SET page_hash = 'other'"))
    install(monkeypatch, better_where_read)
    asked = await reprocessed(jobs)
    assert (asked.changed, asked.results) == (0, {"other_page": 1})


def better_where_read(read: Digest) -> Digest:
    return better(read) if read.provenance else read


async def test_an_article_that_cannot_be_recorded_holds_up_no_other(jobs, engine, outlet, monkeypatch):
    visits = [await fetched(engine, number) for number in range(4)]
    bad = visits[2].url

    def hostile(read: Digest) -> Digest:
        assert read.article is not None
        mood = "a\0b" if read.article.url == bad else "calm"
        return replace(read, enrichment=dict(read.enrichment) | {"mood": mood})

    install(monkeypatch, hostile)
    asked = await reprocessed(jobs)
    assert (asked.done, asked.changed, asked.results) == (4, 3, {"read": 3, "unrecordable": 1})


async def test_an_outlet_without_a_file_is_left_alone_and_an_unknown_one_refused(jobs, engine):
    await fetched(engine, 1)
    asked = await reprocessed(jobs)
    assert (asked.changed, asked.results) == (0, {"no_outlet_file": 1})
    with pytest.raises(UnknownOutlet):
        await reprocessed(jobs, "daly")


async def test_only_what_was_first_seen_since_is_read(jobs, engine, outlet):
    await fetched(engine, 1)
    for days, total in ((1, 1), (-1, 0)):
        since = datetime.now(UTC) - timedelta(days=days)
        asked, _ = await ask_reprocessing(jobs, "daily", since, Steps.ALL, dry_run=False)
        assert asked.total == total
    assert asked.ended_at is not None


async def test_a_part_that_another_worker_has_taken_over_is_left_to_it(jobs, engine, outlet, monkeypatch):
    for number in range(40):
        await fetched(engine, number)
    install(monkeypatch, with_mood)
    asked, _ = await ask_reprocessing(jobs, None, None, Steps.ALL, dry_run=False)
    two = [await slice_of(jobs, asked.id, 0) for _ in range(2)]
    told = await asyncio.gather(*(each.work(60) for each in two), return_exceptions=True)
    assert sorted(map(str, map(type, told))) == sorted(map(str, (bool, CrawlInterrupted)))
    rest = [await slice_of(jobs, asked.id, part.part) for part in asked.parts[1:]]
    assert all(await asyncio.gather(*(each.work(60) for each in rest)))
    async with engine.connect() as connection:
        asked = await reprocessing_of(connection, asked.id)
    assert (asked.done, asked.total, asked.changed, asked.ended_at is None) == (40, 40, 40, False)
    assert await rows(engine, "SELECT DISTINCT revision FROM articles") == [(2,)]


async def test_one_that_was_left_goes_on_unless_the_reader_is_another_one(jobs, engine, outlet, monkeypatch):
    for number in range(20):
        await fetched(engine, number)
    first, goes_on = await ask_reprocessing(jobs, "daily", None, Steps.ALL, dry_run=False)
    assert not goes_on
    assert not await (await slice_of(jobs, first.id, 3)).work(0)
    second, goes_on = await ask_reprocessing(jobs, "daily", None, Steps.ALL, dry_run=False)
    assert (second.id, second.done, goes_on) == (first.id, 1, True)
    other, goes_on = await ask_reprocessing(jobs, None, None, Steps.ALL, dry_run=False)
    assert (other.id == first.id, goes_on) == (False, False)
    monkeypatch.setattr("schedules.reprocess_jobs.release_hash", lambda: b"another release")
    third, goes_on = await ask_reprocessing(jobs, "daily", None, Steps.ALL, dry_run=False)
    assert (third.id == first.id, third.done, goes_on) == (False, 0, False)
    # the jobs of the one that was given up do nothing
    assert await (await slice_of(jobs, first.id, 4)).work(60)
    async with engine.connect() as connection:
        assert (await reprocessing_of(connection, first.id)).done == 1


async def test_a_crawl_of_the_same_articles_at_once_meets_no_deadlock_and_loses_no_version(
    jobs, engine, outlet, monkeypatch
):
    many, rounds, met = 16, 3, 0
    for number in range(many):
        await fetched(engine, number)
    install(monkeypatch, better_where_read, 0.3)

    async def crawl(number: int) -> None:
        for turn in range(1, rounds + 1):
            await asyncio.sleep(random.uniform(0, 1))
            body = f"{body_of(number)}\n{body_of(1_000 * turn + number, 1)}"
            # its reader is the one of before: what was read otherwise meanwhile is no edit either
            kept = await fetched(engine, number, body, minutes=turn, pool=jobs.runtime.pool)
            assert (kept.outcome, kept.version) == (Outcome.CHANGED, turn + 1)

    async def read_again() -> None:
        while not crawling.done():
            asked, _ = await ask_reprocessing(jobs, None, None, Steps.ALL, dry_run=False)
            slices = [await slice_of(jobs, asked.id, part.part) for part in asked.parts]
            # two at a time: each takes connections that the crawl needs, too
            for start in range(0, len(slices), 2):
                await asyncio.gather(*(each.work(60) for each in slices[start : start + 2]))

    async def noted(*arguments, **how):
        nonlocal met
        try:
            return await write(*arguments, **how)
        except ChangedMeanwhile:
            met += 1
            raise

    monkeypatch.setattr("schedules.reprocess_slice.reprocess", noted)
    async with asyncio.timeout(120):
        crawling = asyncio.gather(*(crawl(number) for number in range(many)))
        await asyncio.gather(crawling, read_again())
    assert met, "they never met"
    assert await rows(engine, "SELECT version, count(*) FROM articles GROUP BY 1") == [(rounds + 1, many)]
    edited = "SELECT count(*), count(nullif(edits, 'null')) FROM versions"
    assert await rows(engine, edited) == [((rounds + 1) * many, rounds * many)]
    await reprocessed(jobs)
    like = f"%{MORE}"
    assert await rows(engine, f"SELECT count(*) FROM articles WHERE document->>'body' LIKE '{like}'") == [(many,)]
    assert await rows(engine, "SELECT DISTINCT read_with FROM versions WHERE version = 4") == [(b"another reader",)]


async def test_a_story_follows_the_text_that_is_read_now(jobs, engine, outlet, monkeypatch):
    copy_at = replace(OUTLET, slug="copier", name="Copier", home="https://copier.example/")
    (jobs.runtime.configuration.home / "outlets" / "copier.toml").write_text(
        'name = "Copier"\nhome = "https://copier.example/"\n'
    )
    first = await fetched(engine, 1)
    second = await fetched(engine, 1, minutes=30, outlet=copy_at)
    story = "SELECT id, story_id, copy_of, similarity FROM articles ORDER BY first_seen_at"
    before = await rows(engine, story)
    assert [row[2] for row in before] == [None, first.article_id]
    # a text that both carry is still one story, as alike as before
    install(monkeypatch, better)
    await reprocessed(jobs)
    assert await rows(engine, story) == before
    # a text that is too short to have copies, as it is read now, is found by none
    install(monkeypatch, lambda read: replace(read, signature=()))
    await reprocessed(jobs)
    assert await rows(engine, "SELECT count(*) FROM signatures") == [(0,)]
    # a time that is read now says who had it first
    out = Moment(at=first.fetched_at - timedelta(hours=2), precision=Precision.MINUTE, source=TimeSource.JSON_LD)

    def dated(read: Digest) -> Digest:
        assert read.article is not None
        is_copier = "copier" in read.article.url
        return replace(read, article=replace(read.article, date_published=out if is_copier else None))

    install(monkeypatch, dated)
    await paid(engine)
    await reprocessed(jobs)
    assert [row[2] for row in await rows(engine, story)] == [second.article_id, None]
    assert await rows(engine, "SELECT count(*) FROM outbox") == [(2,)]


async def test_a_part_that_the_system_stops_says_why_and_goes_on_when_asked_again(jobs, engine, outlet, monkeypatch):
    await fetched(engine, 1)
    define_reprocessing(jobs)
    asked, _ = await ask_reprocessing(jobs, None, None, Steps.ALL, dry_run=False)

    async def broken(*_, **__):
        raise PoolUnavailable("The process pool takes no pages.")

    monkeypatch.setattr("schedules.reprocess_slice.digest_in_pool", broken)
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM procrastinate_jobs"))
    with pytest.raises(PoolUnavailable):
        await jobs.app.tasks["reprocess"](reprocessing_id=asked.id, part=0)
    async with engine.connect() as connection:
        assert (await reprocessing_of(connection, asked.id)).errors == ["PoolUnavailable: see the log"]
    retried = "SELECT args->>'failures', scheduled_at > now() FROM procrastinate_jobs WHERE status = 'todo'"
    assert await rows(engine, retried) == [("1", True)]
    again, goes_on = await ask_reprocessing(jobs, None, None, Steps.ALL, dry_run=False)
    assert (goes_on, again.errors) == (True, [])
    assert await rows(engine, "SELECT args->>'failures', scheduled_at FROM procrastinate_jobs") == [("1", None)]


# as people type it


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "broadsheet", "reprocess", *arguments]


def told(environ: dict[str, str], *arguments: str) -> dict[str, object]:
    ran = said_to_people(environ, *arguments, "--json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return dict(json.loads(ran.stdout))


async def outdated(engine: AsyncEngine, many: int) -> None:
    """Record articles whose documents miss what today's enrichment finds."""
    for number in range(many):
        await fetched(engine, number, raw=number % 2 == 0)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE articles SET document = document - 'word_count' || '{\"gone\": 1}'"))
    await paid(engine)


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(libpq(url)) as connection:
        return connection.execute(query).fetchall()


def kill_some(environ: dict[str, str], url: str, many: int, most: int) -> int:
    """Begin to reprocess and kill it while it works, up to `most` times; return how often."""

    def done() -> object:
        return ask(url, "SELECT coalesce(sum(done), 0)::int FROM reprocessing_parts")[0][0]

    kills = 0
    while kills < most and done() != many:
        at = done()
        started = silent(["reprocess"], environ)
        while done() == at and started.poll() is None:
            time.sleep(0.02)
        time.sleep(random.uniform(0, 0.4))
        started.send_signal(signal.SIGKILL)
        started.wait()
        kills += 1
    return kills


async def test_killed_at_any_moment_and_begun_again_it_reads_each_article_once(engine, environ, fresh_database, outlet):
    many = 300
    await outdated(engine, many)
    before = await facts(engine)
    kills = await asyncio.to_thread(kill_some, environ, fresh_database, many, 2)
    said = await asyncio.to_thread(told, environ)
    assert kills == 2, "too quick to be killed"
    assert (said["articles"], said["done"], said["changed"], said["unchanged"]) == (many, many, many, 0)
    assert said["results"] == {"no_raw_page": many // 2, "read": many // 2}
    assert said["fields"] == {"gone": many, "word_count": many}
    assert await rows(engine, "SELECT DISTINCT revision FROM articles") == [(2,)]
    assert await rows(engine, "SELECT count(*) FROM reprocessings") == [(1,)]
    assert await rows(engine, "SELECT count(*) FROM sites") == [(1,)], "no lock of a part is taken for a site"
    assert await facts(engine) == before


def workers_at(environ: dict[str, str], url: str, log: Path) -> tuple[dict[str, object], set[object]]:
    """Reprocess beside two workers; return what was said, and which workers had a part of it."""

    def both() -> bool:
        try:
            return ask(url, "SELECT count(*) FROM procrastinate_workers") == [(2,)]
        except psycopg.errors.UndefinedTable:
            return False

    busy = "SELECT DISTINCT worker_id FROM procrastinate_jobs WHERE status = 'doing' AND task_name = 'reprocess'"
    workers: set[object] = set()
    with running(["worker"], environ, log), running(["worker"], environ, log):
        until(both, "both work", log)
        started = subprocess.Popen(command("--json"), env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while started.poll() is None:
            workers |= {row[0] for row in ask(url, busy)}
            time.sleep(0.01)
        said, errors = started.communicate()
    assert started.returncode == 0, errors.decode()
    return json.loads(said), workers


async def test_two_workers_share_the_parts(engine, environ, fresh_database, outlet, tmp_path):
    many = 200
    await outdated(engine, many)
    said, workers = await asyncio.to_thread(workers_at, environ, fresh_database, tmp_path / "log")
    assert (said["done"], said["changed"]) == (many, many)
    assert len(workers) == 2
    assert await rows(engine, "SELECT DISTINCT revision FROM articles") == [(2,)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--outlet", "daly"], "Did you mean 'daily'?"),
        (["--since", "yesterday"], "does not match the format"),
        (["--enrich", "--extract"], "Use either --enrich or --extract"),
        (["pages.warc.gz", "--dry-run"], "FILE takes no"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(environ, outlet, arguments, said):
    ran = said_to_people(environ, *arguments)
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert said in " ".join(ran.stderr.replace("│", " ").split())
    assert "Traceback" not in ran.stderr


async def test_people_are_told_what_would_change(engine, environ, outlet):
    await outdated(engine, 3)
    ran = await asyncio.to_thread(said_to_people, environ, "--dry-run")
    assert ran.returncode == 0, ran.stderr
    assert "3 of 3 articles reprocessed: 3 would change, 0 unchanged" in ran.stdout
    assert "1 without a raw page" in ran.stdout
    assert "word_count" in ran.stdout
    assert await rows(engine, "SELECT DISTINCT revision FROM articles") == [(1,)]


def said_to_people(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return warm.run(["reprocess", *arguments], environ)
