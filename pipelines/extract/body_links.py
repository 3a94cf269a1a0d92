"""The links in the body: their words, where they lead, and in which of its lines they stand."""

from collections.abc import Iterable

from news.article import BodyLink
from pipelines.extract.block_segmentation import Block, Outline
from pipelines.extract.comparison import single_spaced
from pipelines.extract.document import Document

#: links of one article; more are a list of them
_LINKS_LIMIT = 300
#: characters of a link's words
_WORDS_LIMIT = 300


def body_links(document: Document, page: Outline, blocks: Iterable[Block], body: str) -> tuple[BodyLink, ...]:
    """Return the links of those blocks that are lines of `body`, in its order.

    Links within the page, to mail and to scripts are none; a picture's has no words and is left out.
    """
    lines: dict[str, list[int]] = {}
    for at, text in enumerate(body.split("\n")):
        lines.setdefault(text, []).append(at)
    places = {id(block): at for at, block in enumerate(page.blocks)}
    anchors: dict[int, list[tuple[str, str]]] = {}
    for at, address, words in page.anchors:
        anchors.setdefault(at, []).append((address, words))
    found: list[BodyLink] = []
    for block in blocks:
        at = places.get(id(block), -1)
        if at not in anchors or not (where := lines.get(block.text)):
            continue
        line = where.pop(0) if len(where) > 1 else where[0]
        for address, words in anchors[at]:
            is_elsewhere = bool(address.strip()) and not address.strip().startswith("#")
            shown, target = single_spaced(words)[:_WORDS_LIMIT], document.absolute(address) if is_elsewhere else ""
            if shown and target:
                found.append(BodyLink(text=shown, url=target, paragraph=line))
        if len(found) >= _LINKS_LIMIT:
            break
    return tuple(found[:_LINKS_LIMIT])
