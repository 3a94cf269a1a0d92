"""What a command imports at its start: no package that its verb does not need, whoever has asked for it on the way."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import index.elasticsearch
from tests.databases import libpq
from tests.ports import free_port
from tests.schedules.processes import environment

#: runs the command line, then says which packages it has read
_RUN = """
import json, sys
from broadsheet.entry import run
try:
    run()
except SystemExit as ended:
    there = {name for name, module in sys.modules.items() if getattr(module, "__spec__", None)}
    packages = sorted({*there, *(name.partition(".")[0] for name in there)})
    sys.stderr.write(json.dumps([ended.code, packages]) + "\\n")
"""
#: fetching, other people's pages, the daemon, the page, the embedded server, and a log in which nothing is written
_NOT_OF_SEARCHES = frozenset(
    "scrapy twisted parsel lxml selectolax pebble alembic mako procrastinate apscheduler fastapi starlette uvicorn "
    "jinja2 warcio requests httpx tldextract rensa langdetect_rs structlog psutil sqlalchemy.orm pydantic numpy pyarrow "
    "anyio elasticsearch.helpers elasticsearch._sync.client elasticsearch._async.client.cat".split()
)
_ELASTICSEARCH = frozenset({"aiohttp", "brotli", "elasticsearch", "elastic_transport"})
_DATABASE = frozenset({"sqlalchemy", "psycopg"})
_NOT_OF_QUERIES = _NOT_OF_SEARCHES | _ELASTICSEARCH
#: reading the help needs no database besides
_NOT_OF_HELP = _NOT_OF_QUERIES | _DATABASE | {"asyncio", "orjson", "idna"}
FORBIDDEN = {
    "--help": _NOT_OF_HELP,
    "crawl --help": _NOT_OF_HELP,
    "search harbour": _NOT_OF_QUERIES,
    "status": _NOT_OF_QUERIES,
    "outlets list": _NOT_OF_QUERIES,
    "rejected list": _NOT_OF_QUERIES,
}


@pytest.mark.parametrize("verb", FORBIDDEN)
def test_a_verb_imports_no_package_that_it_does_not_need(verb: str, tmp_path: Path, fresh_database: str) -> None:
    settings = {} if verb.endswith("--help") else {"database_url": libpq(fresh_database)}
    assert _imported(verb, tmp_path, settings) & FORBIDDEN[verb] == set()


def test_status_imports_of_the_elasticsearch_client_what_it_needs(
    tmp_path: Path, fresh_database: str, elasticsearch_names: str
) -> None:
    settings = {"database_url": libpq(fresh_database), "elasticsearch_url": elasticsearch_names}
    assert _imported("search harbour", tmp_path, settings) & {"elasticsearch._async.client.indices"}  # of the real one
    assert _imported("status", tmp_path, settings) & _NOT_OF_SEARCHES == set()


def test_what_our_index_asks_elasticsearch_for_has_no_stand_in() -> None:
    # in a process of its own: they stand in from the import on
    names = "import json; from broadsheet import entry; print(json.dumps(entry._FOR_OTHERS))"
    said = subprocess.run([sys.executable, "-c", names], capture_output=True, text=True, check=True)
    folder = Path(index.elasticsearch.__file__).parent
    asked = {
        name
        for file in folder.glob("*.py")
        for name in re.findall(r"(?:client|\))\.(\w+)\.\w+\(", file.read_text("utf-8"))
    }
    assert "indices" in asked
    assert {f"elasticsearch._async.client.{name}" for name in asked} & set(json.loads(said.stdout)) == set()


def test_a_search_in_elasticsearch_opens_no_ledger(
    tmp_path: Path, fresh_database: str, elasticsearch_names: str
) -> None:
    settings = {"database_url": libpq(fresh_database), "elasticsearch_url": elasticsearch_names}
    assert _imported("search harbour", tmp_path, settings) & (_NOT_OF_SEARCHES | _DATABASE) == set()


def test_a_process_that_crawls_does_not_import_what_its_workers_read_with(tmp_path: Path, fresh_database: str) -> None:
    (tmp_path / "outlets").mkdir()
    (tmp_path / "outlets/harbour.toml").write_text(f'name = "Harbour"\nhome = "http://127.0.0.1:{free_port()}/"\n')
    settings = {"database_url": libpq(fresh_database), "allow_loopback": "yes"}
    found = _imported("crawl harbour", tmp_path, settings, code=1)  # its site does not answer
    assert "crawler.spiders.outlet_spider" in found
    assert found & {"pipelines.digest", "pipelines.extract", "pipelines.enrich", "feedparser"} == set()


def _imported(verb: str, home: Path, settings: dict[str, str], *, code: int = 0) -> set[str]:
    """Return what a verb imports, packages and modules, where all is there that its first run makes."""
    environ = environment(home, **settings)
    for _ in range(2 if verb.startswith("search") else 1):  # the first one makes the index
        ran = subprocess.run(
            [sys.executable, "-c", _RUN, *verb.split()], env=environ, capture_output=True, text=True, check=False
        )
        ended, packages = json.loads(ran.stderr.splitlines()[-1])
    assert ended == code, ran.stderr
    return set(packages)
