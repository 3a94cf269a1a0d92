"""The download handler: Scrapy's own, with bounds on an answer's head that Scrapy and Twisted leave open.

It builds on two private classes of Scrapy 2.19, for there is no public way in; tests/crawler/test_bombs.py notices if
they change.
"""

import zlib
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from news.errors import CrawlInterrupted
from news.outcome import Outcome

#: browsers stop at 256 KiB; 300,000 headers would cost 6.6 s of the event loop and 242 MB
HEAD_BYTES = 256 * 1024
#: each further encoding may unpack megabytes in the event loop; honest servers use one
ENCODINGS = 2


#: may this process send requests now? A worker whose jobs may be another's by now says no. A spider asks for the
#: question when it is made: what is sent later may run in any context
MAY_SEND: ContextVar[Callable[[], bool]] = ContextVar("may_send", default=lambda: True)


class RequestRefused(IgnoreRequest):
    """A request that we do not send: a middleware raises it, and the spider records it as the end of the attempt.

    With `until` the whole site is left alone until then, and what is due stays due.
    """

    def __init__(self, outcome: Outcome, reason: str, *, until: datetime | None = None) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.until = until


class HeadTooLarge(Exception):
    """The status line and headers pass HEAD_BYTES."""


class BoundedHandler(HTTP11DownloadHandler):
    """Downloads by HTTP/1.1; raises what Scrapy's does, and RequestRefused for an answer encoded too often."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory

    async def download_request(self, request: Request) -> Response:
        """Return the answer. Raises CrawlInterrupted if the crawl may send nothing more."""
        # here and not before: a request may have waited for its site's pace for minutes
        if not getattr(self._crawler.spider, "may_send", MAY_SEND.get())():
            raise CrawlInterrupted("The crawl was stopped.")
        response = _plain(_as_packed(await self._download(request)))
        if b",".join(response.headers.getlist("Content-Encoding")).count(b",") >= ENCODINGS:
            raise RequestRefused(Outcome.UNREADABLE, f"the answer is encoded more than {ENCODINGS} times")
        return response

    async def _download(self, request: Request) -> Response:
        if not request.meta.get("is_robots"):
            return await super().download_request(request)
        # a robots.txt is read as far as it counts, however long it says that it is: crawler.middlewares.Robots stops it
        # there. What unpacks it asks the request itself, where the limit stands
        unbounded = request.replace(meta=request.meta | {"download_maxsize": 0})
        response = await super().download_request(unbounded)
        if "download_latency" in unbounded.meta:
            request.meta["download_latency"] = unbounded.meta["download_latency"]
        return response


#: the first bytes of what is packed; Brotli has no mark
_MARKS = {b"\x1f\x8b\x08": b"gzip", b"\x28\xb5\x2f\xfd": b"zstd"}
#: bytes of a packed page that tell whether it was packed before
_FIRST_BYTES = 1024


def _as_packed(response: Response) -> Response:
    """Return an answer with the Content-Encoding that its bytes have, where its header lies.

    Servers name another way of packing than theirs, pack once more what was packed, and, of pages, say nothing. What
    has no mark is believed to be packed as is said: plain text that is said to be packed is refused, as browsers do.
    """
    stated = [each.strip() for line in response.headers.getlist("Content-Encoding") for each in line.split(b",")]
    found = [each for each in stated if each.lower() not in (b"identity", b"none", b"")]
    mark = _mark(response.body)
    if found and mark and mark not in found[-1].lower():
        found[-1] = mark
    elif b"html" in (response.headers.get("Content-Type") or b"").lower() and mark == b"gzip":
        found = found or [mark]
        if len(found) == 1 and _is_packed_within(response.body):
            found = [mark, mark]
    if found == stated:
        return response
    headers = response.headers.copy()
    headers.pop("Content-Encoding", None)
    if found:
        headers["Content-Encoding"] = b", ".join(found)
    return response.replace(headers=headers)


def _is_packed_within(content: bytes) -> bool:
    try:
        return _mark(zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(content[:_FIRST_BYTES], 8)) == b"gzip"
    except zlib.error:
        return False


def _mark(content: bytes) -> bytes | None:
    return next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)


def _plain(response: Response) -> Response:
    """Return a compressed answer as one without a text: Scrapy's middleware, which unpacks it, makes it one again.

    Of a text the middleware asks for the encoding first: the detector then runs over compressed bytes, for a twentieth
    of the event loop's time.
    """
    if "Content-Encoding" not in response.headers:
        return response
    return Response(**{name: getattr(response, name) for name in Response.attributes})


class _Protocol(_LenientHTTP11ClientProtocol):
    """A connection that counts the bytes of each answer's head."""

    _head_bytes = 0

    def request(self, request: Any) -> Any:
        self._head_bytes = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:
        if self._parser is not None and self._parser.state in ("STATUS", "HEADER"):
            self._head_bytes += len(data)
            # the chunk in which the body begins is counted whole: Twisted's have 64 KiB at most
            if self._head_bytes > HEAD_BYTES:
                self._giveUp(Failure(HeadTooLarge()))  # type: ignore[no-untyped-call]
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]


class _Factory(_LenientHTTP11ClientFactory):
    """Makes such connections."""

    def buildProtocol(self, addr: object) -> _Protocol:
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
