"""One article as the steps read it: its text, its words, and the rows of capitalised words among them."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, cast

from news.article import Article
from news.language import primary
from news.outlet import Outlet
from pipelines.enrich.text.lexicon import ABBREVIATED, TextToken, key, tells, tokens

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
    _found: dict[str, Any] = field(default_factory=dict, repr=False)

    def once(self, find: Callable[["AnalysedText"], T]) -> T:
        """Return what `find` makes of this text; it is asked once, however many steps want to know."""
        name = f"{find.__module__}.{find.__qualname__}"
        if name not in self._found:
            self._found[name] = find(self)
        return cast(T, self._found[name])

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
    def words(self) -> list[TextToken]:
        """The words of `text`."""
        return tokens(self.text, self.language)

    @cached_property
    def keys(self) -> list[str]:
        """The looked-up form of each word."""
        # most words are plain: they need no memory of what they were
        return [text.lower() if (text := word.text).isascii() and text.isalpha() else key(text) for word in self.words]

    @cached_property
    def capitals(self) -> bytes:
        """1 for each word that begins with a capital letter, else 0."""
        return bytes(word.text[0].isupper() for word in self.words)

    @cached_property
    def marked(self) -> list[int]:
        """The numbers of the words that may be names: those that do not begin with a small letter."""
        return [index for index, word in enumerate(self.words) if not word.text[0].islower()]

    @cached_property
    def lower(self) -> frozenset[str]:
        """The forms that stand in the text with a small letter: what they are is no name."""
        return frozenset(form for word, form in zip(self.words, self.keys, strict=True) if word.text[0].islower())

    @cached_property
    def loud(self) -> bytearray:
        """1 for each word in a line that is set like a title, where a capital tells nothing."""
        marks = bytearray(len(self.words))
        first, count = 0, len(self.words)
        starts = [word.start for word in self.words]
        line_end = -1
        while first < count:
            line_end = self.text.find("\n", starts[first])
            end = bisect_left(starts, line_end) if line_end >= 0 else count
            longer = [word.text for word in self.words[first:end] if len(word.text) > 3]
            # a sentence ends in a full stop, a title does not
            tail = self.text[self.words[end - 1].end : line_end if line_end >= 0 else None]
            if len(longer) >= TITLE_WORDS and "." not in tail and "。" not in tail:
                small = sum(text[0].islower() for text in longer)
                if small <= (1 - TITLE_SHARE) * len(longer) and any(text[0].isupper() for text in longer):
                    marks[first:end] = b"\1" * (end - first)
            first = end
        return marks


#: small words inside a person's name
PARTICLES = frozenset(
    "de da do dos das del della di du la le el al as bin ben ibn van von der den ter ten zu af av abu".split()
)
_SPACES = frozenset((" ", "\u00a0", "-", "‑", " d'", " d’", " l'", " l’"))
#: a name has no more words than this
LONGEST = 7


def capital(analysed: AnalysedText, index: int) -> bool:
    """Return whether a word begins with a capital letter."""
    return analysed.capitals[index] == 1


def joined(analysed: AnalysedText, index: int) -> bool:
    """Return whether the word after `index` continues its name: after a space, a hyphen or an initial's full stop."""
    words = analysed.words
    if index + 1 >= len(words):
        return False
    gap = analysed.text[words[index].end : words[index + 1].start]
    if gap in _SPACES:
        return True
    before = words[index].text
    return gap == ". " and (len(before) == 1 or before.lower() in ABBREVIATED)


def never(analysed: AnalysedText, index: int) -> bool:
    """Return whether a word is one that begins and ends no name: a function word, a day, a month."""
    return tells("never", analysed.language, analysed.keys[index])


def runs(analysed: AnalysedText, taken: bytearray) -> Iterator[tuple[int, int]]:
    """Yield (first, end) of each row of capitalised words that nothing has taken yet.

    Function words at its ends are not of it, nor is a sentence's first word that stands small elsewhere in the text.
    Small particles may stand inside ("Ursula von der Leyen", "al-Mashtal").
    """
    words, keys, capitals = analysed.words, analysed.keys, analysed.capitals
    done, count = 0, len(words)
    for index in analysed.marked:
        if index < done or taken[index] or not capitals[index]:
            continue
        end = index + 1
        while end < count and end - index < LONGEST and joined(analysed, end - 1):
            if (not taken[end] and capitals[end]) or (keys[end] in PARTICLES and _leads_on(analysed, taken, end)):
                end += 1
            else:
                break
        first, last = index, end
        while first < last and (never(analysed, first) or (words[first].opens and keys[first] in analysed.lower)):
            first += 1
        while last > first and (never(analysed, last - 1) or not capital(analysed, last - 1)):
            last -= 1
        if first < last:
            if first == index and first and keys[first - 1] in ("al", "el") and joined(analysed, first - 1):
                first -= 1
            yield first, last
        done = end


def _leads_on(analysed: AnalysedText, taken: bytearray, index: int) -> bool:
    """Return whether a particle, or two, are followed by a capitalised word."""
    for ahead in (index + 1, index + 2):
        if ahead >= len(analysed.words) or not joined(analysed, ahead - 1) or taken[ahead]:
            return False
        if capital(analysed, ahead):
            return True
        if analysed.keys[ahead] not in PARTICLES:
            return False
    return False


def written(analysed: AnalysedText, first: int, end: int) -> str:
    """Return the words from `first` to before `end` as they stand in the text, on one line."""
    return " ".join(analysed.text[analysed.words[first].start : analysed.words[end - 1].end].split())


def index_at(analysed: AnalysedText, offset: int) -> int:
    """Return the number of the first word that starts at or after an offset in the text."""
    return bisect_left(analysed.words, offset, key=lambda word: word.start)
