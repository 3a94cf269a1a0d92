"""A changed stretch of text in, the classes of its change out."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from typing import Self
from unicodedata import category

from news.edit_kind import EditKind
from news.edit_words import FIGURED_DATE, EditWords, said_currencies
from news.known_names import KnownNames, all_capitals, is_capital, names_of
from news.number_words import plain
from news.quotations import folded, quoted_ranges
from news.slips import is_alike, is_inflection, slips_between
from news.words import pieces

#: equal pieces on either side that may belong to a phrase of several words ("according to", "at the end of May")
CONTEXT = 3
#: a stretch of so many words on both sides was written anew: what its single words say tells nothing
WRITTEN_ANEW = 12
#: past so many words on one side nobody reads a turn into a single one of them
LONG = 60
#: words that are put in and say more, not something else
CLAUSE = 4
#: a subject stands so many words before the verb by which it is cited
SUBJECT = 6
#: pieces of a sentence
LONGEST_SENTENCE = 200
#: a date of figures has so many pieces
DATE_PIECES = 4
#: signs of a number that is written in words without spaces, on either side of what changed in it
NUMBER_SIGNS = 24
#: a name has so many words behind its title, or signs in scripts without spaces
NAME_WORDS = 3
#: characters before a name in which its title is looked for
TITLE_REACH = 60
#: in scripts without spaces a word has about two characters
_DENSE_WORD = 2
_SENTENCE_ENDS = frozenset(".!?…。！？؟।")
_SENTENCE_MARKS = frozenset(".!?:…\"“„«»‘’'–—-(•")


class Text:
    """A text's paragraphs, cut into pieces."""

    def __init__(self, paragraphs: list[str]) -> None:
        self.paragraphs = paragraphs
        cut = [pieces(paragraph.strip()) for paragraph in self.paragraphs]
        self.keys = [[piece.rstrip().casefold() for piece in paragraph] for paragraph in cut]
        self.pieces = list(chain.from_iterable(cut))
        self.paragraph_of = [number for number, paragraph in enumerate(cut) for _ in paragraph]

    def without(self, paragraphs: set[int]) -> Self:
        """Return the text without the paragraphs of these numbers."""
        kept = [line for number, line in enumerate(self.paragraphs) if number not in paragraphs]
        return type(self)(kept) if paragraphs else self

    @cached_property
    def text(self) -> str:
        """All pieces together."""
        return "".join(self.pieces)

    @cached_property
    def starts(self) -> list[int]:
        """Where each piece begins in `text`, and where the last one ends."""
        return list(accumulate(map(len, self.pieces), initial=0))

    @cached_property
    def quoted(self) -> frozenset[int]:
        """The pieces between quotation marks."""
        first = [0, *accumulate(len(paragraph) for paragraph in self.keys)]
        found: set[int] = set()
        for number, start in enumerate(first[:-1]):
            within = "".join(self.pieces[start : first[number + 1]])
            if ranges := quoted_ranges(within):
                offset = self.starts[start]
                for place in range(start, first[number + 1]):
                    at = self.starts[place] - offset
                    if any(begin < at < end for begin, end in ranges):
                        found.add(place)
        return frozenset(found)

    def begins_sentence(self, place: int) -> bool:
        """Say whether the piece at `place` is the first of a sentence, where any word has a capital."""
        if not 0 < place < len(self.pieces) or self.paragraph_of[place] != self.paragraph_of[place - 1]:
            return True
        return self.pieces[place - 1].rstrip()[-1:] in _SENTENCE_MARKS

    def ends_sentence(self, place: int) -> bool:
        """Say whether a sentence is over before the piece at `place`."""
        if not 0 < place < len(self.pieces) or self.paragraph_of[place] != self.paragraph_of[place - 1]:
            return True
        before = self.pieces[place - 1].rstrip()
        return before[-1:] in _SENTENCE_ENDS or (
            before[-1:] in '"“”»」' and self.pieces[place - 2].rstrip()[-1:] in _SENTENCE_ENDS
        )

    def words_between(self, start: int, end: int) -> int:
        """Return how many of the pieces from `start` to `end` are words and not punctuation."""
        return sum(any(map(str.isalnum, piece)) for piece in self.pieces[start:end])


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Pieces `old` (places in the old text) became pieces `new`; `left` and `right` equal pieces stand beside them."""

    old: range
    new: range
    left: int
    right: int


class Classifier:
    """Tells the classes of the stretches of one pair of texts."""

    def __init__(self, old: Text, new: Text, words: EditWords, known: KnownNames, *, capital_nouns: bool) -> None:
        self.old, self.new = old, new
        self.words, self.known = words, known
        self.capital_nouns = capital_nouns

    def is_of_one_sentence(self, one: Stretch, other: Stretch) -> bool:
        """Say whether two stretches stand in one sentence of the old text."""
        one, other = sorted((one, other), key=lambda stretch: stretch.old.start)
        start, stop = one.old.stop + (not one.old), other.old.start
        return stop - start < LONGEST_SENTENCE and not any(map(self.old.ends_sentence, range(start, stop + 1)))

    def is_sentence(self, stretch: Stretch) -> bool:
        """Say whether whole sentences came."""
        return not stretch.old and self._is_sentence(self.new, stretch.new)

    def is_inflected(self, stretch: Stretch) -> bool:
        """Say whether words only have other endings, or small words of grammar beside them changed."""
        sides = [[plain(word) for word in _words(side)] for side in self.excerpts(stretch)]
        old, new = ([word for word in side if word not in self.words.small] for side in sides)
        return len(old) == len(new) and all(map(is_inflection, old, new))

    def excerpts(self, stretch: Stretch, around: int = 0) -> tuple[str, str]:
        """Return what stood there and what stands there, with so many equal pieces on either side."""
        left, right = min(around, stretch.left), min(around, stretch.right)
        return (
            "".join(self.old.pieces[stretch.old.start - left : stretch.old.stop + right]).strip(),
            "".join(self.new.pieces[stretch.new.start - left : stretch.new.stop + right]).strip(),
        )

    def kinds(self, stretch: Stretch) -> set[EditKind]:
        """Return the classes of a stretch; QUOTE where it stands within a quotation, which is classed as a whole."""
        before, after = self.excerpts(stretch)
        if folded(before) == folded(after):
            return {EditKind.COSMETIC} if before != after else set()
        old, new = _words(before), _words(after)
        if self.is_quoted(stretch):
            return {EditKind.SPELLING if self.is_spelling(stretch, old, new) else EditKind.QUOTE}
        unit = _DENSE_WORD if self.words.is_dense else 1
        if min(len(old), len(new)) >= WRITTEN_ANEW * unit or len(old) > LONG * unit:
            return {EditKind.BODY}
        if len(new) > LONG * unit:
            return {EditKind.BODY if old else EditKind.UPDATE}
        if not new and self._is_sentence(self.old, stretch.old):
            return {EditKind.BODY}
        if not old and self._is_sentence(self.new, stretch.new):
            return {EditKind.UPDATE}
        if self._is_of_a_named(stretch):
            return {EditKind.NAME}
        if self._is_another_day(stretch):
            return {EditKind.DATE}
        numeric = self._numeric(stretch)
        if self._says_the_same_number(numeric):
            return {EditKind.COSMETIC}
        if found := self._turns(stretch, numeric):
            return found
        if name := self._name(stretch, old, new):
            return {name}
        if self._is_titled(stretch, old, new):
            return {EditKind.NAME}
        if self.is_spelling(stretch, old, new):
            return {EditKind.SPELLING}
        if old and new and self._is_subject_of_saying(stretch):
            return {EditKind.ATTRIBUTION}
        return {EditKind.UPDATE if not old and len(new) >= CLAUSE * unit else EditKind.BODY}

    def is_quoted(self, stretch: Stretch) -> bool:
        """Say whether both sides of a stretch stand within quotation marks."""
        return all(
            side.quoted.issuperset(places) if places else places.start in side.quoted
            for side, places in ((self.old, stretch.old), (self.new, stretch.new))
        )

    def _is_sentence(self, text: Text, places: range) -> bool:
        return bool(places) and text.ends_sentence(places.start) and text.ends_sentence(places.stop)

    def _is_of_a_named(self, stretch: Stretch) -> bool:
        """Say whether the stretch is within what a title follows: 一 in 小林誠一さん is no figure."""
        stop, left = self.old.starts[stretch.old.stop], stretch.left and self.old.pieces[stretch.old.start - 1].strip()
        if not left or not left.isalpha() or not self.words.title.match(self.old.text, stop):
            return False
        return self.words.is_dense or all(map(self._is_korean_name, chain(*map(_words, self.excerpts(stretch)))))

    def _is_korean_name(self, word: str) -> bool:
        # a surname and two syllables, then a particle at most
        return 3 <= len(word) <= 4 and word[0] in self.words.surnames

    def _is_titled(self, stretch: Stretch, old: list[str], new: list[str]) -> bool:
        """Say whether a title stands before the stretch, where no capital shows a name: 市长李建国, المهندس سامي."""
        changed = {*map(plain, old), *map(plain, new)}
        if not old or not new or max(len(old), len(new)) > NAME_WORDS or changed & self.words.small:
            return False
        at = self.old.starts[stretch.old.start]
        before = plain(self.old.text[max(0, at - TITLE_REACH) : at])
        if not self.words.titled.search(before) or any(map(self.words.says.search, changed)):
            return False
        if not self.words.surnames:
            return True
        if not self.words.is_dense:
            return all(map(self._is_korean_name, (*old, *new)))
        opens = all(side[0][0] in self.words.surnames for side in (old, new))
        return opens or any(sign in self.words.surnames for sign in before[-2:])

    def _is_another_day(self, stretch: Stretch) -> bool:
        """Say whether the stretch stands within a date of figures alone: 2026-03-04, 4.3.2026, 3/4/2026."""
        sides = []
        for text, places in ((self.old, stretch.old), (self.new, stretch.new)):
            start, stop = places.start, places.stop
            while start > 0 and places.start - start < DATE_PIECES and _is_of_a_date(text.pieces[start - 1]):
                start -= 1
            while (
                stop < len(text.pieces)
                and stop - places.stop < DATE_PIECES
                and (stop == start or not text.pieces[stop - 1][-1:].isspace())
                and _is_of_a_date(text.pieces[stop])
            ):
                stop += 1
            sides.append("".join(text.pieces[start:stop]).strip())
        dates = [FIGURED_DATE.search(side) for side in sides]
        return all(dates) and sides[0] != sides[1]

    def _numeric(self, stretch: Stretch) -> tuple[str, str]:
        """Return the stretch with the figures and number words that stand beside it."""
        left = right = 0
        if self.words.numbers.is_run_on:
            left, right = self._within_numbers(stretch)
        while left < stretch.left and self._joins(self.old.pieces[stretch.old.start - left - 1]):
            left += 1
        while right < stretch.right and self._joins(self.old.pieces[stretch.old.stop + right]):
            right += 1
        return (
            "".join(self.old.pieces[stretch.old.start - left : stretch.old.stop + right]),
            "".join(self.new.pieces[stretch.new.start - left : stretch.new.stop + right]),
        )

    def _within_numbers(self, stretch: Stretch) -> tuple[int, int]:
        """Return how many equal signs on either side belong to numbers of which the stretch changed a part."""
        left = right = 0
        for text, places in ((self.old, stretch.old), (self.new, stretch.new)):
            first = places.start - min(stretch.left, NUMBER_SIGNS)
            last = min(places.stop + min(stretch.right, NUMBER_SIGNS), len(text.pieces))
            offset = text.starts[first]
            for start, end in self.words.numbers.ranges(text.text[offset : text.starts[last]]):
                if start + offset <= text.starts[places.stop] and end + offset >= text.starts[places.start]:
                    left = max(left, places.start - bisect_right(text.starts, start + offset) + 1)
                    right = max(right, bisect_left(text.starts, end + offset) - places.stop)
        return min(left, stretch.left), min(right, stretch.right)

    def _joins(self, piece: str) -> bool:
        return self.words.is_numeric(piece.rstrip()) or piece == "-"

    def numeric_excerpts(self, stretch: Stretch) -> tuple[str, str]:
        """Return the numbers that became others, whole: four million, four billion."""
        before, after = self._numeric(stretch)
        return before.strip(), after.strip()

    def _says_the_same_number(self, numeric: tuple[str, str]) -> bool:
        before, after = (self.words.values(side) for side in numeric)
        if not before or before != after:
            return False
        rest = [[word for word in _words(side) if not self.words.is_numeric(word)] for side in numeric]
        return rest[0] == rest[1] or len({folded(self._without_numbers(side)) for side in numeric}) == 1

    def _without_numbers(self, text: str) -> str:
        for start, end in reversed(self.words.numbers.ranges(text)):
            text = text[:start] + text[end:]
        return text

    def _turns(self, stretch: Stretch, numeric: tuple[str, str]) -> set[EditKind]:
        """Return which turns of meaning there are: each told by the words of one side that the other lacks."""
        found: set[EditKind] = set()
        before, after = self.excerpts(stretch, CONTEXT)
        dates = [self.words.said_dates(side) for side in (before, after)]
        if all(dates) and dates[0] != dates[1]:
            found.add(EditKind.DATE)
        bare = [self.words.without_dates(side) for side in (before, after)]
        if self.words.numbers.differ(*numeric) and not (
            EditKind.DATE in found and not self.words.numbers.differ(*bare)
        ):
            found.add(EditKind.NUMBER)
        if any(map(self.words.values, (before, after))):
            currencies = [said_currencies(side) for side in (before, after)]
            if all(currencies) and currencies[0] != currencies[1]:
                found.add(EditKind.CURRENCY)
        unhedged = [self.words.hedge.sub(" ", side) for side in bare]
        for kind, pattern, (old, new) in (
            (EditKind.NEGATION, self.words.negation, bare),
            (EditKind.HEDGE, self.words.hedge, bare),
            # what only hedges names nobody: iddiaya göre, 据称
            (EditKind.ATTRIBUTION, self.words.says, unhedged),
        ):
            if len(pattern.findall(old)) != len(pattern.findall(new)):
                found.add(kind)
        words = [_words(side) for side in self.excerpts(stretch)]
        if len(words[0]) == len(words[1]) and any(map(self.words.is_negated, *words)):
            found.add(EditKind.NEGATION)
        return found

    def _name(self, stretch: Stretch, old: list[str], new: list[str]) -> EditKind | None:
        """Return NAME or PLACE where a name became another: known ones first, then by capitals."""
        if self.words.is_dense:
            for side, places in ((self.old, stretch.old), (self.new, stretch.new)):
                if places and (
                    kind := self.known.within(side.text, side.starts[places.start], side.starts[places.stop])
                ):
                    return kind
        if not old or not new:
            # a name is longer now, or shorter
            kinds = set(map(self.known.kind_of, old or new))
            return kinds.pop() if len(kinds) == 1 else None
        if kind := names_of(self.words, self.known, old, new):
            return kind
        if not (all_capitals(old) and all_capitals(new)) or max(len(old), len(new)) > 4:
            return None
        alike = len(old) == len(new) and all(map(is_alike, old, new))
        beside = self._stands_beside_a_capital(stretch)
        opens = self.old.begins_sentence(stretch.old.start)
        if alike:
            return EditKind.NAME if beside else None
        if self.capital_nouns or (opens and not beside):
            return None
        before = self.old.pieces[stretch.old.start - 1] if stretch.left else ""
        return EditKind.PLACE if plain(before.strip()) in self.words.where else EditKind.NAME

    def _stands_beside_a_capital(self, stretch: Stretch) -> bool:
        """Say whether an equal word beside the stretch, which opens no sentence, has a capital as well."""
        left, right = stretch.old.start - 1, stretch.old.stop
        return (
            stretch.left > 0
            and is_capital(self.old.pieces[left])
            and (not self.old.begins_sentence(left) or plain(self.old.pieces[left].strip()) not in self.words.small)
        ) or (stretch.right > 0 and is_capital(self.old.pieces[right]) and not self.old.begins_sentence(right))

    def is_spelling(self, stretch: Stretch, old: list[str], new: list[str]) -> bool:
        """Say whether words were mended: each is alike, or a small word of grammar, or stood twice."""
        if any(sign.isdecimal() for word in (*old, *new) for sign in word) or len(old) + len(new) > 8:
            return False
        small = self.words.small
        content = [[word for word in side if plain(word) not in small] for side in (old, new)]
        if not any(content):
            return bool(old or new)
        if len(old) == len(new) == 1 and not all(content):
            # a slip within a small word: on, or; and became or is none
            return old[0][0] == new[0][0] and slips_between(plain(old[0]), plain(new[0])) == 1
        if bool(old) != bool(new):
            text, places = (self.old, stretch.old) if old else (self.new, stretch.new)
            size = len(places)
            here = [piece.strip().casefold() for piece in text.pieces[places.start : places.stop]]
            beside = (
                text.pieces[max(0, places.start - size) : places.start],
                text.pieces[places.stop : places.stop + size],
            )
            return any(here == [piece.strip().casefold() for piece in side] for side in beside)
        return len(content[0]) == len(content[1]) and all(map(is_alike, *content))

    def _is_subject_of_saying(self, stretch: Stretch) -> bool:
        """Say whether others vouch now: the stretch opens its clause and a verb of saying follows, or stands before."""
        text, start, stop = self.old, stretch.old.start, stretch.old.stop
        ahead = "".join(text.pieces[stop : stop + SUBJECT])
        behind = "".join(text.pieces[max(0, start - CONTEXT + 1) : start])
        sentence = text.ends_sentence(start) or text.ends_sentence(start - 1)
        said = self.words.says.search(plain(ahead))
        # a name in apposition has a comma on either side; one comma alone ends what is said
        commas = ahead[: said.start()].count(",") if said else 0
        clause = ahead if sentence and commas % 2 == 0 else ahead.partition(",")[0]
        opens = sentence or any(mark in "".join(text.pieces[max(0, start - 2) : start]) for mark in ',;“”"')
        if opens and self.words.says.search(plain(clause.partition(". ")[0])):
            return True
        return bool(self.words.says.search(plain(behind).rstrip())) and not any(mark in behind for mark in ".,;:")


def _words(text: str) -> list[str]:
    """Return the pieces of an excerpt that carry meaning: words, figures, currency signs, dense characters."""
    return [piece.strip() for piece in pieces(text) if any(sign.isalnum() or category(sign) == "Sc" for sign in piece)]


def _is_of_a_date(piece: str) -> bool:
    return piece.strip().isdecimal() or piece in "-/." or FIGURED_DATE.fullmatch(piece.strip()) is not None


def content_words(words: EditWords, among: Sequence[str]) -> set[str]:
    """Return the words among pieces that are none of the small ones, folded."""
    return {key for piece in among if (key := plain(piece.strip())) and key[0].isalnum() and key not in words.small}
