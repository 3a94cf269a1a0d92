"""Two rows of words in, which of them are the same in both, in their order; in bounded time, whatever the rows."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

#: within a gap that holds no landmark, the most edits that are looked for; past it the gap counts as rewritten whole.
#: The search costs the square of the edits: 90,000 steps, some 30 ms
MOST_EDITS = 300
#: steps a text may cost beside 20 for each of its words; then the rest counts as rewritten (hostile texts)
MOST_STEPS = 2_000_000

Pair = tuple[int, int]


class Aligner:
    """Finds the pairs of places that hold the same word in two rows; all its searches draw on one purse of steps.

    Words that stand once in each row are landmarks (patience diff: Bram Cohen, 2006); the gaps between them are
    searched for the fewest edits (Myers, 1986), up to MOST_EDITS. So the time grows with the length of the rows and
    not with its square, as difflib's does.

    >>> Aligner(words=8).pairs("the old bridge fell".split(), "the new bridge fell".split())
    [(0, 0), (2, 2), (3, 3)]
    """

    def __init__(self, words: int) -> None:
        self.steps = MOST_STEPS + 20 * words

    def pairs(self, before: Sequence[str], after: Sequence[str]) -> list[Pair]:
        """Return the places of the words that are the same, in rising order of both."""
        numbers = {word: number for number, word in enumerate(dict.fromkeys([*before, *after]))}
        old, new = [numbers[word] for word in before], [numbers[word] for word in after]
        found: list[Pair] = []
        gaps = [(0, len(old), 0, len(new))]
        while gaps:
            old_start, old_end, new_start, new_end = gaps.pop()
            while old_start < old_end and new_start < new_end and old[old_start] == new[new_start]:
                found.append((old_start, new_start))
                old_start, new_start = old_start + 1, new_start + 1
            while old_start < old_end and new_start < new_end and old[old_end - 1] == new[new_end - 1]:
                old_end, new_end = old_end - 1, new_end - 1
                found.append((old_end, new_end))
            if old_start == old_end or new_start == new_end or self.steps <= 0:
                continue
            self.steps -= old_end - old_start + new_end - new_start
            marks = _landmarks(old, old_start, old_end, new, new_start, new_end)
            if marks:
                found += marks
                edges = [(old_start - 1, new_start - 1), *marks, (old_end, new_end)]
                gaps += [(a + 1, c, b + 1, d) for (a, b), (c, d) in pairwise(edges)]
                continue
            edits, same = _fewest_edits(old[old_start:old_end], new[new_start:new_end])
            found += [(old_start + i, new_start + j) for i, j in same]
            self.steps -= edits * edits
        return sorted(found)


def _landmarks(
    old: list[int], old_start: int, old_end: int, new: list[int], new_start: int, new_end: int
) -> list[Pair]:
    """Return the longest rising row of places of the words that stand once in each of the two stretches."""
    old_counts, new_counts = Counter(old[old_start:old_end]), Counter(new[new_start:new_end])
    places = {old[at]: at for at in range(old_start, old_end)}
    once = [
        (places[new[at]], at)
        for at in range(new_start, new_end)
        if new_counts[new[at]] == 1 and old_counts[new[at]] == 1
    ]
    # longest increasing subsequence by patience sorting: the top card of each pile, and what lay left of each card
    tops: list[int] = []
    cards: list[int] = []
    left: list[int] = []
    for number, (place, _) in enumerate(once):
        pile = bisect_left(tops, place)
        left.append(cards[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        cards[pile : pile + 1] = [number]
    row: list[Pair] = []
    number = cards[-1] if cards else -1
    while number >= 0:
        row.append(once[number])
        number = left[number]
    return row[::-1]


def _fewest_edits(old: list[int], new: list[int]) -> tuple[int, list[Pair]]:
    """Return a shortest edit script's length and equal places (Myers' greedy algorithm); none past MOST_EDITS."""
    furthest = {1: 0}
    history: list[dict[int, int]] = []
    for edits in range(min(MOST_EDITS, len(old) + len(new)) + 1):
        history.append(furthest.copy())
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
            x = furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1
            y = x - diagonal
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            furthest[diagonal] = x
            if x >= len(old) and y >= len(new):
                return edits, _walk_back(history, len(old), len(new))
    return MOST_EDITS, []


def _walk_back(history: list[dict[int, int]], x: int, y: int) -> list[Pair]:
    found: list[Pair] = []
    for edits in range(len(history) - 1, -1, -1):
        furthest, diagonal = history[edits], x - y
        down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
        back = diagonal + 1 if down else diagonal - 1
        from_x = furthest[back] if edits else 0
        from_y = from_x - back if edits else 0
        while x > from_x and y > from_y and x > 0 and y > 0:
            x, y = x - 1, y - 1
            found.append((x, y))
        x, y = from_x, from_y
    return found
