"""robots.txt by RFC 9309. It parses a stranger's bytes: call it in the pool."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin

from protego import Protego

from news.url import normal

#: a robots.txt past 500 KiB is ignored (RFC 9309, 2.5)
ROBOTS_BYTES = 500 * 1024
#: a longer crawl delay would be a refusal in disguise: it is kept to five minutes
MOST_DELAY_SECONDS = 300.0
#: sitemaps that are read of those a robots.txt names
MOST_SITEMAPS = 3

#: the tokens under which outlets speak to those who train models
_TRAINERS = ("GPTBot", "CCBot", "Google-Extended", "ClaudeBot")


@dataclass(frozen=True, kw_only=True)
class RobotsVerdict:
    """What a robots.txt says to us: may this address be fetched, and how many seconds apart."""

    allowed: bool
    delay_seconds: float = 0.0


def ask(content: bytes, user_agent: str, url: str) -> RobotsVerdict:
    """Return what a robots.txt of this content says to `user_agent` about `url`.

    Of the user agent its product token alone counts (RFC 9309, 2.2.1), not what stands in its comment.

    >>> ask(b"User-agent: *\\nDisallow: /intern/\\nCrawl-delay: 2", "Broadsheet/1", "https://a.example/intern/x")
    RobotsVerdict(allowed=False, delay_seconds=2.0)
    """
    rules = _rules(content[:ROBOTS_BYTES])
    token = _exactly(user_agent.partition("/")[0])
    delay = rules.crawl_delay(token) or 0.0
    # a delay that is no number (nan) compares false and counts for nothing
    least = min(delay, MOST_DELAY_SECONDS) if delay > 0.0 else 0.0
    return RobotsVerdict(allowed=bool(rules.can_fetch(url, token)), delay_seconds=least)


def sitemaps(content: bytes, base: str, most: int = MOST_SITEMAPS) -> list[str]:
    """Return the first `most` addresses of sitemaps that a robots.txt names, in normal form, those of news first.

    A line whose address is none that can be kept is skipped; `skipped_lines` counts them.

    >>> sitemaps(b"Sitemap: /archive.xml\\nSitemap: https://a.example/news.xml", "https://a.example/robots.txt")
    ['https://a.example/news.xml', 'https://a.example/archive.xml']
    """
    named = [address for address in _sitemaps(content, base) if address is not None]
    return sorted(dict.fromkeys(named), key=lambda address: "news" not in address.lower())[:most]


def skipped_lines(content: bytes, base: str) -> int:
    """Return how many Sitemap lines of a robots.txt name no address that can be kept.

    >>> skipped_lines(b"Sitemap: http://[\\nSitemap: /news.xml", "https://a.example/robots.txt")
    1
    """
    return sum(address is None for address in _sitemaps(content, base))


def _sitemaps(content: bytes, base: str) -> Iterator[str | None]:
    """Yield each sitemap's address in normal form, None for one that can be none or is too long."""
    for address in _rules(content[:ROBOTS_BYTES]).sitemaps:
        try:
            yield normal(urljoin(base, address))
        except ValueError:
            yield None


def forbids_ai_training(content: bytes, home: str) -> bool:
    """Return whether a robots.txt keeps those from the home page who gather texts for the training of models.

    >>> forbids_ai_training(b"User-agent: GPTBot\\nDisallow: /", "https://a.example/")
    True
    """
    return any(not _rules(content[:ROBOTS_BYTES]).can_fetch(home, _exactly(each)) for each in _TRAINERS)


_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
#: a group's first line; its product token ends where a version or a comment begins
_GROUP = re.compile(r"^([ \t]*user[- ]?agent[ \t]*:[ \t]*)([^\s/;,()#]+)[^\r\n#]*", re.IGNORECASE | re.MULTILINE)


def _exactly(token: str) -> str:
    """Return a product token that Protego takes for no longer one: to it `Broad` would name `Broadsheet`, too."""
    return f"{token.rstrip('*')}!"


@lru_cache(maxsize=256)
def _rules(content: bytes) -> Protego:
    wide = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    text = content.decode("utf-16" if wide else "utf-8", errors="replace")
    # files that were put together have a mark before each, and the line ends of each
    text = _LINE_ENDS.sub("\n", text.replace("\ufeff", ""))
    return Protego.parse(_GROUP.sub(lambda line: line[0] if line[2] == "*" else line[1] + _exactly(line[2]), text))
