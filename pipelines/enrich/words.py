"""A text's words, and the one form under which a name is looked up."""

import re
import unicodedata
from dataclasses import dataclass

#: a run of letters, digits and marks (combining signs belong to a letter), with an inner apostrophe or the dots
#: of an abbreviation such as U.S.
WORD = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_](?:[\w\u0300-\u036f\u0900-\u0dff]|['’ʼ‘`´](?=\w))*")
_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ‘`´ʻʹ＇", "'"))
#: vowel signs and the elongation stroke of Arabic, points of Hebrew: written or left out at will
_POINTS = re.compile("[\u064b-\u065f\u0670\u0640\u0591-\u05c7]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word as written, and where it stands in the text."""

    text: str
    start: int
    end: int

    @property
    def capital(self) -> bool:
        """Whether it begins like a name, in a script that has capitals."""
        return self.text[0].isupper()


def words(text: str) -> list[Word]:
    """Return the words of `text`, in order.

    >>> [word.text for word in words("US-led forces in Kata’ib")]
    ['US', 'led', 'forces', 'in', 'Kata’ib']
    """
    return [Word(found.group(), found.start(), found.end()) for found in WORD.finditer(text)]


def key(name: str) -> str:
    """Return the form under which a name is stored and looked up: case, apostrophes, points and hyphens aside.

    >>> key("Aix-en-Provence"), key("Kata’ib Hezbollah"), key("U.S.")
    ('aix en provence', "kata'ib hezbollah", 'us')
    """
    plain = unicodedata.normalize("NFC", name).casefold().translate(_APOSTROPHES)
    plain = _POINTS.sub("", plain).replace("أ", "ا").replace("إ", "ا").replace("آ", "ا")
    return " ".join(word.replace(".", "") for word in WORD.findall(plain))
