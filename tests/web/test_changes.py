"""What outlets changed: listed with the words, filtered, paged without gaps, followed in a feed reader."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from xml.etree import ElementTree

import httpx
import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.change_log import ChangeKey
from ledger.schema import versions
from ledger.tombstones import meet, miss
from ledger.visit_transaction import record
from news.edits import EditKind, Edits
from news.outcome import Outcome
from news.outlet import Outlet
from news.visit import Visit
from tests.web.conftest import AT, Keep
from tests.web.reader import link, page, texts
from tests.web.test_article_page import FIRST, SECOND, URL
from web.change_list import _encoded

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
async def changed(keep_versions: Keep, engine: AsyncEngine) -> str:
    """Keep an article with a silent edit and a correction, one that is withdrawn, and one that came back."""
    noticed = replace(SECOND, body="Eight people are missing.", correction="An earlier version said seven.")
    id = await keep_versions(FIRST, SECOND, noticed)
    for name, back in (("gone", False), ("back", True)):
        other = await keep_versions(replace(FIRST, url=f"{URL}-{name}", headline=name, body=f"Only {name}."))
        async with engine.begin() as connection:
            await miss(connection, f"{URL}-{name}", 410, AT + DAY)
            await miss(connection, f"{URL}-{name}", 410, AT + 3 * DAY)
            if back:
                await meet(connection, UUID(other), AT + 4 * DAY)
    return id


async def test_every_change_is_listed_the_newest_first_with_the_words_that_changed(
    client: httpx.AsyncClient, changed: str
) -> None:
    html = page(await client.get("/changes"))
    marks = [[mark.text() for mark in row.css(".mark")] for row in html.css(".results > li")]
    assert [row[0] for row in marks[:3]] == ["Back again", "Withdrawn", "Withdrawn"]
    assert "Correction notice" in marks[3]
    assert marks[4][0] == "Silent edit"
    silent = html.css(".results > li")[4]
    assert [each.text().strip() for each in silent.css("del")] == ["5", "Five", "The bridge is closed."]
    assert [each.text().strip() for each in silent.css("ins")] == ["7", "Seven"]
    (href,) = [each.attributes["href"] for each in silent.css("h2 a")]
    assert href == f"/articles/{changed}/versions/1..2"


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("", 5),
        ("only=silent", 1),
        ("only=corrections", 1),
        ("only=withdrawn", 2),
        ("only=returned", 1),
        ("kind=headline", 1),
        ("kind=headline&kind=correction_notice", 2),
        ("kind=unexplained", 0),
        ("outlet=example", 5),
        ("from=2024-02-12", 1),
        ("until=2024-02-08", 2),
        ("from=2024-02-08T05:30:00Z&until=2024-02-09", 1),
        ("until=2024-02-08T06:00:00Z&only=corrections", 0),
        ("outlet=&kind=&from=&until=&only=&size=&cursor=&timezone=", 5),
    ],
)
@pytest.mark.usefixtures("changed")
async def test_changes_are_filtered(client: httpx.AsyncClient, asked: str, count: int) -> None:
    assert len(page(await client.get(f"/changes?{asked}")).css(".results > li")) == count
    assert len((await client.get(f"/api/changes?{asked}")).json()["changes"]) == count


@pytest.mark.usefixtures("changed")
async def test_pages_of_changes_have_no_gap_even_at_one_instant(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE versions SET seen_at = '2024-02-11T04:00:00Z'"))
    whole = (await client.get("/api/changes")).json()["changes"]
    assert len(whole) == 5
    for size in (1, 2, 5):
        found, cursor = [], ""
        while cursor is not None:
            answer = (await client.get("/api/changes", params={"size": size, "cursor": cursor})).json()
            found += answer["changes"]
            cursor = answer["next_cursor"]
        assert found == whole
    html = page(await client.get("/changes?size=2"))
    assert texts(page(await client.get(link(html, "Earlier changes"))), ".results h2") == [
        each["headline"] for each in whole[2:4]
    ]


@pytest.mark.parametrize("status", [404, 410])
async def test_a_page_that_was_not_there_once_is_listed_and_marked_until_that_is_settled(
    client: httpx.AsyncClient, keep_versions: Keep, engine: AsyncEngine, status: int
) -> None:
    id = await keep_versions(FIRST)
    example = Outlet(slug="example", name="The Example", home="https://example.org/")

    async def answered(at: datetime) -> None:
        gone = Visit(outlet=example, url=URL, fetched_at=at, outcome=Outcome.GONE, status=status)
        await record(engine, gone)

    async def listed() -> list[tuple[str, int | None]]:
        found = (await client.get("/api/changes?only=withdrawn")).json()["changes"]
        return [(each["type"], each.get("status")) for each in found]

    async def marks() -> list[str]:
        return texts(page(await client.get(f"/articles/{id}")), ".story > .where .mark")

    await answered(AT + DAY)
    assert await listed() == [("missing", status)]
    assert await marks() == ["Missing"]
    html = page(await client.get("/changes"))
    assert texts(html, ".results .mark") == ["Missing"]
    assert f"answered {status} once" in texts(html, ".results .under")[0]
    assert (await client.get("/changes?only=returned")).text.count("Missing") == 0
    # the place of such an entry is one in the list, as that of any other
    cursor = _encoded(ChangeKey(at=AT + DAY, article_id=UUID(id), number=-2))
    assert (await client.get("/api/changes", params={"cursor": cursor})).json()["changes"] == []
    await answered(AT + 3 * DAY)
    assert await listed() == [("withdrawn", status)]
    async with engine.begin() as connection:
        await meet(connection, UUID(id), AT + 4 * DAY)
    assert await listed() == [("withdrawn", status)]
    await answered(AT + 5 * DAY)
    async with engine.begin() as connection:
        await meet(connection, UUID(id), AT + 5 * DAY + HOUR)
    assert await listed() == [("withdrawn", status)]
    assert await marks() == []


async def test_what_our_own_reading_changed_is_no_change_of_the_outlet(
    client: httpx.AsyncClient, keep_versions: Keep, engine: AsyncEngine
) -> None:
    await keep_versions(FIRST, SECOND)
    unexplained = Edits(kinds=(EditKind.UNEXPLAINED,)).as_json()
    async with engine.begin() as connection:
        await connection.execute(update(versions).where(versions.c.version == 2).values(edits=unexplained))
    assert (await client.get("/api/changes")).json()["changes"] == []
    assert len((await client.get("/api/changes?kind=unexplained")).json()["changes"]) == 1


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("outlet=exampel", "No outlet 'exampel'. Did you mean 'example'?"),
        ("only=stealth", "The parameter 'only' cannot be 'stealth'."),
        ("kind=head", "The parameter 'kind' cannot be 'head'."),
        ("from=someday", "'someday' is not a date"),
        ("timezone=Mars", "There is no time zone 'Mars'"),
        ("size=0", "The parameter 'size' must be"),
        ("size=9999999999", "The parameter 'size' must be"),
        ("cursor=xyz", "The cursor is not valid"),
        ("cursor=WzEsMiwzXQ", "The cursor is not valid"),
        ("outlets=example", "There is no parameter 'outlets' here. Did you mean 'outlet'?"),
    ],
)
@pytest.mark.usefixtures("changed")
async def test_what_cannot_be_asked_is_answered_with_what_was_meant(
    client: httpx.AsyncClient, asked: str, sentence: str
) -> None:
    answer = await client.get(f"/api/changes?{asked}")
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]
    if not asked.startswith("outlets"):  # someone's tracking parameter
        answer = await client.get(f"/changes?{asked}")
        assert answer.status_code == 400
        assert sentence.replace("'", "&#39;") in answer.text


@pytest.mark.usefixtures("changed")
async def test_changes_are_followed_in_a_feed_reader(client: httpx.AsyncClient) -> None:
    html = page(await client.get("/changes?only=silent"))
    atom, feed = (each.attributes["href"] or "" for each in html.css("link[rel=alternate]"))
    answer = await client.get(atom)
    root = ElementTree.fromstring(answer.content)
    (summary,) = [each.text for each in root.iter("{http://www.w3.org/2005/Atom}summary")]
    assert summary
    assert summary.startswith("[-5-] {+7+} missing after flood")
    assert (await client.get(atom, headers={"If-None-Match": answer.headers["etag"]})).status_code == 304
    (item,) = (await client.get(feed)).json()["items"]
    assert item["title"].startswith("7 missing after flood (Silent edit, ") or "Silent edit" in item["title"]
    every = (await client.get("/feeds/changes.json")).json()["items"]
    assert len({each["id"] for each in every}) == 5
    assert datetime.fromisoformat(every[0]["date_modified"]) == AT.astimezone(UTC) + 4 * DAY


async def test_without_a_change_the_page_says_so(client: httpx.AsyncClient) -> None:
    assert "No article has changed yet" in (await client.get("/changes")).text
    assert "No such change was seen" in (await client.get("/changes?only=silent")).text
