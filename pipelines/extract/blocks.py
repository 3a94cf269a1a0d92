"""The page as a list of blocks: every visible line of text with the elements that hold it."""

from collections.abc import Iterator
from dataclasses import dataclass, field


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
