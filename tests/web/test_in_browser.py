"""The pages in a real Chromium, narrow and wide, light and dark, by keys, without scripts: as a person uses them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from crawler.chromium import check_browser
from index.postgresql.backend import PostgresqlIndex
from index.protocol import Index
from ledger.tombstones import miss
from news.article import Article
from news.errors import ConfigurationError
from news.moment import Moment, Precision, TimeSource
from tests.conftest import empty_elasticsearch
from tests.databases import libpq
from tests.ports import free_port
from tests.schedules.processes import environment, running, until
from tests.schedules.site import Site, write_outlet
from tests.schedules.test_looking import newsroom, serving
from tests.web.browser import chromium, reading
from tests.web.conftest import AT, Keep
from web.serve import serve

try:
    check_browser()
except ConfigurationError as error:
    pytest.skip(str(error), allow_module_level=True)

TEXT = "\n".join(f"The talks over the fishing grounds went on for day {day} without a treaty." for day in range(12))
TALKS = Article(
    url="https://news.example/talks",
    headline="Talks over the fishing grounds go on",
    standfirst="Nobody left the hall before midnight.",
    body=TEXT,
    authors=("Ada Moss",),
    keywords=("fishing",),
    in_language="en",
    date_published=Moment(at=AT, precision=Precision.MINUTE, source=TimeSource.JSON_LD),
)
ARABIC = Article(
    url="https://news.example/bridge",
    headline="الجسر القديم يفتح من جديد بعد ثلاثة أعوام",
    body="فتح الجسر القديم صباح الأحد بعد ثلاثة أعوام من العمل.\nوقال المهندس إن العمل انتهى قبل موعده.",
    in_language="ar",
)
LONG = Article(
    url="https://news.example/" + "long-" * 60,
    headline="Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft " * 2,
    body="x" * 600 + " <script>document.title = 'taken'</script>",
    in_language="de",
)


#: errands that ask the index are done over either
BOTH = pytest.mark.parametrize("index", ["postgresql", "elasticsearch"], indirect=True)


@pytest.fixture
async def index(request: pytest.FixtureRequest, engine: AsyncEngine) -> AsyncIterator[Index]:
    """Give an empty index, of PostgreSQL's unless the other is asked for."""
    if getattr(request, "param", "postgresql") == "elasticsearch":
        async with empty_elasticsearch(request.getfixturevalue("elasticsearch_url")) as other:
            yield other
        return
    made = PostgresqlIndex(engine)
    await made.create()
    yield made


@pytest.fixture
async def paper(keep_versions: Keep, engine: AsyncEngine, tmp_path: Path) -> dict[str, str]:
    """Record articles: edited, copied, withdrawn, from right to left, too long for any line."""
    write_outlet(tmp_path, "harbour", Site(url="https://harbour.example"))
    talks = await keep_versions(
        TALKS,
        replace(TALKS, headline="Talks over 12 fishing grounds fail", body=TEXT.replace("day 3", "day 33")),
        replace(
            TALKS, headline="Talks over 12 fishing grounds fail", body=TEXT, correction="An earlier text was wrong."
        ),
    )
    copy = await keep_versions(replace(TALKS, url="https://news.example/copy", headline="No treaty", agencies=("AP",)))
    arabic, long = await keep_versions(ARABIC), await keep_versions(LONG)
    async with engine.begin() as connection:
        await miss(connection, ARABIC.url, 410, AT + timedelta(days=1))
        await miss(connection, ARABIC.url, 410, AT + timedelta(days=3))
    return {"talks": talks, "copy": copy, "arabic": arabic, "long": long}


@pytest.fixture
async def base(app: FastAPI) -> AsyncIterator[str]:
    """Serve the application on a port of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(serve(app, listening))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    listening.close()


async def test_no_page_has_a_fault_for_anybody_narrow_or_wide_light_or_dark(base: str, paper: dict[str, str]) -> None:
    talks = paper["talks"]
    paths = [
        *(
            "/",
            "/?q=talks",
            "/?q=talks&view=compact",
            "/?size=1",
            "/?q=nothingness&outlet=exampel",
            "/?from=2024-02-01&sort=changed",
        ),
        *(
            "/changes",
            "/changes?size=1",
            "/changes?only=silent",
            f"/articles/{talks}",
            f"/articles/{talks}/versions/1..2",
        ),
        *(f"/articles/{paper[each]}" for each in ("arabic", "long")),
        *(
            "/outlets",
            "/outlets?only=all&country=de",
            "/outlets/example",
            "/outlets/harbour",
            "/status",
            "/api",
            "/watches",
            "/watches/new?q=talks",
        ),
    ]
    async with chromium() as browser, reading(browser, base) as reader:
        await reader.page.goto(f"{base}/articles/{paper['copy']}")
        await reader.page.get_by_role("link", name="Who had it first").click()
        await reader.looks()
        for path in paths:
            await reader.opens(path)
            assert await reader.page.title() != "taken"


@BOTH
async def test_a_reader_goes_through_a_list_and_through_changes_by_keys(base: str, paper: dict[str, str]) -> None:
    async with chromium() as browser, reading(browser, base) as reader:
        page = reader.page
        await reader.opens("/changes")
        for key, place in (("j", 0), ("j", 1), ("k", 0)):
            await page.keyboard.press(key)
            assert (
                await page.evaluate("[...document.querySelectorAll('.results h2 a')].indexOf(document.activeElement)")
                == place
            )
        await page.keyboard.press("j")
        async with page.expect_navigation():
            await page.keyboard.press("o")
        assert f"/articles/{paper['talks']}/versions/" in page.url
        await page.keyboard.press("n")
        assert await page.locator(".here").count() == 1
        await page.keyboard.press("/")
        await page.keyboard.type("jko talks")
        assert await page.input_value("#q") == "jko talks", "what is typed is no key"
        await reader.looks()


async def test_times_are_in_the_readers_own_zone(base: str, paper: dict[str, str]) -> None:
    async with chromium() as browser, reading(browser, base, timezone_id="Asia/Kolkata") as reader:
        await reader.page.goto(f"{base}/articles/{paper['talks']}")
        await reader.page.wait_for_function("document.querySelector('.times time').textContent.includes('IST')")
        await reader.opens("/changes")
        assert "IST" in await reader.page.locator(".results time").first.inner_text()


@BOTH
async def test_without_scripts_a_reader_searches_compares_cites_and_pauses(base: str, paper: dict[str, str]) -> None:
    async with chromium() as browser, reading(browser, base, java_script_enabled=False) as reader:
        page = reader.page
        await page.goto(base)
        await page.get_by_label("Search the articles").fill("treaty")
        await page.get_by_role("button", name="Search").click()
        await page.get_by_role("link", name="Compare them").click()
        assert "had this text first" in await page.locator(".why-first").inner_text()
        await page.locator(".events").get_by_role("link", name="The Example").first.click()
        await page.get_by_label("Version before").select_option("1")
        await page.get_by_label("Version after").select_option("3")
        await page.get_by_role("button", name="Show").click()
        assert page.url.endswith("/versions/1..3")
        await page.get_by_text("as a citation").click()
        assert (await page.locator("pre").first.inner_text()).startswith("@")
        await page.get_by_role("link", name="Outlets").first.click()
        await page.get_by_role("link", name="Harbour").click()
        await page.get_by_role("button", name="Pause").click()
        assert "Paused" in await page.locator(".done").inner_text()
        assert reader.faults == []


@BOTH
async def test_a_search_is_watched_tried_edited_and_taken_away(base: str, paper: dict[str, str]) -> None:
    async with chromium() as browser, reading(browser, base, accept_downloads=True) as reader:
        page = reader.page
        await reader.opens("/?q=fishing&outlet=example")
        async with page.expect_download() as taken:
            await page.get_by_role("link", name="CSV", exact=True).first.click()
        file = await (await taken.value).path()
        rows = (await asyncio.to_thread(file.read_text, encoding="utf-8-sig")).splitlines()
        assert sum(row.startswith((paper["talks"], paper["copy"])) for row in rows) == 2
        await page.get_by_role("link", name="Watch this search").click()
        await page.get_by_label("Name").fill("A name that is long enough for a whole line of a telephone " + "x" * 40)
        await page.get_by_label("silent edits").check()
        await page.get_by_label("Webhook").fill("https://hooks.example/secret")
        await page.get_by_role("button", name="Add the watch").click()
        assert "whsec_" in await page.locator("main").inner_text()
        await reader.looks()
        await page.get_by_role("link", name="Test: the last").click()
        await reader.looks()
        await page.get_by_role("link", name="Edit").click()
        await reader.looks()
        await page.get_by_label("Search for").fill("fishing OR bridge")
        await page.get_by_label("outlet: example").uncheck()
        await page.get_by_label("no webhook any more").check()
        await page.get_by_role("button", name="Save").click()
        assert "Edited." in await page.locator(".done").inner_text()
        assert "fishing OR bridge and reports" in await page.locator("main").inner_text()
        await reader.looks()
        await page.get_by_role("link", name="Watches").first.click()
        await reader.looks()


async def test_of_two_who_edit_a_watch_the_later_sees_both(base: str, paper: dict[str, str]) -> None:
    async with chromium() as browser, reading(browser, base) as reader, reading(browser, base) as other:
        page, theirs = reader.page, other.page
        await page.goto(f"{base}/watches/new?q=fishing&outlet=example")
        await page.get_by_label("Name").fill("Fishing")
        await page.get_by_role("button", name="Add the watch").click()
        await page.get_by_role("link", name="Edit").click()
        await theirs.goto(page.url)
        for each, words in ((theirs, "fishing -film"), (page, "fishing OR talks " + "x" * 200)):
            await each.get_by_label("Search for").fill(words)
            if each is theirs:
                await each.get_by_role("button", name="Save").click()
        async with page.expect_console_message(lambda said: "409" in said.text):
            await page.get_by_role("button", name="Save").click()
        reader.faults.clear()  # Chromium notes the 409 itself, sooner or later than the page shows
        assert "meanwhile" in await page.locator(".mistake").inner_text()
        assert "fishing -film" in await page.locator("tbody tr").first.inner_text()
        assert (await page.get_by_label("Search for").input_value()).startswith("fishing OR talks")
        await reader.looks()
        await page.get_by_role("button", name="Save").click()
        assert "Edited." in await page.locator(".done").inner_text()


@BOTH
async def test_yesterdays_silent_edits_are_found_from_the_first_page(
    base: str, keep_versions: Keep, app: FastAPI
) -> None:
    await keep_versions(TALKS, replace(TALKS, body=TEXT.replace("day 3", "day 33")))
    async with chromium() as browser, reading(browser, base) as reader:
        page = reader.page
        await page.goto(base)
        await page.get_by_role("link", name="Changes").click()
        await page.get_by_role("link", name="Silent edits").click()
        await page.get_by_label("From").fill(f"{AT:%Y-%m-%d}")
        await page.get_by_role("button", name="Show").click()
        assert (await page.locator(".results ins").inner_text()).strip() == "33"


async def test_an_outlet_is_added_by_its_home_page_enabled_read_and_fetched_again(
    fresh_database: str, tmp_path: Path
) -> None:
    log, port = tmp_path / "log", free_port()
    environ = environment(tmp_path, database_url=libpq(fresh_database), allow_loopback="yes")
    with serving(newsroom()) as site, running(["up", "--port", str(port)], environ, log):
        await asyncio.to_thread(until, lambda: "search_page_started" in log.read_text(), "the page is served", log)
        async with chromium() as browser, reading(browser, f"http://127.0.0.1:{port}") as reader:
            page = reader.page
            page.set_default_timeout(120_000)
            await reader.opens("/outlets")
            await page.get_by_label("Add an outlet by its home page").fill(site.origin)
            await page.get_by_role("button", name="Add").click()
            await page.get_by_role("heading", name="Added: The Daily").wait_for()
            assert "/news.xml" in await page.locator("main").inner_text()
            await reader.looks()
            await page.get_by_role("button", name="Enable it").click()
            assert "Enabled" in await page.locator(".done").inner_text()
            await page.get_by_role("button", name="Crawl now").click()
            await reader.looks()
            for _ in range(120):
                if await page.get_by_role("heading", name="Newest articles").count():
                    break
                await asyncio.sleep(1)
                await page.reload()
            await reader.looks()
            await page.locator(".events a").first.click()
            await page.get_by_role("link", name="Fetch again now").click()
            await reader.looks()
            await page.get_by_role("button", name="Fetch it").click()
            await page.get_by_role("heading", name="Fetched").wait_for()
            await page.get_by_role("link", name="Status").click()
            await page.get_by_text("A site’s answer").wait_for()
            await reader.looks()
