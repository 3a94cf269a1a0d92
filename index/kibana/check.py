"""Kibana's saved objects in, their faults out: what Kibana would refuse or show empty.

`python -m index.kibana.check` checks deploy/kibana/broadsheet.ndjson and writes it in its tidy form: sorted, and
without what belongs to the Kibana that it was exported from.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from index.kibana.saved_objects import PAGE, SavedObject, committed, ndjson, parse
from index.schema import STREAMS, schema

#: each type, in the file's order, with the version of its form: those of Kibana 8.19, which all newer ones migrate.
#: An object without a version goes through all old migrations, which has crashed
FORMS = {"index-pattern": "8.0.0", "search": "10.5.0", "dashboard": "10.2.0"}
CORE_FORM = "8.8.0"
_KEYS = ("attributes", "coreMigrationVersion", "id", "managed", "references", "type", "typeMigrationVersion")

#: Elasticsearch's types as Kibana names them; the others cannot be aggregated
_TYPES = {
    "keyword": "string",
    "boolean": "boolean",
    "date": "date",
    "integer": "number",
    "long": "number",
    "float": "number",
}
#: which types of field an operation of Lens takes; of any other operation only the field is looked at
_TAKES = {
    "unique_count": {"string", "number", "date", "boolean"},
    "median": {"number"},
    "percentile": {"number"},
    "sum": {"number"},
    "max": {"number", "date"},
    "date_histogram": {"date"},
    "terms": {"string", "number", "boolean"},
}
_ANY = {*_TYPES.values(), "other"}
#: what Lens calls the count of documents
_RECORDS = "___records___"
_SEARCH_VIEW = "kibanaSavedObjectMeta.searchSourceJSON.index"


def faults(objects: Sequence[SavedObject]) -> list[str]:
    """Return what is wrong with the saved objects, a sentence each."""
    ids = [(each.get("type"), each.get("id")) for each in objects]
    found = [f"{id}: two are called so" for _, id in sorted({key for key in ids if ids.count(key) > 1}, key=str)]
    sound = []
    for each in objects:
        wrong = list(_form(each))
        found += wrong
        sound += [] if wrong else [each]
    views = {each["id"]: each for each in sound if each["type"] == "index-pattern"}
    for each in sound:
        try:
            found += [f"{each['id']}: {fault}" for fault in _object(each, set(ids), views)]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            found.append(f"{each['id']}: it is not in the form of Kibana 8.19: {error!r}")
    return found


def tidy(objects: Sequence[SavedObject]) -> str:
    """Return the file of these objects, whose form has no fault."""
    order = {type: number for number, type in enumerate(FORMS)}
    found = sorted(objects, key=lambda each: (order[each["type"]], each["id"]))
    return ndjson({key: each[key] for key in _KEYS if key in each} for each in found)


def _form(saved: SavedObject) -> Iterator[str]:
    id, type = saved.get("id"), saved.get("type")
    if type not in FORMS:
        yield f"{id}: {type} is not one of {', '.join(FORMS)}"
        return
    if not str(id).startswith("broadsheet-"):
        yield f"{id}: its id does not begin with broadsheet-"
    form = (saved.get("coreMigrationVersion"), saved.get("typeMigrationVersion"))
    if form != (CORE_FORM, FORMS[type]):
        yield f"{id}: it is in the form {form}, not in {(CORE_FORM, FORMS[type])}: export it from Kibana 8.19"
    if missing := {"attributes", "references"} - saved.keys():
        yield f"{id}: it lacks {', '.join(sorted(missing))}"


def _object(saved: SavedObject, ids: set[tuple[object, object]], views: Mapping[str, SavedObject]) -> Iterator[str]:
    for reference in saved["references"]:
        if (reference["type"], reference["id"]) not in ids:
            yield f"{reference['name']} leads to no {reference['type']} {reference['id']}"
    attributes = saved["attributes"]
    leads_to = {reference["name"]: reference["id"] for reference in saved["references"]}
    if saved["type"] == "index-pattern":
        yield from _data_view(attributes)
    elif saved["type"] == "search":
        known = _known(views.get(leads_to.get(_SEARCH_VIEW, "")))
        source = json.loads(attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
        for name in (*attributes["columns"], *(field for field, _ in attributes["sort"]), *_asked(source)):
            yield from _taken(known, name)
    else:
        controls = json.loads(attributes.get("controlGroupInput", {}).get("panelsJSON", "{}"))
        for id, control in controls.items():
            known = _known(views.get(leads_to.get(f"controlGroup_{id}:optionsListDataView", "")))
            yield from _taken(known, control["explicitInput"]["fieldName"], "terms")
        for panel in json.loads(attributes["panelsJSON"]):
            yield from (f"{panel['panelIndex']}: {fault}" for fault in _panel(panel, leads_to, views))


def _data_view(attributes: Mapping[str, str]) -> Iterator[str]:
    if attributes["title"] not in STREAMS:
        yield f"there is no index {attributes['title']}"
        return
    types = _types(attributes["title"])
    yield from _taken(types, attributes["timeFieldName"], "date_histogram")
    computed = json.loads(attributes.get("runtimeFieldMap", "{}"))
    for each in computed.values():
        for name in sorted(set(re.findall(r"doc\['(\w+)'\]", each["script"]["source"]))):
            yield from _taken(types, name)
    for name, shown in json.loads(attributes.get("fieldFormatMap", "{}")).items():
        yield from _taken(types | dict.fromkeys(computed, "string"), name)
        link = shown.get("params", {}).get("urlTemplate", PAGE + "/")
        if not link.startswith(PAGE + "/"):
            yield f"{name} leads to {link}, not to {PAGE}, which `kibana install --page` replaces"


def _panel(panel: SavedObject, leads_to: Mapping[str, str], views: Mapping[str, SavedObject]) -> Iterator[str]:
    name = panel["panelIndex"]
    if "panelRefName" in panel:
        if f"{name}:{panel['panelRefName']}" not in leads_to:
            yield f"it shows {panel['panelRefName']}, to which no reference leads"
        return
    if panel["type"] != "lens":
        return
    state = panel["embeddableConfig"]["attributes"]["state"]
    for id, layer in state["datasourceStates"]["formBased"]["layers"].items():
        known = _known(views.get(leads_to.get(f"{name}:indexpattern-datasource-layer-{id}", "")))
        for column in layer["columns"].values():
            if column.get("sourceField", _RECORDS) != _RECORDS:
                yield from _taken(known, column["sourceField"], column["operationType"])
        for field in _asked(state):
            yield from _taken(known, field)


def _asked(source: SavedObject) -> list[str]:
    """Return the fields of a condition: of its query in Kibana's language, and of its filters."""
    unquoted = re.sub(r'"(?:\\.|[^"\\])*"', '""', source.get("query", {}).get("query", ""))
    filters = [each["meta"]["key"] for each in source.get("filter") or source.get("filters") or ()]
    return re.findall(r"([\w.]+)\s*(?::|[<>])", unquoted) + filters


@cache
def _types(stream: str) -> dict[str, str]:
    properties = schema(next(each for each in STREAMS if each == stream))["mappings"]["properties"]
    return {name: _TYPES.get(field.get("type", ""), "other") for name, field in properties.items()}


def _known(view: SavedObject | None) -> dict[str, str] | None:
    """Return the fields of a data view with their types; None if there is no such view, or it is of no index."""
    if view is None or view["attributes"]["title"] not in STREAMS:
        return None
    computed = json.loads(view["attributes"].get("runtimeFieldMap", "{}"))
    return _types(view["attributes"]["title"]) | dict.fromkeys(computed, "string")


def _taken(known: Mapping[str, str] | None, field: str, operation: str = "") -> Iterator[str]:
    if known is None:
        yield f"no data view is named for {field}"
    elif field not in known:
        yield f"there is no field {field}"
    elif known[field] not in _TAKES.get(operation, _ANY):
        yield f"{operation} cannot be taken of {field}"


def main() -> int:
    """Check the file, and write it tidily. Return the exit code."""
    try:
        objects = parse(committed())
    except ValueError as error:
        sys.stderr.write(f"broadsheet.ndjson is not JSON, an object a line: {error}\n")
        return 1
    if found := faults(objects):
        sys.stderr.write("\n".join(found) + "\n")
        return 1
    if (text := tidy(objects)) != committed():
        Path(str(files("index.kibana").joinpath("broadsheet.ndjson"))).resolve().write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
