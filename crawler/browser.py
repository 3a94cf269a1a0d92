"""A real browser for outlets whose pages need their scripts: a page in, the page as its scripts left it out.

The browser has no network: it is told of a proxy that is not there. What a page's scripts ask for is fetched by the
crawl, through all that every request has to pass (public addresses, robots.txt, the site's pace, bounds of bytes and
time), and handed to them. Playwright and Chromium are extras of the user's: `pip install 'broadsheet[browser]'`.
"""

import asyncio
import contextlib
import tempfile
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.chromium import check_browser, first_line, launch
from crawler.download_failures import is_ours
from news.errors import ConfigurationError, PageUnreadable
from news.outcome import Outcome
from news.page import Page
from news.visit import Visit

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import Page as ChromiumPage
    from playwright.async_api import Playwright, Route

#: pages that are rendered at once in a process; each takes some 100 MB
PLACES = 2
#: for one page, its scripts' requests included
SECONDS = 60.0
#: a page is at rest when its scripts have asked for nothing for so long; one that never rests, as one that asks for
#: news every second, is read as it stands after the longer time
REST_SECONDS, RESTLESS_SECONDS = 0.5, 20.0
#: requests of one page's scripts, and bytes that they bring together
REQUESTS, REQUEST_BYTES = 60, 20 * 2**20
#: bytes that a script may send
SENT_BYTES = 64 * 1024
#: bytes of a rendered page: what the crawl takes at most
PAGE_BYTES = 10 * 2**20
#: scripts are the same on each page of an outlet: bytes that are kept, and for how many seconds
KEPT_BYTES, KEPT_SECONDS = 32 * 2**20, 900.0
#: without work for so long, the browser is closed
IDLE_SECONDS = 60.0
#: what a page may load: pictures, fonts and styles change no word of it
LOADED = frozenset({"script", "xhr", "fetch"})
#: of an answer, what the browser must not see: it is unpacked, and a session is none of ours
_OWN_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding", "set-cookie"})
#: of a script's request, what the crawl sets itself
_NOT_PASSED = frozenset({"host", "cookie", "user-agent", "accept-encoding", "content-length", "connection"})

Fetch = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    """An outlet's script, and until when it is used again, on the clock of `monotonic`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    until: float


class Browser:
    """One Chromium for a process, begun with the first page, closed when it has had no work for a while."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(PLACES)
        self._starting = asyncio.Lock()
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._used = 0
        self._idle: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._scripts: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        #: of each outlet, one script at a time is fetched: two pages at once ask for the same
        self.fetching: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def render(self, page: Page, outlet: str, user_agent: str, fetch: Fetch) -> bytes:
        """Return the document, in UTF-8, once its scripts came to rest.

        `outlet` is the slug under which scripts are kept; `fetch` gets what the scripts ask for. Raises PageUnreadable
        for a page that takes too long or too much, ConfigurationError where there is no browser, and what `fetch`
        raises of ours (crawler.download_failures.is_ours).
        """
        from playwright.async_api import Error

        async with self._places:
            self._used += 1
            try:
                while True:
                    chromium = await self._open()
                    try:
                        async with asyncio.timeout(SECONDS):
                            return await _Rendering(self, chromium, page, outlet, fetch).run(user_agent)
                    except TimeoutError:
                        # a script that never ends is ended with the browser alone
                        await self.close()
                        raise PageUnreadable(
                            f"its scripts did not come to rest within {SECONDS:.0f} s", outcome=Outcome.TOO_SLOW
                        ) from None
                    except Error as error:
                        if self._chromium is not chromium:
                            continue  # another page's script has ended the browser
                        if not chromium.is_connected():
                            await self.close()
                        raise PageUnreadable(f"the browser gave it up: {first_line(error)}") from error
            finally:
                self._used -= 1
                self._close_when_idle()

    def kept(self, outlet: str, url: str) -> _Kept | None:
        """Return the outlet's script at this address if we have it."""
        found = self._scripts.get((outlet, url))
        return found if found is not None and found.until > monotonic() else None

    def keep(self, outlet: str, url: str, script: _Kept) -> None:
        """Keep a script for the next pages of the outlet."""
        self._scripts[outlet, url] = script
        self._scripts.move_to_end((outlet, url))
        while sum(len(each.body) for each in self._scripts.values()) > KEPT_BYTES:
            self._scripts.popitem(last=False)

    async def close(self) -> None:
        """End the browser, if it runs; what it has not finished fails."""
        playwright, chromium, folder = self._playwright, self._chromium, self._folder
        self._playwright = self._chromium = self._folder = None
        if playwright is None:
            return
        from playwright.async_api import Error

        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(5):
                if chromium is not None:
                    await chromium.close()
        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(5):
                await playwright.stop()
        if folder is not None:
            folder.cleanup()

    async def _open(self) -> "Chromium":
        from playwright.async_api import async_playwright

        async with self._starting:
            if self._chromium is not None and self._chromium.is_connected():
                return self._chromium
            await self.close()
            self._playwright = await async_playwright().start()
            self._folder = tempfile.TemporaryDirectory(prefix="broadsheet-browser-", ignore_cleanup_errors=True)
            try:
                self._chromium = await launch(self._playwright, Path(self._folder.name))
            except ConfigurationError:
                await self.close()
                raise
            return self._chromium

    def _close_when_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if not self._used:
            task = asyncio.ensure_future(self.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


class _Rendering:
    """One page in a browser: what it asks for, and what it was given."""

    def __init__(self, browser: Browser, chromium: "Chromium", page: Page, outlet: str, fetch: Fetch) -> None:
        self._browser, self._chromium = browser, chromium
        self._page, self._outlet, self._fetch = page, outlet, fetch
        self._requests = self._bytes = 0
        self._is_open = False
        #: requests that wait for our answer, and when the last was answered, on the clock of `monotonic`
        self._under_way, self._answered_at = 0, monotonic()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, user_agent: str) -> bytes:
        """Return the document once it came to rest, or as it stands after a while of unrest."""
        from playwright.async_api import Error

        context = await self._chromium.new_context(
            user_agent=user_agent, service_workers="block", accept_downloads=False, permissions=[]
        )
        try:
            await context.route("**/*", self._answer)
            await context.route_web_socket("**/*", lambda socket: socket.close())
            page = await context.new_page()
            context.on("page", lambda popup: popup.close())
            shown = asyncio.ensure_future(self._shown(page))
            waited: set[asyncio.Future[Any]] = {shown, self._failed}
            try:
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                if self._failed.done():
                    self._failed.result()
                content = (await shown).encode("utf-8", "replace")
            finally:
                shown.cancel()
                with contextlib.suppress(BaseException):
                    await shown
        finally:
            with contextlib.suppress(Error, TimeoutError):
                async with asyncio.timeout(5):
                    await context.close()
        if len(content) > PAGE_BYTES:
            raise PageUnreadable("the page is too large when its scripts have run", outcome=Outcome.TOO_LARGE)
        return content

    async def _shown(self, page: "ChromiumPage") -> str:
        """Return the document once its scripts ask for nothing more.

        Counted here, for Playwright's "networkidle" may wait for ever where a frame was refused, and "load" where a
        script leads elsewhere.
        """
        from playwright.async_api import Error

        try:
            await page.goto(self._page.final_url, wait_until="commit", timeout=SECONDS * 1000)
        except Error as error:
            # a script led elsewhere, which it may not: the page is still there
            if "interrupted by another navigation" not in str(error):
                raise
        until = monotonic() + RESTLESS_SECONDS
        while True:
            await asyncio.sleep(max(0.05, self._unrest()))
            # both wait for the script that runs, which may ask for more
            is_whole = await page.evaluate("document.readyState != 'loading'")
            content = await page.content()
            if monotonic() >= until or (is_whole and not self._unrest()):
                return content

    def _unrest(self) -> float:
        """Return for how many seconds more, at least, the page is not at rest."""
        return REST_SECONDS if self._under_way else max(0.0, self._answered_at + REST_SECONDS - monotonic())

    async def _answer(self, route: "Route") -> None:
        """Give the browser what it asks for, if it may have it."""
        from playwright.async_api import Error

        self._under_way += 1
        try:
            given = await self._given(route)
            if given is None:
                # "aborted" leaves the document as it is, where a script leads to another; an error would replace it
                await route.abort("aborted" if route.request.is_navigation_request() else "blockedbyclient")
            else:
                await route.fulfill(status=given.status, headers=dict(given.headers), body=given.body)
        except Error:
            pass  # the page may be gone
        finally:
            self._under_way -= 1
            self._answered_at = monotonic()

    async def _given(self, route: "Route") -> _Kept | None:
        asked = route.request
        if asked.is_navigation_request():
            # the page itself, once: no script leads us elsewhere, no frame is loaded
            if self._is_open or asked.frame.parent_frame is not None:
                return None
            self._is_open = True
            kind = self._page.headers.get("content-type") or "text/html"
            return _Kept(status=200, headers={"content-type": kind}, body=self._page.content, until=0.0)
        if asked.resource_type not in LOADED or asked.method not in ("GET", "POST"):
            return None
        if asked.resource_type != "script" or asked.method != "GET":
            return await self._fetched(route)
        async with self._browser.fetching.setdefault(self._outlet, asyncio.Lock()):
            if (kept := self._browser.kept(self._outlet, asked.url)) is not None:
                return kept
            given = await self._fetched(route)
            if given is not None and given.status == 200:
                self._browser.keep(self._outlet, asked.url, given)
            return given

    async def _fetched(self, route: "Route") -> _Kept | None:
        asked = route.request
        self._requests += 1
        sent = asked.post_data_buffer or b""
        if self._requests > REQUESTS or self._bytes > REQUEST_BYTES or len(sent) > SENT_BYTES:
            return None
        headers = {
            name: value
            for name, value in asked.headers.items()
            if name not in _NOT_PASSED and not name.startswith(("sec-", ":"))
        }
        try:
            request = Request(
                asked.url, method=asked.method, headers=headers, body=sent, callback=NO_CALLBACK, dont_filter=True
            )
            response = await self._fetch(request)
        except Exception as error:
            if is_ours(error) and not self._failed.done():
                self._failed.set_exception(error)
                self._failed.exception()  # the page may be gone: then nobody else asks
            return None
        self._bytes += len(response.body)
        return _Kept(
            status=response.status if 200 <= response.status < 600 else 502,
            headers=_headers(response),
            body=response.body,
            until=monotonic() + KEPT_SECONDS,
        )


_BROWSERS: WeakKeyDictionary[asyncio.AbstractEventLoop, Browser] = WeakKeyDictionary()


def browser() -> Browser:
    """Return the browser of this process's loop. Raises ConfigurationError where none can be had."""
    loop = asyncio.get_running_loop()
    if loop not in _BROWSERS:
        check_browser()
        _BROWSERS[loop] = Browser()
    return _BROWSERS[loop]


async def rendered(crawler: Crawler, visit: Visit) -> Visit:
    """Return the visit with its page as its scripts left it, or with the reason why that cannot be had.

    What is no HTML, and a visit without a page, come back as they are. Raises ConfigurationError where there is no
    browser, and CrawlInterrupted where the crawl may send nothing more.
    """
    page = visit.page
    if page is None or not _is_html(page):
        return visit
    assert crawler.engine is not None, "visits come from a running engine"
    try:
        content = await browser().render(
            page, visit.outlet.slug, crawler.settings["USER_AGENT"], crawler.engine.download_async
        )
    except PageUnreadable as error:
        return replace(visit, page=None).ended(error.outcome, str(error))
    headers = {name: value for name, value in page.headers.items() if name not in _OWN_HEADERS}
    shown = replace(page, content=content, headers=headers | {"content-type": "text/html; charset=utf-8"})
    # of the page that was sent, not of the one that its scripts made: neither says whether that has changed
    return replace(visit, page=shown, etag=None, last_modified=None)


def _is_html(page: Page) -> bool:
    kind = page.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in ("", "text/html", "application/xhtml+xml")


def _headers(response: Response) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
        if name.decode("latin-1").lower() not in _OWN_HEADERS
    }
