"""Text cut into words: by spaces where a script has them, by characters or pairs where it has none."""

import re
import unicodedata
from functools import cache
from itertools import compress, count, groupby, pairwise
from operator import not_

#: where no combining mark is: ideographs, and Hangul with the surrogates and the private area behind it
_UNMARKED = (range(0x3400, 0xA000), range(0xAC00, 0xF900))
#: all combining marks. The scripts of today's news lie in the first plane; asking for all 17 costs 0.2 s at each start
MARK_POINTS = tuple(
    point
    for stretch in pairwise((0x300, *(end for each in _UNMARKED for end in (each.start, each.stop)), 0x10000))
    if range(*stretch) not in _UNMARKED
    for point in range(*stretch)
    if unicodedata.category(chr(point))[0] == "M"
)


def _marks() -> str:
    """Return all combining marks as a character class: Python's `\\w` leaves them out, which cuts Hindi apart."""
    ranges = [[point for _, point in run] for _, run in groupby(enumerate(MARK_POINTS), lambda pair: pair[1] - pair[0])]
    return "".join(f"\\u{run[0]:04x}-\\u{run[-1]:04x}" for run in ranges)


#: scripts written without spaces, for a character class: Thai, Lao, Burmese, Khmer, kana, Han
DENSE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
#: combining marks, for a character class: letters of many scripts are not \\w without them
MARKS = _marks()
#: zero-width joiners stand inside words of Persian and the Indic scripts
_SIGN = f"[\\w{MARKS}\u200c\u200d]"
_NUMBER = r"\d+(?:[.,:]\d+)*"
#: a number with its separators is one word, unit or ending with it; so is a word with an apostrophe inside
_WORD = f"{_NUMBER}{_SIGN}*|{_SIGN}+(?:['’]{_SIGN}+)*"

#: the same where no mark, no joiner and no dense character is: the short class is found faster than the long one
_PLAIN_WORDS = re.compile(r"\d++(?:[.,:]\d++)*+\w*+|\w++(?:'\w++)*+")
#: punctuation outside of Latin-1 that most news has, and sharp s, which alone is folded to two letters
_MARKS_OUTSIDE = (*((mark, " ") for mark in "“”„‘–—…€"), ("’", "'"), ("ß", "ss"))
#: what stands in `_FOLDED` for a character whose compatibility form Latin-1 has not
_OTHERWISE = b"\0"


def _fold_latin() -> bytes:
    """Return what becomes of each byte of Latin-1: a folded letter, a space, or what may stand inside a word."""
    folded = bytearray()
    for point in range(0x100):
        sign = unicodedata.normalize("NFKC", chr(point)).casefold()
        kept = sign if re.fullmatch(r"[\w.,:']", sign) else " " if not re.search(r"\w", sign) else ""
        folded += kept.encode("latin-1", "replace") if len(sign) == 1 and sign < "\u0100" else _OTHERWISE
    return bytes(folded)


_FOLDED = _fold_latin()
#: no character of Latin, Greek, Cyrillic and their punctuation: a short class, which clears most texts at once
_STRANGE = re.compile("[\u0300-\u036f\u0483-\u0489\u0590-\u1dff\u200c\u200d\u20d0-\u20ff\u2cef-\U0010ffff]")
#: the same for a stretch that may hold dense characters, each a piece with its marks
_PLAIN = f"(?:(?![{DENSE}]){_SIGN})"
_PIECE = rf"^\s+|(?:[{DENSE}][{MARKS}]*|{_NUMBER}{_PLAIN}*|{_PLAIN}+(?:['’]{_PLAIN}+)*|[^\w\s])\s*"
_NUMBERS = re.compile(_NUMBER)


@cache
def _scripts() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return what finds a sign that is not plain, a run of a dense script, and a word: compiled when first needed."""
    return (
        re.compile(f"[{DENSE}{MARKS}\u200c\u200d]"),
        re.compile(f"([{DENSE}][{DENSE}{MARKS}]*)"),
        re.compile(_WORD),
    )


@cache
def _pieces() -> re.Pattern[str]:
    return re.compile(_PIECE)


def words(text: str) -> list[str]:
    """Return the words of `text` in their order, case folded and in compatibility form (NFKC).

    A run of a script without spaces is cut into its overlapping pairs of characters.

    >>> words("Don’t pay 1,500 Euro!")
    ["don't", 'pay', '1,500', 'euro']
    >>> words("東京都 ok")
    ['東京', '京都', 'ok']
    """
    if (found := _latin_words(text)) is not None:
        return found
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    if not _STRANGE.search(folded):
        return _PLAIN_WORDS.findall(folded)
    not_plain, dense_runs, whole = _scripts()
    if not not_plain.search(folded):
        return _PLAIN_WORDS.findall(folded)
    found = []
    # splitting by a group returns the plain stretches and the dense runs by turns
    for turn, stretch in enumerate(dense_runs.split(folded)):
        if turn % 2 and len(stretch) > 1:
            found += map("".join, pairwise(stretch))
        else:
            found += whole.findall(stretch)
    return found


def _latin_words(text: str) -> list[str] | None:
    """Return the words of a text in western European letters, None of any other: the same ones, in half the time.

    As bytes, letters are folded, and what parts words becomes a space, in one go. Only what holds a number's separator
    or an apostrophe inside is looked at by itself.
    """
    for mark, plain in _MARKS_OUTSIDE:
        text = text.replace(mark, plain)
    try:
        folded = text.encode("latin-1").translate(_FOLDED)
    except UnicodeEncodeError:
        return None
    if _OTHERWISE in folded:
        return None
    # at a word's end they are nothing but punctuation; as long as before, so that nothing moves
    found = folded.replace(b". ", b"  ").replace(b", ", b"  ").decode("latin-1").split()
    odd = list(compress(count(), map(not_, map(str.isalnum, found))))
    if not odd:
        return found
    parted: list[str] = []
    done = 0
    for at in odd:
        parted += found[done:at]
        parted += _PLAIN_WORDS.findall(found[at])
        done = at + 1
    return parted + found[done:]


def pieces(text: str) -> list[str]:
    """Return `text` cut into words, punctuation marks and characters of dense scripts, each with the space after it.

    Joined, the pieces are the text again.

    >>> pieces("Er sagte: „Nein“.")
    ['Er ', 'sagte', ': ', '„', 'Nein', '“', '.']
    """
    return _pieces().findall(text)


def numbers(text: str) -> list[str]:
    """Return the figures in `text`, digits as 0-9, without separators of thousands and with a point for decimals.

    A group of three digits after a separator is read as thousands: 1.500 and 1,500 are the same.

    >>> numbers("1,500 or 1.500? 1,5 and ٣ at 10:30")
    ['1500', '1500', '1.5', '3', '10.30']
    """
    found = []
    for figure in _NUMBERS.findall(text):
        if figure.isascii() and figure.isdigit():
            found.append(figure)
            continue
        first, *groups = re.split(r"[.,:]", figure)
        whole = first
        for group in groups:
            whole += group if len(group) == 3 else f".{group}"
        found.append("".join(str(unicodedata.digit(sign)) if sign != "." else sign for sign in whole))
    return found
