"""AutoThrottle that never goes below what the outlet's file or its robots.txt asks for."""

from scrapy.core.downloader import Slot
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response

from news.url import site_of


class Throttle(AutoThrottle):
    """Scrapy's AutoThrottle with a least delay a site, in seconds, set by the middlewares."""

    def least(self, site: str) -> float:
        """Return the least seconds between two requests to `site`."""
        delays: dict[str, float] = getattr(self.crawler.spider, "least_delays", {})
        return delays.get(site, self.mindelay)

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        super()._adjust_delay(slot, latency, response)
        slot.delay = max(slot.delay, self.least(site_of(response.url)))
