"""The whole path, by the commands that people type, on real servers and real pages."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests import warm
from tests.databases import libpq
from tests.ports import free_port
from tests.schedules.processes import environment, running, until
from tests.shared_files import shared

#: a crawl of the newsroom takes some ten seconds; a machine that is busy with other tests may take much longer
PATIENCE_SECONDS = 300


def demo(environ: dict[str, str], port: int) -> subprocess.CompletedProcess[str]:
    return warm.run(["demo", "--once", "--newsroom-port", str(port)], environ)


def test_the_newsroom_comes_out_as_it_says_in_three_runs(
    tmp_path: Path, fresh_database: str, newsroom_port: int
) -> None:
    environ = environment(tmp_path, database_url=libpq(fresh_database))
    told = [demo(environ, newsroom_port) for _ in range(3)]
    assert [run.returncode for run in told] == [0, 0, 0], "\n".join(run.stdout[-2000:] + run.stderr for run in told)
    assert "no faults" in told[0].stdout
    assert "28 new" in told[0].stdout
    # the second run fetches what was changed and is told of the rest that it was not
    assert "not_modified" in told[1].stdout
    assert "changed" in told[1].stdout


def test_the_newsroom_comes_out_as_it_says_in_elasticsearch(
    tmp_path: Path, fresh_database: str, elasticsearch_names: str, newsroom_port: int
) -> None:
    environ = environment(tmp_path, database_url=libpq(fresh_database), elasticsearch_url=elasticsearch_names)
    told = demo(environ, newsroom_port)
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr
    found = warm.run(["search", "harbour", "--json", "--outlet", "demo_courier"], environ)
    found.check_returncode()
    answer = json.loads(found.stdout)
    assert answer["total"] >= 1
    assert {hit["outlet"] for hit in answer["hits"]} == {"demo_courier"}


def test_a_crawl_killed_at_any_moment_goes_on_and_loses_nothing(
    tmp_path: Path, fresh_database: str, newsroom_port: int
) -> None:
    environ = environment(tmp_path, database_url=libpq(fresh_database))
    command = [sys.executable, "-m", "broadsheet", "demo", "--once", "--newsroom-port", str(newsroom_port)]
    for number in range(3):
        crawl = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert crawl.stderr is not None
        crawl.stderr.readline()  # the newsroom is open
        time.sleep(1 + number * random.uniform(0.5, 1.5))  # any moment: another one each time the tests run
        crawl.send_signal(signal.SIGKILL)
        crawl.wait()
        crawl.stderr.close()
    told = demo(environ, newsroom_port)
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr
    assert "no faults" in told.stdout


def test_ctrl_c_ends_a_crawl_cleanly(tmp_path: Path, fresh_database: str, newsroom_port: int) -> None:
    environ = environment(tmp_path, database_url=libpq(fresh_database))
    command = [sys.executable, "-m", "broadsheet", "demo", "--once", "--newsroom-port", str(newsroom_port)]
    crawl = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert crawl.stderr is not None
    crawl.stderr.readline()
    time.sleep(3)
    crawl.send_signal(signal.SIGINT)
    _, said = crawl.communicate(timeout=60)
    assert crawl.returncode == 130, said
    assert "Traceback" not in said
    told = demo(environ, newsroom_port)
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr


def test_every_saved_page_is_accounted_for_in_both_backends(
    tmp_path: Path, fresh_database: str, elasticsearch_names: str
) -> None:
    pages = shared("pages")
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", 80))
    except PermissionError:
        if os.environ.get("CI"):
            raise
        pytest.skip("serving pages under their own host names takes the right to listen on port 80")
    environ = environment(tmp_path, database_url=libpq(fresh_database), elasticsearch_url=elasticsearch_names)
    command = [sys.executable, "-m", "tests.schedules.real_pages", str(pages)]
    ran = subprocess.run(
        command,
        env=environ,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    account = json.loads(ran.stdout.splitlines()[-1])
    assert len(account["became"]) == 396
    refused = {address: end for address, end in account["became"].items() if end is None or end[0] != "new"}
    # all of them are articles: none may be lost, and none refused
    assert refused == {}
    assert account["missing"] == {"elasticsearch": [], "postgresql": []}
    assert (account["pending"], account["rejected"], account["marked"]) == (0, 0, {})


def test_the_demos_page_fetches_an_article_again(tmp_path: Path, fresh_database: str, newsroom_port: int) -> None:
    environ, log = environment(tmp_path, database_url=libpq(fresh_database)), tmp_path / "log"
    page, ports = f"http://127.0.0.1:{free_port()}", ("--newsroom-port", str(newsroom_port))
    with running(["demo", "--port", page.rpartition(":")[2], *ports], environ, log), httpx.Client() as web:
        until(lambda: "Search page" in log.read_text() and _answers(web, page), "the page is served", log)
        found = web.get(f"{page}/api/search", params={"size": 1}).json()["hits"][0]
        assert "Fetch again now" in web.get(f"{page}/articles/{found['id']}").text
        asked = web.post(f"{page}/api/recrawls", json={"urls": [found["document"]["url"]]}).json()["recrawls"][0]
        until(lambda: web.get(page + asked["href"]).json()["state"] == "ended", "it is fetched", log)
        assert "unchanged" in web.get(page + asked["href"]).json()["message"]


def _answers(web: httpx.Client, page: str) -> bool:
    try:
        return web.get(f"{page}/healthz").is_success
    except httpx.TransportError:
        return False
