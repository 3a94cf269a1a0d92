"""A parsed page in, its blocks out: every visible line of text with the elements that hold it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from selectolax.lexbor import LexborNode

from pipelines.extract.comparison import length, letters, single_spaced
from pipelines.extract.document import DEPTH_LIMIT
from pipelines.extract.language_rules import class_names, named


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
    #: its first letters stand in a link
    opens_linked: bool = False
    #: `length` of the text, which a dozen rules ask for
    size: int = field(init=False)

    def __post_init__(self) -> None:
        """Measure the text."""
        self.size = length(self.text)


def size_of(blocks: Iterable[Block]) -> int:
    """Return the characters of blocks, those of dense scripts counted as `length` counts them."""
    return sum(block.size for block in blocks)


@dataclass(slots=True)
class Outline:
    """All boxes (the first is the body) and all blocks of a page, in its order."""

    boxes: list[Box]
    blocks: list[Block]
    #: elements stood deeper than DEPTH_LIMIT and were not read
    cut: bool = False
    #: of each link: the place of the block that ends with or after it, its address, its words as written
    anchors: list[tuple[int, str, str]] = field(default_factory=list)
    #: characters that stand in hidden elements, scripts in them included
    hidden: int = 0
    #: what was asked of the whole before: it does not change once the walk is over
    _ways: dict[int, tuple[int, ...]] = field(default_factory=lambda: {-1: ()}, repr=False)
    _spans: dict[int, tuple[int, int]] = field(default_factory=dict, repr=False)
    _keys: list[str] = field(default_factory=list, repr=False)
    #: of each picture and film: the box that it stands in
    pictures: list[int] = field(default_factory=list)

    def above(self, box: int) -> tuple[int, ...]:
        """Return `box` and those that hold it, the body last."""
        unknown = []
        while (way := self._ways.get(box)) is None:
            unknown.append(box)
            box = self.boxes[box].parent
        for each in reversed(unknown):
            way = self._ways[each] = (each, *way)
        return way

    def keys(self) -> list[str]:
        """Return the letters of each block's text, folded."""
        if not self._keys:
            self._keys = [letters(block.text) for block in self.blocks]
        return self._keys

    def spans(self) -> dict[int, tuple[int, int]]:
        """Return of the boxes that hold blocks the first of them and the last."""
        spans = self._spans
        if spans:
            return spans
        for at, block in enumerate(self.blocks):
            first, _ = spans.get(block.box, (at, at))
            spans[block.box] = (first, at)
        for box in range(len(self.boxes) - 1, 0, -1):
            if box in spans:
                above = self.boxes[box].parent
                first, last = spans[box]
                known = spans.get(above)
                spans[above] = (min(first, known[0]), max(last, known[1])) if known else (first, last)
        return spans


_Attributes = dict[str, str | None]

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
HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_PLAIN = frozenset("b i em strong u s small sub sup wbr mark".split())
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
#: a first letter that is set large, and where it stood
_DROP_CAP = re.compile(r"drop-?_?cap|initial-?_?letter|first-?_?letter|lettrine|\binitial\b")
_DROPPED = "\x01"
_AFTER_CAP = re.compile(r"\x01\s*")
#: a line break of the markup, known by its identity from a line break in the source
_BREAK = " \n "
#: they are part of the word that they stand at
_INDICES = ("sub", "sup")
#: enough to see where a line leads
_LINKS_LIMIT = 4
#: links of a page; more are an attack
_ANCHORS_LIMIT = 5_000
#: what has a caption; a picture whose width or height has fewer digits is a button or a smiley
_PICTURES, _FILMS, _ICON_DIGITS = frozenset(("img", "amp-img")), frozenset(("video", "object", "embed", "iframe")), 3
#: pictures of a page; more are an attack
_PICTURES_LIMIT = 2_000
#: where an inline element begins or ends; style sheets part there what the markup does not
_SEAM = ""


def _glued(parts: list[str], after: str) -> bool:
    """Tell whether two texts that meet at an inline element's edge are two words: "Jane Doe" and "Updated"."""
    first, last = after[0], ""
    for part in reversed(parts):
        if part:
            last = part[-1]
            break
    return (
        (last.islower() and first.isupper())
        or (last.isalpha() and first.isdigit())
        or (last.isdigit() and first.isupper())
    )


class _Line:
    """The text that has been met since the last break."""

    __slots__ = ("linked", "links", "opens_linked", "parts", "strong")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.linked = self.strong = 0
        self.links: list[str] = []
        #: None until there is text
        self.opens_linked: bool | None = None


def outline(body: LexborNode, *, hidden: bool = False) -> Outline:
    """Return the blocks of the page's body, `hidden` elements read as if they were shown.

    The walk is iterative: depth costs no stack.
    """
    walk = _Walk(hidden=hidden)
    node: LexborNode | None = body.first_child
    while True:
        if node is not None:
            if (tag := node.tag) == "-text":
                text = node.text_content
                # most are white space between blocks, of which no line is made
                if text and (walk.line.parts or walk.open or not text.isspace()):
                    walk.take(text)
            elif (down := walk.enter(node, tag)) is not None:
                node = down
                continue
        while node is None or (after := node.next) is None:
            if not walk.way:
                walk.end_line()
                return walk.found
            node = walk.leave()
        node = after


class _Walk:
    """Where the walk is: the box that it is in, the line that it gathers, and the way back up."""

    def __init__(self, *, hidden: bool) -> None:
        self.hidden = hidden
        self.found = Outline(boxes=[Box(-1, "body", "", "", 0)], blocks=[])
        self.line = _Line()
        self.box = self.in_links = self.in_bold = 0
        #: of each element that was entered: itself, the box to return to, and whether it is a block, a link, bold
        self.way: list[tuple[LexborNode, int, bool, bool, bool]] = []
        #: of each open link: its line, where in the line's parts it begins, its address
        self.open: list[tuple[_Line, int, str]] = []

    def enter(self, node: LexborNode, tag: str | None) -> LexborNode | None:
        """Take up what is no text; return its first child if the walk goes into it."""
        if tag == "br":
            self._break()
        elif tag is None or tag in _SKIPPED or not tag[0].isalpha():
            if tag not in ("svg", "button", "-comment"):
                self.line.parts.append(" ")
                if tag in _FILMS:
                    self._picture()
        elif len(self.way) >= DEPTH_LIMIT:
            self.found.cut = True
        elif tag in _PLAIN:
            return self._enter_plain(node, tag)
        else:
            attributes = node.attributes
            if not self.hidden and ("style" in attributes or "hidden" in attributes) and _hidden(attributes):
                self.line.parts.append(" ")
                self.found.hidden += len(node.text() or "")
            else:
                label = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower()
                enter = self._enter_inline if tag in _INLINE else self._enter_block
                return enter(node, tag, label, attributes)
        return None

    def leave(self) -> LexborNode:
        """Return the element that was entered last, and be again where it stands."""
        node, back, block, link, bold = self.way.pop()
        if block:
            self.end_line()
        elif self.line.parts and node.tag not in _INDICES:
            self.line.parts.append(_SEAM)
        self.box = back
        self.in_links -= link
        if link:
            line, start, target = self.open.pop()
            if line is self.line and len(self.found.anchors) < _ANCHORS_LIMIT:
                self.found.anchors.append((len(self.found.blocks), target, "".join(line.parts[start:])))
            elif not self.line.parts:
                self._reopen()
        self.in_bold -= bold
        return node

    def end_line(self) -> None:
        """Make a block of the text since the last break, if there is any."""
        line = self.line
        if not line.parts:
            return
        whole = "".join(line.parts)
        if text := single_spaced(_AFTER_CAP.sub("", whole) if _DROPPED in whole else whole):
            linked, strong = min(line.linked, len(text)), min(line.strong, len(text))
            tag = self.found.boxes[self.box].tag
            opens = bool(line.opens_linked)
            self.found.blocks.append(Block(text, tag, self.box, linked, strong, tuple(line.links), opens))
        self.line = _Line()
        if self.open:
            self._reopen()

    def _reopen(self) -> None:
        """Give the new line the links that are open: one around blocks is each one's."""
        self.line.links = [target for _, _, target in self.open if target][-_LINKS_LIMIT:]

    def take(self, text: str) -> None:
        """Add a text to the line."""
        parts = self.line.parts
        if parts and parts[-1] is _SEAM and _glued(parts, text):
            parts[-1] = " "
        parts.append(text)
        if self.line.opens_linked is None and not text.isspace():
            self.line.opens_linked = self.in_links > 0
        if self.in_links or self.in_bold:
            size = len(text.strip())
            self.line.linked += size if self.in_links else 0
            self.line.strong += size if self.in_bold else 0

    def _break(self) -> None:
        """Two breaks with nothing between them end a line; a single one is a space."""
        for part in reversed(self.line.parts):
            if part is _BREAK:
                self.end_line()
                return
            if part and not part.isspace():
                break
        if self.line.parts:
            self.line.parts.append(_BREAK)

    def _enter_plain(self, node: LexborNode, tag: str) -> LexborNode | None:
        if self.line.parts and tag not in _INDICES:
            self.line.parts.append(_SEAM)
        down = node.first_child
        if down is not None:
            bold = tag in ("b", "strong")
            self.way.append((node, self.box, False, False, bold))
            self.in_bold += bold
        return down

    def _enter_inline(self, node: LexborNode, tag: str, label: str, attributes: _Attributes) -> LexborNode | None:
        line, box = self.line, self.found.boxes[self.box]
        if line.parts:
            line.parts.append(_SEAM)
        if tag == "time" and not box.stamp:
            box.stamp = attributes.get("datetime") or ""
        reason = furniture(tag, label, attributes.get("role")) if tag != "a" and len(label) > 2 else ""
        if (
            reason and reason not in class_names()["byline_parts"]
        ):  # a byline's parts are judged with the block that holds them
            line.parts.append(" ")
            return None
        down = node.first_child
        if down is None:
            return None
        if _DROP_CAP.search(label) and len(cap := (node.text() or "").strip()) == 1:
            line.parts.append(cap + _DROPPED)  # the rest of its word stands outside of it
            return None
        link = tag == "a"
        self.way.append((node, self.box, False, link, False))
        if link:
            self.open.append((line, len(line.parts), attributes.get("href") or ""))
            self.in_links += 1
            if len(line.links) < _LINKS_LIMIT and (target := attributes.get("href")):
                line.links.append(target)
        return down

    def _enter_block(self, node: LexborNode, tag: str, label: str, attributes: _Attributes) -> LexborNode | None:
        self.end_line()
        down = node.first_child
        if down is None:
            if tag in _PICTURES and not _is_icon(attributes):
                self._picture()
        else:
            boxes = self.found.boxes
            self.way.append((node, self.box, True, False, False))
            prose = "itemprop" in attributes and "articlebody" in (attributes["itemprop"] or "").lower()
            boxes[self.box].children.append(len(boxes))
            # a heading's id is an anchor, made of its own words
            names = (attributes.get("class") or "").lower() if tag in HEADINGS else label
            reason = furniture(tag, names, attributes.get("role"))
            boxes.append(Box(self.box, tag, label.strip(), reason, boxes[self.box].depth + 1, prose))
            self.box = len(boxes) - 1
        return down

    def _picture(self) -> None:
        if len(self.found.pictures) < _PICTURES_LIMIT:
            self.found.pictures.append(self.box)


def _is_icon(attributes: _Attributes) -> bool:
    """Tell whether a picture says of itself that it is too small to show anything."""
    sizes = ((attributes.get(side) or "").removesuffix("px") for side in ("width", "height"))
    return any(size.isdecimal() and len(size) < _ICON_DIGITS for size in sizes)


def _hidden(attributes: _Attributes) -> bool:
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return True
    style = attributes.get("style")
    return bool(style and _HIDDEN.search(style))


#: what a part of a table is called says what it shows ("player", "rating"), not that it is furniture
_TABLE = frozenset("tr td th tbody thead".split())
#: a paragraph of this class stands behind the paywall, a box of it is the notice
_LINES = frozenset("p h2 h3 h4 li ul ol blockquote".split())
_TAGS = frozenset("nav footer aside figcaption address".split())


@lru_cache(8192)
def furniture(tag: str, label: str, role: str | None = None) -> str:
    """Return the word that marks an element as furniture, or an empty text.

    `label` is its class and id in lower case.

    >>> furniture("div", "c-related-links"), furniture("div", "article-body")
    ('related', '')
    """
    if tag in _TAGS:
        return tag
    if role and role in class_names()["roles"]:
        return role
    word = named(label) if len(label) > 1 and tag not in _TABLE else ""
    return "" if word == "paywall" and tag in _LINES else word
