"""A text's words, and the one form under which a name is looked up."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

#: a run of letters, digits and marks (combining signs belong to a letter), with an inner apostrophe, or the dotted
#: letters of an abbreviation such as U.S.
WORD = re.compile(
    r"[^\W_](?:[\w\u0300-\u036f\u0900-\u0dff]+|['’ʼ‘`´](?=\w)|(?<=\b[^\W\d_])\.(?=[^\W\d_]\.)|(?<=\.[^\W\d_])\.)*"
)
#: an elided article or pronoun is no part of the name behind it: l'Élysée, dell'Italia, d'Emmanuel
_ELIDED = re.compile(r"^(?:[dDlL]|[dDnN]ell|[aA]ll|[sS]ull|[qQ]u)['’ʼ](?=\w)")
_GENITIVE = re.compile(r"['’][sS]$")
_SUFFIX = re.compile(r"['’]")
_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ‘`´ʻʹ＇", "'"))
#: vowel signs and the elongation stroke of Arabic, points of Hebrew: written or left out at will
_POINTS = re.compile("[\u064b-\u065f\u0670\u0640\u0591-\u05c7]")
#: Arabic letters that are written with or without their hamza, and full-width Latin
_LETTERS = str.maketrans("أإآى", "اااي")
#: after these a full stop ends no sentence
ABBREVIATED = frozenset(
    "mr mrs ms dr prof st sen rep gov gen col lt sgt capt maj rev hon jr sr vs no inc corp co ltd u.s d.c ph".split()
)
_ENDERS = frozenset('.!?:\n…。！？「『“„«"•|')


class Word(NamedTuple):
    """One word as written, where it stands in the text, and whether a sentence or a quote begins with it."""

    text: str
    start: int
    end: int
    opens: bool


def words(text: str, language: str = "und") -> list[Word]:
    """Return the words of `text`, in order, without genitive 's, and in Turkic languages without 'suffixes.

    >>> [word.text for word in words("US-led forces in Kata’ib’s office")]
    ['US', 'led', 'forces', 'in', 'Kata’ib', 'office']
    """
    found: list[Word] = []
    suffix = _SUFFIX if language in ("tr", "az") else _GENITIVE
    before, last = 0, ""
    for match in WORD.finditer(text):
        start, end = match.span()
        word = match.group()
        gap = text[before:start]
        opens = gap != " " and (not found or _opens(gap, last))
        last, before = word, end
        if "'" in word or "’" in word:
            if (article := _ELIDED.match(word)) and article.end() < len(word):
                start += article.end()
                word = word[article.end() :]
            if (tail := suffix.search(word)) and tail.start() > 1:
                word = word[: tail.start()]
            end = start + len(word)
        found.append(Word(word, start, end, opens))
    return found


def _opens(gap: str, last: str) -> bool:
    if gap[:1] == "." and (len(last) == 1 or last.lower().rstrip(".") in ABBREVIATED) and gap.strip() == ".":
        return False
    return not _ENDERS.isdisjoint(gap)


@lru_cache(8192)
def key(name: str) -> str:
    """Return the form under which a name is stored and looked up: case, apostrophes, points and hyphens aside.

    >>> key("Aix-en-Provence"), key("Kata’ib Hezbollah"), key("U.S."), key("McDonald’s")
    ('aix en provence', "kata'ib hezbollah", 'us', 'mcdonald')
    """
    if name.isascii() and name.isalpha():
        return name.lower()
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_APOSTROPHES)
    plain = _POINTS.sub("", plain).translate(_LETTERS).replace("i̇", "i")
    found = [_ELIDED.sub("", match.group(), count=1).replace(".", "") for match in WORD.finditer(plain)]
    return " ".join(word[:-2] if word.endswith("'s") and len(word) > 3 else word for word in found)
