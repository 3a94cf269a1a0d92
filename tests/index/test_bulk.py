"""The write loop against a server that stumbles in every way that production has shown."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from index.elasticsearch import bulk
from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.bulk import Line, chunks
from index.elasticsearch.bulk_items import BUSY_SECONDS, FAULT_SECONDS, FULL_SECONDS
from index.elasticsearch.client import connect, shown
from index.elasticsearch.migrate import migrate
from index.fields import SCHEMA_VERSION
from index.protocol import DONE, Action, WriteResult, WriteStatus
from index.query import Query
from news.configuration import Configuration
from news.errors import IndexUnavailable
from tests.index.conftest import document, found
from tests.index.stumbling import (
    Stumbling,
    gives,
    hangs_up,
    hangs_up_after,
    items,
    never_answers,
    page,
    says,
    stumbling,
)
from tests.ports import free_ports

DAY_LONG = says(429, "es_rejected_execution_exception")


@pytest.fixture
async def server(elasticsearch_url: str) -> AsyncIterator[Stumbling]:
    async with stumbling(elasticsearch_url) as made:
        yield made


class Pauses(list[float]):
    """Notes the pauses in place of making them."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


async def write(
    server: Stumbling, index: ElasticsearchIndex, actions: list[Action], pauses: Pauses | None = None
) -> list[WriteResult]:
    client = connect(Configuration(home=Path(), elasticsearch_url=server.url))
    targets = {stream: [alias] for stream, alias in index.aliases.items()}
    try:
        return await bulk.write(
            client, actions, targets, shown(server.url), pause=pauses if pauses is not None else Pauses()
        )
    finally:
        await client.close()
        await index.refresh()


def articles(count: int, **fields: Any) -> list[Action]:
    return [
        Action(stream="articles", id=each["id"], revision=1, document=each)
        for each in (document(f"n{number}", **fields) for number in range(count))
    ]


@pytest.mark.parametrize(
    "fault",
    [
        says(429, "es_rejected_execution_exception"),
        says(429, "circuit_breaking_exception"),
        says(503, "cluster_block_exception"),
        page(502),
        page(504),
        hangs_up,
    ],
)
async def test_what_passes_is_tried_again(server: Stumbling, elasticsearch: ElasticsearchIndex, fault: Any) -> None:
    server.faults = [fault, fault]
    pauses = Pauses()
    assert await write(server, elasticsearch, articles(3), pauses) == [DONE] * 3
    assert await found(elasticsearch) == ["n0", "n1", "n2"]
    # aiohttp itself goes once more, without a pause, where an old connection was closed
    assert len(pauses) == (1 if fault is hangs_up else 2)
    assert all(0 < seconds <= 0.5 * 2**number for number, seconds in enumerate(pauses))


async def test_a_connection_lost_after_the_work_stores_nothing_twice(
    server: Stumbling, elasticsearch: ElasticsearchIndex
) -> None:
    server.faults = [hangs_up_after(server)]
    assert await write(server, elasticsearch, articles(3)) == [DONE] * 3
    assert len(server.bodies) == 2
    assert await found(elasticsearch) == ["n0", "n1", "n2"]


async def test_a_server_that_stays_busy_lets_all_wait(server: Stumbling, elasticsearch: ElasticsearchIndex) -> None:
    server.faults = [DAY_LONG] * bulk.TRIES
    words = await write(server, elasticsearch, articles(2))
    assert [word.status for word in words] == [WriteStatus.LATER] * 2
    assert words[0].wait_seconds == BUSY_SECONDS
    assert words[0].reason == "es_rejected_execution_exception"


async def test_only_busy_items_are_sent_again(server: Stumbling, elasticsearch: ElasticsearchIndex) -> None:
    server.faults = [
        items((201, ""), (429, "es_rejected_execution_exception"), (409, "version_conflict_engine_exception"))
    ]
    actions = articles(3)
    assert await write(server, elasticsearch, actions) == [DONE] * 3
    assert [body.count(b'"_index"') for body in server.bodies] == [3, 1]
    assert orjson.loads(server.bodies[1].split(b"\n")[0])["index"]["_id"] == actions[1].id


async def test_a_full_disk_is_not_hurried(server: Stumbling, elasticsearch: ElasticsearchIndex) -> None:
    """The real server refuses each item with a 429 of its own kind while the flood stage lasts."""
    alias = elasticsearch.aliases["articles"]
    block = {"index.blocks.read_only_allow_delete": True}
    await elasticsearch.client.indices.put_settings(index=alias, settings=block)
    pauses = Pauses()
    words = await write(server, elasticsearch, articles(3), pauses)
    assert [word.status for word in words] == [WriteStatus.LATER] * 3
    assert words[0].wait_seconds == FULL_SECONDS
    assert "read-only" in words[0].reason
    assert pauses == []
    await elasticsearch.client.indices.put_settings(index=alias, settings={"index.blocks.read_only_allow_delete": None})
    assert await write(server, elasticsearch, articles(3)) == [DONE] * 3


async def test_an_index_that_a_person_made_read_only_lets_all_wait(
    server: Stumbling, elasticsearch: ElasticsearchIndex
) -> None:
    await elasticsearch.client.indices.add_block(
        index=f"{elasticsearch.aliases['articles']}-v{SCHEMA_VERSION}", block="write"
    )
    words = await write(server, elasticsearch, articles(2))
    assert [word.status for word in words] == [WriteStatus.LATER] * 2
    assert words[0].wait_seconds == FULL_SECONDS


async def test_a_missing_alias_is_said_and_no_index_comes_into_being(
    server: Stumbling, elasticsearch: ElasticsearchIndex
) -> None:
    alias = elasticsearch.aliases["articles"]
    await elasticsearch.client.indices.delete_alias(index=f"{alias}-v{SCHEMA_VERSION}", name=alias)
    with pytest.raises(IndexUnavailable, match="index create"):
        await write(server, elasticsearch, articles(1))
    assert not await elasticsearch.client.indices.exists(index=alias)
    await elasticsearch.client.indices.put_alias(index=f"{alias}-v{SCHEMA_VERSION}", name=alias)


async def test_a_server_that_never_answers_is_away(
    server: Stumbling, elasticsearch: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BULK_SECONDS", 0.2)
    server.faults = [never_answers] * bulk.TIMEOUTS
    with pytest.raises(IndexUnavailable, match="too long"):
        await write(server, elasticsearch, articles(1))
    assert len(server.bodies) == bulk.TIMEOUTS


async def test_a_server_that_is_not_there_is_away_and_no_password_is_shown(
    elasticsearch: ElasticsearchIndex, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    nowhere = Stumbling("")
    nowhere.url = f"http://user:pass-word@127.0.0.1:{free_ports(1)[0]}"
    try:
        with pytest.raises(IndexUnavailable, match="cannot be reached") as caught:
            await write(nowhere, elasticsearch, articles(1))
    finally:
        await nowhere.session.close()
    assert "pass-word" not in str(caught.value)
    assert "pass-word" not in caplog.text
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(("status", "kind"), [(401, "security_exception"), (403, "security_exception")])
async def test_a_refused_key_is_said_without_showing_it(
    server: Stumbling, elasticsearch: ElasticsearchIndex, status: int, kind: str
) -> None:
    server.faults = [says(status, kind, "unable to authenticate user [elastic] for REST request [/_bulk]")]
    with pytest.raises(IndexUnavailable, match="key") as caught:
        await write(server, elasticsearch, articles(1))
    assert "unable" not in str(caught.value)
    assert len(server.bodies) == 1


async def test_a_request_too_large_is_halved(server: Stumbling, elasticsearch: ElasticsearchIndex) -> None:
    server.faults = [page(413), page(413)]
    assert await write(server, elasticsearch, articles(4)) == [DONE] * 4
    assert [body.count(b'"_index"') for body in server.bodies] == [4, 2, 1, 1, 2]


async def test_a_single_document_too_large_is_refused_alone(
    server: Stumbling, elasticsearch: ElasticsearchIndex
) -> None:
    server.faults = [page(413), page(413)]
    words = await write(server, elasticsearch, articles(2))
    assert [word.status for word in words] == [WriteStatus.REJECTED, WriteStatus.DONE]


async def test_what_the_server_refuses_is_named_without_its_text(elasticsearch: ElasticsearchIndex) -> None:
    secret = "Nobody must read this"
    actions = articles(3)
    actions[1] = Action(stream="articles", id="bad", revision=1, document=document("bad", word_count=secret))
    words = await elasticsearch.write(actions)
    assert [word.status for word in words] == [WriteStatus.DONE, WriteStatus.REJECTED, WriteStatus.DONE]
    assert words[1].reason == "document_parsing_exception: field word_count"


async def test_after_a_loss_half_way_the_rest_waits_and_what_arrived_counts(
    server: Stumbling, elasticsearch: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions = articles(6, body="x" * 1000)
    monkeypatch.setattr(bulk, "chunks", lambda every: chunks(every, 3 * len(every[0].text) + 100))
    server.faults = [None, *[hangs_up] * 2 * bulk.TRIES]
    words = await write(server, elasticsearch, actions)
    assert [word.status for word in words] == [WriteStatus.DONE] * 3 + [WriteStatus.LATER] * 3
    assert await found(elasticsearch) == ["n0", "n1", "n2"]


async def test_one_document_that_stays_busy_does_not_hold_up_the_others(
    server: Stumbling, elasticsearch: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions = articles(4, body="x" * 1000)
    monkeypatch.setattr(bulk, "chunks", lambda every: chunks(every, 2 * len(every[0].text) + 100))
    busy = (503, "unavailable_shards_exception")
    server.faults = [items((201, ""), busy), *[items(busy)] * (bulk.TRIES - 1)]
    words = await write(server, elasticsearch, actions)
    assert [word.status for word in words] == [WriteStatus.DONE, WriteStatus.LATER, WriteStatus.DONE, WriteStatus.DONE]
    assert words[1].reason == "unavailable_shards_exception"


STRANGE = [
    gives("<html>Welcome to the hotel</html>", content_type="text/html"),
    gives("<html>Welcome to the hotel</html>", content_type="text/html", as_elastic=False),
    gives("{}"),
    gives("[]"),
    gives("null"),
    gives("{"),
    gives('{"errors": true, "items": [{"index": {"status": 201}}]}'),
    gives('{"errors": true, "items": [{}, {}]}'),
    gives('{"errors": true, "items": [{"index": {"status": 201}}, {"index": {"status": "201"}}]}'),
    gives('{"errors": false}'),
]


@pytest.mark.parametrize("fault", STRANGE)
async def test_an_answer_that_cannot_be_read_lets_all_wait(
    server: Stumbling, elasticsearch: ElasticsearchIndex, fault: Any
) -> None:
    server.always = fault
    with pytest.raises(IndexUnavailable, match="gave an answer that cannot be read"):
        await write(server, elasticsearch, articles(2))


@pytest.mark.parametrize("fault", STRANGE)
async def test_a_search_whose_answer_cannot_be_read_says_so(
    server: Stumbling, elasticsearch: ElasticsearchIndex, fault: Any
) -> None:
    server.always = fault
    index = ElasticsearchIndex(connect(Configuration(home=Path(), elasticsearch_url=server.url)), shown(server.url))
    try:
        for asked in (
            index.search(Query(facets=("outlet",))),
            index.status(),
            index.get("a"),
            index.write(articles(3)),
        ):
            with pytest.raises(IndexUnavailable):
                await asked
    finally:
        await index.close()


async def test_a_closed_index_refuses_no_document(elasticsearch: ElasticsearchIndex) -> None:
    alias = elasticsearch.aliases["articles"]
    await elasticsearch.client.indices.close(index=f"{alias}-v{SCHEMA_VERSION}")
    with pytest.raises(IndexUnavailable, match=r"has closed the index .* open it"):
        await elasticsearch.write(articles(3))
    with pytest.raises(IndexUnavailable, match="has closed the index"):
        await elasticsearch.search(Query())
    await elasticsearch.client.indices.open(index=f"{alias}-v{SCHEMA_VERSION}")
    assert await elasticsearch.write(articles(3)) == [DONE] * 3


async def test_a_pipeline_that_is_missing_refuses_no_document(elasticsearch: ElasticsearchIndex) -> None:
    alias = elasticsearch.aliases["articles"]
    await elasticsearch.client.indices.put_settings(index=alias, settings={"index.default_pipeline": "gone"})
    with pytest.raises(IndexUnavailable, match="lacks the ingest pipeline 'gone'"):
        await elasticsearch.write(articles(3))


async def test_an_alias_on_two_indices_is_said_with_both_names(elasticsearch: ElasticsearchIndex) -> None:
    alias = elasticsearch.aliases["articles"]
    await elasticsearch.client.indices.update_aliases(
        actions=[{"add": {"index": f"{alias}-v{SCHEMA_VERSION}", "alias": alias, "is_write_index": False}}]
    )
    await elasticsearch.client.indices.create(index=f"{alias}-v0", aliases={alias: {}})
    for asked in (
        elasticsearch.write(articles(3)),
        elasticsearch.tally(),
        elasticsearch.create(),
        elasticsearch.status(),
        migrate(elasticsearch),
    ):
        with pytest.raises(
            IndexUnavailable, match=f"{alias}-v0 and {alias}-v{SCHEMA_VERSION}; remove it from all but one"
        ):
            await asked


async def test_an_alias_on_two_indices_is_said_though_one_of_them_takes_the_writes(
    elasticsearch: ElasticsearchIndex,
) -> None:
    alias = elasticsearch.aliases["articles"]
    await elasticsearch.client.indices.create(index=f"{alias}-of-somebody", aliases={alias: {"is_write_index": False}})
    for asked in (elasticsearch.write(articles(3)), elasticsearch.tally()):
        with pytest.raises(IndexUnavailable, match=f"has the alias '{alias}' on "):
            await asked


async def test_what_one_index_took_is_done_while_the_other_is_missing(elasticsearch: ElasticsearchIndex) -> None:
    alias = elasticsearch.aliases["articles"]
    await elasticsearch.client.indices.delete(index=f"{alias}-v{SCHEMA_VERSION}")
    event = Action(stream="events", id="e", revision=1, document={"at": "2026-03-02T08:00:00Z"})
    words = await elasticsearch.write([*articles(1), event, *articles(1)])
    assert [word.status for word in words] == [WriteStatus.LATER, WriteStatus.DONE, WriteStatus.LATER]
    assert "lacks the alias" in words[0].reason
    assert words[0].wait_seconds == FAULT_SECONDS


async def test_a_mapping_that_fits_no_document_refuses_none(elasticsearch: ElasticsearchIndex) -> None:
    alias = elasticsearch.aliases["articles"]
    await elasticsearch.client.indices.delete(index=f"{alias}-v{SCHEMA_VERSION}")
    await elasticsearch.client.indices.create(
        index=f"{alias}-v{SCHEMA_VERSION}", aliases={alias: {}}, mappings={"properties": {"outlet": {"type": "long"}}}
    )
    with pytest.raises(IndexUnavailable, match=r"refuses every document .* field outlet.* migrate --again"):
        await elasticsearch.write(articles(bulk.ALIKE))
    words = await elasticsearch.write(articles(bulk.ALIKE - 1))
    assert {word.status for word in words} == {WriteStatus.REJECTED}


async def test_an_id_too_long_is_refused_alone(elasticsearch: ElasticsearchIndex) -> None:
    actions = articles(2)
    actions[0] = replace(actions[0], id="é" * 300)
    words = await elasticsearch.write(actions)
    assert [word.status for word in words] == [WriteStatus.REJECTED, WriteStatus.DONE]
    assert words[0].reason == "its id is longer than 512 bytes"


OPENSEARCH = '{"name": "a", "version": {"distribution": "opensearch", "number": "2.19.1"}}'
EIGHT = '{"name": "a", "version": {"number": "8.19.4", "build_flavor": "default"}, "tagline": "You Know, for Search"}'


@pytest.mark.parametrize(
    ("root", "is_elastic", "refusal", "said"),
    [
        (OPENSEARCH, False, '{"error": "Content-Type header is not supported", "status": 406}', "OpenSearch 2.19.1"),
        (EIGHT, True, '{"error": {"type": "media_type_header_exception"}, "status": 400}', "Elasticsearch 8.19.4"),
    ],
)
async def test_another_product_or_version_is_named(
    server: Stumbling, root: str, is_elastic: bool, refusal: str, said: str
) -> None:
    async def other(request: web.Request, body: bytes) -> web.StreamResponse | None:
        plain = "compatible-with" not in request.headers.get("accept", "") + request.headers.get("content-type", "")
        answer = gives(root if plain else refusal, 200 if plain else 400, as_elastic=is_elastic)
        return await answer(request, body)

    server.always = other
    index = ElasticsearchIndex(connect(Configuration(home=Path(), elasticsearch_url=server.url)), shown(server.url))
    try:
        for asked in (index.create(), index.search(Query()), index.write(articles(1))):
            with pytest.raises(IndexUnavailable, match=f"is {said}; Broadsheet needs Elasticsearch 9"):
                await asked
    finally:
        await index.close()


def test_chunks_are_cut_by_bytes_and_lose_nothing() -> None:
    every = [Line(place=number, target="a", text=b"x" * size) for number, size in enumerate((10, 10, 50, 1, 1, 30))]
    cut = list(chunks(every, 22))
    assert [[line.place for line in chunk] for chunk in cut] == [[0, 1], [2], [3, 4], [5]]
    assert list(chunks([])) == []
