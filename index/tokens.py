"""Text in, its searchable tokens out: folded words, cut into pairs where a script writes without spaces."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from news.words import MARK_POINTS

#: scripts that write without spaces between words: Thai, Lao, Burmese, Khmer, kana, Han, Hangul (spaced, but built of
#: syllables that a reader searches inside of)
BY_CHARACTER = re.compile(r"[฀-๿຀-໿က-႟ក-៿぀-ヿㇰ-ㇿ㐀-䶿一-鿿가-힣豈-﫿\U00020000-\U0003ffff]")
_ASCII_WORD = re.compile(r"[^\W_]+")
#: letters that Unicode does not take apart though people type them plain (the same as Lucene's asciifolding)
_PLAIN = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th", "ħ": "h"})
_JOINERS = str.maketrans("", "", "\u200c\u200d\u00ad\u0640")
#: no word of a language is longer; a longer one is base64 or a broken page
LONGEST = 100


@cache
def _scripts() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what finds a word, and a run of dense or of other signs in it: compiled for the first text past ASCII.

    Combining marks belong to their word: Indic vowel signs, Arabic points, accents written apart.
    """
    marks = "".join(chr(c) for c in MARK_POINTS if unicodedata.category(chr(c)) in ("Mn", "Mc"))
    return (
        re.compile(rf"(?:[^\W_]|(?<=.)[{re.escape(marks)}\u200c\u200d])+"),
        re.compile(rf"(?:{BY_CHARACTER.pattern})+|(?:(?!{BY_CHARACTER.pattern}).)+", re.DOTALL),
    )


class Token(NamedTuple):
    """One searchable word: its folded form and where it stands in the original text.

    A tuple, since a text has hundreds and a dataclass takes three times as long to make.
    """

    form: str
    start: int
    end: int


def fold(text: str) -> str:
    """Return `text` without case, accents, points and width: what two spellings of one word have in common.

    >>> fold("Ñandú"), fold("STRAßE"), fold("ＡＢＣ"), fold("हिन्दी") == "हिन्दी"
    ('nandu', 'strasse', 'abc', True)
    """
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text).casefold().translate(_JOINERS)
    kept = "".join(c for c in apart if not _is_accent(unicodedata.combining(c)))
    return unicodedata.normalize("NFC", kept).translate(_PLAIN)


def _is_accent(combining_class: int) -> bool:
    """Say whether a mark may be left out: accents (200 and more), Hebrew and Arabic points (10 to 36).

    Viramas, nuktas, kana voicing and Thai tones lie outside: without them a word is another word.
    """
    return combining_class >= 200 or 10 <= combining_class <= 36


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of `text` in order; runs of a dense script as overlapping pairs, then their last letter alone.

    >>> [token.form for token in tokens("Der Große Bär, 北京市")]
    ['der', 'grosse', 'bar', '北京', '京市', '市']
    """
    if text.isascii():
        for match in _ASCII_WORD.finditer(text):
            yield Token(match.group().lower()[:LONGEST], match.start(), match.end())
        return
    words, runs = _scripts()
    for match in words.finditer(text):
        found = match.group()
        if found.isascii():
            yield Token(found.lower()[:LONGEST], match.start(), match.end())
            continue
        for run in runs.finditer(found):
            start, end = match.start() + run.start(), match.start() + run.end()
            if BY_CHARACTER.match(run.group()):
                yield from _pairs(text, start, end)
            elif form := fold(run.group()):
                yield Token(sys.intern(form[:LONGEST]), start, end)


def _pairs(text: str, start: int, end: int) -> Iterator[Token]:
    for place in range(start, end):
        stop = min(place + 2, end)
        if form := fold(text[place:stop]):
            yield Token(sys.intern(form), place, stop)
