"""What every request has to pass: the bounds of an address, the outlet's own sites, robots.txt, the site's pace."""

import asyncio
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from crawler.failures import outcome_of
from crawler.refused import Refused
from crawler.robots import ROBOTS_BYTES, Verdict, ask
from ledger.sites import RobotsFile, keep_robots, requested_at, robots_of
from news.outcome import Outcome
from news.url import site_of
from pipelines.desk import Desk, desk_of

#: Elastic's crawler has these bounds; what passes them is a trap of endless addresses
URL_CHARACTERS = 2_048
PATH_SEGMENTS = 16
PARAMETERS = 32


class Bounds:
    """Refuses addresses that no article has and redirects to other sites; gives each site one download slot."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Keep the crawler, whose spider names its sites."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Refuse the request or let it pass, in its site's slot. Redirected requests come here, too."""
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https"):
            raise Refused(Outcome.BAD_URL, f"{parts.scheme}: is not http or https")
        if len(request.url) > URL_CHARACTERS:
            raise Refused(Outcome.BAD_URL, f"the address has more than {URL_CHARACTERS} characters")
        if parts.path.count("/") > PATH_SEGMENTS or parts.query.count("&") >= PARAMETERS:
            raise Refused(Outcome.BAD_URL, f"more than {PATH_SEGMENTS} path segments or {PARAMETERS} parameters")
        site = site_of(request.url)
        sites: frozenset[str] = getattr(self.crawler.spider, "sites", frozenset())
        if sites and site not in sites:
            raise Refused(Outcome.OFF_SITE, f"redirected to another site, {site}")
        request.meta["download_slot"] = site


class Robots:
    """Asks robots.txt, kept in the ledger for a day, and keeps the pace that it and the outlet's file ask for."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.obey = crawler.settings.getbool("ROBOTSTXT_OBEY")
        self.user_agent: str = crawler.settings["USER_AGENT"]
        self._files: dict[str, asyncio.Task[RobotsFile]] = {}
        self._paced: dict[str, asyncio.Task[None]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Read the settings."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let the request pass, when its site's last request is long enough ago, or raise Refused."""
        desk = await desk_of(self.crawler)
        site = site_of(request.url)
        if site not in self._paced:
            self._paced[site] = asyncio.ensure_future(self._take_up_pace(desk, site))
        await asyncio.shield(self._paced[site])
        if not self.obey or request.meta.get("is_robots"):
            return
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._files:
            self._files[origin] = asyncio.ensure_future(self._file(desk, origin))
        verdict = await self._verdict(desk, await asyncio.shield(self._files[origin]), request.url)
        self._slow_down(site, verdict.delay_seconds)
        if not verdict.allowed:
            raise Refused(Outcome.ROBOTS, "robots.txt does not allow it")

    async def _take_up_pace(self, desk: Desk, site: str) -> None:
        """Wait until the last request, of whichever worker before us, is as long ago as the outlet's delay says."""
        delays: dict[str, float] = getattr(self.crawler.spider, "least_delays", {})
        self._slow_down(site, delays.get(site, 0.0))
        async with desk.engine.connect() as connection:
            last = await requested_at(connection, site)
        if last is not None:
            ago = (datetime.now(UTC) - last).total_seconds()
            await asyncio.sleep(max(0.0, min(delays.get(site, 0.0), delays.get(site, 0.0) - ago)))

    async def _file(self, desk: Desk, origin: str) -> RobotsFile:
        async with desk.engine.connect() as connection:
            known = await robots_of(connection, origin)
        if known is not None:
            return known
        request = Request(f"{origin}/robots.txt", meta={"is_robots": True}, callback=NO_CALLBACK)
        try:
            assert self.crawler.engine is not None, "requests come from a running engine"
            response = await self.crawler.engine.download_async(request)
            file = RobotsFile(status=response.status, content=response.body[:ROBOTS_BYTES])
        except IgnoreRequest:
            # too many redirects, or away from the site: as if there were none (RFC 9309, 2.3.1.2)
            file = RobotsFile(status=404, content=b"")
        except Exception as error:
            if outcome_of(error)[0] is Outcome.UNREADABLE:
                raise
            file = RobotsFile(status=0, content=b"")
        async with desk.engine.begin() as connection:
            await keep_robots(connection, origin, file)
        return file

    async def _verdict(self, desk: Desk, file: RobotsFile, url: str) -> Verdict:
        if file.status == 0 or file.status >= 500 or file.status == 429:
            # "complete disallow" while it cannot be reached (RFC 9309, 2.3.1.4); the page is tried again later
            what = f"answers {file.status}" if file.status else "cannot be reached"
            raise Refused(Outcome.UNREACHABLE, f"robots.txt {what}")
        if file.status >= 400 or not file.content:
            return Verdict(allowed=True)
        return await desk.pool.run(ask, file.content, self.user_agent, url)

    def _slow_down(self, site: str, delay_seconds: float) -> None:
        """Hold the site's slot to at least this delay; AutoThrottle only ever adds to it."""
        spider, engine = self.crawler.spider, self.crawler.engine
        delays: dict[str, float] | None = getattr(spider, "least_delays", None)
        if delays is None or engine is None:
            return
        delays[site] = max(delays.get(site, 0.0), delay_seconds)
        engine.downloader.per_slot_settings[site] = {"delay": delays[site], "concurrency": 1}
        if site in engine.downloader.slots:
            slot = engine.downloader.slots[site]
            slot.delay = max(slot.delay, delays[site])
