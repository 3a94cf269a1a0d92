"""Recrawls that a person asks for: by the command line, from a file, over the web."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from crawler.catalogue import Catalogue
from crawler.slices import settings
from index.open import open_index
from ledger.record import Attempt, record
from ledger.recrawls import open_one
from news.configuration import Configuration
from news.outcome import Outcome
from pipelines.desk import Desk
from pipelines.pool import Pool
from schedules.jobs import Jobs, open_jobs
from tests.schedules.processes import PATIENCE_SECONDS
from tests.schedules.site import Site, article, write_outlet
from web.app import create_app


def recrawl(environ: dict[str, str], *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "broadsheet", "recrawl", *arguments]
    return subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=PATIENCE_SECONDS, input=given, check=False
    )


def test_every_ending_of_a_recrawl_is_said(tmp_path: Path, environ: dict[str, str], site: Site) -> None:
    site.has("/robots.txt", "User-agent: *\nDisallow: /private/\n", kind="text/plain")
    boats = site.has("/2024/boats-counted-at-the-quay", article("Boats counted"))
    gone = site.has("/2024/gone-away-with-the-wind", "gone", status=410)
    private = site.has("/private/2024/a-plan-for-us", article("A plan"))
    blocked = site.has("/2024/blocked-by-the-site", "no", status=403)
    picture = site.has("/2024/a-picture-of-it", "GIF89a", kind="image/gif")
    write_outlet(tmp_path, "harbour", site)
    urls = [boats, gone, private, blocked, picture]
    strangers = ["https://unknown.example/a", "http://10.0.0.1/a", "ftp://x/", "http://[broken"]
    listed = "\n".join(["# a comment", "", *urls, *strangers])
    told = recrawl(environ, "--json", "--file", "-", boats, given=listed)
    assert told.returncode == 2, told.stderr
    said = {each["url"]: each for each in map(json.loads, told.stdout.splitlines())}
    assert {url: said[url]["outcome"] for url in urls} == {
        boats: "new",
        gone: "gone",
        private: "robots",
        blocked: "http_error",
        picture: "not_html",
    }
    assert "read for the first time, version 1" in said[boats]["says"]
    assert "refused by robots.txt" in said[private]["says"]
    assert "blocked by the site" in said[blocked]["says"]
    assert "not an article" in said[picture]["says"]
    assert {said[url]["state"] for url in strangers} == {"refused"}
    assert "broadsheet outlets add https://unknown.example/" in said[strangers[0]]["says"]
    assert "not a public address" in said[strangers[1]]["says"]

    again = recrawl(environ, boats)
    assert "unchanged" in again.stdout
    site.has("/2024/boats-counted-at-the-quay", article("Boats counted", 70))
    changed = recrawl(environ, boats)
    assert "changed, now version 2: number; the outlet does not say so" in changed.stdout
    assert "[-40 -]{+70 +}" in changed.stdout
    as_json = json.loads(recrawl(environ, "--json", boats).stdout)
    assert (as_json["outcome"], as_json["version"]) == ("unchanged", 2)


def test_a_recrawl_of_one_that_waits_joins_it(tmp_path: Path, environ: dict[str, str], site: Site) -> None:
    boats = site.has("/2024/boats-counted-at-the-quay", article("Boats counted"))
    write_outlet(tmp_path, "harbour", site)
    first, second = (json.loads(recrawl(environ, "--json", "--no-wait", url).stdout) for url in (boats, boats + "#top"))
    assert (first["id"], first["state"]) == (second["id"], "queued")
    ended = json.loads(recrawl(environ, "--json", boats).stdout)
    assert (ended["id"], ended["outcome"]) == (first["id"], "new")
    assert site.asked("/2024/boats-counted-at-the-quay") == 1
    assert json.loads(recrawl(environ, "--json", boats).stdout)["id"] != first["id"]


def test_what_a_site_asks_to_leave_alone_stays_queued(tmp_path: Path, environ: dict[str, str], site: Site) -> None:
    other, boats = (site.has(f"/2024/{name}", "later", status=429) for name in ("other-boats-of-the-day", "the-boats"))
    write_outlet(tmp_path, "harbour", site)
    assert "asks to be left alone" in recrawl(environ, other).stdout
    assert "it stays queued" in recrawl(environ, boats).stdout
    assert site.asked("/2024/the-boats") == 0


@pytest.fixture
async def jobs(engine: AsyncEngine, tmp_path: Path, site: Site) -> AsyncIterator[Jobs]:
    write_outlet(tmp_path, "harbour", site)
    configuration = Configuration(home=tmp_path, allow_loopback=True)
    pool = Pool(1)
    desk = Desk(configuration=configuration, engine=engine, index=open_index(configuration, engine), pool=pool)
    async with open_jobs(desk, Catalogue(home=tmp_path), settings()) as opened:
        yield opened
    pool.close()


def client(jobs: Jobs, token: str | None = None, peer: str = "127.0.0.1") -> httpx.AsyncClient:
    configuration = Configuration(home=jobs.desk.configuration.home, token=token)
    app = create_app(jobs.desk.engine, jobs.desk.index, configuration, jobs=jobs)
    transport = httpx.ASGITransport(app, client=(peer, 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


async def test_a_program_asks_and_is_told(jobs: Jobs, site: Site) -> None:
    url = f"{site.url}/2024/boats-counted-at-the-quay"
    async with client(jobs) as web:
        answer = await web.post("/api/recrawls", json={"urls": [url, "https://unknown.example/a"]})
        assert answer.status_code == 202
        told = answer.json()
        [found], [refused] = told["recrawls"], told["refused"]
        assert "outlets add" in refused["says"]
        again = await web.post("/api/recrawls", json={"urls": [url], "force": True})
        assert (again.json()["recrawls"][0]["id"], again.json()["recrawls"][0]["joined"]) == (found["id"], True)
        queued = (await web.get(found["href"])).json()
        assert (queued["state"], queued["outcome"]) == ("queued", None)
        async with jobs.desk.engine.connect() as connection:
            asked = await open_one(connection, url)
        assert asked is not None
        assert asked.force
        attempt = Attempt(outlet="harbour", url=url, final_url=url, at=asked.asked_at, outcome=Outcome.GONE, status=410)
        await record(jobs.desk.engine, attempt)
        ended = (await web.get(found["href"])).json()
        assert (ended["state"], ended["outcome"]) == ("ended", "gone")
        assert (await web.get("/api/recrawls/7")).status_code == 404


async def test_only_this_machine_or_the_token_may_ask(jobs: Jobs, site: Site) -> None:
    body = {"urls": [f"{site.url}/2024/boats"]}
    async with client(jobs, peer="192.0.2.7") as web:
        assert (await web.post("/api/recrawls", json=body)).status_code == 403
    async with client(jobs) as web:
        assert (await web.post("/api/recrawls", content=json.dumps(body))).status_code == 403
        for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
            assert (await web.post("/api/recrawls", json=body, headers=headers)).status_code == 403
        for wrong in ({}, {"urls": []}, {"urls": [1]}, {"urls": ["x"], "force": 1}, {"urls": ["x"] * 1_001}, [], "x"):
            assert (await web.post("/api/recrawls", json=wrong)).status_code == 400
        assert (await web.post("/api/recrawls", json={"urls": ["x" * 2**21]})).status_code == 400
    async with client(jobs, token="secret", peer="192.0.2.7") as web:
        assert (await web.post("/api/recrawls", json=body)).status_code == 403
        for sent, status in (("Bearer wrong", 403), ("Bearer secret", 202)):
            answer = await web.post("/api/recrawls", json=body, headers={"authorization": sent})
            assert answer.status_code == status


async def test_a_link_asks_for_confirmation_and_a_page_elsewhere_cannot_give_it(jobs: Jobs, site: Site) -> None:
    url = f"{site.url}/2024/boats"
    async with client(jobs) as web:
        page = (await web.get("/recrawl", params={"url": url})).text
        assert "Fetch this page again?" in page
        async with jobs.desk.engine.connect() as connection:
            assert await open_one(connection, url) is None
        mark = page.partition('name="mark" value="')[2].partition('"')[0]
        for form, headers in (
            ({"url": url}, {}),
            ({"url": url, "mark": "x"}, {}),
            ({"url": url, "mark": mark}, {"origin": "http://evil.example"}),
            ({"url": url, "mark": mark}, {"sec-fetch-site": "cross-site"}),
        ):
            assert (await web.post("/recrawl", data=form, headers=headers)).status_code == 403
        answer = await web.post("/recrawl", data={"url": url, "mark": mark}, headers={"origin": "null"})
        assert answer.status_code == 303
        shown = await web.get(answer.headers["location"])
        assert "stays queued" in shown.text
        assert shown.headers["refresh"] == "2"
        assert (await web.get("/recrawl", params={"url": "javascript:alert(1)"})).status_code == 400
