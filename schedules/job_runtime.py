"""All that a crawl needs, opened in one process and closed in the other order."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

# first of all: Scrapy asks there who imports it, which costs more the deeper imports are nested: .3 s of a start
import scrapy.core.downloader.handlers.http11  # noqa: F401

from crawler.catalogue import Catalogue
from crawler.reactor import run
from crawler.slices import settings as scrapy_settings
from news.configuration import Configuration, read
from news.outlet import Outlet
from pipelines.runtime import open_runtime
from schedules.backfill_jobs import define_past
from schedules.import_jobs import define_imports
from schedules.jobs import QUEUE, Jobs, open_jobs
from schedules.reprocess_jobs import define_reprocessing

T = TypeVar("T")


def run_with_jobs(
    main: Callable[[Jobs], Awaitable[T]],
    *,
    configuration: Configuration | None = None,
    more_outlets: Iterable[Outlet] = (),
    queue: str = QUEUE,
    resolver: str | None = None,
) -> T:
    """Run `main` with the job queue opened, on a loop where Scrapy can crawl, and return its result.

    `configuration` defaults to the environment's; `more_outlets` are known in this process alone, which needs a
    `queue` of its own for them. `resolver` replaces the class that finds hosts, for tests. Raises BroadsheetError for
    what a person can mend.
    """
    settled = configuration or read()
    settings = scrapy_settings()
    settings.set("BROADSHEET_ALLOW_LOOPBACK", settled.allow_loopback, priority="cmdline")
    if resolver:
        settings.set("TWISTED_DNS_RESOLVER", resolver, priority="cmdline")

    async def with_jobs() -> T:
        catalogue = Catalogue(more_outlets, home=settled.home)
        async with open_runtime(settled) as runtime, open_jobs(runtime, catalogue, settings, queue=queue) as jobs:
            define_imports(jobs, settings)
            define_past(jobs, settings)
            define_reprocessing(jobs)
            return await main(jobs)

    return run(with_jobs(), settings)
