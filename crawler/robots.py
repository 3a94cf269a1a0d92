"""robots.txt by RFC 9309. It parses a stranger's bytes: call it in the pool."""

from dataclasses import dataclass
from functools import lru_cache

from protego import Protego

#: a robots.txt past 500 KiB is ignored (RFC 9309, 2.5)
ROBOTS_BYTES = 500 * 1024
#: a longer crawl delay would be a refusal in disguise: it is kept to five minutes
MOST_DELAY_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a robots.txt says to us: may this address be fetched, and how many seconds apart."""

    allowed: bool
    delay_seconds: float = 0.0


def ask(content: bytes, user_agent: str, url: str) -> Verdict:
    """Return what a robots.txt of this content says to `user_agent` about `url`.

    >>> ask(b"User-agent: *\\nDisallow: /intern/\\nCrawl-delay: 2", "Broadsheet/1", "https://a.example/intern/x")
    Verdict(allowed=False, delay_seconds=2.0)
    """
    rules = _rules(content[:ROBOTS_BYTES])
    delay = rules.crawl_delay(user_agent) or 0.0
    return Verdict(
        allowed=bool(rules.can_fetch(url, user_agent)), delay_seconds=min(max(0.0, delay), MOST_DELAY_SECONDS)
    )


@lru_cache(maxsize=256)
def _rules(content: bytes) -> Protego:
    return Protego.parse(content.decode("utf-8-sig", errors="replace"))
