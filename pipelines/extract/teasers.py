"""Lists of teasers: boxes alike, each with a linked headline and hardly any text."""

from collections import defaultdict

from pipelines.extract.blocks import Block, Outline

#: fewer boxes alike are no list
_LEAST = 3
#: a teaser's text is one paragraph, seldom two
_PARAGRAPHS = 2
#: more of the page's prose than this is the article, a list in itself
_SHARE = 0.6


def teasers(page: Outline, site: str) -> None:
    """Mark as furniture each box of which most parts are teasers of the same site (`site` is the page's host).

    Lists of products or places link elsewhere, and what they link is rarely all of a line.
    """
    boxes = page.boxes
    within: dict[int, list[Block]] = defaultdict(list)
    for block in page.blocks:
        for at in page.above(block.box):
            within[at].append(block)
    total = boxes[0].mass
    for box in boxes:
        parts = [child for child in box.children if within.get(child)]
        if len(parts) < _LEAST or box.furniture or box.mass > _SHARE * total:
            continue
        kinds = {boxes[part].tag for part in parts}
        if len(kinds) > 2 or kinds & {"p", "h2", "h3", "blockquote"}:
            continue
        if sum(_is_teaser(within[part], site) for part in parts) >= 0.8 * len(parts):
            box.furniture = "teasers"


def _is_teaser(blocks: list[Block], site: str) -> bool:
    if len(blocks) > 8:
        return False
    heads = [
        block
        for block in blocks
        if block.linked > 0.8 * len(block.text)
        and len(block.text) > 15
        and any(_here(link, site) for link in block.links)
    ]
    texts = [block for block in blocks if len(block.text) > 60 and block.linked < 0.3 * len(block.text)]
    return bool(heads) and len(texts) <= _PARAGRAPHS


def _here(link: str, site: str) -> bool:
    return site in link if "//" in link[:8] else link.startswith(("/", "."))
