"""A spider that fetches a few addresses of one site, politely, for whoever asks: nothing is kept."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import scrapy
from scrapy import Request
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.http import Response
from scrapy.settings import Settings
from twisted.python.failure import Failure

from crawler.announcements import sites_of
from crawler.answers import answer_of, page_of
from crawler.failures import outcome_of
from crawler.halt import finished
from crawler.resolver import was_refused
from crawler.spiders.ending import Ending
from news.outcome import Outcome
from news.outlet import Outlet
from news.page import Page
from news.url import normal, site_of


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What one address gave: a page, or the outcome and reason why not."""

    url: str
    page: Page | None = None
    outcome: Outcome | None = None
    reason: str = ""


class LookSpider(scrapy.Spider):
    """Fetches `urls` one after the other, through all that every request has to pass."""

    name = "look"

    def __init__(self, outlet: Outlet, urls: Sequence[str], anywhere: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.outlet = outlet
        self.slug = outlet.slug
        self.delay_seconds = outlet.delay_seconds
        #: a home page may redirect to another site: then that one is the outlet's
        self.sites = None if anywhere else sites_of(outlet) | {site_of(url) for url in urls if _is_address(url)}
        self.urls = urls
        self.looked: dict[str, Looked] = {}
        self.ending = Ending(outlet.home, 0.0)

    def may_send(self) -> bool:
        """Say whether a request may leave now: the last question before it does."""
        return self.ending.may_send()

    def halt(self) -> None:
        """Send nothing more."""
        self.ending.halt()

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
                reason = "not a valid address"
                self.looked[url] = Looked(url=url, outcome=Outcome.BAD_URL, reason=reason)
            else:
                yield request

    async def parse(self, response: Response, asked: str) -> None:
        """Keep the page."""
        answer = answer_of(response)
        page = page_of(response) if answer.outcome is None else None
        self.looked[asked] = Looked(url=asked, page=page, outcome=answer.outcome, reason=answer.reason)

    async def failed(self, failure: Failure) -> None:
        """Keep the reason why there is none."""
        request: Request = failure.request  # type: ignore[attr-defined]
        if self.ending.is_ours(failure.value):
            return
        outcome, reason = outcome_of(failure, not_public=was_refused(request.url))
        asked = request.cb_kwargs["asked"]
        self.looked[asked] = Looked(url=asked, outcome=outcome, reason=reason)


def _is_address(url: str) -> bool:
    try:
        normal(url)
    except ValueError:
        return False
    return True


async def look(values: Settings, outlet: Outlet, urls: Sequence[str], *, anywhere: bool = False) -> dict[str, Looked]:
    """Return what each address gives, in their order. Nothing is recorded but the site's pace and robots.txt.

    Cancelling ends it cleanly. Raises CrawlInterrupted if it may send nothing more (crawler.download.MAY_SEND).
    """
    settings = values.copy()
    settings.set("ITEM_PIPELINES", {}, priority="cmdline")
    runner = AsyncCrawlerRunner(settings)
    crawler = runner.create_crawler(LookSpider)
    await finished(crawler, runner.crawl(crawler, outlet=outlet, urls=list(dict.fromkeys(urls)), anywhere=anywhere))
    spider = crawler.spider
    assert isinstance(spider, LookSpider), "the crawl was made of this class"
    if spider.ending.failure is not None:
        raise spider.ending.failure
    missing = Looked(url="", outcome=Outcome.UNREACHABLE, reason="it was not fetched in time")
    return {url: spider.looked.get(url, missing) for url in dict.fromkeys(urls)}
