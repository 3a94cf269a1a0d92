"""Scrapy's item pipelines: each hands the item to the step that does the work, and waits for it."""

from dataclasses import replace
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from ledger.outlet_state import chrome, learn_chrome
from news.errors import ArchiveUnavailable
from news.visit import Visit
from pipelines.pool import digest_in_pool
from pipelines.runtime import runtime_of


class _Step:
    """What every pipeline has: the crawler, whose runtime is opened when the crawl begins."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Keep the crawler."""
        return cls(crawler)


class ArchivePipeline(_Step):
    """Keeps each page as it came, where the user wants that: before the ledger knows of it, so that none is missing."""

    async def process_item(self, item: Visit) -> Visit:
        """Return the item once its page is on disk. Raises DropItem if it cannot be: then the page is still due."""
        runtime = await runtime_of(self.crawler)
        if item.page is not None and runtime.archive is not None:
            # its addresses in their normal forms, by which the ledger knows what was read
            page = replace(item.page, url=item.url, final_url=item.read_from)
            try:
                await runtime.archive.keep(page, item.outlet.slug)
            except ArchiveUnavailable as error:
                # the spider says so once a crawl; Scrapy would for every page
                raise DropItem(str(error), log_level="DEBUG") from error
        return item


class DigestPipeline(_Step):
    """Reads each page in the process pool."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.chrome: frozenset[int] = frozenset()
        #: the lines of the pages that gave an article, for learning
        self.lines: list[frozenset[int]] = []

    async def open_spider(self) -> None:
        """Recall what is known of the outlet's chrome."""
        runtime = await runtime_of(self.crawler)
        async with runtime.engine.connect() as connection:
            self.chrome = await chrome(connection, self._slug)

    async def process_item(self, item: Visit) -> Visit:
        """Return the item with its digest; what the page does to its reader is in there as a refusal."""
        if item.page is None:
            return item
        runtime = await runtime_of(self.crawler)
        read = await digest_in_pool(runtime.pool, item.page, item.outlet, self.chrome)
        if read.article is not None:
            self.lines.append(frozenset(read.lines))
        return replace(item, chrome=self.chrome).read(read)

    async def close_spider(self) -> None:
        """Learn from this crawl's pages which lines recur."""
        if self.lines:
            runtime = await runtime_of(self.crawler)
            async with runtime.engine.begin() as connection:
                await learn_chrome(connection, self._slug, self.lines)

    @property
    def _slug(self) -> str:
        return str(getattr(self.crawler.spider, "slug", ""))


class RecordPipeline(_Step):
    """Writes each attempt, and all that came of it, into the ledger."""

    async def process_item(self, item: Visit) -> Visit:
        """Return the item with what the ledger made of it."""
        runtime = await runtime_of(self.crawler)
        return await runtime.recorder.record(item)
