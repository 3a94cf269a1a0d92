"""A news site, an outlet of it, and the environment in which both are crawled."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.schedules.processes import environment, libpq
from tests.schedules.site import Site, serve


@pytest.fixture
def site() -> Iterator[Site]:
    """Give a news site without anything on it."""
    made = Site()
    server = serve(made)
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def environ(tmp_path: Path, fresh_database: str) -> dict[str, str]:
    """Give the environment of a process that may crawl loopback and remembers in the test's own database."""
    return environment(tmp_path, database_url=libpq(fresh_database), allow_loopback="yes")
