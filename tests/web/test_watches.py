"""Watches on the pages and in the API: added from a search, changed by who may, followed, ended by whoever has the link."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy.ext.asyncio import AsyncEngine

from index.postgresql.backend import PostgresqlIndex
from ledger.watches import all_watches, watch_of
from news.clock import now
from news.configuration import Configuration
from news.watch import Trigger, Watch
from pipelines.publish import publish_all
from schedules.watching.matching import match
from tests.ledger import readings
from tests.ledger.readings import article, read
from tests.schedules.site import Site, write_outlet
from tests.web.conftest import client_of
from tests.web.reader import link, one, page, texts
from web.app import create_app
from web.watch_models import (
    NewWatchResponse,
    NotificationsResponse,
    ReportedResponse,
    WatchEditResponse,
    WatchesResponse,
    WatchResponse,
)

URL = "https://courier.example/2026/flood"
JSON = {"content-type": "application/json"}


@pytest.fixture
def settings(tmp_path: Path) -> Configuration:
    """Give settings with a mail server, and two outlets."""
    for slug in ("courier", "herald"):
        write_outlet(tmp_path, slug, Site(url=f"https://{slug}.example"))
    return Configuration(home=tmp_path, smtp_host="127.0.0.1", smtp_from="news@broadsheet.example")


@pytest.fixture
def app(engine: AsyncEngine, index: PostgresqlIndex, settings: Configuration) -> FastAPI:
    """Give the application of a server that can send e-mail."""
    return create_app(engine, index, settings)


@pytest.fixture
async def guarded(
    engine: AsyncEngine, index: PostgresqlIndex, settings: Configuration
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of an application with a token."""
    async with client_of(create_app(engine, index, replace(settings, token="secret"))) as made:
        yield made


async def filled(client: httpx.AsyncClient, address: str, **fields: str) -> tuple[str, dict[str, str]]:
    """Return where the first form that sends goes, and its fields with these filled in."""
    html = page(await client.get(address))
    form = one(html, "form[method=post]")
    known = {
        str(each.attributes["name"]): each.attributes.get("value") or ""
        for each in form.css("input")
        if each.attributes.get("type") != "checkbox" or "checked" in each.attributes
    }
    return form.attributes.get("action") or address, known | fields


async def watch(engine: AsyncEngine, name: str = "Kassel") -> Watch:
    async with engine.connect() as connection:
        return await watch_of(connection, name)


async def happen(
    engine: AsyncEngine, index: PostgresqlIndex, number: int = 1, headline: str = "Flood in Kassel"
) -> None:
    known = {"headline": headline, "date_published": readings.published(0)}
    await read(engine, article(f"{URL}-{number}", readings.text(number), **known), now())
    await publish_all(engine, index)
    while await match(engine, index):
        pass


async def test_a_search_becomes_a_watch_and_leads_back_to_the_search(
    client: httpx.AsyncClient, engine: AsyncEngine, index: PostgresqlIndex
) -> None:
    await happen(engine, index)
    found = page(await client.get("/?q=kassel&outlet=courier&from=2020"))
    new = link(found, "Watch this search")
    assert one(page(await client.get(new)), "input[name=name]").attributes["value"] == "kassel"
    action, fields = await filled(client, new, name="Kassel", email="reader@example.org", digest="7, 18")
    answer = await client.post(action, data=fields)
    assert answer.status_code == 303
    kept = await watch(engine)
    assert kept.query["filters"] == {"outlet": ["courier"]}
    assert kept.query["published_from"] == "2020-01-01T00:00:00Z"
    assert (kept.email, kept.digest_hours) == ("reader@example.org", (7, 18))
    html = page(await client.get(answer.headers["location"]))
    assert texts(html, "h1") == ["Kassel"]
    assert "r…@example.org" in html.text()
    assert "reader@example.org" not in html.html  # type: ignore[operator]
    again = page(await client.get(link(html, "kassel outlet:courier")))
    assert len(again.css(".results > li")) == 1


async def test_a_webhooks_secret_is_shown_once(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    action, fields = await filled(
        client, "/watches/new", name="Kassel", q="kassel", webhook_url="https://h.example/xyzzy"
    )
    answer = await client.post(action, data=fields)
    secret = (await watch(engine)).webhook_secret
    assert secret
    assert secret in answer.text
    assert answer.headers["cache-control"] == "no-store"
    kept = await watch(engine)
    for path in ("/watches", f"/watches/{kept.id}", "/api/watches", f"/api/watches/{kept.id}"):
        text = (await client.get(path)).text
        assert secret not in text
        assert "xyzzy" not in text
        assert kept.unsubscribe_token not in text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "A watch needs a name"),
        ({"email": "nobody"}, "is not an e-mail address"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "is not an e-mail address"),
        ({"digest": "25", "email": "a@b.example"}, "numbers from 0 to 23"),
        ({"digest": "7"}, "A digest is sent by e-mail"),
        ({"webhook_url": "ftp://a.example"}, "is not an address"),
        ({"webhook_url": "http://169.254.169.254/latest"}, "is not a public address"),
        ({"timezone": "Mars", "email": "a@b.example", "digest": "7"}, "There is no time zone"),
    ],
)
async def test_a_mistake_gives_the_form_back_as_it_was_filled(
    client: httpx.AsyncClient, engine: AsyncEngine, fields: dict[str, str], sentence: str
) -> None:
    action, known = await filled(client, "/watches/new?q=kassel", **{"name": "Kassel", "on_silent": "1"} | fields)
    answer = await client.post(action, data=known)
    assert answer.status_code == 400
    html = LexborHTMLParser(answer.text)
    assert sentence in texts(html, ".mistake")[0]
    assert "checked" in one(html, "input[name=on_silent]").attributes
    assert "kassel" in texts(html, "form p")[0]
    async with engine.connect() as connection:
        assert await all_watches(connection) == []


async def test_a_watch_shows_what_it_reported_and_what_it_would_have(
    client: httpx.AsyncClient, engine: AsyncEngine, index: PostgresqlIndex
) -> None:
    await happen(engine, index, 1)
    action, fields = await filled(client, "/watches/new?q=kassel", name="Kassel", on_changes="1")
    at = (await client.post(action, data=fields)).headers["location"].partition("?")[0]
    await happen(engine, index, 2)
    await happen(engine, index, 2, headline="Flood in Kassel <b>ebbs</b>")
    html = page(await client.get(at))
    assert texts(html, ".results h3") == ["Flood in Kassel <b>ebbs</b>", "Flood in Kassel"]
    assert texts(html, ".results .mark") == ["Silent edit"]
    assert link(html, "Flood in Kassel").endswith("/versions/1..2")
    trial = page(await client.get(link(html, "Test: the last")))
    assert len(trial.css(".results > li")) == 3
    async with engine.connect() as connection:
        assert len(await all_watches(connection)) == 1

    kept = await watch(engine)
    atom = ElementTree.fromstring((await client.get(f"/feeds/watches/{kept.id}.atom")).content)
    entries = atom.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == 2
    feed = (await client.get(f"/feeds/watches/{kept.id}.json")).json()
    assert [item["id"] for item in feed["items"]] == [
        each.findtext("{http://www.w3.org/2005/Atom}id") for each in entries
    ]
    assert (await client.get(f"/feeds/watches/{kept.id}.xml")).status_code == 404


async def test_all_that_a_watch_reported_is_read_page_by_page(
    client: httpx.AsyncClient, engine: AsyncEngine, index: PostgresqlIndex
) -> None:
    action, fields = await filled(client, "/watches/new?q=kassel", name="Kassel")
    at = (await client.post(action, data=fields)).headers["location"].partition("?")[0]
    # more than a page shows
    for number in range(53):
        known = {"headline": "Flood in Kassel", "date_published": readings.published(0)}
        await read(engine, article(f"{URL}-{number}", readings.text(number), **known), now())
    await publish_all(engine, index)
    while await match(engine, index):
        pass
    html = page(await client.get(at))
    assert len(html.css(".results > li")) == 50
    older = page(await client.get(link(html, "Earlier →")))
    assert len(older.css(".results > li")) == 3
    assert link(older, "Newest") == at
    whole = (await client.get(f"/api{at}/notifications?size=100")).json()
    assert (len(whole["notifications"]), whole["next_cursor"]) == (53, None)
    found, cursor = [], ""
    while cursor is not None:
        answer = (await client.get(f"/api{at}/notifications", params={"size": 20, "cursor": cursor})).json()
        found += answer["notifications"]
        cursor = answer["next_cursor"]
    assert found == whole["notifications"]
    for wrong in ("x", "MA", "LTE", "WzFd"):
        assert (await client.get(f"/api{at}/notifications", params={"cursor": wrong})).status_code == 400
        assert (await client.get(at, params={"cursor": wrong})).status_code == 400


async def test_a_silent_edit_is_marked_as_one_and_the_button_says_what_it_does(
    client: httpx.AsyncClient, engine: AsyncEngine, index: PostgresqlIndex
) -> None:
    action, fields = await filled(client, "/watches/new?q=kassel", name="Kassel", on_silent="1")
    at = (await client.post(action, data=fields)).headers["location"].partition("?")[0]
    known = {"headline": "Flood in Kassel", "date_published": readings.published(0)}
    for people in ("Five", "Seven"):
        body = f"{people} people are missing.\n{readings.text(1)}"
        await read(engine, article(URL, body, **known), now())
        await publish_all(engine, index)
        while await match(engine, index):
            pass
    html = page(await client.get(at))
    assert texts(html, ".results .mark") == ["Silent edit"]
    for change, words in (("mute", "Unmute"), ("pause", "Resume")):
        to, filled_in = await filled(client, at, action=change)
        await client.post(to, data=filled_in)
        assert texts(page(await client.get(at)), "button[value=resume]") == [words]


async def test_a_watch_is_paused_muted_resumed_and_removed(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    action, fields = await filled(client, "/watches/new", name="Kassel", q="kassel")
    at = (await client.post(action, data=fields)).headers["location"].partition("?")[0]
    for name, is_paused, is_muted in (("pause", True, False), ("resume", False, False), ("mute", False, True)):
        to, known = await filled(client, at, action=name)
        assert (await client.post(to, data=known)).status_code == 303
        kept = await watch(engine)
        assert (kept.paused, kept.is_muted(now())) == (is_paused, is_muted)
    to, known = await filled(client, at, action="remove")
    answer = await client.post(to, data=known)
    assert texts(page(await client.get(answer.headers["location"])), ".done") == ["The watch was removed."]
    assert (await client.get(at)).status_code == 404
    assert (await client.post(to, data=known | {"action": "explode"})).status_code == 400


async def test_a_watch_is_edited_in_its_form(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    new = "/watches/new?q=kassel&outlet=courier&outlet=herald&from=2020"
    action, fields = await filled(client, new, name="Kassel", email="a@reader.example", digest="7", on_silent="1")
    at = (await client.post(action, data=fields)).headers["location"].partition("?")[0]
    html = page(await client.get(at))
    to, known = await filled(client, link(html, "Edit"))
    assert "a@reader.example" not in str(known)
    assert {name: known[name] for name in ("name", "q", "email", "digest", "on_silent", "on_articles")} == {
        "name": "Kassel",
        "q": "kassel",
        "email": "",
        "digest": "7",
        "on_silent": "1",
        "on_articles": "1",
    }
    before = await watch(engine)
    assert "Nothing differs." in (await client.post(to, data=known)).text
    assert await watch(engine) == before

    for name in ("keep_outlet=herald", "keep_published_from=2020-01-01T00:00:00Z", "on_silent"):
        del known[name]
    edited = known | {"q": "kassel -film", "webhook_url": "https://h.example/T0/x"}
    answer = await client.post(to, data=edited)
    kept = await watch(engine)
    assert kept.query == {"text": "kassel -film", "filters": {"outlet": ["courier"]}, "timezone": "UTC"}
    assert (kept.email, kept.digest_hours, kept.triggers) == ("a@reader.example", (7,), (Trigger.ARTICLES,))
    assert kept.webhook_secret
    assert kept.webhook_secret in answer.text
    assert answer.headers["cache-control"] == "no-store"

    to, known = await filled(client, link(page(await client.get(at)), "Edit"), no_email="1", no_webhook_url="1")
    assert (await client.post(to, data=known)).status_code == 200
    kept = await watch(engine)
    assert (kept.email, kept.digest_hours, kept.webhook_url) == (None, (), None)
    to, known = await filled(client, link(page(await client.get(at)), "Edit"), name="", q="another")
    answer = await client.post(to, data=known)
    assert answer.status_code == 400
    assert one(LexborHTMLParser(answer.text), "#words").attributes["value"] == "another"
    assert (await client.post(to, data=known | {"mark": "x"})).status_code == 403


async def test_of_two_who_edit_at_once_neither_loses_what_was_typed(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    new = "/watches/new?q=kassel&outlet=courier&outlet=herald"
    action, fields = await filled(client, new, name="Kassel", email="a@reader.example", digest="7")
    at = (await client.post(action, data=fields)).headers["location"].partition("?")[0]
    to, first = await filled(client, f"{at}/edit", name="First", q="kassel -film", digest="", on_silent="1")
    _, second = await filled(client, f"{at}/edit", name="Second", email="b@reader.example", timezone="Asia/Kolkata")
    del first["keep_outlet=herald"], second["keep_outlet=courier"]
    assert (await client.post(to, data=first)).status_code == 200
    before = await watch(engine, "First")
    assert before.digest_hours == (), "an emptied field is empty"

    # whatever else is wrong with it, the form is still one of what was read before
    for wrong in ({"mark": "x"}, {}):
        answer = await client.post(to, data=second | wrong)
        html = LexborHTMLParser(answer.text)
        assert answer.status_code == (403 if wrong else 409)
        if wrong:
            assert one(html, "input[name=settings]").attributes["value"] == second["settings"]
    assert await watch(engine, "First") == before
    typed = {
        str(each.attributes["name"]): each.attributes.get("value") or ""
        for each in one(html, "form[method=post]").css("input")
        if each.attributes.get("type") != "checkbox" or "checked" in each.attributes
    }
    changing = ("settings", "mark", "had_outlet=herald")
    assert {name: typed.get(name) for name in second if name not in changing} == {
        name: value for name, value in second.items() if name not in changing
    }
    assert typed["settings"] == before.mark != second["settings"]
    shown = [[cell.text() for cell in row.css("th, td")] for row in html.css("tbody tr")]
    assert shown == [
        ["Search for", "kassel -film", "kassel"],
        ["Only", "outlet: courier", "outlet: herald"],
        ["Name", "First", "Second"],
        ["Report", "new stories, silent edits", "new stories"],
        ["E-mail to", "a…@reader.example", "b@reader.example"],
        ["gathered at the hours", "–", "7"],
        ["of", "UTC", "Asia/Kolkata"],
    ]
    # who has seen both decides
    assert (await client.post(to, data=typed)).status_code == 200
    kept = await watch(engine, "Second")
    assert (kept.email, kept.query["filters"]) == ("b@reader.example", {"outlet": ["herald"]})


async def test_the_api_edits_what_is_stated_of_the_settings_that_were_read(
    client: httpx.AsyncClient, engine: AsyncEngine, index: PostgresqlIndex
) -> None:
    asked: dict[str, Any] = {"name": "Kassel", "q": "kassel", "filters": {"outlet": ["courier"]}, "from": "2020"}
    made = await client.post("/api/watches", json=asked | {"webhook_url": "https://hooks.example/a"})
    at = made.headers["location"]
    read_as = (await client.get(at)).headers["etag"]
    assert read_as.startswith('"')
    assert (await client.get(at, headers={"if-none-match": read_as})).status_code == 304
    # what only has more to send is as it was
    await happen(engine, index)
    assert (await client.get(at, headers={"if-none-match": read_as})).status_code == 200
    stated: dict[str, Any] = {
        "filters": {"language": ["de"]},
        "until": "2027",
        "webhook_url": "https://hooks.example/b",
    }
    answer = await client.patch(at, json=stated, headers={"if-match": read_as})
    assert answer.status_code == 200, answer.text
    edited = WatchEditResponse.model_validate_json(answer.content)
    assert edited.query.text == "kassel"
    assert edited.query.filters == {"outlet": ["courier"], "in_language": ["de"]}
    assert edited.query.published_from
    assert edited.query.published_until
    assert edited.changed == ["query", "webhook_url"]
    assert edited.webhook_secret not in (None, made.json()["webhook_secret"])
    assert edited.pending == 1

    # another edit of what was read before is refused, and says so
    for method, body in (("PATCH", {"name": "Late"}), ("DELETE", None)):
        headers = {"if-match": read_as} | JSON
        late = await client.request(method, at, content=json.dumps(body), headers=headers)
        assert late.status_code == 412, late.text
        assert late.headers["content-type"] == "application/problem+json"
    both = f"{read_as}, {answer.headers['etag']}"
    gone = {"webhook_url": None, "from": None, "until": None, "filters": {"outlet": None, "in_language": []}}
    answer = await client.patch(at, json=gone, headers={"if-match": both})
    assert (answer.json()["unsent"], answer.json()["webhook_url"], answer.json()["webhook_secret"]) == (1, None, None)
    assert (await watch(engine)).query == {"text": "kassel", "filters": {}, "timezone": "UTC"}
    assert (await client.patch(at, json={}, headers={"if-match": "*"})).json()["changed"] == []
    for wrong, sentence in (
        ({"filters": {"outlett": ["x"]}}, "outlett"),
        ({"on": []}, "needs something to report"),
        ({"name": ""}, "A watch needs a name"),
        ({"email": "e"}, "is not an e-mail address"),
        ({"digest_hours": [7]}, "A digest is sent by e-mail"),
        ({"paused": True}, "paused"),
    ):
        answer = await client.patch(at, json=wrong)
        assert answer.status_code == 400, answer.text
        assert sentence in answer.json()["detail"]


async def test_nobody_changes_a_watch_who_may_not(
    client: httpx.AsyncClient, guarded: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    action, fields = await filled(client, "/watches/new", name="Kassel", q="kassel")
    for known, headers in (
        (fields | {"mark": "x"}, {}),
        (fields, {"origin": "http://evil.example"}),
        (fields, {"sec-fetch-site": "cross-site"}),
    ):
        assert (await client.post(action, data=known, headers=headers)).status_code == 403
    _, known = await filled(guarded, "/watches/new", name="Kassel", q="kassel", token="wrong")
    assert (await guarded.post(action, data=known)).status_code == 403
    async with engine.connect() as connection:
        assert await all_watches(connection) == []
    assert (await guarded.post(action, data=known | {"token": "secret"})).status_code == 303
    kept = await watch(engine)
    to, known = await filled(client, f"/watches/{kept.id}", action="remove")
    assert (await client.post(to, data=known | {"mark": ""})).status_code == 403

    body = {"name": "Another"}
    at = f"/api/watches/{kept.id}"
    for method, path in (
        ("POST", "/api/watches"),
        ("PATCH", at),
        ("POST", f"{at}/pause"),
        ("POST", f"{at}/resume"),
        ("POST", f"{at}/mute"),
        ("DELETE", at),
    ):
        for asker, headers in ((client, {"content-type": "text/plain"}), (guarded, JSON)):
            answer = await asker.request(method, path, content=json.dumps(body), headers=headers)
            assert answer.status_code == 403, (method, path)
    assert (await watch(engine)).paused is False


async def test_a_link_ends_the_e_mails_and_asks_first(
    guarded: httpx.AsyncClient, client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    action, fields = await filled(client, "/watches/new", name="Kassel", q="kassel", email="reader@example.org")
    await client.post(action, data=fields)
    token = (await watch(engine)).unsubscribe_token
    path = f"/watches/unsubscribe/{token}"
    # programs that look at links end nothing; a mail program's button does, without any token or mark of ours (RFC 8058)
    assert "End these e-mails?" in (await guarded.get(path)).text
    assert (await watch(engine)).email
    answer = await guarded.post(
        path, data={"List-Unsubscribe": "One-Click"}, headers={"origin": "https://mail.example"}
    )
    assert "No more e-mails" in answer.text
    kept = await watch(engine)
    assert kept.email is None
    assert kept.unsubscribed_at
    assert "No more e-mails" in (await guarded.post(path)).text
    for wrong in (token[:-1], "x", "%00", token + "x"):
        assert (await guarded.post(f"/watches/unsubscribe/{wrong}")).status_code == 404


async def test_the_api_keeps_watches_in_the_described_form(
    client: httpx.AsyncClient, engine: AsyncEngine, index: PostgresqlIndex
) -> None:
    asked: dict[str, Any] = {
        "name": "Kassel",
        "q": "kassel",
        "filters": {"outlet": ["courier"]},
        "on": ["articles", "spikes"],
        "webhook_url": "https://hooks.example/secret",
    }
    answer = await client.post("/api/watches", json=asked)
    assert answer.status_code == 201, answer.text
    made = NewWatchResponse.model_validate_json(answer.content)
    assert made.webhook_url == "https://hooks.example/…"
    at = answer.headers["location"]
    await happen(engine, index)
    for path, model in (
        ("/api/watches", WatchesResponse),
        (at, WatchResponse),
        (f"{at}/notifications", ReportedResponse),
        (f"{at}/test?hours=2", NotificationsResponse),
    ):
        found = await client.get(path)
        assert found.status_code == 200
        model.model_validate_json(found.content)
    assert (await client.get(f"{at}/notifications")).json()["notifications"][0]["article"]["url"] == f"{URL}-1"
    assert (await client.get(at)).json()["pending"] == 1
    assert (await client.post(f"{at}/mute", json={"hours": 3})).json()["muted_until"]
    assert (await client.post(f"{at}/pause", json={})).json()["paused"] is True
    assert (await client.post(f"{at}/resume", json={})).json()["muted_until"] is None
    assert (await client.delete(at, headers=JSON)).status_code == 204
    assert (await client.get(at)).status_code == 404


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "The field 'name'"),
        ({"name": "x", "on": ["everything"]}, "cannot be 'everything'"),
        ({"name": "x", "on": []}, "on"),
        ({"name": "x", "filters": {"outlett": ["x"]}}, "outlett"),
        ({"name": "x", "filters": {"q": ["x"]}}, "'q'"),
        ({"name": "x", "from": "someday"}, "'someday' is not a date"),
        ({"name": "x", "email": "e"}, "is not an e-mail address"),
        ({"name": "x", "webhook_url": "http://10.0.0.1/"}, "is not a public address"),
        ({"name": "x\ny"}, "A watch needs a name"),
        ({"name": "x", "digest_hours": [24], "email": "a@b.example"}, "digest_hours"),
        ({"nam": "x"}, "There is no field 'nam'. Did you mean 'name'?"),
        ({"name": "x", "colour": "red"}, "There is no field 'colour'. Use one of: name, q, filters, from,"),
        # filters by which nothing can ever be found
        ({"name": "x", "filters": {"outlet": ["courier", "heralt"]}}, "No outlet 'heralt'. Did you mean 'herald'?"),
        ({"name": "x", "filters": {"places": [" "]}}, "The filter 'places' has no value"),
        ({"name": "x", "filters": {"silent": ["yes"]}}, "No article can have stealth 'yes'. Use one of: true, false."),
        ({"name": "x", "filters": {"type": ["artcle"]}}, "Did you mean 'article'?"),
        # an id would be taken for another watch's by commands
        ({"name": "018f3c2e-7c1a-7b2e-8d55-0242ac120002"}, "the form of a watch's id"),
        ({"name": "018F3C2E7C1A7B2E8D550242AC120002"}, "the form of a watch's id"),
        # words of which a part would never be looked for
        ({"name": "x", "q": " OR ".join(f"name{n}" for n in range(33))}, "at most 32 words"),
        ({"name": "x", "q": "x" * 4_001}, "4,000 characters"),
        ({"name": "x", "q": "x" * 2**20}, "larger than"),
    ],
)
async def test_an_invalid_watch_gets_one_sentence(
    client: httpx.AsyncClient, body: dict[str, Any], sentence: str
) -> None:
    answer = await client.post("/api/watches", json=body)
    assert answer.status_code == 400, answer.text
    assert sentence in answer.json()["detail"]


async def test_what_no_article_has_yet_is_watched_and_said(
    client: httpx.AsyncClient, engine: AsyncEngine, index: PostgresqlIndex
) -> None:
    await happen(engine, index, headline="Flood in Kassel")
    asked = {"name": "API", "filters": {"language": ["xx"], "outlet": ["COURIER"], "kind": []}}
    made = (await client.post("/api/watches", json=asked)).json()
    assert made["query"]["filters"] == {"in_language": ["xx"], "outlet": ["COURIER"]}
    (note,) = made["notes"]
    assert note.startswith("No article has in_language 'xx'.")
    at = f"/api/watches/{made['id']}"
    assert (await client.patch(at, json={"name": "Other"})).json()["notes"] == []
    assert (await client.patch(at, json={"q": "kassel"})).json()["notes"] == [note]
    # a value that it has already is no mistake of an edit, one that comes with it is
    assert (await client.patch(at, json={"filters": {"outlet": ["nobody"]}})).status_code == 400
    action, fields = await filled(client, "/watches/new?in_language=xx", name="Page")
    answer = await client.post(action, data=fields)
    assert note in texts(page(await client.get(answer.headers["location"])), ".done")[0]
    action, fields = await filled(client, "/watches/new?outlet=heralt", name="Other page")
    answer = await client.post(action, data=fields)
    assert answer.status_code == 400
    assert "Did you mean 'herald'?" in texts(LexborHTMLParser(answer.text), ".mistake")[0]


async def test_what_no_store_takes_is_left_out_of_a_watch(client: httpx.AsyncClient) -> None:
    body = {"name": "x", "q": "har\0bour \ud800", "filters": {"sections": ["a\0b"]}}
    answer = await client.post("/api/watches", content=json.dumps(body), headers=JSON)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["query"]["text"].strip(), answer.json()["query"]["filters"]) == (
        "harbour",
        {"sections": ["ab"]},
    )
    answer = await client.patch(answer.headers["location"], content=json.dumps({"q": "a\0b"}), headers=JSON)
    assert (answer.status_code, answer.json()["query"]["text"]) == (200, "ab")
