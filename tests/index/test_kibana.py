"""Kibana's dashboards as data: what is sent is what Kibana takes, the same each time, and the same as the files."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from index.kibana.check import check, dangling, faults_of
from index.kibana.code import code
from index.kibana.corrections import CORRECTIONS
from index.kibana.dashboards import DASHBOARDS
from index.kibana.export import export, files
from index.kibana.objects import dashboard, data_view, search
from index.kibana.overview import NEWS
from index.kibana.searches import SEARCHES
from index.kibana.views import PAGE, VIEWS, formats, request, view

COMMITTED = Path(__file__).parents[2] / "deploy" / "kibana"


@pytest.fixture
def news() -> dict[str, Any]:
    """Give the dashboard News as code, to be spoiled."""
    return deepcopy(code(NEWS))


def test_what_is_sent_has_no_fault() -> None:
    check()
    assert [fault for each in DASHBOARDS for fault in faults_of(code(each))] == []


def test_the_files_in_deploy_are_what_export_writes() -> None:
    made = files()
    found = {str(path.relative_to(COMMITTED)) for path in COMMITTED.rglob("*") if path.is_file()}
    assert found == set(made)
    stale = [name for name, content in made.items() if (COMMITTED / name).read_text(encoding="utf-8") != content]
    assert stale == [], "run `broadsheet kibana export`"


def test_export_writes_the_same_twice(tmp_path: Path) -> None:
    first = {path: path.read_bytes() for path in export(tmp_path)}
    assert {path: path.read_bytes() for path in export(tmp_path)} == first


def test_an_unknown_key_is_a_fault(news: dict[str, Any]) -> None:
    news["panels"][0]["config"]["colour"] = "red"
    assert "metric has an unknown key colour" in " ".join(faults_of(news))


def test_values_source_which_9_4_refuses_is_a_fault(news: dict[str, Any]) -> None:
    news["pinned_panels"][0]["config"]["values_source"] = "field"
    assert "control config has an unknown key values_source" in " ".join(faults_of(news))


def test_a_missing_key_is_a_fault(news: dict[str, Any]) -> None:
    del news["panels"][0]["grid"]["w"]
    assert "grid lacks w" in " ".join(faults_of(news))


def test_panels_that_overlap_are_a_fault(news: dict[str, Any]) -> None:
    news["panels"][1]["grid"]["x"] = news["panels"][0]["grid"]["w"] - 1
    assert "articles and stories overlap" in " ".join(faults_of(news))


def test_a_panel_beyond_column_48_is_a_fault(news: dict[str, Any]) -> None:
    news["panels"][3]["grid"]["x"] += 1
    assert "it is beyond column 48" in " ".join(faults_of(news))


def test_101_panels_are_a_fault(news: dict[str, Any]) -> None:
    panel = news["panels"][0]
    place = {"x": 0, "w": 1, "h": 1}
    news["panels"] = [panel | {"id": f"p{number}", "grid": place | {"y": number}} for number in range(100)]
    assert faults_of(news) == []
    news["panels"].append(panel | {"id": "p100", "grid": place | {"y": 100}})
    assert "101 panels are more than 100" in " ".join(faults_of(news))


def test_two_panels_of_one_name_are_a_fault(news: dict[str, Any]) -> None:
    news["panels"][1]["id"] = "articles"
    assert "two panels are called articles" in " ".join(faults_of(news))


def test_a_reference_to_nothing_is_a_fault(news: dict[str, Any]) -> None:
    news["panels"][0]["config"]["data_source"]["ref_id"] = "gone"
    news["panels"][-1]["config"]["ref_id"] = "lost"
    told = " ".join(faults_of(news))
    assert "there is no data view gone" in told
    assert "there is no saved search lost" in told


@pytest.mark.parametrize("field", ["headline", "place_points", "places", "colour"])
def test_a_field_that_cannot_be_grouped_by_is_a_fault(news: dict[str, Any], field: str) -> None:
    news["panels"][6]["config"]["layers"][0]["x"]["fields"] = [field]
    assert f"terms cannot be taken of {field}" in " ".join(faults_of(news))


def test_a_median_of_words_is_a_fault(news: dict[str, Any]) -> None:
    news["panels"][1]["config"]["metrics"][0] |= {"operation": "median"}
    assert "median cannot be taken of story_key" in " ".join(faults_of(news))


def test_a_saved_object_that_refers_to_nothing_is_a_fault() -> None:
    objects = [data_view(each, PAGE) for each in VIEWS]
    (missing, *_) = dangling([*objects, dashboard(CORRECTIONS)])
    assert "leads to no search broadsheet-changed-articles" in missing
    assert dangling([*objects, *map(search, SEARCHES), dashboard(CORRECTIONS)]) == []


def test_each_reference_of_a_saved_dashboard_is_used_by_a_panel_or_control() -> None:
    for each in DASHBOARDS:
        saved = dashboard(each)
        attributes = saved["attributes"]
        used = {
            f"controlGroup_{id}:optionsListDataView" for id in json.loads(attributes["controlGroupInput"]["panelsJSON"])
        }
        for panel in json.loads(attributes["panelsJSON"]):
            inner = (
                panel["panelRefName"]
                if panel["type"] == "search"
                else panel["embeddableConfig"]["attributes"]["references"][0]["name"]
            )
            used.add(f"{panel['panelIndex']}:{inner}")
        assert {reference["name"] for reference in saved["references"]} == used


def test_every_saved_object_says_in_which_form_it_is() -> None:
    for line in files()["8.19-9.3/broadsheet.ndjson"].splitlines():
        made = json.loads(line)
        # without them Kibana runs its oldest migrations, which have crashed
        assert made["coreMigrationVersion"]
        assert made["typeMigrationVersion"]


def test_no_panel_asks_in_esql() -> None:
    assert "esql" not in "".join(files().values()).lower().replace("istextbasedquery", "")


def test_links_lead_to_the_page_that_was_named() -> None:
    articles = view("broadsheet-articles")
    made = formats(articles, "https://news.example/broadsheet/")
    assert made["history"]["params"]["urlTemplate"] == "https://news.example/broadsheet/articles/{{value}}"
    assert made["last_change"]["params"]["urlTemplate"] == "https://news.example/broadsheet/articles/{{rawValue}}"
    assert made["recrawl"]["params"]["urlTemplate"] == "https://news.example/broadsheet/recrawl?url={{value}}"
    assert "urlTemplate" not in made["url"]["params"], "the address leads to the outlet's own page"


def test_a_data_view_has_a_fixed_id_and_replaces_what_is_there() -> None:
    body = request(view("broadsheet-crawl-events"), PAGE)
    assert body["override"] is True
    assert (body["data_view"]["id"], body["data_view"]["title"]) == ("broadsheet-crawl-events", "events")
    assert set(body["data_view"]["fieldFormats"]) == {"url", "history", "recrawl", "content_bytes"}


def test_data_views_differ_by_name_by_which_kibana_knows_them_again() -> None:
    assert len({request(each, PAGE)["data_view"]["name"] for each in VIEWS}) == len(VIEWS)
