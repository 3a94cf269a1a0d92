"""Bytes in, text out: what the bytes say beats what the header claims."""

import codecs
import re

from charset_normalizer import from_bytes

#: where HTML's standard stops looking for a charset is 1,024; real pages state it a little later, too
_HEAD_BYTES = 4096
#: enough for the guess, little enough to be cheap
_SAMPLE_BYTES = 32_768
#: fewer bytes above ASCII are too few to guess from
_ENOUGH_HIGH = 60
#: a page with fewer broken places than this share of its bytes is UTF-8 with a few alien bytes in it
_FEW_BROKEN_RATIO = 0.002

_META = re.compile(rb"""<meta[^>]{0,300}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
#: labels that browsers read as a larger encoding (WHATWG Encoding)
_WIDER = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}


def decode(content: bytes, content_type: str = "") -> str:
    """Return the text of a page's bytes, without null characters; it never fails.

    In order: a byte-order mark; UTF-8 wherever the bytes are valid UTF-8, whatever is claimed (a lie in the header is
    common, valid UTF-8 by chance is not); what the page's meta tag and then the header claim; a guess.

    >>> decode("Grüße".encode(), "text/html; charset=iso-8859-1")
    'Grüße'
    >>> decode("Grüße".encode("cp1252"), "text/html; charset=utf-8")
    'Grüße'
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return _clean(content[len(mark) :].decode(name, "replace"))
    claims = _claims(content, content_type)
    if "iso2022_jp" not in claims and "hz" not in claims:  # seven-bit encodings look like plain ASCII
        try:
            return _clean(content.decode("utf-8"))
        except UnicodeDecodeError:
            text = content.decode("utf-8", "replace")
            broken = text.count("\ufffd")
            multibyte = len(content) - len(text) > broken * 2
            if multibyte and broken < max(4, len(content) * _FEW_BROKEN_RATIO):
                return _clean(_mend(content))
    for name in claims:
        if name != "utf-8":
            try:
                return _clean(content.decode(name))
            except (UnicodeDecodeError, LookupError):
                continue
    return _clean(content.decode(_guess(content, claims), "replace"))


def _claims(content: bytes, content_type: str) -> list[str]:
    """Return the Python names of the encodings that the page and then the header claim, unknown ones left out."""
    found: list[str] = []
    stated = [m[1].decode("ascii", "replace") for m in (_META.search(content[:_HEAD_BYTES]),) if m]
    stated += [m[1] for m in (_HEADER.search(content_type),) if m]
    for label in stated:
        try:
            name = codecs.lookup(label).name
        except (LookupError, ValueError):
            continue
        # a codec that is no text encoding (rot13, base64) may not be chosen by a stranger
        if name.startswith(("utf", "iso", "cp", "gb", "big5", "euc", "shift", "koi8", "mac", "tis", "hz", "ascii")):
            name = _WIDER.get(name, name)
            # a meta tag that could be read as ASCII refutes the UTF-16 that it claims
            found.append("utf-8" if name.startswith(("utf-16", "utf-32")) and b"<" in content[:2] else name)
    return found


def _mend(content: bytes) -> str:
    """Return UTF-8 with alien bytes in it, those read as Windows-1252."""

    def alien(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        return error.object[error.start : error.end].decode("cp1252", "replace"), error.end

    codecs.register_error("broadsheet.alien", alien)
    return content.decode("utf-8", "broadsheet.alien")


def _guess(content: bytes, claims: list[str]) -> str:
    if claims and claims[0] != "utf-8":
        return claims[0]  # mostly right, with broken places
    high = sum(byte > 127 for byte in content[:_SAMPLE_BYTES])
    if high < _ENOUGH_HIGH or high < len(content[:_SAMPLE_BYTES]) * 0.02:
        return "cp1252"  # what browsers assume, and what a Latin text with a few accents is
    best = from_bytes(content[:_SAMPLE_BYTES], steps=4, chunk_size=512).best()
    return best.encoding if best else "cp1252"


def _clean(text: str) -> str:
    return text.replace("\x00", "") if "\x00" in text else text
