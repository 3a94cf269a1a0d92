"""A story's page: who had it first and why, what each copy changed, what happened when."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.stories import StoryEntry
from ledger.tombstones import miss
from news.article import Article
from news.moment import Moment, Precision, TimeSource
from tests.web.conftest import AT, Keep
from tests.web.reader import link, one, page, texts
from web.story_page import MOST_COMPARED, reason

TEXT = "\n".join(f"The talks over the fishing grounds went on for day {day} without a treaty." for day in range(12))
FIRST = Article(
    url="https://news.example/first",
    headline="Talks go on",
    body=TEXT,
    in_language="en",
    date_published=Moment(at=AT - timedelta(hours=3), precision=Precision.MINUTE, source=TimeSource.JSON_LD),
)
COPY = replace(
    FIRST,
    url="https://news.example/copy",
    headline="Talks fail",
    body=TEXT.replace("day 3", "day 33"),
    agencies=("AP",),
    date_published=None,
)


async def story_of(client: httpx.AsyncClient, id: str) -> str:
    return str((await client.get(f"/api/articles/{id}")).json()["story_id"])


async def test_a_story_says_who_was_first_and_why_and_what_each_copy_changed(
    client: httpx.AsyncClient, keep_versions: Keep
) -> None:
    first = await keep_versions(FIRST)
    copy = await keep_versions(COPY)
    html = page(await client.get(f"/stories/{await story_of(client, copy)}"))
    why = " ".join(texts(html, ".why-first p"))
    assert "The Example had this text first: its page states 8 February 2024, 01:00 UTC" in why
    assert "3 h later: its page states no time, and it was first seen 8 February 2024, 04:00 UTC." in why
    assert "1 of 2 names AP" in why
    (beside,) = html.css(".beside")
    assert [each.text().strip() for each in beside.css("tbody del")] == ["Talks go on", "3"]
    assert [each.text().strip() for each in beside.css("tbody ins")] == ["Talks fail", "AP", "33"]
    left, right = beside.css("tbody tr")[0].css("td")
    assert (left.text(), right.text()) == ("Talks go on", "Talks fail")
    assert "11 are the same" in one(html, ".beside summary").text()
    for id in (first, copy):
        assert link(page(await client.get(f"/articles/{id}")), "Who had it first").startswith("/stories/")


async def test_what_happened_to_each_stands_in_the_order_of_time(
    client: httpx.AsyncClient, keep_versions: Keep, engine: AsyncEngine
) -> None:
    id = await keep_versions(FIRST, replace(FIRST, headline="Talks go on and on"))
    await keep_versions(COPY)
    async with engine.begin() as connection:
        await miss(connection, COPY.url, 410, AT + timedelta(days=1))
        await miss(connection, COPY.url, 410, AT + timedelta(days=3))
    html = page(await client.get(f"/stories/{await story_of(client, id)}"))
    events = [" ".join(each.css_first("span").text().split()) for each in html.css(".events li")]  # type: ignore[union-attr]
    assert [each.split()[2] for each in events] == ["published", "first", "version", "answered"]
    assert "Withdrawn" in events[-1]
    at = [each.attributes["datetime"] or "" for each in html.css(".events time")]
    assert at == sorted(at)


async def test_of_many_copies_some_are_compared_and_each_can_be(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    ids = [await keep_versions(replace(FIRST, url=f"https://news.example/{n}")) for n in range(MOST_COMPARED + 3)]
    story = await story_of(client, ids[0])
    html = page(await client.get(f"/stories/{story}"))
    assert len(html.css(".beside")) == MOST_COMPARED + 2
    assert texts(html, ".beside").count("Word for word the same.") == 0
    assert sum("Word for word the same." in each for each in texts(html, ".beside")) == MOST_COMPARED
    href = link(html, "Compare it with the first")
    id = href.partition("#copy-")[2]
    (asked,) = page(await client.get(href)).css(f"[id=copy-{id}]")
    assert "Word for word the same." in asked.text()


async def test_an_id_that_is_none_and_one_of_no_story(client: httpx.AsyncClient) -> None:
    for id in ("seven", str(uuid4())):
        answer = await client.get(f"/stories/{id}")
        assert answer.status_code == 404
        assert id in answer.text


CLAIM = AT - timedelta(hours=1)


@pytest.mark.parametrize(
    ("claimed", "out_by", "words"),
    [
        (None, AT, "states no time"),
        (Moment(at=CLAIM, precision=Precision.MINUTE, source=TimeSource.META), CLAIM, "its page states 8 February"),
        (Moment(at=AT.date(), precision=Precision.DAY, source=TimeSource.URL), AT, "before the time that its page"),
        (
            Moment(at=AT.date() - timedelta(days=2), precision=Precision.DAY, source=TimeSource.URL),
            AT - timedelta(hours=16),
            "a day counts from its end anywhere on earth",
        ),
        (Moment(at=AT + timedelta(hours=1), precision=Precision.MINUTE, source=TimeSource.META), AT, "before the time"),
        (
            Moment(at=AT - timedelta(days=90), precision=Precision.MINUTE, source=TimeSource.META),
            AT,
            "would need another witness",
        ),
    ],
)
def test_why_a_time_counts_is_said_of_each_kind_of_statement(claimed, out_by, words) -> None:  # type: ignore[no-untyped-def]
    member = StoryEntry(
        article_id=UUID(int=1),
        story_id=UUID(int=1),
        outlet="x",
        url="https://x.example/",
        headline="",
        out_by=out_by,
        first_seen_at=AT,
        claimed=claimed,
        copy_of=None,
        similarity=None,
        credited_agency="",
    )
    assert words in reason(member, "UTC")
