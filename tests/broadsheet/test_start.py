"""What a command imports at its start: no package that its verb does not need, whoever has asked for it on the way."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import libpq
from tests.schedules.processes import environment

#: runs the command line, then says which packages it has read
_RUN = """
import json, sys
from broadsheet.entry import run
try:
    run()
except SystemExit as ended:
    packages = sorted({name.partition(".")[0] for name, module in sys.modules.items() if module is not None})
    sys.stderr.write(json.dumps([ended.code, packages]) + "\\n")
"""
#: fetching, other people's pages, the daemon, the page; and what a search in PostgreSQL never asks
_NOT_OF_QUERIES = frozenset(
    "scrapy twisted parsel lxml selectolax pebble aiohttp elasticsearch elastic_transport alembic mako procrastinate "
    "apscheduler fastapi starlette uvicorn jinja2 warcio requests tldextract rensa langdetect_rs brotli".split()
)
#: reading the help needs no database besides, and no log
_NOT_OF_HELP = _NOT_OF_QUERIES | {"sqlalchemy", "psycopg", "structlog", "pydantic", "asyncio", "orjson", "idna"}
FORBIDDEN = {
    "--help": _NOT_OF_HELP,
    "crawl --help": _NOT_OF_HELP - {"pydantic"},
    "search harbour": _NOT_OF_QUERIES,
    "status": _NOT_OF_QUERIES,
    "outlets list": _NOT_OF_QUERIES,
    "rejected list": _NOT_OF_QUERIES,
}


@pytest.mark.parametrize("verb", FORBIDDEN)
def test_a_verb_imports_no_package_that_it_does_not_need(verb: str, tmp_path: Path, fresh_database: str) -> None:
    environ = environment(tmp_path, database_url=libpq(fresh_database))
    if verb.endswith("--help"):
        environ = environment(tmp_path)
    for _ in range(2):  # the first run makes the tables, for which Alembic is needed
        ran = subprocess.run(
            [sys.executable, "-c", _RUN, *verb.split()], env=environ, capture_output=True, text=True, check=False
        )
        code, packages = json.loads(ran.stderr.splitlines()[-1])
    assert code == 0, ran.stderr
    assert set(packages) & FORBIDDEN[verb] == set()
