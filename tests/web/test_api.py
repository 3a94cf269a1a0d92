"""The JSON API: the same articles as the pages, for programs."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.ext.asyncio import AsyncEngine

from index.fields import facets
from index.postgresql.backend import PostgresqlIndex
from index.query import MARK_START
from ledger.visit_transaction import record
from news.article import Article
from news.configuration import Configuration
from news.digest import Digest
from news.errors import IndexUnavailable
from news.outcome import Outcome
from news.outlet import Outlet
from news.visit import Visit
from tests.web.conftest import AT, Keep, Put, client_of, document
from tests.web.test_article_page import FIRST, SECOND, URL
from web import readiness
from web.app import create_app
from web.parameters import PARAMETERS, PROGRAM_PARAMETERS


async def get(client: httpx.AsyncClient, path: str, status: int = 200, **params: Any) -> Any:
    answer = await client.get(path, params=params or None)
    assert answer.status_code == status, answer.text
    # what /readyz says is no error, whatever its status
    kind = "json" if status < 400 or path == "/readyz" else "problem+json"
    assert answer.headers["content-type"] == f"application/{kind}"
    return answer.json()


async def test_a_search_gives_documents_highlights_facets_and_a_cursor(client: httpx.AsyncClient, put: Put) -> None:
    day = {"date_published": "2024-02-08", "date_precision": "day", "date_source": "url"}
    await put(*(document(slug, body="Much rain fell.", in_language=slug[:2], **day) for slug in ("en1", "de1", "de2")))
    found = await get(
        client, "/api/search", q="rain", facets="language", histogram="day", highlight="1", size="2", outlet="example"
    )
    assert found["total"] == 3
    assert found["estimated"] is False
    assert len(found["hits"]) == 2
    hit = found["hits"][0]
    assert hit["document"]["date_published"] == "2024-02-08"
    assert hit["highlights"]["body"] == [
        [{"text": "Much ", "found": False}, {"text": "rain", "found": True}, {"text": " fell.", "found": False}]
    ]
    assert found["facets"] == {
        "in_language": [{"value": "de", "label": "de", "count": 2}, {"value": "en", "label": "en", "count": 1}]
    }
    assert found["histogram"] == [{"value": "2024-02-08", "label": "2024-02-08", "count": 3}]
    rest = await get(client, "/api/search", q="rain", size="2", outlet="example", cursor=found["next_cursor"])
    assert len({hit["id"] for hit in found["hits"] + rest["hits"]}) == 3


async def test_a_document_has_the_fields_of_an_article(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    id = await keep_versions(FIRST)
    (hit,) = (await get(client, "/api/search"))["hits"]
    assert Article.from_json(hit["document"]) == FIRST
    assert Article.from_json(await get(client, f"/api/articles/{id}")) == FIRST


async def test_fields_that_are_asked_for_come_alone(client: httpx.AsyncClient, put: Put) -> None:
    await put(document("a"))
    (hit,) = (await get(client, "/api/search", fields="headline, outlet,"))["hits"]
    assert hit["document"] == {"headline": "a", "outlet": "example"}


async def test_copies_are_each_a_hit_unless_stories_are_asked_for(client: httpx.AsyncClient, put: Put) -> None:
    await put(document("a", story_id="s"), document("b", story_id="s"))
    assert len((await get(client, "/api/search"))["hits"]) == 2
    (hit,) = (await get(client, "/api/search", stories="1"))["hits"]
    assert hit["story_size"] == 2


async def test_versions_and_their_differences_are_given(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    id = await keep_versions(FIRST, SECOND)
    listed = (await get(client, f"/api/articles/{id}/versions"))["versions"]
    assert [each["version"] for each in listed] == [1, 2]
    assert [each["seen_at"] for each in listed] == ["2024-02-08T04:00:00Z", "2024-02-08T05:00:00Z"]
    assert listed[0]["edits"] is None
    assert listed[1]["edits"]["stealth"] is True
    one = await get(client, f"/api/articles/{id}/versions/1")
    assert Article.from_json(one["article"]) == FIRST
    compared = await get(client, f"/api/articles/{id}/versions/1..2")
    headline = compared["fields"][0]
    assert headline["paragraphs"] == [
        [
            {"operation": "delete", "text": "5 "},
            {"operation": "insert", "text": "7 "},
            {"operation": "equal", "text": "missing after flood"},
        ]
    ]
    for wrong in ("3", "1..3", "x", "1..", "99999999999"):
        assert "detail" in await get(client, f"/api/articles/{id}/versions/{wrong}", 404)


async def test_an_article_has_the_last_attempt_and_the_next_visit(
    client: httpx.AsyncClient, keep_versions: Keep, engine: AsyncEngine
) -> None:
    one = Article(url=URL, headline="Flood", body="The river rose.")
    id = await keep_versions(one)
    told = await get(client, f"/api/articles/{id}")
    assert (told["last_attempt"], told["next_visit_at"]) == (None, None)
    outlet = Outlet(slug="example", name="The Example", home="https://example.org/")
    visit = Visit(outlet=outlet, url=URL, fetched_at=AT + timedelta(hours=1), status=200, digest=Digest(article=one))
    await record(engine, visit)
    gone = replace(visit, digest=None, status=410, fetched_at=AT + timedelta(hours=2))
    await record(engine, gone.ended(Outcome.GONE, "the site answers 410"))
    told = await get(client, f"/api/articles/{id}")
    attempt = {"url": URL, "outcome": "gone", "reason": "the site answers 410", "status": 410}
    assert told["last_attempt"] == attempt | {"at": "2024-02-08T06:00:00Z"}
    assert told["next_visit_at"] == "2024-02-09T06:00:00Z"


async def test_a_story_names_its_articles_the_first_one_first(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    words = "The talks over the fishing grounds ended without a treaty but with a date for another round".split()
    body = " ".join(f"{one} {other}" for one in words for other in words[:4])
    ids = {await keep_versions(Article(url=f"{URL}-{n}", headline=f"Copy {n}", body=body)) for n in range(2)}
    story_id = (await get(client, f"/api/articles/{min(ids)}"))["story_id"]
    told = (await get(client, f"/api/stories/{story_id}"))["articles"]
    assert {each["article_id"] for each in told} == ids
    assert told[0]["copy_of"] is None
    assert told[1]["copy_of"] == told[0]["article_id"]
    assert [each["claim_counts"] for each in told] == [False, False]
    assert [each["out_by"] for each in told] == ["2024-02-08T04:00:00Z"] * 2
    assert "detail" in await get(client, "/api/stories/00000000-0000-0000-0000-000000000000", 404)
    assert "detail" in await get(client, "/api/stories/x", 404)


async def test_an_article_is_found_by_its_address(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    id = await keep_versions(FIRST)
    answer = await client.get("/api/articles", params={"url": f"{URL}?utm_source=mail"})
    assert answer.status_code == 307
    assert answer.headers["location"] == f"/api/articles/{id}"
    assert "detail" in await get(client, "/api/articles", 404, url="https://news.example/other")
    assert "detail" in await get(client, "/api/articles", 404, url="\x00")
    assert "detail" in await get(client, "/api/articles", 400)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("colour=red", "There is no parameter 'colour' here. Use one of: q, from,"),
        ("facets=colour", "There is no facet 'colour'."),
        ("histogram=century", "'histogram' cannot be 'century'. Use one of: hour, day, week, month, year."),
        ("histogram=hour", "An hourly histogram needs a range"),
        ("facet_size=0", "The parameter 'facet_size' must be at least 1, not 0."),
        ("facet_size=9999999999999", "must be at most 1000"),
        ("facet_size=many", "The parameter 'facet_size' must be a whole number, not 'many'."),
        ("sort=newset", "The parameter 'sort' cannot be 'newset'. Did you mean 'newest'?"),
        ("highlight=perhaps", "must be true or false, or 1 or 0; not 'perhaps'."),
        ("fild=x", "Did you mean 'fields'?"),
        ("fields=headline,nope", "There is no field 'nope'. Use one of: id, url,"),
        ("fields=headlin", "There is no field 'headlin'. Did you mean 'headline'?"),
        ("significant_terms=%D9%A3", "must be a whole number"),
        ("size=1001", "The parameter 'size' must be at most 1000, not 1001."),
        ("cursor=a", "The cursor is not valid"),
        ("like=7", "PostgreSQL cannot find articles like another"),
    ],
)
async def test_what_cannot_be_asked_is_an_error_with_a_sentence(
    lonely: httpx.AsyncClient, parameters: str, sentence: str
) -> None:
    answer = await lonely.get(f"/api/search?{parameters}")
    assert answer.status_code == 400
    assert answer.json().keys() == {"type", "title", "status", "detail"}
    assert sentence in answer.json()["detail"]


async def test_all_facets_can_be_asked_for_at_once(client: httpx.AsyncClient, put: Put) -> None:
    await put(document("a", keywords=["Rain"]))
    facets = (await get(client, "/api/search", facets="all"))["facets"]
    assert facets["keywords"] == [{"value": "rain", "label": "Rain", "count": 1}]


async def test_status_tells_index_outbox_and_outlets(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    await keep_versions(FIRST)
    status = await get(client, "/api/status")
    assert status["index"]["documents"]["articles"] == 1
    assert status["index"]["available"] is True
    assert status["outbox"]["pending"] == 1
    assert status["outbox"]["rejected"] == 0


async def test_the_description_names_every_parameter_and_needs_no_other_server(lonely: httpx.AsyncClient) -> None:
    described = await get(lonely, "/openapi.json")
    parameters = {each["name"] for each in described["paths"]["/api/search"]["get"]["parameters"]}
    assert {"q", "from", "until", "cursor", "outlet", "facets", "highlight"} <= parameters
    for path in ("/docs", "/redoc", "/api/docs"):
        assert (await lonely.get(path)).status_code == 404


def test_every_parameter_is_told_of() -> None:
    told = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    for name in [*PARAMETERS, *PROGRAM_PARAMETERS, *facets()]:
        assert f"`{name}`" in told, name


async def test_an_index_that_is_away_is_said_and_the_process_lives(
    app: FastAPI, client: httpx.AsyncClient, index: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise IndexUnavailable("secret-host:9200 refused the password hunter2")

    for method in ("search", "get", "status"):
        monkeypatch.setattr(index, method, away)
    answer = await client.get("/?q=rain")
    assert answer.status_code == 503
    assert "stay pending" in answer.text
    assert "hunter2" not in answer.text
    assert "stay pending" in (await get(client, "/api/search", 503))["detail"]
    assert (await get(client, "/healthz"))["alive"] is True
    ready = await get(client, "/readyz", 503)
    assert ready["ready"] is False
    assert len(ready["missing"]) == 1
    status = await get(client, "/api/status")
    assert status["index"] == {"backend": "postgresql", "available": False, "notes": ready["missing"]}


async def test_a_ledger_that_is_away_is_said(lonely: httpx.AsyncClient) -> None:
    id = document("a")["id"]
    assert "PostgreSQL cannot be reached" in (await get(lonely, f"/api/articles/{id}", 503))["detail"]
    answer = await lonely.get(f"/articles/{id}")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    ready = await get(lonely, "/readyz", 503)
    assert not ready["parts"]["ledger"]["ready"]
    assert not ready["parts"]["index"]["ready"]
    assert all("cannot be reached" in reason for reason in ready["missing"])
    assert (await get(lonely, "/healthz"))["alive"] is True


async def test_a_fault_of_ours_is_a_page_without_its_insides(
    app: FastAPI, index: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(query: object) -> None:
        raise RuntimeError("SELECT secret")

    monkeypatch.setattr(index, "search", broken)
    async with client_of(app, raises=False) as client:
        for path in ("/", "/api/search"):
            answer = await client.get(path)
            assert answer.status_code == 500
            assert "secret" not in answer.text
            assert answer.headers["x-content-type-options"] == "nosniff"


async def test_marks_in_a_strangers_text_are_no_highlights(client: httpx.AsyncClient, put: Put) -> None:
    await put(document("a", headline=f"{MARK_START}<b>forged rain"))
    answer = await client.get("/", params={"q": "rain"})
    assert "<b>" not in answer.text
    assert answer.text.count("<mark>") == answer.text.count("</mark>")


async def test_an_archive_that_takes_no_pages_is_not_ready(
    engine: AsyncEngine, index: PostgresqlIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_directory = tmp_path / "archive"
    no_directory.write_text("")
    async with client_of(create_app(engine, index, Configuration(home=tmp_path, archive=no_directory))) as asking:
        [missing] = (await get(asking, "/readyz", 503))["missing"]
        assert missing.startswith(f"The archive {no_directory} cannot be written")
        no_directory.unlink()
        monkeypatch.setattr(readiness, "FRESH_SECONDS", 0.0)
        assert (await get(asking, "/readyz"))["missing"] == []


async def test_metrics_of_the_process_are_given_while_the_ledger_is_away(
    lonely: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    away = await lonely.get("/metrics")
    assert (away.status_code, away.headers["content-type"].split(";")[0]) == (200, "text/plain")
    told = {family.name: family for family in text_string_to_metric_families(away.text)}
    assert told["broadsheet_ledger_up"].samples[0].value == 0
    assert "python_info" in told
    assert "broadsheet_index_pending" not in told
    assert "broadsheet_ledger_up 1.0" in (await client.get("/metrics")).text
