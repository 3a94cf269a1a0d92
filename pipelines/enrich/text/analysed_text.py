"""One article as the steps read it: its text, its words, and the rows of capitalised words among them."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, cast

from news.article import Article
from news.language import primary
from news.outlet import Outlet
from pipelines.enrich.text.lexicon import TextTokens, key, tokens, told

T = TypeVar("T")

#: characters of headline, standfirst and body that the steps look for names in: an article of the real pages is
#: longer than this once in two hundred, and what it is about has long been said
READ = 30_000
#: a line of at least so many longer words is set like a title if this share of them begins with a capital
TITLE_WORDS, TITLE_SHARE = 4, 0.75


@dataclass(frozen=True)
class AnalysedText:
    """An article and its outlet, with what several steps need of its text."""

    article: Article
    outlet: Outlet
    _found: dict[Callable[["AnalysedText"], Any], Any] = field(default_factory=dict, repr=False)
    _told: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)

    def once(self, find: Callable[["AnalysedText"], T]) -> T:
        """Return what `find` makes of this text; it is asked once, however many steps want to know."""
        if find not in self._found:
            self._found[find] = find(self)
        return cast(T, self._found[find])

    def told(self, name: str) -> frozenset[str]:
        """Return the looked-up forms of the text that are in a list of data/lexicon.txt, such as "titles"."""
        if name not in self._told:
            self._told[name] = told(name, self.language, self.forms)
        return self._told[name]

    @cached_property
    def language(self) -> str:
        """Primary subtag of the article's language; "und" where unknown."""
        return primary(self.article.in_language) or "und"

    @cached_property
    def text(self) -> str:
        """Headline, standfirst and body, each from a line of its own, cut at READ characters."""
        parts = (self.article.headline, self.article.standfirst, self.article.body[:READ])
        return "\n".join(part for part in parts if part)[:READ]

    @cached_property
    def words(self) -> TextTokens:
        """The words of `text`."""
        return tokens(self.text, self.language)

    @cached_property
    def texts(self) -> list[str]:
        """Each word as written."""
        return self.words.texts

    @cached_property
    def starts(self) -> list[int]:
        """Where each word begins in `text`."""
        return self.words.starts

    @cached_property
    def ends(self) -> list[int]:
        """Where each word ends in `text`."""
        return self.words.ends

    @cached_property
    def opens(self) -> bytearray:
        """1 for each word that begins a sentence or a quote."""
        return self.words.opens

    @cached_property
    def joins(self) -> bytearray:
        """1 for each word whose name the next word may continue."""
        return self.words.joins

    @cached_property
    def _form_of(self) -> dict[str, str]:
        """The looked-up form of each word, however often it stands in the text."""
        # most words are plain: they need no memory of what they were
        return {
            text: text.lower() if text.isascii() and text.isalpha() else key(text) for text in dict.fromkeys(self.texts)
        }

    @cached_property
    def keys(self) -> list[str]:
        """The looked-up form of each word."""
        return list(map(self._form_of.__getitem__, self.texts))

    @cached_property
    def forms(self) -> Counter[str]:
        """How often each looked-up form stands in the text, in the order of the first."""
        return Counter(self.keys)

    @cached_property
    def _small(self) -> frozenset[str]:
        return frozenset(text for text in self._form_of if text[0].islower())

    @cached_property
    def capitals(self) -> bytes:
        """1 for each word that begins with a capital letter, else 0."""
        great = {text for text in self._form_of if text[0].isupper()}
        return bytes(map(great.__contains__, self.texts))

    @cached_property
    def marked(self) -> list[int]:
        """The numbers of the words that may be names: those that do not begin with a small letter."""
        return [index for index, text in enumerate(self.texts) if text not in self._small]

    def at(self, wanted: Container[str], small: Collection[str] = ()) -> list[int]:
        """Return the numbers of the words of some forms, in order, as far as they may be names, or are in `small`."""
        if self.forms.keys().isdisjoint(small):
            if wanted is self.forms:
                return self.marked
            return [index for index in self.marked if self.keys[index] in wanted]
        return [
            index
            for index, form in enumerate(self.keys)
            if form in wanted and (form in small or self.texts[index] not in self._small)
        ]

    @cached_property
    def lower(self) -> frozenset[str]:
        """The forms that stand in the text with a small letter: what they are is no name."""
        return frozenset(map(self._form_of.__getitem__, self._small))

    @cached_property
    def nevers(self) -> frozenset[str]:
        """The forms of the text that begin and end no name: function words, days, months."""
        return self.told("never")

    @cached_property
    def loud(self) -> bytearray:
        """1 for each word in a line that is set like a title, where a capital tells nothing."""
        marks = bytearray(len(self.texts))
        first, count = 0, len(self.texts)
        while first < count:
            line_end = self.text.find("\n", self.starts[first])
            end = bisect_left(self.starts, line_end) if line_end >= 0 else count
            # a sentence ends in a full stop, a title does not
            tail = self.text[self.ends[end - 1] : line_end if line_end >= 0 else None]
            if "." not in tail and "。" not in tail:
                longer = [text for text in self.texts[first:end] if len(text) > 3]
                small = sum(text in self._small for text in longer)
                if (
                    len(longer) >= TITLE_WORDS
                    and small <= (1 - TITLE_SHARE) * len(longer)
                    and any(text[0].isupper() for text in longer)
                ):
                    marks[first:end] = b"\1" * (end - first)
            first = end
        return marks


#: small words inside a person's name
PARTICLES = frozenset(
    "de da do dos das del della di du la le el al as bin ben ibn van von der den ter ten zu af av abu".split()
)
#: a name has no more words than this
LONGEST = 7


def capital(analysed: AnalysedText, index: int) -> bool:
    """Return whether a word begins with a capital letter."""
    return analysed.capitals[index] == 1


def joined(analysed: AnalysedText, index: int) -> bool:
    """Return whether the word after `index` continues its name: after a space, a hyphen or an initial's full stop."""
    return analysed.joins[index] == 1


def never(analysed: AnalysedText, index: int) -> bool:
    """Return whether a word is one that begins and ends no name: a function word, a day, a month."""
    return analysed.keys[index] in analysed.nevers


def runs(analysed: AnalysedText, taken: bytearray) -> Iterator[tuple[int, int]]:
    """Yield (first, end) of each row of capitalised words that nothing has taken yet.

    Function words at its ends are not of it, nor is a sentence's first word that stands small elsewhere in the text.
    Small particles may stand inside ("Ursula von der Leyen", "al-Mashtal").
    """
    keys, capitals, joins, opens = analysed.keys, analysed.capitals, analysed.joins, analysed.opens
    nevers, lower = analysed.nevers, analysed.lower
    done, count = 0, len(keys)
    for index in analysed.marked:
        if index < done or taken[index] or not capitals[index]:
            continue
        end = index + 1
        while end < count and joins[end - 1] and end - index < LONGEST:
            if (not taken[end] and capitals[end]) or (keys[end] in PARTICLES and _leads_on(analysed, taken, end)):
                end += 1
            else:
                break
        first, last = index, end
        while first < last and (keys[first] in nevers or (opens[first] and keys[first] in lower)):
            first += 1
        while last > first and (keys[last - 1] in nevers or not capitals[last - 1]):
            last -= 1
        if first < last:
            if first == index and first and keys[first - 1] in ("al", "el") and joins[first - 1]:
                first -= 1
            yield first, last
        done = end


def _leads_on(analysed: AnalysedText, taken: bytearray, index: int) -> bool:
    """Return whether a particle, or two, are followed by a capitalised word."""
    for ahead in (index + 1, index + 2):
        if ahead >= len(analysed.keys) or not joined(analysed, ahead - 1) or taken[ahead]:
            return False
        if capital(analysed, ahead):
            return True
        if analysed.keys[ahead] not in PARTICLES:
            return False
    return False


def written(analysed: AnalysedText, first: int, end: int) -> str:
    """Return the words from `first` to before `end` as they stand in the text, on one line."""
    return " ".join(analysed.text[analysed.starts[first] : analysed.ends[end - 1]].split())


def index_at(analysed: AnalysedText, offset: int) -> int:
    """Return the number of the first word that starts at or after an offset in the text."""
    return bisect_left(analysed.starts, offset)
