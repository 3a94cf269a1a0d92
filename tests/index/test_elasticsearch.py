"""What Elasticsearch does beyond the contract, and how the index says how it is."""

import asyncio
import random
from typing import Any

import pytest

from index.cursor import PageStart, encode
from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.bulk import source
from index.elasticsearch.migrate import _Step
from index.elasticsearch.translate import DEEPEST_OFFSET
from index.fields import SCHEMA_VERSION, facets
from index.postgresql.backend import PostgresqlIndex
from index.query import Query, Sort
from index.schema import DERIVED, fields, schema
from news.errors import BadQuery, IndexUnavailable
from tests.index.conftest import Put, document, slugs

FLOOD = "the flood broke the dam above the valley and hundreds of villagers fled to the hills"
BUDGET = "the parliament passed the budget after a long debate on pensions and the deficit and the report"


def retold(text: str, teller: int) -> str:
    """Return the text's words in an order of the teller's own: no copy, which significant terms pass over."""
    words = text.split()
    random.Random(teller).shuffle(words)
    return " ".join(words)


@pytest.fixture
async def floods(elasticsearch: ElasticsearchIndex, put: Put) -> ElasticsearchIndex:
    await put(
        elasticsearch,
        *(document(f"flood-{n}", headline=f"Flood in the valley {n}", body=retold(FLOOD, n)) for n in range(6)),
        *(document(f"budget-{n}", headline=f"Budget {n + 100}", body=retold(BUDGET, n)) for n in range(20)),
        document(
            "flut", headline="Flut im Tal", body="Die Flut brach den Damm, Dörfer wurden geräumt.", in_language="de"
        ),
        document(
            "flut-2", headline="Damm gebrochen", body="Die Dämme brachen, ein Dorf wurde geräumt.", in_language="de"
        ),
    )
    return elasticsearch


async def test_more_like_this_finds_the_others_of_its_kind(floods: ElasticsearchIndex) -> None:
    results = await floods.search(Query(like=document("flood-0")["id"], size=50))
    assert sorted(slugs(results)) == [f"flood-{n}" for n in range(1, 6)]


async def test_more_like_this_knows_other_forms(floods: ElasticsearchIndex) -> None:
    assert slugs(await floods.search(Query(like=document("flut")["id"]))) == ["flut-2"]


async def test_more_like_this_holds_with_words_and_filters(floods: ElasticsearchIndex) -> None:
    like = document("flood-0")["id"]
    assert slugs(await floods.search(Query(like=like, text="headline:3"))) == ["flood-3"]
    assert slugs(await floods.search(Query(like=like, languages=("de",)))) == []


async def test_more_like_nothing_is_a_bad_query(floods: ElasticsearchIndex, postgresql: PostgresqlIndex) -> None:
    with pytest.raises(BadQuery, match="no-such"):
        await floods.search(Query(like="no-such"))
    with pytest.raises(BadQuery, match="Elasticsearch can"):
        await postgresql.search(Query(like="no-such"))


async def test_significant_terms_tell_the_found_from_the_rest(
    floods: ElasticsearchIndex, postgresql: PostgresqlIndex
) -> None:
    query = Query(text="dam", significant_terms=10)
    terms = {bucket.value for bucket in (await floods.search(query)).significant_terms}
    assert {"villagers", "hills", "dam"} & terms
    assert not {"report", "budget", "pensions"} & terms
    assert (await floods.search(Query(significant_terms=10))).significant_terms == ()
    results = await postgresql.search(query)
    assert results.significant_terms == ()
    assert any("significant" in note for note in results.notes)


async def test_stories_are_not_paged_through_for_ever(elasticsearch: ElasticsearchIndex) -> None:
    place = PageStart(origin="2026-03-02T08:00:00+00:00", offset=DEEPEST_OFFSET)
    cursor = encode(Query(sort=Sort.NEWEST), place)
    with pytest.raises(BadQuery, match="narrow"):
        await elasticsearch.search(Query(collapse_by_story=True, cursor=cursor))


async def test_a_status_names_what_is_wrong(elasticsearch: ElasticsearchIndex) -> None:
    alias = elasticsearch.aliases["articles"]
    await elasticsearch.client.indices.put_settings(index=alias, settings={"index.blocks.read_only_allow_delete": True})
    await _Step(elasticsearch, "events", lambda line: None, 0)._make("old")
    await elasticsearch.client.indices.put_mapping(index=alias, meta={"schema_version": 0})
    notes = " ".join((await elasticsearch.status()).notes)
    assert f"{alias}-v{SCHEMA_VERSION} is read-only" in notes
    assert "events is being migrated" in notes
    assert "index migrate" in notes


async def test_a_lost_alias_is_set_again(elasticsearch: ElasticsearchIndex, put: Put) -> None:
    await put(elasticsearch, document("a"))
    alias = elasticsearch.aliases["articles"]
    await elasticsearch.client.indices.delete_alias(index=f"{alias}-v{SCHEMA_VERSION}", name=alias)
    await elasticsearch.create()
    assert (await elasticsearch.search(Query())).total == 1


async def test_a_strangers_index_is_not_written_to(elasticsearch: ElasticsearchIndex) -> None:
    alias = elasticsearch.aliases["articles"]
    await elasticsearch.client.indices.delete(index=f"{alias}-v{SCHEMA_VERSION}")
    await elasticsearch.client.indices.create(index=alias)
    with pytest.raises(IndexUnavailable, match="remove it"):
        await elasticsearch.create()


async def test_two_who_create_at_once_make_one_index(elasticsearch: ElasticsearchIndex) -> None:
    alias = elasticsearch.aliases["articles"]
    await elasticsearch.client.indices.delete(index=f"{alias}-v{SCHEMA_VERSION}")
    await asyncio.gather(*(elasticsearch.create() for _ in range(4)))
    assert list(await elasticsearch.client.indices.get(index=alias)) == [f"{alias}-v{SCHEMA_VERSION}"]


async def test_a_missing_index_is_said(elasticsearch: ElasticsearchIndex) -> None:
    none = ElasticsearchIndex(elasticsearch.client, "here", prefix="test-none-")
    status = await none.status()
    assert status.schema_version == 0
    assert "index create" in status.notes[0]
    for asked in (none.search(Query()), none.get("a"), none.refresh()):
        with pytest.raises(IndexUnavailable, match="index create"):
            await asked


def test_a_document_gets_what_dashboards_and_searches_need() -> None:
    made = source(
        "articles",
        "a1",
        {
            "headline": "Haus",
            "in_language": "de-AT",
            "places": [{"name": "Bagdad", "code": "IQ", "lat": 33.3, "lon": 44.4}, "Wien"],
            "people": [{"name": "Mina Rau"}, {"name": "Mina Rau"}],
            "edits": {"kinds": ["headline", "number"], "stealth": True, "words_added": 3, "listed": []},
            "date_published": "2024-02-08",
            "date_precision": "day",
            "gone_at": "2024-03-01T00:00:00Z",
        },
    )
    assert made["i18n"] == {"de": {"headline": "Haus"}}
    assert made["place_names"] == ["Bagdad", "Wien"]
    assert made["place_points"] == [{"lat": 33.3, "lon": 44.4}]
    assert made["people_names"] == ["Mina Rau"]
    assert made["date_published"] == "2024-02-08"
    assert made["story_key"] == "a1"
    assert made["facets"]["edit_kinds"] == ["headline", "number"]
    assert made["facets"]["gone"] == ["true"]
    assert made.keys() <= fields("articles") | DERIVED


def test_every_facet_stands_in_the_schema() -> None:
    properties: dict[str, Any] = schema("articles")["mappings"]["properties"]
    assert set(properties["facets"]["properties"]) == set(facets())
    assert properties.keys() >= DERIVED
