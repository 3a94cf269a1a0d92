"""Migrations on a real server, under live writes, broken off and begun again."""

import asyncio
from typing import Any

import pytest

from index import schema as schemas
from index.elasticsearch import compare, migrate, targets
from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.compare import Difference, differences
from index.elasticsearch.targets import NEXT
from index.fields import SCHEMA_VERSION
from index.protocol import DONE, Action
from index.query import Query, Sort
from news.errors import IndexUnavailable
from tests.index.conftest import document


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let writers look for the next alias often, so that nobody waits ten seconds for them."""
    monkeypatch.setattr(targets, "BELIEVED_SECONDS", 0.2)
    monkeypatch.setattr(migrate, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(compare, "PAGE", 50)


def articles(numbers: range, revision: int = 1) -> list[Action]:
    return [
        Action(
            stream="articles",
            id=f"id-{number:04}",
            revision=revision,
            document=document(f"n{number:04}", headline=f"told {revision}"),
        )
        for number in numbers
    ]


async def run(index: ElasticsearchIndex) -> list[migrate.Migrated]:
    return await migrate.migrate(index, again=True, settle_seconds=0.5)


async def versions(index: ElasticsearchIndex) -> dict[str, int]:
    """Return every article's revision in the index that is searched."""
    await index.refresh()
    hits = await index.client.search(index=index.aliases["articles"], size=10_000, version=True, source=False)
    return {hit["_id"]: hit["_version"] for hit in hits["hits"]["hits"]}


@pytest.fixture
async def full(elasticsearch: ElasticsearchIndex) -> ElasticsearchIndex:
    assert set(await elasticsearch.write(articles(range(300)))) == {DONE}
    return elasticsearch


async def test_what_is_newest_is_left_alone(full: ElasticsearchIndex) -> None:
    said: list[str] = []
    assert await migrate.migrate(full, said.append) == []
    assert any("is the newest" in line for line in said)


async def test_a_newer_schema_is_migrated_to(full: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = {stream: schemas.schema(stream) for stream in schemas.STREAMS}
    newer["articles"]["mappings"]["_meta"]["schema_version"] = SCHEMA_VERSION + 1
    newer["articles"]["mappings"]["properties"]["mood"] = {"type": "keyword"}
    monkeypatch.setattr("index.elasticsearch.analysis.schema", lambda stream: newer[stream])
    monkeypatch.setattr(migrate, "schema_version", lambda stream: SCHEMA_VERSION + 1 if stream == "articles" else 1)
    (done,) = await migrate.migrate(full, settle_seconds=0.5)
    assert done.new.endswith(f"articles-v{SCHEMA_VERSION + 1}")
    assert done.documents == 300
    assert (await full.status()).schema_version == SCHEMA_VERSION + 1
    assert len(await versions(full)) == 300


async def test_an_index_in_no_order_is_searched_and_gets_one_by_a_migration(
    elasticsearch: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    await elasticsearch.client.indices.delete(index=f"{elasticsearch.aliases['articles']}-v{SCHEMA_VERSION}")
    older = {stream: schemas.schema(stream) for stream in schemas.STREAMS}
    del older["articles"]["settings"]["sort"]
    older["articles"]["mappings"]["_meta"]["schema_version"] = SCHEMA_VERSION - 1
    with monkeypatch.context() as earlier:
        earlier.setattr("index.elasticsearch.analysis.schema", lambda stream: older[stream])
        earlier.setattr("index.elasticsearch.create.schema_version", lambda stream: SCHEMA_VERSION - 1)
        await elasticsearch.create()
    days = (3, 1, 5, 2, 4)
    for day in days:  # each in a segment of its own
        at = f"2024-02-0{day}T08:00:00Z"
        people = [{"name": "Ada Moss"}, {"name": f"Person {day}"}]
        made = document(f"n{day}", date_published=at, people=people, story_id=f"story {day % 4}")
        assert await elasticsearch.write([Action(stream="articles", id=made["id"], revision=1, document=made)]) == [
            DONE
        ]
        await elasticsearch.refresh()

    async def newest() -> list[tuple[str, int]]:
        query = Query(sort=Sort.NEWEST, collapse_by_story=True, filters={"people": ("Ada Moss",)})
        found = (await elasticsearch.search(query)).hits
        return [(hit.document["url"].rpartition("/")[2], hit.story_size) for hit in found]

    in_order = [("n5", 2), ("n4", 1), ("n3", 1), ("n2", 1)]
    assert await newest() == in_order
    assert (await elasticsearch.status()).behind == ("articles",)
    [done] = [each for each in await migrate.migrate(elasticsearch, settle_seconds=0.5) if each.stream == "articles"]
    settings = (await elasticsearch.client.indices.get_settings(index=done.new, flat_settings=True))[done.new][
        "settings"
    ]
    assert settings["index.sort.field"] in ("sorted_at", ["sorted_at"])
    assert await newest() == in_order


async def test_live_writes_are_neither_lost_nor_stale_and_deletions_stay(full: ElasticsearchIndex) -> None:
    stop = asyncio.Event()
    told: dict[str, int] = {f"id-{number:04}": 1 for number in range(300)}

    async def write_on() -> None:
        revision = 1
        while not stop.is_set():
            revision += 1
            some = articles(range(1 + revision % 6, 400, 7), revision)
            number = revision % 43 * 7  # these are deleted, and told of once more by one who comes late
            gone = [Action(stream="articles", id=f"id-{number:04}", revision=revision + 10_000, document=None)]
            gone += articles(range(number, number + 1), 2)
            assert set(await full.write(some + gone)) == {DONE}
            for action in some + gone:
                if action.revision > told.get(action.id, 0):
                    told[action.id] = action.revision if action.document else 1_000_000

    writer = asyncio.create_task(write_on())
    await asyncio.sleep(0.5)
    done = await run(full)
    await asyncio.sleep(0.5)
    stop.set()
    await writer
    assert {each.stream for each in done} == {"articles", "events"}
    assert await versions(full) == {id: revision for id, revision in told.items() if revision < 10_000}


class BrokenOff(BaseException):
    """As a kill is: nothing catches it on the way."""


@pytest.mark.parametrize("step", ["_make", "_copy", "_agree", "_sample"])
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_it_can_be_broken_off_at_any_step_and_goes_on(
    full: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch, step: str, moment: str
) -> None:
    real = getattr(migrate._Step, step)

    async def broken(self: Any, *arguments: Any) -> Any:
        if moment == "after":
            await real(self, *arguments)
        raise BrokenOff

    with monkeypatch.context() as patched:
        patched.setattr(migrate._Step, step, broken)
        with pytest.raises(BrokenOff):
            await run(full)
    assert len(await versions(full)) == 300
    assert set(await full.write(articles(range(250, 350), 2))) == {DONE}
    done = await run(full)
    assert done[0].documents == 350
    revisions = await versions(full)
    assert [revisions[f"id-{number:04}"] for number in (0, 249, 250, 349)] == [1, 1, 2, 2]
    assert await targets.migrations(full.client, full.aliases) == {}


async def test_a_copy_that_still_runs_is_waited_for(full: ElasticsearchIndex) -> None:
    alias = full.aliases["articles"]
    step = migrate._Step(full, "articles", lambda line: None, 0)
    new = await step._make(f"{alias}-v{SCHEMA_VERSION}")
    await full.refresh()
    started = await full.client.reindex(
        source={"index": f"{alias}-v{SCHEMA_VERSION}", "size": 50},
        dest={"index": new, "version_type": "external"},
        requests_per_second=200,
        wait_for_completion=False,
    )
    assert await step._running(new) == started["task"]
    await step._copy(f"{alias}-v{SCHEMA_VERSION}", new)
    await full.client.indices.refresh(index=new)
    assert (await full.client.count(index=new))["count"] == 300


async def test_the_old_index_is_kept_until_told(full: ElasticsearchIndex) -> None:
    alias = full.aliases["articles"]
    await run(full)
    assert await full.client.indices.exists(index=f"{alias}-v{SCHEMA_VERSION}")
    assert f"{alias}-v{SCHEMA_VERSION}" in await migrate.drop_old(full)
    assert not await full.client.indices.exists(index=f"{alias}-v{SCHEMA_VERSION}")
    assert len(await versions(full)) == 300
    assert await migrate.drop_old(full) == []


async def test_a_migration_can_be_given_up(full: ElasticsearchIndex) -> None:
    await migrate._Step(full, "articles", lambda line: None, 0)._make("old")
    assert len(await migrate.abandon(full)) == 1
    assert set(await full.write(articles(range(5), 2))) == {DONE}
    assert await migrate.abandon(full) == []
    assert len(await versions(full)) == 300


async def test_a_writer_that_saw_the_next_alias_goes_on_after_it_has_gone(full: ElasticsearchIndex) -> None:
    await migrate._Step(full, "articles", lambda line: None, 0)._make("old")
    full.targets._seen_at = float("-inf")
    names = await full.targets.now()
    assert names["articles"] == [full.aliases["articles"], full.aliases["articles"] + NEXT]
    await migrate.abandon(full)
    full.targets._seen_at = float("inf")  # it has not looked again
    assert set(await full.write(articles(range(5), 2))) == {DONE}


async def test_what_the_next_schema_refuses_stops_the_migration_and_not_the_search(
    full: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    stricter = schemas.schema("articles")
    del stricter["mappings"]["properties"]["headline"]
    monkeypatch.setattr(
        "index.elasticsearch.analysis.schema",
        lambda stream: stricter if stream == "articles" else schemas.schema(stream),
    )
    with pytest.raises(IndexUnavailable, match="still searched"):
        await run(full)
    assert len(await versions(full)) == 300
    await migrate.abandon(full)


async def test_differences_are_found_and_mended(full: ElasticsearchIndex) -> None:
    step = migrate._Step(full, "articles", lambda line: None, 0)
    old = f"{full.aliases['articles']}-v{SCHEMA_VERSION}"
    new = await step._make(old)
    await step._copy(old, new)
    client = full.client
    source = document("x")
    await client.index(index=old, id="id-0500", document=source | {"id": "id-0500"}, version=1, version_type="external")
    await client.index(index=old, id="id-0100", document=source | {"id": "id-0100"}, version=9, version_type="external")
    await client.index(index=new, id="id-9999", document=source | {"id": "id-9999"}, version=1, version_type="external")
    await client.indices.refresh(index=[old, new])
    seen = [each async for each in differences(client, old, new)]
    assert seen == [
        Difference(id="id-0100", old=9, new=1),
        Difference(id="id-0500", old=1, new=None),
        Difference(id="id-9999", old=None, new=1),
    ]
    assert await compare.mend(client, old, new, seen) == 3
    await client.indices.refresh(index=[old, new])
    assert [each async for each in differences(client, old, new)] == []


async def test_nothing_to_migrate_is_said(elasticsearch: ElasticsearchIndex) -> None:
    nameless = ElasticsearchIndex(elasticsearch.client, "here", prefix="test-none-")
    with pytest.raises(IndexUnavailable, match="index create"):
        await run(nameless)
