"""A news site, an outlet of it, the environment in which both are crawled, and a job queue."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from crawler.catalogue import Catalogue
from crawler.slices import settings
from index.open import open_index
from news.configuration import Configuration
from pipelines.pool import Pool
from pipelines.runtime import Runtime
from schedules.jobs import Jobs, open_jobs
from tests.databases import libpq
from tests.schedules.processes import environment
from tests.schedules.site import Site, serve, write_outlet


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


@pytest.fixture
async def jobs(engine: AsyncEngine, tmp_path: Path, site: Site) -> AsyncIterator[Jobs]:
    """Give the job queue of a process that knows the site as the outlet `harbour`."""
    write_outlet(tmp_path, "harbour", site)
    configuration = Configuration(home=tmp_path, allow_loopback=True)
    pool = Pool(1)
    runtime = Runtime(configuration=configuration, engine=engine, index=open_index(configuration, engine), pool=pool)
    async with open_jobs(runtime, Catalogue(home=tmp_path), settings()) as opened:
        yield opened
    pool.close()
