"""Attention over time: exact counts by outlet and day, and the share of all that the outlet published."""

import csv
import io

import httpx
import pytest

from tests.web.conftest import Put, document

ROWS = [
    *(("north", "2026-11-01", "The ice on the harbour holds"), ("north", "2026-11-01", "A new tram line opens")),
    *(("north", "2026-11-02", "The mayor speaks about trams"), ("north", "2026-11-03", "Ice again, says the harbour")),
    *(("south", "2026-11-01", "The harbour of the south"), ("south", "2026-11-09", "Nothing happens")),
    ("west", "2026-11-01", "Nothing here either"),
]


async def table(client: httpx.AsyncClient, **asked: str) -> list[dict[str, str]]:
    answer = await client.get("/api/attention", params=asked)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))


@pytest.fixture
async def papers(put: Put) -> None:
    await put(
        *(
            document(
                f"a{number}",
                outlet=outlet,
                headline=headline,
                date_published=f"{day}T12:00:00Z",
                date_precision="instant",
            )
            for number, (outlet, day, headline) in enumerate(ROWS)
        )
    )


async def test_a_row_for_each_day_on_which_an_outlet_that_is_found_published(
    client: httpx.AsyncClient, papers: None
) -> None:
    found = await table(client, q="headline:harbour", interval="day")
    assert [(each["outlet"], each["begins"], each["articles"], each["all_articles"]) for each in found] == [
        ("north", "2026-11-01", "1", "2"),
        ("north", "2026-11-02", "0", "1"),
        ("north", "2026-11-03", "1", "1"),
        ("south", "2026-11-01", "1", "1"),
        ("south", "2026-11-09", "0", "1"),
    ]
    assert [each["share"] for each in found[:2]] == ["0.500000", "0.000000"]


async def test_sums_are_the_counts_of_the_search(client: httpx.AsyncClient, papers: None) -> None:
    for question in ("", "headline:harbour", "headline:nothing"):
        rows = await table(client, q=question, interval="month")
        total = (await client.get("/api/search", params={"q": question})).json()["total"]
        assert sum(int(each["articles"]) for each in rows) == total
        assert all(0 <= float(each["share"]) <= 1 for each in rows)


async def test_an_outlet_and_a_range_can_be_chosen(client: httpx.AsyncClient, papers: None) -> None:
    rows = await table(client, outlet="south", until="2026-11-05")
    assert [(each["outlet"], each["begins"]) for each in rows] == [("south", "2026-11-01")]


@pytest.mark.parametrize(
    "asked", [{"interval": "minute"}, {"outlets": "0"}, {"outlets": "x"}, {"colour": "red"}, {"from": "someday"}]
)
async def test_what_cannot_be_asked_is_an_error_with_its_reason(
    client: httpx.AsyncClient, asked: dict[str, str]
) -> None:
    answer = await client.get("/api/attention", params=asked)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_nothing_found_is_a_table_without_rows(client: httpx.AsyncClient, papers: None) -> None:
    assert await table(client, q="zebra") == []
