"""A page that is written otherwise and says the same is read as before: twelve changes on sixty real pages."""

import gzip
import hashlib
import importlib.util
import json
import re
import statistics
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from news.errors import PageUnreadable
from pipelines.extract import extract
from pipelines.extract.document import decode
from tests.pipelines.handmade import outlet, page
from tests.shared_files import shared

PAGES = 60
#: body F1, the mean over the pages
MOST_LOST = 0.005
#: heavier pages would take the test's minute
BYTES_LIMIT = 600_000

_RAW = re.compile(
    r"(<(?:script|style|textarea|pre)\b.*?</(?:script|style|textarea|pre)\s*>)", re.DOTALL | re.IGNORECASE
)
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)")


def outside_scripts(change: Callable[[str], str], html: str) -> str:
    parts = _RAW.split(html)
    return "".join(part if at % 2 else change(part) for at, part in enumerate(parts))


def renamed(names: str, to: str, html: str) -> str:
    pattern = re.compile(rf"<(/?)(?:{names})(?=[\s>/])", re.IGNORECASE)
    return outside_scripts(lambda part: pattern.sub(rf"<\1{to}", part), html)


def minified(html: str) -> str:
    blocks = "div|p|ul|ol|li|section|article|main|header|footer|aside|h[1-6]|table|tbody|tr|td|figure|body|head|html"
    pattern = re.compile(rf"\s*(</?(?:{blocks})\b[^<>]*>)\s*", re.IGNORECASE)
    return outside_scripts(lambda part: pattern.sub(r"\1", re.sub(r"\s+", " ", part)), html)


def edited(html: str, selector: str, change: Callable[[Any], object]) -> str:
    tree = LexborHTMLParser(html)
    for node in tree.css(selector):
        change(node)
    return tree.html or ""


def unnamed(node: Any) -> None:
    for name in ("class", "id"):
        if name in node.attributes:
            del node.attrs[name]


def hashed(node: Any) -> None:
    names = (node.attributes.get("class") or "").split()
    node.attrs["class"] = " ".join(f"x{hashlib.sha256(name.encode()).hexdigest()[:8]}" for name in names)


#: each takes a page that a parser wrote, so that every element is closed
CHANGES: dict[str, Callable[[str], str]] = {
    "re-serialised": lambda html: html,
    "wrapped": lambda html: re.sub(
        r"(<body\b[^>]*>)(.*)(</body>)", r"\1<div><div>\2</div></div>\3", html, flags=re.DOTALL | re.IGNORECASE
    ),
    "minified": minified,
    "without comments": lambda html: outside_scripts(
        lambda part: re.sub(r"<!--.*?-->", "", part, flags=re.DOTALL), html
    ),
    "upper-case tags": lambda html: outside_scripts(
        lambda part: _TAG.sub(lambda at: f"<{at[1]}{at[2].upper()}", part), html
    ),
    "paragraphs as div": lambda html: renamed("p", "div", html),
    "without JSON-LD": lambda html: edited(html, 'script[type*="ld+json" i]', lambda node: node.decompose()),
    "without meta": lambda html: edited(html, "meta", lambda node: node.decompose()),
    "without class and id": lambda html: edited(html, "[class], [id]", unnamed),
    "hashed classes": lambda html: edited(html, "[class]", hashed),
    "no semantic tags": lambda html: renamed(
        "article|section|main|header|footer|aside|nav|figure|figcaption|address", "div", html
    ),
    "h1 as h2": lambda html: renamed("h1", "h2", html),
}


@cache
def score() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", shared("pages/score.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def labelled(sets: tuple[str, ...]) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Yield truth and bytes of the pages whose body people labelled, in an order that says nothing of the pages."""
    found = []
    for folder in (shared(name) for name in sets):
        for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines():
            truth = json.loads(line)
            if truth.get("body") and "body" not in (truth.get("faulty") or ()):
                found.append((hashlib.sha256(truth["id"].encode()).hexdigest(), folder, truth))
    for _, folder, truth in sorted(found, key=lambda each: each[0]):
        content = gzip.decompress((folder / f"{truth['id']}.html.gz").read_bytes())
        if len(content) < BYTES_LIMIT:
            yield truth, content


@cache
def sample() -> tuple[tuple[dict[str, Any], str, float], ...]:
    """Return sixty real pages: truth, the page as a parser writes it, and the F1 of the body that is read from it as it came."""
    sets = (
        "pages/fundus",
        "pages/aed",
        "pages/zyte",
        "pages_wide/l3s",
        "pages_wide/waddle",
        "pages_wide/fundus_history",
    )
    found = []
    for truth, content in labelled(sets):
        found.append((truth, LexborHTMLParser(decode(content)).html or "", f1(truth, content)))
        if len(found) == PAGES:
            break
    return tuple(found)


def f1(truth: dict[str, Any], html: str | bytes) -> float:
    try:
        article = extract(page(html, url=truth["url"]), outlet()).article
    except PageUnreadable:
        article = None
    found = {"body": article.body, "standfirst": article.standfirst} if article else {}
    return float(score().marks(truth, found).get("body", 0.0))


@pytest.mark.parametrize("change", CHANGES)
def test_a_page_written_otherwise_is_read_as_before(change: str) -> None:
    lost = [before - f1(truth, CHANGES[change](html)) for truth, html, before in sample()]
    assert statistics.mean(lost) < MOST_LOST


@pytest.mark.parametrize("change", [name for name in CHANGES if name != "re-serialised"])
def test_each_change_changes_a_page(change: str) -> None:
    html = (
        '<!doctype html><html><head><meta name="a" content="b"><script type="application/ld+json">{}</script></head>'
        '<body class="c" id="d"> <!-- e --> <article><h1>F</h1> <p>G</p></article></body></html>'
    )
    written = LexborHTMLParser(html).html or ""
    assert CHANGES[change](written) != written
