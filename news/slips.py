"""Two words in, whether one is the other with a slip mended."""

from unicodedata import category, combining, normalize

from news.number_words import plain

#: longer words are no words
_LONGEST_WORD = 40
#: letters that an inflected word keeps, and may lose or get at its end
_STEM, _ENDING = 3, 4


def is_alike(one: str, other: str) -> bool:
    """Say whether two words are one word, mended: few letters differ (Damerau's four slips), the first one seldom.

    A word of up to three letters may have two changed about; up to five letters one slip behind the first letter.
    """
    a, b = plain(one), plain(other)
    if max(len(a), len(b)) > _LONGEST_WORD:
        return False
    if _bare(a) == _bare(b):
        return True
    shorter = min(len(a), len(b))
    if not shorter or not a[0].isalpha() or category(a[0]) == "Lo":
        return False
    slips = slips_between(a, b)
    if shorter <= 3:
        return slips == 1 and sorted(a) == sorted(b)
    if shorter <= 5:
        return slips == 1 and (a[0] == b[0] or sorted(a) == sorted(b))
    return slips <= 2


def is_inflection(one: str, other: str) -> bool:
    """Say whether two words differ in their endings alone."""
    longest = max(len(one), len(other))
    return one[: max(_STEM, longest - _ENDING)] == other[: max(_STEM, longest - _ENDING)]


def _bare(word: str) -> str:
    """Return a word without accents, with ß as ss."""
    return "".join(sign for sign in normalize("NFD", word.replace("ß", "ss")) if not combining(sign) and sign != "-")


def slips_between(one: str, other: str) -> int:
    """Return how many letters were left out, put in, exchanged or changed about (Damerau 1964); 3 for more than two."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, sign in enumerate(one, 1):
        older, before, row = before, row, [at]
        for place, its in enumerate(other, 1):
            best = min(before[place] + 1, row[-1] + 1, before[place - 1] + (sign != its))
            if at > 1 and place > 1 and sign == other[place - 2] and one[at - 2] == its:
                best = min(best, older[place - 2] + 1)
            row.append(best)
        if min(row) > 2:
            return 3
    return min(row[-1], 3)
