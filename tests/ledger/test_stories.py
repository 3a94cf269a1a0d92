"""Copies of one text become one story, in whatever order and by however many workers they are recorded."""

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from ledger.articles import documents
from ledger.database import engine_for
from ledger.outbox import pending, resolve
from ledger.pages import Found, announce
from ledger.pipeline import Pipeline
from ledger.schema import articles, merged_stories, outbox, signatures, versions
from ledger.statements import STATED_ELSEWHERE
from ledger.store_article import store
from ledger.stories import PRUNE_EVERY, members_of, prune
from ledger.visit_transaction import Terms
from news.article import Kind
from news.errors import NotFound
from news.moment import Moment, Precision, TimeSource
from news.outcome import Outcome
from tests.ledger import readings
from tests.ledger.readings import article, hour, published, read

TEXT = readings.text(1)
A, B, C = "https://alpha.example/a", "https://beta.example/b", "https://gamma.example/c"


async def rows(engine):
    async with engine.connect() as connection:
        return {row.url: row for row in await connection.execute(select(articles))}


async def stories(engine):
    return {row.story_id for row in (await rows(engine)).values()}


async def test_two_articles_with_different_texts_are_two_stories(engine):
    await read(engine, article(A, TEXT), hour(0))
    await read(engine, article(B, readings.text(2)), hour(1))
    found = await rows(engine)
    assert [found[A].story_id, found[B].story_id] == [found[A].id, found[B].id]
    assert found[A].copy_of is None


async def test_a_copy_joins_the_story_and_names_the_first(engine):
    await read(engine, article(A, TEXT), hour(0))
    await read(engine, article(B, TEXT, agencies=("Reuters",)), hour(1))
    found = await rows(engine)
    assert found[B].story_id == found[A].story_id == found[A].id
    assert (found[A].copy_of, found[B].copy_of) == (None, found[A].id)
    assert found[B].similarity == 1.0
    async with engine.connect() as connection:
        document = (await documents(connection, [found[B].id]))[found[B].id]
    assert document["story_id"] == document["copy_of"] == str(found[A].id)
    assert document["credited_agency"] == "Reuters"


async def test_the_earlier_publication_is_the_first_even_if_it_turns_up_later(engine):
    await read(engine, article(A, TEXT, date_published=published(0)), hour(1))
    before = (await rows(engine))[A]
    async with engine.begin() as connection:
        await resolve(connection, await pending(connection, 100))
    await read(engine, article(B, TEXT, date_published=published(-3)), hour(2))
    found = await rows(engine)
    assert (found[A].copy_of, found[B].copy_of) == (found[B].id, None)
    assert found[A].similarity == 1.0
    assert found[A].revision == before.revision + 1
    assert found[A].version == before.version
    async with engine.connect() as connection:
        owing = {each.id: each for each in await pending(connection, 100)}
    owed_now = owing[str(found[A].id)]
    assert owed_now.document is not None
    assert owed_now.as_json()["copy_of"] == str(found[B].id)
    assert owed_now.revision == found[A].revision


async def test_a_day_alone_does_not_make_an_article_the_first(engine):
    day = Moment(at=hour(0).date(), precision=Precision.DAY, source=TimeSource.TEXT)
    await read(engine, article(A, TEXT, date_published=published(2)), hour(4))
    await read(engine, article(B, TEXT, date_published=day), hour(5))
    found = await rows(engine)
    assert (found[A].copy_of, found[B].copy_of) == (None, found[A].id)


async def test_a_copy_seen_again_changes_nothing(engine):
    await read(engine, article(A, TEXT), hour(0))
    await read(engine, article(B, TEXT), hour(1))
    before = await rows(engine)
    recorded = await read(engine, article(B, TEXT), hour(2))
    after = await rows(engine)
    assert recorded.outcome is Outcome.UNCHANGED
    assert {url: row.revision for url, row in after.items()} == {url: row.revision for url, row in before.items()}


async def test_a_text_that_joins_two_stories_makes_them_one_and_the_older_id_lives_on(engine):
    one, other = readings.text(10, 4), readings.text(11, 4)
    await read(engine, article(A, one), hour(0))
    await read(engine, article(B, other), hour(1))
    await read(engine, article(C, f"{one}\n{other}"), hour(2))
    found = await rows(engine)
    assert await stories(engine) == {found[A].id}
    async with engine.connect() as connection:
        told = await members_of(connection, found[B].id)
        assert (await connection.execute(select(merged_stories.c.id, merged_stories.c.into))).all() == [
            (found[B].id, found[A].id)
        ]
    assert told[0].article_id == found[A].id
    assert {each.article_id for each in told} == {row.id for row in found.values()}


async def test_redirects_of_merged_stories_lead_to_the_last_one(engine):
    parts = [readings.text(seed, 4) for seed in (20, 21, 22)]
    for number, part in enumerate(parts):
        await read(engine, article(f"https://p{number}.example/a", part), hour(number))
    await read(engine, article("https://q.example/12", f"{parts[1]}\n{parts[2]}"), hour(4))
    await read(engine, article("https://r.example/01", f"{parts[0]}\n{parts[1]}"), hour(5))
    found = await rows(engine)
    oldest = found["https://p0.example/a"].id
    assert await stories(engine) == {oldest}
    async with engine.connect() as connection:
        into = (await connection.execute(select(merged_stories.c.into))).scalars().all()
    assert set(into) == {oldest}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
async def test_the_order_of_recording_does_not_matter(engine, order):
    one, other = readings.text(30, 4), readings.text(31, 4)
    found = [
        article("https://a.example/1", one, date_published=published(-4)),
        article("https://b.example/2", one, date_published=published(-2)),
        article("https://c.example/3", f"{one}\n{other}", date_published=published(-3)),
        article("https://d.example/4", other, date_published=published(-1)),
    ]
    for number in order:
        await read(engine, found[number], hour(0))
    after = await rows(engine)
    assert len(await stories(engine)) == 1
    assert {url: row.copy_of for url, row in after.items()} == {
        url: None if url == found[0].url else after[found[0].url].id for url in after
    }


async def test_beyond_the_window_a_text_is_a_new_story(engine):
    await read(engine, article(A, TEXT), hour(0))
    await read(engine, article(B, TEXT), hour(24 * 15))
    assert len(await stories(engine)) == 2


async def test_the_window_can_be_set(engine):
    await read(engine, article(A, TEXT), hour(0))
    await read(engine, article(B, TEXT), hour(24 * 15), days=30)
    assert len(await stories(engine)) == 1


async def test_signatures_are_pruned_and_stories_stay(engine):
    await read(engine, article(A, TEXT), hour(0))
    await read(engine, article(B, TEXT), hour(48))
    async with engine.begin() as connection:
        assert await prune(connection, hour(24)) == 1
        assert (await connection.execute(select(func.count()).select_from(signatures))).scalar_one() == 1
    assert len(await stories(engine)) == 1
    await read(engine, article(C, TEXT), hour(49))
    assert len(await stories(engine)) == 1


async def test_recordings_forget_what_is_out_of_the_window(engine):
    for number in range(3):
        await read(engine, article(f"https://old.example/{number}", readings.text(40 + number)), hour(number))
    for number in range(3 * PRUNE_EVERY):
        await read(engine, article(f"https://new.example/{number}", readings.text(50 + number, 2)), hour(24 * 14 + 1.5))
    async with engine.connect() as connection:
        oldest = (await connection.execute(select(func.min(signatures.c.seen_at)))).scalar_one()
    assert oldest == hour(2)


async def test_an_article_whose_text_becomes_a_copy_joins_with_its_new_version(engine):
    await read(engine, article(A, TEXT), hour(0))
    await read(engine, article(B, readings.text(2)), hour(1))
    recorded = await read(engine, article(B, TEXT), hour(2))
    assert (recorded.outcome, recorded.version) == (Outcome.CHANGED, 2)
    found = await rows(engine)
    assert found[B].copy_of == found[A].id
    assert found[B].revision == 2


async def test_an_article_that_is_rewritten_stays_in_the_story_of_the_text_it_carried(engine):
    await read(engine, article(A, TEXT), hour(0))
    await read(engine, article(B, TEXT), hour(1))
    await read(engine, article(B, readings.text(3)), hour(2))
    assert len(await stories(engine)) == 1
    await read(engine, article(C, readings.text(3)), hour(3))
    assert len(await stories(engine)) == 1


async def test_a_corrected_publication_time_gives_the_story_another_first(engine):
    await read(engine, article(A, TEXT, date_published=published(-5)), hour(0))
    await read(engine, article(B, TEXT, date_published=published(-4)), hour(0))
    corrected = article(A, f"{TEXT}\nOne more line.", date_published=published(-1))
    await read(engine, corrected, hour(1))
    found = await rows(engine)
    assert (found[A].copy_of, found[B].copy_of) == (found[B].id, None)


async def test_a_repeat_and_a_videos_page_of_one_outlet_are_told_as_such(engine):
    long = f"{TEXT}\n{readings.text(31)}\n{readings.text(32)}"
    texts = {A: long, f"{A}-again": long, f"{A}-video": "\n".join(long.splitlines()[:3]), B: long}
    for number, (url, body) in enumerate(texts.items()):
        kind = Kind.VIDEO if url.endswith("video") else Kind.ARTICLE
        await read(engine, article(url, body, kind=kind, date_published=published(number)), hour(number))
    async with engine.connect() as connection:
        story = await members_of(connection, (await rows(engine))[A].story_id)
    assert {each.url: str(each.role) for each in story} == {
        A: "first",
        f"{A}-again": "repeat",
        f"{A}-video": "video",
        B: "copy",
    }


async def test_a_short_text_has_no_story_but_its_own(engine):
    await read(engine, article(A, "Three words only."), hour(0))
    await read(engine, article(B, "Three words only."), hour(1))
    found = await rows(engine)
    assert found[A].story_id is found[B].story_id is None
    async with engine.connect() as connection:
        document = (await documents(connection, [found[A].id]))[found[A].id]
    assert document["story_id"] == str(found[A].id)


async def test_an_unknown_story_is_an_error(engine):
    async with engine.connect() as connection:
        with pytest.raises(NotFound):
            await members_of(connection, (await connection.execute(text("SELECT gen_random_uuid()"))).scalar_one())


async def test_copies_recorded_at_once_by_many_workers_make_one_story(engine, fresh_database):
    workers = [engine_for(fresh_database, connections=4) for _ in range(3)]
    try:
        for round_ in range(4):
            body = readings.text(100 + round_)
            found = [
                article(f"https://w{number}.example/{round_}", body, date_published=published(-number))
                for number in range(12)
            ]
            await asyncio.gather(*(read(workers[number % 3], each, hour(round_)) for number, each in enumerate(found)))
    finally:
        for worker in workers:
            await worker.dispose()
    after = await rows(engine)
    assert len(after) == 48
    for round_ in range(4):
        members = [row for url, row in after.items() if url.endswith(f"/{round_}")]
        assert len({row.story_id for row in members}) == 1
        firsts = [row for row in members if row.copy_of is None]
        assert [row.url for row in firsts] == [f"https://w11.example/{round_}"]


async def test_workers_that_change_the_same_stories_do_not_lock_each_other_up(engine, fresh_database):
    worker = engine_for(fresh_database, connections=8)
    bodies = [readings.text(200 + number) for number in range(3)]
    urls = [f"https://z{number}.example/a" for number in range(8)]
    try:
        for turn in range(6):
            await asyncio.gather(
                *(
                    read(worker, article(url, f"{bodies[(number + turn) % 3]}\nTurn {turn}."), hour(turn))
                    for number, url in enumerate(urls)
                )
            )
    finally:
        await worker.dispose()
    async with engine.connect() as connection:
        counted = (await connection.execute(select(func.count()).select_from(versions))).scalar_one()
        owing = (await connection.execute(select(func.count()).select_from(outbox))).scalar_one()
    assert counted == 6 * 8
    assert owing == 8
    assert len(await stories(engine)) == 1


async def test_every_change_of_place_raises_the_revision_that_the_index_is_owed(engine):
    for number in range(5):
        await read(
            engine, article(f"https://y{number}.example/a", TEXT, date_published=published(-number)), hour(number)
        )
    after = await rows(engine)
    async with engine.connect() as connection:
        owing = {each.id: each.revision for each in await pending(connection, 100)}
    assert owing == {str(row.id): row.revision for row in after.values()}
    # each newcomer was the earliest: all before it were told so
    assert [after[f"https://y{number}.example/a"].revision for number in range(5)] == [5, 4, 3, 2, 1]


LONG_AGO = Moment(at=datetime(1996, 1, 1, 9, tzinfo=UTC), precision=Precision.MINUTE, source=TimeSource.META)


async def listed(engine, url, lastmod, outlet="liar"):
    async with engine.begin() as connection:
        await announce(connection, outlet, "https://liar.example/sitemap.xml", [Found(url=url, lastmod=lastmod)])


async def first_of(engine):
    (leader,) = [url for url, row in (await rows(engine)).items() if row.copy_of is None]
    return leader


@pytest.mark.parametrize("place", [0, 3, 6])
async def test_a_copy_that_claims_1996_stays_a_copy_whenever_it_comes(engine, place):
    claims = article("https://liar.example/flood", TEXT, date_published=LONG_AGO)
    others = [
        article(f"https://o{number}.example/flood", TEXT, date_published=published(number - 7)) for number in range(6)
    ]
    for number, one in enumerate([*others[:place], claims, *others[place:]]):
        await read(engine, one, hour(number))
    assert await first_of(engine) == others[0].url
    async with engine.connect() as connection:
        story = await members_of(connection, (await rows(engine))[claims.url].story_id)
    shown = next(each for each in story if each.url == claims.url)
    assert (shown.claimed, shown.claim_counts) == (LONG_AGO, False)
    assert shown.out_by == shown.first_seen_at == hour(place)
    assert shown.as_json()["date_published"] == "1996-01-01T09:00:00Z"
    assert all(each.claim_counts for each in story if each.url != claims.url)


async def test_an_old_time_counts_with_its_day_in_the_address(engine):
    await read(engine, article(A, TEXT, date_published=published(0)), hour(0))
    dated = "https://paper.example/1996/01/01/flood"
    await read(engine, article(dated, TEXT, date_published=LONG_AGO), hour(1))
    assert await first_of(engine) == dated
    async with engine.connect() as connection:
        story = await members_of(connection, (await rows(engine))[A].story_id)
    assert (story[0].url, story[0].claimed, story[0].claim_counts) == (dated, LONG_AGO, True)


async def test_an_old_time_counts_if_a_sitemap_states_no_later_change(engine):
    await read(engine, article(A, TEXT, date_published=published(0)), hour(0))
    await listed(engine, B, datetime(1996, 1, 2, tzinfo=UTC))
    await read(engine, article(B, TEXT, date_published=LONG_AGO), hour(1))
    assert await first_of(engine) == B


async def test_a_sitemap_that_states_a_later_change_supports_no_old_time(engine):
    await read(engine, article(A, TEXT, date_published=published(0)), hour(0))
    await listed(engine, B, hour(0))
    await read(engine, article(B, TEXT, date_published=LONG_AGO), hour(1))
    assert await first_of(engine) == A


async def test_a_sitemap_that_lists_an_article_later_makes_its_old_time_count_at_the_next_visit(engine):
    await read(engine, article(A, TEXT, date_published=published(0)), hour(0))
    await read(engine, article(B, TEXT, date_published=LONG_AGO), hour(1))
    assert await first_of(engine) == A
    await listed(engine, B, datetime(1996, 1, 2, tzinfo=UTC))
    await read(engine, article(B, TEXT, date_published=LONG_AGO), hour(2))
    assert await first_of(engine) == B
    # an outlet's sitemap may name a later change one day: the time was corroborated once
    await listed(engine, B, hour(3))
    await read(engine, article(B, f"{TEXT}\nOne more line.", date_published=LONG_AGO), hour(4))
    assert await first_of(engine) == B


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
async def test_whatever_the_order_only_a_corroborated_old_time_counts(engine, order):
    found = [
        article("https://a.example/1", TEXT, date_published=LONG_AGO),
        article("https://b.example/1996/01/05/2", TEXT, date_published=replace(LONG_AGO, at=hour(-9 * 365 * 24))),
        article("https://c.example/3", TEXT, date_published=replace(LONG_AGO, at=hour(-8 * 365 * 24))),
        article("https://d.example/4", TEXT, date_published=published(-2)),
    ]
    await listed(engine, found[2].url, hour(-8 * 365 * 24 + 1), outlet="c")
    for number in order:
        await read(engine, found[number], hour(0))
    assert await first_of(engine) == found[2].url


async def test_a_page_from_an_archive_of_its_time_is_the_first(engine):
    await read(engine, article(A, TEXT, date_published=published(0)), hour(0))
    await read(engine, article(B, TEXT, date_published=LONG_AGO), hour(1))
    assert await first_of(engine) == A
    at = LONG_AGO.at + timedelta(days=3)
    visit = replace(readings.reading(article(B, TEXT, date_published=LONG_AGO), at), imported_at=hour(2))
    async with engine.begin() as connection:
        await store(connection, visit)
    found = await rows(engine)
    assert (found[B].first_seen_at, found[B].out_by) == (at, LONG_AGO.at)
    assert await first_of(engine) == B


async def test_the_ledger_is_asked_for_other_sources_only_where_a_time_is_implausible(engine, monkeypatch):
    asked = []
    add = Pipeline.add

    def noted(pipeline, statement, **values):
        asked.append(statement)
        add(pipeline, statement, **values)

    monkeypatch.setattr(Pipeline, "add", noted)
    for url, time in ((A, published(-24 * 13)), (B, None), ("https://p.example/1996/01/01/x", LONG_AGO)):
        await read(engine, article(url, readings.text(7), date_published=time), hour(0))
    assert STATED_ELSEWHERE not in asked
    await read(engine, article(C, readings.text(7), date_published=LONG_AGO), hour(0))
    assert asked.count(STATED_ELSEWHERE) == 1


def test_the_window_is_days():
    assert timedelta(days=Terms().story_days) == timedelta(days=14)
