"""Panels in the query DSL, as Kibana would ask Elasticsearch: read from the saved objects."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from index.kibana.saved_objects import saved_objects

#: the newsroom's articles are of some days that never change, its crawl is of now
LONG_AGO = "1970-01-01"
OBJECTS = saved_objects()
_KQL = re.compile(r'(?P<field>\w+): (?:(?P<any>\*)|(?P<values>"\w+"|\("\w+"(?: or "\w+")*\)))')


@dataclass(frozen=True, kw_only=True)
class DataView:
    """An index as Kibana shows it."""

    stream: str
    #: the field that a dashboard's span of time is taken by
    time: str
    runtime_fields: dict[str, Any]


def objects(type: str) -> list[dict[str, Any]]:
    """Return the saved objects of one type."""
    return [each for each in OBJECTS if each["type"] == type]


def view(id: str) -> DataView:
    """Return the data view with this id."""
    (found,) = [each["attributes"] for each in objects("index-pattern") if each["id"] == id]
    fields = json.loads(found["runtimeFieldMap"])
    return DataView(stream=found["title"], time=found["timeFieldName"], runtime_fields=fields)


def kql(expression: str) -> dict[str, Any]:
    """Return what a condition in Kibana's query language asks for; one that is not of our kind is an error."""
    found = _KQL.fullmatch(expression)
    assert found, expression
    field = found["field"]
    # a value in quotation marks is a phrase, whatever the field's type
    phrases = [{"match_phrase": {field: value}} for value in re.findall(r'"(\w+)"', found["values"] or "")]
    return {"bool": {"should": phrases}} if phrases else {"exists": {"field": field}}


def within(view: DataView, expression: str, since: str = LONG_AGO) -> dict[str, Any]:
    """Return the query of a panel: its span of time, by the view's time field, and its condition."""
    span = {"range": {view.time: {"gte": since, "lte": "now+1d"}}}
    return {"bool": {"filter": [span, *([kql(expression)] if expression else [])]}}


def of_lens(panel: Mapping[str, Any], since: str = LONG_AGO) -> tuple[DataView, dict[str, Any]]:
    """Return the data view and the request of a Lens panel of a saved dashboard."""
    attributes = panel["embeddableConfig"]["attributes"]
    (reference,) = attributes["references"]
    (layer,) = attributes["state"]["datasourceStates"]["formBased"]["layers"].values()
    columns = [layer["columns"][id] for id in layer["columnOrder"]]
    over = view(reference["id"])
    request = {"size": 0, "track_total_hits": True, "query": within(over, attributes["state"]["query"]["query"], since)}
    asked = [
        _measure(
            column["operationType"],
            None if column["sourceField"] == "___records___" else column["sourceField"],
            column["params"].get("percentile"),
        )
        for column in columns
        if not column["isBucketed"]
    ]
    steps = [
        _by_time(column["sourceField"])
        if column["operationType"] == "date_histogram"
        else _by_value(column["sourceField"], column["params"]["size"], column["params"]["orderDirection"], asked[0])
        for column in columns
        if column["isBucketed"]
    ]
    return over, request | _nested(steps, asked)


def of_search(saved: Mapping[str, Any]) -> tuple[DataView, dict[str, Any]]:
    """Return the data view and the request of a saved search: its columns, links among them."""
    source = json.loads(saved["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
    (reference,) = saved["references"]
    assert source["indexRefName"] == reference["name"]
    over = view(reference["id"])
    return over, {
        "size": 100,
        "query": within(over, source["query"]["query"]),
        "sort": [{field: direction} for field, direction in saved["attributes"]["sort"]],
        "fields": saved["attributes"]["columns"],
        "runtime_mappings": over.runtime_fields,
    }


def _measure(operation: str, field: str | None, percentile: int | None) -> dict[str, Any] | None:
    if operation == "count":
        return None
    if operation in ("median", "percentile"):
        return {"percentiles": {"field": field, "percents": [percentile or 50]}}
    return {{"unique_count": "cardinality", "max": "max", "sum": "sum"}[operation]: {"field": field}}


def _by_time(field: str) -> dict[str, Any]:
    return {"auto_date_histogram": {"field": field, "buckets": 50}}


def _by_value(field: str, size: int, direction: str, ranked_by: dict[str, Any] | None) -> dict[str, Any]:
    return {"terms": {"field": field, "size": size, "order": {"measure-0" if ranked_by else "_count": direction}}}


def _nested(steps: list[dict[str, Any]], measures: list[dict[str, Any] | None]) -> dict[str, Any]:
    """Return the aggregations: each group within the one before, the measures within each."""
    asked = {f"measure-{number}": each for number, each in enumerate(measures) if each}
    if not steps:
        return {"aggs": asked} if asked else {}
    return {"aggs": asked | {"group": steps[0] | _nested(steps[1:], measures)}}
