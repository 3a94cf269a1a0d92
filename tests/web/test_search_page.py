"""The search page: what it finds, shows and links, and what it refuses."""

import base64
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from index.postgresql.backend import PostgresqlIndex
from ledger.tombstones import miss
from news.article import Article
from news.clock import now
from news.configuration import Configuration
from news.moment import Moment, Precision, TimeSource
from tests.ledger import readings
from tests.web.conftest import Keep, Put, client_of, document
from tests.web.reader import link, one, page, texts
from web.app import create_app


async def test_an_empty_index_says_so(client: httpx.AsyncClient) -> None:
    html = page(await client.get("/"))
    assert texts(html, ".count") == ["Nothing found"]


async def test_what_was_found_is_marked_and_its_text_is_escaped(client: httpx.AsyncClient, put: Put) -> None:
    await put(document("a", headline="Rain <b>at</b> last", body="All <script>alert(1)</script> of the rain fell."))
    answer = await client.get("/", params={"q": "rain"})
    html = page(answer)
    assert texts(html, "mark") == ["Rain", "rain"]
    assert texts(html, ".results h2") == ["Rain <b>at</b> last"]
    assert "<script>alert" not in answer.text
    assert not html.css(".results b, .results script")


async def test_a_facet_is_clicked_kept_and_removed(client: httpx.AsyncClient, put: Put) -> None:
    await put(
        document("a", outlet="one", outlet_name="One & Only", in_language="en"),
        document("b", outlet="two", outlet_name="Two", in_language="de"),
        document("c", outlet="two", outlet_name="Two", in_language="en"),
    )
    html = page(await client.get("/"))
    two = link(html, "Two")
    html = page(await client.get(two))
    assert texts(html, ".count") == ["2 articles"]
    assert texts(html, ".facets .chosen .name") == ["Two"]
    assert "One & Only" in texts(html, ".facets .name"), "a facet counts as if it were not chosen"
    both = link(html, "German")
    html = page(await client.get(both))
    assert texts(html, ".results h2") == ["b"]
    without = link(html, "Outlet Two")
    assert texts(page(await client.get(without)), ".count") == ["One article"]
    assert "Two" not in texts(page(await client.get(link(html, "Remove all"))), ".facets .chosen .name")


async def test_a_facet_without_results_can_still_be_removed(client: httpx.AsyncClient, put: Put) -> None:
    await put(document("a"))
    html = page(await client.get("/", params={"q": "nowhere", "outlet": "gone_outlet"}))
    assert texts(html, ".count") == ["Nothing found"]
    assert link(html, "Outlet gone_outlet") == "/?q=nowhere"


async def test_a_day_is_shown_as_a_day_and_an_instant_with_its_zone(client: httpx.AsyncClient, put: Put) -> None:
    await put(
        document("day", date_published="2024-02-08", date_precision="day", date_source="url"),
        document("minute", date_published="2024-02-08T03:25:00Z", date_precision="minute", date_source="text"),
        document("none"),
    )
    html = page(await client.get("/", params={"sort": "newest"}))
    shown = dict(zip(texts(html, ".results h2"), html.css(".results .where"), strict=True))
    assert "8 February 2024 English" in " ".join(shown["day"].text().split())
    assert "8 February 2024, 03:25 UTC" in shown["minute"].text()
    assert "seen 8 February 2024, 04:00 UTC" in " ".join(shown["none"].text().split())
    html = page(await client.get("/", params={"timezone": "Asia/Kolkata", "sort": "newest"}))
    times = texts(html, ".results time")
    assert "8 February 2024" in times
    assert "8 February 2024, 08:55 IST" in times


async def test_a_range_of_days_includes_its_last_one(client: httpx.AsyncClient, put: Put) -> None:
    await put(
        document("a", date_published="2024-02-07T23:59:00Z", date_precision="minute", date_source="text"),
        document("b", date_published="2024-02-08T23:59:00Z", date_precision="minute", date_source="text"),
        document("c", date_published="2024-02-29", date_precision="day", date_source="text"),
        document("d", date_published="2024-03-01", date_precision="day", date_source="text"),
    )

    async def found(**params: str) -> list[str]:
        return sorted(texts(page(await client.get("/", params=params)), ".results h2"))

    assert await found(**{"from": "2024-02-08", "until": "2024-02-08"}) == ["b"]
    assert await found(**{"from": "2024-02-08", "until": "2024-02"}) == ["b", "c"]
    assert await found(until="2024") == ["a", "b", "c", "d"]
    assert await found(**{"from": "2024-02-09T05:29:00+05:30"}) == ["b", "c", "d"]


async def test_bars_of_the_chart_lead_to_their_articles(client: httpx.AsyncClient, put: Put) -> None:
    for slug, day in (("a", "2024-02-01"), ("b", "2024-02-01"), ("c", "2024-02-10")):
        await put(document(slug, date_published=day, date_precision="day", date_source="url"))
    html = page(await client.get("/"))
    bars = html.css(".chart a")
    assert [bar.attributes["aria-label"] for bar in bars] == ["1 February 2024: 2", "10 February 2024: 1"]
    html = page(await client.get(unescape(bars[0].attributes["href"] or "")))
    assert sorted(texts(html, ".results h2")) == ["a", "b"]


async def test_pages_follow_one_another_without_gap_or_repetition(client: httpx.AsyncClient, put: Put) -> None:
    await put(*(document(f"number {n}", body="same words") for n in range(7)))
    at, seen = "/?q=same&size=3", []
    for _ in range(3):
        html = page(await client.get(at))
        seen += texts(html, ".results h2")
        if html.css_first(".pages .next"):
            at = link(html, "Next page")
    assert sorted(seen) == [f"number {n}" for n in range(7)]


async def test_copies_are_one_result_that_names_the_others(client: httpx.AsyncClient, put: Put) -> None:
    story = "5f0e3c2a-0000-5000-8000-000000000001"
    await put(
        document("first", outlet="one", outlet_name="One", story_id=story, headline="Agency text"),
        document("copy", outlet="two", outlet_name="Two", story_id=story, headline="Agency text"),
        document("other", outlet="two", outlet_name="Two", headline="Something else"),
    )
    html = page(await client.get("/"))
    assert len(html.css(".results > li")) == 2
    (copies,) = texts(html, ".copies")
    assert copies in ("Same text at One · Compare them", "Same text at Two · Compare them")
    html = page(await client.get(link(html, "Show every copy")))
    assert len(html.css(".results > li")) == 3


async def test_changed_silently_edited_withdrawn_and_closed_articles_are_marked(
    client: httpx.AsyncClient, put: Put
) -> None:
    await put(
        document("changed", version=3),
        document("silent", version=2, stealth=True),
        document("gone", gone_at="2024-03-01T00:00:00Z"),
        document("blog", kind="live_blog", is_accessible_for_free=False),
    )
    html = page(await client.get("/"))
    marks = {
        " ".join(one.css_first("h2").text().split()): [mark.text() for mark in one.css(".mark")]  # type: ignore[union-attr]
        for one in html.css(".results article")
    }
    assert marks == {
        "changed": ["3 versions"],
        "silent": ["Silent edit"],
        "gone": ["Withdrawn"],
        "blog": ["Live blog", "For subscribers"],
    }


async def test_scripts_that_run_from_right_to_left_say_their_language(client: httpx.AsyncClient, put: Put) -> None:
    await put(document("ur", headline="بارش کے بعد شہر", in_language="ur"), document("x", in_language="und"))
    html = page(await client.get("/"))
    tags = {node.text(strip=True): node.attributes for node in html.css(".results h2")}
    assert tags["بارش کے بعد شہر"] == {"dir": "auto", "lang": "ur"}
    assert tags["x"]["lang"] == ""


async def test_the_page_works_without_scripts_and_loads_nothing_from_elsewhere(
    client: httpx.AsyncClient, put: Put
) -> None:
    await put(document("a", images=[{"url": "https://tracker.example/pixel.gif", "caption": "", "credit": ""}]))
    answer = await client.get("/")
    html = page(answer)
    assert not html.css("img, iframe, [style], [onclick]")
    (script,) = html.css("script")
    assert (script.attributes["src"] or "").startswith("/static/page.js?")
    assert not script.text()
    loaded = [node.attributes.get("href") or "" for node in html.css("link:not([rel=alternate])")]
    assert loaded
    for address in loaded:
        assert address.startswith("/static/")
        assert (await client.get(address)).status_code == 200


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("from=someday", "'someday' is not a date between 1600 and 2999; write it as 2024-02-08, or 7d."),
        ("from=2024-02-30", "'2024-02-30' is not a date"),
        ("from=9999-12-31", "'9999-12-31' is not a date"),
        ("until=0001-01-01T00:00:00%2B14:00", "is not a date"),
        ("from=2024-03&until=2024-02", "ends (2024-02) before it begins (2024-03)"),
        ("cursor=xyz", "The cursor is not valid; use `next_cursor` of a page of results."),
        ("cursor=WyJyZWxldmFuY2UiLCB7fV0", "cursor"),
        ("sort=best", "There is no sort order 'best'."),
        ("size=-1", "The parameter 'size' must be a number"),
        ("size=%D9%A3", "The parameter 'size' must be a number"),
        ("timezone=Mars/Base", "There is no time zone 'Mars/Base'"),
        ("timezone=../../etc/passwd", "There is no time zone"),
        ("outlet=" + "&outlet=".join(map(str, range(51))), "at most 50 values"),
    ],
)
async def test_what_cannot_be_asked_is_a_clear_page(lonely: httpx.AsyncClient, parameters: str, sentence: str) -> None:
    answer = await lonely.get(f"/?q=rain&{parameters}")
    assert answer.status_code == 400
    assert sentence in unescape(answer.text)
    assert one(LexborHTMLParser(answer.text), "#q").attributes["value"] == "rain"


ODD = [
    "q=" + "long " * 2_000,
    "q=" + "x" * 10_000,
    "q=%00%00a%00",
    "q=%ff%fe%80",
    "q=%ed%a0%80",
    "q=\u202e%22%27%3Cscript%3E",
    "q=" + '"' * 500,
    "q=" + "(" * 500,
    "q=" + "-" * 500 + "a",
    "q=outlet:%00",
    "size=100000",
    "q=a&q=b",
    "outlet=%00&outlet=%ff&authors=" + "x" * 5_000,
    "utm_source=mail&fbclid=x",
    "from=&until=&cursor=&sort=&size=&timezone=",
    "&&&=&=a&%",
]


async def test_odd_questions_are_answered(client: httpx.AsyncClient, put: Put) -> None:
    await put(document("a"))
    for parameters in ODD:
        assert (await client.get(f"/?{parameters}")).status_code == 200, parameters


async def test_pieces_of_a_body_show_where_they_were_cut_out(client: httpx.AsyncClient, put: Put) -> None:
    long = "word " * 60
    await put(document("a", body=f"Rain first.\n{long}then rain again {long}\nAt last no rain"))
    html = page(await client.get("/", params={"q": "rain"}))
    (line,) = texts(html, ".results .text")
    assert line.startswith("Rain first. … word")
    assert "word … At last no rain" in line


async def test_a_cursor_of_one_order_is_refused_in_another(client: httpx.AsyncClient, put: Put) -> None:
    await put(*(document(f"n{n}") for n in range(3)))
    html = page(await client.get("/?sort=newest&size=2"))
    cursor = re.search(r"cursor=([^&]+)", link(html, "Next page"))
    assert cursor
    answer = await client.get(f"/?sort=oldest&size=2&cursor={cursor[1]}")
    assert answer.status_code == 400


async def test_a_forged_cursor_is_refused_whatever_it_carries(client: httpx.AsyncClient, put: Put) -> None:
    await put(document("a"))
    at, id = "2024-02-08T00:00:00+00:00", document("a")["id"]
    places: list[object] = [
        {},
        {"origin": at},
        {"origin": at, "after": [0.5]},
        {"origin": at, "after": [[], id]},
        {"origin": at, "after": ["x", id]},
        {"origin": at, "after": [0.5, "\0"]},
        {"origin": at, "after": [0.5, 7]},
        {"origin": "x", "after": [0.5, id]},
        {"origin": 7, "after": [0.5, id]},
        [],
    ]
    for sort in ("relevance", "newest"):
        for place in places:
            cursor = base64.urlsafe_b64encode(json.dumps([sort, place]).encode()).decode()
            answer = await client.get("/", params={"q": "body", "sort": sort, "cursor": cursor})
            assert answer.status_code == 400, (sort, place)


async def test_copies_of_one_outlet_are_told_apart_by_their_times(client: httpx.AsyncClient, put: Put) -> None:
    story = "5f0e3c2a-0000-5000-8000-000000000001"
    dated = {"date_precision": "minute", "date_source": "meta", "story_id": story}
    await put(*(document(f"copy{n}", date_published=f"2024-02-08T0{n}:00:00Z", **dated) for n in range(3)))
    (copies,) = texts(page(await client.get("/")), ".copies")
    assert copies.count("The Example (8 February 2024, 0") == 2


async def test_a_compact_list_has_a_line_an_article_and_a_hundred_a_page(client: httpx.AsyncClient, put: Put) -> None:
    await put(*(document(f"a{n}", body="Some words.") for n in range(25)))
    html = page(await client.get(link(page(await client.get("/?q=words")), "Compact")))
    assert len(html.css(".compact > li")) == 25
    assert not html.css(".compact .text")
    assert link(html, "Newest first") == "/?q=words&sort=newest&view=compact"
    assert link(html, "With texts") == "/?q=words"
    assert "view" not in link(html, "JSON lines") + link(html, "Atom")


@pytest.mark.parametrize(
    ("ago", "name", "found"), [("1h", "Last hour", 1), ("24h", "24 hours", 2), ("7d", "7 days", 3)]
)
async def test_what_was_published_lately_is_a_click_away(
    client: httpx.AsyncClient, put: Put, ago: str, name: str, found: int
) -> None:
    for slug, hours in (("now", 0.5), ("today", 20), ("week", 100), ("old", 200)):
        at = (now() - timedelta(hours=hours)).isoformat()
        await put(document(slug, date_published=at, date_precision="instant", date_source="meta"))
    href = link(page(await client.get("/")), name)
    assert href == f"/?from={ago}"
    html = page(await client.get(href))
    assert len(html.css(".results > li")) == found
    assert link(html, "Any time") == "/"
    assert (await client.get(f"/api/search?from={ago}")).json()["total"] == found


async def test_times_are_shown_in_the_zone_of_the_setting_else_of_the_browser(
    app: FastAPI, client: httpx.AsyncClient, keep_versions: Keep
) -> None:
    dated = Moment(at=datetime(2024, 2, 8, 23, 30, tzinfo=UTC), precision=Precision.MINUTE, source=TimeSource.META)
    id = await keep_versions(Article(url="https://news.example/a", headline="H", body="B.", date_published=dated))

    async def shown(cookie: str, query: str = "") -> tuple[str, str]:
        headers = {"cookie": f"timezone={cookie}"} if cookie else {}
        listed = page(await client.get(f"/{query}", headers=headers))
        return one(listed, ".results time").text(), texts(
            page(await client.get(f"/articles/{id}", headers=headers)), ".times"
        )[0]

    assert [each.count("8 February 2024, 23:30 UTC") for each in await shown("")] == [1, 1]
    assert [each.count("9 February 2024, 00:30 CET") for each in await shown("Europe/Berlin")] == [1, 1]
    for bad in ("Mars/Olympus", "../../etc/passwd", "x" * 500, "UTC\x01"):
        assert "23:30 UTC" in (await shown(bad))[0]
    assert (
        "05:30" in (await shown("Europe/Berlin", "?timezone=Asia/Kolkata"))[0]
        or "05:00" in (await shown("Europe/Berlin", "?timezone=Asia/Kolkata"))[0]
    )
    html = page(await client.get("/", headers={"cookie": "timezone=Europe/Berlin"}))
    assert link(html, "Oldest first") == "/?sort=oldest", "the reader's own zone is not in each address"
    assert link(html, "CSV") == "/api/export?timezone=Europe%2FBerlin&format=csv", "a program has no zone of its own"
    app.state.broadsheet = replace(app.state.broadsheet, timezone="America/New_York")
    assert "18:30 EST" in (await shown("Europe/Berlin"))[0]


async def test_what_was_meant_is_a_link_away(client: httpx.AsyncClient, put: Put) -> None:
    await put(document("a", sections=["world news"]))
    for asked, href in (
        ("?outlet=exampel", "/?outlet=The+Example"),
        ("?q=outlet:exampel", "/?q=outlet%3A%22The+Example%22"),
    ):
        html = page(await client.get(f"/{asked}"))
        assert "Did you mean" in " ".join(texts(html, ".note"))
        assert link(html, "Search for that").lower() in (
            href.lower(),
            href.replace("The+", "").replace("%22", "").lower(),
        )
        assert page(await client.get(link(html, "Search for that"))).css(".results > li")
    assert not page(await client.get("/?outlet=zzzzzzzz")).css(".note a")


async def test_the_first_page_says_what_was_changed_today_and_leads_there(
    client: httpx.AsyncClient, engine: AsyncEngine, keep_versions: Keep, put: Put
) -> None:
    await put(document("a"))
    await keep_versions(Article(url="https://news.example/old", body="Old."), Article(url="https://news.example/old"))
    assert page(await client.get("/")).css(".lately") == [], "what was changed long ago is no news"
    url, body = "https://news.example/bridge", readings.text(1)
    edits = [f"Five people are missing.\n{body}", f"Seven people are missing.\n{body}", f"Nobody is missing.\n{body}"]
    for text in edits:
        await readings.read(engine, readings.article(url, text), now())
    await readings.read(engine, readings.article(f"{url}-2", body), now())
    async with engine.begin() as connection:
        await miss(connection, f"{url}-2", 410, now())
    html = page(await client.get("/"))
    said = [(each.text(), each.attributes["href"] or "") for each in html.css(".lately a")]
    assert [words for words, _ in said] == ["2 edits", "2 silent edits", "1 article withdrawn or missing"]
    for words, href in said:
        listed = page(await client.get(href)).css(".results > li")
        # all changes are listed, withdrawals among them
        assert len(listed) == int(words.split()[0]) + (words == "2 edits")
    for path in ("/?q=people", "/?from=2024", "/?outlet=example", "/?sort=newest"):
        assert page(await client.get(path)).css(".lately") == []


async def test_the_first_page_needs_no_ledger(index: PostgresqlIndex, put: Put, tmp_path: Path) -> None:
    await put(document("a"))
    nowhere = create_async_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    async with client_of(create_app(nowhere, index, Configuration(home=tmp_path))) as client:
        html = page(await client.get("/"))
    await nowhere.dispose()
    assert (len(html.css(".results > li")), html.css(".lately")) == (1, [])
