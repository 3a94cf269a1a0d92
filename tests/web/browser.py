"""A reader with a real Chromium: what a page writes to the console, asks of other hosts or hides from some is a fault."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Request, async_playwright

from crawler.chromium import program_of

#: what people hold and what they sit before, in pixels
WIDTHS = (390, 1280)
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Give a headless Chromium."""
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program_of(), args=["--disable-gpu", *root])
        yield browser
        await browser.close()


@dataclass
class Reader:
    """One window on the pages of one server."""

    page: Page
    base: str
    #: what the browser complained of, and what was asked of others
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen to the page."""
        self.page.on("console", lambda said: said.type in ("error", "warning") and self.faults.append(said.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.base).netloc:
            self.faults.append(f"asked {request.url}")

    async def opens(self, path: str) -> None:
        """Go to an address and look at it."""
        answer = await self.page.goto(self.base + path)
        assert answer is not None
        assert answer.status == 200, path
        await self.looks()

    async def looks(self) -> None:
        """Find no fault with what is shown, however wide the window, in light and in dark."""
        page = self.page
        await page.wait_for_load_state()
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            for scheme in SCHEMES:
                await page.emulate_media(color_scheme=scheme)
                # all but the colours are the same in both
                options = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
                found = (await Axe().run(page, options=options)).response["violations"]
                assert [_shown(each) for each in found] == [], (page.url, width, scheme)
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{page.url} is {wide} px wide on {width}"
        assert self.faults == [], page.url


def _shown(violation: dict[str, Any]) -> str:
    where = "; ".join(f"{node['html'][:200]} {node['failureSummary']}" for node in violation["nodes"][:3])
    return f"{violation['id']}: {where}"


@asynccontextmanager
async def reading(browser: Browser, base: str, **options: Any) -> AsyncIterator[Reader]:
    """Give a window of `browser`; `options` are those of a context of Playwright's."""
    context = await browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
    context.set_default_timeout(60_000)
    try:
        yield Reader(page=await context.new_page(), base=base)
    finally:
        await context.close()
