"""Highlighted text of the index, as HTML or as plain runs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from index.query import MARK_END, MARK_START

_MARKS = re.compile(f"({MARK_START}|{MARK_END})")


@dataclass(frozen=True, slots=True)
class HighlightRun:
    """A run of text, and whether it is what was searched for."""

    text: str
    found: bool


def runs(marked: str) -> Iterator[HighlightRun]:
    r"""Yield the runs of a text between its marks, without them; marks that do not pair do no harm.

    >>> list(runs("a \ue000b\ue001"))
    [HighlightRun(text='a ', found=False), HighlightRun(text='b', found=True)]
    """
    found = False
    for part in _MARKS.split(marked):
        if part in (MARK_START, MARK_END):
            found = part == MARK_START
        elif part:
            yield HighlightRun(part, found)


def plain(marked: str) -> str:
    """Return the text without marks."""
    return _MARKS.sub("", marked)


def html(marked: str) -> Markup:
    r"""Return the text escaped, what was found in <mark>.

    >>> print(html("1 < \ue0002\ue001"))
    1 &lt; <mark>2</mark>
    """
    return Markup("").join(
        Markup("<mark>{}</mark>").format(run.text) if run.found else escape(run.text) for run in runs(marked)
    )
