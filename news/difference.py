"""Two texts in, what was taken out and what was put in, word by word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate, chain

from news.alignment import Aligner
from news.words import pieces


class Operation(StrEnum):
    """What happened to a run of words."""

    EQUAL = "equal"
    DELETE = "delete"
    INSERT = "insert"


@dataclass(frozen=True, slots=True)
class Span:
    """`before[before_start:before_end]` became `after[after_start:after_end]`; an equal span has the same of both."""

    equal: bool
    before_start: int
    before_end: int
    after_start: int
    after_end: int


def difference(before: str, after: str) -> list[tuple[Operation, str]]:
    """Return what of `before` was deleted, what is equal and what of `after` was inserted, in reading order.

    Words are the unit; in scripts without spaces, characters. What is equal or inserted makes up `after` to the
    letter; what is equal or deleted makes up `before` up to its white space.

    >>> [(str(operation), text) for operation, text in difference("Five people died.", "Seven people died.")]
    [('delete', 'Five '), ('insert', 'Seven '), ('equal', 'people died.')]
    """
    old = [pieces(line) for line in before.splitlines(keepends=True)]
    new = [pieces(line) for line in after.splitlines(keepends=True)]
    old_flat, new_flat = list(chain.from_iterable(old)), list(chain.from_iterable(new))
    found: list[tuple[Operation, str]] = []
    for span in line_spans([_bare(line) for line in old], [_bare(line) for line in new]):
        gone = "".join(old_flat[span.before_start : span.before_end])
        come = "".join(new_flat[span.after_start : span.after_end])
        if span.equal:
            found.append((Operation.EQUAL, come))
            continue
        found += [(Operation.DELETE, gone)] if gone else []
        found += [(Operation.INSERT, come)] if come else []
    return found


def _bare(line: list[str]) -> list[str]:
    return [piece.rstrip() for piece in line]


def line_spans(before: Sequence[Sequence[str]], after: Sequence[Sequence[str]]) -> list[Span]:
    """Return the spans over the words of two texts that are given line by line; they count words from the start.

    Lines that stayed whole are set against each other first, so that a new paragraph takes no word from its
    neighbour; what is new or gone begins a line if it can.
    """
    old_starts, new_starts = _starts(before), _starts(after)
    aligner = Aligner(words=old_starts[-1] + new_starts[-1])
    same_lines = aligner.pairs([" ".join(line) for line in before], [" ".join(line) for line in after])
    pairs: list[tuple[int, int]] = []
    for lines in _runs(same_lines, len(before), len(after)):
        old_at, old_end = old_starts[lines.before_start], old_starts[lines.before_end]
        new_at, new_end = new_starts[lines.after_start], new_starts[lines.after_end]
        if lines.equal:
            pairs += zip(range(old_at, old_end), range(new_at, new_end), strict=True)
            continue
        old_words = list(chain.from_iterable(before[lines.before_start : lines.before_end]))
        new_words = list(chain.from_iterable(after[lines.after_start : lines.after_end]))
        pairs += [(old_at + i, new_at + j) for i, j in aligner.pairs(old_words, new_words)]
    old_words, new_words = list(chain.from_iterable(before)), list(chain.from_iterable(after))
    found = list(_runs(pairs, old_starts[-1], new_starts[-1]))
    return _begin_lines(found, old_words, new_words, set(old_starts), set(new_starts))


def _starts(lines: Sequence[Sequence[str]]) -> list[int]:
    """Return where each line's words start, and where the last one's end."""
    return list(accumulate(map(len, lines), initial=0))


def _begin_lines(
    found: list[Span], old: Sequence[str], new: Sequence[str], old_starts: set[int], new_starts: set[int]
) -> list[Span]:
    """Move what is only new or only gone to the left, where that changes nothing and makes it begin a line."""
    for number, span in enumerate(found[1:], start=1):
        if span.equal:
            continue
        room = found[number - 1].before_end - found[number - 1].before_start
        if span.before_start == span.before_end:
            step = _steps_to_line(new, span.after_start, span.after_end, new_starts, room)
        elif span.after_start == span.after_end:
            step = _steps_to_line(old, span.before_start, span.before_end, old_starts, room)
        else:
            continue
        if step:
            ahead, behind = found[number - 1], found[number + 1] if number + 1 < len(found) else None
            found[number - 1] = replace(ahead, before_end=ahead.before_end - step, after_end=ahead.after_end - step)
            found[number] = _shifted(span, step)
            if behind is None:
                found.append(Span(True, span.before_end - step, span.before_end, span.after_end - step, span.after_end))
            else:
                found[number + 1] = replace(
                    behind, before_start=span.before_end - step, after_start=span.after_end - step
                )
    return [span for span in found if span.before_end > span.before_start or span.after_end > span.after_start]


def _steps_to_line(words: Sequence[str], start: int, end: int, starts: set[int], room: int) -> int:
    """Return by how many words a stretch can move to the left to begin a line, 0 if it cannot or need not.

    It can as long as the word before it is also its last one: "[b a] b a" says the same as "b [a b] a".
    """
    step = 0
    while step < room and start - step not in starts and words[start - step - 1] == words[end - step - 1]:
        step += 1
    return step if start - step in starts else 0


def _shifted(span: Span, step: int) -> Span:
    return replace(
        span,
        before_start=span.before_start - step,
        before_end=span.before_end - step,
        after_start=span.after_start - step,
        after_end=span.after_end - step,
    )


def _runs(pairs: list[tuple[int, int]], old_length: int, new_length: int) -> Iterator[Span]:
    """Join neighbouring pairs into equal spans, and what lies between them into changed ones."""
    old_at = new_at = 0
    start = 0
    while start < len(pairs):
        end = start + 1
        while end < len(pairs) and pairs[end] == (pairs[end - 1][0] + 1, pairs[end - 1][1] + 1):
            end += 1
        old_start, new_start = pairs[start]
        if (old_at, new_at) != (old_start, new_start):
            yield Span(False, old_at, old_start, new_at, new_start)
        old_at, new_at = pairs[end - 1][0] + 1, pairs[end - 1][1] + 1
        yield Span(True, old_start, old_at, new_start, new_at)
        start = end
    if (old_at, new_at) != (old_length, new_length):
        yield Span(False, old_at, old_length, new_at, new_length)
