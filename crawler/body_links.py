"""Links in the bodies of new articles to other articles of their outlet: what no source announced is found by some.

They are the fourth kind of list from whose overlap completeness is estimated (news.recapture). A sample will do.
"""

from datetime import timedelta
from typing import Self
from zlib import crc32

from scrapy.crawler import Crawler
from sqlalchemy.ext.asyncio import AsyncConnection

from crawler.discovery import ours
from crawler.sources.front_page import may_be_article
from ledger.faults import in_transaction
from ledger.pages import Found, announce, count_waiting
from ledger.store_article import order_of
from news.clock import now
from news.outcome import Outcome
from news.recapture import Capture
from news.url import normal
from news.visit import Visit
from pipelines.runtime import runtime_of

#: what the frontier calls the source of such a page
FOUND_IN = "link"
#: pages that were found so wait behind all that a source lists
PRIORITY = -1
#: of all addresses one in so many: the same ones each time, whoever links to them
SAMPLE = 4
#: links of an article that is older are not looked at
RECENT = timedelta(days=7)
#: links of one article, and pages that wait to be fetched: a list of links is no body
MOST_LINKS, MOST_WAITING = 20, 20


class BodyLinks:
    """Keeps the sample of a crawl's links, and makes them known when it ends."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._found: dict[str, None] = {}
        self._visit: Visit | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Keep the crawler."""
        return cls(crawler)

    async def process_item(self, item: Visit) -> Visit:
        """Note the links of an article that is new, and lately published: old ones would lead ever further back."""
        if item.outcome is Outcome.NEW and item.article is not None and not item.is_view:
            published = order_of(item.text.date_published)
            if published is not None and published > now() - RECENT:
                self._visit = item
                self._found |= dict.fromkeys(sample(item))
        return item

    async def close_spider(self) -> None:
        """Make the addresses known: those that a source lists, too, have stood in one more list."""
        if self._visit is None or not self._found:
            return
        outlet = self._visit.outlet
        found = ours(outlet, [Found(url=url) for url in self._found])
        runtime = await runtime_of(self.crawler)

        async def written(connection: AsyncConnection) -> None:
            if await count_waiting(connection, outlet.slug, FOUND_IN) < MOST_WAITING:
                await announce(connection, outlet.slug, FOUND_IN, found, capture=Capture.LINK, priority=PRIORITY)

        await in_transaction(runtime.engine, written)


def sample(visit: Visit) -> list[str]:
    """Return the addresses of a visit's article that are looked at: what may be another article, one in SAMPLE."""
    found = []
    for link in visit.text.links[:MOST_LINKS]:
        try:
            url = normal(link.url)
        except ValueError:
            continue
        is_other = may_be_article(url) and url not in (visit.url, visit.read_from, visit.text.url)
        if is_other and crc32(url.encode()) % SAMPLE == 0:
            found.append(url)
    return found
