"""The article's own text among all that a page shows."""

import re

from pipelines.extract.blocks import Block, Outline

_DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
#: furniture that holds this share of the page's prose is no furniture: its name says something else
_TOO_MUCH = 0.4
#: names that mean what they say even on a large box, up to this share
_CERTAIN_TOO_MUCH = 0.8
_CERTAIN = frozenset(
    "comments comment disqus respond footer nav related recommended recommendations sidebar aside".split()
)


def length(text: str) -> int:
    """Return the text's length in characters of an alphabet; one of a dense script says about three times as much."""
    return len(text) + 2 * len(_DENSE.findall(text)) if not text.isascii() else len(text)


def main_box(page: Outline) -> int:
    """Return the box that holds the article: the smallest that holds nearly all of the page's prose.

    Names that would make furniture of most of the prose are cleared on the way.
    """
    boxes = page.boxes
    heavy: list[tuple[int, float]] = []
    for block in page.blocks:
        if block.tag in _HEADINGS:
            continue
        size = length(block.text)
        if size < 60 or block.linked > size * 0.4:
            continue
        mass = min(size, 1200) ** 1.15 * (1 if block.tag in ("p", "blockquote") else 0.7)
        heavy.append((block.box, mass))
        for at in page.above(block.box):
            boxes[at].mass += mass
    if (total := boxes[0].mass) == 0:
        return 0
    for at, box in enumerate(boxes):
        if box.furniture and box.mass > total * (_CERTAIN_TOO_MUCH if box.furniture in _CERTAIN else _TOO_MUCH):
            boxes[at].furniture = ""
    for box in boxes:
        box.mass = 0.0
    for at, mass in heavy:
        way = list(page.above(at))
        if not any(boxes[each].furniture for each in way):
            for each in way:
                boxes[each].mass += mass
    at = 0
    while boxes[at].children:
        heaviest = max(boxes[at].children, key=lambda child: boxes[child].mass)
        share = boxes[heaviest].mass
        if share < 0.7 * boxes[at].mass or share == 0 or boxes[heaviest].tag in ("p", "blockquote", "li", "ul"):
            break
        at = heaviest
    return at


def prose(page: Outline, chosen: int) -> list[Block]:
    """Return the blocks of the chosen box that are not furniture."""
    boxes = page.boxes
    inside: dict[int, bool] = {chosen: True, -1: False}

    def ours(box: int) -> bool:
        if box not in inside:
            here = boxes[box]
            inside[box] = not here.furniture and here.tag != "header" and ours(here.parent)
        return inside[box]

    kept = []
    for block in page.blocks:
        if ours(block.box):
            size = len(block.text)
            if block.linked > 0.6 * size and size < 300:
                continue
            kept.append(block)
    return kept
