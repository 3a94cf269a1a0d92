"""Names in a row: which words belong together as one name, by their capitals and by what stands between them."""

from bisect import bisect_left
from collections.abc import Iterator

from pipelines.enrich.lexicon import tells
from pipelines.enrich.reading import Reading
from pipelines.enrich.words import ABBREVIATED

#: small words inside a person's name
PARTICLES = frozenset(
    "de da do dos das del della di du la le el al as bin ben ibn van von der den ter ten zu af av abu".split()
)
_SPACES = frozenset((" ", "\u00a0", "-", "‑", " d'", " d’", " l'", " l’"))
#: a name has no more words than this
LONGEST = 7


def capital(reading: Reading, index: int) -> bool:
    """Return whether a word begins with a capital letter."""
    return reading.capitals[index] == 1


def joined(reading: Reading, index: int) -> bool:
    """Return whether the word after `index` continues its name: after a space, a hyphen or an initial's full stop."""
    words = reading.words
    if index + 1 >= len(words):
        return False
    gap = reading.text[words[index].end : words[index + 1].start]
    if gap in _SPACES:
        return True
    before = words[index].text
    return gap == ". " and (len(before) == 1 or before.lower() in ABBREVIATED)


def never(reading: Reading, index: int) -> bool:
    """Return whether a word is one that begins and ends no name: a function word, a day, a month."""
    return tells("never", reading.language, reading.keys[index])


def runs(reading: Reading, taken: bytearray) -> Iterator[tuple[int, int]]:
    """Yield (first, end) of each row of capitalised words that nothing has taken yet.

    Function words at its ends are not of it, nor is a sentence's first word that stands small elsewhere in the text.
    Small particles may stand inside ("Ursula von der Leyen", "al-Mashtal").
    """
    words, keys, capitals = reading.words, reading.keys, reading.capitals
    done, count = 0, len(words)
    for index in reading.marked:
        if index < done or taken[index] or not capitals[index]:
            continue
        end = index + 1
        while end < count and end - index < LONGEST and joined(reading, end - 1):
            if (not taken[end] and capitals[end]) or (keys[end] in PARTICLES and _leads_on(reading, taken, end)):
                end += 1
            else:
                break
        first, last = index, end
        while first < last and (never(reading, first) or (words[first].opens and keys[first] in reading.lower)):
            first += 1
        while last > first and (never(reading, last - 1) or not capital(reading, last - 1)):
            last -= 1
        if first < last:
            if first == index and first and keys[first - 1] in ("al", "el") and joined(reading, first - 1):
                first -= 1
            yield first, last
        done = end


def _leads_on(reading: Reading, taken: bytearray, index: int) -> bool:
    """Return whether a particle, or two, are followed by a capitalised word."""
    for ahead in (index + 1, index + 2):
        if ahead >= len(reading.words) or not joined(reading, ahead - 1) or taken[ahead]:
            return False
        if capital(reading, ahead):
            return True
        if reading.keys[ahead] not in PARTICLES:
            return False
    return False


def written(reading: Reading, first: int, end: int) -> str:
    """Return the words from `first` to before `end` as they stand in the text, on one line."""
    return " ".join(reading.text[reading.words[first].start : reading.words[end - 1].end].split())


def index_at(reading: Reading, offset: int) -> int:
    """Return the number of the first word that starts at or after an offset in the text."""
    return bisect_left(reading.words, offset, key=lambda word: word.start)
