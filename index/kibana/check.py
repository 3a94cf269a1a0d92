"""What Kibana would refuse or show wrongly, found before it is sent: Kibana itself may be far away."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from index.kibana.code import code
from index.kibana.dashboards import DASHBOARDS
from index.kibana.objects import dashboard, data_view, search
from index.kibana.panels import COLUMNS
from index.kibana.searches import SEARCHES
from index.kibana.views import PAGE, VIEWS, runtime_fields, types, view
from news.errors import BadDashboard

#: Kibana's limit on panels of one dashboard as code
MOST_PANELS = 100

#: every key that we send, by the kind of thing; Kibana refuses a key that it does not know
_KEYS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    kind: (frozenset(needed.split()), frozenset(allowed.split()))
    for kind, needed, allowed in (
        ("dashboard", "title description time_range pinned_panels panels", ""),
        ("time_range", "from to", ""),
        ("control", "type width grow config", ""),
        ("control config", "title data_view_id field_name", ""),
        ("panel", "type id grid config", ""),
        ("grid", "x y w h", ""),
        ("discover_session", "title ref_id", ""),
        ("metric", "type title data_source metrics", "query"),
        ("data_table", "type title data_source metrics rows", "query"),
        ("xy", "type title layers", "query"),
        ("layer", "type data_source x y", "breakdown_by"),
        ("data_source", "type ref_id", ""),
        ("query", "language expression", ""),
        ("measure", "operation label", "field percentile type"),
        ("date_histogram", "operation field label", ""),
        ("terms", "operation fields label limit rank_by", ""),
        ("rank_by", "type metric_index direction", ""),
    )
}
#: which types of field each operation takes, as Kibana names them
_TAKES = {
    "unique_count": {"string", "number", "date", "boolean"},
    "median": {"number"},
    "percentile": {"number"},
    "sum": {"number"},
    "max": {"number", "date"},
    "date_histogram": {"date"},
    "terms": {"string", "number", "boolean"},
}


def check() -> None:
    """Check all that we would send. Raises BadDashboard with every fault."""
    faults = [fault for each in DASHBOARDS for fault in faults_of(code(each))]
    shared = [data_view(each, PAGE) for each in VIEWS] + [search(saved) for saved in SEARCHES]
    faults += dangling([*shared, *(dashboard(each) for each in DASHBOARDS)])
    for saved in SEARCHES:
        known = types(view(saved.view).stream).keys() | runtime_fields(view(saved.view)).keys()
        asked = (*saved.columns, saved.sort, *([saved.where.field] if saved.where else []))
        faults += [f"{saved.id}: there is no field {name}" for name in asked if name not in known]
    if faults:
        raise BadDashboard("Kibana would refuse the dashboards: " + "; ".join(faults) + ".")


def faults_of(made: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a dashboard as code, a sentence each."""
    return list(_dashboard(made))


def dangling(objects: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the references of saved objects that lead to none of them."""
    known = {(each["type"], each["id"]) for each in objects}
    return [
        f"{each['id']}: {reference['name']} leads to no {reference['type']} {reference['id']}"
        for each in objects
        for reference in each["references"]
        if (reference["type"], reference["id"]) not in known
    ]


def _keys(where: str, kind: str, value: Mapping[str, Any]) -> Iterator[str]:
    needed, allowed = _KEYS[kind]
    yield from (f"{where}: {kind} has an unknown key {name}" for name in sorted(value.keys() - needed - allowed))
    yield from (f"{where}: {kind} lacks {name}" for name in sorted(needed - value.keys()))


def _dashboard(made: Mapping[str, Any]) -> Iterator[str]:
    title = str(made.get("title"))
    yield from _keys(title, "dashboard", made)
    yield from _keys(title, "time_range", made.get("time_range", {}))
    panels = made.get("panels", [])
    if len(panels) > MOST_PANELS:
        yield f"{title}: {len(panels)} panels are more than {MOST_PANELS}"
    ids = [panel.get("id") for panel in panels]
    yield from (f"{title}: two panels are called {id}" for id in sorted({str(id) for id in ids if ids.count(id) > 1}))
    for control in made.get("pinned_panels", []):
        where = f"{title}, control"
        yield from _keys(where, "control", control)
        yield from _keys(where, "control config", control.get("config", {}))
        config = control.get("config", {})
        yield from _field(where, "terms", config.get("data_view_id"), config.get("field_name"))
    for panel in panels:
        yield from _panel(f"{title}, {panel.get('id')}", panel)
    for one, other in combinations(panels, 2):
        if _overlap(one.get("grid", {}), other.get("grid", {})):
            yield f"{title}: {one.get('id')} and {other.get('id')} overlap"


def _overlap(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    if {"x", "y", "w", "h"} - one.keys() & other.keys():
        return False  # said already
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


def _panel(where: str, panel: Mapping[str, Any]) -> Iterator[str]:
    yield from _keys(where, "panel", panel)
    grid, config = panel.get("grid", {}), panel.get("config", {})
    yield from _keys(where, "grid", grid)
    if grid.get("x", 0) < 0 or grid.get("y", 0) < 0 or min(grid.get("w", 1), grid.get("h", 1)) < 1:
        yield f"{where}: it has no place"
    if grid.get("x", 0) + grid.get("w", 0) > COLUMNS:
        yield f"{where}: it is beyond column {COLUMNS}"
    if panel.get("type") == "discover_session":
        yield from _keys(where, "discover_session", config)
        if config.get("ref_id") not in {saved.id for saved in SEARCHES}:
            yield f"{where}: there is no saved search {config.get('ref_id')}"
    elif panel.get("type") == "vis" and config.get("type") in _CHARTS:
        yield from _keys(where, config["type"], config)
        if "query" in config:
            yield from _keys(where, "query", config["query"])
        yield from _CHARTS[config["type"]](where, config)
    else:
        yield f"{where}: its type is not known here"


def _xy(where: str, config: Mapping[str, Any]) -> Iterator[str]:
    for layer in config.get("layers", []):
        yield from _keys(where, "layer", layer)
        groups = [layer.get("x", {}), *([layer["breakdown_by"]] if "breakdown_by" in layer else [])]
        yield from _over(where, layer, layer.get("y", []), groups)


def _table(where: str, config: Mapping[str, Any]) -> Iterator[str]:
    yield from _over(where, config, config.get("metrics", []), config.get("rows", []))


def _metric(where: str, config: Mapping[str, Any]) -> Iterator[str]:
    yield from _over(where, config, config.get("metrics", []), [])


_CHARTS: dict[str, Callable[[str, Mapping[str, Any]], Iterator[str]]] = {
    "xy": _xy,
    "data_table": _table,
    "metric": _metric,
}


def _over(
    where: str,
    source: Mapping[str, Any],
    measures: Sequence[Mapping[str, Any]],
    groups: Sequence[Mapping[str, Any]],
) -> Iterator[str]:
    yield from _keys(where, "data_source", source.get("data_source", {}))
    view_id = source.get("data_source", {}).get("ref_id")
    if view_id not in {each.id for each in VIEWS}:
        yield f"{where}: there is no data view {view_id}"
        return
    if not measures:
        yield f"{where}: it measures nothing"
    for measure in measures:
        yield from _keys(where, "measure", measure)
        operation = measure.get("operation")
        if operation != "count":
            yield from _field(where, str(operation), view_id, measure.get("field"))
    for group in groups:
        operation = str(group.get("operation"))
        if operation not in ("terms", "date_histogram"):
            yield f"{where}: it groups by an unknown operation {operation}"
            continue
        yield from _keys(where, operation, group)
        if operation == "terms":
            yield from _keys(where, "rank_by", group.get("rank_by", {}))
            if group.get("rank_by", {}).get("metric_index", 0) >= len(measures):
                yield f"{where}: it ranks by a measure that is not there"
        for field in group.get("fields", [group.get("field")]):
            yield from _field(where, operation, view_id, field)


def _field(where: str, operation: str, view_id: object, field: object) -> Iterator[str]:
    found = next((each for each in VIEWS if each.id == view_id), None)
    if found is None:
        yield f"{where}: there is no data view {view_id}"
    elif operation not in _TAKES:
        yield f"{where}: it measures by an unknown operation {operation}"
    elif types(found.stream).get(str(field)) not in _TAKES[operation]:
        yield f"{where}: {operation} cannot be taken of {field}"
