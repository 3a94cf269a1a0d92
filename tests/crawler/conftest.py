"""Crawls of a hostile server through the whole path: sources, middlewares, pool, ledger; one loop for all of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from crawler.outlet_probe import ProbeVerdict, check_outlet
from crawler.slices import crawl_slice, settings
from index.open import open_index
from ledger.attempts import Ended, ended
from ledger.database import database
from ledger.outlet_state import OutletState, SourceState, source_states, states
from ledger.pages import Found, announce, count_due
from ledger.schema import pages
from news.configuration import Configuration
from news.outlet import Outlet, Source, SourceKind
from pipelines.pool import Pool
from pipelines.runtime import CURRENT, Runtime
from tests.crawler.hostile import Server, Site, answer, article, serve
from tests.crawler.resolver import Named

_numbers = count()
#: small limits, so that what takes for ever ends soon
LIMITS = {"DOWNLOAD_TIMEOUT": 1.5, "DOWNLOAD_MAXSIZE": 2**20}


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with serve() as serving:
        yield serving


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def reactor() -> AsyncIterator[Any]:
    """Twisted's reactor, which a process has once: on the session's loop, with the resolver as a crawl has it."""
    from twisted.internet import asyncioreactor

    asyncioreactor.install(asyncio.get_running_loop())  # type: ignore[no-untyped-call]
    from crawler.reactor import start

    values = settings()
    values.set("TWISTED_DNS_RESOLVER", "tests.crawler.resolver.Named")
    started = start(values)
    yield started
    started.getThreadPool().stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def runtime(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Runtime]:
    configuration = Configuration(home=Path(tmp_path_factory.mktemp("home")), database_url=database_url)
    pool = Pool(2)
    try:
        async with database(configuration) as engine:
            index = open_index(configuration, engine)
            yield Runtime(configuration=configuration, engine=engine, index=index, pool=pool)
            await index.close()
    finally:
        pool.close()


@dataclass
class House:
    """All that a test needs to crawl sites of its own."""

    runtime: Runtime
    server: Server

    def site(self) -> Site:
        """Return a new site with no page, no robots.txt and a sitemap of the pages that it will have."""
        host = f"paper{next(_numbers)}.com"
        site = Site(host=host, port=self.server.port)
        self.server.sites[host] = site
        Named.public |= {host, f"www.{host}", f"news.{host}"}
        return site

    def outlet(self, site: Site, **fields: Any) -> Outlet:
        """Return the site's outlet: no delay, and its sitemap as the one source, unless `fields` say otherwise."""
        sources = (Source(kind=SourceKind.SITEMAP, url=site.url("/sitemap.xml")),)
        stated: dict[str, Any] = {"delay_seconds": 0.0, "sources": sources} | fields
        return Outlet(slug=site.host.partition(".")[0], name=site.host, home=site.url(), **stated)

    async def crawl(
        self, outlet: Outlet, *, sources: bool = True, seconds: float = 60, only: tuple[str, ...] = (), **values: Any
    ) -> None:
        """Crawl one slice."""
        chosen = settings()
        for name, value in (LIMITS | values).items():
            chosen.set(name, value, priority="cmdline")
        token = CURRENT.set(self.runtime)
        try:
            await crawl_slice(chosen, outlet, sources=sources, seconds=seconds, only=only)
        finally:
            CURRENT.reset(token)

    async def checked(self, outlet: Outlet) -> ProbeVerdict:
        """Return what a check of the outlet says."""
        token = CURRENT.set(self.runtime)
        try:
            return await check_outlet(settings(), self.runtime, outlet)
        finally:
            CURRENT.reset(token)

    async def attempts(self, outlet: Outlet) -> list[Ended]:
        """Return the outlet's attempts, the first one first."""
        async with self.runtime.engine.connect() as connection:
            return (await ended(connection, outlets=[outlet.slug]))[::-1]

    async def outcomes(self, site: Site, outlet: Outlet | None = None) -> dict[str, tuple[str, str]]:
        """Return path -> (outcome, reason) of each page's last attempt."""
        prefix = site.url("")
        return {
            each.url.removeprefix(prefix): (str(each.outcome), each.reason or "")
            for each in await self.attempts(outlet or self.outlet(site))
        }

    async def outcome(self, site: Site, path: str, sent: Any, **values: Any) -> tuple[str, str]:
        """Return the end of a crawl of a page, with `sent` for an answer; see that a sound page is read after it."""
        site[path] = sent
        site["/zz-sound-page-at-the-end"] = _sound()
        await self.crawl(self.outlet(site), **values)
        ends = await self.outcomes(site)
        assert ends["/zz-sound-page-at-the-end"][0] == "new"
        return ends[path]

    async def source(self, outlet: Outlet, url: str) -> SourceState:
        async with self.runtime.engine.connect() as connection:
            return (await source_states(connection, outlet.slug))[url]

    async def state(self, outlet: Outlet) -> OutletState:
        async with self.runtime.engine.connect() as connection:
            return (await states(connection))[outlet.slug]

    async def due(self, outlet: Outlet) -> int:
        async with self.runtime.engine.connect() as connection:
            return await count_due(connection, outlet.slug)

    async def announce(self, outlet: Outlet, *urls: str) -> None:
        """Put addresses into the frontier as they are."""
        async with self.runtime.engine.begin() as connection:
            await announce(connection, outlet.slug, "test", [Found(url=url) for url in urls])

    async def make_due(self, outlet: Outlet) -> None:
        """Let the time of every page's next visit have come."""
        async with self.runtime.engine.begin() as connection:
            await connection.execute(
                update(pages).where(pages.c.outlet == outlet.slug).values(due_at=datetime.now(UTC))
            )


def _sound() -> bytes:
    return answer(article("Ferry stays moored as the ice comes early"))


@pytest.fixture
def house(reactor: Any, runtime: Runtime, server: Server) -> House:
    return House(runtime=runtime, server=server)
