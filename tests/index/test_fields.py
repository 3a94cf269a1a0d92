"""A field is declared once, and is everywhere."""

import json
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import pytest

from index import fields
from index.declaration import DeclaredFacet, DeclaredField
from index.document import facet_values
from index.elasticsearch.bulk import source
from index.elasticsearch.translate import condition
from index.fields import KEYWORD, TEXT, facet_named, known_facet
from index.postgresql.row import vector
from index.schema import fields as known_fields
from index.schema import schema
from index.syntax import Term
from news.errors import BadQuery
from web.search_params import SearchParams

#: version of the schema -> hash of what Elasticsearch is told of an article's fields
HASHES = {
    1: "980e1007a8a51b3d",
    2: "4f39d11d4c836762",
    3: "09ba68ff8dcfb248",
    4: "b1cfe4dbf8889482",
    5: "c13a8c2ab5fda509",
    6: "4e8a35f8eccad057",
    7: "b91c94f491a3905a",  # the order of the articles in the index is part of it from here on
}


def _clear() -> None:
    for each in (fields.facets, fields.facet_sources, fields.texts, fields.boosts, known_fields):
        each.cache_clear()


@pytest.fixture
def dateline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Declare a text that is a facet, too."""
    facet = DeclaredFacet(label="Written in", aliases=("written_in",), is_usual=True, is_listed=True)
    declared = DeclaredField(type=TEXT, means="where it was written", weight="C", facet=facet)
    monkeypatch.setitem(fields.FIELDS, "dateline", declared)
    _clear()
    yield
    monkeypatch.undo()
    _clear()


@pytest.mark.usefixtures("dateline")
def test_a_declared_field_is_mapped_searched_filtered_and_shown() -> None:
    properties = schema("articles")["mappings"]["properties"]
    assert properties["dateline"] == TEXT
    assert properties["facets"]["properties"]["dateline"] == {"type": "keyword", "eager_global_ordinals": True}
    document = {"headline": "Harbour", "dateline": "Kyjiw"}
    assert "'kyjiw':12C" in vector(document)
    assert facet_values(document)["dateline"] == {"kyjiw": "Kyjiw"}
    assert source("articles", "1", document)["facets"]["dateline"] == ["kyjiw"]
    assert "dateline" in str(condition(Term(text="kyjiw", field=None), ()))
    assert facet_named("Written_in") == "dateline"
    assert fields.facet_sources()["dateline"] == ("dateline",)
    assert "dateline" in fields.usual_facets()
    assert "dateline" in fields.listed_facets()
    assert SearchParams.of([("written_in", "Kyjiw")]).chosen == {"dateline": ("Kyjiw",)}
    assert "| `dateline` | text | where it was written | `dateline` | `written_in` |" in fields.table()


def test_no_two_facets_or_texts_share_a_name() -> None:
    names = [each for name, facet in fields.facets().items() for each in (name, *facet.aliases)]
    names += [each for name in fields.boosts() for each in (name, *fields.FIELDS[name].aliases)]
    assert sorted(set(names)) == sorted(names)


def test_the_docs_table_is_what_is_declared() -> None:
    written = (Path(__file__).parents[2] / "docs" / "fields.md").read_text(encoding="utf-8")
    assert written == fields.table() + "\n", "python -m index.fields > docs/fields.md"


def test_another_mapping_has_another_version() -> None:
    made = schema("articles")
    told = json.dumps([made["mappings"]["properties"], made["settings"]["sort"]], sort_keys=True)
    found = blake2b(told.encode(), digest_size=8).hexdigest()
    assert HASHES.get(fields.SCHEMA_VERSION) == found, "raise SCHEMA_VERSION, and note its hash here"


@pytest.mark.parametrize(
    ("asked", "said"),
    [("langauge", "'language'"), ("Authr", "'author'"), ("zzz", "Use one of: "), ("x" * 9_000, "Use one of")],
)
def test_an_unknown_facet_is_answered_with_the_nearest(asked: str, said: str) -> None:
    with pytest.raises(BadQuery, match=said) as caught:
        known_facet(asked)
    assert len(str(caught.value)) < 400


def test_a_keyword_is_not_searched_as_text() -> None:
    assert all(field.type != KEYWORD for field in fields.texts().values())
