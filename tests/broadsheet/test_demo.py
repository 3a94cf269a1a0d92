"""The demo keeps its articles apart from real ones, and says how to look at them."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.outlet_state import enable
from tests import warm
from tests.databases import libpq
from tests.schedules.processes import environment


@pytest.fixture
def home() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="broadsheet-test-"))
    directory.chmod(0o755)  # as root, PostgreSQL's user has to pass
    yield directory
    shutil.rmtree(directory)


def broadsheet(arguments: list[str], environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return warm.run(arguments, environ)


def test_a_port_of_the_newsroom_that_is_taken_is_one_sentence_with_the_option(home: Path, newsroom_port: int) -> None:
    with socket.create_server(("127.0.0.1", newsroom_port)):
        ran = broadsheet(["demo", "--once", "--newsroom-port", str(newsroom_port)], environment(home))
    assert ran.returncode == 2
    assert "Address already in use" in ran.stderr
    assert "--newsroom-port" in ran.stderr


def test_a_port_of_the_page_that_is_taken_is_said_before_the_crawl(home: Path, newsroom_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = broadsheet(["demo", "--port", str(port), "--newsroom-port", str(newsroom_port)], environment(home))
    assert ran.returncode == 2
    assert f"Port {port} of 127.0.0.1 is taken" in " ".join(ran.stderr.split())
    assert "Crawling" not in ran.stderr
    assert list(home.iterdir()) == []


def test_the_demo_has_a_home_of_its_own_and_each_command_that_it_prints_works(home: Path, newsroom_port: int) -> None:
    arguments = ["demo", "--once", "--newsroom-port", str(newsroom_port)]
    for _ in range(2):
        ran = broadsheet(arguments, environment(home))
        assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr
    assert [file.name for file in home.iterdir()] == ["demo"]
    printed = [shlex.split(line) for line in re.findall(r"^  (.*BROADSHEET_HOME=.*|broadsheet .*)$", ran.stdout, re.M)]
    assert [words[1] for words in printed] == [f"BROADSHEET_HOME={home}/demo", "search", "article", "article"]
    environ = environment(home / "demo")
    search, history, difference = (broadsheet(words[1:], environ) for words in printed[1:])
    assert "Night train from Paris" in search.stdout, search.stderr
    assert "(silent)" in history.stdout, history.stderr
    assert re.search(r"41,?\d{3}", difference.stdout), difference.stderr
    # what is withdrawn in the second run is found, and the outlets are known though they have no file here
    withdrawn = broadsheet(["changes", "--only", "withdrawn"], environ).stdout
    assert "Maritime museum may close" in withdrawn
    assert "missing: answered 410 once" in withdrawn
    assert "demo_courier" in broadsheet(["outlets", "list"], environ).stdout
    shown = broadsheet(["outlets", "show", "demo_courier"], environ)
    assert shown.returncode == 0, shown.stderr
    assert "The Harbour Courier" in shown.stdout
    assert "no outlet file" in " ".join(shown.stderr.split())
    # whoever has exported what was printed and starts the demo again stays there
    again = broadsheet(arguments, environ)
    assert again.returncode == 0, again.stderr
    assert not (home / "demo" / "demo").exists()


async def test_the_demo_refuses_a_ledger_with_outlets_of_others(
    engine: AsyncEngine, fresh_database: str, tmp_path: Path, newsroom_port: int
) -> None:
    async with engine.begin() as connection:
        await enable(connection, ["tagesschau"], enabled=True)
    environ = environment(tmp_path, database_url=libpq(fresh_database))
    ran = broadsheet(["demo", "--once", "--newsroom-port", str(newsroom_port)], environ)
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "(tagesschau)" in " ".join(ran.stderr.split())
    assert "without BROADSHEET_DATABASE_URL" in " ".join(ran.stderr.split())


def test_the_demo_refuses_the_elasticsearch_of_other_articles(tmp_path: Path) -> None:
    ran = broadsheet(["demo", "--once"], environment(tmp_path, elasticsearch_url="http://127.0.0.1:1"))
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "keeps apart from articles in your Elasticsearch" in " ".join(ran.stderr.split())
    assert os.listdir(tmp_path) == []
