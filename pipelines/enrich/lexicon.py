"""Words that tell what the name beside them is: titles, verbs of saying, prepositions, nouns of bodies, given names."""

from functools import cache, lru_cache
from importlib.resources import files

from pipelines.enrich.hashes import columns, contains
from pipelines.enrich.words import key

_NONE: frozenset[str] = frozenset()


@cache
def _lists() -> dict[tuple[str, str], frozenset[str]]:
    """Return data/lexicon.txt: `list language: word word ...` a line."""
    lines = (files("pipelines.enrich") / "data" / "lexicon.txt").read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        if line and not line.startswith("#"):
            head, _, words = line.partition(":")
            name, _, language = head.partition(" ")
            # Arabic is looked up without hamza
            found[name, language] = frozenset(map(key, words.split()) if language == "ar" else words.split())
    return found


def words_of(name: str, language: str) -> frozenset[str]:
    """Return one list of one language, empty where there is none."""
    return _lists().get((name, language), _NONE)


@cache
def _endings(name: str, language: str) -> tuple[str, ...]:
    """Return the endings of a list's German compounds: "-minister" for Außenminister and Minister."""
    return tuple(word[:-1] for word in words_of(name, language) if word.endswith("-"))


@lru_cache(6_000)
def tells(name: str, language: str, word: str) -> bool:
    """Return whether a word in lower case is in a list, or is a compound that ends in one of the list's `-endings`."""
    return word in words_of(name, language) or (language == "de" and word.endswith(_endings(name, language)))


@lru_cache(6_000)
def given(word: str) -> bool:
    """Return whether a looked-up form is a given name somewhere."""
    return contains(columns("words.bin")[0]["given"], word)


@lru_cache(6_000)
def surname(word: str) -> bool:
    """Return whether a looked-up form is a frequent surname somewhere."""
    return contains(columns("words.bin")[0]["surnames"], word)


@lru_cache(6_000)
def common(word: str) -> bool:
    """Return whether a looked-up form is a common word of some language."""
    return contains(columns("words.bin")[0]["common"], word)
