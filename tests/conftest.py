"""What the tests of every room share: a real PostgreSQL for the session, an empty database for each test."""

import os
import random
import shutil
import signal
import socket
import tempfile
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.database import engine_for, migrate
from ledger.embedded.server import start
from tests import elasticsearch_server, shared_files

#: a server of one's own whose user may create databases; not a setting of Broadsheet, so no test may find it
OWN_SERVER = os.environ.pop("BROADSHEET_TEST_DATABASE_URL", None)


# a shell that runs the tests in its background has them ignore Ctrl-C, and so would every process that they start
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give all tests that lack the real pages one place, for pytest's summary has a line for each place and reason."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and shared_files.ABSENT in report.longrepr[2]:
        report.longrepr = (shared_files.__file__, 0, report.longrepr[2])
    return report


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


@pytest.fixture
def fresh_database(database_url: str) -> Iterator[str]:
    """SQLAlchemy's URL of an empty database, dropped after the test whoever is still connected."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(libpq(database_url), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        yield make_url(database_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(libpq(database_url), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def engine(fresh_database: str) -> AsyncIterator[AsyncEngine]:
    """An engine on an empty ledger."""
    made = engine_for(fresh_database)
    await migrate(made)
    yield made
    await made.dispose()


@pytest.fixture(scope="session")
def elasticsearch_url() -> Iterator[str]:
    """Give the address of a real Elasticsearch, one for the whole session."""
    if elasticsearch_server.OWN_SERVER:
        yield elasticsearch_server.OWN_SERVER
        return
    try:
        with elasticsearch_server.running() as node:
            yield node.url
    except elasticsearch_server.Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


@pytest.fixture
def newsroom_port() -> int:
    """Four ports in a row that are free."""
    for _ in range(100):
        port = random.randrange(20_000, 30_000)
        try:
            for number in range(port, port + 4):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port
    raise AssertionError("no four free ports in a row")


def libpq(url: str) -> str:
    """Return SQLAlchemy's `url` as psycopg itself takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
