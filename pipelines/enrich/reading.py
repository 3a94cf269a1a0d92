"""One article as the steps read it: its text cut to what is worth reading, and what several steps need, found once."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, cast

from news.article import Article
from news.language import primary
from news.outlet import Outlet
from pipelines.enrich.words import Word, key, words

T = TypeVar("T")

#: characters of headline, standfirst and body that the steps look for names in: an article of the real pages is
#: longer than this once in two hundred, and what it is about has long been said
READ = 30_000
#: a line of at least so many longer words is set like a title if this share of them begins with a capital
TITLE_WORDS, TITLE_SHARE = 4, 0.75


@dataclass(frozen=True)
class Reading:
    """An article and its outlet, with what several steps need of its text."""

    article: Article
    outlet: Outlet
    _found: dict[str, Any] = field(default_factory=dict, repr=False)

    def once(self, find: Callable[["Reading"], T]) -> T:
        """Return what `find` makes of this reading; it is asked once, however many steps want to know."""
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
    def words(self) -> list[Word]:
        """The words of `text`."""
        return words(self.text, self.language)

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
