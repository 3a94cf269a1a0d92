"""Saved objects, as Kibana imports them: data views and searches for all versions, dashboards for 8.19 to 9.3."""

import json
from collections.abc import Sequence
from typing import Any

from index.kibana.lens import lens, reference
from index.kibana.panels import Dashboard, Panel, SavedSearch, SearchPanel
from index.kibana.views import DataView, formats, runtime_fields

#: what each type's form was written in; Kibana migrates it from there, and an object without one through all old forms,
#: which has crashed
_FORMS = {"index-pattern": "8.0.0", "search": "10.5.0", "dashboard": "10.2.0"}
_SEARCH_REFERENCE = "kibanaSavedObjectMeta.searchSourceJSON.index"


def ndjson(objects: Sequence[dict[str, Any]]) -> str:
    """Return the objects a line each, the same text each time."""
    return "".join(json.dumps(each, ensure_ascii=False, sort_keys=True) + "\n" for each in objects)


def data_view(view: DataView, page: str) -> dict[str, Any]:
    """Return the data view as a saved object; `page` is the address of our own page."""
    attributes = {
        "title": view.stream,
        "name": f"Broadsheet: {view.name}",
        "timeFieldName": view.time,
        "fieldFormatMap": _text(formats(view, page)),
        "runtimeFieldMap": _text(runtime_fields(view)),
    }
    return _object("index-pattern", view.id, attributes, [])


def search(saved: SavedSearch) -> dict[str, Any]:
    """Return the saved search as a saved object."""
    source = {
        "query": {"query": saved.where.kql() if saved.where else "", "language": "kuery"},
        "filter": [],
        "indexRefName": _SEARCH_REFERENCE,
    }
    attributes = {
        "title": saved.title,
        "description": saved.description,
        "columns": list(saved.columns),
        "sort": [[saved.sort, "desc"]],
        "grid": {},
        "hideChart": False,
        "isTextBasedQuery": False,
        "timeRestore": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": _text(source)},
    }
    references = [{"type": "index-pattern", "id": saved.view, "name": _SEARCH_REFERENCE}]
    return _object("search", saved.id, attributes, references)


def dashboard(made: Dashboard) -> dict[str, Any]:
    """Return the dashboard as a saved object."""
    panels, references = [], []
    for panel in made.panels:
        panels.append(_panel(panel))
        references.append(_reference(panel))
    controls = {}
    for number, control in enumerate(made.controls):
        id = f"control-{control.field}"
        controls[id] = {
            "grow": True,
            "order": number,
            "width": "medium",
            "type": "optionsListControl",
            "explicitInput": {
                "id": id,
                "dataViewId": control.view,
                "fieldName": control.field,
                "title": control.label,
                "searchTechnique": "prefix",
                "selectedOptions": [],
                "sort": {"by": "_count", "direction": "desc"},
            },
        }
        references.append(
            {"type": "index-pattern", "id": control.view, "name": f"controlGroup_{id}:optionsListDataView"}
        )
    heeded = {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}
    attributes = {
        "title": made.title,
        "description": made.description,
        "panelsJSON": _text(panels),
        "optionsJSON": _text(
            {
                "useMargins": True,
                "syncColors": False,
                "syncCursor": True,
                "syncTooltips": False,
                "hidePanelTitles": False,
            }
        ),
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": _text({"query": {"query": "", "language": "kuery"}, "filter": []})
        },
        "timeRestore": True,
        "timeFrom": made.since,
        "timeTo": "now",
        "version": 1,
        "controlGroupInput": {
            "chainingSystem": "HIERARCHICAL",
            "controlStyle": "oneLine",
            "ignoreParentSettingsJSON": _text(heeded),
            "panelsJSON": _text(controls),
            "showApplySelections": False,
        },
    }
    return _object("dashboard", made.id, attributes, references)


def _object(type: str, id: str, attributes: dict[str, Any], references: Sequence[dict[str, str]]) -> dict[str, Any]:
    return {
        "type": type,
        "id": id,
        "attributes": attributes,
        "references": list(references),
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": _FORMS[type],
        "managed": False,
    }


def _panel(panel: Panel | SearchPanel) -> dict[str, Any]:
    place = panel.place
    framed: dict[str, Any] = {
        "panelIndex": panel.id,
        "gridData": {"x": place.x, "y": place.y, "w": place.w, "h": place.h, "i": panel.id},
    }
    if isinstance(panel, SearchPanel):
        shown: dict[str, Any] = {"enhancements": {}, "title": panel.title}
        return framed | {"type": "search", "panelRefName": f"panel_{panel.id}", "embeddableConfig": shown}
    return framed | {
        "type": "lens",
        "title": panel.title,
        "embeddableConfig": {"enhancements": {"dynamicActions": {"events": []}}, "attributes": lens(panel)},
    }


def _reference(panel: Panel | SearchPanel) -> dict[str, str]:
    if isinstance(panel, SearchPanel):
        return {"type": "search", "id": panel.search, "name": f"{panel.id}:panel_{panel.id}"}
    made = reference(panel)
    return made | {"name": f"{panel.id}:{made['name']}"}


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
