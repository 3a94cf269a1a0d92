"""What the tests of every package share: a real PostgreSQL for the session, an empty ledger of its own for each test."""

import asyncio
import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
import structlog
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.database import engine_for, migrate
from ledger.embedded.server import start
from news import log
from news.configuration import Configuration
from tests import elasticsearch_server, shared_files
from tests.databases import database_from, libpq
from tests.ports import row_of_free_ports

if TYPE_CHECKING:
    from index.elasticsearch.backend import ElasticsearchIndex

#: a server of one's own whose user may create databases; not a setting of Broadsheet, so no test may find it
OWN_SERVER = os.environ.pop("BROADSHEET_TEST_DATABASE_URL", None)


# readline, which pytest reads, sets them in a process without a terminal; no command of a test is to break its lines
for _name in ("COLUMNS", "LINES"):
    os.environ.pop(_name, None)

# a shell that runs the tests in its background has them ignore Ctrl-C, and so would every process that they start
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


#: files that take a minute or more alone, longest first: begun last, one would run while the other processes have nothing
#: left to do. Two that hold `elasticsearch_names` do not stand beside each other
LONGEST = (
    "tests/broadsheet/test_verbs.py",
    "tests/schedules/test_house.py",
    "tests/schedules/test_import_jobs.py",
    "tests/schedules/test_reprocess_jobs.py",
    "tests/schedules/test_daemons.py",
    "tests/index/test_security.py",
    "tests/crawler/test_bombs.py",
    "tests/index/test_kibana_panels.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the longest files come first; xdist keeps this order (--no-loadscope-reorder)."""
    places = {config.rootpath / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give all tests that lack the real pages one place, for pytest's summary has a line for each place and reason."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and shared_files.ABSENT in report.longrepr[2]:
        report.longrepr = (shared_files.__file__, 0, report.longrepr[2])
    return report


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Forget where a command that ran in this test sent the logs: to a stream that is closed afterwards."""
    yield
    structlog.reset_defaults()
    log.forget()


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """SQLAlchemy's URL of a server for the whole session; its databases come from `fresh_database`."""
    if OWN_SERVER:
        yield make_url(OWN_SERVER).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return
    home = Path(tempfile.mkdtemp(prefix="broadsheet-tests-", dir="/tmp"))
    home.chmod(0o755)  # as root, PostgreSQL's user has to pass
    try:
        with start(home) as server:
            # these databases need not survive a power cut
            with psycopg.connect(libpq(server.url), autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("SELECT pg_reload_conf()")
            yield server.url
    finally:
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def ledger_template(database_url: str) -> Iterator[str]:
    """Name of a database with an empty ledger; a copy of it is made in a tenth of the time that the schema takes."""
    with database_from("template0", database_url) as url:
        with ThreadPoolExecutor() as outside_the_loop:
            outside_the_loop.submit(asyncio.run, _make_ledger(url)).result()
        yield str(make_url(url).database)


async def _make_ledger(url: str) -> None:
    engine = engine_for(url)
    await migrate(engine)
    await engine.dispose()


@pytest.fixture
def fresh_database(database_url: str, ledger_template: str) -> Iterator[str]:
    """SQLAlchemy's URL of a database with an empty ledger, dropped after the test whoever is still connected."""
    with database_from(ledger_template, database_url) as url:
        yield url


@pytest.fixture
def empty_database(database_url: str) -> Iterator[str]:
    """SQLAlchemy's URL of a database without any table, for tests of how a ledger is made."""
    with database_from("template0", database_url) as url:
        yield url


@pytest.fixture
async def engine(fresh_database: str) -> AsyncIterator[AsyncEngine]:
    """An engine on an empty ledger."""
    made = engine_for(fresh_database)
    yield made
    await made.dispose()


@pytest.fixture(scope="session")
def of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory that all processes of a run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def elasticsearch_url(of_the_run: Path) -> Iterator[str]:
    """Give the address of a real Elasticsearch, one for all processes of a run: whatever is in it has names of its test's own."""
    if elasticsearch_server.OWN_SERVER:
        yield elasticsearch_server.OWN_SERVER
        return
    try:
        with elasticsearch_server.shared(of_the_run / "elasticsearch.json") as url:
            yield url
    except elasticsearch_server.Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


@pytest.fixture
async def elasticsearch(elasticsearch_url: str) -> "AsyncIterator[ElasticsearchIndex]":
    """Give an empty Elasticsearch index with a name of its own, and remove it afterwards."""
    async with empty_elasticsearch(elasticsearch_url) as made:
        yield made


@asynccontextmanager
async def empty_elasticsearch(elasticsearch_url: str) -> "AsyncIterator[ElasticsearchIndex]":
    """Give an empty index with a name of its own in the server at this address, and remove it at the end."""
    from index.elasticsearch.backend import ElasticsearchIndex
    from index.elasticsearch.client import connect, shown

    client = connect(Configuration(home=Path(), elasticsearch_url=elasticsearch_url))
    made = ElasticsearchIndex(client, shown(elasticsearch_url), prefix=f"test-{uuid4().hex[:12]}-")
    await made.create()
    yield made
    for name in await client.indices.get(index=f"{made.aliases['articles'].removesuffix('articles')}*"):
        await client.indices.delete(index=name)
    await made.close()


@pytest.fixture(scope="module")
def elasticsearch_names(elasticsearch_url: str, of_the_run: Path) -> Iterator[str]:
    """Give the same address to whom works under the names that users have (`articles`, `events`), to one module at a time."""
    with (of_the_run / "elasticsearch-names.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield elasticsearch_url


@pytest.fixture
def newsroom_port() -> int:
    """Four ports in a row that are free."""
    return row_of_free_ports(4)
