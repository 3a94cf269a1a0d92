"""The resolver that dials no address inside a private network, however it is spelt."""

import ipaddress
from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.resolver import CachingThreadedResolver
from scrapy.utils.datatypes import LocalCache
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

#: IPv6 prefixes that carry an IPv4 address to wherever it leads (RFC 6052, RFC 8215)
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
#: refused names that are remembered, for the reason of a failed attempt; a site can have any number of names
REMEMBERED = 1_000


def is_public(address: str, *, allow_loopback: bool = False) -> bool:
    """Return whether a numeric address is one of the public Internet.

    >>> is_public("192.0.43.8"), is_public("10.0.0.1"), is_public("::ffff:127.0.0.1"), is_public("169.254.169.254")
    (True, False, False, False)
    >>> is_public("127.0.0.1", allow_loopback=True)
    True
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if any(parsed in network for network in _TRANSLATED) or parsed.sixtofour or parsed.teredo:
            return False
        parsed = parsed.ipv4_mapped or parsed
    if parsed.is_loopback:
        return allow_loopback
    return parsed.is_global and not parsed.is_multicast


class PublicResolver(CachingThreadedResolver):
    """Scrapy's resolver with one rule more. The address that is checked is the one that is dialled.

    `BROADSHEET_ALLOW_LOOPBACK` in Scrapy's settings lets loopback through, for tests and the demo.
    """

    #: names that were refused: Twisted says of them only that nothing was found. Shared by the process, as the
    #: reactor's resolver is
    refused: LocalCache[str, None] = LocalCache(REMEMBERED)

    def __init__(self, reactor: ReactorBase, cache_size: int, timeout: float, *, allow_loopback: bool = False) -> None:
        super().__init__(reactor, cache_size, timeout)
        self.allow_loopback = allow_loopback

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        """Read the settings."""
        settings = crawler.settings
        return cls(
            reactor,
            settings.getint("DNSCACHE_SIZE") if settings.getbool("DNSCACHE_ENABLED") else 0,
            settings.getfloat("DNS_TIMEOUT"),
            allow_loopback=settings.getbool("BROADSHEET_ALLOW_LOOPBACK"),
        )

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        """Return the address of `name`, or fail with DNSLookupError if it is not public."""
        return super().getHostByName(name, timeout).addCallback(self._checked, name)

    def _checked(self, address: Any, name: str) -> str:
        if is_public(str(address), allow_loopback=self.allow_loopback):
            self.refused.pop(name, None)
            return str(address)
        self.refused[name] = None
        raise DNSLookupError(f"{name} is not a public address")


def was_refused(url: str) -> bool:
    """Return whether the host of an address was looked up and found to be no public one."""
    try:
        return urlsplit(url).hostname in PublicResolver.refused
    except ValueError:
        return False
