"""The article's page: text, times, history, and no way for a stranger's text to act."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.schema import versions
from ledger.tombstones import meet, miss
from ledger.visit_transaction import record
from news.article import WITHOUT_TEXT, Article, BodyMissing, ClaimReview, CorrectionNotice, Genre
from news.digest import Digest
from news.edits import EditKind, Edits
from news.moment import Moment, Precision, TimeSource
from news.outcome import Outcome
from news.outlet import Outlet
from news.visit import Visit
from tests.web.conftest import AT, Keep, Put, document
from tests.web.reader import link, page, texts

URL = "https://news.example/flood"
FIRST = Article(
    url=URL,
    headline="5 missing after flood",
    standfirst="The river rose overnight.",
    body="Five people are missing.\nThe bridge is closed.",
    authors=("Ada Moss",),
    in_language="en",
    date_published=Moment(at=AT, precision=Precision.MINUTE, source=TimeSource.JSON_LD),
)
SECOND = Article(**{**vars(FIRST), "headline": "7 missing after flood", "body": "Seven people are missing."})


async def test_the_article_is_shown_with_what_is_known_of_it(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    id = await keep_versions(FIRST, places=[{"name": "Old Town", "code": "1"}], keywords=["flood & rain"])
    html = page(await client.get(f"/articles/{id}"))
    assert texts(html, "h1") == ["5 missing after flood"]
    assert texts(html, ".body p") == ["Five people are missing.", "The bridge is closed."]
    assert texts(html, ".times") == [
        "Published 8 February 2024, 04:00 UTC (to the minute, from the page's structured data (JSON-LD))"
    ]
    assert link(html, "Ada Moss") == "/?authors=Ada+Moss"
    assert link(html, "Old Town") == "/?places=Old+Town"
    assert link(html, "flood & rain") == "/?keywords=flood+%26+rain"
    (original,) = html.css(".original a")
    assert original.attributes["href"] == URL
    assert original.attributes["rel"] == "noopener noreferrer nofollow"


async def test_history_classes_edits_and_a_pair_of_versions_is_compared(
    client: httpx.AsyncClient, keep_versions: Keep
) -> None:
    id = await keep_versions(FIRST, SECOND)
    html = page(await client.get(f"/articles/{id}"))
    assert len(html.css(".history li")) == 2
    kinds = texts(html, ".history .mark")
    assert {"Headline", "Figure", "Silent edit"} <= set(kinds)
    html = page(await client.get(link(html, "what changed")))
    assert texts(html, ".changes del")[0] == "5"
    assert texts(html, ".changes ins")[0] == "7"
    assert texts(html, ".changes del") == ["5", "Five", "The bridge is closed."]
    html = page(await client.get(f"/articles/{id}/versions/2..1"))
    assert texts(html, ".changes ins")[0] == "5"
    for half in ("", "?before=1", "?after=2"):
        answer = await client.get(f"/articles/{id}/compare{half}")
        assert answer.status_code == 404
        assert "Two versions are needed" in answer.text


async def test_an_article_that_the_index_alone_knows_is_shown_without_history(
    client: httpx.AsyncClient, put: Put
) -> None:
    one = document("a", headline="Indexed alone")
    await put(one)
    html = page(await client.get(f"/articles/{one['id']}"))
    assert texts(html, "h1") == ["Indexed alone"]
    assert not html.css(".history")


async def test_an_address_that_is_no_web_address_is_no_link(client: httpx.AsyncClient, put: Put) -> None:
    bad = {"url": "javascript:alert(1)", "headline": '"><img src=x onerror=alert(1)>', "authors": ["<i>x</i>"]}
    one = document("a", **bad, body="<script>alert(1)</script>", keywords=['"><b>'])
    await put(one)
    answer = await client.get(f"/articles/{one['id']}")
    html = page(answer)
    assert "javascript:" not in answer.text
    assert not html.css("main script, img, i, b")
    assert texts(html, "h1") == ['"><img src=x onerror=alert(1)>']


async def test_a_half_empty_document_is_shown(client: httpx.AsyncClient, put: Put) -> None:
    id = document("a")["id"]
    await put({"id": id, "revision": 1})
    await put(
        {"id": document("b")["id"], "revision": 1, "headline": None, "places": ["Town"], "date_published": "2024-01-01"}
    )
    for slug in "ab":
        html = page(await client.get(f"/articles/{document(slug)['id']}"))
        assert texts(html, "h1") == ["No headline"]
    assert len(page(await client.get("/")).css(".results > li")) == 2


@pytest.mark.parametrize("why", BodyMissing)
async def test_an_article_without_a_text_says_why(client: httpx.AsyncClient, keep_versions: Keep, why: str) -> None:
    id = await keep_versions(replace(FIRST, body="", body_missing=why))
    html = page(await client.get(f"/articles/{id}"))
    assert texts(html, "h1") == [FIRST.headline]
    assert texts(html, ".body .note") == [WITHOUT_TEXT[why]]
    assert "No text" in texts(html, ".mark")
    assert (await client.get(f"/api/articles/{id}")).json()["body_missing"] == why
    results = page(await client.get(f"/?body_missing={why}"))
    assert len(results.css(".results > li")) == 1
    assert "No text" in texts(results, ".results .mark")


STATED = replace(
    FIRST,
    genre=Genre.ANALYSIS,
    locked_parts=(".paid",),
    correction="Seven were missing at first.",
    correction_notices=(
        CorrectionNotice(text="Seven were missing at first."),
        CorrectionNotice(text="The bridge is the <old> one.", url="https://news.example/corrections/7"),
    ),
    is_based_on=("https://news.example/report", "A report of the river board"),
    claim_reviews=(
        ClaimReview(claim="Nobody is missing.", claimant="Ann Poe", verdict="False", url=URL),
        ClaimReview(claim="It never rained.", url="https://news.example/rain"),
    ),
)


async def test_what_a_page_states_for_machines_is_on_the_page_and_in_the_api(
    client: httpx.AsyncClient, keep_versions: Keep
) -> None:
    id = await keep_versions(STATED)
    html = page(await client.get(f"/articles/{id}"))
    marks = texts(html, ".where .mark")
    assert {"Analysis", "Partly for subscribers", "Corrected"} <= set(marks)
    assert texts(html, "p.correction") == [
        "Correction: Seven were missing at first.",
        "Correction: The bridge is the <old> one.",
    ]
    assert texts(html, ".claims li") == ["Nobody is missing. – Ann Poe: False", "It never rained. review"]
    assert link(html, "review") == "https://news.example/rain"
    assert link(html, "https://news.example/report") == "https://news.example/report"
    assert "A report of the river board" in texts(html, ".addresses li")
    told = (await client.get(f"/api/articles/{id}")).json()
    stated = STATED.as_json()
    for name in ("genre", "locked_parts", "correction_notices", "is_based_on", "claim_reviews"):
        assert told[name] == stated[name], name


async def test_a_live_blog_shows_its_entries(client: httpx.AsyncClient, put: Put) -> None:
    entry = {"headline": "Noon", "body": "It is noon.\nStill.", "date_published": "2024-02-08T12:00:00Z"}
    entry |= {"date_precision": "minute", "date_source": "time-tag"}
    one = document("live", kind="live_blog", entries=[entry])
    await put(one)
    html = page(await client.get(f"/articles/{one['id']}"))
    assert texts(html, ".entry h2") == ["Noon"]
    assert texts(html, ".entry time") == ["8 February 2024, 12:00 UTC"]


async def test_copies_are_named_with_who_was_first(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    words = "The talks over the fishing grounds ended without a treaty but with a date for another round".split()
    body = " ".join(f"{one} {other}" for one in words for other in words[:4])
    earlier = Moment(at=AT - timedelta(days=1), precision=Precision.MINUTE, source=TimeSource.META)
    first = await keep_versions(Article(url=URL, headline="First", body=body, date_published=earlier))
    copy = await keep_versions(Article(url=f"{URL}-copy", headline="Copy", body=body))
    html = page(await client.get(f"/articles/{copy}"))
    assert link(html, "The Example") == "/?outlet=example"
    assert [node.attributes["href"] for node in html.css(".about .copies a")] == [f"/articles/{first}"]
    assert texts(html, ".copies li") == [
        "The Example first published 7 February 2024, 04:00 UTC",
        "This article repeat 100% alike first seen 8 February 2024, 04:00 UTC",
    ]
    html = page(await client.get(f"/articles/{first}"))
    assert "100% alike" in texts(html, ".about li")[-1]
    html = page(await client.get("/"))
    assert len(html.css(".results > li")) == 1


async def test_what_a_copy_claims_stands_beside_what_we_saw(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    body = " ".join(f"word{number}" for number in range(80))
    long_ago = Moment(at=datetime(1996, 1, 1, 9, tzinfo=UTC), precision=Precision.MINUTE, source=TimeSource.META)
    earlier = Moment(at=AT - timedelta(hours=1), precision=Precision.MINUTE, source=TimeSource.META)
    first = await keep_versions(Article(url=URL, headline="First", body=body, date_published=earlier))
    copy = await keep_versions(Article(url=f"{URL}-copy", headline="Copy", body=body, date_published=long_ago))
    html = page(await client.get(f"/articles/{copy}"))
    assert texts(html, ".copies .out")[1] == "states 1 January 1996, 09:00 UTC, first seen 8 February 2024, 04:00 UTC"
    assert [node.attributes["href"] for node in html.css(".copies li:first-child a")] == [f"/articles/{first}"]
    (result,) = page(await client.get("/")).css(".results > li")
    assert "Same text at" in result.text()


async def test_the_last_attempt_stands_under_the_history(
    client: httpx.AsyncClient, keep_versions: Keep, engine: AsyncEngine
) -> None:
    id = await keep_versions(FIRST)
    assert not page(await client.get(f"/articles/{id}")).css(".attempt")
    outlet = Outlet(slug="example", name="The Example", home="https://example.org/")
    visit = Visit(outlet=outlet, url=URL, fetched_at=AT + timedelta(hours=1), status=200, digest=Digest(article=FIRST))
    await record(engine, visit)
    html = page(await client.get(f"/articles/{id}"))
    assert texts(html, ".attempt")[0].startswith("Last attempt 8 February 2024, 05:00 UTC: unchanged.")
    assert not html.css(".attempt strong")
    gone = replace(visit, digest=None, status=410, fetched_at=AT + timedelta(hours=2))
    await record(engine, gone.ended(Outcome.GONE, "the site answers 410"))
    html = page(await client.get(f"/articles/{id}"))
    assert texts(html, ".attempt") == [
        "Last attempt 8 February 2024, 06:00 UTC: gone (the site answers 410). Next fetch 9 February 2024, 06:00 UTC."
    ]
    assert texts(html, ".attempt strong") == ["gone (the site answers 410)"]
    assert texts(html, ".mark.gone") == ["Missing"], "one answer makes no withdrawal"


async def test_a_version_that_is_unexplained_accuses_nobody(
    client: httpx.AsyncClient, keep_versions: Keep, engine: AsyncEngine
) -> None:
    third = Article(**{**vars(SECOND), "headline": "8 missing after flood"})
    id = await keep_versions(FIRST, SECOND, third)
    unexplained = Edits(kinds=(EditKind.UNEXPLAINED,)).as_json()
    async with engine.begin() as connection:
        await connection.execute(update(versions).where(versions.c.version == 2).values(edits=unexplained))
    html = page(await client.get(f"/articles/{id}"))
    second = texts(html, ".history li")[1]
    assert "Unexplained" in second
    assert "Extracted differently than before; what the outlet changed is unknown." in second
    assert not {"Silent", "words"} & set(second.split())
    for pair in ("1..2", "2..1", "1..3"):
        html = page(await client.get(f"/articles/{id}/versions/{pair}"))
        assert "what the outlet changed is unknown" in texts(html, ".summary")[0]
        assert "Silent edit" not in texts(html, ".summary")[0]
    html = page(await client.get(f"/articles/{id}/versions/2..3"))
    assert "Silent edit" in texts(html, ".summary")[0]
    told = (await client.get(f"/api/articles/{id}/versions/1..2")).json()
    assert (told["edits"]["kinds"], told["edits"]["stealth"]) == (["unexplained"], False)


async def test_unexplained_versions_can_be_searched_for(client: httpx.AsyncClient, put: Put) -> None:
    edit = {"version": 2, "at": "2024-02-08T05:00:00Z", "stealth": False}
    await put(
        document("a", version=2, edits=[edit | {"kind": "unexplained"}], edit_kinds=["unexplained"], stealth=False),
        document("b", version=2, edits=[edit | {"kind": "number"}], edit_kinds=["number"], stealth=False),
    )
    html = page(await client.get("/?edit_kinds=unexplained"))
    assert texts(html, ".results h2") == ["a"]
    (mark,) = html.css(".results .mark")
    assert mark.attributes["title"].startswith("The text was extracted differently than before")
    assert "Unexplained" in html.css_first(".facets").text()


async def test_a_withdrawal_stands_in_the_history(
    client: httpx.AsyncClient, keep_versions: Keep, engine: AsyncEngine
) -> None:
    id = await keep_versions(FIRST)
    async with engine.begin() as connection:
        for days in (1, 3):
            await miss(connection, URL, 410, AT + timedelta(days=days))
    html = page(await client.get(f"/articles/{id}"))
    assert texts(html, ".where .mark") == ["Withdrawn"]
    assert "Withdrawn 11 February 2024, 04:00 UTC The outlet answered 410" in texts(html, ".history li")[-1]
    async with engine.begin() as connection:
        await meet(connection, UUID(id), AT + timedelta(days=5))
    html = page(await client.get(f"/articles/{id}"))
    assert texts(html, ".where .mark") == []
    assert "back since 13 February 2024" in texts(html, ".history li")[-1]


MISSING = [
    ("/articles/7", "'7' is not an article's id."),
    ("/articles/%00", "There is nothing at this address."),
    ("/articles/%ff%fe", "is not an article's id."),
    ("/articles/" + "9" * 5_000, "is not an article's id."),
    ("/articles/00000000-0000-0000-0000-000000000000", "No article has the id"),
    ("/nowhere", "There is nothing at /nowhere."),
    ("/articles/", "There is nothing at"),
]


async def test_what_is_not_there_is_a_page_that_says_so(client: httpx.AsyncClient) -> None:
    for path, sentence in MISSING:
        answer = await client.get(path)
        assert answer.status_code == 404, path
        assert sentence in unescape(answer.text)


async def test_a_pair_of_versions_that_are_not_there_is_not_found(
    client: httpx.AsyncClient, keep_versions: Keep
) -> None:
    id = await keep_versions(FIRST, SECOND)
    for pair in ("1..9", "0..1", "a..b", "1..2..3", "-1..1", "٣..1", "1..9999999999", "%00"):
        assert (await client.get(f"/articles/{id}/versions/{pair}")).status_code == 404, pair
