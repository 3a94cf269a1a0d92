"""The spider of every outlet: it reads the sources, then fetches what the ledger says is due, for a slice of time."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Self
from urllib.parse import urlsplit

import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.answers import Answer, answer_of, page_of
from crawler.catalogue import read_catalogue
from crawler.failures import outcome_of
from crawler.resolver import PublicResolver
from crawler.sources import read_source
from crawler.sources.listing import Listing
from ledger.outlets import SourceState, note_crawl, note_source, source_states
from ledger.pages import DuePage, announce, due
from ledger.record import Attempt
from ledger.sites import leave_alone, not_before
from news.configuration import read
from news.errors import PageUnreadable, SourceUnreadable
from news.outcome import Outcome
from news.outlet import Outlet, Source
from news.url import normal, site, site_of
from pipelines.desk import Desk, desk_of
from pipelines.fetched import Fetched

#: pages that were handed to Scrapy and are not recorded yet: enough to keep one site's slot busy
IN_FLIGHT = 4
#: a part of a sitemap index may name parts itself; sitemaps.org forbids it, outlets do it
SOURCE_DEPTH = 2


class OutletSpider(scrapy.Spider):
    """Crawls one outlet: `scrapy crawl outlet -a name=SLUG`. With `seconds` it ends after a slice of about that."""

    name = "outlet"

    def __init__(
        self,
        name: str = "",
        outlet: Outlet | None = None,
        sources: bool | str = True,
        seconds: float | str = 0.0,
        only: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        """Take the outlet, or the `name` of one in the catalogue.

        `sources` False goes on with what is due; `only` restricts the crawl to these addresses.
        Raises UnknownOutlet.
        """
        super().__init__(**kwargs)
        self.outlet = outlet or read_catalogue(read().home).outlet(name)
        self.slug = self.outlet.slug
        self.sites = frozenset({site_of(self.outlet.home), *map(site, self.outlet.hosts)})
        self.reads_sources = sources in (True, "1", "true", "True")
        self.only = frozenset(only)
        self.deadline = monotonic() + float(seconds) if float(seconds) else None
        #: site -> least seconds between two requests; robots.txt may raise it (crawler.middlewares)
        self.least_delays = dict.fromkeys(self.sites, self.outlet.delay_seconds)
        self._tried: set[str] = set()
        self._in_flight: set[str] = set()
        self._open_sources = 0
        self._complaints: list[str] = []
        self._moved = asyncio.Event()
        self._alone_until: datetime | None = None
        #: what ended the crawl before its time
        self.failure: BaseException | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Hear when a page has gone through the pipelines, whatever became of it."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider._item_done, signal=signals.item_scraped)
        crawler.signals.connect(spider._item_done, signal=signals.item_dropped)
        crawler.signals.connect(spider._item_failed, signal=signals.item_error)
        crawler.signals.connect(spider._callback_failed, signal=signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Yield requests: the sources', then the due pages', until nothing is due or the slice is over."""
        desk = await desk_of(self.crawler)
        async with desk.engine.connect() as connection:
            self._alone_until = await not_before(connection, site_of(self.outlet.home))
            known = await source_states(connection, self.slug)
        if self._alone_until is None and self.reads_sources:
            for source in self.outlet.sources:
                yield self._source_request(source, known.get(source.url), 0)
            while self._open_sources:
                await self._something_moves()
            async with desk.engine.begin() as connection:
                await note_crawl(connection, self.slug, "; ".join(self._complaints) or None)
        while not self._is_over():
            pages = await self._due(desk)
            for page in pages:
                self._tried.add(page.url)
                self._in_flight.add(page.url)
                yield self._page_request(page)
            if not pages and not self._in_flight:
                break
            if not pages:
                await self._something_moves()

    async def _due(self, desk: Desk) -> list[DuePage]:
        room = IN_FLIGHT - len(self._in_flight)
        if room <= 0:
            return []
        async with desk.engine.connect() as connection:
            return await due(connection, self.slug, room, self._tried, self.only)

    async def _something_moves(self) -> None:
        """Wait until a source was read or a page was recorded."""
        self._moved.clear()
        await self._moved.wait()

    def _is_over(self) -> bool:
        late = self.deadline is not None and monotonic() > self.deadline
        return late or self._alone_until is not None or self.failure is not None

    # sources

    def _source_request(self, source: Source, known: SourceState | None, depth: int) -> Request:
        self._open_sources += 1
        return Request(
            source.url,
            headers=_conditions(known.etag, known.last_modified) if known else None,
            callback=self.parse_source,
            errback=self.source_failed,
            cb_kwargs={"source": source, "depth": depth},
            priority=10,
            dont_filter=True,
        )

    async def parse_source(self, response: Response, source: Source, depth: int) -> AsyncIterator[Request]:
        """Take in what a source lists, and follow the parts of a sitemap index."""
        desk = await desk_of(self.crawler)
        answer = answer_of(response)
        try:
            if answer.outcome in (Outcome.NOT_MODIFIED, None):
                children = await self._take_in(desk, response, source, answer)
                for child in children if depth < SOURCE_DEPTH else ():
                    yield self._source_request(child, await self._known(desk, child), depth + 1)
            else:
                await self._complain(desk, source, answer.outcome, answer.reason)
        except (SourceUnreadable, PageUnreadable) as error:
            await self._complain(desk, source, Outcome.UNREADABLE, str(error))
        finally:
            self._open_sources -= 1
            self._moved.set()

    async def _take_in(self, desk: Desk, response: Response, source: Source, answer: Answer) -> tuple[Source, ...]:
        if answer.outcome is Outcome.NOT_MODIFIED:
            await self._note(desk, source, Outcome.NOT_MODIFIED, "", answer)
            return ()
        listing: Listing = await desk.pool.run(read_source, source.kind, page_of(response))
        found = [each for each in listing.found if self._is_ours(each.url)]
        async with desk.engine.begin() as connection:
            await announce(connection, self.slug, source.url, found)
        await self._note(desk, source, None, "", answer, found=len(found))
        return listing.children

    async def source_failed(self, failure: Failure) -> None:
        """Note that a source could not be fetched; the crawl goes on with the others."""
        request: Request = failure.request  # type: ignore[attr-defined]
        try:
            outcome, reason = outcome_of(failure, not_public=_is_refused(request))
            await self._complain(await desk_of(self.crawler), request.cb_kwargs["source"], outcome, reason)
        finally:
            self._open_sources -= 1
            self._moved.set()

    async def _known(self, desk: Desk, source: Source) -> SourceState | None:
        async with desk.engine.connect() as connection:
            return (await source_states(connection, self.slug)).get(source.url)

    async def _complain(self, desk: Desk, source: Source, outcome: Outcome, reason: str) -> None:
        self._complaints.append(f"{source.url}: {reason}")
        await self._note(desk, source, outcome, reason, Answer())

    async def _note(
        self, desk: Desk, source: Source, outcome: Outcome | None, reason: str, answer: Answer, found: int = 0
    ) -> None:
        state = SourceState(
            url=source.url,
            kind=source.kind,
            etag=answer.etag,
            last_modified=answer.last_modified,
            fetched_at=datetime.now(UTC),
            outcome=outcome or "read",
            reason=reason or None,
            found=found,
        )
        async with desk.engine.begin() as connection:
            await note_source(connection, self.slug, source, state)

    def _is_ours(self, url: str) -> bool:
        if site_of(url) not in self.sites:
            return False
        if self.outlet.include and not any(re.search(pattern, url) for pattern in self.outlet.include):
            return False
        return not any(re.search(pattern, url) for pattern in self.outlet.exclude)

    # pages

    def _page_request(self, page: DuePage) -> Request:
        return Request(
            page.url,
            headers=_conditions(page.etag, page.last_modified),
            callback=self.parse_page,
            errback=self.page_failed,
            cb_kwargs={"page": page},
            dont_filter=True,
        )

    async def parse_page(self, response: Response, page: DuePage) -> AsyncIterator[Fetched]:
        """Hand an answer on: a page to be read, or the reason why there is none."""
        answer = answer_of(response)
        if answer.not_before is not None:
            # the site asks for a pause: the slice ends here, what is due stays due
            self._alone_until = answer.not_before
            desk = await desk_of(self.crawler)
            async with desk.engine.begin() as connection:
                await leave_alone(connection, site_of(response.url), answer.not_before)
        yield Fetched(
            outlet=self.outlet,
            attempt=Attempt(
                outlet=self.slug,
                url=page.url,
                final_url=normal(response.url),
                at=datetime.now(UTC),
                outcome=answer.outcome,
                reason=answer.reason,
                status=response.status,
                latency_ms=answer.latency_ms,
                content_bytes=len(response.body),
                etag=answer.etag,
                last_modified=answer.last_modified,
            ),
            page=page_of(response) if answer.outcome is None else None,
        )

    async def page_failed(self, failure: Failure) -> AsyncIterator[Fetched]:
        """Hand on an attempt that brought no answer."""
        request: Request = failure.request  # type: ignore[attr-defined]
        outcome, reason = outcome_of(failure, not_public=_is_refused(request))
        if outcome is Outcome.UNREADABLE:
            self.logger.error("download_failed", exc_info=failure.value, extra={"url": request.url})
        page: DuePage = request.cb_kwargs["page"]
        attempt = Attempt(
            outlet=self.slug,
            url=page.url,
            final_url=normal(request.url),
            at=datetime.now(UTC),
            outcome=outcome,
            reason=reason,
        )
        yield Fetched(outlet=self.outlet, attempt=attempt)

    def _item_done(self, item: Fetched) -> None:
        self._in_flight.discard(item.attempt.url)
        self._moved.set()

    def _item_failed(self, item: Fetched, failure: Failure) -> None:
        """End the slice: a page could not be recorded and is still due. The job is tried again."""
        self.failure = failure.value
        self._item_done(item)

    def _callback_failed(self, failure: Failure, response: Response | Failure) -> None:
        """End the slice: code of ours is wrong. Without this it would wait for the page for ever."""
        self.failure = failure.value
        request: Request | None = getattr(response, "request", None)
        page: DuePage | None = request.cb_kwargs.get("page") if request else None
        if page:
            self._in_flight.discard(page.url)
        self._moved.set()


def _conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    return {name: value for name, value in (("If-None-Match", etag), ("If-Modified-Since", last_modified)) if value}


def _is_refused(request: Request) -> bool:
    return urlsplit(request.url).hostname in PublicResolver.refused
