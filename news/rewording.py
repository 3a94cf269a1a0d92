"""Two bodies in, what became of their paragraphs, figures, quotations and names."""

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain
from unicodedata import category, normalize

from news.difference import Span, line_spans
from news.words import numbers, pieces

Change = tuple[str, str]

#: a paragraph that shares less than this part of its words, in their order, with the other text is new, or gone
KEPT_RATIO = 0.5
#: quotation marks of the world, each opening mark with its closing ones; longer than 2,000 characters is a lost mark
_QUOTATIONS = re.compile(
    r"“[^“”]{2,2000}”|„[^„“”]{2,2000}[“”]|«[^«»]{2,2000}»|»[^«»]{2,2000}«|「[^「」]{2,2000}」|『[^『』]{2,2000}』"
    r'|"[^"]{2,2000}"'
)
#: a quotation of fewer letters is a word held at arm's length
_QUOTATION_LETTERS = 8
#: quotations compared with one another to tell which became which
_MOST_QUOTATIONS = 50
#: a figure with its separators
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
#: a name is at most this many words
_NAME_WORDS = 4
#: what may stand before the first word of a sentence
_SENTENCE_MARKS = frozenset(".!?:…\"“„«»‘’'–—-(•")
#: English writes these with a capital as well
_CALENDAR = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december".split()
)
#: where every noun has a capital, a capital does not make a name
_CAPITAL_NOUNS = ("de", "lb", "gsw", "bar")


@dataclass(frozen=True, kw_only=True)
class Rewording:
    """What became of a text. A change is what stood there and what stands there now."""

    numbers: tuple[Change, ...] = ()
    quotes: tuple[Change, ...] = ()
    names: tuple[Change, ...] = ()
    other: tuple[Change, ...] = ()
    cosmetic: tuple[Change, ...] = ()
    paragraphs_added: tuple[str, ...] = ()
    paragraphs_removed: tuple[str, ...] = ()
    words_added: int = 0
    words_removed: int = 0


class _Text:
    """A text's paragraphs, cut into pieces."""

    def __init__(self, text: str) -> None:
        self.paragraphs = [line for line in text.splitlines() if line.strip()]
        cut = [pieces(paragraph.strip()) for paragraph in self.paragraphs]
        self.lines = [[piece.rstrip() for piece in paragraph] for paragraph in cut]
        self.pieces = list(chain.from_iterable(cut))
        self.paragraph_of = [number for number, paragraph in enumerate(cut) for _ in paragraph]

    def excerpt(self, start: int, end: int, dropped: set[int]) -> str:
        """Return the pieces from `start` to `end` that stand outside the `dropped` paragraphs."""
        return "".join(self.pieces[at] for at in range(start, end) if self.paragraph_of[at] not in dropped).strip()

    def begins_sentence(self, place: int) -> bool:
        """Say whether the piece at `place` is the first of a sentence, where any word has a capital."""
        if not 0 < place < len(self.pieces) or self.paragraph_of[place] != self.paragraph_of[place - 1]:
            return True
        return self.pieces[place - 1].rstrip()[-1:] in _SENTENCE_MARKS

    def words_between(self, start: int, end: int) -> int:
        """Return how many of the pieces from `start` to `end` are words and not punctuation."""
        return sum(any(map(str.isalnum, piece)) for piece in self.pieces[start:end])


def rewording(before: str, after: str, language: str = "und") -> Rewording:
    """Return what became of `before` in `after`, texts of a paragraph a line; `language` is a BCP 47 tag.

    Paragraphs are told to be new or gone by the words they share; within those that stayed, each changed stretch is
    a figure, a name, mere punctuation, or other words. A paragraph that moved counts as cosmetic.

    >>> rewording("Five of 120 died.", "Five of 130 died.").numbers
    (('120', '130'),)
    """
    old, new = _Text(before), _Text(after)
    found = line_spans(old.lines, new.lines)
    changed = [span for span in found if not span.equal]
    old_strangers, new_strangers = _strangers(old, new, [span for span in found if span.equal])
    old_folded = Counter(map(folded, old.paragraphs))
    new_folded = Counter(map(folded, new.paragraphs))
    changes = [
        (
            old.excerpt(span.before_start, span.before_end, old_strangers),
            new.excerpt(span.after_start, span.after_end, new_strangers),
        )
        for span in changed
    ]
    capitals = language.partition("-")[0] in _CAPITAL_NOUNS
    names = [
        change
        for span, change in zip(changed, changes, strict=True)
        if _changes_name(change, must_be_alike=capitals or old.begins_sentence(span.before_start))
    ]
    named = set(names)
    moved = [(line, line) for line in (old.paragraphs[n] for n in sorted(old_strangers)) if folded(line) in new_folded]
    worded = [change for change in changes if folded(change[0]) != folded(change[1])]
    kept = "\n".join(line for number, line in enumerate(old.paragraphs) if number not in old_strangers)
    return Rewording(
        numbers=tuple(change for change in worded if _changes_number(change)),
        quotes=tuple(_quotes(kept, after)),
        names=tuple(names),
        other=tuple(change for change in worded if change not in named and not _only_figures(change)),
        cosmetic=tuple(
            moved + [change for change in changes if any(change) and folded(change[0]) == folded(change[1])]
        ),
        paragraphs_added=tuple(
            line for line in (new.paragraphs[n] for n in sorted(new_strangers)) if folded(line) not in old_folded
        ),
        paragraphs_removed=tuple(
            line for line in (old.paragraphs[n] for n in sorted(old_strangers)) if folded(line) not in new_folded
        ),
        words_added=sum(new.words_between(span.after_start, span.after_end) for span in changed),
        words_removed=sum(old.words_between(span.before_start, span.before_end) for span in changed),
    )


def _strangers(old: _Text, new: _Text, equal: list[Span]) -> tuple[set[int], set[int]]:
    """Return the numbers of the old paragraphs that are gone and of the new ones that have come.

    A paragraph stays that shares KEPT_RATIO of its words with the other text, be it split or joined; so do two
    that share as much of the shorter one and a good part of the longer one.
    """
    shared = Counter(
        (old.paragraph_of[span.before_start + step], new.paragraph_of[span.after_start + step])
        for span in equal
        for step in range(span.before_end - span.before_start)
    )
    old_sizes, new_sizes = Counter(old.paragraph_of), Counter(new.paragraph_of)
    old_shared, new_shared = Counter[int](), Counter[int]()
    old_kept, new_kept = set[int](), set[int]()
    for (before, after), count in shared.items():
        old_shared[before] += count
        new_shared[after] += count
        shorter, longer = sorted((old_sizes[before], new_sizes[after]))
        if count >= KEPT_RATIO * shorter and count >= KEPT_RATIO**2 * longer:
            old_kept.add(before)
            new_kept.add(after)
    return (
        {n for n in range(len(old.paragraphs)) if n not in old_kept and old_shared[n] < KEPT_RATIO * old_sizes[n]},
        {n for n in range(len(new.paragraphs)) if n not in new_kept and new_shared[n] < KEPT_RATIO * new_sizes[n]},
    )


def folded(text: str) -> str:
    """Return the letters, figures and symbols of `text` that carry meaning, without case, space and punctuation.

    >>> folded("Well-known, indeed!") == folded("well known – indeed"), folded("5 %") == folded("5"), folded("1.5")
    (True, False, '1.5')
    """
    text = normalize("NFKC", text).casefold()
    text = _FIGURE.sub(lambda figure: f" {numbers(figure.group())[0]} ".replace(".", "\0"), text)
    return "".join(sign for sign in text if sign.isalnum() or _means(sign)).replace("\0", ".")


def _means(sign: str) -> bool:
    return sign in "%‰\0" or category(sign)[0] in "SM"


def _changes_number(change: Change) -> bool:
    """Say whether both sides hold figures, and not the same ones."""
    before, after = numbers(change[0]), numbers(change[1])
    return bool(before and after) and Counter(before) != Counter(after)


def _only_figures(change: Change) -> bool:
    """Say whether nothing but figures differs."""
    before, after = (folded(_FIGURE.sub("0", side)) for side in change)
    return _changes_number(change) and before == after


def _changes_name(change: Change, *, must_be_alike: bool) -> bool:
    """Say whether a few capitalised words became other ones: the sign of a name.

    Where other words have capitals, too, the two must be spelled alike, as a mended name is; a script without case
    has none.
    """
    sides = [[piece.strip() for piece in pieces(side) if any(map(str.isalnum, piece))] for side in change]
    if not all(0 < len(side) <= _NAME_WORDS and all(word[0].isupper() for word in side) for side in sides):
        return False
    before, after = (" ".join(side)[:100] for side in sides)
    if before.casefold() == after.casefold():
        return False
    if must_be_alike or {word.lower() for side in sides for word in side} & _CALENDAR:
        return bool(SequenceMatcher(None, before, after, autojunk=False).ratio() > 0.6)
    return True


def _quotes(before: str, after: str) -> list[Change]:
    """Return the quotations of `before` that do not stand in `after`, each with what became of it, or ""."""
    old = {folded(quotation): quotation for quotation in _QUOTATIONS.findall(before)}
    new = {folded(quotation): quotation for quotation in _QUOTATIONS.findall(after)}
    lost = [(key, text) for key, text in old.items() if key not in new and len(key) >= _QUOTATION_LETTERS]
    come = [text for key, text in new.items() if key not in old]
    return [(text, _nearest(text, come[:_MOST_QUOTATIONS])) for _, text in lost[:_MOST_QUOTATIONS]]


def _nearest(quotation: str, others: list[str]) -> str:
    """Return the one of `others` that shares most words with `quotation`, "" if none shares half of them."""
    words = Counter(map(folded, pieces(quotation)))
    scored = [((words & Counter(map(folded, pieces(other)))).total(), other) for other in others]
    best, text = max(scored, default=(0, ""))
    return text if best >= words.total() / 2 else ""
