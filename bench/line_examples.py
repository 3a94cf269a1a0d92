"""What the line model learns from: each line of the real pages, its features, and whether it is the article's."""

import hashlib
import json
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from bench.real_pages import RealPage, marks, sampled, sets
from pipelines.extract.block_segmentation import Outline, outline
from pipelines.extract.comparison import length, letters
from pipelines.extract.document import decode, parse
from pipelines.extract.headline import Headlines, headlines
from pipelines.extract.line_model import FEATURES, features
from pipelines.extract.metadata import site_names
from pipelines.extract.paragraphs import paragraphs
from pipelines.extract.second_opinion import may_be_text, with_hidden
from pipelines.extract.title_lines import mended

#: of a line: its features, 1 if it is the article's and else 0, its weight
Example = tuple[list[float], float, float]
#: a line is the article's if so much of its runs of words stands in the truth
ENOUGH = 0.6
#: words of a run
RUN = 4
#: one page of so many is in the fingerprint
SAMPLED = 32


def outlined(html: str, page: RealPage) -> tuple[Outline, Headlines]:
    """Return a page's outline as the reader has it once it has chosen the paragraphs, and its headlines."""
    document = parse(html, page.truth["url"])
    body = document.tree.body
    assert body is not None
    site = (urlsplit(page.truth["url"]).hostname or "").removeprefix("www.")
    sites = site_names(document, page.outlet)
    tops = headlines(document, sites)
    shown = outline(body)
    found = paragraphs(shown, tops, frozenset(), site)
    shown, found = with_hidden(document, shown, found, tops, frozenset(), site)
    better = mended(tops, document, shown, found.blocks, sites)
    if better is not tops:
        paragraphs(shown, better, frozenset(), site)
    return shown, better


def unnamed(html: str, *, hashed: bool) -> str:
    """Return the page without class and id, or with classes that say nothing, as programs make them."""
    tree = LexborHTMLParser(html)
    for node in tree.css("[class], [id]"):
        names = (node.attributes.get("class") or "").split()
        for name in ("class", "id"):
            if name in node.attributes:
                del node.attrs[name]
        if hashed and names:
            node.attrs["class"] = " ".join(f"x{hashlib.sha256(name.encode()).hexdigest()[:8]}" for name in names)
    return tree.html or ""


def examples(page: RealPage) -> list[Example]:
    """Return features, truth and weight of each line of a page that may be text: as it came, without names, hashed.

    What a name says is known of the sites that the pages are of; the others are read by the rest. A page without a
    body has no lines.
    """
    truth = page.truth.get("body")
    if not truth or "body" in (page.truth.get("faulty") or ()):
        return []
    html = decode(page.html)
    words = marks().__globals__["words"]
    whole = truth if isinstance(truth, str) else "\n".join(truth)
    whole += "\n" + str(page.truth.get("standfirst") or "")
    held = words(whole)
    runs = {tuple(held[at : at + RUN]) for at in range(len(held))}
    key = letters(whole)
    lines = {letters(line) for line in whole.splitlines()}
    known: dict[str, float] = {}

    def share(text: str) -> float:
        own = words(text)
        if len(own) >= RUN + 2:
            found = [tuple(own[at : at + RUN]) in runs for at in range(len(own) - RUN + 1)]
            return sum(found) / len(found)
        line = letters(text)
        return float(line in lines or (len(line) > 12 and line in key))

    found: list[Example] = []
    for each in (html, unnamed(html, hashed=False), unnamed(html, hashed=True)):
        shown, tops = outlined(each, page)
        headline = letters(tops.headline)
        given = zip(shown.blocks, features(shown, tops.headline), may_be_text(shown, tops.headline), strict=True)
        for block, row, is_asked in given:
            text = block.text
            if not is_asked:
                continue
            if text not in known:
                known[text] = share(text)
            weight = (0.3 if letters(text) == headline else 1.0) * min(600, length(text)) ** 0.7
            found.append((row, float(known[text] >= ENOUGH), weight))
    return found


def fingerprint() -> str:
    """Return a hash of what is learned from a sample of the pages: another one asks for learning anew."""
    pages = [page for of_set in sets().values() for page in sampled(of_set, SAMPLED)]
    told = [[[round(float(each), 3) for each in row], *of_line] for page in pages for row, *of_line in examples(page)]
    return hashlib.sha256(json.dumps([FEATURES, told]).encode()).hexdigest()[:16]
