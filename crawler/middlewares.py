"""What every request has to pass: the bounds of an address, the outlet's own sites, robots.txt."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawler.download import RequestRefused
from crawler.download_failures import is_ours, outcome_of
from crawler.pace import hold_to
from crawler.response_outcome import status_of
from crawler.robots import ROBOTS_BYTES, RobotsVerdict, ask, skipped_lines
from ledger.sites import UNREACHABLE_AGE, RobotsFile, robots_of, store_robots
from news.clock import now
from news.errors import PageUnreadable
from news.outcome import Outcome
from news.url import AddressTooLong, normal, origin, site_of
from pipelines.runtime import Runtime, runtime_of

#: Elastic's crawler has these bounds; what passes them is a trap of endless addresses
PATH_SEGMENTS = 16
PARAMETERS = 32


class Bounds:
    """Refuses addresses that no article has and redirects to other sites; gives each site one download slot."""

    def process_request(self, request: Request) -> None:
        """Refuse the request or let it pass, in its site's slot. Redirected requests come here, too.

        `sites` in the request's meta are those it may go to; without, it may go anywhere.
        """
        parts = urlparse_cached(request)
        if parts.scheme not in ("http", "https"):
            raise RequestRefused(Outcome.BAD_URL, f"{parts.scheme}: is not http or https")
        try:
            site = site_of(normal(request.url))
        except AddressTooLong as error:
            raise RequestRefused(Outcome.BAD_URL, str(error)) from error
        except ValueError as error:
            raise RequestRefused(Outcome.BAD_URL, "not a valid address") from error
        if parts.path.count("/") > PATH_SEGMENTS or parts.query.count("&") >= PARAMETERS:
            raise RequestRefused(Outcome.BAD_URL, f"more than {PATH_SEGMENTS} path segments or {PARAMETERS} parameters")
        sites: frozenset[str] | None = request.meta.get("sites")
        if sites is not None and site not in sites:
            how = "redirected to" if "redirect_urls" in request.meta else "it is on"
            raise RequestRefused(Outcome.OFF_SITE, f"{how} another site, {site}")
        request.meta["download_slot"] = site


class Robots:
    """Asks robots.txt, kept in the ledger for a day, and takes over the pace that it asks for."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.obey = crawler.settings.getbool("ROBOTSTXT_OBEY")
        self.user_agent: str = crawler.settings["USER_AGENT"]
        self._files: dict[str, asyncio.Task[RobotsFile]] = {}
        self._received: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Watch how long each robots.txt gets."""
        robots = cls(crawler)
        crawler.signals.connect(robots.bytes_received, signal=signals.bytes_received)
        return robots

    async def process_request(self, request: Request) -> None:
        """Let the request pass, or raise RequestRefused."""
        if not self.obey or request.meta.get("is_robots"):
            return
        runtime = await runtime_of(self.crawler)
        place = origin(request.url)
        if place not in self._files:
            self._files[place] = asyncio.ensure_future(self._file(runtime, place))
        verdict = await self._verdict(runtime, place, await asyncio.shield(self._files[place]), request.url)
        hold_to(self.crawler, request.meta["download_slot"], verdict.delay_seconds)
        if not verdict.allowed:
            raise RequestRefused(Outcome.ROBOTS, "robots.txt does not allow it")

    async def _file(self, runtime: Runtime, place: str) -> RobotsFile:
        async with runtime.engine.connect() as connection:
            known = await robots_of(connection, place)
        if known is not None:
            return known
        request = Request(f"{place}/robots.txt", meta={"is_robots": True}, callback=NO_CALLBACK)
        try:
            assert self.crawler.engine is not None, "requests come from a running engine"
            response = await self.crawler.engine.download_async(request)
        except Exception as error:
            if is_ours(error):
                raise
            outcome, _ = outcome_of(error, not_public=True)
            if outcome is Outcome.NOT_PUBLIC:
                # the request itself will fail for the same reason, and says so
                return RobotsFile(status=404, content=b"")
            # too many redirects, or to what is no address: as if there were none (RFC 9309, 2.3.1.2)
            unavailable = outcome in (Outcome.HTTP_ERROR, Outcome.BAD_URL)
            file = RobotsFile(status=404 if unavailable else 0, content=b"")
        else:
            content = response.body[:ROBOTS_BYTES]
            file = RobotsFile(status=status_of(response) or 0, content=content)
            if 200 <= file.status < 300 and content:
                file = replace(file, skipped_lines=await self._skipped_lines(runtime, place, content))
        await self._keep(runtime, place, file)
        return file

    async def _skipped_lines(self, runtime: Runtime, place: str, content: bytes) -> int:
        try:
            return await runtime.pool.run(place, skipped_lines, content, place)
        except PageUnreadable:
            return 0  # its rules defeat us as well, and that is said

    async def _keep(self, runtime: Runtime, place: str, file: RobotsFile) -> None:
        async with runtime.engine.begin() as connection:
            await store_robots(connection, place, file)

    async def _verdict(self, runtime: Runtime, place: str, file: RobotsFile, url: str) -> RobotsVerdict:
        # "complete disallow" while it cannot be reached (RFC 9309, 2.3.1.4); the site is asked again later
        if file.unreachable:
            what = f"answers {file.status}" if file.status else "cannot be reached"
            raise RequestRefused(Outcome.UNREACHABLE, f"robots.txt {what}", until=now() + UNREACHABLE_AGE)
        if file.status >= 400 or not file.content:
            return RobotsVerdict(allowed=True)
        try:
            return await runtime.pool.run(place, ask, file.content, self.user_agent, url)
        except PageUnreadable as error:
            await self._keep(runtime, place, RobotsFile(status=0, content=b""))
            until = now() + UNREACHABLE_AGE
            raise RequestRefused(Outcome.UNREACHABLE, f"robots.txt: {error}", until=until) from error

    def bytes_received(self, data: bytes, request: Request) -> None:
        """Stop the download of a robots.txt where it is no longer read."""
        if request.meta.get("is_robots"):
            self._received[request.url] += len(data)
            if self._received[request.url] > ROBOTS_BYTES:
                raise StopDownload(fail=False)
