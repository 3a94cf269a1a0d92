"""A page that sends its readers on by itself, with `<meta http-equiv="refresh">` or a Refresh header, is followed."""

import re
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import BaseRedirectMiddleware
from scrapy.http import Response
from selectolax.lexbor import LexborHTMLParser, LexborNode
from w3lib.url import safe_url_string

from news.errors import PageUnreadable
from news.url import normal, site_of
from pipelines.runtime import runtime_of

#: who waits longer is shown a page meanwhile; a page that loads itself anew does so after minutes
QUICK_SECONDS = 5.0
#: a page with more text than this is one to be read, wherever it leads
STUB_CHARACTERS = 1_000
#: a page that does nothing but send on is short; of a longer one no more is looked at
STUB_BYTES = 64 * 1024
#: the status of an answer that names several addresses: Scrapy does not follow the one that it prefers
CHOICES = 300
#: as browsers read it (HTML, "shared declarative refresh steps")
_REFRESH = re.compile(
    r"\s*(\d{1,6})?(?:\.[\d.]*)?\s*(?:[;,\s]\s*(?:url\s*=\s*)?(?:\"([^\"]*)|'([^']*)|(\S.*))?)?",
    re.IGNORECASE | re.DOTALL,
)
#: of a page in small letters: `re` looks for any case six times as long
_META = re.compile(rb"http-equiv\s*=\s*[\"']?\s*refresh")


class Refresh(BaseRedirectMiddleware):
    """Follows them as redirects are followed: with the same bounds, and through all that a request has to pass."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler.settings)
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Refresh":
        """Keep the crawler, in whose pool the page is looked at."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the request for the page that it leads to, or the answer as it is."""
        if response.status == CHOICES and (location := response.headers.get("Location")):
            return self._chosen(request, response, location)
        header = response.headers.get("Refresh")
        head = response.body[:STUB_BYTES]
        if (
            request.meta.get("is_robots")
            or not 200 <= response.status < 300
            or not (header or _META.search(head.lower()))
        ):
            return response
        stated = (header or b"").decode("latin-1")
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
        runtime = await runtime_of(self.crawler)
        try:
            # a gate sets a cookie and has its page loaded anew, once
            again = "Set-Cookie" in response.headers and not request.meta.get("redirect_times")
            url = await runtime.pool.run(site_of(request.url), target_of, head, kind, stated, response.url, again)
        except PageUnreadable:
            return response  # it defeats its reader as well, which says so
        if url is None:
            return response
        return self._redirect(self._build_redirect_request(request, response, url=url), request, "refresh")

    def _chosen(self, request: Request, response: Response, location: bytes) -> Request | Response:
        """Return the request for the address that a site prefers of several (RFC 9110, 15.4.1)."""
        target = self._build_redirect_request(request, response, url=urljoin(request.url, safe_url_string(location)))
        if urlsplit(target.url).scheme not in ("http", "https"):
            return response
        return self._redirect(target, request, response.status)

    def handle_referer(self, request: Request, response: Response) -> None:
        """Send none: nobody came from anywhere."""
        request.headers.pop("Referer", None)


def target_of(content: bytes, kind: str, header: str, url: str, again: bool = False) -> str | None:
    """Return the address that a page sends its readers on to at once, in normal form; None if there is one to read.

    `header` is the Refresh header, "" where there is none. What leads to the page itself, but `again`, to what is no
    address, or stands in `<noscript>`, is none. It parses a stranger's bytes: call it in the pool.

    >>> target_of(b'<meta http-equiv="refresh" content="0;url=/moved">', "text/html", "", "https://a.example/old")
    'https://a.example/moved'
    >>> target_of(b'<meta http-equiv="refresh" content="600">', "text/html", "", "https://a.example/live")
    """
    from pipelines.extract.document import decode  # workers have it

    tree = LexborHTMLParser(decode(content, kind))
    stated = [header, *(each.attributes.get("content") or "" for each in tree.css("meta[http-equiv]") if _counts(each))]
    base = url
    if (node := tree.css_first("base[href]")) is not None:
        base = _joined(url, node.attributes.get("href") or "") or url
    found = next((target for each in stated if (target := _target(each, base, url if again else None))), None)
    if found is None or (found == normal(url) and not again):
        return None
    for each in tree.css("script, style, noscript, template"):
        each.decompose()
    text = tree.body.text(separator=" ", strip=True) if tree.body else ""
    return found if len(text) <= STUB_CHARACTERS else None


def _counts(meta: LexborNode) -> bool:
    from pipelines.extract.document import holders

    if (meta.attributes.get("http-equiv") or "").strip().lower() != "refresh":
        return False
    return not any(above.tag in ("noscript", "template") for above in holders(meta))


def _target(stated: str, base: str, itself: str | None) -> str | None:
    match = _REFRESH.match(stated)
    if match is None or float(match[1] or 0) > QUICK_SECONDS:
        return None
    address = next((each for each in match.groups()[1:] if each), "").strip()
    if not address:
        return _joined(itself, "") if itself and match[1] else None
    return _joined(base, address)


def _joined(base: str, address: str) -> str | None:
    try:
        return normal(urljoin(base, address.strip()))
    except ValueError:
        return None
