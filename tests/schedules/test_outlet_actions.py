"""An outlet is added and crawled from its page: its home page is looked at, its file written, no second one of a site."""

import asyncio
import tomllib

import httpx
import pytest
from sqlalchemy import text

from ledger.job_queue import unfinished_jobs
from news.errors import PageUnreadable
from schedules.jobs import Jobs
from tests.schedules.site import Site
from tests.schedules.test_recrawl_jobs import client
from tests.web.reader import one, page, texts


async def mark_of(web: httpx.AsyncClient) -> str:
    return one(page(await web.get("/outlets")), "input[name=mark]").attributes["value"] or ""


async def test_a_crawl_is_asked_for_once_however_often_the_button_is_pressed(jobs: Jobs) -> None:
    async with client(jobs) as web:
        form = {"mark": await mark_of(web), "action": "crawl"}
        for _ in range(2):
            assert (await web.post("/outlets/harbour", data=form)).status_code == 303
        html = page(await web.get("/outlets/harbour?done=crawl"))
    assert texts(html, ".done")[0].startswith("Crawl requested")
    assert "No worker is running" in html.text()
    async with jobs.runtime.engine.connect() as connection:
        assert await unfinished_jobs(connection, [f"{jobs.queue}:crawl:harbour"]) == 1
        assert (await connection.execute(text("SELECT count(*) FROM outlets"))).scalar() == 0


async def test_a_site_that_is_known_is_not_added_again(jobs: Jobs, site: Site) -> None:
    async with client(jobs) as web:
        mark = await mark_of(web)
        answer = await web.post("/outlets", data={"mark": mark, "url": f"{site.url}/somewhere"})
        assert answer.headers["location"] == "/outlets/harbour?known=1"
        assert "known already" in (await web.get(answer.headers["location"])).text


async def test_what_cannot_be_added_is_said_with_its_reason_and_nothing_is_written(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_twice = asyncio.Event()

    async def looked(*_: object) -> None:
        await asked_twice.wait()
        raise PageUnreadable("http://[fe80::1]/ is not a public address.")

    # a fake: a process has one reactor, and another file's tests may have it on their loop; test_looking looks for real
    monkeypatch.setattr("web.additions.discover", looked)
    async with client(jobs) as web:
        mark = await mark_of(web)
        assert (await web.post("/outlets", data={"url": "https://new.example/"})).status_code == 403
        bad = await web.post("/outlets", data={"mark": mark, "url": "ftp://new.example/"})
        assert bad.status_code == 400
        assert 'value="ftp://new.example/"' in bad.text
        places = {
            (await web.post("/outlets", data={"mark": mark, "url": "http://[fe80::1]/"})).headers["location"]
            for _ in range(2)
        }
        (place,) = places
        asked_twice.set()
        for _ in range(600):
            answer = await web.get(place)
            if "refresh" not in answer.headers:
                break
            await asyncio.sleep(0.1)
        assert "No outlet was added" in answer.text
        assert texts(page(answer), ".mistake")
    home = jobs.runtime.configuration.home / "outlets"
    assert [tomllib.loads(file.read_text())["name"] for file in home.glob("*.toml")] == ["Harbour"]
