"""One slice of a crawl, run in this process's loop beside others."""

import asyncio
import contextlib
from collections.abc import Collection

import structlog
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.settings import Settings

from crawler.pace import withdraw
from crawler.spiders.outlet import OutletSpider
from news.errors import CrawlInterrupted
from news.outlet import Outlet

log = structlog.get_logger()

#: seconds between two looks whether a crawl that is to end has done so
HALT_SECONDS = 0.1


def settings() -> Settings:
    """Return Scrapy's settings as crawler/settings.py has them; a caller may set others."""
    values = Settings()
    values.setmodule("crawler.settings", priority="project")
    return values


async def crawl_slice(
    values: Settings, outlet: Outlet, *, sources: bool | Collection[str], seconds: float, only: Collection[str] = ()
) -> None:
    """Crawl `outlet` for about `seconds`: its sources (all, none, or those named), then what is
    due, or `only` these addresses.

    Cancelling ends it cleanly: pages that were not recorded stay due. Raises CrawlInterrupted if it was stopped from
    outside, or may send nothing more (crawler.download.MAY_SEND), and what ended it before its time, such as a ledger
    that is away.
    """
    runner = AsyncCrawlerRunner(values)
    crawler = runner.create_crawler(OutletSpider)
    crawl = runner.crawl(crawler, outlet=outlet, sources=sources, seconds=seconds, only=only)
    try:
        await asyncio.shield(crawl)
    except asyncio.CancelledError:
        await _end(crawler, crawl)
        raise
    spider = crawler.spider
    assert isinstance(spider, OutletSpider), "the crawl was made of this class"
    log.info("crawled", outlet=outlet.slug, pages=dict(spider.ended))
    if spider.ending.failure is not None:
        raise spider.ending.failure
    reason = crawler.stats.get_value("finish_reason") if crawler.stats else None
    if reason != "finished":
        raise CrawlInterrupted(f"The crawl of {outlet.slug} was stopped ({reason}).")


async def _end(crawler: Crawler, crawl: asyncio.Future[None]) -> None:
    """Let a crawl end now, and wait until it has, however often that is cancelled.

    Scrapy's own stop does nothing while the crawl is being opened: it would run on, and be nobody's.
    """
    while not crawl.done():
        if isinstance(crawler.spider, OutletSpider):
            crawler.spider.halt()
        # again and again: a request that was asking its way meanwhile has come to wait
        withdraw(crawler)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([crawl], timeout=HALT_SECONDS)
