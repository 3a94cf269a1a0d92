"""Outlets whose lists depend on each other as real ones do, and how well their completeness is estimated."""

import math
import random
from collections.abc import Sequence
from typing import Any

from news.recapture import estimate

#: articles of a month, from a small outlet to a large one
FEWEST, MOST = 250, 12_000
#: what the sources together announce of an outlet's articles
LEAST_SHARE = 0.6
#: the interval is narrow if half of it is no more
NARROW = 0.03


def recaptured(outlets: int, seed: int = 41) -> dict[str, Any]:
    """Return for how many simulated outlets the interval holds the truth, and how wide it is."""
    chance = random.Random(seed)  # noqa: S311 - the same outlets for the same seed
    held, errors, biases = 0, [], []
    for _ in range(outlets):
        counts, truth = _outlet(chance)
        made = estimate(counts)
        if made is None:
            continue
        held += made.low <= truth <= made.high
        errors.append(made.error)
        biases.append(made.share - truth)
    errors.sort()
    return {
        "outlets_estimated": len(errors),
        "interval_holds_the_truth": round(held / len(errors), 3),
        "half_width_median": round(errors[len(errors) // 2], 3),
        "half_width_under_3_points": round(sum(each <= NARROW for each in errors) / len(errors), 3),
        "bias": round(sum(biases) / len(biases), 3),
    }


def _outlet(chance: random.Random) -> tuple[dict[int, int], float]:
    """Return lists -> articles, and the share of articles that stand in any list.

    Three or four lists; the last are links in bodies, of which a sample is taken. Big stories stand in all: of half of
    the outlets sizes are normal, of half a few are far bigger than the rest. In half of them, too, one list copies
    much of another.
    """
    articles = round(math.exp(chance.uniform(math.log(FEWEST), math.log(MOST))))
    lists = chance.choice((3, 4))
    bases = [chance.gauss(0, 0.8) for _ in range(lists)]
    slopes = [chance.uniform(0.2, 1.6) for _ in range(lists)]
    is_skewed, copies = chance.random() < 0.5, chance.random() < 0.5
    sizes = [chance.expovariate(1) - 1 if is_skewed else chance.gauss(0, 1) for _ in range(articles)]
    draws = [[chance.random() for _ in range(lists)] for _ in range(articles)]
    wanted = chance.uniform(LEAST_SHARE, 1.0)
    low, high = -8.0, 8.0
    for _ in range(20):
        middle = (low + high) / 2
        stood = _stood(sizes, draws, bases, slopes, middle, copies=copies)
        announced = sum(1 for each in stood if each & (2 ** (lists - 1) - 1)) / articles
        low, high = (middle, high) if announced < wanted else (low, middle)
    counts: dict[int, int] = {}
    for each in stood:
        counts[each] = counts.get(each, 0) + 1
    return counts, 1 - counts.pop(0, 0) / articles


def _stood(
    sizes: Sequence[float],
    draws: Sequence[Sequence[float]],
    bases: Sequence[float],
    slopes: Sequence[float],
    shift: float,
    *,
    copies: bool,
) -> list[int]:
    """Return the lists in which each article stands, as bits."""
    found = []
    last = len(bases) - 1
    for size, chances in zip(sizes, draws, strict=True):
        stood = 0
        for place, drawn in enumerate(chances):
            odds = bases[place] + slopes[place] * size + (-1.5 if place == last else shift)
            odds += 1.0 if copies and place == 1 and stood & 1 else 0.0
            if drawn < 1 / (1 + math.exp(-odds)):
                stood |= 1 << place
        found.append(stood)
    return found
