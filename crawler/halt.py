"""A crawl that is to end now: what waits is taken back, what is under way ends, nothing is left running."""

import asyncio
import contextlib
from typing import Protocol, runtime_checkable

from scrapy.crawler import Crawler

from crawler.pace import withdraw

#: seconds between two looks whether a crawl that is to end has done so
HALT_SECONDS = 0.1


@runtime_checkable
class Halting(Protocol):
    """A spider that can be made to send nothing more."""

    def halt(self) -> None:
        """Send nothing more: what is under way ends."""


async def finished(crawler: Crawler, crawl: asyncio.Future[None]) -> None:
    """Wait for a crawl; cancelled, let it end at once and wait until it has, however often that is cancelled.

    Scrapy's own stop does nothing while the crawl is being opened: it would run on, and be nobody's.
    """
    try:
        await asyncio.shield(crawl)
    except asyncio.CancelledError:
        while not crawl.done():
            if isinstance(crawler.spider, Halting):
                crawler.spider.halt()
            # again and again: a request that was asking its way meanwhile has come to wait
            withdraw(crawler)
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([crawl], timeout=HALT_SECONDS)
        raise
