"""A text's words, and the one form under which a name is looked up."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

#: a run of letters, digits and marks (combining signs belong to a letter), with an inner apostrophe, or the dotted
#: letters of an abbreviation such as U.S.; an elided article before it (l'Élysée, dell'Italia) is no part of it
WORD = re.compile(
    r"(?:(?<!\w)(?:[dDlL]|[dDnN]ell|[aA]ll|[sS]ull|[qQ]u)['’ʼ])?"
    r"((?:[^\W\d_]\.){2,}|[^\W_](?:[\w\u0300-\u036f\u0900-\u0dff]|['’ʼ‘`´](?=\w))*)"
)
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
    cut = language in ("tr", "az")
    before, last = 0, ""
    for match in WORD.finditer(text):
        start, end = match.span(1)
        word = match.group(1)
        gap = text[before:start]
        opens = gap != " " and (not found or _opens(gap, last))
        last, before = word, end
        if "'" in word or "’" in word:
            at = re.search(r"['’]", word) if cut else re.search(r"['’][sS]$", word)
            if at and at.start() > 1:
                word = word[: at.start()]
        found.append(Word(word, start, start + len(word), opens))
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
    found = [match.group(1).replace(".", "") for match in WORD.finditer(plain)]
    return " ".join(word[:-2] if word.endswith("'s") and len(word) > 3 else word for word in found)
