"""Sitemaps, news sitemaps and sitemap indexes (sitemaps.org, Google's news extension)."""

import codecs
import io
import re
from dataclasses import replace
from html.entities import html5
from itertools import islice

from lxml import etree

from crawler.sources.listing import Row, Rows, stated
from crawler.sources.references import mended
from crawler.sources.times import instant
from crawler.xml_bounds import SITEMAP_ELEMENTS, excess_of
from news.errors import SourceUnreadable
from news.page import Page
from news.storable import storable

#: what may stand before the declaration or the first element: blank lines, a byte order mark, a server's warning
_BEGINNING = re.compile(rb"<(?:\?xml|!--|!DOCTYPE|(?:[\w.-]{1,40}:)?(?:urlset|sitemapindex)\b)", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:\?xml[^>]{0,200}>\s*<)?(?:[\w.-]{1,40}:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)
_HEAD_BYTES = 4096
_REFERENCE = re.compile(rb"<!\[CDATA\[.*?\]\]>|&(?:#[0-9]{1,10};|#[xX][0-9a-fA-F]{1,8};|(\w{1,40});)?", re.DOTALL)
_OF_XML = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})


def rows(page: Page) -> Rows:
    """Return what a sitemap lists, or the parts of an index, with the times that it states.

    Of a part's month or year the last instant counts: it was changed in it, nobody says when. Raises SourceUnreadable
    for what is no sitemap, or more than a parser may have.
    """
    content = _mended(page.content)
    if not content.strip():
        raise SourceUnreadable("it is empty")
    if excess := excess_of(content, elements=SITEMAP_ELEMENTS):
        raise SourceUnreadable(excess)
    first, *others = _files(content)
    try:
        listed = _parsed(first)
        for each in others:
            more = _parsed(each)
            nameless = [*listed.nameless, *more.nameless]
            if more.are_parts == listed.are_parts:
                listed = replace(listed, rows=[*listed.rows, *more.rows], nameless=nameless)
            else:
                listed = replace(listed, nameless=[*nameless, *(address for address, _ in more.rows)])
    except (ValueError, TypeError, StopIteration, etree.XMLSyntaxError) as error:
        # not with the parser's words: they may be the stranger's
        raise SourceUnreadable("it is not a sitemap") from error
    return listed


_ENDS = re.compile(rb"</(?:[\w.-]{1,40}:)?(?:urlset|sitemapindex)\s*>", re.IGNORECASE)
#: files that stand in one; what follows is one of them
_MOST_FILES = 100


def _files(content: bytes) -> list[bytes]:
    """Return the sitemaps that stand in one file one behind the other, as those that a script has put together do."""
    found, start = [], 0
    for end in islice(_ENDS.finditer(content), _MOST_FILES):
        begin = _BEGINNING.search(content, start, end.end())
        if begin:
            found.append(content[begin.start() : end.end()])
            start = end.end()
    rest = _BEGINNING.search(content, start)
    if not found:
        return [content]
    return [*found, content[rest.start() :]] if rest and _ROOT.match(content, rest.start()) else found


def _parsed(content: bytes) -> Rows:
    events = iter(
        etree.iterparse(
            io.BytesIO(content),
            events=("start", "end"),
            recover=True,
            resolve_entities=False,
            collect_ids=False,
            remove_comments=True,
            remove_pis=True,
            huge_tree=False,
        )
    )
    _, root = next(events)
    kind = _name(root)
    if kind not in ("urlset", "sitemapindex"):
        raise SourceUnreadable(storable(f"it is not a sitemap but <{kind[:40]}>"))
    is_index = kind == "sitemapindex"
    found, nameless = [], 0
    names: set[str] = set()
    row: Row = ("", None)
    for event, element in events:
        name = _name(element)
        if event == "end" and name in ("url", "sitemap"):
            names.add(name)
            row = _row(element, is_index=name == "sitemap")
            if row[0]:
                found.append(row)
            else:
                nameless += 1
            # what was read is let go: a file may have 50,000 rows
            element.clear()
        elif event == "end" and name == "loc" and element.getparent() is root:
            # without the element that it belongs in
            row = "".join(element.itertext()).strip(), None
            if row[0]:
                found.append(row)
            else:
                nameless += 1
    if row[0] and _is_cut(content):
        found.pop()  # half an address is another one
        nameless += 1
    return Rows(rows=found, are_parts=is_index or names == {"sitemap"}, nameless=[""] * nameless)


_LOC = re.compile(rb"<(/?)(?:[\w.-]{1,40}:)?loc\b", re.IGNORECASE)
#: no address is longer
_LAST_ROW_BYTES = 8192


def _is_cut(content: bytes) -> bool:
    """Tell whether a sitemap breaks off within an address."""
    tags = _LOC.findall(content[-_LAST_ROW_BYTES:])
    return bool(tags) and not tags[-1]


def _row(element: etree._Element, *, is_index: bool) -> Row:
    address = lastmod = published = ""
    for each in element:
        name, text = _name(each), "".join(each.itertext()).strip()
        if name == "loc":
            address = address or text
        elif name == "lastmod":
            lastmod = text
        elif name == "news":
            published = next((str(part.text or "") for part in each.iter() if _name(part) == "publication_date"), "")
        elif name == "publication_date":
            published = text
    return address, stated(instant(lastmod, last=is_index), instant(published))


def _name(element: etree._Element) -> str:
    # a comment's or an instruction's tag is a function
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower() if isinstance(element.tag, str) else ""


def _mended(content: bytes) -> bytes:
    """Return the bytes without what keeps a strict parser from reading them: what precedes, and bare ampersands.

    >>> _mended(b"\\n <?xml version='1.0'?><loc>a?b=1&c=2&eacute;</loc>")
    b"<?xml version='1.0'?><loc>a?b=1&amp;c=2&#233;</loc>"
    """
    if b"\0" in content[:4]:  # UTF-16: a byte is no character
        return content
    content = _in_utf_8(mended(content))
    beginning = _BEGINNING.search(content, 0, _HEAD_BYTES)
    content = content[beginning.start() :] if beginning else content
    return _REFERENCE.sub(_possible, content) if b"&" in content else content


#: an XML declaration's encoding
_DECLARED = re.compile(rb"""^(\s*<\?xml[^>]{0,100}?)\s+encoding\s*=\s*["']([\w.:-]{1,40})["']""", re.IGNORECASE)


def _in_utf_8(content: bytes) -> bytes:
    """Return bytes that are UTF-8 where nothing else is said, or what is said cannot be.

    A byte that is none of UTF-8 is one of Windows-1252, as that of a name that was written into a template.

    >>> _in_utf_8(b"<?xml version='1.0' encoding='utf-16'?><loc>caf\\xe9</loc>").decode()
    "<?xml version='1.0'?><loc>caf\xe9</loc>"
    """
    declared = _DECLARED.match(content)
    name = declared[2].decode().lower() if declared else "utf-8"
    if declared and name.startswith(("utf-16", "utf-32", "ucs")):
        content, name = declared[1] + content[declared.end() :], "utf-8"  # a byte order mark was looked for before
    if name not in ("utf-8", "utf8"):
        return content
    try:
        content.decode()
    except UnicodeDecodeError:
        return content.decode(errors="windows-1252").encode()
    return content


def _of_windows(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("windows-1252", "replace"), error.end


codecs.register_error("windows-1252", _of_windows)


def _possible(match: re.Match[bytes]) -> bytes:
    text, name = match[0], match[1]
    if name is not None and name not in _OF_XML:
        characters = html5.get(f"{name.decode('ascii', 'replace')};")
        return "".join(f"&#{ord(each)};" for each in characters).encode() if characters else b"&amp;" + text[1:]
    return b"&amp;" if text == b"&" else text
