"""The index's schemas, articles.json and events.json: which fields a document may have."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from index.protocol import Stream

STREAMS: tuple[Stream, ...] = ("articles", "events")
#: fields that the index makes for its own use; they are never written by others nor shown
DERIVED = frozenset(
    {
        "i18n",
        "facets",
        "sorted_at",
        "story_key",
        "place_names",
        "place_codes",
        "place_points",
        "people_names",
        "organisation_names",
    }
)


@cache
def _text(stream: Stream) -> str:
    return files("index").joinpath(f"{stream}.json").read_text(encoding="utf-8")


def schema(stream: Stream) -> dict[str, Any]:
    """Return a copy of the stream's Elasticsearch settings and mappings."""
    loaded: dict[str, Any] = json.loads(_text(stream))
    return loaded


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
    properties = schema("articles")["mappings"]["properties"]["i18n"]["properties"]
    return {language: each["properties"]["body"]["analyzer"] for language, each in properties.items()}


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
