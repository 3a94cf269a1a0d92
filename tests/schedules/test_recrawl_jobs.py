"""Recrawls that a person asks for: by the command line, from a file, over the web."""

import asyncio
import json
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, text, update
from structlog.testing import capture_logs

from ledger.recrawl_requests import Recrawl, answer, open_one
from ledger.schema import attempts
from ledger.schema import recrawls as recrawls_table
from ledger.store_article import store
from news.article import Article
from news.clock import now
from news.configuration import Configuration
from news.digest import Digest
from news.outcome import Outcome
from news.outlet import Outlet
from news.visit import Visit
from pipelines.deduplicate import sign
from schedules import recrawl_jobs
from schedules.crawl_progress import follow
from schedules.jobs import Jobs
from schedules.recrawl_jobs import outlet_for, report
from schedules.worker_liveness import worker_locks
from tests import warm
from tests.news.hostile import CJK, LETTERS, TEXTS
from tests.schedules.site import Site, article, write_outlet
from web.app import create_app

AT = datetime(2024, 2, 8, 4, tzinfo=UTC)
HARBOUR = Outlet(slug="harbour", name="Harbour", home="https://harbour.example/")


def recrawl(environ: dict[str, str], *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return warm.run(["recrawl", *arguments], environ, given=given)


def test_every_ending_of_a_recrawl_is_said(tmp_path: Path, environ: dict[str, str], site: Site) -> None:
    site.has("/robots.txt", "User-agent: *\nDisallow: /private/\n", kind="text/plain")
    boats = site.has("/2024/boats-counted-at-the-quay", article("Boats counted"))
    gone = site.has("/2024/gone-away-with-the-wind", "gone", status=410)
    private = site.has("/private/2024/a-plan-for-us", article("A plan"))
    blocked = site.has("/2024/blocked-by-the-site", "no", status=403)
    picture = site.has("/2024/a-picture-of-it", "GIF89a", kind="image/gif")
    write_outlet(tmp_path, "harbour", site)
    urls = [boats, gone, private, blocked, picture]
    strangers = [
        "https://unknown.example/a",
        "http://10.0.0.1/a",
        "ftp://x/",
        "http://[broken",
        f"{site.url}/{LETTERS}",
    ]
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
    assert "new, version 1" in said[boats]["message"]
    assert "disallowed by robots.txt" in said[private]["message"]
    assert "blocked by the site" in said[blocked]["message"]
    assert "not an article" in said[picture]["message"]
    assert {said[url]["state"] for url in strangers} == {"rejected"}
    assert "broadsheet outlets add https://unknown.example/" in said[strangers[0]]["message"]
    assert "not a public address" in said[strangers[1]]["message"]
    assert "the limit is 2,000" in said[strangers[4]]["message"]

    again = recrawl(environ, boats)
    assert "unchanged" in again.stdout
    site.has("/2024/boats-counted-at-the-quay", article("Boats counted", 70))
    changed = recrawl(environ, boats)
    assert "changed, now version 2: number; the outlet does not disclose it" in changed.stdout
    assert "[-40-] {+70+}" in changed.stdout
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
    assert "asks for a pause" in recrawl(environ, other).stdout
    assert "it stays queued" in recrawl(environ, boats).stdout
    assert site.asked("/2024/the-boats") == 0


def client(jobs: Jobs, token: str | None = None, peer: str = "127.0.0.1") -> httpx.AsyncClient:
    configuration = Configuration(home=jobs.runtime.configuration.home, token=token)
    app = create_app(jobs.runtime.engine, jobs.runtime.index, configuration, jobs=jobs)
    transport = httpx.ASGITransport(app, client=(peer, 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


async def test_a_program_asks_and_is_told(jobs: Jobs, site: Site) -> None:
    url = f"{site.url}/2024/boats-counted-at-the-quay"
    async with client(jobs) as web:
        answer = await web.post("/api/recrawls", json={"urls": [url, "https://unknown.example/a"]})
        assert answer.status_code == 202
        told = answer.json()
        [found], [refused] = told["recrawls"], told["rejected"]
        assert "outlets add" in refused["message"]
        again = await web.post("/api/recrawls", json={"urls": [url], "force": True})
        assert (again.json()["recrawls"][0]["id"], again.json()["recrawls"][0]["joined"]) == (found["id"], True)
        queued = (await web.get(found["href"])).json()
        assert (queued["state"], queued["outcome"]) == ("queued", None)
        async with jobs.runtime.engine.connect() as connection:
            asked = await open_one(connection, url)
        assert asked is not None
        assert asked.force
        attempt_id = await _attempted(jobs, url, Outcome.GONE, status=410)
        ended = (await web.get(found["href"])).json()
        assert (ended["state"], ended["outcome"], ended["attempt_id"]) == ("ended", "gone", attempt_id)
        nonsense = await web.get("/api/recrawls/7")
        assert (nonsense.status_code, nonsense.json()["detail"]) == (404, "'7' is not a recrawl's id.")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_one_bad_address_among_ten_is_named_with_its_reason_and_the_ten_are_asked_for(
    jobs: Jobs, site: Site, text: str
) -> None:
    good = [f"{site.url}/2024/boats-counted-{number}" for number in range(10)]
    odd = f"{site.url}/2024/{text}"
    bad = ["", "ftp://x/", "http://[broken", f"http://{text}\x00/"]
    async with client(jobs) as web:
        body = json.dumps(
            {"urls": [*good[:5], odd, *bad, *good[5:]]}, ensure_ascii="\ud800" in text or "\udc00" in text
        )
        answer = await web.post("/api/recrawls", content=body.encode(), headers={"Content-Type": "application/json"})
        if answer.status_code == 400:
            assert text in ("a\ud800b", "a\udc00b"), "JSON has no lone surrogates"
            return
        assert answer.status_code == 202, answer.text
        told = answer.json()
    too_long = text in (LETTERS, CJK)
    assert [each["url"] for each in told["recrawls"] if each["url"] in good] == good
    assert len(told["recrawls"]) == 10 + (not too_long)
    assert {each["url"] for each in told["rejected"]} == {*bad, *([odd] if too_long else [])}
    assert all(each["message"] for each in told["rejected"])
    if too_long:
        [why] = [each["message"] for each in told["rejected"] if each["url"] == odd]
        assert "bytes in normalised form; the limit is 2,000" in why


async def test_a_list_is_checked_before_the_first_of_it_is_asked_for(
    jobs: Jobs, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = []

    async def look_up(jobs: Jobs, url: str) -> Outlet:
        order.append(("check", url))
        return await outlet_for(jobs, url)

    real = Jobs.recrawl

    async def ask(self: Jobs, outlet: Outlet, url: str, *, force: bool = False) -> tuple[Recrawl, bool]:
        order.append(("ask", url))
        return await real(self, outlet, url, force=force)

    monkeypatch.setattr(recrawl_jobs, "outlet_for", look_up)
    monkeypatch.setattr(Jobs, "recrawl", ask)
    async with client(jobs) as web:
        urls = [f"{site.url}/a", f"{site.url}/{LETTERS}", f"{site.url}/b"]
        answer = await web.post("/api/recrawls", json={"urls": urls})
    assert answer.status_code == 202
    assert [what for what, _ in order] == ["check"] * 3 + ["ask"] * 2


async def test_how_recrawls_are_asked_for_is_said_to_whoever_only_reads(jobs: Jobs) -> None:
    async with client(jobs) as web:
        answer = await web.get("/api/recrawls")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert 'POST {"urls"' in answer.json()["detail"]
        assert "GET /api/recrawls/ID" in answer.json()["detail"]


async def test_a_name_in_a_request_that_is_none_of_ours_is_refused_by_its_name(jobs: Jobs, site: Site) -> None:
    async with client(jobs) as web:
        answer = await web.post("/api/recrawls", json={"urls": [f"{site.url}/2024/boats"], "froce": True})
        assert answer.status_code == 400
        assert "'froce'" in answer.json()["detail"]


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
        async with jobs.runtime.engine.connect() as connection:
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
        assert "No worker is running" in shown.text
        assert shown.headers["refresh"] == "10"
        async with worker_locks(jobs.runtime.engine, jobs.queue):
            shown = await web.get(answer.headers["location"])
        assert "in a moment" in shown.text
        assert shown.headers["refresh"] == "1"
        assert (await web.get("/recrawl", params={"url": "javascript:alert(1)"})).status_code == 400


async def test_a_wrong_token_is_said_on_the_form_which_keeps_what_was_chosen(jobs: Jobs, site: Site) -> None:
    url = f"{site.url}/2024/boats"
    async with client(jobs, token="secret", peer="192.0.2.7") as web:
        page = (await web.get("/recrawl", params={"url": url})).text
        mark = page.partition('name="mark" value="')[2].partition('"')[0]
        answer = await web.post("/recrawl", data={"url": url, "mark": mark, "token": "wrong", "force": "1"})
        assert answer.status_code == 403
        assert "The token differs" in answer.text
        assert 'name="force" value="1" checked' in answer.text
        answer = await web.post("/recrawl", data={"url": url, "mark": mark, "token": "secret", "force": "1"})
        assert answer.status_code == 303


async def test_an_article_leads_to_its_recrawl_and_back_with_what_was_changed(jobs: Jobs, site: Site) -> None:
    url = f"{site.url}/2024/boats-counted-at-the-quay"
    first = Article(url=url, headline="Boats counted", body="The office counted 40 boats.", in_language="en")
    id = await _read(jobs, first, AT)
    async with client(jobs) as web:
        again = _link(await web.get(f"/articles/{id}"), "Fetch again now")
        assert _link(await web.get(again), "Back to the article") == f"/articles/{id}"
        assert _link(await web.get(again), "Boats counted") == f"/articles/{id}"

        found, _ = await jobs.recrawl(jobs.catalogue.outlet("harbour"), url)
        shown = f"/recrawl/{found.id}"
        assert _link(await web.get(shown), "Back to the article") == f"/articles/{id}"
        second = replace(first, body="The office counted 70 boats.")
        await _read(jobs, second, found.asked_at + timedelta(seconds=1))
        await _attempted(jobs, url, Outcome.CHANGED, article_id=id, at=found.asked_at + timedelta(seconds=1))
        page = await web.get(shown)
        assert "refresh" not in page.headers
        assert "Changed, now version 2: number; the outlet does not disclose it." in page.text
        assert "<del>40" in page.text
        back = _link(page, "The article, with the changes")
        assert back == f"/articles/{id}/versions/1..2"
        assert "<ins>70" in (await web.get(back.partition("#")[0])).text


async def test_what_the_site_calls_unchanged_may_be_fetched_all_the_same(jobs: Jobs, site: Site) -> None:
    url = f"{site.url}/2024/boats-counted-at-the-quay"
    id = await _read(jobs, Article(url=url, headline="Boats counted", body="The office counted 40 boats."), AT)
    found, _ = await jobs.recrawl(jobs.catalogue.outlet("harbour"), url)
    await _attempted(jobs, url, Outcome.NOT_MODIFIED, article_id=id)
    async with client(jobs) as web:
        page = await web.get(f"/recrawl/{found.id}")
        assert "Unchanged: the site answered 304 Not Modified, version 1." in page.text
        assert "--force" not in page.text
        assert (
            'name="force" value="1" checked' in (await web.get(_link(page, "Fetch it, ignoring caching headers"))).text
        )
        assert "(--force ignores caching headers)" in (await web.get(f"/api/recrawls/{found.id}")).json()["message"]


async def test_a_crawl_that_fetched_the_page_before_has_answered_and_the_job_asks_nobody(
    jobs: Jobs, site: Site
) -> None:
    url = site.has("/2024/boats-counted-at-the-quay", article("Boats counted"))
    await jobs.recrawl(jobs.catalogue.outlet("harbour"), url)
    await _attempted(jobs, url, Outcome.UNCHANGED)
    async for _ in follow(jobs, [], [url]):
        pass
    assert site.asked("/2024/boats-counted-at-the-quay") == 0


async def test_times_of_other_clocks_answer_nothing(jobs: Jobs, site: Site) -> None:
    url = f"{site.url}/2024/boats-counted-at-the-quay"
    found, _ = await jobs.recrawl(jobs.catalogue.outlet("harbour"), url)
    values = {"outlet": "harbour", "url": url, "at": now() + timedelta(days=2), "outcome": Outcome.GONE}
    async with jobs.runtime.engine.begin() as connection:
        await connection.execute(insert(attempts).values(values))
    assert (await report(jobs, found)).as_json()["state"] == "queued"
    # the clock of who answers is two days behind
    await _attempted(jobs, url, Outcome.UNCHANGED, at=now() - timedelta(days=2))
    assert (await report(jobs, found)).as_json()["outcome"] == "unchanged"


async def test_a_recrawl_for_which_no_job_waits_any_more_is_not_called_queued(jobs: Jobs, site: Site) -> None:
    url = f"{site.url}/2024/boats-counted-at-the-quay"
    found, _ = await jobs.recrawl(jobs.catalogue.outlet("harbour"), url)
    async with jobs.runtime.engine.begin() as connection:
        await connection.execute(update(recrawls_table).values(asked_at=now() - timedelta(hours=5)))
    found = replace(found, asked_at=now() - timedelta(hours=5))
    assert (await report(jobs, found)).as_json()["state"] == "queued"
    async with jobs.runtime.engine.begin() as connection:
        await connection.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))
    said = (await report(jobs, found)).as_json()
    assert (said["state"], said["outcome"], said["attempt_id"]) == ("ended", None, None)
    assert "its job failed" in said["message"]
    async with client(jobs) as web:
        page = await web.get(f"/recrawl/{found.id}")
        assert "refresh" not in page.headers
        assert "Not fetched: its job failed" in page.text
        assert _link(page, "Fetch it again").startswith("/recrawl?url=")
    # its outlet's file is gone
    async with jobs.runtime.engine.begin() as connection:
        await connection.execute(update(recrawls_table).values(outlet="wharf"))
    assert "outlet 'wharf' has no file any more" in (await report(jobs, found)).sentence()
    # who asks again joins it, and gives it a job
    again, joined = await jobs.recrawl(jobs.catalogue.outlet("harbour"), url)
    assert (again.id, joined) == (found.id, True)
    assert (await report(jobs, found)).as_json()["state"] == "queued"


async def test_a_page_that_cannot_ask_for_anything_has_no_link_to_it(jobs: Jobs, site: Site) -> None:
    id = await _read(jobs, Article(url=f"{site.url}/a", headline="A", body="A body."), AT)
    app = create_app(jobs.runtime.engine, jobs.runtime.index, jobs.runtime.configuration)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as web:
        assert "Fetch again" not in (await web.get(f"/articles/{id}")).text


async def _read(jobs: Jobs, article: Article, at: datetime) -> UUID:
    """Keep a reading of an article, and return its id."""
    visit = Visit(
        outlet=HARBOUR, url=article.url, fetched_at=at, digest=Digest(article=article, signature=sign(article))
    )
    async with jobs.runtime.engine.begin() as connection:
        id = (await store(connection, visit)).article_id
    assert id is not None
    return id


async def _attempted(jobs: Jobs, url: str, outcome: Outcome, *, at: datetime | None = None, **more: Any) -> int:
    """Answer the recrawl that waits for an address by an attempt, and return its id."""
    async with jobs.runtime.engine.begin() as connection:
        asked = await open_one(connection, url)
        assert asked is not None
        values = {"outlet": "harbour", "url": url, "at": at or now(), "outcome": outcome, "recrawl_id": asked.id}
        found = await connection.execute(insert(attempts).values(values | more).returning(attempts.c.id))
        attempt_id = found.scalar_one()
        await answer(connection, asked.id, attempt_id)
    return attempt_id


def _link(page: httpx.Response, name: str) -> str:
    """Return where the link of this name leads."""
    found = re.search(rf'<a[^>]* href="([^"]+)"[^>]*>{re.escape(name)}</a>', page.text)
    assert found, page.text
    return unescape(found[1])


async def test_who_asks_and_who_records_the_visit_lock_in_one_order(jobs: Jobs, site: Site) -> None:
    url = f"{site.url}/2024/boats-counted-at-the-quay"
    outlet = jobs.catalogue.outlet("harbour")
    found, _ = await jobs.recrawl(outlet, url)
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    engine = jobs.runtime.engine
    async with engine.connect() as recorder, engine.connect() as look:
        await recorder.execute(text("SELECT FROM pages WHERE url = :url FOR UPDATE"), {"url": url})
        asking = asyncio.ensure_future(jobs.recrawl(outlet, url, force=True))
        async with asyncio.timeout(30):
            while not (await look.execute(waiting)).scalar_one():
                await look.rollback()
        # it holds nothing that the recorder is to write yet
        await recorder.execute(text("SET LOCAL lock_timeout = '5s'"))
        with capture_logs() as logs:
            await recorder.execute(update(recrawls_table).where(recrawls_table.c.id == found.id).values(asked_at=now()))
            await recorder.commit()
            again, joined = await asking
    assert "transaction_tried_again" not in [each["event"] for each in logs]
    assert (again.id, again.force, joined) == (found.id, True, True)
