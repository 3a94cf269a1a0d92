"""WARC files in (ISO 28500), pages out, or the reason why there is none; and a page back into a record.

A file's members are the stretches that are packed, and can be skipped, by themselves.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, BinaryIO
from urllib.parse import quote

import zstandard
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from news.clock import now
from news.page import Page
from news.url import AddressTooLong, normal

#: a member that unpacks to more is skipped: a page of 10 MiB, which the crawler takes at most, with its headers
MEMBER_BYTES = 12 * 2**20
#: a larger member is unpacked up to here to find its end; one beyond that is a bomb, and the next one is looked for
DRAINED_BYTES = 256 * 2**20
#: behind damage, the next member is looked for in so many bytes at once
SCANNED_BYTES = 64 * 2**20
#: of a record that is not packed, the header ends within this
HEADER_BYTES = 64 * 1024

#: blank lines stand between records, and more of them than the two of the standard
BLANK, BLANK_BYTES = b"\r\n", 256
GZIP, ZSTD, WARC = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"WARC/"
#: zstd's frames that carry no content: sixteen magic numbers, of which the WARC format uses one for a dictionary
#: (iipc.github.io/warc-specifications/specifications/warc-zstd)
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
_DICTIONARY = b"\x5d\x2a\x4d\x18"
_LENGTH = re.compile(rb"^content-length:\s*(\d{1,15})\s*$", re.IGNORECASE | re.MULTILINE)
_BLOCK = 64 * 1024
#: four bytes of zstd can stand for 128 KiB: so few are handed over at once that a bomb never fills the memory
_ZSTD_BLOCK = 512


class Damaged(Exception):
    """The bytes at this place are no member."""


@dataclass(frozen=True, kw_only=True)
class WarcMember:
    """One member, unpacked; or the reason why it is skipped. `end` is where the next one begins."""

    content: bytes = b""
    skipped: str = ""
    end: int


def is_archive(head: bytes) -> bool:
    """Say whether a file that begins with these bytes is a WARC file, packed by gzip or zstd or not at all."""
    head = head.lstrip(BLANK)
    return head.startswith((GZIP, ZSTD, WARC)) or _SKIPPABLE.match(head) is not None


def members(file: BinaryIO, position: int) -> Iterator[WarcMember]:
    """Yield the members of a WARC file from `position` on; damage is skipped up to the next member."""
    file.seek(0)
    head = file.read(BLANK_BYTES)
    # some programs write blank lines before the first record
    first = len(head) - len(head.lstrip(BLANK))
    head, position = head[first:], max(position, first)
    read = _gzip if head.startswith(GZIP) else _plain if head.startswith(WARC[:4]) else _zstd
    while True:
        file.seek(position)
        if not file.read(1):
            return
        try:
            member = read(file, position)
        except Damaged as damage:
            member = WarcMember(skipped=str(damage), end=_next_member(file, position + 1, read))
        position = member.end
        if member.content or member.skipped:
            yield member


class _Unpacked:
    """What a member unpacks to: kept as far as a member may go, and counted as far as a bomb is followed."""

    def __init__(self) -> None:
        self._content = bytearray()
        self._size = 0

    def add(self, part: bytes) -> None:
        """Take the next part. Raises Damaged where it is a bomb."""
        self._size += len(part)
        if self._size <= MEMBER_BYTES:
            self._content += part
        elif self._size > DRAINED_BYTES:
            raise Damaged("too large")

    def member(self, end: int) -> WarcMember:
        """Return the member that ends there."""
        if self._size > MEMBER_BYTES:
            return WarcMember(skipped="too large", end=end)
        return WarcMember(content=bytes(self._content), end=end)


def _gzip(file: BinaryIO, position: int) -> WarcMember:
    file.seek(position)
    unpacker = zlib.decompressobj(wbits=31)
    unpacked, taken = _Unpacked(), 0
    block = b""
    while not unpacker.eof:
        if not block:
            block = file.read(_BLOCK)
            taken += len(block)
            if not block:
                raise Damaged("cut off")
        try:
            part = unpacker.decompress(block, _BLOCK * 16)
        except zlib.error as error:
            raise Damaged("damaged gzip") from error
        block = unpacker.unconsumed_tail
        unpacked.add(part)
    end = position + taken - len(unpacker.unused_data)
    return unpacked.member(end)


def _zstd(file: BinaryIO, position: int) -> WarcMember:
    file.seek(position)
    if _SKIPPABLE.match(head := file.read(8)):
        if len(head) < 8:
            return WarcMember(skipped="cut off", end=position + len(head))
        return WarcMember(end=position + 8 + struct.unpack("<I", head[4:])[0])
    unpacker = _zstd_unpacker(_dictionary(file))
    file.seek(position)
    unpacked, taken = _Unpacked(), 0
    while not unpacker.eof:
        block = file.read(_ZSTD_BLOCK)
        taken += len(block)
        if not block:
            raise Damaged("cut off")
        try:
            part = unpacker.decompress(block)
        except zstandard.ZstdError as error:
            raise Damaged("damaged zstd") from error
        unpacked.add(part)
    end = position + taken - len(unpacker.unused_data)
    return unpacked.member(end)


def _zstd_unpacker(dictionary: bytes) -> Any:
    words = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    # a frame may ask for a window of gigabytes; the format's own tools stop at 128 MiB
    return zstandard.ZstdDecompressor(dict_data=words, max_window_size=2**27).decompressobj()


def _dictionary(file: BinaryIO) -> bytes:
    """Return the dictionary with which the file's frames are packed; it stands in its first frame, if there is one."""
    file.seek(0)
    head = file.read(8)
    if not head.startswith(_DICTIONARY) or len(head) < 8:
        return b""
    packed = file.read(min(struct.unpack("<I", head[4:])[0], MEMBER_BYTES))
    return _unpacked_dictionary(packed)


@lru_cache(maxsize=2)
def _unpacked_dictionary(packed: bytes) -> bytes:
    if not packed.startswith(ZSTD):
        return packed
    try:
        return zstandard.ZstdDecompressor().decompress(packed, max_output_size=MEMBER_BYTES)
    except zstandard.ZstdError as error:
        raise Damaged("damaged dictionary") from error


def _plain(file: BinaryIO, position: int) -> WarcMember:
    file.seek(position)
    header = file.read(HEADER_BYTES)
    blank = len(header) - len(header.lstrip(BLANK))
    if blank:
        return WarcMember(end=position + blank)
    if not header.startswith(WARC):
        raise Damaged("not a WARC record")
    break_ = re.search(rb"\r?\n\r?\n", header)
    if break_ is None:
        raise Damaged("cut off" if len(header) < HEADER_BYTES else "a header without end")
    stated = _LENGTH.search(header[: break_.end()].replace(b"\r\n", b"\n"))
    if stated is None:
        raise Damaged("a record without a length")
    start, length = position + break_.end(), int(stated[1])
    file.seek(0, 2)
    if (size := file.tell()) < start + length:
        # the next record, if there is one, begins before this one's stated end
        raise Damaged("cut off")
    file.seek(min(start + length, size))
    gap = file.read(4)
    if gap and not gap.startswith((b"\r", b"\n")):
        raise Damaged("cut off")
    end = start + length + len(gap) - len(gap.lstrip(b"\r\n"))
    if length > MEMBER_BYTES:
        return WarcMember(skipped="too large", end=end)
    file.seek(start)
    return WarcMember(content=header[: break_.end()] + file.read(length), end=end)


def _next_member(file: BinaryIO, position: int, read: object) -> int:
    """Return where the next member begins that starts with a WARC record: at most SCANNED_BYTES further on."""
    file.seek(position)
    window = file.read(SCANNED_BYTES)
    magic = {_gzip: GZIP, _zstd: ZSTD}.get(read, b"WARC/1.")  # type: ignore[call-overload]
    at = window.find(magic)
    while at >= 0:
        if _starts_record(window[at : at + 4096], magic, file):
            return position + at
        at = window.find(magic, at + 1)
    return position + len(window)


def _starts_record(start: bytes, magic: bytes, file: BinaryIO) -> bool:
    try:
        if magic == GZIP:
            start = zlib.decompressobj(wbits=31).decompress(start, 16)
        elif magic == ZSTD:
            start = _zstd_unpacker(_dictionary(file)).decompress(start[:_ZSTD_BLOCK])
    except (zlib.error, zstandard.ZstdError):
        return False
    return start.startswith(WARC)


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


#: what is not unpacked to see whether it is HTML all the same
_NO_TEXT = ("image/", "video/", "audio/", "font/", "application/pdf")


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
    stated = headers.get("content-type", "html").lower().strip()
    is_said = "html" in stated
    if stated.startswith(_NO_TEXT):
        return WarcRecord(skipped="not HTML")
    content = _content(record)
    if isinstance(content, str):
        return WarcRecord(skipped=content)
    if not is_said:
        from pipelines.extract.document import begins_as_html  # workers have it

        if not begins_as_html(content):
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
