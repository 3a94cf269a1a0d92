"""A panel in the form that Kibana 8.19 to 9.3 keeps: Lens columns over a data view."""

from typing import Any

from index.kibana.panels import Chart, Group, Measure, Panel
from index.kibana.views import types, view

#: what Lens calls the count of documents
_RECORDS = "___records___"
_SHAPES = {Chart.METRIC: "lnsMetric", Chart.TABLE: "lnsDatatable"}


def reference(panel: Panel) -> dict[str, str]:
    """Return what ties the panel's one layer to its data view."""
    return {"type": "index-pattern", "id": panel.view, "name": f"indexpattern-datasource-layer-{_layer_id(panel)}"}


def lens(panel: Panel) -> dict[str, Any]:
    """Return the panel's Lens attributes."""
    columns = {_group_id(number): _group(panel, group) for number, group in enumerate(panel.groups)}
    columns |= {_measure_id(number): _measure(panel, measure) for number, measure in enumerate(panel.measures)}
    layer = {"columns": columns, "columnOrder": list(columns), "incompleteColumns": {}, "sampling": 1}
    return {
        "title": panel.title,
        "visualizationType": _SHAPES.get(panel.chart, "lnsXY"),
        "type": "lens",
        "references": [reference(panel)],
        "state": {
            "visualization": _visualization(panel),
            "query": {"query": panel.where.kql() if panel.where else "", "language": "kuery"},
            "filters": [],
            "datasourceStates": {
                "formBased": {"layers": {_layer_id(panel): layer}},
                "indexpattern": {"layers": {}},
                "textBased": {"layers": {}},
            },
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }


def _layer_id(panel: Panel) -> str:
    return f"{panel.id}-layer"


def _group_id(number: int) -> str:
    return f"group-{number}"


def _measure_id(number: int) -> str:
    return f"measure-{number}"


def _measure(panel: Panel, measure: Measure) -> dict[str, Any]:
    kind = types(view(panel.view).stream).get(measure.field, "number")
    parameters: dict[str, Any] = {}
    if measure.percentile is not None:
        parameters["percentile"] = measure.percentile
    elif measure.operation != "median":
        parameters["emptyAsNull"] = True
    return {
        "label": measure.label,
        "customLabel": True,
        "dataType": "date" if measure.operation == "max" and kind == "date" else "number",
        "operationType": measure.operation,
        "isBucketed": False,
        "scale": "ratio",
        "sourceField": measure.field or _RECORDS,
        "params": parameters,
    }


def _group(panel: Panel, group: Group) -> dict[str, Any]:
    kind = types(view(panel.view).stream)[group.field]
    named = {"label": group.label, "customLabel": True, "dataType": kind, "isBucketed": True}
    if kind == "date":
        return {
            **named,
            "operationType": "date_histogram",
            "scale": "interval",
            "sourceField": group.field,
            "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False},
        }
    return {
        **named,
        "operationType": "terms",
        "scale": "ordinal",
        "sourceField": group.field,
        "params": {
            "size": group.size,
            "orderBy": {"type": "column", "columnId": _measure_id(0)},
            "orderDirection": "asc" if group.ascending else "desc",
            "otherBucket": False,
            "missingBucket": False,
            "parentFormat": {"id": "terms"},
            "include": [],
            "exclude": [],
            "includeIsRegex": False,
            "excludeIsRegex": False,
        },
    }


def _visualization(panel: Panel) -> dict[str, Any]:
    groups = [_group_id(number) for number in range(len(panel.groups))]
    measures = [_measure_id(number) for number in range(len(panel.measures))]
    layer: dict[str, Any] = {"layerId": _layer_id(panel), "layerType": "data"}
    if panel.chart is Chart.METRIC:
        return layer | {"metricAccessor": measures[0]}
    if panel.chart is Chart.TABLE:
        columns = [{"columnId": each, "isTransposed": False, "isMetric": False} for each in groups]
        columns += [{"columnId": each, "isTransposed": False, "isMetric": True} for each in measures]
        return layer | {"columns": columns}
    layer |= {
        "accessors": measures,
        "seriesType": str(panel.chart),
        "xAccessor": groups[0],
        "position": "top",
        "showGridlines": False,
    }
    if len(groups) > 1:
        layer["splitAccessor"] = groups[1]
    return {
        "layers": [layer],
        "preferredSeriesType": str(panel.chart),
        "legend": {"isVisible": True, "position": "right"},
        "valueLabels": "hide",
    }
