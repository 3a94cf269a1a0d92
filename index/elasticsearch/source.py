"""A document in, what Elasticsearch stores out: the document and the fields that searches and dashboards need of it."""

from collections.abc import Mapping
from typing import Any

from index.document import check, facet_values, sorted_at
from index.fields import boosts, names
from index.protocol import Stream
from index.schema import analysed_as


def source(stream: Stream, id: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the checked document with what is derived from it. Raises Refused."""
    checked = check(stream, id, document)
    if stream == "events":
        return checked
    for entities in ("places", "people", "organisations"):
        if found := checked.get(entities):
            checked[entities] = [each if isinstance(each, Mapping) else {"name": each} for each in found]
    places = [place for place in checked.get("places") or () if isinstance(place, Mapping)]
    at = sorted_at(checked)
    derived = {
        "facets": {facet: list(values) for facet, values in facet_values(checked).items()},
        "sorted_at": at.isoformat() if at else None,
        "story_key": checked.get("story_id") or id,
        "place_names": names(places),
        "place_codes": names(places, "code"),
        "place_points": [
            {"lat": place["lat"], "lon": place["lon"]}
            for place in places
            if place.get("lat") is not None and place.get("lon") is not None
        ],
        "people_names": names(checked.get("people")),
        "organisation_names": names(checked.get("organisations")),
    }
    if key := analysed_as(str(checked.get("in_language") or "")):
        derived["i18n"] = {key: {field: checked[field] for field in boosts() if checked.get(field)}}
    return checked | derived
