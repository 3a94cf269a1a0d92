"""Which words of a text belong to names: those that enrichment found in either version, else by their capitals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from news.edit_kind import EditKind
from news.edit_words import EditWords
from news.number_words import plain

#: an inflected name keeps its first letters: of a name this long at least, all but so many
_STEM_LEAST = 4
_ENDING = 2
#: names looked for in a text: more are a list, not an article
_MOST_NAMES = 400


@dataclass(frozen=True, kw_only=True)
class KnownNames:
    """Names that enrichment found in two versions, as their texts write them."""

    people: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *documents: Mapping[str, Any]) -> Self:
        """Return the names in index documents or enrichments; people and organisations are one sort."""
        found: dict[str, set[str]] = {"people": set(), "organisations": set(), "places": set()}
        for document in documents:
            for kind, names in found.items():
                for each in (document.get(kind) or ())[:_MOST_NAMES]:
                    forms = [each] if isinstance(each, str) else [each.get("name"), each.get("display")]
                    names.update(form for form in forms if isinstance(form, str) and form)
        return cls(people=frozenset(found["people"] | found["organisations"]), places=frozenset(found["places"]))

    @cached_property
    def _words(self) -> dict[str, EditKind]:
        """Each word of a name, folded, and what it names; a person's before a place's."""
        found: dict[str, EditKind] = {}
        for kind, names in ((EditKind.PLACE, self.places), (EditKind.NAME, self.people)):
            for name in names:
                found |= {word: kind for word in plain(name).replace("-", " ").split() if len(word) > 1}
        return found

    @cached_property
    def _stems(self) -> dict[str, EditKind]:
        return {
            word[: max(_STEM_LEAST, len(word) - _ENDING)]: kind
            for word, kind in self._words.items()
            if len(word) >= _STEM_LEAST
        }

    def kind_of(self, word: str) -> EditKind | None:
        """Return what a capitalised word names: NAME or PLACE; None where no known name has it."""
        if not word[:1].isalpha() or word[:1].islower():
            return None
        key = plain(word).partition("'")[0]
        if key in self._words:
            return self._words[key]
        for length in range(len(key), max(_STEM_LEAST, len(key) - _ENDING - 3) - 1, -1):
            if key[:length] in self._stems:
                return self._stems[key[:length]]
        return None

    def within(self, text: str, start: int, end: int) -> EditKind | None:
        """Return what the characters from `start` to `end` are a part of, in a script without spaces."""
        for kind, names in ((EditKind.NAME, self.people), (EditKind.PLACE, self.places)):
            for name in names:
                around = text[max(0, start - len(name) + 1) : end + len(name) - 1]
                if len(name) > 1 and name in around:
                    return kind
        return None


def is_capital(word: str) -> bool:
    """Say whether a word begins with a capital letter."""
    return word[:1].isupper()


def names_of(words: EditWords, known: KnownNames, old: Sequence[str], new: Sequence[str]) -> EditKind | None:
    """Return NAME or PLACE if one side's changed words are known as such; a person's name first."""
    kinds = {kind for word in (*old, *new) if plain(word) not in words.small and (kind := known.kind_of(word))}
    return next((kind for kind in (EditKind.NAME, EditKind.PLACE) if kind in kinds), None)


def all_capitals(words: Iterable[str]) -> bool:
    """Say whether there are words, and each begins with a capital."""
    found = list(words)
    return bool(found) and all(map(is_capital, found))
