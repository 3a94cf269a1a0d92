"""The API's page says of each operation what /openapi.json does, with an example that can be asked."""

import httpx

from tests.web.conftest import Keep
from tests.web.reader import page, texts
from tests.web.test_article_page import FIRST


async def test_each_operation_of_the_description_is_there_with_its_parameters(lonely: httpx.AsyncClient) -> None:
    described = (await lonely.get("/openapi.json")).json()
    html = page(await lonely.get("/api"))
    shown = {node.attributes["id"]: node for node in html.css("section.beside")}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            section = shown.pop(operation["operationId"])
            said = " ".join(section.text().split())
            assert f"{method.upper()} {path}" in said
            assert operation["summary"] in said
            names = {code.text() for code in section.css("code")}
            assert {each["name"] for each in operation.get("parameters", ())} <= names
    assert not shown
    assert "`" not in html.css_first("main").text()
    assert len(html.html or "") < 200_000


async def test_the_examples_can_be_asked(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    id = await keep_versions(FIRST)
    examples = [each.removeprefix("curl '").removesuffix("'") for each in texts(page(await client.get("/api")), "pre")]
    got = [each for each in examples if each.startswith("http")]
    assert len(got) > 10
    for address in got:
        parts = address.split("/api/articles/")
        if len(parts) == 2:
            address = f"{parts[0]}/api/articles/{id}{parts[1][36:]}"
        answer = await client.get(address)
        unknown = (
            any(each in address for each in ("stories/", "recrawls/", "watches/"))
            or "url=" in address
            or "1..2" in address
        )
        assert answer.status_code == (404 if unknown else 200) or address.endswith("readyz"), (address, answer.text)
