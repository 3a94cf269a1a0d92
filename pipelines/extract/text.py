"""The article's paragraphs: the blocks of its box, without what is not the article's."""

from collections.abc import Collection
from dataclasses import dataclass

from pipelines.extract.blocks import Block, Outline
from pipelines.extract.body import main_box, prose
from pipelines.extract.candidates import Candidate
from pipelines.extract.document import Document
from pipelines.extract.headline import Headlines
from pipelines.extract.lines import line_hash
from pipelines.extract.words import letters

_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())


@dataclass(frozen=True, kw_only=True)
class Text:
    """The article's blocks in order, and for an explanation what was dropped."""

    blocks: list[Block]
    candidates: tuple[Candidate, ...] = ()


def text(document: Document, page: Outline, tops: Headlines, chrome: Collection[int]) -> Text:
    """Return the article's blocks."""
    kept = prose(page, main_box(page))
    titles = {letters(each) for each in (tops.headline, *tops.alternatives, tops.kicker)} - {""}
    seen: set[str] = set()
    blocks: list[Block] = []
    dropped: list[Candidate] = []
    for block in kept:
        key = letters(block.text)
        reason = ""
        if not key:
            reason = "no letters"
        elif key in titles and len(blocks) < 5:
            reason = "a headline"
        elif key in seen and len(key) > 20:
            reason = "stands twice"
        elif chrome and line_hash(block.text) in chrome:
            reason = "recurs over the outlet's pages"
        if reason:
            dropped.append(Candidate(value=block.text[:200], source="page", weight=0.0, why=reason))
            continue
        seen.add(key)
        blocks.append(block)
    while blocks and blocks[-1].tag in _HEADINGS:
        blocks.pop()
    return Text(blocks=blocks, candidates=tuple(dropped))
