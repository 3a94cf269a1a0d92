"""A search taken away: complete, in each format, nothing of it a formula, and continued where it ended."""

import csv
import io
import json
import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import feedparser
import httpx
import pytest

from news.clock import now
from tests.web.conftest import Put, document
from tests.web.reader import link, page, texts
from web.export_formats import COLUMNS, ExportFormat, cell, csv_row, writer
from web.ninjs import ninjs

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_instant(value: Any) -> bool:
    """RFC 3339, as JSON Schema's `date-time`."""
    return is_text(value) and bool(_INSTANT.fullmatch(value)) and bool(datetime.fromisoformat(value))


def is_uri(value: Any) -> bool:
    """RFC 3986: ASCII, with a scheme, and nothing that has to be escaped."""
    return is_text(value) and bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-Z_a-z~%\[\]]+", value))


def is_one_of(*known: str) -> Any:
    return lambda value: value in known


def is_object(*required: str, **known: Any) -> Any:
    def holds(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() <= known.keys()
            and value.keys() >= set(required)
            and all(known[name](each) for name, each in value.items())
        )

    return holds


def is_list_of(holds: Any) -> Any:
    return lambda value: isinstance(value, list) and all(map(holds, value))


_TEXTS = is_list_of(is_object("value", role=is_text, contentType=is_text, value=is_text))
_NAMED = is_list_of(is_object(name=is_text, rel=is_text, uri=is_uri, literal=is_text))
#: what ninjs 3.0 says of the properties that we write: its schema knows others, and allows none that it does not know
NINJS = {
    "uri": is_uri,
    "type": is_one_of(*("text", "audio", "video", "picture", "graphic", "composite", "component", "event", "planning")),
    "representationType": is_one_of("full", "partial"),
    "version": is_text,
    **dict.fromkeys(("firstCreated", "versionCreated", "contentCreated"), is_instant),
    "pubStatus": is_one_of("usable", "withheld", "canceled"),
    **dict.fromkeys(("language", "by", "edNote"), is_text),
    **dict.fromkeys(("headlines", "descriptions"), _TEXTS),
    "bodies": is_list_of(
        is_object("value", role=is_text, contentType=is_text, value=is_text, charCount=lambda count: type(count) is int)
    ),
    **dict.fromkeys(("people", "organisations", "places", "subjects"), _NAMED),
    "genres": is_list_of(is_object(name=is_text, uri=is_text, literal=is_text)),
    "infoSources": is_list_of(is_object(name=is_text, role=is_text, uri=is_uri, literal=is_text)),
    "altIds": is_list_of(is_object(role=is_text, value=is_text)),
    "standard": is_object(name=is_text, version=is_text, schema=is_uri),
}
HOSTILE = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\xa0=1", "\ufeff=1", "\u200b=1"),
    *("＝1", "＋1", "－1", "＠x", '=HYPERLINK("http://x.example")', "-2+3+cmd|' /C calc'!A0", "\x1b=1", "\x00=1"),
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("shape", [lambda text: text, lambda text: [text], lambda text: [{"name": text}]])
def test_no_cell_is_a_formula_whatever_it_holds(text: str, shape: Any) -> None:
    (written,) = next(csv.reader(io.StringIO(csv_row([cell(shape(text))]), newline="")))
    assert written.startswith("'")
    assert written.rstrip().endswith(text.rstrip()[-1:])


@pytest.mark.parametrize("value", ["a - b", "1-0", "x=y", "", "mail@x.example", -1, 0.5, True, None, ["a", "b"]])
def test_what_is_no_formula_is_not_changed(value: Any) -> None:
    assert not cell(value).startswith("'")


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


async def test_a_csv_has_every_article_with_its_lists_and_objects_by_name(client: httpx.AsyncClient, put: Put) -> None:
    odd = 'A "quoted",\r\nline; =x'
    await put(
        document("a", headline=odd, authors=["Ada Moss", "Bo Li"], people=[{"name": "Jo"}, {"name": "Mo"}]),
        *(document(f"b{n}") for n in range(30)),
    )
    answer = await client.get("/api/export", params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["x-total-count"] == "31"
    assert answer.headers["content-disposition"].endswith('.csv"')
    assert answer.text.startswith("\ufeffid,"), "Excel needs the mark to read UTF-8"
    found = rows_of(answer.text)
    assert tuple(found[0]) == COLUMNS
    assert len({row["id"] for row in found}) == len(found) == 31
    (one,) = [row for row in found if row["authors"]]
    assert (one["authors"], one["people"]) == ("Ada Moss; Bo Li", "Jo; Mo")
    assert one["headline"] == odd.replace("\r\n", "\n")


async def test_the_copies_of_a_story_are_all_exported_though_the_page_shows_one(
    client: httpx.AsyncClient, put: Put
) -> None:
    await put(*(document(f"c{n}", story_id="s") for n in range(3)))
    html = page(await client.get("/"))
    assert len(html.css(".results > li")) == 1
    assert len(rows_of((await client.get(link(html, "CSV"))).text)) == 3


async def test_chosen_fields_stand_in_their_order_behind_the_id(client: httpx.AsyncClient, put: Put) -> None:
    one = document("a", body="All of it.")
    await put(one)
    chosen = {"fields": "body, headline"}
    assert rows_of((await client.get("/api/export", params=chosen)).text) == [
        {"id": one["id"], "body": "All of it.", "headline": "a"}
    ]
    answer = await client.get("/api/export", params=chosen | {"format": "jsonl"})
    assert json.loads(answer.text) == {"id": one["id"], "body": "All of it.", "headline": "a"}
    answer = await client.get("/api/export", params={"format": "jsonl"})
    assert json.loads(answer.text)["first_seen_at"] == one["first_seen_at"]


@pytest.mark.parametrize("format", ["csv", "jsonl", "ninjs"])
async def test_an_interrupted_export_is_continued_behind_its_last_article(
    client: httpx.AsyncClient, put: Put, format: str
) -> None:
    await put(*(document(f"a{n}", outlet="one" if n % 3 else "two") for n in range(20)))
    asked = {"format": format, "outlet": "one"}
    whole = (await client.get("/api/export", params=asked)).text
    lines = whole.splitlines(keepends=True)
    head = format == "csv"
    for kept in (1, 7, len(lines) - head):
        part = "".join(lines[: kept + head])
        last = part.splitlines()[-1]
        id = last.split(",")[0] if head else json.loads(last).get("id") or json.loads(last)["altIds"][0]["value"]
        rest = await client.get("/api/export", params=asked | {"after": id})
        assert part + rest.text == whole


async def test_ninjs_has_the_fields_of_the_standard_and_no_invented_time(client: httpx.AsyncClient, put: Put) -> None:
    day = {"date_published": "2024-02-08", "date_precision": "day", "date_source": "url"}
    await put(
        document(
            "a", authors=["Ada"], agencies=["AP"], places=[{"name": "Rome"}], gone_at="2024-03-01T00:00:00Z", **day
        )
    )
    (item,) = map(json.loads, (await client.get("/api/export", params={"format": "ninjs"})).text.splitlines())
    assert_is_ninjs(item)
    assert item["standard"]["version"] == "3.0"
    assert item["headlines"] == [{"role": "main", "value": "a"}]
    assert item["by"] == "Ada"
    assert {"name": "AP", "role": "agency"} in item["infoSources"]
    assert item["pubStatus"] == "canceled"
    assert "contentCreated" not in item, "a day has no clock time"
    assert_is_ninjs(ninjs({"id": "x"}))


def assert_is_ninjs(item: dict[str, Any]) -> None:
    assert "uri" in item
    for name, value in item.items():
        assert name in NINJS, name
        assert NINJS[name](value), (name, value)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"url": "https://täglich.example/über uns/“x”?q=größe#ß"},
        {"url": "not an address"},
        {"url": ""},
        {"kind": "video", "body": ""},
        {"kind": "gallery"},
        {"kind": "live_blog", "body": "", "entries": [{"headline": "a", "body": "b"}, {"body": None}]},
        {"body_missing": "paywall", "body": ""},
        {"in_language": "und"},
        {"date_published": "2024-02-08T04:00:00Z", "date_precision": "minute"},
        {"date_published": "2024-02-08", "date_precision": "day"},
        {"correction": "An earlier version said seven.", "standfirst": "x", "genre": "opinion", "sections": ["City"]},
        {
            name: [{"name": "Ada", "uri": "x", "count": 3}, {"name": "", "odd": None}]
            for name in ("people", "places", "organisations")
        },
        {"authors": [], "agencies": ["AP", ""], "outlet_name": ""},
        {"version": None, "first_seen_at": None, "changed_at": None, "headline": "\ud800", "body": "\x00"},
    ],
    ids=str,
)
def test_whatever_an_article_lacks_its_ninjs_keeps_to_the_schema(fields: dict[str, Any]) -> None:
    assert_is_ninjs(json.loads(json.dumps(ninjs(document("a") | fields), default=str)))


async def test_atom_is_read_by_a_feed_reader_whatever_the_texts(client: httpx.AsyncClient, put: Put) -> None:
    odd = "<b>&amp; \x00\x1b[31m ]]> \ud800 \ufffe"
    await put(document("a", headline=odd, body=odd, authors=[odd], sections=[f'"{odd}']), document("b"))
    for path in ("/api/export?format=atom", "/feeds/search.atom"):
        answer = await client.get(path)
        assert answer.headers["content-type"].startswith("application/atom+xml")
        root = ElementTree.fromstring(answer.content)
        assert len(root.findall("{http://www.w3.org/2005/Atom}entry")) == 2
        read = feedparser.parse(answer.content)
        assert not read.bozo
        assert all(entry.id and entry.title and entry.updated and entry.author for entry in read.entries)


async def test_an_empty_export_is_a_whole_file(client: httpx.AsyncClient) -> None:
    assert rows_of((await client.get("/api/export")).text) == []
    assert (await client.get("/api/export?format=jsonl")).text == ""
    ElementTree.fromstring((await client.get("/api/export?format=atom")).content)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"format": "xls"}, "The parameter 'format' cannot be 'xls'. Use one of: csv, jsonl, atom, ninjs."),
        ({"fields": "headlin"}, "There is no field 'headlin'. Did you mean 'headline'?"),
        ({"format": "ninjs", "fields": "url"}, "The fields of ninjs are fixed. Choose fields of csv or jsonl."),
        ({"after": "nobody"}, "No article has the id 'nobody'."),
        ({"from": "someday"}, "'someday' is not a date between 1600 and 2999; write it as 2024-02-08, or 7d."),
        ({"outlets_": "x"}, "There is no parameter 'outlets_' here. Did you mean 'outlets'?"),
    ],
)
async def test_what_cannot_be_exported_is_an_error_before_the_file_begins(
    client: httpx.AsyncClient, asked: dict[str, str], sentence: str
) -> None:
    answer = await client.get("/api/export", params=asked)
    assert (answer.status_code, answer.json()["detail"]) == (400, sentence)


async def test_head_gives_the_count_without_the_file(client: httpx.AsyncClient, put: Put) -> None:
    await put(document("a"))
    answer = await client.head("/api/export")
    assert (answer.headers["x-total-count"], answer.content) == ("1", b"")


async def test_a_feed_of_a_search_is_offered_and_unchanged_until_something_is_found(
    client: httpx.AsyncClient, put: Put
) -> None:
    await put(document("a", headline="Rain"), document("b", headline="Sun"))
    html = page(await client.get("/", params={"q": "rain"}))
    offered = {each.attributes["type"]: each.attributes["href"] or "" for each in html.css("link[rel=alternate]")}
    assert set(offered) == {"application/atom+xml", "application/feed+json"}
    for kind, address in offered.items():
        answer = await client.get(address)
        assert answer.headers["content-type"].startswith(kind)
        same = await client.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
    items = (await client.get(offered["application/feed+json"])).json()["items"]
    assert [item["title"] for item in items] == ["Rain"]
    assert items[0]["external_url"] == "https://news.example/a"
    assert items[0]["url"].startswith("http://127.0.0.1:8000/articles/")
    before = answer.headers["etag"]
    await put(document("c", headline="Rain again"))
    assert (await client.get(address, headers={"If-None-Match": before})).status_code == 200
    assert texts(html, ".takeaway a") == [
        *("Watch this search", "Atom", "JSON Feed", "CSV", "JSON lines", "Atom", "ninjs", "day", "week", "month")
    ]
    assert (await client.get("/feeds/search.rss")).status_code == 404


def test_each_format_writes_a_document_that_has_next_to_nothing() -> None:
    for format in ExportFormat:
        made = writer(format, at=now())
        assert "x" in made.document({"id": "x"})


@pytest.mark.parametrize("text", ["OR ".join(f"name{n} " for n in range(33)), "-a " * 32 + "-harbour", "x" * 4_001])
async def test_words_of_which_a_part_would_be_left_out_are_not_exported(
    client: httpx.AsyncClient, put: Put, text: str
) -> None:
    await put(document("a"))
    for kind in ("csv", "jsonl", "atom", "ninjs"):
        answer = await client.get("/api/export", params={"q": text, "format": kind})
        assert (answer.status_code, "at most 32 words" in answer.text) == (400, True)
