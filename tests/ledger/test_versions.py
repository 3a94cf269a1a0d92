"""One article, however its address changes; its texts, what changed between them, and what never takes their place."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from ledger.articles import documents, find, history
from ledger.schema import articles, versions
from news.article import BodyMissing, Genre
from news.digest import pack_json
from news.edits import EditKind
from news.outcome import Outcome
from tests.ledger import readings
from tests.ledger.readings import article, fail, hour, published, read

URL = "https://daily.example/politics/mayor-resigns-after-vote"
BODY = f"The mayor resigned after 120 of 150 members voted against him.\n{readings.text(1)}"
ARTICLE = article(URL, BODY)


async def told_of(engine, recorded):
    """Return the index's document and the versions of what was recorded."""
    assert recorded.article_id is not None
    async with engine.connect() as connection:
        document = (await documents(connection, [recorded.article_id]))[recorded.article_id]
        return document, await history(connection, recorded.article_id)


async def only(engine):
    async with engine.connect() as connection:
        return (await connection.execute(select(articles))).one()


@pytest.mark.parametrize(
    "page",
    [
        "http://daily.example/politics/mayor-resigns-after-vote",
        "https://www.daily.example/politics/mayor-resigns-after-vote/",
        "https://m.daily.example/politics/mayor-resigns-after-vote",
        "https://daily.example/amp/politics/mayor-resigns-after-vote",
        "https://daily.example/politics/mayor-resigns-after-vote?view=print",
    ],
)
async def test_another_form_of_the_address_is_the_same_article(engine, page):
    one = await read(engine, ARTICLE, hour(0))
    other = await read(engine, article(page, BODY), hour(1), outlet="daily")
    assert other.article_id == one.article_id
    assert other.outcome is Outcome.UNCHANGED
    async with engine.connect() as connection:
        assert await find(connection, page) == one.article_id


async def test_a_new_slug_with_the_old_number_is_the_same_article(engine):
    old, new = (f"https://daily.example/politics/{slug}-123456" for slug in ("mayor-to-resign", "mayor-resigns"))
    one = await read(engine, article(old, BODY), hour(0))
    other = await read(engine, article(new, BODY.replace("120", "130"), headline="Mayor resigns"), hour(1))
    assert (other.article_id, other.outcome, other.version) == (one.article_id, Outcome.CHANGED, 2)
    assert (await only(engine)).url == new
    async with engine.connect() as connection:
        assert await find(connection, old) == await find(connection, new) == one.article_id


async def test_a_translation_under_the_same_number_is_another_article(engine):
    one, other = (f"https://daily.example/{slug}-123456" for slug in ("mayor-resigns-today", "maire-demissionne-enfin"))
    first = await read(engine, article(one, BODY), hour(0))
    second = await read(engine, article(other, readings.text(9), in_language="fr"), hour(1))
    assert first.article_id != second.article_id


async def test_another_text_under_the_same_number_is_another_article(engine):
    one, other = (f"https://daily.example/{slug}-123456" for slug in ("mayor-resigns-today", "team-wins-the-cup"))
    first = await read(engine, article(one, "The mayor has resigned. " * 9), hour(0))
    second = await read(engine, article(other, "A late goal decided it. " * 9), hour(1))
    assert first.article_id != second.article_id


async def test_an_article_that_moved_goes_on_having_versions(engine):
    await read(engine, ARTICLE, hour(0))
    moved = article("https://daily.example/archive/mayor-resigns", BODY.replace("120", "121"))
    recorded = await read(engine, moved, hour(1), asked=URL)
    assert (recorded.outcome, recorded.version) == (Outcome.CHANGED, 2)
    again = replace(moved, body=BODY.replace("120", "122"))
    recorded = await read(engine, again, hour(2))
    assert (recorded.outcome, recorded.version) == (Outcome.CHANGED, 3)


async def test_an_article_that_moved_unchanged_is_published_under_its_new_address(engine):
    one = await read(engine, ARTICLE, hour(0))
    moved = replace(ARTICLE, url="https://daily.example/archive/mayor-resigns")
    recorded = await read(engine, moved, hour(1), asked=URL)
    assert (recorded.outcome, recorded.article_id) == (Outcome.UNCHANGED, one.article_id)
    document, _ = await told_of(engine, one)
    assert (document["url"], document["revision"], document["version"]) == (moved.url, 2, 1)


async def test_a_reading_that_comes_late_does_not_bring_an_old_text_back(engine):
    await read(engine, ARTICLE, hour(0))
    await read(engine, replace(ARTICLE, headline="Mayor gone"), hour(2))
    recorded = await read(engine, ARTICLE, hour(1))
    assert (recorded.outcome, recorded.version) == (Outcome.UNCHANGED, 2)
    assert (await only(engine)).document["headline"] == "Mayor gone"


async def test_a_share_count_makes_no_version(engine):
    await read(engine, ARTICLE, hour(0))
    recorded = await read(engine, replace(ARTICLE, keywords=("7 shares",)), hour(1))
    assert (recorded.outcome, recorded.version) == (Outcome.UNCHANGED, 1)


async def test_a_field_that_joins_gives_an_old_article_no_version(engine):
    one = await read(engine, ARTICLE, hour(0))
    old = {name: value for name, value in ARTICLE.as_json().items() if name != "genre"}
    async with engine.begin() as connection:  # as a Broadsheet stored it that did not read the field
        await connection.execute(update(articles).values(document=articles.c.document.op("-")("genre")))
        await connection.execute(update(versions).values(article=pack_json(old)))
    recorded = await read(engine, replace(ARTICLE, genre=Genre.OPINION), hour(1))
    assert (recorded.outcome, recorded.version) == (Outcome.UNCHANGED, 1)
    document, found = await told_of(engine, one)
    assert (document["genre"], document["revision"]) == ("opinion", 2), "the index gets it"
    assert [version.article for version in found] == [ARTICLE]


async def test_every_version_can_be_read_with_its_edits(engine):
    one = await read(engine, ARTICLE, hour(0))
    await read(engine, replace(ARTICLE, body=BODY.replace("120", "121")), hour(1))
    await read(engine, replace(ARTICLE, body=BODY.replace("120", "122"), headline="Mayor gone"), hour(2))
    _, told = await told_of(engine, one)
    assert [each.number for each in told] == [1, 2, 3]
    assert [each.seen_at for each in told] == [hour(0), hour(1), hour(2)]
    assert [each.edits and each.edits.kinds for each in told] == [
        None,
        (EditKind.NUMBER,),
        (EditKind.NUMBER, EditKind.HEADLINE),
    ]
    assert told[1].edits.stealth
    assert told[0].article == ARTICLE


async def test_the_index_gets_a_line_for_each_kind_of_edit(engine):
    one = await read(engine, ARTICLE, hour(0))
    await read(engine, replace(ARTICLE, body=BODY.replace("120", "121")), hour(1))
    document, _ = await told_of(engine, one)
    assert document["edits"] == [{"kind": "number", "version": 2, "at": "2026-03-02T09:00:00Z", "stealth": True}]
    assert (document["edit_kinds"], document["stealth"], document["revision"]) == (["number"], True, 2)


@pytest.mark.parametrize("outcome", [Outcome.WALL, Outcome.NOT_AN_ARTICLE, Outcome.EMPTY, Outcome.SERVER_ERROR])
async def test_a_wall_or_an_error_page_leaves_the_article_alone(engine, outcome):
    await read(engine, ARTICLE, hour(0))
    before = await only(engine)
    recorded = await fail(engine, URL, outcome, hour(1), status=200)
    assert recorded.outcome is outcome
    assert (await only(engine)) == before


async def test_what_a_paywall_leaves_of_a_text_does_not_take_its_place(engine):
    await read(engine, ARTICLE, hour(0))
    before = await only(engine)
    teaser = replace(ARTICLE, body=BODY[:200], is_accessible_for_free=False)
    assert (await read(engine, teaser, hour(1))).outcome is Outcome.WALL
    assert (await only(engine)) == before


async def test_a_text_that_was_shortened_in_the_open_is_a_version(engine):
    await read(engine, ARTICLE, hour(0))
    assert (await read(engine, replace(ARTICLE, body=BODY[:200]), hour(1))).outcome is Outcome.CHANGED


async def test_a_text_that_comes_out_from_behind_a_wall_is_no_edit(engine):
    teaser = replace(ARTICLE, body=BODY[:200], is_accessible_for_free=False)
    one = await read(engine, teaser, hour(0))
    whole = await read(engine, replace(ARTICLE, date_published=published(0)), hour(1))
    assert (whole.outcome, whole.version) == (Outcome.UNCHANGED, 1)
    document, told = await told_of(engine, one)
    assert (len(told), told[0].article.body, document["body"]) == (1, BODY, BODY)


async def test_a_headline_that_changes_as_the_wall_falls_is_an_edit_and_the_text_is_none(engine):
    await read(engine, replace(ARTICLE, body=BODY[:200], is_accessible_for_free=False), hour(0))
    whole = await read(engine, replace(ARTICLE, headline="Another headline altogether"), hour(1))
    _, told = await told_of(engine, whole)
    assert told[1].edits.kinds == ("headline",)


async def test_a_page_that_shows_no_text_any_more_leaves_the_text_that_we_have(engine):
    await read(engine, ARTICLE, hour(0))
    before = await only(engine)
    empty = await read(engine, replace(ARTICLE, body=""), hour(1))
    assert (empty.outcome, "stays" in empty.reason) == (Outcome.WALL, True)
    assert (await only(engine)) == before


@pytest.mark.parametrize("why", BodyMissing)
@pytest.mark.parametrize("other", [{}, {"headline": "Another headline altogether"}, {"authors": ()}])
async def test_a_page_whose_text_cannot_be_read_now_is_no_version(engine, why, other):
    await read(engine, ARTICLE, hour(0))
    before = await only(engine)
    lost = await read(engine, replace(ARTICLE, body="", body_missing=why, **other), hour(1))
    assert (lost.outcome, f"({why})" in lost.reason, "stays" in lost.reason) == (Outcome.WALL, True, True)
    assert (await only(engine)) == before
    assert (await read(engine, ARTICLE, hour(2))).outcome is Outcome.UNCHANGED


async def test_a_text_that_stands_as_its_standfirst_only_stays_a_text(engine):
    whole = replace(ARTICLE, standfirst="")
    await read(engine, whole, hour(0))
    before = await only(engine)
    # the same words, and so the same mark: of a film's page what is said of it may be either
    lost = replace(whole, standfirst=whole.body, body="", body_missing=BodyMissing.PAYWALL)
    assert (await read(engine, lost, hour(1))).outcome is Outcome.WALL
    assert (await only(engine)) == before


async def test_a_text_that_can_be_read_at_last_is_no_edit(engine):
    missing = replace(ARTICLE, body="", body_missing=BodyMissing.SCRIPT)
    one = await read(engine, missing, hour(0))
    assert (one.outcome, (await only(engine)).story_id) == (Outcome.NEW, None)
    assert (await read(engine, missing, hour(1))).outcome is Outcome.UNCHANGED
    whole = await read(engine, ARTICLE, hour(2))
    assert (whole.outcome, whole.version) == (Outcome.UNCHANGED, 1)
    document, told = await told_of(engine, one)
    assert (document["body"], document["body_missing"], document.get("edits")) == (BODY, None, None)
    assert [(each.article.body, each.edits) for each in told] == [(BODY, None)]
    # from now on an edit is one
    assert (await read(engine, replace(ARTICLE, body=BODY.replace("120", "121")), hour(3))).version == 2


async def test_a_headline_that_changes_as_the_text_comes_is_an_edit_and_the_text_is_none(engine):
    await read(engine, replace(ARTICLE, body="", body_missing=BodyMissing.PAYWALL), hour(0))
    whole = await read(engine, replace(ARTICLE, headline="Another headline altogether"), hour(1))
    _, told = await told_of(engine, whole)
    assert told[1].edits.kinds == ("headline",)


async def test_another_reason_why_there_is_no_text_is_no_version(engine):
    await read(engine, replace(ARTICLE, body="", body_missing=BodyMissing.SCRIPT), hour(0))
    again = await read(engine, replace(ARTICLE, body="", body_missing=BodyMissing.PAYWALL), hour(1))
    assert (again.outcome, again.version) == (Outcome.UNCHANGED, 1)
    assert (await only(engine)).document["body_missing"] == "paywall"


async def test_articles_without_a_text_are_no_copies_of_each_other(engine):
    for number in range(3):
        missing = article(f"https://daily{number}.example/film", "", headline="Film", body_missing=BodyMissing.VIDEO)
        await read(engine, missing, hour(number))
    async with engine.connect() as connection:
        assert (await connection.execute(select(articles.c.story_id).distinct())).scalars().all() == [None]
