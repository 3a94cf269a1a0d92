"""Cookies of one visit: what a redirect sets is sent with the request it leads to, and forgotten after that."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response

from news.url import site_of

#: a gate of a site sets one or two; browsers take 4,096 bytes for one (RFC 6265, 6.1)
MOST_COOKIES = 20
COOKIE_BYTES = 4_096
MOST_BYTES = 8_192
#: where a request keeps them; a request that a redirect makes takes over the meta of the one before
JAR = "cookies_of_visit"


@dataclass(frozen=True, kw_only=True)
class Cookie:
    """A cookie, and where it is sent: to `host`, and with `is_wide` to the hosts below it."""

    value: str
    host: str
    is_wide: bool = False
    is_secure: bool = False

    def goes_to(self, url: str) -> bool:
        """Say whether a request for `url` carries it."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        fits = host == self.host or (self.is_wide and host.endswith(f".{self.host}"))
        return fits and (parts.scheme == "https" or not self.is_secure)


class VisitCookies:
    """Keeps a jar for each visit. It stands nearer to the site than what follows redirects, and hears those, too.

    Scrapy's own jar would be one for the whole crawl, and know a reader by it.
    """

    def process_request(self, request: Request) -> None:
        """Send what the answers before have set."""
        jar: dict[str, Cookie] = request.meta.get(JAR, {})
        pairs = [f"{name}={each.value}" for name, each in jar.items() if each.goes_to(request.url)]
        if pairs:
            own = [each.decode("latin-1") for each in request.headers.getlist("Cookie")]
            request.headers["Cookie"] = "; ".join([*own, *pairs]).encode("latin-1")

    def process_response(self, request: Request, response: Response) -> Response:
        """Note what an answer sets; the request's successor, if there is one, sends it."""
        if lines := response.headers.getlist("Set-Cookie"):
            request.meta[JAR] = with_set(request.meta.get(JAR, {}), lines, request.url)
        return response


def with_set(jar: dict[str, Cookie], lines: list[bytes], url: str) -> dict[str, Cookie]:
    """Return the jar with what these Set-Cookie headers of an answer from `url` set, or delete, within the bounds.

    >>> with_set({}, [b"seen=1; Path=/"], "https://a.example/")
    {'seen': Cookie(value='1', host='a.example', is_wide=False, is_secure=False)}
    """
    found = dict(jar)
    for line in lines[:MOST_COOKIES]:
        pair, *attributes = line[:COOKIE_BYTES].decode("latin-1").split(";")
        name, equals, value = (each.strip() for each in pair.partition("="))
        if len(line) > COOKIE_BYTES or not name or not equals or not (name + value).isprintable():
            continue
        stated = {key.strip().lower(): given.strip() for key, _, given in (each.partition("=") for each in attributes)}
        found.pop(name, None)
        if not _is_over(stated):
            found[name] = _cookie(value, stated, url)
        while len(found) > MOST_COOKIES or sum(len(key) + len(each.value) for key, each in found.items()) > MOST_BYTES:
            del found[next(iter(found))]
    return found


def _cookie(value: str, stated: dict[str, Any], url: str) -> Cookie:
    host = urlsplit(url).hostname or ""
    domain = stated.get("domain", "").lstrip(".").lower()
    # never wider than the site: `Domain=com` is no site's
    is_wide = bool(domain) and host.endswith(f".{domain}") and site_of(f"//{domain}") == site_of(f"//{host}")
    is_wide = is_wide or (bool(domain) and domain == host)
    return Cookie(value=value, host=domain if is_wide else host, is_wide=is_wide, is_secure="secure" in stated)


def _is_over(stated: dict[str, str]) -> bool:
    """Say whether a cookie is deleted by being set: its time is over (RFC 6265, 5.3)."""
    if age := stated.get("max-age", ""):
        return age == "0" or age.startswith("-")
    try:
        at = parsedate_to_datetime(stated["expires"]) if stated.get("expires") else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return False
    return at is not None and (at if at.tzinfo else at.replace(tzinfo=UTC)) < datetime.now(UTC)
