"""Every panel, control and saved search, asked of a real Elasticsearch that has the demo newsroom's articles."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from sqlalchemy import select

from crawler.catalogue import Catalogue
from crawler.slices import settings
from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.client import connect, shown
from ledger.database import engine_for
from ledger.outbox import backlog, enqueue_event
from ledger.outlet_state import SourceState, note_source
from ledger.schema import articles
from ledger.tombstones import miss
from news.configuration import Configuration
from news.moment import utc
from news.outcome import READ, Outcome
from news.outlet import Outlet, Source, SourceKind
from pipelines.pool import Pool
from pipelines.publish import publish_all
from pipelines.runtime import Runtime
from schedules.health_checks import go_round
from schedules.health_rules import HOUR
from schedules.jobs import open_jobs
from schedules.metrics_events import CATCH_UP, EVERY, HOURS_AT_ONCE, emit_events
from tests import warm
from tests.databases import database_from, libpq
from tests.index.kibana_queries import LONG_AGO, objects, of_lens, of_search, view, within
from tests.ledger.readings import article, fail, read, text
from tests.ports import row_of_free_ports
from tests.schedules.processes import environment

#: as tests/schedules/test_house.py
PATIENCE_SECONDS = 300

DASHBOARDS = {each["id"]: each["attributes"] for each in objects("dashboard")}
CHARTS = [
    pytest.param(id, panel, id=f"{id}-{panel['panelIndex']}")
    for id, attributes in DASHBOARDS.items()
    for panel in json.loads(attributes["panelsJSON"])
    if panel["type"] == "lens"
]
CONTROLS = [
    pytest.param(control["explicitInput"], id=f"{id}-{control['explicitInput']['fieldName']}")
    for id, attributes in DASHBOARDS.items()
    for control in json.loads(attributes["controlGroupInput"]["panelsJSON"]).values()
]
SEARCHES = [pytest.param(each, id=each["id"]) for each in objects("search")]


def charts(dashboard: str) -> dict[str, Any]:
    """Return what the panels of a dashboard ask, by their names."""
    panels = [chart.values[1] for chart in CHARTS if chart.values[0] == dashboard]
    return {panel["panelIndex"]: of_lens(panel)[1] for panel in panels}


@pytest.fixture(scope="module")
def filled(
    elasticsearch_names: str, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Elasticsearch]:
    """Give an Elasticsearch with two runs of the newsroom, which have edits, and an article that was withdrawn."""
    home = tmp_path_factory.mktemp("home")
    port = row_of_free_ports(4)
    with database_from("template0", database_url) as url:
        environ = environment(home, database_url=libpq(url), elasticsearch_url=elasticsearch_names)
        for _ in range(2):
            ran = warm.run(["demo", "--once", "--newsroom-port", str(port)], environ)
            assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
        asyncio.run(_withdraw(url, elasticsearch_names, home))
        asyncio.run(_run_a_daemon(url, elasticsearch_names, home))
        with Elasticsearch(elasticsearch_names) as client:
            client.indices.refresh(index="articles,events")
            yield client


async def _run_a_daemon(url: str, elasticsearch_url: str, home: Path) -> None:
    """Let the daemon's rounds tell of an outlet that brought something each hour until it fell silent."""
    engine = engine_for(url)
    index = ElasticsearchIndex(
        connect(Configuration(home=home, elasticsearch_url=elasticsearch_url)), shown(elasticsearch_url)
    )
    source = Source(kind=SourceKind.FEED, url="https://harbour.example/feed")
    harbour = Outlet(
        slug="harbour", name="Harbour", home="https://harbour.example/", country="gb", sources=(source,), enabled=True
    )
    pool = Pool(1)
    runtime = Runtime(configuration=Configuration(home=home), engine=engine, index=index, pool=pool)
    last = datetime.now(UTC) - timedelta(hours=3)
    async with open_jobs(runtime, Catalogue([harbour]), settings()) as jobs:
        for hours in (*range(16 * 24, -1, -1), -3):
            at = last - timedelta(hours=hours)
            state = SourceState(url=source.url, kind=source.kind, fetched_at=at, outcome="read", found=20)
            async with engine.begin() as connection:
                await note_source(connection, harbour.slug, source, state, 1 if hours >= 0 else 0)
        await read(engine, article("https://harbour.example/1", text(1)), last)
        await fail(engine, "https://harbour.example/2", Outcome.WALL, last)
        async with engine.begin() as connection:
            # what the index refuses, and what is pending at the time
            await enqueue_event(connection, "mood", {"at": utc(last), "mood": "bad"})
        for number in range(1, 1 + CATCH_UP // HOUR // HOURS_AT_ONCE):
            now = datetime.now(UTC) + number * EVERY
            await emit_events(runtime, await go_round(jobs, now), now)
            await publish_all(engine, index)
    async with engine.connect() as connection:
        index_backlog = await backlog(connection)
    assert (index_backlog.pending, index_backlog.rejected) == (0, 1), "the index refuses what the daemon tells"
    pool.close()
    await index.close()
    await engine.dispose()


async def _withdraw(url: str, elasticsearch_url: str, home: Path) -> None:
    """Note twice, two days apart, that an article's page is gone, as the crawler does."""
    engine = engine_for(url)
    index = ElasticsearchIndex(
        connect(Configuration(home=home, elasticsearch_url=elasticsearch_url)), shown(elasticsearch_url)
    )
    now = datetime.now(UTC)
    async with engine.begin() as connection:
        found = (await connection.execute(select(articles.c.url).order_by(articles.c.id).limit(1))).scalar_one()
        await miss(connection, found, 410, now - timedelta(days=2))
        await miss(connection, found, 410, now)
    await publish_all(engine, index)
    async with engine.connect() as connection:
        index_backlog = await backlog(connection)
    assert (index_backlog.pending, index_backlog.rejected) == (0, 0), "the index refuses what the ledger writes"
    await index.close()
    await engine.dispose()


def ask(client: Elasticsearch, stream: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = client.search(index=stream, **request).body
    return answer


def fields_of(aggregations: Mapping[str, Any]) -> set[str]:
    """Return every field that an aggregation is taken of."""
    found = set()
    for each in aggregations.values():
        found |= {body["field"] for kind, body in each.items() if kind != "aggs"} | fields_of(each.get("aggs", {}))
    return found


def is_full(answer: Mapping[str, Any], requested: Mapping[str, Any]) -> bool:
    """Say whether some bucket of each group has documents, and in it all measures have a value."""
    for name, asked in requested.items():
        got = answer[name]
        if name == "group":
            filled = [bucket for bucket in got["buckets"] if bucket["doc_count"]]
            if not any(is_full(bucket, asked.get("aggs", {})) for bucket in filled):
                return False
        elif not (all(value is not None for value in got["values"].values()) if "values" in got else got["value"]):
            return False
    return True


@pytest.mark.parametrize(("dashboard", "panel"), CHARTS)
def test_a_panel_shows_something(filled: Elasticsearch, dashboard: str, panel: dict[str, Any]) -> None:
    since = LONG_AGO if dashboard == "broadsheet-news" else DASHBOARDS[dashboard]["timeFrom"]
    over, request = of_lens(panel, since)
    answer = ask(filled, over.stream, request)
    assert answer["hits"]["total"]["value"] > 0
    assert is_full(answer.get("aggregations", {}), request.get("aggs", {})), answer.get("aggregations")


def test_only_attempts_are_counted_as_attempts(filled: Elasticsearch) -> None:
    attempts = filled.count(index="events", query={"term": {"event": "attempt"}})["count"]
    failed = filled.count(index="events", query={"bool": {"filter": [{"exists": {"field": "outcome"}}], "must_not": [
        {"terms": {"outcome": sorted(READ)}}]}})["count"]  # fmt: skip
    asked = charts("broadsheet-crawl-health")
    assert ask(filled, "events", asked["attempts"])["hits"]["total"]["value"] == attempts
    assert ask(filled, "events", asked["failures"])["hits"]["total"]["value"] == failed
    assert filled.count(index="events")["count"] > attempts


def test_an_outlets_panels_say_what_the_daemon_knows(filled: Elasticsearch) -> None:
    asked = charts("broadsheet-crawl-health")
    [outlet] = ask(filled, "events", asked["expected-by-outlet"])["aggregations"]["group"]["buckets"]
    missing, expected, seen, new, refused = (outlet[f"measure-{number}"]["value"] for number in range(5))
    assert (outlet["key"], outlet["doc_count"]) == ("harbour", 24)
    assert expected == pytest.approx(24, abs=0.5)
    # it was silent for the last hours
    assert seen in (21, 22, 23)
    assert missing == pytest.approx(expected - seen, abs=0.05)
    assert (new, refused) == (1, 1)
    [unhealthy] = ask(filled, "events", asked["unhealthy"])["aggregations"]["group"]["buckets"]
    [reason] = unhealthy["group"]["buckets"]
    assert (unhealthy["key"], unhealthy["doc_count"]) == ("harbour", 1)
    assert reason["key"].startswith("silent since")


def test_every_field_of_a_panel_can_be_aggregated(filled: Elasticsearch) -> None:
    for stream in ("articles", "events"):
        every = [of_lens(chart.values[1]) for chart in CHARTS]
        asked = [request for over, request in every if over.stream == stream]
        fields = {field for request in asked for field in fields_of(request.get("aggs", {}))}
        fields |= {over.time for over, _ in every if over.stream == stream}
        known = filled.field_caps(index=stream, fields=sorted(fields))["fields"]
        assert {field: sorted(known.get(field, {})) for field in fields if len(known.get(field, {})) != 1} == {}
        assert [field for field in fields if not next(iter(known[field].values()))["aggregatable"]] == []


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_offers_something(filled: Elasticsearch, control: dict[str, str]) -> None:
    over = view(control["dataViewId"])
    values = {"terms": {"field": control["fieldName"]}}
    answer = ask(filled, over.stream, {"size": 0, "query": within(over, ""), "aggs": {"group": values}})
    buckets = answer["aggregations"]["group"]["buckets"]
    assert buckets
    # and narrows the dashboard down
    chosen = {"bool": {"filter": [within(over, ""), {"term": {control["fieldName"]: buckets[0]["key"]}}]}}
    narrowed = ask(filled, over.stream, {"size": 0, "query": chosen, "track_total_hits": True})
    assert narrowed["hits"]["total"]["value"] == buckets[0]["doc_count"]


@pytest.mark.parametrize("saved", SEARCHES)
def test_a_saved_search_finds_something_and_fills_its_columns(filled: Elasticsearch, saved: dict[str, Any]) -> None:
    over, request = of_search(saved)
    hits = ask(filled, over.stream, request)["hits"]["hits"]
    assert hits
    shown = {name for hit in hits for name, values in hit.get("fields", {}).items() if values}
    assert set(saved["attributes"]["columns"]) - shown == set()


def test_links_lead_to_the_article_its_changes_and_its_recrawl(filled: Elasticsearch) -> None:
    changed = next(each for each in objects("search") if each["id"] == "broadsheet-changed-articles")
    over, request = of_search(changed)
    for hit in ask(filled, over.stream, request | {"fields": ["history", "last_change", "recrawl", "url", "version"]})[
        "hits"
    ]["hits"]:
        got = {name: values[0] for name, values in hit["fields"].items()}
        assert got["history"] == hit["_id"]
        assert got["last_change"] == f"{hit['_id']}?diff={got['version'] - 1}..{got['version']}"
        assert got["recrawl"] == got["url"]


def test_every_saved_search_is_on_a_dashboard() -> None:
    shown = {each["id"] for made in objects("dashboard") for each in made["references"] if each["type"] == "search"}
    assert shown == {each["id"] for each in objects("search")}
