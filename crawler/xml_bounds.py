"""A stranger's XML in, what makes it too much for a parser out; asked before any parser sees it."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Iterator

#: feedparser takes 0.1 ms for each; 1,000 items, of which no more are kept, have 20 each at most
FEED_ELEMENTS = 50_000
#: sitemaps.org allows 50,000 rows; with all of Google's extensions one has 20. lxml takes 5 s for as many
SITEMAP_ELEMENTS = 1_000_000
#: as libxml2 has it; real feeds stay below 30, with an article's XHTML in them below 60
MOST_LEVELS = 256
#: time grows with their square: 20,000 take feedparser 8 s. They are counted by "=", which addresses have, too
MOST_ATTRIBUTES = 250
#: an image within an attribute (`data:`) may have some hundred thousand
TAG_BYTES = 2**20

# Each character is looked at a fixed number of times: what is read stays read (possessive), and a tag ends at the next
# "<" at the latest. What a lenient parser reads otherwise than a strict one is taken for markup: a comment ends at
# "-- >", too, and within "<? ... ?>" everything counts. So nothing can hide there.
_MARKUP = re.compile(
    rb"<(?:"
    rb"(?P<comment>!--)(?P<rest>.*?--\s*>)?"
    rb"|(?P<cdata>!\[CDATA\[)(?:.*?\]\]>|.*)"
    rb"|(?P<doctype>(?i:!DOCTYPE))(?:[^\[<>\"']++|\"[^\"]*+\"|'[^']*+')*+(?P<bare>>)?"
    rb"|(?P<close>/)?(?P<name>[^\s<>/!?]++)(?:[^<>\"']++|\"[^\"<]*+\"?|'[^'<]*+'?)*+>?"
    rb")?",
    re.DOTALL,
)
_ELEMENT = re.compile(rb"<\w")
_DECLARED = re.compile(rb"""^\s*<\?[^>]*?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
#: HTML's elements that have no end, in feeds that carry it unescaped
_VOID = frozenset({b"br", b"hr", b"img"})
#: whatever reads this as it stands can hide no markup from who reads bytes: UTF-7, ISO-2022 and escapes can
_PLAIN = "\t\n !\"'-/<=>?AZaz[]" + r"+ADw- \x3c \u003c ~{<!~}" + "\x1b$B<!\x1b(B"
_BOMS = {
    BOM_UTF8: "utf-8-sig",
    BOM_UTF32_BE: "utf-32",
    BOM_UTF32_LE: "utf-32",  # before UTF-16's, which begins like it
    BOM_UTF16_BE: "utf-16",
    BOM_UTF16_LE: "utf-16",
}
#: which of the first four bytes are zero, where there is no byte order mark (XML 1.0, appendix F)
_ZEROES: dict[tuple[bool, ...], str] = {
    (True, True, True, False): "utf-32-be",
    (False, True, True, True): "utf-32-le",
    (True, False, True, False): "utf-16-be",
    (False, True, False, True): "utf-16-le",
}


def excess_of(content: bytes, *, charset: str = "", elements: int = FEED_ELEMENTS) -> str:
    """Return in one clause why no parser may have this document; "" if one may.

    `charset` is the encoding that came with it; `elements` are as many as it may have. What declares nothing in its
    DOCTYPE passes, and so does what is no XML at all. The time grows with the size alone.

    >>> excess_of(b'<!DOCTYPE rss [<!ENTITY a "ha">]><rss>&a;</rss>')
    'its DOCTYPE declares entities or elements of its own'
    >>> excess_of(b'<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "a.dtd"><rss><![CDATA[<!ENTITY]]></rss>')
    ''
    """
    return next((found for view in _views(content, charset) if (found := _excess(view, elements))), "")


def _views(content: bytes, charset: str) -> Iterator[bytes]:
    """Yield the document in UTF-8 in each way that a parser may read it."""
    encoding = next((name for mark, name in _BOMS.items() if content.startswith(mark)), "")
    encoding = encoding or _ZEROES.get(tuple(byte == 0 for byte in content[:4]), "")
    own = _decoded(content, encoding) if encoding else content
    yield own
    declared = match[1].decode("ascii", "replace") if (match := _DECLARED.match(own)) else ""
    for name in {charset, declared} - {"", encoding}:
        try:
            if _PLAIN.encode().decode(name, "replace") != _PLAIN:
                yield _decoded(content, name)
        except (LookupError, ValueError):
            continue  # no encoding of text: no parser reads by it


def _decoded(content: bytes, encoding: str) -> bytes:
    return content.decode(encoding, "replace").encode("utf-8", "replace")


def _excess(content: bytes, elements: int) -> str:
    head = content[: first.start()] if (first := _ELEMENT.search(content)) else b""
    if b"<!DOCTYPE" in head and b"<!ENTITY" in head:
        # feedparser finds it even in a comment
        return "its DOCTYPE declares entities or elements of its own"
    opened = closed = 0
    levels: list[bytes] = []
    for markup in _MARKUP.finditer(content):
        kind, name = markup.lastgroup, markup["name"]
        if kind == "comment":
            return "a comment in it has no end"
        if kind == "doctype":
            return "its DOCTYPE declares entities or elements of its own"
        if kind == "cdata" and not opened:
            return "it begins with CDATA and not with an element"
        if kind in ("rest", "bare", "cdata"):
            continue
        if markup["close"]:
            closed += 1
            _close(levels, name.lower())
        else:
            opened += 1
            tag = markup[0]
            if len(tag) > TAG_BYTES:
                return f"a tag in it has more than {TAG_BYTES:,} bytes"
            if tag.count(b"=") > MOST_ATTRIBUTES:
                return f"a tag in it has more than {MOST_ATTRIBUTES} attributes"
            if name and not tag.endswith(b"/>") and name.lower() not in _VOID:
                levels.append(name.lower())
        if len(levels) > MOST_LEVELS:
            return f"its elements are nested more than {MOST_LEVELS} deep"
        if max(opened, closed) > elements:
            return f"it has more than {elements:,} elements"
    return ""


def _close(levels: list[bytes], name: bytes) -> None:
    """Leave an element and those within it that were never closed; what was never opened closes nothing."""
    if levels and levels[-1] == name:
        levels.pop()
    elif name in levels:
        while levels.pop() != name:
            pass
