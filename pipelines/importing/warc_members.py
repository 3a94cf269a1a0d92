"""An archive file in, its members out: the stretches that are packed, and can be skipped, by themselves."""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO

import zstandard

#: a member that unpacks to more is skipped: a page of 10 MiB, which the crawler takes at most, with its headers
MEMBER_BYTES = 12 * 2**20
#: a larger member is unpacked up to here to find its end; one beyond that is a bomb, and the next one is looked for
DRAINED_BYTES = 256 * 2**20
#: behind damage, the next member is looked for in so many bytes at once
SCANNED_BYTES = 64 * 2**20
#: of a record that is not packed, the header ends within this
HEADER_BYTES = 64 * 1024

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
    return head.startswith((GZIP, ZSTD, WARC)) or _SKIPPABLE.match(head) is not None


def members(file: BinaryIO, position: int) -> Iterator[WarcMember]:
    """Yield the members of a WARC file from `position` on; damage is skipped up to the next member."""
    file.seek(0)
    head = file.read(4)
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
    if not header.strip(b"\r\n"):
        return WarcMember(end=position + len(header))
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
