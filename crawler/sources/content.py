"""What a list is, by its bytes: unpacked, and told by its first element."""

import re
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from enum import StrEnum

from news.errors import SourceUnreadable

#: sitemaps.org allows 50 MB unpacked; what is larger is not parsed: 80 KB of gzip may hold 80 MB
UNPACKED_BYTES = 50 * 2**20
#: a list that is packed as a file may be packed once more for the way, and say so or not
_PACKED_TIMES = 3
#: of gzip, and of zlib at its levels
_MAGIC = (b"\x1f\x8b", b"x\x01", b"x\x9c", b"x\xda")
_EITHER = zlib.MAX_WBITS | 32
#: warnings of a server, a comment and a style sheet may stand before the first element
_HEAD_BYTES = 4096
_ROOT = re.compile(rb"<(?:[\w.-]{1,40}:)?(urlset|sitemapindex|rss|feed|rdf)\b", re.IGNORECASE)
_NO_ROOT = re.compile(rb"<!--.*?(?:-->|$)", re.DOTALL)
_LINE = re.compile(rb"(?:^|[\r\n])[ \t]*https?://\S+\s*(?:[\r\n]|$)", re.IGNORECASE)


class Form(StrEnum):
    """A form of list, whatever it is called."""

    FEED = "feed"
    JSON = "json"
    SITEMAP = "sitemap"
    TEXT = "text"
    UNKNOWN = "unknown"


def unpacked(content: bytes) -> bytes:
    """Return a list's bytes without gzip or zlib, as often as it was packed.

    Of one that was cut, or is damaged behind its beginning, what came is returned; what follows its end is no part of
    it. Raises SourceUnreadable for one without any byte that can be read, or with more than UNPACKED_BYTES.
    """
    for _ in range(_PACKED_TIMES):
        if not content.startswith(_MAGIC):
            return content
        content = _inflated(content)
    if content.startswith(_MAGIC):
        raise SourceUnreadable(f"it is packed more than {_PACKED_TIMES} times")
    return content


def _inflated(content: bytes) -> bytes:
    found = bytearray()
    while content.startswith(_MAGIC):  # a file may have several members (RFC 1952, 2.2)
        unpacking = zlib.decompressobj(_EITHER)
        try:
            # in pieces: of what is damaged further on, the pieces before it are kept
            for start in range(0, len(content), 1024):
                found += unpacking.decompress(content[start : start + 1024], UNPACKED_BYTES + 1 - len(found))
                while unpacking.unconsumed_tail and len(found) <= UNPACKED_BYTES:
                    found += unpacking.decompress(unpacking.unconsumed_tail, UNPACKED_BYTES + 1 - len(found))
                if len(found) > UNPACKED_BYTES:
                    raise SourceUnreadable(f"it has more than {UNPACKED_BYTES:,} bytes when unpacked")
                if unpacking.eof:
                    content = unpacking.unused_data + content[start + 1024 :]
                    break
            else:
                break  # it was cut
        except zlib.error:
            break
    if not found.strip():
        raise SourceUnreadable("its gzip is broken")
    return bytes(found)


def form_of(content: bytes) -> Form:
    """Return the form of an unpacked list.

    >>> form_of(b"<?xml version='1.0'?><rss version='2.0'>").value, form_of(b"https://a.example/1\\n").value
    ('feed', 'text')
    """
    head = content[:_HEAD_BYTES].replace(b"\0", b"")  # of UTF-16
    for mark in (BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE):
        head = head.removeprefix(mark)
    head = head.lstrip()
    if head.startswith(b"{"):
        return Form.JSON
    if not head.startswith(b"<") and _LINE.search(head):
        return Form.TEXT
    root = _ROOT.search(_NO_ROOT.sub(b"", head))
    if root is None:
        return Form.UNKNOWN
    return Form.SITEMAP if root[1].lower() in (b"urlset", b"sitemapindex") else Form.FEED
