"""Puts the data views, saved searches and dashboards into a space of a Kibana; what is there already is replaced."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from index.kibana.check import check
from index.kibana.client import Kibana
from index.kibana.code import code
from index.kibana.dashboards import DASHBOARDS
from index.kibana.objects import dashboard, ndjson, search
from index.kibana.searches import SEARCHES
from index.kibana.views import PAGE, VIEWS, request
from news.errors import KibanaUnavailable

#: the oldest Kibana whose saved objects are like ours
OLDEST = (8, 19)
#: from here on dashboards are code
DASHBOARDS_AS_CODE = (9, 4)


@dataclass(frozen=True, kw_only=True)
class Installed:
    """What was put where."""

    kibana: str
    version: str
    #: "" is the default space
    space: str
    #: "dashboards as code" or "saved objects"
    form: str
    data_views: tuple[str, ...]
    searches: tuple[str, ...]
    dashboards: tuple[str, ...]


def install(kibana: Kibana, *, page: str = PAGE) -> Installed:
    """Put everything into the space of `kibana`; links lead to our page at the address `page`.

    A second time changes nothing. Raises KibanaUnavailable if Kibana is away, refuses, has no such space or is older
    than 8.19; then a part may be there, which the next time completes.
    """
    check()
    version = _version(kibana)
    kibana.require_space()
    for view in VIEWS:
        kibana.post("/api/data_views/data_view", request(view, page))
    objects = [search(saved) for saved in SEARCHES]
    as_code = version >= DASHBOARDS_AS_CODE
    if not as_code:
        objects += [dashboard(each) for each in DASHBOARDS]
    _import(kibana, objects)
    if as_code:
        for each in DASHBOARDS:
            _put(kibana, each.id, code(each))
    return Installed(
        kibana=kibana.place,
        version=".".join(map(str, version)),
        space=kibana.space,
        form="dashboards as code" if as_code else "saved objects",
        data_views=tuple(view.id for view in VIEWS),
        searches=tuple(saved.id for saved in SEARCHES),
        dashboards=tuple(each.id for each in DASHBOARDS),
    )


def _version(kibana: Kibana) -> tuple[int, ...]:
    """Return Kibana's version. Raises KibanaUnavailable for one that is too old or that says none."""
    status = kibana.status()
    number = status.get("version", {}).get("number", "") if isinstance(status, dict) else ""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", str(number))
    if not found:
        # Kibana tells whoever has no key, or a wrong one, that it is up and nothing more
        raise KibanaUnavailable(
            f"Kibana at {kibana.place} hides its version; it needs another API key in BROADSHEET_KIBANA_API_KEY."
        )
    version = tuple(int(part) for part in found.groups())
    if version < OLDEST:
        raise KibanaUnavailable(
            f"Kibana at {kibana.place} is {number}; the dashboards need {'.'.join(map(str, OLDEST))} or newer."
        )
    return version


def _import(kibana: Kibana, objects: list[dict[str, Any]]) -> None:
    answer = kibana.upload("/api/saved_objects/_import?overwrite=true", "broadsheet.ndjson", ndjson(objects))
    if not answer.get("success"):  # Kibana says 200 all the same
        errors = answer.get("errors", [])
        faults = [f"{each.get('id')} ({each.get('error', {}).get('type', 'unknown')})" for each in errors]
        raise KibanaUnavailable(f"Kibana at {kibana.place} did not import {', '.join(faults) or 'the objects'}.")


def _put(kibana: Kibana, id: str, made: dict[str, Any]) -> None:
    answer = kibana.put(f"/api/dashboards/{quote(id, safe='')}", made)
    kept = answer.get("data", {}).get("panels") if isinstance(answer, dict) else None
    # the preview of 9.4 may pass over a panel that it cannot read
    if kept is not None and len(kept) != len(made["panels"]):
        raise KibanaUnavailable(
            f"Kibana at {kibana.place} kept {len(kept)} of the {len(made['panels'])} panels of {id}."
        )
