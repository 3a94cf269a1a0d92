"""Texts that turn up out of order, and texts that are read again: where they stand in an article's history."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest
from sqlalchemy import func, select

from ledger.articles import documents, history
from ledger.schema import articles, outbox, signatures
from ledger.store_article import store
from ledger.store_reprocessed import reprocess_archived
from ledger.stories import members_of
from news.article import BodyMissing
from news.outcome import Outcome
from tests.ledger import readings
from tests.ledger.readings import article, hour, read, reading

URL = "https://daily.example/politics/mayor-resigns-after-vote"
TEXTS = [f"The mayor resigned after {votes} of 150 members voted.\n{readings.text(1)}" for votes in (120, 121, 122)]
NOW = datetime(2026, 11, 23, tzinfo=UTC)


async def imported(engine, body, at, url=URL, **fields):
    one = replace(reading(article(url, body, **fields), at), imported_at=NOW)
    async with engine.begin() as connection:
        return await store(connection, one)


async def anew(engine, body, at, url=URL, **fields):
    one = replace(reading(article(url, body, **fields), at), imported_at=NOW)
    async with engine.begin() as connection:
        return await reprocess_archived(connection, one)


async def story_of(connection, kept):
    return (await connection.execute(select(articles.c.story_id).where(articles.c.id == kept.article_id))).scalar_one()


async def told(engine, article_id):
    """Return the article's document, and its versions as (number, hour seen, which text, has edits)."""
    async with engine.connect() as connection:
        document = (await documents(connection, [article_id]))[article_id]
        versions = await history(connection, article_id)
    hours = [(each.seen_at - readings.START).total_seconds() / 3600 for each in versions]
    which = [TEXTS.index(each.article.body) if each.article.body in TEXTS else each.article.body for each in versions]
    return document, [
        (each.number, at, text, each.edits is not None) for each, at, text in zip(versions, hours, which, strict=True)
    ]


async def test_an_older_text_becomes_an_earlier_version_and_the_newest_stays(engine):
    fetched = await read(engine, article(URL, TEXTS[1]), hour(10))
    kept = await imported(engine, TEXTS[0], hour(2))
    assert (kept.outcome, kept.article_id, kept.version) == (Outcome.CHANGED, fetched.article_id, 1)
    document, versions = await told(engine, kept.article_id)
    assert versions == [(1, 2.0, 0, False), (2, 10.0, 1, True)]
    assert (document["body"], document["version"], document["revision"]) == (TEXTS[1], 2, 2)
    assert document["first_seen_at"] == hour(2).isoformat().replace("+00:00", "Z")
    assert document["fetched_at"] == hour(10).isoformat().replace("+00:00", "Z")
    assert [edit["version"] for edit in document["edits"]] == [2]


async def test_texts_in_any_order_make_one_history(engine):
    for number in (2, 0, 1):
        kept = await imported(engine, TEXTS[number], hour(number))
    _, versions = await told(engine, kept.article_id)
    assert versions == [(1, 0.0, 0, False), (2, 1.0, 1, True), (3, 2.0, 2, True)]


async def test_the_same_text_earlier_moves_its_first_sight(engine):
    await read(engine, article(URL, TEXTS[0]), hour(10))
    kept = await imported(engine, TEXTS[0], hour(2))
    assert (kept.outcome, kept.version) == (Outcome.UNCHANGED, 1)
    document, versions = await told(engine, kept.article_id)
    assert versions == [(1, 2.0, 0, False)]
    assert document["revision"] == 2


async def test_a_file_imported_twice_changes_nothing(engine):
    for number in (0, 1, 2):
        await imported(engine, TEXTS[number], hour(number))
    async with engine.connect() as connection:
        before = (await connection.execute(select(outbox.c.revision))).scalars().all()
    for number in (0, 1, 2):
        kept = await imported(engine, TEXTS[number], hour(number))
        assert kept.outcome is Outcome.UNCHANGED
    async with engine.connect() as connection:
        assert (await connection.execute(select(outbox.c.revision))).scalars().all() == before


async def test_a_text_between_two_sights_of_another_came_and_went(engine):
    await read(engine, article(URL, TEXTS[0]), hour(0))
    await read(engine, article(URL, TEXTS[0]), hour(10))
    kept = await imported(engine, TEXTS[1], hour(5))
    document, versions = await told(engine, kept.article_id)
    assert versions == [(1, 0.0, 0, False), (2, 5.0, 1, True), (3, 10.0, 0, True)]
    assert document["body"] == TEXTS[0]


async def test_what_a_wall_left_of_a_text_makes_no_earlier_version(engine):
    await read(engine, article(URL, TEXTS[0]), hour(0))
    await read(engine, article(URL, TEXTS[1]), hour(10))
    kept = await imported(engine, TEXTS[0][:100], hour(5), is_accessible_for_free=False)
    _, versions = await told(engine, kept.article_id)
    assert len(versions) == 2


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize(
    "remains",
    [{"body": "", "body_missing": BodyMissing.SCRIPT}, {"body": TEXTS[0][:60], "is_accessible_for_free": False}],
)
async def test_what_a_fault_or_a_wall_left_is_no_version_in_whatever_order_it_comes(engine, order, remains):
    texts = [remains, {"body": TEXTS[0]}, remains]
    for number in order:
        kept = await imported(engine, at=hour(number), **texts[number])
    document, versions = await told(engine, kept.article_id)
    assert [(number, text, has_edits) for number, _, text, has_edits in versions] == [(1, 0, False)]
    assert (document["body"], document["body_missing"], document["version"]) == (TEXTS[0], None, 1)
    again = await read(engine, article(URL, TEXTS[0]), hour(10))
    assert (again.outcome, again.version) == (Outcome.UNCHANGED, 1)


async def test_a_page_in_which_no_text_is_read_any_more_keeps_what_was_read_in_it(engine):
    for number in (0, 1):
        kept = await imported(engine, TEXTS[number], hour(number))
    before = await told(engine, kept.article_id)
    for number in (0, 1):
        lost = await anew(engine, "", hour(number), body_missing=BodyMissing.EMPTY)
        assert lost.outcome is Outcome.UNCHANGED
    assert await told(engine, kept.article_id) == before


async def test_who_copied_whom_is_told_by_time_and_not_by_the_order_of_import(engine):
    copy = await imported(engine, TEXTS[0], hour(30), url="https://copier.example/news/mayor-resigns-today")
    first = await imported(engine, TEXTS[0], hour(3))
    async with engine.connect() as connection:
        members = await members_of(connection, await story_of(connection, copy))
    assert [member.article_id for member in members] == [first.article_id, copy.article_id]
    assert members[1].copy_of == first.article_id


async def test_an_earlier_sight_of_a_copy_makes_it_the_first(engine):
    one = await imported(engine, TEXTS[0], hour(10))
    other = await imported(engine, TEXTS[0], hour(20), url="https://copier.example/news/mayor-resigns-today")
    await imported(engine, TEXTS[0], hour(1), url="https://copier.example/news/mayor-resigns-today")
    async with engine.connect() as connection:
        members = await members_of(connection, await story_of(connection, one))
    assert members[0].article_id == other.article_id
    assert members[1].copy_of == other.article_id


async def test_an_imported_signature_ages_from_its_import(engine):
    await imported(engine, TEXTS[0], hour(0))
    for number in range(40):
        await read(
            engine, article(f"https://daily.example/a/story-number-{number}", readings.text(number)), hour(24 * 60)
        )
    copy = await imported(engine, TEXTS[0], hour(9), url="https://copier.example/news/mayor-resigns-today")
    async with engine.connect() as connection:
        assert len(await members_of(connection, await story_of(connection, copy))) == 2


async def test_a_better_reader_replaces_the_text_and_makes_no_edit(engine):
    first = await read(engine, article(URL, TEXTS[0]), hour(0))
    await read(engine, article(URL, TEXTS[1]), hour(5))
    better = [f"{text}\nA last paragraph that the reader had missed." for text in TEXTS]
    kept = await anew(engine, better[1], hour(5))
    assert (kept.outcome, kept.version) == (Outcome.CHANGED, 2)
    await anew(engine, better[0], hour(0))
    document, versions = await told(engine, first.article_id)
    assert versions == [(1, 0.0, better[0], False), (2, 5.0, better[1], True)]
    assert (document["body"], document["version"], document["revision"]) == (better[1], 2, 4)
    # the missed paragraph is in both texts: the edit is what the outlet changed
    assert document["edit_kinds"] == ["number"]


async def test_a_version_that_the_reader_alone_had_made_goes(engine):
    first = await read(engine, article(URL, TEXTS[0]), hour(0))
    await read(engine, article(URL, f"{TEXTS[0]}\nRead also: the weather."), hour(5))
    await anew(engine, TEXTS[0], hour(0))
    await anew(engine, TEXTS[0], hour(5))
    document, versions = await told(engine, first.article_id)
    assert versions == [(1, 0.0, 0, False)]
    assert (document["body"], document["version"]) == (TEXTS[0], 1)
    assert "edits" not in document
    async with engine.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(signatures))).scalar_one() == 1


async def test_a_page_read_as_before_changes_nothing(engine):
    first = await read(engine, article(URL, TEXTS[0]), hour(0))
    assert (await anew(engine, TEXTS[0], hour(0))).outcome is Outcome.UNCHANGED
    # fetched again later and found unchanged: its page made no version
    assert (await anew(engine, TEXTS[1], hour(1))).outcome is Outcome.UNCHANGED
    document, versions = await told(engine, first.article_id)
    assert (versions, document["revision"]) == ([(1, 0.0, 0, False)], 1)


async def test_a_page_that_gave_no_article_before_gives_one_now(engine):
    kept = await anew(engine, TEXTS[0], hour(0))
    assert kept.outcome is Outcome.NEW
    document, _ = await told(engine, kept.article_id)
    assert document["first_seen_at"] == hour(0).isoformat().replace("+00:00", "Z")
