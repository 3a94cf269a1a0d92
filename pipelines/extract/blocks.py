"""The page as a list of blocks: every visible line of text with the elements that hold it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from pipelines.extract.bounds import DEPTH_LIMIT
from pipelines.extract.furniture import SIGNED, furniture
from pipelines.extract.words import single_spaced

#: elements whose text is never an article's
_SKIPPED = frozenset(
    "script style noscript template svg math iframe object embed video audio canvas map select option datalist "
    "button input textarea head title progress meter dialog menu nav".split()
)
#: elements that do not break a line of text
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rp "
    "rt ruby s samp small "
    "span strike strong sub sup time tt u var wbr amp-fit-text".split()
)
_PLAIN = frozenset("b i em strong u s small sub sup wbr mark".split())
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@dataclass(slots=True)
class Box:
    """An element that holds blocks. `mass` is filled by the choice of the article's box."""

    parent: int
    tag: str
    #: class and id, lower case
    label: str
    #: why its text is page furniture rather than article, empty where nothing says so
    furniture: str
    depth: int
    prose: bool = False
    mass: float = 0.0
    #: the first machine-readable time in its own text
    stamp: str = ""
    children: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """One line of visible text: a paragraph, a subheading, a list item."""

    text: str
    tag: str
    box: int
    #: characters of the text that stand in links, and in bold
    linked: int = 0
    strong: int = 0
    #: the addresses of its links, at most a few
    links: tuple[str, ...] = ()


@dataclass(slots=True)
class Outline:
    """All boxes (the first is the body) and all blocks of a page, in its order."""

    boxes: list[Box]
    blocks: list[Block]
    #: elements stood deeper than DEPTH_LIMIT and were not read
    cut: bool = False

    def above(self, box: int) -> Iterator[int]:
        """Yield `box` and those that hold it, the body last."""
        while box >= 0:
            yield box
            box = self.boxes[box].parent


#: a first letter that is set large, and where it stood
_DROP_CAP = re.compile(r"drop-?_?cap|initial-?_?letter|first-?_?letter|lettrine|\binitial\b")
_DROPPED = "\x01"
_AFTER_CAP = re.compile(r"\x01\s*")
#: where an inline element begins or ends; style sheets part there what the markup does not
_SEAM = ""


def _glued(parts: list[str], after: str) -> bool:
    """Tell whether two texts that meet at an inline element's edge are two words: "Jane Doe" "
    "and "Updated", "By" and "4"."""
    last, first = next((part[-1] for part in reversed(parts) if part), ""), after[0]
    return (
        (last.islower() and first.isupper())
        or (last.isalpha() and first.isdigit())
        or (last.isdigit() and first.isupper())
    )


class _Line:
    """The text that has been met since the last break."""

    __slots__ = ("length", "linked", "links", "parts", "strong")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.linked = self.strong = self.length = 0
        self.links: list[str] = []


def outline(body: LexborNode) -> Outline:
    """Return the blocks of the page's body. The walk is iterative: depth costs no stack."""
    found = Outline(boxes=[Box(-1, "body", "", "", 0)], blocks=[])
    boxes, blocks = found.boxes, found.blocks
    line = _Line()

    def end(box: int) -> None:
        nonlocal line
        if line.parts:
            whole = "".join(line.parts)
            text = single_spaced(_AFTER_CAP.sub("", whole) if _DROPPED in whole else whole)
            if text:
                blocks.append(
                    Block(
                        text,
                        boxes[box].tag,
                        box,
                        min(line.linked, len(text)),
                        min(line.strong, len(text)),
                        tuple(line.links),
                    )
                )
            line = _Line()

    #: the way back up: (node, box to return to, was a block, was a link, was bold)
    way: list[tuple[LexborNode, int, bool, bool, bool]] = []
    box, in_link, in_strong = 0, 0, 0
    node = body.first_child
    while True:
        down: LexborNode | None = None
        if node is not None:
            tag = node.tag
            if tag == "-text":
                text = node.text_content or ""
                if text:
                    if line.parts and line.parts[-1] is _SEAM and _glued(line.parts, text):
                        line.parts[-1] = " "
                    line.parts.append(text)
                    if in_link or in_strong:
                        size = len(text.strip())
                        line.linked += size if in_link else 0
                        line.strong += size if in_strong else 0
            elif tag == "br":
                if line.parts and line.parts[-1] == "\n":
                    end(box)
                else:
                    line.parts.append("\n")
            elif tag in _SKIPPED or tag is None or not tag[0].isalpha():
                if tag not in ("svg", "button"):
                    line.parts.append(" ")
            elif len(way) >= DEPTH_LIMIT:
                found.cut = True
            elif tag in _PLAIN:
                if line.parts and tag not in ("sub", "sup"):
                    line.parts.append(_SEAM)
                down = node.first_child
                bold = tag in ("b", "strong")
                if down is not None:
                    way.append((node, box, False, False, bold))
                    in_strong += bold
            else:
                attributes = node.attributes
                label = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower()
                if _hidden(attributes):
                    line.parts.append(" ")
                elif tag in _INLINE:
                    if line.parts:
                        line.parts.append(_SEAM)
                    if tag == "time" and not boxes[box].stamp:
                        boxes[box].stamp = attributes.get("datetime") or ""
                    reason = furniture(tag, label, attributes) if tag != "a" and len(label) > 2 else ""
                    reason = "" if reason in SIGNED else reason  # the block that holds it is judged as a whole
                    down = None if reason else node.first_child
                    if down is not None and _DROP_CAP.search(label) and len(cap := (node.text() or "").strip()) == 1:
                        line.parts.append(cap + _DROPPED)  # the rest of its word stands outside of it
                        down = None
                    link = tag == "a"
                    if down is not None:
                        way.append((node, box, False, link, False))
                        if link:
                            in_link += 1
                            if len(line.links) < 4 and (target := attributes.get("href")):
                                line.links.append(target)
                    elif reason:
                        line.parts.append(" ")
                else:
                    end(box)
                    down = node.first_child
                    if down is not None:
                        way.append((node, box, True, False, False))
                        reason = furniture(tag, label, attributes)
                        prose = "articlebody" in (attributes.get("itemprop") or "").lower()
                        boxes[box].children.append(len(boxes))
                        boxes.append(Box(box, tag, label.strip(), reason, boxes[box].depth + 1, prose))
                        box = len(boxes) - 1
        if down is not None:
            node = down
            continue
        while True:
            if node is not None and (after := node.next) is not None:
                node = after
                break
            if not way:
                end(box)
                return found
            node, back, block, link, bold = way.pop()
            if block:
                end(box)
            elif line.parts and node.tag not in ("sub", "sup"):
                line.parts.append(_SEAM)
            box = back
            in_link -= link
            in_strong -= bold


def _hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return True
    style = attributes.get("style")
    return bool(style and _HIDDEN.search(style))
