"""Text as it is compared, lines as they are hashed, and statements as they are weighed against each other."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b

_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,2000}>")
_NOT_LETTERS = re.compile(r"[\W_]+")
_ASCII_LOWER = bytes(range(256)).lower()
_ASCII_NOT_LETTERS = bytes(byte for byte in range(128) if not chr(byte).isalnum())
#: characters of a line whose folded form is remembered: four thousand of them take a few megabytes
_LONGEST_REMEMBERED = 1_000
_SPACES = re.compile("\\s{2,}|[^\\S\xa0\u202f]")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]")


def plain(value: str) -> str:
    """Return one line of text: entities resolved (twice, as pages escape twice), tags and invisible characters gone.

    >>> plain("Iran&amp;#8217;s  <b>vote</b>\\u200b ")
    'Iran’s vote'
    """
    if "&" in value:
        value = html.unescape(html.unescape(value))
    if "<" in value:
        value = _TAG.sub(" ", value)
    return single_spaced(_INVISIBLE.sub("", value))


def single_spaced(text: str) -> str:
    """Return text with single spaces; a no-break space that stands alone is the author's and stays.

    >>> single_spaced(" 5   km  away "), len(single_spaced(f"5{chr(160)}km"))
    ('5 km away', 4)
    """
    if not text.isascii() and ("\xa0" in text or "\u202f" in text):
        return _SPACES.sub(" ", text).strip()
    return " ".join(text.split())


def letters(value: str) -> str:
    """Return letters and digits alone, folded: two headlines are one if these are equal.

    >>> letters("Kata’ib – Hezbollah") == letters("Kata'ib-hezbollah")
    True
    """
    return _folded(value) if len(value) <= _LONGEST_REMEMBERED else _fold(value)


def _fold(value: str) -> str:
    if value.isascii():
        return value.encode().translate(_ASCII_LOWER, _ASCII_NOT_LETTERS).decode()
    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKC", value).casefold())


_DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")


def length(text: str) -> int:
    """Return the text's length in an alphabet's characters; one of a dense script says as much as three."""
    return len(text) if text.isascii() else len(text) + 2 * len(_DENSE.findall(text))


#: a page's lines are compared in a dozen places
_folded = lru_cache(4_096)(_fold)


_SIGNS = re.compile(r"[^a-z0-9]")


@lru_cache(2_048)
def without_signs(name: str) -> str:
    """Return a meta tag's name without signs, however its parts are joined: "dc.date", "dc:date" and "dc_date"."""
    return _SIGNS.sub("", name)


#: shorter lines ("Share", "2") say nothing of their place
_LEAST_LETTERS = 3
#: a page of more lines is a list; its first lines are enough to know its template
_MOST_LINES = 3_000


def line_hash(text: str) -> int:
    """Return a signed 64-bit hash of the line's letters, the same on every machine; it fits PostgreSQL's bigint.

    >>> line_hash("Follow us!") == line_hash("follow us")
    True
    """
    return _hash_of(letters(text))


#: what stands around an outlet's articles recurs from page to page
@lru_cache(4_096)
def _hash_of(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def line_hashes(lines: Iterable[str]) -> tuple[int, ...]:
    """Return the hashes of the lines that are long enough, each once, in order."""
    found: dict[int, None] = {}
    for line in lines:
        if len(line) >= _LEAST_LETTERS:
            found.setdefault(line_hash(line))
            if len(found) >= _MOST_LINES:
                break
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One statement of one source. `weight` is how far that source is trusted for this field."""

    value: str
    source: str
    weight: float
    chosen: bool = False
    why: str = ""


def weigh(candidates: Iterable[Candidate], same: Callable[[str], str] = letters) -> tuple[str, tuple[Candidate, ...]]:
    """Return the value with the most weight behind it, and all candidates with the choice marked.

    Values are one if `same` makes them equal; then their weights add up and the form of the heaviest counts. Of two
    equal sums the earlier wins.

    >>> weigh([Candidate(value="A b", source="json-ld", weight=1), Candidate(value="C", source="h1", weight=2)])[0]
    'C'
    """
    known = [candidate for candidate in candidates if same(candidate.value)]
    if not known:
        return "", ()
    sums: dict[str, float] = {}
    for candidate in known:
        key = same(candidate.value)
        sums[key] = sums.get(key, 0.0) + candidate.weight
    winner = max(sums, key=lambda key: sums[key])
    best = max((each for each in known if same(each.value) == winner), key=lambda each: each.weight)
    backers = [each.source for each in known if same(each.value) == winner]
    why = f"weight {sums[winner]:.1f}: {', '.join(dict.fromkeys(backers))}"
    return best.value, tuple(replace(each, chosen=True, why=why) if each is best else each for each in known)
