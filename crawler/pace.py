"""The pace of a site: the least seconds between two requests, kept over redirects, slices and workers."""

import asyncio
from datetime import timedelta
from time import monotonic
from typing import Self

from scrapy import Request, signals
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response
from sqlalchemy.ext.asyncio import AsyncConnection
from twisted.python.failure import Failure

from ledger.faults import in_transaction
from ledger.sites import note_request, requested_at
from news.clock import now
from news.errors import CrawlInterrupted
from news.url import site_of
from pipelines.runtime import runtime_of


def hold_to(crawler: Crawler, site: str, delay_seconds: float) -> None:
    """Hold the site to at least this delay from now on; a smaller one than it has changes nothing."""
    assert crawler.engine is not None, "requests come from a running engine"
    downloader = crawler.engine.downloader
    delay = max(delay_seconds, least_delay(crawler, site))
    downloader.per_slot_settings[site] = {"delay": delay, "concurrency": 1}
    if site in downloader.slots:
        downloader.slots[site].delay = max(delay, downloader.slots[site].delay)


def least_delay(crawler: Crawler, site: str) -> float:
    """Return the least seconds between two requests to `site`, as far as is known."""
    if crawler.engine is None:
        return 0.0
    return float(crawler.engine.downloader.per_slot_settings.get(site, {}).get("delay", 0.0))


def seconds_to_wait(crawler: Crawler, site: str) -> float:
    """Return in how many seconds the next request to `site` may be sent."""
    if crawler.engine is None or site not in crawler.engine.downloader.slots:
        return 0.0
    slot = crawler.engine.downloader.slots[site]
    return max(0.0, slot.lastseen + slot.delay - monotonic())


def withdraw(crawler: Crawler) -> None:
    """Take back the requests that wait for their site's pace: a crawl that is stopped must not wait for them."""
    if crawler.spider is None or crawler.engine is None:
        return
    for slot in crawler.engine.downloader.slots.values():
        while slot.queue:
            _, waiting = slot.queue.popleft()
            waiting.errback(Failure(CrawlInterrupted("The crawl was stopped.")))  # type: ignore[no-untyped-call]


class Pace:
    """Makes each request wait until its site's last one, of whichever worker, is long enough ago."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._met: dict[str, asyncio.Task[None]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Hear of answers, and of the crawl's end."""
        pace = cls(crawler)
        crawler.signals.connect(pace.spider_closed, signal=signals.spider_closed)
        crawler.signals.connect(pace.headers_received, signal=signals.headers_received)
        return pace

    async def process_request(self, request: Request) -> None:
        """Let Scrapy's slot of the site know its delay and its last request."""
        site = request.meta["download_slot"]
        hold_to(self.crawler, site, getattr(self.crawler.spider, "delay_seconds", 0.0))
        if site not in self._met:
            self._met[site] = asyncio.ensure_future(self._recall(site))
        await asyncio.shield(self._met[site])

    async def _recall(self, site: str) -> None:
        runtime = await runtime_of(self.crawler)
        asked_at = now()
        async with runtime.engine.begin() as connection:
            last = await requested_at(connection, site)
            # noted before it is sent: a worker that is killed leaves no gap
            await note_request(connection, site, asked_at)
        if last is not None:
            slot = Slot(1, least_delay(self.crawler, site), 0.0)
            slot.lastseen = monotonic() - max(0.0, (asked_at - last).total_seconds())
            assert self.crawler.engine is not None, "requests come from a running engine"
            self.crawler.engine.downloader.slots.setdefault(site, slot)

    def headers_received(self, request: Request) -> None:
        """Count the site's pause from the answer on.

        The site saw the request at the latest when it began to answer: counted from when we sent it, or began to
        connect, two requests would meet there closer together than they were sent.
        """
        if self.crawler.engine is None:
            return
        slot = self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", ""))
        if slot is not None:
            slot.lastseen = max(slot.lastseen, monotonic())

    async def spider_closed(self) -> None:
        """Leave word of the last requests for the next slice."""
        if not self._met or self.crawler.engine is None:
            return
        runtime = await runtime_of(self.crawler)
        slots = sorted(self.crawler.engine.downloader.slots.items())

        async def written(connection: AsyncConnection) -> None:
            for site, slot in slots:
                if slot.lastseen:
                    ago = timedelta(seconds=monotonic() - slot.lastseen)
                    await note_request(connection, site, now() - ago)

        await in_transaction(runtime.engine, written)


class Throttle(AutoThrottle):
    """Scrapy's AutoThrottle: it only ever adds to the least delay."""

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        super()._adjust_delay(slot, latency, response)
        slot.delay = max(slot.delay, least_delay(self.crawler, site_of(response.url)))
