"""The parsed page, and in one sweep all that it states about itself outside its text."""

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipelines.extract import json_ld
from pipelines.extract.words import plain

#: one selector for all elements that state something, so that the tree is searched once
_STATEMENTS = (
    'meta, link[rel], title, h1, time, script[type*="ld+json" i], [itemprop], [rel~="author"], '
    '[class*="author" i], [class*="byline" i]'
)
_SIGNED = re.compile(r"author|byline", re.IGNORECASE)
#: more metas, h1 or time elements than this are a mistake or an attack
_STATEMENTS_LIMIT = 4_000
#: longer statements are not names, dates or headlines
_CONTENT_LIMIT = 20_000


@dataclass(frozen=True, kw_only=True)
class Document:
    """What one page states. Not kept beyond its reading: it holds the tree."""

    url: str
    tree: LexborHTMLParser
    #: lower-case name, property or itemprop of meta tags -> contents as written
    metas: dict[str, list[str]] = field(default_factory=dict)
    #: rel of link elements -> absolute addresses
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

    def meta(self, *names: str) -> str:
        """Return the first content that is not empty of the first of these names that has one, as plain text."""
        for name in names:
            for content in self.metas.get(name, ()):
                if text := plain(content):
                    return text
        return ""


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
            scripts.append(node.text() or "")
        elif tag == "title":
            title = title or plain((node.text() or "")[:_CONTENT_LIMIT])
        elif tag == "meta":
            _meta(document, attributes)
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


def _link(document: Document, attributes: dict[str, str | None]) -> None:
    target = (attributes.get("href") or "").strip()
    if len(target) > _CONTENT_LIMIT:
        return  # half an address is another one
    for rel in (attributes.get("rel") or "").lower().split():
        if target:
            try:
                document.links.setdefault(rel, []).append(urljoin(document.url, target))
            except ValueError:  # a broken address states nothing
                continue
