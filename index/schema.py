"""The index's schemas: which fields a document may have, and how Elasticsearch analyses and maps them."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from index.fields import INSTANT, KEYWORD, SCHEMA_VERSION, boosts, facets, mapping
from index.protocol import Stream

STREAMS: tuple[Stream, ...] = ("articles", "events")
#: fields that the index makes for its own use; they are never written by others nor shown
_DERIVED: dict[str, Any] = {
    "place_names": KEYWORD,
    "place_codes": KEYWORD,
    "place_points": {"type": "geo_point"},
    "people_names": KEYWORD,
    "organisation_names": KEYWORD,
    "sorted_at": INSTANT,
    "story_key": {"type": "keyword"},
}
DERIVED = frozenset({*_DERIVED, "i18n", "facets"})


@cache
def _text(name: str) -> str:
    return files("index").joinpath(f"{name}.json").read_text(encoding="utf-8")


def schema(stream: Stream) -> dict[str, Any]:
    """Return a copy of the stream's Elasticsearch settings and mappings."""
    if stream == "events":
        loaded: dict[str, Any] = json.loads(_text("events"))
        return loaded
    analysis = json.loads(_text("analysis"))
    own = {
        language: {"properties": {name: {"type": "text"} | by for name in boosts()}}
        for language, by in analysis["languages"].items()
    }
    counted = {
        name: {"type": "keyword"} | ({} if facet.is_unique else {"eager_global_ordinals": True})
        for name, facet in facets().items()
    }
    properties = mapping() | _DERIVED
    properties |= {
        "i18n": {"dynamic": "strict", "properties": own},
        "facets": {"dynamic": "strict", "properties": counted},
    }
    made = {"dynamic": "strict", "_meta": {"schema_version": SCHEMA_VERSION}, "properties": properties}
    # a copy: who fits it to a server changes it
    return {"settings": analysis["settings"], "mappings": json.loads(json.dumps(made))}


@cache
def schema_version(stream: Stream) -> int:
    """Return the number that rises with each change of the stream's schema."""
    return int(schema(stream)["mappings"]["_meta"]["schema_version"])


@cache
def fields(stream: Stream) -> frozenset[str]:
    """Return the names a document of `stream` may use."""
    return frozenset(schema(stream)["mappings"]["properties"]) - DERIVED


@cache
def languages() -> dict[str, str]:
    """Return the languages that have an analysis of their own, each with its analyzer's name."""
    return {language: by["analyzer"] for language, by in json.loads(_text("analysis"))["languages"].items()}


def analysed_as(tag: str) -> str | None:
    """Return the key of the analysis for a BCP 47 tag, or None if there is none.

    >>> analysed_as("pt-BR"), analysed_as("nb"), analysed_as("zh-Hant"), analysed_as("und")
    ('ptbr', 'no', 'zh', None)
    """
    primary, _, rest = tag.lower().replace("_", "-").partition("-")
    if primary == "pt" and rest.startswith("br"):
        return "ptbr"
    primary = {"nb": "no", "nn": "no", "ku": "ckb", "in": "id"}.get(primary, primary)
    return primary if primary in languages() else None
