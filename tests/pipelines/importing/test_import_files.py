"""Files of pages from elsewhere: what comes out of WARC files, whole and damaged, from any position."""

import gzip
import io
import json
import struct
from datetime import UTC, datetime
from typing import Any

import pytest
import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from news.errors import ConfigurationError
from news.page import Page
from news.storable import is_storable
from news.url import ADDRESS_BYTES
from pipelines.importing import warc as framing
from pipelines.importing.import_files import ImportItem, ImportKind, Position, kind_of, read_chunk
from pipelines.importing.warc import packed
from tests.news.hostile import CJK, LETTERS, TEXTS

AT = datetime(2024, 2, 8, 10, 30, 5, 123456, tzinfo=UTC)


def page(number: int, content: bytes = b"", **fields: Any) -> Page:
    url = f"https://daily.example/story-{number}"
    values: dict[str, Any] = {"url": url, "final_url": url, "status": 200, "headers": {"content-type": "text/html"}}
    text = content or f"<p>Story {number}</p>".encode() * 50
    return Page(**values | {"content": text, "fetched_at": AT} | fields)


def record(kind: str, url: str, payload: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True)
    http = StatusAndHeaders(status, [("Content-Type", "text/html"), *headers.items()], protocol="HTTP/1.1")
    warc = {"WARC-Date": "2024-02-08T10:30:00Z"}
    writer.write_record(
        writer.create_warc_record(
            url,
            kind,
            payload=io.BytesIO(payload),
            length=len(payload),
            http_headers=http if url.startswith("http") else None,
            warc_headers_dict=warc,
        )
    )
    return buffer.getvalue()


def read(tmp_path, content: bytes, most: int = 1000):
    """Return every item of a file, read in chunks of `most`."""
    path = tmp_path / "file"
    path.write_bytes(content)
    kind, at = kind_of(path), Position()
    found: list[ImportItem] = []
    while True:
        chunk = read_chunk(path, kind, at, most)
        found += chunk.items
        assert chunk.end > at or chunk.is_last, "it goes on"
        at = chunk.end
        if chunk.is_last:
            return found


def as_plain(packed_records: bytes) -> bytes:
    return gzip.decompress(packed_records)


def as_zstd(*records: bytes, dictionary: bytes = b"") -> bytes:
    words = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    packer = zstandard.ZstdCompressor(dict_data=words)
    head = b"\x5d\x2a\x4d\x18" + struct.pack("<I", len(dictionary)) + dictionary if dictionary else b""
    return head + b"".join(packer.compress(as_plain(each)) for each in records)


def urls(items) -> list[str]:
    return [item.page.url.rpartition("-")[2] if item.page else item.skipped for item in items]


THREE = [packed(page(number), "daily") for number in (1, 2, 3)]


def test_a_page_comes_back_as_it_was_kept(tmp_path):
    kept = page(1, "<p>Ein Fluß</p>".encode() * 9, url="https://daily.example/asked", headers={"x-robots-tag": "noai"})
    [item] = read(tmp_path, packed(kept, "daily"))
    assert item.page == kept
    assert item.outlet == "daily"


@pytest.mark.parametrize("most", [1, 2, 1000])
@pytest.mark.parametrize(
    "content",
    [
        b"".join(THREE),
        b"".join(map(as_plain, THREE)),
        as_zstd(*THREE),
        as_zstd(*THREE, dictionary=b"<p>Story content-type text/html WARC/1.1 response " * 9),
        # all records in one gzip member, as a file that was gzipped by hand has them
        gzip.compress(b"".join(map(as_plain, THREE))),
    ],
    ids=["gzip", "plain", "zstd", "zstd with dictionary", "one gzip member"],
)
def test_every_form_is_read_from_any_position(tmp_path, content, most):
    assert urls(read(tmp_path, content, most)) == ["1", "2", "3"]


@pytest.mark.parametrize("blanks", [b"\n", b"\r\n\r\n\r\n", b"\n" * 100])
def test_blank_lines_before_and_between_records_are_none(tmp_path, blanks):
    content = blanks.join([b"", *map(as_plain, THREE), b""])
    assert urls(read(tmp_path, content, 2)) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "form", [lambda each: each, as_plain, lambda each: as_zstd(each)], ids=["gzip", "plain", "zstd"]
)
def test_damage_costs_the_damaged_record_alone(tmp_path, form):
    one, two, three = map(form, THREE)
    cut = two[: len(two) * 2 // 3]
    assert urls(read(tmp_path, one + cut + three)) in (
        ["1", "cut off", "3"],
        ["1", "damaged gzip", "3"],
        ["1", "damaged zstd", "3"],
    )
    assert urls(read(tmp_path, one + b"\x00rubbish\xff" * 50 + three))[::2] == ["1", "3"]
    assert urls(read(tmp_path, one + cut))[0] == "1"
    assert urls(read(tmp_path, one + three[:5]))[0] == "1"


def test_what_is_no_page_is_skipped_with_its_reason(tmp_path):
    url = "https://daily.example/a"
    content = b"".join(
        [
            record("request", url),
            record("revisit", url),
            record("response", url, b"<p>gone</p>", status="404 Not Found"),
            record("response", "dns:daily.example", b"20240208 1.2.3.4"),
            record("response", url, b""),
            record("resource", "file:///a.html", b"<p>"),
            packed(page(7, headers={"content-type": "image/png"}), ""),
            packed(page(8, fetched_at=datetime(2199, 1, 1, tzinfo=UTC)), ""),
            packed(page(9), ""),
        ]
    )
    assert urls(read(tmp_path, content)) == [
        "revisit",
        "status 404",
        "not HTTP",
        "empty",
        "not HTTP",
        "not HTML",
        "no valid date",
        "9",
    ]


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("text/html", b"<p>a page</p>", ["3"]),
        ("text/html; charset=utf-8", b"<p>a page</p>", ["3"]),
        ("application/octet-stream", b"<!DOCTYPE html><p>a page</p>", ["3"]),
        ("image/png", b"\x89PNG", ["not HTML"]),
        ("text/html", b"", ["empty"]),
    ],
)
def test_a_resource_record_with_html_is_a_page(tmp_path, kind, text, found):
    head = (
        "WARC/1.0\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2024-02-08T10:30:00Z\r\n"
        f"WARC-Target-URI: https://daily.example/a-3\r\nContent-Type: {kind}\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    items = read(tmp_path, head.encode() + text + b"\r\n\r\n")
    assert urls(items) == found
    assert all(item.page.content == text for item in items if item.page)


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", "application/xml", ""])
def test_an_answer_that_begins_as_html_is_a_page_whatever_its_type(tmp_path, kind):
    html = b"<!DOCTYPE html><p>a page</p>"
    items = read(tmp_path, packed(page(4, html, headers={"content-type": kind}), ""))
    assert urls(items) == ["4"]
    assert urls(read(tmp_path, packed(page(5, b'{"a": 1}', headers={"content-type": kind or "text/css"}), ""))) == [
        "not HTML"
    ]


def test_a_page_is_unpacked_as_its_headers_say(tmp_path):
    text = b"<p>packed twice</p>"
    content = record("response", "https://daily.example/a-1", gzip.compress(text), **{"Content-Encoding": "gzip"})
    [item] = read(tmp_path, content)
    assert item.page.content == text
    assert "content-encoding" not in item.page.headers


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_an_address_that_cannot_be_kept_is_skipped_with_its_reason_and_the_next_is_read(tmp_path, text):
    odd = "https://daily.example/" + text.replace("\n", "").encode("utf-8", "replace").decode()
    reason = "address too long" if text in (LETTERS, CJK) else ""
    lists = f"https://daily.example/1\n{odd}\nhttps://[\n\xa0\n\x1c\nhttps://daily.example/2\n".encode()
    items = read(tmp_path, lists)
    expected = ["no address"] * 3 if not reason else [reason, *["no address"] * 3]
    assert [item.skipped for item in items if item.skipped] == expected
    assert [item.address for item in items][:: len(items) - 1] == ["https://daily.example/1", "https://daily.example/2"]
    assert all(len(item.address) <= ADDRESS_BYTES and is_storable(item.address) for item in items)

    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.html").write_text("<p>Hello</p>")
    rows = [
        {"id": "a", "url": "https://daily.example/story-1"},
        {"id": "b", "url": f"https://daily.example/story-{text}"},
    ]
    items = read(tmp_path, "\n".join(json.dumps(row) for row in [*rows, rows[0] | {"id": "c"}]).encode())
    assert [item.skipped for item in items] == ["", reason, ""]

    records = packed(page(1), "") + packed(page(2, final_url=odd, url=odd), "") + packed(page(3), "")
    found = urls(read(tmp_path, records))
    assert (found[0], found[-1]) == ("1", "3")
    assert not reason or found[1] == reason


def test_bombs_are_skipped_and_the_next_record_is_read(tmp_path, monkeypatch):
    bomb = gzip.compress(b"\x00" * (30 * 2**20))
    inner = record("response", "https://daily.example/a-1", bomb, **{"Content-Encoding": "gzip"})
    outer = packed(page(5, b"<p>" * (8 * 2**20)), "")
    assert urls(read(tmp_path, inner + outer + THREE[2])) == ["too large", "too large", "3"]
    monkeypatch.setattr(framing, "DRAINED_BYTES", 14 * 2**20)
    assert urls(read(tmp_path, outer + THREE[2])) == ["too large", "3"]


def test_a_list_gives_addresses_and_counts_what_is_none(tmp_path):
    text = b"# mine\nhttps://daily.example/a?utm_source=x\n\nnot an address\nhttps://other.example/b remark\n"
    items = read(tmp_path, b"https://first.example/\n" + text, most=2)
    assert [item.address or item.skipped for item in items] == [
        "https://first.example/",
        "https://daily.example/a",
        "no address",
        "https://other.example/b",
    ]


def test_a_manifest_gives_the_pages_that_lie_beside_it(tmp_path):
    (tmp_path / "a.html").write_text("<p>saved</p>")
    lines = [
        {"id": "a", "url": "https://daily.example/a", "crawled_at": "2024-02-08T10:30:00+02:00"},
        {"id": "b", "url": "https://daily.example/b"},
        {"id": "../etc", "url": "https://daily.example/b"},
        {"id": "a", "url": "nowhere"},
    ]
    content = "\n".join(map(json.dumps, lines)) + "\n[1]\n{broken\n"
    items = read(tmp_path, content.encode())
    assert [item.skipped for item in items] == [
        "",
        *["no page to read"] * 2,
        "no address",
        "no page to read",
        "not JSON",
    ]
    assert items[0].page.fetched_at == datetime(2024, 2, 8, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG", gzip.compress(b"https://daily.example/a", mtime=0)])
def test_a_file_of_no_known_kind_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=str(path)):
        kind_of(path)


def test_a_file_that_is_not_there_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        kind_of(tmp_path / "nothing")


def test_kinds_are_told_by_content(tmp_path):
    path = tmp_path / "file.txt"
    path.write_bytes(THREE[0])
    assert kind_of(path) is ImportKind.WARC
