"""A text and the terms it was found by in, its best pieces with what was found marked out."""

from collections.abc import Sequence

from index.phrase import PhraseToken, occurrences, phrase
from index.query import MARK_END, MARK_START
from index.syntax import Term
from index.tokens import tokens

#: characters of one piece, and how many are shown
FRAGMENT, FRAGMENTS = 160, 3
#: what is searched for marks; further down a body nobody looks, and each hit costs time
SEARCHED = 50_000


def marked(text: str, terms: Sequence[Term], *, whole: bool) -> tuple[str, ...]:
    r"""Return the text with marks, whole, or its best pieces in their order; nothing if no term is in it.

    >>> marked("Öl wird teuer", [Term("ol")], whole=True)
    ('\ue000Öl\ue001 wird teuer',)
    """
    phrases = [each for each in map(phrase, terms) if each]
    spans = _spans(text[:SEARCHED], phrases)
    if not spans:
        return ()
    if whole:
        return (_mark(text, 0, len(text), spans),)
    windows: list[tuple[int, int, int]] = []
    for start, _ in spans:
        if windows and start < windows[-1][1]:
            continue
        begin, end = _window(text, start, windows[-1][1] if windows else 0)
        windows.append((begin, end, len({text[s:e].casefold() for s, e in spans if begin <= s and e <= end})))
    best = sorted(sorted(windows, key=lambda window: -window[2])[:FRAGMENTS])
    return tuple(_mark(text, begin, end, spans) for begin, end, _ in best)


def _spans(text: str, phrases: Sequence[tuple[PhraseToken, ...]]) -> list[tuple[int, int]]:
    """Return what to mark, in order, overlapping finds joined."""
    found = list(tokens(text))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(span for each in phrases for span in occurrences(each, found)):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _window(text: str, start: int, least: int) -> tuple[int, int]:
    """Return a piece around `start`, of whole words and within its paragraph, that begins at `least` or later."""
    begin = max(text.rfind("\n", 0, start) + 1, start - FRAGMENT // 3, least)
    if begin > 0 and not text[begin - 1].isspace():
        blank = text.find(" ", begin, start)
        begin = blank + 1 if blank >= 0 else begin
    newline = text.find("\n", start)
    end = min(len(text), begin + FRAGMENT, newline if newline >= 0 else len(text))
    if end < len(text) and not text[end].isspace():
        blank = text.rfind(" ", start + 1, end)
        end = blank if blank > start else end
    return begin, end


def _mark(text: str, begin: int, end: int, spans: Sequence[tuple[int, int]]) -> str:
    pieces = []
    place = begin
    for start, stop in spans:
        if start < begin or start >= end:
            continue
        pieces += [text[place:start], MARK_START, text[start : min(stop, end)], MARK_END]
        place = min(stop, end)
    return "".join([*pieces, text[place:end]])
