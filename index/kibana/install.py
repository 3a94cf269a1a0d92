"""Puts the data views, saved searches and dashboards into a space of a Kibana; what is there already is replaced."""

import re
from dataclasses import dataclass

from index.kibana.client import Kibana
from index.kibana.saved_objects import PAGE, SavedObject, ndjson, saved_objects
from news.errors import KibanaUnavailable

#: the oldest Kibana that reads our form of saved objects (index/kibana/check.py); newer ones migrate it
OLDEST = (8, 19)


@dataclass(frozen=True, kw_only=True)
class Installed:
    """What was put where."""

    kibana: str
    version: str
    #: "" is the default space
    space: str
    data_views: tuple[str, ...]
    searches: tuple[str, ...]
    dashboards: tuple[str, ...]


def install(kibana: Kibana, *, page: str = PAGE) -> Installed:
    """Put everything into the space of `kibana`; links lead to our page at the address `page`.

    A second time changes nothing. Raises KibanaUnavailable if Kibana is away, refuses, has no such space or is older
    than 8.19; then a part may be there, which the next time completes.
    """
    version = _version(kibana)
    kibana.require_space()
    objects = saved_objects(page)
    answer = kibana.upload("/api/saved_objects/_import?overwrite=true", "broadsheet.ndjson", ndjson(objects))
    # Kibana answers 200 also where it imported only some
    if not answer.get("success") or answer.get("successCount", len(objects)) != len(objects):
        errors = answer.get("errors", [])
        wrong = [f"{each.get('id')} ({each.get('error', {}).get('type', 'unknown')})" for each in errors]
        some = f"more than {answer.get('successCount', 0)} of our {len(objects)} objects"
        raise KibanaUnavailable(f"Kibana at {kibana.place} did not import {', '.join(wrong) or some}.")
    return Installed(
        kibana=kibana.place,
        version=version,
        space=kibana.space,
        data_views=_ids(objects, "index-pattern"),
        searches=_ids(objects, "search"),
        dashboards=_ids(objects, "dashboard"),
    )


def _ids(objects: list[SavedObject], type: str) -> tuple[str, ...]:
    return tuple(each["id"] for each in objects if each["type"] == type)


def _version(kibana: Kibana) -> str:
    """Return Kibana's version. Raises KibanaUnavailable for one that is too old or that says none."""
    status = kibana.status()
    number = status.get("version", {}).get("number", "") if isinstance(status, dict) else ""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", str(number))
    if not found:
        # Kibana tells whoever has no key, or a wrong one, that it is up and nothing more
        raise KibanaUnavailable(
            f"Kibana at {kibana.place} hides its version; it needs another API key in BROADSHEET_KIBANA_API_KEY."
        )
    if tuple(int(part) for part in found.groups()) < OLDEST:
        raise KibanaUnavailable(
            f"Kibana at {kibana.place} is {number}; the dashboards need {'.'.join(map(str, OLDEST))} or newer."
        )
    return found.group()
