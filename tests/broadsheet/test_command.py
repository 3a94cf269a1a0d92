"""The command line as a person meets it: one sentence for a mistake, JSON for programs, nothing lost meanwhile."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.schema import versions
from ledger.visit_transaction import record
from news.edits import EditKind, Edits
from news.moment import Moment, Precision, TimeSource
from news.outcome import Outcome
from tests import warm
from tests.databases import libpq
from tests.ledger import readings
from tests.ledger.readings import article, hour, published, read
from tests.schedules.processes import environment


def broadsheet(*arguments: str, home: Path, timeout: float = 120, **settings: str) -> subprocess.CompletedProcess[str]:
    environ = environment(home, **settings)
    return warm.run(arguments, environ, timeout=timeout)


@pytest.fixture
def ledger(fresh_database: str) -> str:
    return libpq(fresh_database)


NOWHERE = "postgresql://someone:a-secret@127.0.0.1:1/nowhere"


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["crawl", "tagesshau"], {}, "Did you mean 'tagesschau'?"),
        (["recrawl", "ftp://a.example/x"], {}, "not an http(s) address"),
        (["recrawl", "https://nobody-has-this.example/x"], {}, "No outlet has the site"),
        (["article", "not-an-address"], {}, "neither an article's id nor"),
        (["search", "--since", "someday"], {}, "--since takes a day"),
        (["search", "--sort", "best"], {}, "--sort takes"),
        (["search", "--where", "places"], {}, "--where takes"),
        (["search", "--where", "colour=red"], {}, "colour"),
        (["search", "--cursor", "made up"], {}, "cursor"),
        (["read", "/there/is/no/such.jsonl"], {}, "There is no file"),
        (["outlets", "enable"], {}, "Name outlets"),
        (["status"], {"database_url": NOWHERE}, "PostgreSQL cannot be reached"),
        (["status"], {"database_url": "mysql://x"}, "BROADSHEET_DATABASE_URL must begin with postgresql://"),
        (["status"], {"database_url": "postgresql://u:a-secret@127.0.0.1:abc/db"}, "the port must be a number"),
        (["status"], {"databse_url": "x"}, "BROADSHEET_DATABSE_URL is not a setting"),
        (["search", "x"], {"elasticsearch_url": "http://127.0.0.1:1"}, "Elasticsearch"),
        (["index", "keys"], {}, "is not set"),
        (["index", "migrate"], {}, "is not set"),
        (["rejected", "delete"], {}, "Name the documents to delete"),
        (["nonsense"], {}, "No such command"),
    ],
)
def test_a_mistake_is_one_clear_sentence_and_exit_code_2(
    arguments: list[str], settings: dict[str, str], said: str, tmp_path: Path, ledger: str
) -> None:
    told = broadsheet(*arguments, home=tmp_path, **{"database_url": ledger} | settings)
    assert told.returncode == 2, told.stdout + told.stderr
    assert said in told.stderr
    assert "Traceback" not in told.stderr
    assert "a-secret" not in told.stderr + told.stdout


def test_every_verb_says_what_it_does(tmp_path: Path) -> None:
    told = broadsheet("--help", home=tmp_path)
    verbs = ("demo", "crawl", "recrawl", "search", "article", "read", "reprocess", "outlets", "index", "status", "up")
    assert told.returncode == 0
    assert all(verb in told.stdout for verb in verbs)
    for verb in verbs:
        assert broadsheet(verb, "--help", home=tmp_path).returncode == 0


def test_the_version_is_said_without_a_ledger(tmp_path: Path) -> None:
    told = broadsheet("--version", home=tmp_path, database_url=NOWHERE)
    assert (told.returncode, told.stdout) == (0, f"broadsheet {version('broadsheet')}\n")


def test_a_broken_outlet_file_is_named_with_its_field_and_the_others_are_crawled_on(
    tmp_path: Path, ledger: str
) -> None:
    (tmp_path / "outlets").mkdir()
    (tmp_path / "outlets" / "mine.toml").write_text('name = "Mine"\nhome = "https://mine.example/"\ncolour = "red"\n')
    told = broadsheet("outlets", "check", home=tmp_path, database_url=ledger)
    assert told.returncode == 1
    assert "mine.toml: unknown field 'colour'" in told.stderr
    shown = broadsheet("outlets", "list", "--json", home=tmp_path, database_url=ledger)
    assert shown.returncode == 0
    assert len(json.loads(shown.stdout)) >= 174
    assert "unknown field 'colour'" in shown.stderr


async def test_an_article_is_shown_with_its_last_attempt_its_unexplained_version_and_what_copies_claim(
    engine: AsyncEngine, fresh_database: str, tmp_path: Path
) -> None:
    first, copy = "https://alpha.example/flood", "https://beta.example/flood"
    body = readings.text(1)
    long_ago = Moment(at=date(1996, 1, 1), precision=Precision.DAY, source=TimeSource.META)
    await read(engine, article(first, body, date_published=published(-1)), hour(0))
    await read(engine, article(copy, body, date_published=long_ago), hour(1))
    await read(engine, article(copy, f"{body}\nOne more line.", date_published=long_ago), hour(2))
    gone = replace(readings.reading(article(copy, body), hour(3)), digest=None, status=410)
    await record(engine, gone.ended(Outcome.GONE, "the site answers 410"))
    async with engine.begin() as connection:
        unexplained = Edits(kinds=(EditKind.UNEXPLAINED,)).as_json()
        await connection.execute(update(versions).where(versions.c.version == 2).values(edits=unexplained))

    def shown(*arguments: str) -> str:
        told = broadsheet("article", copy, *arguments, home=tmp_path, database_url=libpq(fresh_database))
        assert told.returncode == 0, told.stderr
        return told.stdout

    last = "Last attempt 2026-03-02 11:00 UTC"
    result = "gone (the site answers 410); next fetch 2026-03-03 11:00 UTC"
    assert f"{last} at {copy}: {result}" in shown()
    assert f"First: alpha, {first}: published 2 March 2026, 07:00 UTC" in shown()
    assert "Copy: this article: states 1 January 1996, first seen 2 March 2026, 09:00 UTC" in shown()
    assert "unexplained (extracted differently than before; what the outlet changed is unknown)" in shown("--history")
    assert f"{last} at {copy}: {result}" in shown("--history")
    assert "Unexplained: extracted differently than before" in shown("--diff", "1..2")
    document = json.loads(shown("--json"))
    assert document["last_attempt"]["outcome"] == "gone"
    assert document["next_visit_at"] == "2026-03-03T11:00:00Z"


async def test_ledger_and_index_are_compared_article_by_article(
    engine: AsyncEngine, fresh_database: str, tmp_path: Path
) -> None:
    def ran(*arguments: str, code: int) -> str:
        told = broadsheet(*arguments, home=tmp_path, database_url=libpq(fresh_database))
        assert told.returncode == code, told.stderr
        return told.stdout

    for number in range(3):
        await read(engine, article(f"https://alpha.example/{number}", readings.text(number)), hour(0))
    assert "every article is enqueued" in ran("index", "create", code=0)
    ran("index", "rebuild", code=0)
    assert "The index matches the ledger." in ran("index", "verify", code=0)
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM search.articles"))
    assert "The index lacks 3 of 3 articles" in ran("status", code=0)
    assert "3 missing from the index: " in ran("index", "verify", code=1)
    told = json.loads(ran("index", "verify", "--json", code=1))
    assert (told["articles"], told["differ"], told["enqueued"], told["missing"]["count"]) == (3, 3, 0, 3)
    assert "3 enqueued" in ran("index", "verify", "--repair", code=0)
    told = json.loads(ran("status", "--json", code=0))["index"]
    assert (told["pending"], told["missing"], told["difference"]) == (3, 0, None)


def test_articles_wait_for_an_index_that_is_away_and_arrive_later(
    tmp_path: Path, ledger: str, elasticsearch_names: str, newsroom_port: int
) -> None:
    away = {"database_url": ledger, "elasticsearch_url": "http://127.0.0.1:1"}
    # the crawl goes on without the index; the newsroom's own table of articles cannot
    broadsheet("demo", "--once", "--newsroom-port", str(newsroom_port), home=tmp_path, timeout=300, **away)
    told = json.loads(broadsheet("status", "--json", home=tmp_path, **away).stdout)
    assert told["index"]["pending"] >= 28
    assert told["index"]["pending_since"] is not None
    assert "127.0.0.1:1" in told["index"]["error"]
    assert told["ledger"]["articles"] == 28

    there = {"database_url": ledger, "elasticsearch_url": elasticsearch_names}
    rebuilt = broadsheet("index", "rebuild", home=tmp_path, **there)
    assert rebuilt.returncode == 0, rebuilt.stderr
    told = json.loads(broadsheet("status", "--json", home=tmp_path, **there).stdout)
    assert (told["index"]["pending"], told["index"]["rejected"], told["index"]["error"]) == (0, 0, None)
    assert told["index"]["documents"]["articles"] >= 28


def test_saved_pages_are_read_in_order_and_a_bad_one_is_an_error_of_its_line_alone(tmp_path: Path) -> None:
    page = "<html lang='en'><head><title>Harbour opens</title></head><body><article><h1>Harbour opens</h1>{}</article></body></html>"
    text = "".join(
        f"<p>The harbour of the town opened on day {number} after a storm that had closed it.</p>"
        for number in range(9)
    )
    (tmp_path / "good.html").write_text(page.format(text), encoding="utf-8")
    (tmp_path / "broken.html.gz").write_bytes(b"\x1f\x8bnot gzip")
    lines = [
        {"id": "missing", "url": "https://a.example/1"},
        {"id": "good", "url": "https://a.example/2", "crawled_at": "2026-11-20 10:00:00"},
        {"id": "broken", "url": "https://a.example/3"},
        {"id": "../good", "url": "https://a.example/4"},
        {"id": "good"},
    ]
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("\n".join([*map(json.dumps, lines), "not json", ""]), encoding="utf-8")
    told = broadsheet("read", str(manifest), home=tmp_path)
    assert told.returncode == 1, told.stderr
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["missing", "good", "broken", "../good", "good", None]
    assert [row for row in rows if "error" not in row] == [rows[1]]
    assert rows[1]["headline"] == "Harbour opens"
    assert rows[1]["in_language"] == "en"


STOPPED_INSIDE_AN_EXEC = """
import os, signal, sys
import broadsheet.command
sys.argv[1:] = []
# CPython looks for the signal at the next call
broadsheet.command.main = lambda **given: exec("import os\\nos.kill(os.getpid(), {number})\\nfor _ in range(9): str(_)")
from broadsheet.entry import run
run()
"""


@pytest.mark.parametrize("caught_by", ["broadsheet.command.main", "broadsheet.command.app"])
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_inside_an_exec_ends_with_its_code_too(tmp_path: Path, stop: signal.Signals, caught_by: str) -> None:
    program = STOPPED_INSIDE_AN_EXEC.replace("{number}", str(int(stop))).replace(
        "broadsheet.command.main =", f"{caught_by} ="
    )
    (tmp_path / "stopped.py").write_text(program)
    environ = environment(tmp_path) | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    # a module, as `python -m broadsheet` is: a script's own end forgets the interrupt
    ended = subprocess.run([sys.executable, "-m", "stopped"], env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 128 + stop, ended
    assert ended.stderr == "Stopped. Pages that were not fetched stay due.\n"


def test_an_outcome_has_a_name_that_people_can_read() -> None:
    assert all(outcome.replace("_", "").isalpha() and outcome == outcome.lower() for outcome in Outcome)
