"""What an outlet's file asks for at its own sites alone: headers, cookies, a proxy."""

import base64
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.error import DNSLookupError

from crawler.discovery import sites_of
from crawler.download import RequestRefused
from news.outcome import Outcome
from news.outlet import Outlet
from news.url import site_of


class OutletHeaders:
    """Puts them on each request to the outlet's sites, redirected ones and robots.txt's, too, and on no other."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Keep the crawler, whose spider has the outlet."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Add what is the outlet's own. Raises RequestRefused for a target inside a private network, proxy or not."""
        outlet: Outlet | None = getattr(self.crawler.spider, "outlet", None)
        request.meta.pop("proxy", None)
        request.headers.pop("Cookie", None)  # of the request that was redirected
        if outlet is None or site_of(request.url) not in sites_of(outlet):
            return
        for name, value in (outlet.headers or {}).items():
            request.headers[name] = value
        if outlet.cookies:
            request.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in outlet.cookies.items())
        if outlet.proxy:
            await _check_target(urlsplit(request.url).hostname or "")
            parts = urlsplit(outlet.proxy)
            request.meta["proxy"] = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
            if parts.username:
                pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
                request.headers["Proxy-Authorization"] = b"Basic " + base64.b64encode(pair.encode())


async def _check_target(host: str) -> None:
    """Look the name up here first: a proxy resolves it by itself, and would reach what we never dial.

    Raises RequestRefused for a name that is not found or not public. The proxy's own address is dialled by us, through
    the resolver that dials no private one.
    """
    from twisted.internet import reactor

    resolver: Any = reactor.resolver
    try:
        await maybe_deferred_to_future(resolver.getHostByName(host))
    except DNSLookupError as error:
        raise RequestRefused(Outcome.NOT_PUBLIC, "the address is not a public one, or not found") from error
