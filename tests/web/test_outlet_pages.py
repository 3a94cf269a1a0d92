"""The pages of outlets: how each is and why, what comes next, and that nobody changes one who may not."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.completeness import count_hours
from ledger.outlet_health import Health, note_health
from ledger.outlet_state import SourceState, enable, note_source, states
from ledger.recaptures import note_estimate
from ledger.source_sums import note_sum
from ledger.visit_transaction import record
from news.clock import now
from news.outcome import Outcome
from news.outlet import Outlet, Source, SourceKind
from news.recapture import CompletenessEstimate
from news.source_sum import Disposition, SourceSum
from news.visit import Visit
from tests.schedules.site import Site, write_outlet
from tests.web.conftest import Keep, client_of
from tests.web.reader import link, one, page, texts
from tests.web.test_article_page import FIRST, SECOND

FEED = Source(kind=SourceKind.FEED, url="https://harbour.example/feed.xml")


@pytest.fixture
async def harbour(engine: AsyncEngine, tmp_path: Path) -> str:
    """Give an outlet of ours that fails since three days: its file, a source's reading, its health, an attempt."""
    write_outlet(tmp_path, "harbour", Site(url="https://harbour.example"))
    at = now()
    async with engine.begin() as connection:
        state = SourceState(
            url=FEED.url, kind="feed", fetched_at=at, outcome="http_error", reason="the site answers 403"
        )
        await note_source(connection, "harbour", FEED, state)
        silent = "nothing new since Monday, though its feed was read <b>"
        await note_health(
            connection,
            Health(
                outlet="harbour",
                reason=silent,
                since=None,
                expected=12.0,
                seen=0,
                silent_since=at - timedelta(days=3),
                checked_at=at,
            ),
        )
    return "harbour"


async def test_an_outlets_page_says_how_it_is_why_and_what_comes_next(
    client: httpx.AsyncClient, engine: AsyncEngine, harbour: str
) -> None:
    html = page(await client.get(f"/outlets/{harbour}"))
    assert texts(html, ".health")[0].startswith("Unhealthy. Nothing new since Monday, though its feed was read <b>.")
    (source,) = [row for row in html.css("tbody tr") if FEED.url in row.text()]
    assert "the site answers 403" in source.text()
    assert "its rate is not known yet" in source.text()
    assert texts(html, "form button[name=action]") == ["Pause", "Disable"]
    assert "No change of its articles was seen yet" in html.body.text()  # type: ignore[union-attr]


async def test_its_attempts_articles_changes_and_days_are_shown(
    client: httpx.AsyncClient, keep_versions: Keep, engine: AsyncEngine, harbour: str
) -> None:
    id = await keep_versions(FIRST, SECOND)
    example = Outlet(slug="example", name="The Example", home="https://example.org/")
    gone = Visit(outlet=example, url="https://example.org/a", fetched_at=now(), outcome=Outcome.GONE, status=410)
    await record(engine, gone)
    async with engine.begin() as connection:
        await count_hours(connection)
    html = page(await client.get("/outlets/example"))
    assert texts(html, "h1") == ["The Example"]
    assert link(html, SECOND.headline) in (f"/articles/{id}", f"/articles/{id}/versions/1..2")
    assert "Silent edit" in texts(html, ".events .mark")
    assert link(html, "Corrections") == "/changes?outlet=example&only=corrections"
    assert "gone" in texts(html, "td")
    assert "1 gone" in " ".join(texts(html, "tbody td"))
    assert not html.css("form.narrowing"), "it has no file, so nothing can be done to it"


async def test_the_list_has_those_that_are_crawled_or_have_articles_and_on_request_all(
    client: httpx.AsyncClient, keep_versions: Keep, engine: AsyncEngine, harbour: str
) -> None:
    await keep_versions(FIRST)
    html = page(await client.get("/outlets"))
    assert texts(html, "tbody th a") == ["Harbour", "The Example"], "what is unhealthy comes first"
    assert texts(html, ".problem")[0].startswith("nothing new since Monday")
    assert texts(page(await client.get("/outlets?only=unhealthy")), "tbody th a") == ["Harbour"]
    everyone = page(await client.get("/outlets?only=all"))
    assert len(everyone.css("tbody tr")) > 100
    german = page(await client.get("/outlets?only=all&country=de"))
    assert 3 < len(german.css("tbody tr")) < 60
    assert not html.css("form[method=post]"), "this server fetches nothing, so no outlet is added by it"


async def test_a_file_that_is_broken_is_named(client: httpx.AsyncClient, tmp_path: Path, harbour: str) -> None:
    (tmp_path / "outlets" / "wrong.toml").write_text("name = 7", encoding="utf-8")
    assert "wrong.toml: field 'name' cannot be 7." in " ".join(texts(page(await client.get("/outlets")), ".mistake"))


@pytest.mark.parametrize(
    ("action", "after"),
    [("disable", (False, False)), ("enable", (True, False)), ("pause", (None, True)), ("resume", (None, False))],
)
async def test_a_reader_enables_and_pauses_by_the_form_of_the_page(
    client: httpx.AsyncClient, engine: AsyncEngine, harbour: str, action: str, after: tuple[bool | None, bool]
) -> None:
    html = page(await client.get(f"/outlets/{harbour}"))
    mark = one(html, "form.narrowing input[name=mark]").attributes["value"]
    answer = await client.post(f"/outlets/{harbour}", data={"mark": mark, "action": action})
    assert answer.status_code == 303
    assert texts(page(await client.get(answer.headers["location"])), ".done")
    async with engine.connect() as connection:
        state = (await states(connection, [harbour]))[harbour]
    assert (state.enabled, state.paused) == after


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({}, {"action": "disable"}),
        ({}, {"action": "disable", "mark": "0" * 64}),
        ({"origin": "https://evil.example"}, {"action": "disable"}),
        ({"sec-fetch-site": "cross-site"}, {"action": "disable"}),
        ({"x-forwarded-for": "203.0.113.9"}, {"action": "disable"}),
        ({"forwarded": "for=203.0.113.9"}, {"action": "disable"}),
    ],
)
async def test_who_may_not_changes_nothing(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    harbour: str,
    headers: dict[str, str],
    form: dict[str, str],
) -> None:
    if headers:
        html = page(await client.get(f"/outlets/{harbour}"))
        form = form | {"mark": one(html, "input[name=mark]").attributes["value"] or ""}
    answer = await client.post(f"/outlets/{harbour}", data=form, headers=headers)
    assert answer.status_code == 403
    assert 'role="alert"' in answer.text
    async with engine.connect() as connection:
        assert harbour not in await states(connection)


async def test_what_cannot_be_done_is_said(client: httpx.AsyncClient, engine: AsyncEngine, harbour: str) -> None:
    unknown = await client.get("/outlets/harbuor")
    assert unknown.status_code == 404
    assert "Did you mean" in unknown.text
    assert (await client.post(f"/outlets/{harbour}", data={"action": "explode"})).status_code == 400
    assert (await client.post("/outlets/nosuch", data={"action": "enable"})).status_code == 404
    assert (await client.post("/outlets", data={"url": "https://x.example/"})).status_code == 404, "it fetches nothing"
    assert (await client.get("/outlets/added/seven")).status_code == 404
    async with engine.begin() as connection:
        await enable(connection, ["imported_one"], enabled=False)
        await count_hours(connection)
    assert (await client.get("/outlets/imported_one")).status_code == 200
    assert (await client.post("/outlets/imported_one", data={"action": "enable"})).status_code == 404


async def test_with_a_token_the_form_asks_for_it(app: FastAPI, engine: AsyncEngine, harbour: str) -> None:
    app.state.broadsheet = replace(app.state.broadsheet, token="secret")
    async with client_of(app) as client:
        html = page(await client.get(f"/outlets/{harbour}"))
        form = {"mark": one(html, "input[name=mark]").attributes["value"] or "", "action": "disable"}
        assert html.css("form.narrowing input[type=password]")
        for token, status in (("", 403), ("wrong", 403), ("secret", 303)):
            answer = await client.post(f"/outlets/{harbour}", data=form | {"token": token})
            assert answer.status_code == status


async def test_an_outlets_page_says_how_complete_it_is_where_that_is_known(
    client: httpx.AsyncClient, engine: AsyncEngine, harbour: str
) -> None:
    assert "estimated" not in (await client.get(f"/outlets/{harbour}")).text
    async with engine.begin() as connection:
        made = CompletenessEstimate(found=900, share=0.97, low=0.96, high=0.98)
        await note_estimate(connection, harbour, 900, made, now())
    assert "an estimated 97 % ± 1 are found" in (await client.get(f"/outlets/{harbour}")).text
    metrics = (await client.get("/metrics")).text
    assert f'bound="low",outlet="{harbour}"}} 0.96' in metrics


async def test_a_source_shows_what_became_of_all_that_it_announced(
    client: httpx.AsyncClient, engine: AsyncEngine, harbour: str
) -> None:
    found = SourceSum(announced=1_204, parts=1)
    found = found.plus(Disposition.TAKEN, ["https://harbour.example/<new>"], 3).plus(Disposition.KNOWN, [], 1_200)
    found = found.plus(Disposition.OTHER_SITE, ["https://other.example/1"])
    async with engine.begin() as connection:
        await note_sum(connection, harbour, FEED.url, found, now())
    html = page(await client.get(f"/outlets/{harbour}"))
    assert texts(html, "summary") == ["1,204 announced: 3 new, 1,200 known, 1 on another site; 1 sitemap"]
    assert texts(html, "details dd") == ["https://harbour.example/<new>", "https://other.example/1"]


async def test_the_report_of_corrections_has_no_share_of_too_few(
    client: httpx.AsyncClient, keep_versions: Keep, harbour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.outlet_page.REPORT_DAYS", 10_000)
    assert texts(page(await client.get(f"/outlets/{harbour}")), ".report dt") == []
    await keep_versions(FIRST, SECOND)
    html = page(await client.get("/outlets/example"))
    lines = dict(zip(texts(html, ".report dt"), texts(html, ".report dd"), strict=True))
    assert lines["Followed"] == "0 of 1 articles: too few for shares"
    assert lines["Edited articles"] == "1"
    assert "Edits by class" in lines
    assert "%" not in " ".join(lines.values())


async def test_a_country_that_no_outlet_has_is_named_with_those_that_some_have(client: httpx.AsyncClient) -> None:
    answer = await client.get("/outlets?only=all&country=zz")
    assert answer.status_code == 400
    assert texts(LexborHTMLParser(answer.text), ".mistake")[0].startswith(
        "No outlet is of the country 'zz'. Use one of: "
    )
    html = page(await client.get("/outlets?country=DE"))
    (said,) = texts(html, ".nothing")
    assert said == "No outlet of Germany is crawled yet. Show all of Germany"
    assert page(await client.get(link(html, "Show all of Germany"))).css("tbody tr")
