"""One slice of a crawl, run in this process's loop beside others."""

from collections.abc import Collection

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from crawler.halt import finished
from crawler.spiders.outlet_spider import OutletSpider
from news.errors import CrawlInterrupted
from news.log import Log
from news.outlet import Outlet

log = Log()


def settings() -> Settings:
    """Return Scrapy's settings as crawler/settings.py has them; a caller may set others."""
    values = Settings()
    values.setmodule("crawler.settings", priority="project")
    return values


#: the runner of the settings that were used last: to make one copies all of them and imports every spider
_runner: AsyncCrawlerRunner | None = None


def _runner_of(values: Settings) -> AsyncCrawlerRunner:
    """Return the runner of these settings, which each crawl copies as they are then."""
    global _runner
    if _runner is None or _runner.settings is not values:
        _runner = AsyncCrawlerRunner(values)
    return _runner


async def crawl_slice(
    values: Settings, outlet: Outlet, *, sources: bool | Collection[str], seconds: float, only: Collection[str] = ()
) -> None:
    """Crawl `outlet` for about `seconds`: its sources (all, none, or those named), then what is
    due, or `only` these addresses.

    Cancelling ends it cleanly: pages that were not recorded stay due. Raises CrawlInterrupted if it was stopped from
    outside, or may send nothing more (crawler.download.MAY_SEND), and what ended it before its time, such as a ledger
    that is away.
    """
    runner = _runner_of(values)
    crawler = runner.create_crawler(OutletSpider)
    crawl = runner.crawl(crawler, outlet=outlet, sources=sources, seconds=seconds, only=only)
    await finished(crawler, crawl)
    spider = crawler.spider
    assert isinstance(spider, OutletSpider), "the crawl was made of this class"
    log.info("crawled", outlet=outlet.slug, pages=dict(spider.ended))
    if spider.stop_conditions.failure is not None:
        raise spider.stop_conditions.failure
    if spider.finish_reason != "finished":
        raise CrawlInterrupted(f"The crawl of {outlet.slug} was stopped ({spider.finish_reason}).")
