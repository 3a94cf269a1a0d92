"""A dashboard as code, for `PUT /api/dashboards/{id}` of Kibana 9.4 and newer."""

from typing import Any

from index.kibana.panels import Chart, Control, Dashboard, Group, Measure, Panel, SearchPanel
from index.kibana.views import types, view


def code(dashboard: Dashboard) -> dict[str, Any]:
    """Return the dashboard's whole definition: a PUT of it replaces what is there."""
    return {
        "title": dashboard.title,
        "description": dashboard.description,
        "time_range": {"from": dashboard.since, "to": "now"},
        "pinned_panels": [_control(control) for control in dashboard.controls],
        "panels": [_panel(panel) for panel in dashboard.panels],
    }


def _control(control: Control) -> dict[str, Any]:
    # without `values_source`, which 9.4 refuses
    return {
        "type": "options_list_control",
        "width": "medium",
        "grow": True,
        "config": {"title": control.label, "data_view_id": control.view, "field_name": control.field},
    }


def _panel(panel: Panel | SearchPanel) -> dict[str, Any]:
    place = panel.place
    framed = {"id": panel.id, "grid": {"x": place.x, "y": place.y, "w": place.w, "h": place.h}}
    if isinstance(panel, SearchPanel):
        return {"type": "discover_session", **framed, "config": {"title": panel.title, "ref_id": panel.search}}
    return {"type": "vis", **framed, "config": _chart(panel)}


def _chart(panel: Panel) -> dict[str, Any]:
    source = {"type": "data_view_reference", "ref_id": panel.view}
    titled: dict[str, Any] = {"title": panel.title}
    if panel.where:
        titled["query"] = {"language": "kql", "expression": panel.where.kql()}
    measures = [_measure(measure) for measure in panel.measures]
    groups = [_group(panel, group) for group in panel.groups]
    if panel.chart is Chart.METRIC:
        return {"type": "metric", **titled, "data_source": source, "metrics": [{"type": "primary", **measures[0]}]}
    if panel.chart is Chart.TABLE:
        return {"type": "data_table", **titled, "data_source": source, "metrics": measures, "rows": groups}
    layer = {"type": str(panel.chart), "data_source": source, "x": groups[0], "y": measures}
    if len(groups) > 1:
        layer["breakdown_by"] = groups[1]
    return {"type": "xy", **titled, "layers": [layer]}


def _measure(measure: Measure) -> dict[str, Any]:
    found: dict[str, Any] = {"operation": measure.operation, "label": measure.label}
    if measure.field:
        found["field"] = measure.field
    if measure.percentile is not None:
        found["percentile"] = measure.percentile
    return found


def _group(panel: Panel, group: Group) -> dict[str, Any]:
    if types(view(panel.view).stream)[group.field] == "date":
        return {"operation": "date_histogram", "field": group.field, "label": group.label}
    direction = "asc" if group.ascending else "desc"
    return {
        "operation": "terms",
        "fields": [group.field],
        "label": group.label,
        "limit": group.size,
        "rank_by": {"type": "metric", "metric_index": 0, "direction": direction},
    }
