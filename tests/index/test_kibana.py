"""Kibana's saved objects: the file has no fault, and the check finds those that a changed one may have."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from index.kibana.check import faults, tidy
from index.kibana.saved_objects import PAGE, committed, ndjson, parse, saved_objects

ROOT = Path(__file__).parents[2]
Change = Callable[[dict[str, Any]], None]


def changed(id: str, change: Change) -> str:
    """Return what is wrong once the object with this id was changed."""
    objects = deepcopy(parse(committed()))
    change(next(each for each in objects if each["id"] == id))
    return " ".join(faults(objects))


def attributes(**other: Any) -> Change:
    """Return a change of an object's attributes."""
    return lambda saved: saved["attributes"].update(other)


def within(name: str, change: Callable[[Any], None]) -> Change:
    """Return a change of what an attribute holds as a text."""

    def inner(saved: dict[str, Any]) -> None:
        found = json.loads(saved["attributes"][name])
        change(found)
        saved["attributes"][name] = json.dumps(found)

    return inner


def panel(id: str, change: Callable[[Any], None]) -> Change:
    """Return a change of the panel with this id."""
    return within("panelsJSON", lambda panels: change(next(each for each in panels if each["panelIndex"] == id)))


def column(id: str, **other: str) -> Change:
    """Return a change of the first column of a panel."""

    def change(found: dict[str, Any]) -> None:
        (layer,) = found["embeddableConfig"]["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].values()
        layer["columns"][layer["columnOrder"][0]].update(other)

    return panel(id, change)


def test_the_file_has_no_fault_and_is_tidy() -> None:
    assert faults(parse(committed())) == []
    assert tidy(parse(committed())) == committed()


def test_the_file_is_the_one_in_deploy() -> None:
    assert (
        ROOT / "index" / "kibana" / "broadsheet.ndjson"
    ).resolve() == ROOT / "deploy" / "kibana" / "broadsheet.ndjson"
    assert committed() == (ROOT / "deploy" / "kibana" / "broadsheet.ndjson").read_text(encoding="utf-8")


def test_what_belongs_to_the_kibana_of_an_export_is_left_out() -> None:
    objects = parse(committed())
    theirs = {"created_at": "2026-11-28T09:00:00.000Z", "updated_by": "u_1", "version": "WzEsMV0="}
    exported = ndjson([*[each | theirs for each in reversed(objects)], {"exportedCount": len(objects)}])  # type: ignore[list-item]
    assert faults(parse(exported)) == []
    assert tidy(parse(exported)) == committed()


@pytest.mark.parametrize("field", ["colour", "headline", "place_points", "places"])
def test_a_field_that_cannot_be_grouped_by_is_a_fault(field: str) -> None:
    found = changed("broadsheet-news", column("places", sourceField=field))
    assert found.startswith("broadsheet-news: places: ")
    assert found.endswith("there is no field colour" if field == "colour" else f"terms cannot be taken of {field}")


def test_a_median_of_words_is_a_fault() -> None:
    assert "median cannot be taken of story_key" in changed(
        "broadsheet-news", column("stories", operationType="median")
    )


def test_a_field_of_another_index_is_a_fault() -> None:
    assert "there is no field latency_ms" in changed("broadsheet-news", column("stories", sourceField="latency_ms"))


@pytest.mark.parametrize("query", ['colour: "red"', 'edit_kinds: * and not (colour : ("a:b" or "c"))', "colour > 3"])
def test_an_unknown_field_in_a_condition_is_a_fault(query: str) -> None:
    def ask(found: dict[str, Any]) -> None:
        found["embeddableConfig"]["attributes"]["state"]["query"]["query"] = query

    assert changed("broadsheet-news", panel("stories", ask)) == "broadsheet-news: stories: there is no field colour"


def test_an_unknown_field_of_a_control_is_a_fault() -> None:
    def change(saved: dict[str, Any]) -> None:
        controls = json.loads(saved["attributes"]["controlGroupInput"]["panelsJSON"])
        controls["control-country"]["explicitInput"]["fieldName"] = "colour"
        saved["attributes"]["controlGroupInput"]["panelsJSON"] = json.dumps(controls)

    assert changed("broadsheet-news", change) == "broadsheet-news: there is no field colour"


@pytest.mark.parametrize(("name", "value"), [("columns", ["colour"]), ("sort", [["colour", "desc"]])])
def test_an_unknown_field_of_a_saved_search_is_a_fault(name: str, value: list[Any]) -> None:
    found = changed("broadsheet-latest-articles", attributes(**{name: value}))
    assert found == "broadsheet-latest-articles: there is no field colour"


def test_an_unknown_field_of_a_data_view_is_a_fault() -> None:
    def link(fields: dict[str, Any]) -> None:
        fields["history"]["script"]["source"] = "emit(doc['colour'].value)"

    assert "no field colour" in changed("broadsheet-articles", within("runtimeFieldMap", link))
    found = changed("broadsheet-articles", attributes(timeFieldName="headline"))
    assert "date_histogram cannot be taken of headline" in found
    assert "there is no index article" in changed("broadsheet-articles", attributes(title="article"))


def test_a_link_to_somebodys_own_page_is_a_fault() -> None:
    def link(formats: dict[str, Any]) -> None:
        formats["history"]["params"]["urlTemplate"] = "https://news.example/articles/{{value}}"

    assert f"not to {PAGE}" in changed("broadsheet-articles", within("fieldFormatMap", link))


def test_a_reference_to_nothing_is_a_fault() -> None:
    found = changed("broadsheet-news", lambda saved: saved["references"][0].update(id="gone"))
    assert "leads to no index-pattern gone" in found
    without = [each for each in parse(committed()) if each["id"] != "broadsheet-changed-articles"]
    assert "leads to no search broadsheet-changed-articles" in " ".join(faults(without))


def test_a_panel_without_its_reference_is_a_fault() -> None:
    found = changed("broadsheet-news", lambda saved: saved.update(references=[]))
    assert "places: no data view is named for place_names" in found
    assert "latest: it shows panel_latest, to which no reference leads" in found


def test_two_objects_of_one_id_are_a_fault() -> None:
    objects = parse(committed())
    assert faults([*objects, objects[0]]) == [f"{objects[0]['id']}: two are called so"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"typeMigrationVersion": "10.3.0"}, "export it from Kibana 8.19"),
        ({"coreMigrationVersion": None}, "export it from Kibana 8.19"),
        ({"type": "tag"}, "tag is not one of"),
        ({"id": "3f1c"}, "3f1c: its id does not begin with broadsheet-"),
        ({"attributes": {"panelsJSON": "[{}]"}}, "it is not in the form of Kibana 8.19: KeyError('panelIndex')"),
    ],
)
def test_another_form_is_a_fault(other: dict[str, Any], said: str) -> None:
    assert said in changed("broadsheet-news", lambda saved: saved.update(other))


def test_links_lead_to_the_page_that_was_named() -> None:
    made = {each["id"]: each["attributes"] for each in saved_objects("https://news.example/broadsheet/")}
    shown = json.loads(made["broadsheet-articles"]["fieldFormatMap"])
    assert shown["history"]["params"]["urlTemplate"] == "https://news.example/broadsheet/articles/{{value}}"
    assert shown["last_change"]["params"]["urlTemplate"] == "https://news.example/broadsheet/articles/{{rawValue}}"
    assert shown["recrawl"]["params"]["urlTemplate"] == "https://news.example/broadsheet/recrawl?url={{value}}"
    assert "urlTemplate" not in shown["url"]["params"], "the address leads to the outlet's own page"
    assert saved_objects() == parse(committed())


def test_no_panel_asks_in_esql() -> None:
    assert "esql" not in committed().lower().replace("istextbasedquery", "")
