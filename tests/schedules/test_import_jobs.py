"""Imports as people type them: whole, killed, repeated, with workers of their own; and archived pages that are read again."""

import gzip
import json
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest

from pipelines.importing.import_files import ImportKind, Position, read_chunk
from tests import warm
from tests.ledger.readings import text
from tests.schedules.imported_pages import page, warc
from tests.schedules.processes import silent
from tests.schedules.test_house import environment, libpq

PATIENCE_SECONDS = 300


def broadsheet(environ: dict[str, str], *arguments: str, code: int = 0) -> list[dict[str, object]]:
    ran = warm.run([*arguments, "--json"], environ)
    assert ran.returncode == code, ran.stdout + ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.fixture
def rows(fresh_database: str):
    """Ask the ledger."""

    def ask(query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(libpq(fresh_database)) as connection:
            return connection.execute(query).fetchall()

    return ask


@pytest.fixture
def environ(tmp_path: Path, fresh_database: str) -> dict[str, str]:
    return environment(tmp_path, database_url=libpq(fresh_database))


def test_a_warc_file_is_imported_once_however_often_it_is_asked_for(tmp_path, environ, rows):
    pages = [page(number) for number in range(6)]
    pages += [page(2, text(99), minutes=500), page(0, site="apnews.com")]
    file = warc(tmp_path / "news.warc.gz", pages)
    file.write_bytes(file.read_bytes() + b"\x1f\x8b\x08broken")
    [told] = broadsheet(environ, "import", str(file))
    assert told["outcomes"] == {"new": 7, "changed": 1}
    assert told["skipped"] == {"damaged gzip": 1}
    assert told["position"] == told["size_bytes"]
    # and is searchable, though no daemon runs
    [found] = broadsheet(environ, "search", "", "--json")
    assert found["total"] == 7
    assert broadsheet(environ, "import", str(file)) == [told]
    [anew] = broadsheet(environ, "import", str(file), "--restart")
    assert anew["outcomes"] == {"unchanged": 8}
    # a site that has an outlet is the outlet's; the other has one of its own, which is not crawled on schedule
    assert rows("SELECT outlet, count(*) FROM articles GROUP BY 1 ORDER BY 1") == [
        ("associated_press_news", 1),
        ("daily_example", 6),
    ]
    assert rows("SELECT slug, enabled, site FROM outlets WHERE site IS NOT NULL") == [
        ("daily_example", False, "daily.example")
    ]
    # as it was when the pages were fetched
    assert rows("SELECT min(first_seen_at) = '2024-02-08 06:00+00' FROM articles") == [(True,)]
    assert rows("SELECT count(*) FROM pages WHERE due_at IS NOT NULL") == [(0,)]
    assert rows("SELECT count(*) FROM sites") == [(0,)]
    assert rows("SELECT count(*) FROM articles WHERE version = 2") == [(1,)]
    assert broadsheet(environ, "import") == [[anew]]


@pytest.mark.parametrize("form", ["warc.gz", "warc"])
def test_an_import_killed_at_any_moment_loses_and_doubles_nothing(tmp_path, environ, rows, form):
    many = 150
    file = warc(tmp_path / "news.warc.gz", [page(number) for number in range(many)])
    if form == "warc":
        file = tmp_path / "news.warc"
        file.write_bytes(gzip.decompress((tmp_path / "news.warc.gz").read_bytes()))
    for _ in range(2):  # after each the next one waits until the dead one's job is surely nobody's
        before = imported(rows)
        assert before < many, "too quick to be killed"
        started = silent(["import", str(file), "--json"], environ)
        # killed while it works: some pages after it began
        while imported(rows) == before and started.poll() is None:
            time.sleep(0.05)
        time.sleep(random.uniform(0, 0.6))
        started.send_signal(signal.SIGKILL)
        started.wait()
    [told] = broadsheet(environ, "import", str(file))
    assert told["outcomes"] == {"new": many}
    assert told["skipped"] == {}
    assert rows("SELECT count(*), count(DISTINCT url) FROM attempts") == [(many, many)]
    assert rows("SELECT count(*), sum(version) FROM articles") == [(many, many)]
    assert rows("SELECT count(*) FROM versions") == [(many,)]


def imported(rows) -> int:
    try:
        return int(str(rows("SELECT count(*) FROM attempts")[0][0]))
    except psycopg.errors.UndefinedTable:
        return 0


def test_a_manifest_is_imported(tmp_path, environ, rows):
    for name in ("a", "b"):
        (tmp_path / f"{name}.html").write_bytes(page(ord(name)).content)
    lines = [
        {
            "id": name,
            "url": f"https://daily.example/story-{name}-123456{ord(name)}",
            "crawled_at": "2024-02-08T10:30:00Z",
        }
        for name in ("a", "b", "c")
    ]
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("\n".join(map(json.dumps, lines)))
    [told] = broadsheet(environ, "import", str(manifest))
    assert (told["kind"], told["outcomes"], told["skipped"]) == ("pages", {"new": 2}, {"no page to read": 1})
    assert rows("SELECT DISTINCT first_seen_at = '2024-02-08 10:30+00' FROM articles") == [(True,)]


@contextmanager
def site(pages: dict[str, bytes]) -> Iterator[str]:
    """Serve pages on loopback, and yield where."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = pages.get(self.path)
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", "application/xml" if self.path.endswith(".xml") else "text/html")
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_list_of_addresses_is_fetched_and_recorded(tmp_path, environ, rows):
    environ["BROADSHEET_ALLOW_LOOPBACK"] = "yes"
    paths = [f"/politics/story-of-the-day-{number:06}" for number in range(3)]
    with site({path: page(number).content for number, path in enumerate(paths)}) as home:
        file = tmp_path / "list.txt"
        file.write_text("\n".join([*(home + path for path in paths), "nonsense", f"{home}/gone/story-of-no-day"]))
        [told] = broadsheet(environ, "import", str(file))
    assert (told["outcomes"], told["skipped"]) == ({"found": 4}, {"no address": 1})
    assert rows("SELECT outcome, count(*) FROM attempts GROUP BY 1 ORDER BY 1") == [("gone", 1), ("new", 3)]
    [(slug,)] = rows("SELECT DISTINCT outlet FROM articles")
    assert str(slug).startswith("127_0_0_1_")


def test_archived_pages_are_reprocessed_without_a_fetch(tmp_path, environ, rows):
    environ["BROADSHEET_ALLOW_LOOPBACK"] = "yes"
    environ["BROADSHEET_ARCHIVE"] = str(tmp_path / "archive")
    (tmp_path / "outlets").mkdir()
    path = "/politics/story-of-the-day-000001"
    pages = {path: page(1).content, "/": f'<a href="{path}">one</a>'.encode()}
    with site(pages) as home:
        (tmp_path / "outlets" / "daily.toml").write_text(f'name = "Daily"\nhome = "{home}/"\ndelay_seconds = 0\n')
        broadsheet(environ, "crawl", "daily")
    [file] = (tmp_path / "archive").iterdir()
    # every page that came is kept, as the ledger knows it
    kept = [item.page for item in read_chunk(file, ImportKind.WARC, Position()).items if item.page]
    assert [each.content for each in kept] == [pages[path]]
    assert rows("SELECT seen_at FROM versions") == [(kept[0].fetched_at,)]
    assert [told["outcomes"] for told in broadsheet(environ, "reprocess", environ["BROADSHEET_ARCHIVE"])] == [
        {"unchanged": 1}
    ]
    # what a better reader finds in the same page
    better = replace(kept[0], content=page(1, f"{text(1)}\nThe last paragraph had been missed so far.").content)
    warc(file, [better], "daily")
    assert [told["outcomes"] for told in broadsheet(environ, "reprocess", environ["BROADSHEET_ARCHIVE"])] == [
        {"changed": 1}
    ]
    assert rows("SELECT version, revision, jsonb_array_length(edits) FROM articles") == [(1, 2, 0)]
    assert rows("SELECT document->>'body' LIKE '%missed so far.' FROM articles") == [(True,)]
    assert rows("SELECT count(*) FROM attempts") == [(1,)]


def test_a_file_that_is_nothing_ends_in_one_sentence(tmp_path, environ):
    (tmp_path / "x").write_bytes(b"\x00\x01")
    ran = warm.run(["import", str(tmp_path / "x")], environ)
    assert ran.returncode == 2
    assert "cannot be imported" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_every_file_that_cannot_be_imported_is_named_and_none_is_begun(tmp_path, environ):
    (tmp_path / "list.txt").write_text("https://a.example/1\n")
    (tmp_path / "junk.gz").write_bytes(b"\x1f\x8bjunk")
    files = [str(tmp_path / name) for name in ("list.txt", "junk.gz", "nope", "")]
    ran = warm.run(["import", *files], environ)
    assert ran.returncode == 2
    *named, last = ran.stderr.splitlines()
    assert [line.split(" ")[0] for line in named] == [str(tmp_path / "junk.gz"), str(tmp_path / "nope"), str(tmp_path)]
    assert last == "Nothing was started."
    assert broadsheet(environ, "import") == [[]]
