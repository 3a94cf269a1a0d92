"""A text's quotations, and its letters folded so that two spellings of one text are equal."""

import re
from collections import Counter
from unicodedata import category, normalize

from news.words import numbers, pieces

#: quotation marks of the world, each opening mark with its closing ones; longer than 2,000 characters is a lost mark
QUOTATIONS = re.compile(
    r"“[^“”]{2,2000}”|„[^„“”]{2,2000}[“”]|«[^«»]{2,2000}»|»[^«»]{2,2000}«|「[^「」]{2,2000}」|『[^『』]{2,2000}』"
    r'|"[^"]{2,2000}"|”[^”“]{2,2000}”'
)
#: a quotation of fewer letters is a word held at arm's length
_QUOTATION_LETTERS = 8
#: quotations compared with one another to tell which became which
_MOST_QUOTATIONS = 50
#: a figure with its separators
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")


def folded(text: str) -> str:
    """Return the letters, figures and symbols of `text` that carry meaning, without case, space and punctuation.

    >>> folded("Well-known, indeed!") == folded("well known – indeed"), folded("5 %") == folded("5"), folded("1.5")
    (True, False, '1.5')
    """
    # ı and İ of Turkish are written I in capitals by many a program
    text = normalize("NFKC", text).casefold().replace("ı", "i").replace("\u0307", "")
    text = _FIGURE.sub(lambda figure: f" {numbers(figure.group())[0]} ".replace(".", "\0"), text)
    return "".join(sign for sign in text if sign.isalnum() or _means(sign)).replace("\0", ".")


def _means(sign: str) -> bool:
    # an accent that stands alone is a quotation mark of old typewriters
    return sign in "%‰\0" or (category(sign)[0] in "SM" and sign not in "`´")


def quoted_ranges(text: str) -> list[tuple[int, int]]:
    """Return where each quotation begins and ends, its marks included."""
    return [match.span() for match in QUOTATIONS.finditer(text)]


def changed_quotations(before: str, after: str) -> list[tuple[str, str]]:
    """Return the quotations of `before` that do not stand in `after`, each with what became of it, or ""."""
    old = {folded(quotation): quotation for quotation in QUOTATIONS.findall(before)}
    new = {folded(quotation): quotation for quotation in QUOTATIONS.findall(after)}
    lost = [(key, text) for key, text in old.items() if key not in new and len(key) >= _QUOTATION_LETTERS]
    come = [text for key, text in new.items() if key not in old]
    return [(text, _nearest(text, come[:_MOST_QUOTATIONS])) for _, text in lost[:_MOST_QUOTATIONS]]


def _nearest(quotation: str, others: list[str]) -> str:
    """Return the one of `others` that shares most words with `quotation`, "" if none shares half of them."""
    words = Counter(map(folded, pieces(quotation)))
    scored = [((words & Counter(map(folded, pieces(other)))).total(), other) for other in others]
    best, text = max(scored, default=(0, ""))
    return text if best >= words.total() / 2 else ""
