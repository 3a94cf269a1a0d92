"""Text whose letters a paywall moved along the alphabet: told by the letters of the page's other lines."""

from collections import Counter
from collections.abc import Iterable
from math import log

from pipelines.extract.block_segmentation import Block

#: of fewer letters the frequencies say little
_LEAST_LETTERS = 80
_LEAST_CLEAR = 300
#: by so many places letters are moved; 13 places on, each alphabet of 26 letters is read backwards and forwards alike
_MOVES = (1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 13, -13)
#: nats a letter by which the text moved back must be likelier than as it stands; chosen on our own sentences in the
#: Latin, Greek, Cyrillic and Arabic scripts (tests/pipelines/extract/test_ciphertext.py), which stay apart by it
_LEAST_GAIN = 0.4
#: characters of a block that are looked at
_SAMPLE = 1_200


def ciphertext(blocks: list[Block], shown: Iterable[Block]) -> set[int]:
    """Return the places in `blocks` of those whose letters were moved; `shown` is all that the page shows.

    The page's short lines (its menus, headings and links) say how often each letter stands in its language. Headings
    below the first such block go with it, for they head nothing. Where the longest block is clear, or the page has too
    few short lines, the answer is the empty set.
    """
    longest = max(blocks, key=lambda block: len(block.text), default=None)
    if longest is None or len(longest.text) < _LEAST_LETTERS:
        return set()
    clear = _letters("".join(block.text for block in shown if len(block.text) < _LEAST_LETTERS)[: 4 * _SAMPLE])
    if clear.total() < _LEAST_CLEAR or not _moved(longest.text, clear):
        return set()
    found = {at for at, block in enumerate(blocks) if len(block.text) >= _LEAST_LETTERS and _moved(block.text, clear)}
    first = min(found)
    return found | {at for at, block in enumerate(blocks) if at > first and block.tag in ("h2", "h3", "h4", "h5", "h6")}


def _letters(text: str) -> Counter[str]:
    return Counter(character for character in text.lower() if character.isalpha())


def _moved(text: str, clear: Counter[str]) -> bool:
    text = text[:_SAMPLE]
    size = clear.total() + 0.5 * len(clear)

    def likelihood(letters: Counter[str]) -> float:
        return sum(times * log((clear[letter] + 0.5) / size) for letter, times in letters.items()) / letters.total()

    as_it_stands = _letters(text)
    if as_it_stands.total() < _LEAST_LETTERS // 2:
        return False
    usual = likelihood(clear)
    found = likelihood(as_it_stands)
    if found > usual - _LEAST_GAIN:
        return False  # as likely as the page's own lines
    for places in _MOVES:
        back = _letters("".join(chr(max(ord(character) - places, 0)) if character > " " else " " for character in text))
        if back.total() >= _LEAST_LETTERS // 2 and likelihood(back) > found + _LEAST_GAIN:
            return True
    return False
