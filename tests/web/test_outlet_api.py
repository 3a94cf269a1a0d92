"""Outlets and facets for programs: all of them, a page at a time, each with its state, and errors that say the way out."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.outlet_state import enable, pause
from tests.web.conftest import Keep, Put, document
from tests.web.test_article_page import FIRST
from tests.web.test_outlet_pages import FEED, harbour
from web.facet_api import FacetsResponse, FacetValuesResponse
from web.outlet_api import OutletResponse, OutletsResponse

__all__ = ["harbour"]


async def test_every_outlet_is_listed_once_whatever_the_page_size(
    client: httpx.AsyncClient, keep_versions: Keep
) -> None:
    await keep_versions(FIRST)
    whole = OutletsResponse.model_validate_json((await client.get("/api/outlets", params={"size": 1_000})).content)
    slugs = [each.slug for each in whole.outlets]
    assert len(slugs) == whole.total > 100
    assert slugs == sorted(set(slugs))
    assert whole.next_cursor is None
    found, cursor = [], ""
    while cursor is not None:
        answer = (await client.get("/api/outlets", params={"size": 37, "cursor": cursor})).json()
        found += [each["slug"] for each in answer["outlets"]]
        cursor = answer["next_cursor"]
    assert found == slugs
    # one without a file has articles all the same
    (ours,) = [each for each in whole.outlets if each.slug == "example"]
    assert (ours.state, ours.articles, ours.home) == ("no_file", 1, None)


async def test_an_outlet_has_its_state_its_health_and_its_sources(
    client: httpx.AsyncClient, engine: AsyncEngine, harbour: str
) -> None:
    answer = await client.get(f"/api/outlets/{harbour}")
    found = OutletResponse.model_validate_json(answer.content)
    assert (found.state, found.slug) == ("crawled", harbour)
    assert found.problem
    assert found.problem.startswith("nothing new since Monday")
    assert found.health
    assert (found.health.seen, found.health.expected) == (0, 12.0)
    assert (await client.get(found.href)).json()["sources"][0]["url"] == FEED.url
    assert (
        await client.get(f"/api/outlets/{harbour}", headers={"if-none-match": answer.headers["etag"]})
    ).status_code == 304
    listed = (await client.get("/api/outlets?only=unhealthy")).json()
    assert [each["slug"] for each in listed["outlets"]] == [harbour]
    assert harbour in [each["slug"] for each in (await client.get("/api/outlets?only=crawled")).json()["outlets"]]
    async with engine.begin() as connection:
        await pause(connection, [harbour], paused=True)
    assert (await client.get(f"/api/outlets/{harbour}")).json()["state"] == "paused"
    async with engine.begin() as connection:
        await enable(connection, [harbour], enabled=False)
    assert (await client.get(f"/api/outlets/{harbour}")).json()["state"] == "not_crawled"
    german = (await client.get("/api/outlets?country=DE&size=1000")).json()["outlets"]
    assert {each["country"] for each in german} == {"de"}


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/api/outlets/tagesshau", 404, "No outlet 'tagesshau'. Did you mean 'tagesschau'?"),
        ("/api/outlets?country=zz", 400, "No outlet is of the country 'zz'. Use one of: "),
        ("/api/outlets?only=ill", 400, "cannot be 'ill'"),
        ("/api/outlets?cursor=x", 400, "The cursor is not valid"),
        ("/api/outlets?cursor=WzFd", 400, "The cursor is not valid"),
        ("/api/outlets?size=0", 400, "'size' must be at least 1"),
        ("/api/outlets?contry=de", 400, "Did you mean 'country'?"),
        ("/api/facets/plases", 400, "There is no facet 'plases'. Did you mean 'places'?"),
        ("/api/facets/places?outlt=x", 400, "Did you mean 'outlet'?"),
        ("/api/facets/places?size=100000", 400, "'size' must be at most"),
    ],
)
async def test_what_cannot_be_answered_gets_one_sentence(
    client: httpx.AsyncClient, path: str, status: int, sentence: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert sentence in answer.json()["detail"]


async def test_the_values_of_a_facet_are_those_of_the_search(client: httpx.AsyncClient, put: Put) -> None:
    for number, outlet in enumerate(("courier", "courier", "herald")):
        await put(document(f"{outlet}-{number}", outlet=outlet, headline="Flood"))
    listed = FacetsResponse.model_validate_json((await client.get("/api/facets")).content)
    (outlets,) = [each for each in listed.facets if each.name == "outlet"]
    found = FacetValuesResponse.model_validate_json((await client.get(f"{outlets.href}?q=flood")).content)
    assert [(each.value, each.count) for each in found.values] == [("courier", 2), ("herald", 1)]
    # a filter of its own does not narrow it; another does
    same = (await client.get("/api/facets/outlet?q=flood&outlet=herald&size=1")).json()
    assert [each["value"] for each in same["values"]] == ["courier"]
    assert (await client.get("/api/facets/language?q=drought")).json()["values"] == []


@pytest.mark.parametrize("name", ["%00", "a%00b", "nosuch", "%ff", "a" * 500])
async def test_an_unknown_outlet_is_not_there_whatever_its_name(client: httpx.AsyncClient, name: str) -> None:
    for path in ("/api/outlets/{}", "/api/outlets/{}/sources", "/outlets/{}"):
        assert (await client.get(path.format(name))).status_code == 404
