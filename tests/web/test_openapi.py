"""/openapi.json says what the API does: its answers have the described form, its errors one sentence."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine

from index.fields import FIELDS, facets
from ledger.recaptures import note_estimate
from ledger.source_sums import note_sum
from news.outcome import Outcome
from news.recapture import CompletenessEstimate
from news.source_sum import Disposition, SourceSum
from tests.web.conftest import AT, Keep, Put, document
from tests.web.test_article_page import FIRST, SECOND
from web.corrections import CorrectionsResponse
from web.models import (
    AliveResponse,
    ArticleResponse,
    ChangesResponse,
    DiffResponse,
    ErrorResponse,
    ReadyResponse,
    SearchResponse,
    StatusResponse,
    StoryResponse,
    VersionResponse,
    VersionsResponse,
)
from web.openapi import as_file, openapi
from web.outlet_api import OutletSourcesResponse
from web.parameters import PARAMETERS, PROGRAM_PARAMETERS

TEXT = " ".join(f"The talks over the fishing grounds went on for day {day} without a treaty." for day in range(20))


async def described(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"]
    found: dict[str, Any] = answer.json()
    return found


async def test_every_answer_has_the_form_that_is_described(
    client: httpx.AsyncClient, engine: AsyncEngine, keep_versions: Keep
) -> None:
    places = [{"name": "Dover", "country": "gb", "lat": 51.1, "lon": 1.3, "weight": 1.0}]
    long = [FIRST.__class__(url=f"{FIRST.url}-{n}", headline=f"Copy {n}", body=TEXT) for n in range(2)]
    for each in long:
        copy = await keep_versions(each)
    id = await keep_versions(FIRST, SECOND, places=places, sections=["world"])
    async with engine.begin() as connection:
        announced = SourceSum(announced=1).plus(Disposition.OTHER_SITE, ["https://elsewhere.example/a"])
        await note_sum(connection, "harbour", "https://harbour.example/feed.xml", announced, AT)
        made = CompletenessEstimate(found=900, share=0.97, low=0.96, high=0.98)
        await note_estimate(connection, "harbour", 900, made, AT)
    story = (await client.get(f"/api/articles/{copy}")).json()["story_id"]
    for path, model in (
        ("/api/search?q=flood&facets=all&histogram=day&highlight=1&stories=1", SearchResponse),
        ("/api/search", SearchResponse),
        (f"/api/articles/{id}", ArticleResponse),
        (f"/api/articles/{id}/versions", VersionsResponse),
        (f"/api/articles/{id}/versions/2", VersionResponse),
        (f"/api/articles/{id}/versions/1..2", DiffResponse),
        (f"/api/stories/{story}", StoryResponse),
        ("/api/changes", ChangesResponse),
        ("/api/corrections?from=2024", CorrectionsResponse),
        ("/api/outlets/harbour/sources", OutletSourcesResponse),
        ("/api/status", StatusResponse),
        ("/readyz", ReadyResponse),
        ("/healthz", AliveResponse),
        ("/api/nothing", ErrorResponse),
    ):
        answer = await client.get(path)
        found: BaseModel = model.model_validate_json(answer.content)
        # what the page does not state may be absent: nothing else
        assert found.model_dump(mode="json", exclude_unset=True).keys() == answer.json().keys()
        if answer.status_code == 200:
            again = await client.get(path, headers={"if-none-match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b""), path


async def test_parameters_have_their_types_enumerations_and_limits(lonely: httpx.AsyncClient) -> None:
    search = (await described(lonely))["paths"]["/api/search"]["get"]
    parameters = {each["name"]: each for each in search["parameters"]}
    assert parameters.keys() == {*PARAMETERS, *PROGRAM_PARAMETERS, *facets()}
    assert all(each["description"] for each in parameters.values())
    assert (
        parameters["size"]["schema"] | {"minimum": 0, "maximum": 1000, "type": "integer"}
        == parameters["size"]["schema"]
    )
    assert parameters["outlet"]["schema"]["type"] == "array"
    assert parameters["highlight"]["schema"]["type"] == "boolean"
    schemas = (await described(lonely))["components"]["schemas"]
    assert schemas["Sort"]["enum"] == ["relevance", "newest", "oldest", "changed"]
    assert schemas["Outcome"]["enum"] == list(Outcome)


async def test_documents_bodies_errors_and_tokens_are_described(lonely: httpx.AsyncClient) -> None:
    made = await described(lonely)
    schemas = made["components"]["schemas"]
    assert FIELDS.keys() <= schemas["ArticleDocument"]["properties"].keys()
    asking = made["paths"]["/api/recrawls"]["post"]
    assert asking["requestBody"]["content"]["application/json"]["schema"]["properties"].keys() == {"urls", "force"}
    assert asking["security"] == [{"HTTPBearer": []}]
    for path, operations in made["paths"].items():
        for operation in operations.values():
            assert operation["description"], path
            assert "400" in operation["responses"], path  # of a parameter that it does not have
            for status, answer in operation["responses"].items():
                if status in ("400", "403", "404"):
                    assert answer["content"]["application/problem+json"]["schema"] == {
                        "$ref": "#/components/schemas/ErrorResponse"
                    }
    assert "ValidationError" not in json.dumps(made)
    assert "/recrawl" not in made["paths"]


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/api/articles", 400, "The parameter 'url' is missing: /api/articles?url=…"),
        ("/api/articles?url=", 400, "The parameter 'url' is missing: /api/articles?url=…"),
        ("/api/articles/seven", 404, "'seven' is not an article's id."),
        ("/api/stories/seven", 404, "'seven' is not a story's id."),
        ("/api/recrawls/seven", 404, "'seven' is not a recrawl's id."),
    ],
)
async def test_an_invalid_request_gets_one_sentence(
    lonely: httpx.AsyncClient, path: str, status: int, sentence: str
) -> None:
    answer = await lonely.get(path)
    assert (answer.status_code, answer.json()["detail"]) == (status, sentence)


async def test_no_operation_has_a_parameter_that_it_does_not_describe(lonely: httpx.AsyncClient) -> None:
    asked = 0
    for path, operations in (await described(lonely))["paths"].items():
        address = path.replace("{id}", str(uuid4())).replace("{number}", "1").replace("{slug}", "a").format(name="a")
        for method, operation in operations.items():
            known = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]
            answer = await lonely.request(method, address, params={"nosuch": "1"})
            assert answer.status_code == 400, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            assert "There is no parameter 'nosuch' here." in answer.json()["detail"]
            near = f"{known[-1]}_" if known else "x"
            said = (await lonely.request(method, address, params={near: "1"})).json()["detail"]
            assert (f"Did you mean '{known[-1]}'?" if known else "It takes none.") in said, (method, path)
            asked += 1
    assert asked > 20


async def test_an_empty_parameter_asks_for_nothing(client: httpx.AsyncClient, put: Put) -> None:
    await put(document("a"))
    empty = "&".join(f"{name}=" for name in [*PARAMETERS, *PROGRAM_PARAMETERS, *facets()])
    found = (await client.get(f"/api/search?{empty}")).json()
    assert found["total"] == 1


@pytest.mark.parametrize(
    ("kind", "body", "status", "sentence"),
    [
        ("text/plain", "no JSON", 403, "Send JSON, as Content-Type: application/json."),
        ("application/json", "no JSON", 400, 'The body is not JSON. Send {"urls": ["https://…"]}.'),
        ("application/json", '{"url": "https://a.example/"}', 400, "There is no field 'url'. Use one of: urls, force."),
        ("application/json", '{"urls": []}', 400, 'Send {"urls": ["https://…"], "force": false}.'),
        ("application/json", '{"urls": ["x"], "force": "yes"}', 400, "The field 'force' must be true or false."),
        ("application/json", json.dumps({"urls": ["x"] * 1_001}), 400, "Send at most 1000 addresses."),
        ("application/json", '"' + "x" * 2**20 + '"', 400, "The request body is larger than 1048576 bytes."),
    ],
)
async def test_who_may_write_is_decided_before_the_body_is_read(
    lonely: httpx.AsyncClient, kind: str, body: str, status: int, sentence: str
) -> None:
    answer = await lonely.post("/api/recrawls", content=body, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["detail"]) == (status, sentence)


def test_the_manual_names_each_address_of_the_api_and_no_other() -> None:
    told = Path("docs/api.md").read_text(encoding="utf-8")
    named = {
        each.partition("?")[0] for each in re.findall(r"`(?:[A-Z]+ )?(/(?:api/|healthz|readyz|metrics)[^`]*)`", told)
    }
    described = {re.sub(r"{(slug|name)}", "NAME", path).replace("{number}", "1") for path in openapi()["paths"]}
    assert described - named == set()
    assert {each for each in named if not each.endswith("1..2")} - described == set()


def test_the_committed_description_is_that_of_the_api() -> None:
    committed = Path("docs/openapi.json").read_text(encoding="utf-8")
    assert committed == as_file(openapi()), "write it again: python -m web.openapi > docs/openapi.json"
