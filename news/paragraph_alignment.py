"""Which of the deleted paragraphs became which of the inserted ones."""

from collections import Counter
from collections.abc import Iterator, Sequence

from news.words import words

#: two paragraphs are one, reworded, if they share at least this part of their words
LEAST_SHARED = 0.4
#: pairs that are looked at; more paragraphs at once were rewritten, and nobody reads them word by word
MOST_PAIRS = 2_500


def align_paragraphs(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield in reading order what each paragraph was and is; "" where it is new or gone.

    >>> list(align_paragraphs(["Five people died.", "Nobody came."], ["Rain fell on us.", "Seven people died."]))
    [('', 'Rain fell on us.'), ('Five people died.', 'Seven people died.'), ('Nobody came.', '')]
    """
    old_at = new_at = 0
    for old, new in [*_paired(before, after), (len(before), len(after))]:
        yield from ((line, "") for line in before[old_at:old])
        yield from (("", line) for line in after[new_at:new])
        if old < len(before):
            yield before[old], after[new]
        old_at, new_at = old + 1, new + 1


def _paired(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places, rising on both sides, whose paragraphs share the most words in all."""
    if not before or not after or len(before) * len(after) > MOST_PAIRS:
        return []
    old, new = [Counter(words(line)) for line in before], [Counter(words(line)) for line in after]
    shared = [[_shared(one, other) for other in new] for one in old]
    # best[i][j]: the most that the paragraphs from i and from j on can share
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], shared[i][j] + best[i + 1][j + 1])
    found = []
    i = j = 0
    while i < len(old) and j < len(new):
        if shared[i][j] and best[i][j] == shared[i][j] + best[i + 1][j + 1]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _shared(one: Counter[str], other: Counter[str]) -> float:
    """Return the part of the longer paragraph's words that both have, 0 below LEAST_SHARED."""
    share = (one & other).total() / (max(one.total(), other.total()) or 1)
    return share if share >= LEAST_SHARED else 0.0
