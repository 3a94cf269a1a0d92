"""What a watch reports: a story once, changes, withdrawals and spikes, whenever they come, whatever is killed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from index.protocol import Index
from ledger.schema import deliveries, notifications, outbox, watch_hours, watch_news, watches
from ledger.watches import all_watches, mute, pause, remove, reported, resume
from news.article import Article, BodyMissing
from news.clock import now
from news.outcome import Outcome
from news.watch import HOUR, Notification, NotificationType, Trigger, Watch
from pipelines.publish import publish_all
from schedules.watching import matching
from schedules.watching.matching import match, trial
from tests.ledger import readings
from tests.ledger.readings import article, fail, read
from tests.schedules.watching.conftest import Add, Run

URL = "https://courier.example/2026/flood"


def flood(url: str = URL, seed: int = 1, **fields: Any) -> Article:
    known = {"body": readings.text(seed), "headline": "Flood in Kassel"}
    return article(url, **known | fields)


async def reports_of(engine: AsyncEngine, watch: Watch) -> list[Notification]:
    """Return what a watch reported, the first first."""
    async with engine.connect() as connection:
        return (await reported(connection, watch.id, 1_000))[::-1]


async def kinds(engine: AsyncEngine, watch: Watch) -> list[str]:
    return [str(each.type) for each in await reports_of(engine, watch)]


async def count(engine: AsyncEngine, table: Any) -> int:
    async with engine.connect() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def test_a_story_is_reported_once_whoever_copies_it(engine: AsyncEngine, add_watch: Add, match_all: Run) -> None:
    watch, other = await add_watch("kassel"), await add_watch("snow")
    start = now()
    await read(engine, flood(), start)
    await match_all()
    for number, outlet in enumerate(("gazette", "herald")):
        await read(engine, flood(f"https://{outlet}.example/copy"), start + timedelta(minutes=number))
    await match_all()
    await read(engine, flood("https://courier.example/2026/another", seed=2), start)
    await match_all()
    found = await reports_of(engine, watch)
    assert [each.content["article"]["url"] for each in found] == [URL, "https://courier.example/2026/another"]
    assert found[0].content["article"]["headline"] == "Flood in Kassel"
    assert await reports_of(engine, other) == []
    assert await count(engine, watch_news) == 0


async def test_copies_that_come_together_are_reported_as_one(
    engine: AsyncEngine, add_watch: Add, match_all: Run
) -> None:
    watch = await add_watch("kassel")
    for outlet in ("courier", "gazette", "herald"):
        await read(engine, flood(f"https://{outlet}.example/copy"), now())
    await match_all()
    assert len(await reports_of(engine, watch)) == 1


@pytest.mark.parametrize("first", ["without its text", "in a view that leaves it out"])
async def test_an_article_whose_text_comes_later_is_reported_then(
    engine: AsyncEngine, add_watch: Add, match_all: Run, first: str
) -> None:
    watch, edits = await add_watch("kassel"), await add_watch("kassel", Trigger.CHANGES)
    start, body = now(), readings.text(1)
    whole = flood(headline="Water", body=f"Flood in Kassel. {body}")
    if first == "without its text":
        await read(engine, replace(whole, body="", body_missing=BodyMissing.SCRIPT), start)
    else:
        await read(engine, replace(whole, body=body), start, page=f"{URL}?print=1")
    await match_all()
    assert await kinds(engine, watch) == []
    later = await add_watch("kassel")
    await read(engine, whole, start + timedelta(minutes=5))
    await match_all()
    assert [await kinds(engine, each) for each in (watch, edits, later)] == [["article"], [], []]


async def test_what_was_there_before_the_watch_is_not_news_to_it(
    engine: AsyncEngine, add_watch: Add, match_all: Run
) -> None:
    old = now() - timedelta(days=3)
    await read(engine, flood(), old)
    await read(engine, flood("https://herald.example/dry", seed=3, headline="Dry"), old)
    watch = await add_watch("kassel")
    await match_all()
    # the first is edited; the second mentions the word only now
    await read(engine, flood(headline="Flood in Kassel ebbs"), now())
    await read(engine, flood("https://herald.example/dry", seed=3, headline="Kassel is dry"), now())
    await match_all()
    assert await reports_of(engine, watch) == []
    # a new copy of what is old is news: the watch has never reported it
    await read(engine, flood("https://gazette.example/copy"), now())
    await match_all()
    assert await kinds(engine, watch) == ["article"]


async def test_an_article_that_matches_only_after_an_edit_is_reported_then(
    engine: AsyncEngine, add_watch: Add, match_all: Run
) -> None:
    watch = await add_watch("kassel")
    await read(engine, flood(headline="Flood in the north"), now())
    await match_all()
    assert await kinds(engine, watch) == []
    for headline in ("Flood in Kassel", "Flood in Kassel ebbs"):
        await read(engine, flood(headline=headline), now())
        await match_all()
    assert await kinds(engine, watch) == ["article"]


@pytest.mark.parametrize(
    ("triggers", "expected"),
    [
        ((Trigger.CHANGES,), ["change", "change"]),
        ((Trigger.SILENT,), ["change"]),
        ((Trigger.CORRECTIONS,), ["change"]),
        ((Trigger.WITHDRAWALS,), ["withdrawal", "return"]),
        ((Trigger.ARTICLES, Trigger.CHANGES), ["article", "change", "change"]),
    ],
    ids=str,
)
async def test_each_trigger_has_its_events(
    engine: AsyncEngine, add_watch: Add, match_all: Run, triggers: tuple[Trigger, ...], expected: list[str]
) -> None:
    watch = await add_watch("kassel", *triggers)
    at = now() - timedelta(days=4)
    body = f"Five people are missing.\n{readings.text(1)}"
    first = flood(body=body)
    silent = replace(first, body=body.replace("Five", "Seven"))
    noticed = replace(silent, body=body.replace("Five", "Eight"), correction="An earlier version said seven.")
    for number, each in enumerate((first, silent, noticed)):
        await read(engine, each, at + timedelta(hours=number))
        await match_all()
    for day in (1, 3):
        await fail(engine, URL, Outcome.GONE, at + timedelta(days=day), 410)
        await match_all()
    await read(engine, noticed, now())
    await match_all()
    assert await kinds(engine, watch) == expected


async def test_every_change_between_two_looks_is_reported(engine: AsyncEngine, add_watch: Add, match_all: Run) -> None:
    watch = await add_watch("", Trigger.CHANGES)
    for number in range(4):
        await read(engine, flood(headline=f"Flood in Kassel, part {'abcd'[number]}"), now())
    await match_all()
    assert [each.content["version"] for each in await reports_of(engine, watch)] == [2, 3, 4]


async def test_news_wait_until_the_index_has_their_article(
    engine: AsyncEngine, index: Index, add_watch: Add, match_all: Run
) -> None:
    watch = await add_watch("kassel")
    await read(engine, flood(), now())
    assert await match(engine, index) is False  # pending for the index
    async with engine.begin() as connection:  # as if the index did not show it yet
        held = (await connection.execute(select(outbox.c.id, outbox.c.revision))).one()
        await connection.execute(outbox.delete())
    assert await match(engine, index) is False
    assert await count(engine, watch_news) == 1
    async with engine.begin() as connection:
        await connection.execute(outbox.insert().values(stream="articles", id=held.id, revision=held.revision))
    # what comes late behind it goes first, and it is not lost
    await read(engine, flood("https://herald.example/late", seed=5), now())
    await match_all()
    assert len(await reports_of(engine, watch)) == 2


async def test_without_a_watch_nothing_is_noted(engine: AsyncEngine, index: Index, add_watch: Add) -> None:
    await read(engine, flood(), now())
    assert await count(engine, watch_news) == 0
    watch = await add_watch("kassel")
    await read(engine, flood(headline="Flood in Kassel ebbs"), now())
    assert await count(engine, watch_news) == 1
    async with engine.begin() as connection:
        await pause(connection, watch.id)
    await read(engine, flood(headline="Flood in Kassel is over"), now())
    assert await match(engine, index) is False
    assert await count(engine, watch_news) == 1  # of before the pause
    async with engine.begin() as connection:
        await remove(connection, watch.id)
    assert await count(engine, watch_news) == 0


async def test_what_was_loaded_from_an_archive_is_no_news(engine: AsyncEngine, add_watch: Add) -> None:
    await add_watch("kassel")
    await read(engine, flood(), now() - timedelta(days=300), imported_at=now())
    assert await count(engine, watch_news) == 0


async def test_a_paused_watch_reports_nothing_and_goes_on_with_what_comes_then(
    engine: AsyncEngine, add_watch: Add, match_all: Run
) -> None:
    watch, awake = await add_watch("kassel"), await add_watch("kassel")
    for number, change in enumerate((None, pause, resume)):
        if change:
            async with engine.begin() as connection:
                await change(connection, watch.id)
        await read(engine, flood(f"{URL}-{number}", seed=number), now())
        await match_all()
    assert [each.content["article"]["url"][-1] for each in await reports_of(engine, watch)] == ["0", "2"]
    assert len(await reports_of(engine, awake)) == 3


@pytest.mark.parametrize("then", ["found while it is paused", "found after it was resumed"])
@pytest.mark.parametrize("company", [0, 1], ids=["alone", "beside another watch"])
async def test_news_that_wait_for_the_index_when_a_watch_is_paused_are_not_lost(
    engine: AsyncEngine, index: Index, add_watch: Add, match_all: Run, then: str, company: int
) -> None:
    watch, *_ = [await add_watch("kassel") for _ in range(1 + company)]
    late = await add_watch("kassel", Trigger.ARTICLES, Trigger.CHANGES)

    async def change(how: Any) -> None:
        async with engine.begin() as connection:
            for each in (watch, late):
                await how(connection, each.id)
        await match(engine, index)  # the daemon looks meanwhile, and the index shows nothing yet

    await read(engine, flood(f"{URL}-before", seed=1), now())
    await read(engine, flood(f"{URL}-late", seed=2, headline="Flood"), now())
    await read(engine, flood(f"{URL}-late", seed=2, headline="Flood in Kassel"), now())
    await change(pause)
    await read(engine, flood(f"{URL}-while", seed=3), now())
    if then == "found while it is paused":
        await match_all()
        assert await count(engine, deliveries) > 0
    await change(resume)
    await read(engine, flood(f"{URL}-after", seed=4), now())
    for _ in range(2):  # a pause that was all between two looks, too
        await change(pause)
        await change(resume)
    await match_all()
    for each in (watch, late):
        found = [each.content["article"]["url"].removeprefix(f"{URL}-") for each in await reports_of(engine, each)]
        assert sorted(set(found)) == ["after", "before", "late"], each.triggers
    assert await count(engine, watch_news) == 0


async def test_an_article_of_a_pause_is_no_news_when_it_is_edited_afterwards(
    engine: AsyncEngine, add_watch: Add, match_all: Run
) -> None:
    watch = await add_watch("kassel")
    await read(engine, flood(f"{URL}-old", seed=1, headline="Flood"), now())
    await match_all()
    async with engine.begin() as connection:
        await pause(connection, watch.id)
    await read(engine, flood(f"{URL}-while", seed=2), now())
    await match_all()
    async with engine.begin() as connection:
        await resume(connection, watch.id)
    for name, seed in (("old", 1), ("while", 2)):
        await read(engine, flood(f"{URL}-{name}", seed=seed, headline="Flood in Kassel ebbs"), now())
    await match_all()
    assert [each.content["article"]["url"] for each in await reports_of(engine, watch)] == [f"{URL}-old"]


async def test_what_is_found_while_muted_is_never_sent(engine: AsyncEngine, add_watch: Add, match_all: Run) -> None:
    watch = await add_watch("kassel")
    async with engine.begin() as connection:
        await mute(connection, watch.id, now() + HOUR)
    await read(engine, flood(), now())
    await match_all()
    assert await reports_of(engine, watch) == []
    assert await count(engine, deliveries) == 0
    async with engine.begin() as connection:  # the hour is over
        await connection.execute(update(watches).values(muted_until=now() - HOUR))
    await read(engine, flood("https://herald.example/copy"), now())  # known, though it was muted
    await read(engine, flood(f"{URL}-2", seed=2), now())
    await match_all()
    assert [each.content["article"]["url"] for each in await reports_of(engine, watch)] == [f"{URL}-2"]
    assert await count(engine, deliveries) == 1


async def test_a_search_that_cannot_be_carried_out_stops_no_other(
    engine: AsyncEngine, add_watch: Add, match_all: Run
) -> None:
    watch, broken = await add_watch("kassel"), await add_watch("flood")
    async with engine.begin() as connection:
        gone = watches.update().where(watches.c.id == broken.id)
        await connection.execute(gone.values(query={"text": "", "filters": {"of_another_release": ["x"]}}))
    await read(engine, flood(), now())
    await match_all()
    assert len(await reports_of(engine, watch)) == 1
    async with engine.connect() as connection:
        problems = {each.id: each.problem for each in await all_watches(connection)}
    assert "of_another_release" in problems[broken.id]
    assert problems[watch.id] == ""


async def test_two_that_match_at_once_report_everything_once(engine: AsyncEngine, index: Index, add_watch: Add) -> None:
    found = [await add_watch("kassel") for _ in range(3)]
    for number in range(20):
        await read(engine, flood(f"{URL}-{number}", seed=number), now())
    await publish_all(engine, index)
    await asyncio.gather(*(match(engine, index) for _ in range(4)))
    assert [len(await reports_of(engine, watch)) for watch in found] == [20, 20, 20]
    assert await count(engine, deliveries) == 60


@pytest.mark.parametrize("fails_at", ["take", "report", "reported_stories"])
async def test_a_transaction_that_fails_leaves_the_news_for_the_next_try(
    engine: AsyncEngine, index: Index, add_watch: Add, monkeypatch: pytest.MonkeyPatch, fails_at: str
) -> None:
    watch = await add_watch("kassel")
    await read(engine, flood(), now())
    await publish_all(engine, index)
    real: Callable[..., Awaitable[Any]] = getattr(matching, fails_at)

    async def failing(*arguments: Any) -> None:
        await real(*arguments)
        raise RuntimeError("killed here")

    with monkeypatch.context() as patched:
        patched.setattr(matching, fails_at, failing)
        with pytest.raises(RuntimeError):
            await match(engine, index)
    assert (await count(engine, notifications), await count(engine, watch_news)) == (0, 1)
    assert await match(engine, index) is True
    assert len(await reports_of(engine, watch)) == 1


async def test_a_spike_is_reported_once(engine: AsyncEngine, add_watch: Add, match_all: Run) -> None:
    watch = await add_watch("kassel", Trigger.SPIKES)
    hour = now().replace(minute=0, second=0, microsecond=0)
    async with engine.begin() as connection:
        rows = [{"watch_id": watch.id, "hour": hour - number * HOUR, "found": 1} for number in range(1, 80)]
        await connection.execute(watch_hours.insert(), rows)
    for number in range(9):
        await read(engine, flood(f"{URL}-{number}", seed=number), now())
        await match_all()
    found = await reports_of(engine, watch)
    assert [each.type for each in found] == [NotificationType.SPIKE]
    assert found[0].content["spike"]["usual"] == 1.0
    assert found[0].content["spike"]["found"] >= 5


async def test_a_trial_says_what_would_have_been_reported_and_leaves_no_trace(
    engine: AsyncEngine, index: Index, add_watch: Add, match_all: Run
) -> None:
    at = now() - timedelta(hours=20)
    await read(engine, flood(), at)
    await read(engine, flood("https://herald.example/copy"), at + HOUR)
    await read(engine, flood(headline="Flood in Kassel ebbs"), at + 2 * HOUR)
    await read(engine, flood(f"{URL}-older", seed=4), at - timedelta(days=2))
    watch = await add_watch("kassel", Trigger.ARTICLES, Trigger.CHANGES)
    await match_all()
    found = await trial(engine, index, watch, now() - timedelta(days=1), now())
    assert [(str(each.type), each.content["article"]["url"]) for each in found] == [("article", URL), ("change", URL)]
    assert await reports_of(engine, watch) == []
    assert await count(engine, deliveries) == 0


async def test_a_kept_name_is_not_taken_twice(add_watch: Add) -> None:
    await add_watch("kassel", name="Kassel")
    with pytest.raises(Exception, match="There is a watch 'Kassel' already"):
        await add_watch("kassel", name="Kassel")


async def test_a_watch_that_is_removed_takes_everything_along(
    engine: AsyncEngine, add_watch: Add, match_all: Run
) -> None:
    watch = await add_watch("kassel")
    await read(engine, flood(), now())
    await match_all()
    async with engine.begin() as connection:
        await remove(connection, watch.id)
        left = [
            await connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in ("notifications", "deliveries")
        ]
    assert left == [0, 0]
