"""The answer of an Elasticsearch search in, results out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from index.cursor import PageStart, encode
from index.query import MARK_START, Bucket, Hit, Query, Sort

ServerAnswer = Mapping[str, Any]


def hits(found: ServerAnswer, query: Query) -> tuple[Hit, ...]:
    """Return the hits of the answer."""
    return tuple(
        Hit(
            id=each["_id"],
            document=each["_source"],
            score=float(each["_score"] or 0.0) if query.sort is Sort.RELEVANCE else 0.0,
            highlights=_highlights(each.get("highlight", {})),
            story_size=each["inner_hits"]["story"]["hits"]["total"]["value"] if "inner_hits" in each else 1,
        )
        for each in found["hits"]["hits"]
    )


def _highlights(found: ServerAnswer) -> dict[str, tuple[str, ...]]:
    """Return one highlight a field: of the analyses that found something there, the one that found most."""
    best: dict[str, tuple[str, ...]] = {}
    for name, pieces in found.items():
        field = name.rpartition(".")[2]
        if field not in best or _marks(pieces) > _marks(best[field]):
            best[field] = tuple(pieces)
    return best


def _marks(pieces: Any) -> int:
    return sum(piece.count(MARK_START) for piece in pieces)


def facets(found: ServerAnswer, query: Query, labels: Mapping[tuple[str, str], str]) -> dict[str, tuple[Bucket, ...]]:
    """Return the facets' values with the forms to show; `labels` are by facet and folded value."""
    return {
        name: tuple(
            Bucket(value=each["key"], label=labels.get((name, each["key"]), each["key"]), count=each["doc_count"])
            for each in counted(found, f"facet:{name}")
        )
        for name in query.facets
    }


def facet_values(found: ServerAnswer, query: Query) -> dict[str, list[str]]:
    """Return the facets' values as they are counted: folded."""
    return {name: [bucket["key"] for bucket in counted(found, f"facet:{name}")] for name in query.facets}


def counted(found: ServerAnswer, name: str) -> list[dict[str, Any]]:
    """Return the buckets of an aggregation, whether or not it stands under a filter."""
    aggregation = found["aggregations"][name]
    buckets: list[dict[str, Any]] = aggregation.get("counted", aggregation)["buckets"]
    return buckets


def histogram(found: ServerAnswer) -> tuple[Bucket, ...]:
    """Return the bars: those of instants and those of days alone, added up where they are the same day."""
    bars: Counter[str] = Counter()
    for name in ("histogram", "histogram:instants", "histogram:days"):
        if name in found.get("aggregations", {}):
            for each in counted(found, name):
                bars[each["key_as_string"]] += each["doc_count"]
    return tuple(Bucket(value=day, label=day, count=count) for day, count in sorted(bars.items()))


def significant_terms(found: ServerAnswer) -> tuple[Bucket, ...]:
    """Return the words that tell the best hits from all other articles, the most telling first."""
    if "significant" not in found.get("aggregations", {}):
        return ()
    return tuple(
        Bucket(value=each["key"], label=each["key"], count=each["doc_count"])
        for each in found["aggregations"]["significant"]["terms"]["buckets"]
    )


def next_cursor(found: ServerAnswer, query: Query, place: PageStart) -> str | None:
    """Return the cursor of the next page, None where this one was not full. `place` is where this one began."""
    last = found["hits"]["hits"]
    if len(last) < query.size or not last:
        return None
    if query.collapse_by_story:
        return encode(query, replace(place, offset=place.offset + len(last)))
    value, id = last[-1]["sort"]
    return encode(query, replace(place, after=(value, id)))
