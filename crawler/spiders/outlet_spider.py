"""The spider of every outlet: it reads the sources, then fetches what the ledger says is due, for a slice of time."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Collection
from typing import Any, Self

import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from sqlalchemy.exc import DBAPIError
from twisted.python.failure import Failure

from crawler.catalogue import Catalogue
from crawler.chromium import check_browser
from crawler.discovery import ROBOTS_SOURCES, ingest, leads_through, note, sites_of, sources_in_robots
from crawler.download_failures import outcome_of
from crawler.pace import seconds_to_wait
from crawler.resolver import was_refused
from crawler.response_outcome import address_of, conditions, not_before, visit_of
from crawler.sources.content import UNPACKED_BYTES
from crawler.spiders.stop_conditions import StopConditions
from ledger.attempts import takes_too_much
from ledger.faults import is_data_error, reason_of
from ledger.outlet_state import note_crawl, source_states
from ledger.pages import LED_ELSEWHERE, DuePage, due
from news import clock
from news.configuration import read
from news.errors import BroadsheetError, PageUnreadable, SourceUnreadable
from news.outcome import Outcome
from news.outlet import Outlet, Source, SourceKind
from news.url import site_of
from news.visit import Visit
from pipelines.runtime import Runtime, runtime_of

#: pages that were fetched and are not recorded yet: enough to keep the pool busy while the next one is fetched
IN_FLIGHT = 4
#: due pages that are asked of the ledger at a time
BATCH = 20
#: sitemaps.org allows 50 MB; a feed may stand where a sitemap is expected, and the other way round
SOURCE_BYTES = {SourceKind.FEED: UNPACKED_BYTES, SourceKind.SITEMAP: UNPACKED_BYTES, SourceKind.FRONT_PAGE: 10 * 2**20}
#: a part of a sitemap index may name parts itself; sitemaps.org forbids it, outlets do it
SOURCE_DEPTH = 2


class OutletSpider(scrapy.Spider):
    """Crawls one outlet: `scrapy crawl outlet -a name=SLUG`. With `seconds` it ends after a slice of about that.

    It hands over one request at a time, so that none is left to be sent when the site asks for a pause or the slice
    ends. The pages that have come are read meanwhile.
    """

    name = "outlet"

    def __init__(
        self,
        name: str = "",
        outlet: Outlet | None = None,
        sources: bool | str | Collection[str] = True,
        seconds: float | str = 0.0,
        only: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        """Take the outlet, or the `name` of one in the catalogue.

        `sources` False goes on with what is due, addresses are those of the sources to be read; `only` restricts the
        crawl to these addresses. Without an outlet this is Scrapy's own command line: an unknown name ends it with one
        sentence.
        """
        super().__init__(**kwargs)
        try:
            self.outlet = outlet or Catalogue(home=read().home).outlet(name)
        except BroadsheetError as error:
            # Scrapy would print its traceback
            raise SystemExit(str(error)) from None
        self.slug = self.outlet.slug
        #: the least pace of each of its sites; robots.txt may ask for a slower one (crawler.pace)
        self.delay_seconds = self.outlet.delay_seconds
        self.sites = sites_of(self.outlet)
        self.wanted = None if isinstance(sources, bool | str) else frozenset(sources)
        self.reads_sources = bool(self.wanted) or sources in (True, "1", "true", "True")
        self.only = frozenset(only)
        self.stop_conditions = StopConditions(self.outlet.home, float(seconds))
        self._fetching = False
        self._handed_over = 0
        #: why Scrapy ended the crawl: "finished", or what stopped it; "" while it runs
        self.finish_reason = ""
        #: how many pages ended how
        self.ended: Counter[Outcome] = Counter()
        self._in_flight: set[str] = set()
        #: addresses that a redirect led to: they need not be asked for once more
        self._reached: set[str] = set()
        self._sources: deque[tuple[Source, int]] = deque()
        self._complaints: list[str] = []
        self._moved = asyncio.Event()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Hear when a page has gone through the pipelines, whatever became of it."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider._item_done, signal=signals.item_scraped)
        crawler.signals.connect(spider._item_dropped, signal=signals.item_dropped)
        crawler.signals.connect(spider._item_failed, signal=signals.item_error)
        crawler.signals.connect(spider._callback_failed, signal=signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Yield requests: the sources', then the due pages', until nothing is due or the slice is over."""
        runtime = await runtime_of(self.crawler)
        if self.outlet.render:
            try:
                check_browser()
            except BroadsheetError as error:
                self.stop_conditions.failure = error
                return
        await self.stop_conditions.recall(runtime)
        if self.reads_sources and not self.stop_conditions.is_stopped():
            async for request in self._source_requests(runtime):
                yield request
        async with runtime.engine.connect() as connection:
            # pages that take a worker's whole time keep neither places nor memory while they wait for it
            in_flight = 1 if await takes_too_much(connection, self.slug) else IN_FLIGHT
        ready: deque[DuePage] = deque()
        while not self._is_over():
            self._moved.clear()
            if not ready:
                async with runtime.engine.connect() as connection:
                    skipped = self._in_flight | self._reached
                    ready.extend(await due(connection, self.slug, BATCH, skipped, self.only))
            if ready and ready[0].url in self._reached:
                ready.popleft()
            elif ready and len(self._in_flight) < in_flight:
                yield self._page_request(ready.popleft())
                while self._fetching:
                    await self._something_moves()
            elif self._in_flight:
                await self._moved.wait()
            else:
                break

    async def _something_moves(self) -> None:
        """Wait until an answer has come or a page was recorded."""
        self._moved.clear()
        await self._moved.wait()

    def may_send(self) -> bool:
        """Say whether a request may leave now: the last question before it does."""
        return self.stop_conditions.may_send()

    def halt(self) -> None:
        """Send nothing more: what is under way ends, what waits stays due."""
        self.stop_conditions.halt()
        self._moved.set()

    def closed(self, reason: str) -> None:
        """Hear from Scrapy why the crawl ended."""
        self.finish_reason = reason

    def _is_over(self) -> bool:
        """Say whether no more pages are to be fetched; a slice in time fetches one at least."""
        if self.stop_conditions.is_stopped():
            return True
        wait_seconds = seconds_to_wait(self.crawler, site_of(self.outlet.home))
        return self._handed_over > 0 and self.stop_conditions.is_late(wait_seconds)

    # sources

    def _wants(self, source: str) -> bool:
        return self.wanted is None or source in self.wanted

    async def _source_requests(self, runtime: Runtime) -> AsyncIterator[Request]:
        async with runtime.engine.connect() as connection:
            known = await source_states(connection, self.slug)
        self._sources.extend((source, 0) for source in self.outlet.sources if self._wants(source.url))
        seen: set[str] = set()
        looked_in_robots = False
        while not self.stop_conditions.is_stopped():
            if not self._sources and not looked_in_robots:
                looked_in_robots = True
                if self._wants(ROBOTS_SOURCES):
                    self._sources.extend((source, 0) for source in await self._named_in_robots(runtime))
            if not self._sources:
                break
            source, depth = self._sources.popleft()
            if source.url in seen:
                continue
            seen.add(source.url)
            self._fetching = True
            state = known.get(source.url)
            yield Request(
                source.url,
                headers=conditions(state.etag, state.last_modified) if state and not self.outlet.render else None,
                callback=self.parse_source,
                errback=self.source_failed,
                cb_kwargs={"source": source, "depth": depth},
                # a feed may be served from anywhere the outlet's file says; its articles may not
                meta={
                    "sites": self.sites | {site_of(each.url) for each in self.outlet.sources},
                    "download_maxsize": SOURCE_BYTES[source.kind],
                },
                dont_filter=True,
            )
            while self._fetching:
                await self._something_moves()
        async with runtime.engine.begin() as connection:
            await note_crawl(connection, self.slug, "; ".join(self._complaints) or None)

    async def _named_in_robots(self, runtime: Runtime) -> list[Source]:
        try:
            return await sources_in_robots(runtime, self.outlet)
        except PageUnreadable as error:
            # its other sources were read, and its pages are visited all the same
            self._complaints.append(f"{ROBOTS_SOURCES}: {error}")
            return []

    async def parse_source(self, response: Response, source: Source, depth: int) -> AsyncIterator[Request]:
        """Take in what a source lists, and put the parts of a sitemap index in line."""
        runtime = await runtime_of(self.crawler)
        self.stop_conditions.answered()
        visit = visit_of(response, self.outlet, source.url)
        if source.kind is SourceKind.FRONT_PAGE:
            shown = await self.stop_conditions.rendered(self.crawler, visit)
            if shown is None:
                self._answered()
                return
            visit = shown
        try:
            if visit.outcome in (Outcome.NOT_MODIFIED, None):
                children = await ingest(runtime, source, visit)
                if children and depth >= SOURCE_DEPTH:
                    reason = f"it names {len(children)} sitemaps, more than {SOURCE_DEPTH} levels down: none is read"
                    await self._complain(runtime, source, Outcome.UNREADABLE, reason)
                    children = ()
                self._sources.extend((child, depth + 1) for child in children)
            else:
                await self._complain(runtime, source, visit.outcome, visit.reason)
            if (until := not_before(response)) is not None:
                await self.stop_conditions.leave_alone(runtime, response.url, until)
        except (SourceUnreadable, PageUnreadable) as error:
            await self._complain(runtime, source, Outcome.UNREADABLE, str(error))
        except DBAPIError as error:
            if not is_data_error(error):
                raise
            # what it lists cannot be kept: a fault of this source, the pages are visited all the same
            await self._complain(runtime, source, Outcome.UNRECORDABLE, f"PostgreSQL rejected it: {reason_of(error)}")
        self._answered()
        return
        yield  # Scrapy takes what a callback yields: nothing here

    async def source_failed(self, failure: Failure) -> AsyncIterator[Request]:
        """Note that a source could not be fetched; the crawl goes on with the others."""
        request: Request = failure.request  # type: ignore[attr-defined]
        if not self.stop_conditions.is_ours(failure.value):
            outcome, reason = outcome_of(failure, not_public=was_refused(request.url))
            runtime = await runtime_of(self.crawler)
            await self._complain(runtime, request.cb_kwargs["source"], outcome, reason)
            await self.stop_conditions.unanswered(runtime, request.url, outcome, failure.value)
        self._answered()
        return
        yield  # Scrapy takes what an errback yields: nothing here

    async def _complain(self, runtime: Runtime, source: Source, outcome: Outcome, reason: str) -> None:
        # without the headers of its answer: they would make the next request conditional
        visit = Visit(outlet=self.outlet, url=source.url, fetched_at=clock.now()).ended(outcome, reason)
        self._complaints.append(f"{source.url}: {visit.reason}")
        await note(runtime, source, visit)

    # pages

    def _page_request(self, page: DuePage) -> Request:
        self._fetching = True
        self._handed_over += 1
        self._in_flight.add(page.url)
        return Request(
            page.url,
            # what a page shows may change while what is sent does not
            headers=None if self.outlet.render else conditions(page.etag, page.last_modified),
            callback=self.parse_page,
            errback=self.page_failed,
            cb_kwargs={"page": page},
            # what a source lists on another site may lead back to the outlet's: it is seen where it ends
            meta={} if leads_through(page, self.sites) else {"sites": self.sites},
            dont_filter=True,
        )

    async def parse_page(self, response: Response, page: DuePage) -> AsyncIterator[Visit]:
        """Hand an answer on: a page to be read, or the reason why there is none."""
        self.stop_conditions.answered()
        if (until := not_before(response)) is not None:
            await self.stop_conditions.leave_alone(await runtime_of(self.crawler), response.url, until)
        self._answered()
        visit = visit_of(response, self.outlet, page.url, page.recrawl_id)
        if leads_through(page, self.sites) and (site := site_of(visit.final_url)) not in self.sites:
            visit = visit.ended(Outcome.OFF_SITE, f"{LED_ELSEWHERE}, {site}", page=None)
        shown = await self.stop_conditions.rendered(self.crawler, visit)
        if shown is None:
            self._in_flight.discard(page.url)
            self._answered()
            return
        if shown.final_url != page.url:
            self._reached.add(shown.final_url)
        yield shown

    async def page_failed(self, failure: Failure) -> AsyncIterator[Visit]:
        """Hand on an attempt that brought no answer."""
        request: Request = failure.request  # type: ignore[attr-defined]
        page: DuePage = request.cb_kwargs["page"]
        if self.stop_conditions.is_ours(failure.value):
            self._in_flight.discard(page.url)
            self._answered()
            return
        outcome, reason = outcome_of(failure, not_public=was_refused(request.url))
        if outcome is Outcome.UNREADABLE:
            self.logger.error("download_failed", extra={"url": request.url, "reason": reason})
        await self.stop_conditions.unanswered(await runtime_of(self.crawler), request.url, outcome, failure.value)
        self._answered()
        final_url = address_of(request.url, page.url)
        yield Visit(
            outlet=self.outlet,
            url=page.url,
            recrawl_id=page.recrawl_id,
            final_url=final_url,
            fetched_at=clock.now(),
            outcome=outcome,
            reason=reason,
        )

    def _answered(self) -> None:
        self._fetching = False
        self._moved.set()

    def _item_done(self, item: Visit) -> None:
        if item.outcome is not None:
            self.ended[item.outcome] += 1
        self._in_flight.discard(item.url)
        self._moved.set()

    def _item_dropped(self, item: Visit, exception: Exception) -> None:
        """End the slice: the page could not be kept as it came, and is still due."""
        self.stop_conditions.not_kept(self.slug, exception)
        self._item_done(item)

    def _item_failed(self, item: Visit, failure: Failure) -> None:
        """End the slice: a page could not be recorded and is still due. The job is tried again."""
        self.stop_conditions.failure = failure.value
        self._item_done(item)

    def _callback_failed(self, failure: Failure, response: Response | Failure | None) -> None:
        """End the slice: the ledger is away, or code of ours is wrong. Without this it would wait for ever."""
        self.stop_conditions.failure = failure.value
        request: Request | None = getattr(response, "request", None)
        page: DuePage | None = request.cb_kwargs.get("page") if request else None
        if page:
            self._in_flight.discard(page.url)
        self._answered()
