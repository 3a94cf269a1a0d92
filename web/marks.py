"""A stranger's text with the index's marks in, HTML or plain pieces out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from index.query import MARK_END, MARK_START

_MARKS = re.compile(f"({MARK_START}|{MARK_END})")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, and whether it is what was searched for."""

    text: str
    found: bool


def pieces(marked: str) -> Iterator[Piece]:
    r"""Yield the runs of a text between its marks, without them; marks that do not pair do no harm.

    >>> list(pieces("a \ue000b\ue001"))
    [Piece(text='a ', found=False), Piece(text='b', found=True)]
    """
    found = False
    for part in _MARKS.split(marked):
        if part in (MARK_START, MARK_END):
            found = part == MARK_START
        elif part:
            yield Piece(part, found)


def plain(marked: str) -> str:
    """Return the text without marks."""
    return _MARKS.sub("", marked)


def html(marked: str) -> Markup:
    r"""Return the text escaped, what was found in <mark>.

    >>> print(html("1 < \ue0002\ue001"))
    1 &lt; <mark>2</mark>
    """
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece.text) if piece.found else escape(piece.text) for piece in pieces(marked)
    )
