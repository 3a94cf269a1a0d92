"""A version has a lasting address, says when it was seen, is compared with any other, cited, and a Memento."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import httpx
import pytest

from news.moment import Moment, Precision, TimeSource
from news.version import Version
from tests.web.conftest import Keep, Put, document
from tests.web.reader import link, page, texts
from tests.web.test_article_page import FIRST, SECOND
from web.citation import bibtex, citation, csl, plain

THIRD = replace(SECOND, body="Eight people are missing.")
LINK = re.compile(r'<([^>]*)>((?:; \w+="[^"]*")*)')


def links(text: str) -> list[tuple[str, dict[str, str]]]:
    """Return the links of a Link header or a TimeMap: address and parameters."""
    return [(address, dict(re.findall(r'(\w+)="([^"]*)"', rest))) for address, rest in LINK.findall(text)]


async def test_each_version_has_its_own_page_with_its_text_and_when_it_was_seen(
    client: httpx.AsyncClient, keep_versions: Keep
) -> None:
    id = await keep_versions(FIRST, SECOND, THIRD, places=[{"name": "Old Town"}])
    html = page(await client.get(f"/articles/{id}"))
    assert texts(html, ".body p") == ["Eight people are missing."]
    html = page(await client.get(link(html, "Version 1")))
    assert texts(html, "h1") == ["5 missing after flood"]
    assert texts(html, ".body p") == ["Five people are missing.", "The bridge is closed."]
    assert texts(html, ".version") == ["Version 1 of 3, first seen 8 February 2024, 04:00 UTC. Newest text"]
    assert texts(html, ".history [aria-current] a") == ["Version 1"]
    assert "Old Town" not in html.text(), "what was found in the newest text is not said of this one"
    html = page(await client.get(f"/articles/{id}/versions/2"))
    assert link(html, "What changed") == f"/articles/{id}/versions/1..2"


async def test_any_two_versions_are_compared(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    id = await keep_versions(FIRST, SECOND, THIRD)
    html = page(await client.get(f"/articles/{id}"))
    assert html.css_first(".compare").attributes["action"] == f"/articles/{id}/compare"
    answer = await client.get(f"/articles/{id}/compare", params={"before": "1", "after": "3"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/articles/{id}/versions/1..3")
    html = page(await client.get(answer.headers["location"]))
    assert texts(html, ".changes h2") == ["From version 1 to 3"]
    assert [each.attributes.get("value", each.text()) for each in html.css("option[selected]")] == ["1", "3"]
    for wrong in ({"before": "1"}, {"before": "x", "after": "1"}, {}):
        assert (await client.get(f"/articles/{id}/compare", params=wrong)).status_code == 404
    answer = await client.get(f"/articles/{id}?diff=1..2")
    assert answer.headers["location"] == f"/articles/{id}/versions/1..2", "addresses of before still lead there"


@pytest.mark.parametrize("wrong", ["0", "9", "1..9", "x", "-1", "1..", "١", "1...2", "99999999999"])
async def test_a_version_that_there_is_not_is_said(client: httpx.AsyncClient, keep_versions: Keep, wrong: str) -> None:
    id = await keep_versions(FIRST)
    assert (await client.get(f"/articles/{id}/versions/{wrong}")).status_code == 404


async def test_a_version_is_a_memento_of_the_outlets_page(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    id = await keep_versions(FIRST, SECOND, THIRD)
    here = f"http://127.0.0.1:8000/articles/{id}"
    answer = await client.get(f"/articles/{id}/versions/2")
    assert answer.headers["memento-datetime"] == "Thu, 08 Feb 2024 05:00:00 GMT"
    found = {parameters["rel"]: address for address, parameters in links(answer.headers["link"])}
    assert found == {
        "original": FIRST.url,
        "timegate": f"{here}/timegate",
        "timemap": f"{here}/timemap",
        "first prev memento": f"{here}/versions/1",
        "memento": f"{here}/versions/2",
        "next last memento": f"{here}/versions/3",
    }
    newest = await client.get(f"/articles/{id}")
    assert "memento-datetime" not in newest.headers
    assert f'<{here}/timemap>; rel="timemap"' in newest.headers["link"]


async def test_the_time_map_lists_every_version(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    id = await keep_versions(FIRST, SECOND, THIRD)
    answer = await client.get(f"/articles/{id}/timemap")
    assert answer.headers["content-type"].startswith("application/link-format")
    found = links(answer.text)
    assert found[0] == (FIRST.url, {"rel": "original"})
    assert found[1][1]["from"] == "Thu, 08 Feb 2024 04:00:00 GMT"
    mementos = [(address[-1], each["rel"], each["datetime"]) for address, each in found if "memento" in each["rel"]]
    assert mementos == [
        ("1", "first memento", "Thu, 08 Feb 2024 04:00:00 GMT"),
        ("2", "memento", "Thu, 08 Feb 2024 05:00:00 GMT"),
        ("3", "last memento", "Thu, 08 Feb 2024 06:00:00 GMT"),
    ]


@pytest.mark.parametrize(
    ("accepted", "number"),
    [
        (None, 3),
        ("Thu, 08 Feb 2024 05:00:00 GMT", 2),
        ("Thu, 08 Feb 2024 05:59:59 GMT", 2),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1),
        ("Thu, 01 Jan 2099 00:00:00 GMT", 3),
    ],
)
async def test_the_time_gate_leads_to_what_was_to_be_read_then(
    client: httpx.AsyncClient, keep_versions: Keep, accepted: str | None, number: int
) -> None:
    id = await keep_versions(FIRST, SECOND, THIRD)
    headers = {"Accept-Datetime": accepted} if accepted else {}
    answer = await client.get(f"/articles/{id}/timegate", headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (302, f"/articles/{id}/versions/{number}")
    assert "accept-datetime" in answer.headers["vary"].lower()
    assert (await client.get(f"/articles/{id}/timegate", headers={"Accept-Datetime": "soon"})).status_code == 400


async def test_an_odd_address_is_no_second_header(client: httpx.AsyncClient, put: Put) -> None:
    one = document("a")
    await put(one)
    assert "link" not in (await client.get(f"/articles/{one['id']}")).headers, "the index alone knows no version"
    assert (await client.get(f"/articles/{one['id']}/timemap")).status_code == 200
    assert (await client.get(f"/articles/{one['id']}/timegate")).status_code == 404


async def test_an_address_in_any_script_stands_in_the_header(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    id = await keep_versions(replace(FIRST, url='https://news.example/水">, <https://evil.example/'))
    answer = await client.get(f"/articles/{id}/versions/1")
    assert [address for address, each in links(answer.headers["link"]) if each["rel"] == "original"] == [
        "https://news.example/%E6%B0%B4%22%3E,%20%3Chttps://evil.example/"
    ]


CITED = Version(number=2, seen_at=datetime(2024, 2, 8, 5, tzinfo=UTC), article=FIRST)
ABOUT = {"id": "3f0a9c7e-5d3b-5c1e-9a54-0f6d1c2b7a88", "outlet_name": "The Example", "outlet": "example"}


def test_a_version_is_cited_with_its_number_and_when_it_was_seen() -> None:
    made = citation(ABOUT, CITED, address="http://x.example/articles/3/versions/2")
    assert plain(made) == (
        "Ada Moss: “5 missing after flood”. The Example, 8 February 2024. https://news.example/flood. "
        "Version 2, first seen 8 February 2024, 05:00 UTC: Broadsheet, http://x.example/articles/3/versions/2."
    )
    (item,) = csl(made)
    assert item["issued"] == {"date-parts": [[2024, 2, 8]]}
    assert item["archive_location"] == "http://x.example/articles/3/versions/2"
    assert "date = {2024-02-08}" in bibtex(made)


@pytest.mark.parametrize("text", ["a {b", "c} d", "50% & _x_ #1 $2 ^ ~", "\\end{x}", "line\n\nbreak", "“”水", "{}}{"])
def test_bibtex_holds_any_text(text: str) -> None:
    odd = replace(FIRST, headline=text, authors=(text,), agencies=(text,), url=f"https://x.example/{text}")
    made = bibtex(citation(ABOUT | {"outlet_name": text}, replace(CITED, article=odd)))
    plain_braces = re.sub(r"\\[{}]", "", made.replace("\\textbackslash{}", ""))
    depth = 0
    for sign in plain_braces:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    assert "\n\n" not in made


def test_what_the_page_does_not_state_is_not_cited() -> None:
    bare = replace(FIRST, authors=(), date_published=None, headline="")
    made = citation({"id": ABOUT["id"]}, replace(CITED, article=bare))
    assert plain(made).startswith("“No headline”. https://news.example/flood. Version 2")
    assert csl(made)[0].keys().isdisjoint({"author", "issued", "container-title"})
    day = Moment(at=date(2024, 2, 7), precision=Precision.DAY, source=TimeSource.URL)
    assert (
        "8 February"
        not in plain(citation(ABOUT, replace(CITED, article=replace(FIRST, date_published=day)))).split(".")[1]
    )


async def test_the_page_offers_the_citation_of_what_is_read(client: httpx.AsyncClient, keep_versions: Keep) -> None:
    id = await keep_versions(FIRST, SECOND)
    html = page(await client.get(f"/articles/{id}/versions/1"))
    assert f"http://127.0.0.1:8000/articles/{id}/versions/1" in texts(html, ".cite p")[0]
    (item,) = json.loads(html.css(".cite pre")[1].text())
    assert item["version"] == "1"
    assert texts(page(await client.get(f"/articles/{id}")), ".cite summary") == ["Version 2 as a citation"]


async def test_what_a_notice_corrects_is_shown_with_the_version_it_speaks_of(
    client: httpx.AsyncClient, keep_versions: Keep
) -> None:
    notice = "Correction: Eight people are missing, not seven & <b>more</b>."
    id = await keep_versions(
        FIRST, SECOND, replace(THIRD, correction=notice), replace(THIRD, correction=notice, body="")
    )
    found = (await client.get(f"/api/articles/{id}/versions")).json()["corrections"]
    wrong, right = "seven & <b>more</b>", "Eight people are missing"
    assert found == [{"version": 3, "text": notice, "wrong": wrong, "right": right, "speaks_of": None}]
    plain = notice.replace(" & <b>more</b>", "")
    id = await keep_versions(
        *(replace(each, url=f"{each.url}-b") for each in (FIRST, SECOND, replace(THIRD, correction=plain)))
    )
    found = (await client.get(f"/api/articles/{id}/versions/2..3")).json()
    assert found["after"]["edits"]["corrected"]
    assert [(each["wrong"], each["speaks_of"]) for each in found["corrections"]] == [("seven", 2)]
    assert (await client.get(f"/api/articles/{id}/versions/1..2")).json()["corrections"] == []
    html = page(await client.get(f"/articles/{id}"))
    assert texts(html, ".history q") == ["seven", "Eight people are missing"]
    assert link(html, "version 2") == f"/articles/{id}/versions/2"
