"""What people come for on the command line: take a search away, see what changed, cite, and be told what was meant."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow import parquet
from sqlalchemy import text as text_of
from sqlalchemy.ext.asyncio import AsyncEngine

from broadsheet.export import export
from index.postgresql.backend import PostgresqlIndex
from index.protocol import Action
from index.query import Query
from news.clock import now
from news.url import article_id
from tests import warm
from tests.broadsheet.test_command import broadsheet
from tests.databases import libpq
from tests.ledger.readings import article, hour, published, read, text
from tests.schedules.processes import environment

URL = "https://alpha.example/flood"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
async def run(engine: AsyncEngine, fresh_database: str, tmp_path: Path) -> Run:
    """Record some articles, one of them in three versions, and give the program on them."""
    first = article(
        URL, "Five people are missing.\nThe bridge is closed.", authors=("Ada Moss",), date_published=published(-1)
    )
    await read(engine, first, hour(0))
    await read(engine, replace(first, body="Seven people are missing.\nThe bridge is closed."), hour(1))
    await read(engine, replace(first, body="Eight people are missing.\nThe bridge is closed."), hour(2))
    for number in range(5):
        await read(
            engine, article(f"https://beta.example/{number}", f"Only number {number}.", headline="=1+1"), hour(3)
        )

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return broadsheet(*arguments, home=tmp_path, database_url=libpq(fresh_database), **settings)

    assert run("index", "rebuild").returncode == 0
    return run


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_search_before_the_first_crawl_says_what_to_do(
    engine: AsyncEngine, fresh_database: str, tmp_path: Path
) -> None:
    assert engine  # the ledger is there, and empty
    told = broadsheet("search", "missing", home=tmp_path, database_url=libpq(fresh_database))
    assert told.returncode == 0
    assert "No article is searchable yet: broadsheet crawl NAME" in told.stdout + told.stderr


def test_a_watch_is_edited_part_by_part(run: Run) -> None:
    assert run("watch", "add", "Kassel", "kassel", "--language", "de", "--outlet", "alpha").returncode == 0

    def edited(*arguments: str) -> dict[str, object]:
        told = run("watch", "edit", "Kassel", *arguments, "--json")
        assert told.returncode == 0, told.stderr
        return json.loads(told.stdout)["query"]  # type: ignore[no-any-return]

    known = {"timezone": "UTC"}
    assert edited("-film", "fulda") == known | {
        "text": "-film fulda",
        "filters": {"in_language": ["de"], "outlet": ["alpha"]},
    }
    assert edited("--language", "fr", "--where", "kind=article") == known | {
        "text": "-film fulda",
        "filters": {"in_language": ["fr"], "outlet": ["alpha"], "kind": ["article"]},
    }
    assert edited("--no-filters", "--country", "at") == known | {"text": "-film fulda", "filters": {"country": ["at"]}}
    assert edited("") == known | {"text": "", "filters": {"country": ["at"]}}
    said = run("watch", "edit", "Kassel", "--rename", "All of Austria", "--on", "articles,silent")
    assert "The watch All of Austria searches for country:at and reports to its feed." in said.stdout
    assert "an article that was known before is not new to it" in " ".join(said.stdout.split())
    assert "Nothing differs." in run("watch", "edit", "All of Austria").stdout
    shown = run("watch", "show", "All of Austria").stdout
    assert "articles, silent" in shown
    assert "{" not in shown


async def test_who_had_a_text_first_is_told_with_its_reason(run: Run, engine: AsyncEngine) -> None:
    for number, outlet in enumerate(("gamma", "delta")):
        await read(
            engine,
            article(f"https://{outlet}.example/harbour", text(7), date_published=published(number)),
            hour(3 + number),
        )
    told = run("article", "https://delta.example/harbour", "--story")
    first, second = [line for line in told.stdout.splitlines() if line[:1].isdigit()]
    assert first.startswith("1. gamma (first): its page states")
    assert second.startswith("2. delta (copy, 100% of the text): ")
    rows_of_json = json.loads(run("article", "https://delta.example/harbour", "--story", "--json").stdout)
    assert [each["outlet"] for each in rows_of_json] == ["gamma", "delta"]
    assert run("article", "https://nobody.example/x", "--story").returncode == 1
    assert "No other article" in run("article", "https://beta.example/1", "--story").stdout


def test_attention_is_counted_by_outlet(run: Run) -> None:
    told = run("search", "missing", "--attention", "day")
    assert [(row["outlet"], row["articles"], row["share"]) for row in rows(told.stdout)] == [("alpha", "1", "1.000000")]
    assert "hour, day, week, month, year" in run("search", "--attention", "minute").stderr


def test_a_search_is_taken_away_whole_in_each_format(run: Run, tmp_path: Path) -> None:
    told = run("search", "--all", "--outlet", "beta", "--format", "csv", "--fields", "headline,url")
    assert "5 articles exported." in told.stderr
    found = rows(told.stdout)
    assert [row["headline"] for row in found] == ["'=1+1"] * 5
    assert len({row["id"] for row in found}) == 5
    lone = run("search", "--format", "csv")
    assert (lone.returncode, lone.stdout) == (2, "")
    assert "go with --all" in lone.stderr
    for since, until, count in (
        ("2026-03", "2026-03", 1),
        ("2026", "2026-03-02", 1),
        ("2026-03-03", "2026", 0),
        ("24h", "2026-03", 0),
    ):
        told = run("search", "--all", "--outlet", "alpha", "--since", since, "--until", until)
        assert len(told.stdout.splitlines()) == count, (since, until)
    lines = run("search", "--all").stdout.splitlines()
    assert {json.loads(line)["outlet"] for line in lines} == {"alpha", "beta"}
    assert len(lines) == 6
    assert run("search", "--all", PYTHONIOENCODING="ascii").stdout.isascii()
    assert json.loads(run("search", "missing", "--all", "--format", "ninjs").stdout)["uri"] == URL
    file = tmp_path / "out.atom"
    assert run("search", "--all", "--format", "atom", "--output", str(file)).stdout == ""
    assert file.read_text(encoding="utf-8").count("<entry") == 6
    frame = tmp_path / "out.parquet"
    assert "6 articles exported." in run("search", "--all", "--format", "parquet", "--output", str(frame)).stderr
    assert {each["outlet"] for each in parquet.read_table(frame).to_pylist()} == {"alpha", "beta"}
    assert "--output" in run("search", "--all", "--format", "parquet").stderr
    again = run("search", "--all", "--format", "atom", "--output", str(file))
    assert (again.returncode, "exists" in again.stderr) == (2, True), "nothing is overwritten"


def test_an_export_that_is_interrupted_says_how_to_continue_and_the_file_is_then_whole(
    run: Run, fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = run("search", "--all", "--format", "csv").stdout
    file = tmp_path / "part.csv"
    for name, value in environment(tmp_path, database_url=libpq(fresh_database)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("index.postgresql.export.EXPORT_PAGE", 2)
    pages = PostgresqlIndex.export

    async def two_pages(self, query, after=None):  # type: ignore[no-untyped-def]
        left = 2
        async for page in pages(self, query, after):
            yield page
            left -= 1
            if not left:
                raise KeyboardInterrupt

    monkeypatch.setattr(PostgresqlIndex, "export", two_pages)
    with pytest.raises(KeyboardInterrupt):
        export(Query(), format="csv", fields="", output=file, after=None)
    said = " ".join(capsys.readouterr().err.split())
    assert "Interrupted after 4 articles." in said
    id = said.partition("--after ")[2].split()[0]
    told = run("search", "--all", "--format", "csv", "--output", str(file), "--after", id)
    assert (told.returncode, told.stderr) == (0, "2 articles exported.\n")
    assert rows(file.read_text(encoding="utf-8")) == rows(whole)


@pytest.mark.parametrize("format", ["csv", "jsonl", "atom", "ninjs"])
def test_a_file_that_a_kill_cut_anywhere_is_continued_and_then_whole(run: Run, tmp_path: Path, format: str) -> None:
    file = tmp_path / "part"
    asked = ("search", "--all", "--format", format, "--output", str(file))
    assert run(*asked).returncode == 0
    whole = file.read_bytes()
    plain = whole.partition(b"<updated>")[0], whole.rpartition(b"</author>")[2]
    for share in (0.55, 0.8, 0.999, 1.0):
        file.write_bytes(whole[: int(len(whole) * share)])
        told = run(*asked, "--continue")
        assert told.returncode == 0, told.stderr
        if format == "atom":  # its head has the time of the export
            assert (
                file.read_bytes().partition(b"<updated>")[0],
                file.read_bytes().rpartition(b"</author>")[2],
            ) == plain
            assert file.read_bytes().count(b"</entry>") == 6
        else:
            assert file.read_bytes() == whole
    # it was cut off before the first article, in the head where there is one
    for begun in (b"", *([whole[:20]] if format in ("csv", "atom") else [])):
        file.write_bytes(begun)
        told = run(*asked, "--continue")
        assert (told.returncode, told.stderr) == (0, "6 articles exported.\n")
        assert file.read_bytes() == whole or format == "atom"
    for foreign in (b"Dear Ada,\nthe report is lost.\n", b"{}\n", b"id", whole[21:40]):
        file.write_bytes(foreign)
        told = run(*asked, "--continue")
        assert (told.returncode, file.read_bytes()) == (2, foreign), "what is no export is not touched"
    assert "goes with --output" in run("search", "--all", "--continue").stderr


def _kill_once_it_is_longer(started: warm.Program, file: Path, size: int) -> None:
    """Kill an export as soon as it has written some more: in the middle of its rows."""
    while started.poll() is None and (not file.exists() or file.stat().st_size <= size):
        time.sleep(0.001)
    started.send_signal(signal.SIGKILL)
    started.wait()


async def test_an_export_that_is_killed_in_the_middle_has_every_row_once_when_it_is_continued(
    run: Run, engine: AsyncEngine, fresh_database: str, tmp_path: Path
) -> None:
    known = {"outlet": "many", "revision": 1, "version": 1, "in_language": "en", "body": "Rain fell. " * 100}
    ids = [article_id(f"https://many.example/{number}") for number in range(6_000)]
    for start in range(0, len(ids), 500):
        documents = [known | {"id": id, "url": f"https://many.example/{id}"} for id in ids[start : start + 500]]
        actions = [Action(stream="articles", id=each["id"], revision=1, document=each) for each in documents]
        await PostgresqlIndex(engine).write(actions)
    file, environ = tmp_path / "many.jsonl", environment(tmp_path, database_url=libpq(fresh_database))
    asked = ["search", "--all", "--outlet", "many", "--output", str(file)]
    sizes = [0]
    for kill in range(3):
        with (tmp_path / "said").open("w") as said:
            started = warm.start([*asked, *(["--continue"] if kill else [])], environ, stdout=said, stderr=said)
        _kill_once_it_is_longer(started, file, sizes[-1])
        sizes.append(file.stat().st_size)
    assert sizes == sorted(set(sizes)), "each went on behind the last"
    assert file.read_bytes().count(b"\n") < len(ids), "it was killed in the middle"
    assert run(*asked, "--continue").returncode == 0
    found = [json.loads(line)["id"] for line in file.read_text(encoding="utf-8").splitlines()]
    assert sorted(found) == sorted(ids)
    assert found == [json.loads(line)["id"] for line in run("search", "--all", "--outlet", "many").stdout.splitlines()]


def test_what_changed_is_listed_with_its_words(run: Run) -> None:
    said = run("changes").stdout
    assert said.index("[-Seven-] {+Eight+} people") < said.index("[-Five-] {+Seven+} people")
    assert "The bridge" not in said, "only the paragraphs that changed"
    assert "silent" in said
    found = json.loads(run("changes", "--outlet", "alpha", "--size", "1", "--json").stdout)
    assert [each["version"] for each in found["changes"]] == [3]
    found = json.loads(run("changes", "--size", "1", "--cursor", found["next_cursor"], "--json").stdout)
    assert [each["version"] for each in found["changes"]] == [2]
    assert found["next_cursor"] is None
    assert "No such change was seen." in run("changes", "--only", "withdrawn").stdout


async def test_what_a_notice_corrects_is_printed_with_the_history_and_the_difference(
    run: Run, engine: AsyncEngine
) -> None:
    notice = "Correction: Eight people are missing, not seven."
    text = "Eight people are missing.\nThe bridge is closed."
    await read(engine, article(URL, text, authors=("Ada Moss",), correction=notice), hour(3))
    said = "Version 4 corrects (version 2): seven; it is: Eight people are missing"
    assert said in run("article", URL, "--history").stdout
    assert said in run("article", URL, "--diff", "2..4").stdout
    assert said not in run("article", URL, "--diff", "1..3").stdout
    (found,) = json.loads(run("article", URL, "--diff", "3..4", "--json").stdout)["corrections"]
    assert (found["version"], found["speaks_of"]) == (4, 2)


def test_a_difference_without_colours_shows_the_paragraphs_that_changed_by_field(run: Run) -> None:
    said = run("article", URL, "--diff", "1..3").stdout
    assert "body: [-Five-] {+Eight+} people are missing." in said
    assert "The bridge is closed." not in said
    assert "silent" in said
    found = json.loads(run("article", URL, "--diff", "1..2", "--json").stdout)
    assert [each["name"] for each in found["fields"] if each["changed"]] == ["body"]


def test_a_version_is_read_and_cited(run: Run) -> None:
    said = run("article", URL, "--version", "1").stdout
    assert "Five people are missing." in said
    assert "Version 1 of 3, first seen 2026-03-02 08:00 UTC" in said
    assert run("article", URL, "--version", "2", "--cite", "plain").stdout.startswith("Ada Moss: “Headline of")
    assert "version = {2}" in run("article", URL, "--version", "2", "--cite", "bibtex").stdout
    (item,) = json.loads(run("article", URL, "--cite", "csl").stdout)
    assert item["version"] == "3", "the newest one, if none is named"


def test_an_address_opens_the_article_as_the_page_does(run: Run) -> None:
    assert run("search", URL).stdout == run("article", URL).stdout
    assert run("search", URL, "--json").stdout == run("article", URL, "--json").stdout


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        (["--outlet", "alhpa"], "No article has outlet 'alhpa'. Did you mean 'alpha'?"),
        (["outlet:betta"], "No article has outlet 'betta'. Did you mean 'beta'?"),
        (["--language", "xx"], "No article has in_language 'xx'. Use one of: en."),
        (["--where", "stealth=yes"], "No article has stealth 'yes'. Use one of: true."),
        (["date:2024"], "There is no field 'date', so it is searched for as a word."),
        (["headlien:flood"], "There is no field 'headlien', so it is searched for as a word. Did you mean 'headline'?"),
        (['"people are missing'], "A quotation mark is not closed"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_was_meant(run: Run, arguments: list[str], note: str) -> None:
    told = run("search", *arguments)
    assert told.returncode == 0
    assert note in told.stdout
    assert any(note in each for each in json.loads(run("search", *arguments, "--json").stdout)["notes"])
    assert note in run("search", *arguments, "--all", "--format", "csv").stderr


@pytest.mark.parametrize(
    ("arguments", "total"),
    [
        (["author:moss"], 1),
        (["--where", "authors=Ada"], 1),
        (["author:mos"], 0),
        (["author:m%s"], 0),
        (["missing", "-author:moss"], 0),
        (["-author:moss"], 5),
        (["missing", "-bridge"], 0),
        (["-missing"], 5),
        (["-fdp", "missing"], 1),
        (["missing|number"], 6),
        (["--", "-missing"], 5),
    ],
)
def test_a_word_of_a_name_finds_it_and_a_leading_minus_excludes(run: Run, arguments: list[str], total: int) -> None:
    told = run("search", "--json", *arguments)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["total"] == total


def test_help_has_a_short_form_and_the_shell_is_taught(tmp_path: Path) -> None:
    for verb in ([], ["search"], ["outlets", "list"]):
        told = broadsheet(*verb, "-h", home=tmp_path)
        assert (told.returncode, "Usage:" in told.stdout) == (0, True)
    environ = environment(tmp_path) | {
        "_BROADSHEET_COMPLETE": "complete_bash",
        "COMP_WORDS": "broadsheet chan",
        "COMP_CWORD": "1",
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-m", "broadsheet"]
    told = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert told.stdout.split() == ["changes"], told.stderr


async def test_a_watch_is_added_tested_listed_and_removed(run: Run, engine: AsyncEngine) -> None:
    mail = {"smtp_host": "127.0.0.1", "smtp_from": "news@broadsheet.example"}
    refused = run("watch", "add", "Kassel", "kassel", "--email", "reader@example.org")
    assert refused.returncode == 2
    assert "BROADSHEET_SMTP_HOST is not set" in refused.stderr
    added = run(
        "watch", "add", "Kassel", "kassel", "-film", "--email", "reader@example.org", "--digest", "7,18", **mail
    )
    assert added.returncode == 0, added.stderr
    assert "Added the watch Kassel" in added.stdout
    hooked = run("watch", "add", "Hook", "--on", "silent,changes", "--webhook", "https://hooks.example/x", "--json")
    secret = json.loads(hooked.stdout)["webhook_secret"]
    assert secret.startswith("whsec_")
    assert run("watch", "add", "Kassel").returncode == 2

    at = now()
    first = article("https://gamma.example/a", "The river is high.", headline="Flood in Kassel")
    await read(engine, first, at)
    await read(engine, replace(first, body="The river is low.", url="https://gamma.example/a"), at)
    assert run("index", "rebuild").returncode == 0
    tried = run("watch", "test", "Kassel")
    assert "Flood in Kassel" in tried.stdout
    assert "1 notification would have been sent." in tried.stdout
    changed = json.loads(run("watch", "test", "Hook", "--json", "--hours", "2").stdout)
    assert [each["type"] for each in changed] == ["change"]

    for verb in ("pause", "resume", "mute"):
        assert run("watch", verb, "Kassel").returncode == 0
    listed = {each["name"]: each for each in json.loads(run("watch", "list", "--json").stdout)}
    assert listed["Kassel"]["query"]["text"] == "kassel -film"
    assert listed["Kassel"]["muted_until"]
    assert secret not in run("watch", "list", "--json").stdout
    assert "muted until" in run("watch", "list").stdout
    assert json.loads(run("watch", "show", "Hook", "--json").stdout)["on"] == ["silent", "changes"]
    assert run("watch", "remove", "Kassel").returncode == 0
    gone = run("watch", "show", "Hoook")
    assert gone.returncode == 1
    assert "Did you mean 'Hook'?" in gone.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--on", "everything"], "--on takes one or more of articles"),
        (["--digest", "25"], "--digest takes hours from 0 to 23"),
        (["--where", "nothing"], "--where takes FACET=VALUE"),
        (["--where", "placs=x"], "placs"),
        (["--webhook", "http://10.0.0.1/"], "is not a public address"),
        (["--digest", "7"], "A digest is sent by e-mail"),
    ],
)
def test_a_mistake_in_a_watch_is_one_sentence(run: Run, arguments: list[str], sentence: str) -> None:
    told = run("watch", "add", "Mistake", *arguments)
    assert told.returncode == 2
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("table", "arguments"),
    [
        ("recrawls", ["recrawl", "https://www.tagesschau.de/inland/x-100.html", "--no-wait"]),
        ("outlets", ["outlets", "enable", "tagesschau"]),
        ("watches", ["watch", "add", "Flood", "flood"]),
    ],
)
async def test_a_full_disk_of_postgresql_is_one_sentence_whatever_was_typed(
    run: Run, engine: AsyncEngine, table: str, arguments: list[str]
) -> None:
    full = "RAISE EXCEPTION 'No space left' USING ERRCODE = '53100', DETAIL = 'a-secret'"
    async with engine.begin() as connection:
        await connection.execute(
            text_of(f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {full}; END $$")
        )
        await connection.execute(
            text_of(f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION full_disk()")
        )
    told = run(*arguments)
    assert told.returncode == 2, told.stdout
    assert told.stderr == (
        "PostgreSQL's disk is full (53100 No space left). Make room on it; nothing that was recorded is lost.\n"
    )
