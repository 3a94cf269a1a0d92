"""How the tests read a page."""

from html import unescape

import httpx
from selectolax.lexbor import LexborHTMLParser, LexborNode


def page(answer: httpx.Response) -> LexborHTMLParser:
    assert answer.status_code == 200, answer.text
    return LexborHTMLParser(answer.text)


def texts(html: LexborHTMLParser, selector: str) -> list[str]:
    return [" ".join(node.text().split()) for node in html.css(selector)]


def one(html: LexborHTMLParser, selector: str) -> LexborNode:
    node = html.css_first(selector)
    assert node is not None, selector
    return node


def link(html: LexborHTMLParser, name: str) -> str:
    """Return where the link whose text begins with `name` leads."""
    found = [node for node in html.css("a") if " ".join(node.text().split()).startswith(name)]
    assert found, f"no link {name!r} among {[node.text(strip=True) for node in html.css('a')]}"
    return unescape(found[0].attributes["href"] or "")
