"""WARC records in (ISO 28500), pages out, or the reason why there is none; and a page back into a record."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from news.clock import now
from news.page import Page
from news.url import AddressTooLong, normal
from pipelines.extract.document import begins_as_html

#: the crawler takes no larger page either
PAGE_BYTES = 10 * 2**20
#: before this there was no web to crawl; a clock that stands in the future is wrong
_FIRST = datetime(1991, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
#: ours, beside WARC's own: the address that was asked for before redirects, and the outlet that it was asked for
ASKED, OUTLET = "Broadsheet-Asked-URI", "Broadsheet-Outlet"
#: what a WARC file has beside pages: no loss, and not counted
_BESIDE = frozenset({"warcinfo", "request", "metadata"})
_PRINTABLE = "".join(map(chr, range(32, 127)))
#: an address past news.url.ADDRESS_BYTES
TOO_LONG = "address too long"
#: said of the bytes on their way, which are not the page's own
_ENCODINGS = frozenset({"content-encoding", "transfer-encoding", "content-length"})


@dataclass(frozen=True, kw_only=True)
class WarcRecord:
    """A record of an archive: a page, or the reason why it is skipped; neither for what carries no page."""

    page: Page | None = None
    #: the slug that our own files name
    outlet: str = ""
    skipped: str = ""


def records(member: bytes) -> Iterator[WarcRecord]:
    """Yield the records of an unpacked member: one, in a file that is as it should be. Call it in the pool."""
    try:
        for record in ArchiveIterator(io.BytesIO(member)):
            yield _record(record)
    except (ArchiveLoadFailed, ValueError, TypeError, AttributeError, OSError, EOFError, IndexError) as error:
        # whatever a broken record does to the library: it is this record alone
        yield WarcRecord(skipped=f"broken record ({type(error).__name__})")


def _record(record: Any) -> WarcRecord:
    kind = record.rec_type
    if kind in _BESIDE:
        return WarcRecord()
    if kind not in ("response", "resource"):
        return WarcRecord(skipped="revisit" if kind == "revisit" else "no page")
    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<> ")
    if not url.startswith(("http://", "https://")) or (record.http_headers is None and kind == "response"):
        return WarcRecord(skipped="not HTTP")
    try:
        final_url = normal(url)
        asked = normal(record.rec_headers.get_header(ASKED) or url)
    except AddressTooLong:
        return WarcRecord(skipped=TOO_LONG)
    except ValueError:
        return WarcRecord(skipped="no address")
    at = instant(record.rec_headers.get_header("WARC-Date") or "")
    if at is None:
        return WarcRecord(skipped="no valid date")
    if record.rec_headers.get_header("WARC-Truncated"):
        return WarcRecord(skipped="cut off by its crawler")
    if record.http_headers is None:
        # a resource is what was kept without its answer: the record says its type
        status, headers = "200", {"content-type": record.rec_headers.get_header("Content-Type") or ""}
    else:
        status, headers = record.http_headers.get_statuscode(), _headers(record.http_headers)
    if not status.isdecimal() or not 200 <= int(status) < 300:
        return WarcRecord(skipped=f"status {status[:3]}" if status.isdecimal() else "not HTTP")
    is_said = "html" in headers.get("content-type", "html").lower()
    if not is_said and record.http_headers is not None:
        return WarcRecord(skipped="not HTML")
    content = _content(record)
    if isinstance(content, str):
        return WarcRecord(skipped=content)
    if not is_said and not begins_as_html(content):
        return WarcRecord(skipped="not HTML")
    page = Page(url=asked, final_url=final_url, status=int(status), headers=headers, content=content, fetched_at=at)
    return WarcRecord(page=page, outlet=record.rec_headers.get_header(OUTLET) or "")


def _headers(found: StatusAndHeaders) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in found.headers:
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return {name: value for name, value in headers.items() if name not in _ENCODINGS}


def _content(record: Any) -> bytes | str:
    """Return the page's bytes, unpacked, or why there are none."""
    stream, content = record.content_stream(), bytearray()
    while part := stream.read(64 * 1024):
        content += part
        if len(content) > PAGE_BYTES:
            return "too large"
    if getattr(record.raw_stream, "limit", 0):
        return "cut off"
    return bytes(content) if content else "empty"


def instant(stated: str) -> datetime | None:
    """Return the instant of a WARC-Date (W3C's ISO 8601, UTC), None for what cannot be the time of a fetch.

    >>> instant("2024-02-08T10:30:00Z").isoformat(), instant("0000-00-00T00:00:00Z"), instant("2999-01-01T00:00:00Z")
    ('2024-02-08T10:30:00+00:00', None, None)
    """
    try:
        at = datetime.fromisoformat(stated.strip())
    except ValueError:
        return None
    at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    return at if _FIRST <= at <= now() + _AHEAD else None


def packed(page: Page, outlet: str) -> bytes:
    """Return the page as one gzipped WARC/1.1 response record, dated to the microsecond."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    headers = [(name, value) for name, value in page.headers.items() if name not in _ENCODINGS]
    http = StatusAndHeaders(
        f"{page.status} OK", [*map(_line, headers), ("content-length", str(len(page.content)))], protocol="HTTP/1.1"
    )
    dated = page.fetched_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    record = writer.create_warc_record(
        page.final_url,
        "response",
        payload=io.BytesIO(page.content),
        length=len(page.content),
        http_headers=http,
        warc_headers_dict={"WARC-Date": dated, ASKED: page.url, OUTLET: outlet},
    )
    writer.write_record(record)
    return buffer.getvalue()


def _line(header: tuple[str, str]) -> tuple[str, str]:
    """Return the header on one line, in ASCII, beyond which HTTP promises nothing."""
    name, value = (quote(" ".join(part.split()), safe=_PRINTABLE) for part in header)
    return name, value
