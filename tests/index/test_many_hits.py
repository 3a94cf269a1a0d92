"""PostgreSQL's searches of very many hits: bounded in what they read, honest in what they count."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from index.postgresql import hits
from index.postgresql.backend import PostgresqlIndex
from index.protocol import DONE, Action
from index.query import Interval, Query, Results, Sort
from tests.index.conftest import document, slugs

ARTICLES = 2_000
START = datetime(2024, 2, 1, tzinfo=UTC)


@pytest.fixture
async def large(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> PostgresqlIndex:
    """Give an index that has, by its bounds, very many articles: `storm` is in half of them, `gale` in 1 of 40."""
    for name, value in {"RANKED": 60, "COUNTED": 150, "SAMPLE": 200, "PROBED": 200, "MANY": 100}.items():
        monkeypatch.setattr(hits, name, value)
    index = PostgresqlIndex(engine)
    await index.create()
    actions = []
    for number in range(ARTICLES):
        words = ["calm"] + ["storm"] * (number % 2) + ["gale"] * (number % 40 == 7)
        one = document(
            f"n{number:04}",
            headline=" ".join(words),
            outlet="north" if number % 5 else "south",
            story_id=f"s{number // 2}",
            date_published=(START + timedelta(hours=number // 3)).isoformat(),
            date_precision="instant",
        )
        actions.append(Action(stream="articles", id=one["id"], revision=1, document=one))
    assert await index.write(actions) == [DONE] * ARTICLES
    async with engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("VACUUM ANALYZE"))
    return index


async def both(index: PostgresqlIndex, **asked: Any) -> tuple[Results, Results]:
    """Return the answer as it is given, and the exact one."""
    return await index.search(Query(**asked)), await index.search(Query(**asked, is_exact=True))


@pytest.mark.parametrize("words", ["storm", "", "calm -storm", "outlet:north storm"])
async def test_counts_of_very_many_hits_are_near_the_truth_and_say_so(large: PostgresqlIndex, words: str) -> None:
    asked = {"text": words, "facets": ("outlet",), "histogram": Interval.MONTH}
    found, exact = await both(large, **asked)
    assert found.is_estimated
    assert not exact.is_estimated
    assert found.total == pytest.approx(exact.total, rel=0.25)
    truth = {bucket.value: bucket.count for bucket in exact.facets["outlet"]}
    assert {bucket.value for bucket in found.facets["outlet"]} == truth.keys()
    for bucket in found.facets["outlet"]:
        assert bucket.count == pytest.approx(truth[bucket.value], rel=0.4)
    for bar, true in zip(found.histogram, exact.histogram, strict=True):
        assert bar.value == true.value
        assert bar.count == pytest.approx(true.count, rel=0.5)


async def test_few_hits_are_counted_exactly_among_however_many_articles(large: PostgresqlIndex) -> None:
    found, exact = await both(large, text="gale", facets=("outlet",), size=50)
    assert not found.is_estimated
    assert (found.total, found.facets, slugs(found)) == (exact.total, exact.facets, slugs(exact))


async def test_a_facets_own_filter_is_left_out_of_its_estimate(large: PostgresqlIndex) -> None:
    found, exact = await both(large, text="storm", filters={"outlet": ("south",)}, facets=("outlet",))
    truth = {bucket.value: bucket.count for bucket in exact.facets["outlet"]}
    assert set(truth) == {"north", "south"}
    for bucket in found.facets["outlet"]:
        assert bucket.count == pytest.approx(truth[bucket.value], rel=0.4)
    assert found.total == pytest.approx(exact.total, rel=0.4)


@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.OLDEST])
@pytest.mark.parametrize("words", ["storm", ""])
@pytest.mark.parametrize("size", [20, 60])
async def test_pages_in_the_order_of_time_go_through_all_hits(
    large: PostgresqlIndex, sort: Sort, words: str, size: int
) -> None:
    exact = await large.search(Query(text=words, sort=sort, size=1_000, is_exact=True))
    seen: list[str] = []
    cursor = None
    while True:
        page = await large.search(Query(text=words, sort=sort, size=size, cursor=cursor))
        seen += slugs(page)
        if not (cursor := page.next_cursor) or len(seen) >= 1_000:
            break
    assert seen[:1_000] == slugs(exact)[: len(seen)]
    assert len(seen) >= min(1_000, exact.total)


async def test_the_best_of_the_newest_come_first_and_the_answer_says_that_no_others_were_compared(
    large: PostgresqlIndex,
) -> None:
    first = await large.search(Query(text="storm", size=40))
    rest = await large.search(Query(text="storm", size=40, cursor=first.next_cursor))
    assert first.notes == rest.notes
    assert "newest" in first.notes[0]
    newest = await large.search(Query(text="storm", sort=Sort.NEWEST, size=60))
    assert sorted(slugs(first) + slugs(rest)) == sorted(slugs(newest))
    assert rest.next_cursor is None


async def test_one_hit_a_story_of_very_many(large: PostgresqlIndex) -> None:
    found = await large.search(Query(text="calm", sort=Sort.NEWEST, collapse_by_story=True, size=20))
    assert len({hit.document["story_id"] for hit in found.hits}) == 20
    assert {hit.story_size for hit in found.hits} == {2}


async def test_a_range_of_time_far_in_the_past_is_found(large: PostgresqlIndex) -> None:
    days = {"published_from": START, "published_until": START + timedelta(days=10)}
    found, exact = await both(large, text="storm", sort=Sort.NEWEST, size=30, **days)
    assert slugs(found) == slugs(exact)
    assert found.total == pytest.approx(exact.total, rel=0.4)


async def test_words_that_stand_in_old_articles_alone_are_found(large: PostgresqlIndex, engine: AsyncEngine) -> None:
    """However frequent they are: where the newest have none, all are looked at."""
    async with engine.begin() as connection:
        old = "UPDATE search.articles SET words = words || 'drought:1A' WHERE sorted_at < :until"
        await connection.execute(text(old), {"until": START + timedelta(days=9)})
    found, exact = await both(large, text="drought", sort=Sort.NEWEST, size=60)
    assert slugs(found) == slugs(exact)
    assert found.total == exact.total


async def test_no_search_of_very_many_hits_reads_all_articles(large: PostgresqlIndex, engine: AsyncEngine) -> None:
    """By the plans: each row set is reached by an index, and the words of the newest or the sampled alone are read."""
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        asked.append((statement, values))

    for words in ("storm", "", "outlet:north storm", "gale"):
        asked.clear()
        event.listen(engine.sync_engine, "before_cursor_execute", note)
        await large.search(Query(text=words, facets=("outlet", "places"), histogram=Interval.DAY))
        event.remove(engine.sync_engine, "before_cursor_execute", note)
        async with engine.begin() as connection:
            for statement, values in asked:
                if "set_config" in statement:
                    await connection.exec_driver_sql(statement, values)
                    continue
                plan = await connection.exec_driver_sql(f"EXPLAIN {statement}", values)
                assert "Seq Scan on articles" not in "\n".join(row[0] for row in plan), statement
