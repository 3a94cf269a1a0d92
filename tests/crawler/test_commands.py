"""Scrapy's own commands, from a clone, as its users expect them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.crawler.hostile import Server, Site, answer, article, serve, sitemap
from tests.databases import libpq

CLONE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[Server, Site]]:
    with serve() as server:
        site = Site(host="127.0.0.1", port=server.port)
        server.sites[site.host] = site
        address = f"http://127.0.0.1:{server.port}"
        site["/robots.txt"] = answer("User-agent: *\nDisallow: /intern", kind="text/plain")
        site["/sitemap.xml"] = answer(sitemap([f"{address}/council-votes-for-a-bridge", f"{address}/intern"]))
        site["/council-votes-for-a-bridge"] = answer(article())
        yield server, site


def scrapy(home: Path, database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}
    environment |= {
        "BROADSHEET_HOME": str(home),
        "BROADSHEET_DATABASE_URL": libpq(database),
        "BROADSHEET_ALLOW_LOOPBACK": "1",
    }
    command = [sys.executable, "-m", "scrapy", *arguments]
    return subprocess.run(command, cwd=CLONE, env=environment, capture_output=True, text=True, timeout=120)


def test_settings_are_those_of_the_project(tmp_path: Path, database_url: str) -> None:
    assert scrapy(tmp_path, database_url, "settings", "--get", "BOT_NAME").stdout == "broadsheet\n"


def test_crawl_of_an_unknown_outlet_is_one_sentence(tmp_path: Path, database_url: str) -> None:
    ended = scrapy(tmp_path, database_url, "crawl", "outlet", "-a", "name=no_such_paper")
    assert ended.returncode == 1
    assert ended.stderr == "No outlet 'no_such_paper'. `broadsheet outlets list` lists them all.\n"


def test_crawl_records_and_indexes_an_outlet(tmp_path: Path, fresh_database: str, site: tuple[Server, Site]) -> None:
    server, served = site
    address = f"http://127.0.0.1:{server.port}"
    (tmp_path / "outlets").mkdir()
    (tmp_path / "outlets" / "aller_post.toml").write_text(
        f'name = "Aller Post"\nhome = "{address}/"\ndelay_seconds = 0\nsitemaps = ["{address}/sitemap.xml"]\n'
    )
    ended = scrapy(tmp_path, fresh_database, "crawl", "outlet", "-a", "name=aller_post")
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr
    with psycopg.connect(libpq(fresh_database)) as connection:
        rows = connection.execute("SELECT url, outcome FROM attempts").fetchall()
        assert set(rows) == {(f"{address}/council-votes-for-a-bridge", "new"), (f"{address}/intern", "robots")}
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (0,), "all was published"
    assert not served.asked("/intern")


def test_shell_gets_a_page_and_fetch_obeys_robots_txt(
    tmp_path: Path, fresh_database: str, site: tuple[Server, Site]
) -> None:
    address = f"http://127.0.0.1:{site[0].port}"
    page = f"{address}/council-votes-for-a-bridge"
    shell = scrapy(tmp_path, fresh_database, "shell", page, "-c", "response.css('h1::text').get()")
    assert shell.stdout.strip().endswith("Council votes for a bridge across the Aller"), shell.stderr
    assert "<h1>" not in scrapy(tmp_path, fresh_database, "fetch", f"{address}/intern").stdout
    assert not site[1].asked("/intern")
