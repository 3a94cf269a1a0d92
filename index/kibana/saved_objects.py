"""Kibana's saved objects: data views, saved searches and dashboards, as Kibana exported them.

broadsheet.ndjson leads to deploy/kibana/broadsheet.ndjson and is copied into the wheel.
docs/internals/kibana.md says how a dashboard is changed.
"""

import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

SavedObject = dict[str, Any]

#: where the links in the file lead to: `broadsheet up` on the same machine
PAGE = "http://127.0.0.1:8000"


def saved_objects(page: str = PAGE) -> list[SavedObject]:
    """Return all saved objects; links lead to Broadsheet's page at the address `page`."""
    return [_linked(each, page.rstrip("/")) for each in parse(committed())]


def committed() -> str:
    """Return the file's text."""
    return files("index.kibana").joinpath("broadsheet.ndjson").read_text(encoding="utf-8")


def parse(text: str) -> list[SavedObject]:
    """Return the saved objects of an export. Its last line, a summary, is none. Raises ValueError for no JSON."""
    found = [json.loads(line) for line in text.splitlines() if line.strip()]
    return [each for each in found if "exportedCount" not in each]


def ndjson(objects: Iterable[SavedObject]) -> str:
    """Return the objects a line each, the same text each time."""
    return "".join(json.dumps(each, ensure_ascii=False, sort_keys=True) + "\n" for each in objects)


def inner(value: Any) -> str:
    """Return JSON as Kibana writes it into a text of a saved object."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _linked(saved: SavedObject, page: str) -> SavedObject:
    """Return the object, its links leading to `page`: only a data view has any."""
    if saved["type"] != "index-pattern":
        return saved
    formats = json.loads(saved["attributes"]["fieldFormatMap"])
    for each in formats.values():
        parameters = each.get("params", {})
        if "urlTemplate" in parameters:
            parameters["urlTemplate"] = page + parameters["urlTemplate"].removeprefix(PAGE)
    return saved | {"attributes": saved["attributes"] | {"fieldFormatMap": inner(formats)}}
