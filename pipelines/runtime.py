"""What the steps need at hand: the ledger, the index and the pool. One runtime a process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

from scrapy import signals
from scrapy.crawler import Crawler
from sqlalchemy.ext.asyncio import AsyncEngine

from index.open import open_index
from index.protocol import Index
from ledger.database import database
from news.configuration import Configuration, read
from pipelines.pool import Pool, there
from pipelines.publish import publish_all
from pipelines.record import Recorder, terms_of
from pipelines.warc_writer import WarcWriter


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """The opened packages below."""

    configuration: Configuration
    engine: AsyncEngine
    index: Index
    pool: Pool
    #: where raw pages are kept; None: they are not
    archive: WarcWriter | None = None

    @cached_property
    def recorder(self) -> Recorder:
        """What records the pages that are fetched."""
        terms = terms_of(self.configuration, events=self.index.name == "elasticsearch")
        return Recorder(self.engine, self.pool, terms)


#: the runtime of whatever runs now; Scrapy's components, which are made from settings alone, find it here
CURRENT: ContextVar[Runtime] = ContextVar("runtime")


@asynccontextmanager
async def open_runtime(configuration: Configuration) -> AsyncIterator[Runtime]:
    """Open the pool, the ledger and the index, in the order in which nothing is in another's way, and close them.

    Raises DatabaseUnavailable if there is no ledger, ConfigurationError for a model that cannot be loaded. An index
    that is away does not matter here: the outbox waits.
    """
    async with AsyncExitStack() as stack:
        pool = Pool()  # before any thread and any connection is there to be inherited
        stack.callback(pool.close)
        if configuration.entity_model:
            await pool.run("model", there, "pipelines.enrich:check_model")
        engine = await stack.enter_async_context(database(configuration))
        index = open_index(configuration, engine)
        stack.push_async_callback(index.close)
        archive = WarcWriter(configuration.archive) if configuration.archive else None
        if archive is not None:
            stack.callback(archive.close)
        runtime = Runtime(configuration=configuration, engine=engine, index=index, pool=pool, archive=archive)
        token = CURRENT.set(runtime)
        stack.callback(CURRENT.reset, token)
        yield runtime


#: the runtimes of crawls that were started by Scrapy's own commands, which have none open
_OWN: WeakKeyDictionary[Crawler, asyncio.Task[Runtime]] = WeakKeyDictionary()


async def runtime_of(crawler: Crawler) -> Runtime:
    """Return the process's runtime, or one that is opened for this crawl alone and closed when its engine stops."""
    if (current := CURRENT.get(None)) is not None:
        return current
    if crawler not in _OWN:
        _OWN[crawler] = asyncio.create_task(_open_for(crawler))
    return await asyncio.shield(_OWN[crawler])


async def _open_for(crawler: Crawler) -> Runtime:
    opened: asyncio.Future[Runtime] = asyncio.get_running_loop().create_future()
    ended = asyncio.Event()

    async def keep_open() -> None:
        # one task opens and closes: a context variable is given back where it was set
        try:
            async with open_runtime(read()) as runtime:
                opened.set_result(runtime)
                await ended.wait()
                await publish_all(runtime.engine, runtime.index)
        except BaseException as error:
            if opened.done():
                raise
            opened.set_exception(error)

    keeper = asyncio.create_task(keep_open())

    async def close() -> None:
        ended.set()
        await keeper

    runtime = await opened
    # strongly held: the signal's dispatcher keeps weak references
    crawler.signals.connect(close, signal=signals.engine_stopped, weak=False)
    return runtime
