"""A spider that fetches a few addresses of one site, politely, for whoever asks: nothing is kept."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import scrapy
from scrapy import Request
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.http import Response
from scrapy.settings import Settings
from twisted.python.failure import Failure

from crawler.discovery import sites_of
from crawler.download_failures import outcome_of
from crawler.halt import finished
from crawler.resolver import was_refused
from crawler.response_outcome import visit_of
from crawler.spiders.stop_conditions import StopConditions
from news.clock import now
from news.outcome import Outcome
from news.outlet import Outlet
from news.url import normal, site_of
from news.visit import Visit


class ProbeSpider(scrapy.Spider):
    """Fetches `urls` one after the other, through all that every request has to pass."""

    name = "probe"

    def __init__(self, outlet: Outlet, urls: Sequence[str], anywhere: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.outlet = outlet
        self.slug = outlet.slug
        self.delay_seconds = outlet.delay_seconds
        #: a home page may redirect to another site: then that one is the outlet's
        self.sites = None if anywhere else sites_of(outlet) | {site_of(url) for url in urls if _is_address(url)}
        self.urls = urls
        #: address -> what it gave
        self.probed: dict[str, Visit] = {}
        self.stop_conditions = StopConditions(outlet.home, 0.0)

    def may_send(self) -> bool:
        """Say whether a request may leave now: the last question before it does."""
        return self.stop_conditions.may_send()

    def halt(self) -> None:
        """Send nothing more."""
        self.stop_conditions.halt()

    async def start(self) -> AsyncIterator[Any]:
        """Yield a request for each address."""
        for url in self.urls:
            meta = {} if self.sites is None else {"sites": self.sites}
            try:
                request = Request(
                    url, callback=self.parse, errback=self.failed, cb_kwargs={"asked": url}, meta=meta, dont_filter=True
                )
            except ValueError:
                # the others are asked for all the same
                self.probed[url] = self._ended(url, Outcome.BAD_URL, "not a valid address")
            else:
                yield request

    async def parse(self, response: Response, asked: str) -> None:
        """Keep the page."""
        visit = await self.stop_conditions.rendered(self.crawler, visit_of(response, self.outlet, asked))
        if visit is not None:
            self.probed[asked] = visit

    async def failed(self, failure: Failure) -> None:
        """Keep the reason why there is none."""
        request: Request = failure.request  # type: ignore[attr-defined]
        if self.stop_conditions.is_ours(failure.value):
            return
        outcome, reason = outcome_of(failure, not_public=was_refused(request.url))
        asked = request.cb_kwargs["asked"]
        self.probed[asked] = self._ended(asked, outcome, reason)

    def visits(self) -> dict[str, Visit]:
        """Return what each address gave, in their order."""
        late = "it was not asked for in time"
        return {url: self.probed.get(url) or self._ended(url, Outcome.UNREACHABLE, late) for url in self.urls}

    def _ended(self, url: str, outcome: Outcome, reason: str) -> Visit:
        return Visit(outlet=self.outlet, url=url, fetched_at=now(), outcome=outcome, reason=reason)


def _is_address(url: str) -> bool:
    try:
        normal(url)
    except ValueError:
        return False
    return True


async def probe(values: Settings, outlet: Outlet, urls: Sequence[str], *, anywhere: bool = False) -> dict[str, Visit]:
    """Return what each address gives, in their order. Nothing is recorded but the site's pace and robots.txt.

    Cancelling ends it cleanly. Raises CrawlInterrupted if it may send nothing more (crawler.download.MAY_SEND).
    """
    settings = values.copy()
    settings.set("ITEM_PIPELINES", {}, priority="cmdline")
    runner = AsyncCrawlerRunner(settings)
    crawler = runner.create_crawler(ProbeSpider)
    await finished(crawler, runner.crawl(crawler, outlet=outlet, urls=list(dict.fromkeys(urls)), anywhere=anywhere))
    spider = crawler.spider
    assert isinstance(spider, ProbeSpider), "the crawl was made of this class"
    if spider.stop_conditions.failure is not None:
        raise spider.stop_conditions.failure
    return spider.visits()
