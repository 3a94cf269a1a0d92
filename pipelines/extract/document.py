"""Bytes in, the parsed page out, with all that it states about itself outside its text."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from charset_normalizer import from_bytes
from selectolax.lexbor import LexborHTMLParser, LexborNode

from news.url import ADDRESS_BYTES
from pipelines.extract import json_ld
from pipelines.extract.comparison import plain

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
_BEGINNING = re.compile(
    rb"(?:<\?xml[^>]*>|<!--.*?-->|\s)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
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


def begins_as_html(content: bytes) -> bool:
    r"""Say whether a document begins as HTML does, whatever type its server gives it.

    >>> begins_as_html(b"\xef\xbb\xbf <!-- made by x -->\n<!DOCTYPE HTML><html>"), begins_as_html(b'{"html": "<html>"}')
    (True, False)
    """
    return _BEGINNING.match(content[:_HEAD_BYTES].removeprefix(codecs.BOM_UTF8)) is not None


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


#: where a word may be parted at a line's end (soft hyphen, zero width space), and what joins words unseen (word joiner,
#: zero width no-break space). Joiners and marks of direction stay: Persian, Hindi, emoji and Hebrew need them
_UNSEEN = "\x00\u00ad\u200b\u2060\ufeff"
_UNSEEN_REFERENCE = re.compile(
    r"&(?:shy|ZeroWidthSpace|NoBreak|#(?:0*(?:173|8203|8288|65279)|[xX]0*(?:[aA][dD]|200[bB]|2060|[fF][eE][fF][fF])));",
)
_UNSEEN_ESCAPE = re.compile(r"\\u(?:00[aA][dD]|200[bB]|2060|[fF][eE][fF][fF])")


def _clean(text: str) -> str:
    """Return the text without characters that are no part of a word, as it is shown.

    >>> _clean("Bundes\u00adtags&shy;wahl"), _clean("&amp;shy;")
    ('Bundestagswahl', '&amp;shy;')
    """
    for each in _UNSEEN:
        if each in text:
            text = text.replace(each, "")
    return _UNSEEN_REFERENCE.sub("", text) if "&" in text else text


#: a tag with more attributes costs quadratic time (100,000: 19 s); real pages stay under 100
ATTRIBUTES_LIMIT = 2_000
#: elements nested deeper cost quadratic time in an HTML5 parser (100,000: 14 s); real pages stay under 100
DEPTH_LIMIT = 3_000
#: fewer tags than this cannot nest dangerously deep, so the depth is not counted
_MANY_TAGS = 30_000
#: scripts and comments are skipped: there "<" begins no tag
_TAG = re.compile(
    r"<script\b.*?</script|<style\b.*?</style|<!--.*?-->|<(/?)([a-zA-Z][a-zA-Z0-9]*)", re.DOTALL | re.IGNORECASE
)
#: one attribute, as HTML's tokenizer takes them
_ATTRIBUTE = r"""[\s/]*+[^\s>"'=/]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"']++)?)?"""
#: a tag's few attributes as nearly all tags have them, which are found in half the time, and its end
_USUAL = r"""(?:\s++[^\s>"'=/]++="[^"]*+"){0,200}+\s*+/?>"""
#: all of a page up to a tag with more attributes than the limit. It goes over the page once: no quantifier gives back
#: what it took, and what looks like a tag in a script is taken whole
_SPARING = re.compile(
    rf"[^<]*+(?:<(?:(?![a-zA-Z])|[a-zA-Z][\w:-]*+(?:{_USUAL}|(?:{_ATTRIBUTE}){{0,{ATTRIBUTES_LIMIT}}}+(?!{_ATTRIBUTE})))[^<]*+)*+"
)
#: they end without an end tag, or have none
_UNNESTED = frozenset(
    "p li dt dd td th tr tbody thead tfoot option optgroup area base br col embed hr img input link meta param "
    "source track wbr".split()
)


def overstrained(html: str) -> str | None:
    """Return why the page must not be parsed, in a sentence for people, or None.

    It is a net for what is known to freeze parsers, not a proof: the pool's time limit stands behind it.
    """
    at = 0
    while (match := _SPARING.match(html, at)) and (found := match.end()) < len(html):
        end = _end_of_script(html, found)
        if end < 0:
            return f"A tag has more than {ATTRIBUTES_LIMIT:,} attributes."
        at = end
    if html.count("<") > _MANY_TAGS and _too_deep(html):
        return f"Its elements are nested more than {DEPTH_LIMIT:,} deep."
    return None


def _end_of_script(html: str, at: int) -> int:
    """Return where the script, style or comment around `at` ends, -1 if there is none: in it "<" begins no tag."""
    html = html.lower()
    for opening, closing in (("<script", "</script"), ("<style", "</style"), ("<!--", "-->")):
        begin = html.rfind(opening, 0, at + len(opening))
        if begin >= 0 and html.rfind(closing, begin, at) < 0:
            end = html.find(closing, at + 1)
            return len(html) if end < 0 else end
    return -1


def _too_deep(html: str) -> bool:
    depth = 0
    for match in _TAG.finditer(html):
        if match[2] is None or match[2].lower() in _UNNESTED:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > DEPTH_LIMIT:
            return True
    return False


#: one selector for all elements that state something, so that the tree is searched once
_STATEMENTS = (
    'base[href], meta, link[rel], title, h1, time, script[type*="ld+json" i], [itemprop], [rel~="author"], '
    '[class*="author" i], [class*="byline" i]'
)
_SIGNED = re.compile(r"author|byline", re.IGNORECASE)
#: more metas, h1 or time elements than this are a mistake or an attack
_STATEMENTS_LIMIT = 4_000
#: what of link elements is read; pages have dozens of others
_RELATIONS = frozenset(("canonical", "license", "sitemap"))
#: longer statements are not names, dates or headlines
_CONTENT_LIMIT = 20_000


@dataclass(frozen=True, kw_only=True)
class Document:
    """What one page states. Not kept beyond its reading: it holds the tree."""

    url: str
    tree: LexborHTMLParser
    #: what `<base href>` states, absolute
    bases: list[str] = field(default_factory=list)
    #: lower-case name, property or itemprop of meta tags -> contents as written
    metas: dict[str, list[str]] = field(default_factory=dict)
    #: rel of link elements, as far as it is one of _RELATIONS -> absolute addresses
    links: dict[str, list[str]] = field(default_factory=dict)
    #: itemprop -> elements, in the page's order
    properties: dict[str, list[LexborNode]] = field(default_factory=dict)
    headings: list[LexborNode] = field(default_factory=list)
    times: list[LexborNode] = field(default_factory=list)
    #: elements whose class speaks of an author, in the page's order
    signed: list[LexborNode] = field(default_factory=list)
    author_links: list[LexborNode] = field(default_factory=list)
    title: str = ""
    nodes: tuple[json_ld.Node, ...] = ()
    #: the JSON-LD node of the page's own article, {} where there is none
    article: json_ld.Node = field(default_factory=dict)

    @property
    def base(self) -> str:
        """Return what relative addresses are relative to: the first `<base href>`, else the page's address."""
        return self.bases[0] if self.bases else self.url

    def absolute(self, address: str) -> str:
        """Return an address that the page states, absolute; "" for one that is none of the web or too long to keep."""
        try:
            found: str = urljoin(self.base, address.strip())
        except ValueError:  # a broken address leads nowhere
            return ""
        is_kept = found.startswith(("http://", "https://")) and len(found.encode("utf-8", "replace")) <= ADDRESS_BYTES
        return found if is_kept else ""

    def meta(self, *names: str) -> str:
        """Return the first content that is not empty of the first of these names that has one, as plain text."""
        for name in names:
            for content in self.metas.get(name, ()):
                if text := plain(content):
                    return text
        return ""


def holders(node: LexborNode) -> Iterator[LexborNode]:
    """Yield the elements that hold `node`, the nearest first.

    >>> [each.tag for each in holders(LexborHTMLParser("<main><p><b>a").css_first("b"))]
    ['p', 'main', 'body', 'html']
    """
    above = node.parent
    # what stands above the root is the document itself, which is no element
    while above is not None and above.tag != "-document":
        yield above
        above = above.parent


def label(node: LexborNode) -> str:
    """Return class and id of an element, in lower case: what its outlet calls it."""
    attributes = node.attributes
    return f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower()


def parse(html: str, url: str) -> Document:
    """Return what the page states. `url` is where it was found; relative addresses are made absolute with it."""
    tree = LexborHTMLParser(html, scripting=True)
    document = Document(url=url, tree=tree)
    scripts: list[str] = []
    title = ""
    for count, node in enumerate(tree.css(_STATEMENTS)):
        if count > _STATEMENTS_LIMIT:
            break
        tag, attributes = node.tag, node.attributes
        if tag == "script":
            scripts.append(_UNSEEN_ESCAPE.sub("", node.text() or ""))
        elif tag == "title":
            title = title or plain((node.text() or "")[:_CONTENT_LIMIT])
        elif tag == "meta":
            _meta(document, attributes)
        elif tag == "base":
            _base(document, attributes)
        elif tag == "link":
            _link(document, attributes)
        elif tag == "h1":
            document.headings.append(node)
        elif tag == "time":
            document.times.append(node)
        if tag not in ("meta", "link") and (names := attributes.get("itemprop")):
            for name in names.split():
                document.properties.setdefault(name.lower(), []).append(node)
        if len(document.signed) < 12 and _SIGNED.search(attributes.get("class") or ""):
            document.signed.append(node)
        if tag != "link" and "author" in (attributes.get("rel") or "").split():
            document.author_links.append(node)
    nodes = json_ld.read(scripts)
    own = document.meta("og:title", "twitter:title") or title
    article = json_ld.main(nodes, url, own)
    return Document(**(vars(document) | {"title": title, "nodes": nodes, "article": article}))


def _meta(document: Document, attributes: dict[str, str | None]) -> None:
    content = attributes.get("content")
    if not content:
        return
    for key in ("property", "name", "itemprop", "http-equiv"):
        if name := attributes.get(key):
            document.metas.setdefault(name.strip().lower(), []).append(content[:_CONTENT_LIMIT])


def _base(document: Document, attributes: dict[str, str | None]) -> None:
    try:
        base = urljoin(document.url, (attributes.get("href") or "").strip()[:_CONTENT_LIMIT])
        if urlsplit(base).scheme in ("http", "https"):
            document.bases.append(base)
    except ValueError:  # a broken address states nothing
        return


def _link(document: Document, attributes: dict[str, str | None]) -> None:
    target = (attributes.get("href") or "").strip()
    if len(target) > _CONTENT_LIMIT:
        return  # half an address is another one
    for rel in _RELATIONS.intersection((attributes.get("rel") or "").lower().split()):
        if target:
            try:
                document.links.setdefault(rel, []).append(urljoin(document.base, target))
            except ValueError:  # a broken address states nothing
                continue
