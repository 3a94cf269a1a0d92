"""Completeness from the overlap of lists: the interval holds the truth, and nothing is said of what cannot be known."""

import math
import random

import pytest

from news.recapture import FEWEST, Capture, estimate


def listed(seed: int, articles: int, rates: list[float], together: float) -> tuple[dict[int, int], float]:
    """Return lists -> articles of an outlet, and the share of articles that stand in any list.

    `rates` are the chance that an article of usual size stands in each list; the larger `together`, the more the same
    articles stand in all.
    """
    chance = random.Random(seed)
    counts: dict[int, int] = {}
    for _ in range(articles):
        size = chance.gauss(0, 1) * together
        lists = [1 / (1 + math.exp(-math.log(rate / (1 - rate)) - size)) > chance.random() for rate in rates]
        stood = sum(1 << place for place, is_in in enumerate(lists) if is_in)
        counts[stood] = counts.get(stood, 0) + 1
    missing = counts.pop(0, 0)
    return counts, 1 - missing / articles


@pytest.mark.parametrize("together", [0.0, 0.7, 1.3])
def test_the_interval_holds_the_truth_for_most_outlets_however_big_stories_stand_in_all(together: float) -> None:
    held = 0
    for seed in range(20):
        chance = random.Random(seed)
        counts, truth = listed(seed, 1_500, [chance.uniform(0.2, 0.8) for _ in range(4)], together)
        made = estimate(counts)
        assert made is not None
        held += made.low <= truth <= made.high
    assert held >= 17


def test_more_articles_and_fuller_lists_leave_less_doubt() -> None:
    few, many, full = (
        estimate(listed(3, articles, [rate] * 4, 0.5)[0]) for articles, rate in ((200, 0.5), (8_000, 0.5), (8_000, 0.9))
    )
    assert few is not None
    assert many is not None
    assert full is not None
    assert few.error > many.error > full.error
    assert full.low > 0.98


@pytest.mark.parametrize(
    "counts",
    [
        {},
        {1: 10_000},
        {1: 5_000, 2: 5_000, 3: 5_000},
        {Capture.FEED | Capture.SITEMAP | Capture.LINK: FEWEST - 1},
    ],
)
def test_of_too_little_nothing_is_said(counts: dict[int, int]) -> None:
    assert estimate(counts) is None


@pytest.mark.parametrize(
    "counts",
    [
        {7: 1_000},
        {15: 10**9},
        {1: 400, 2: 300, 4: 200},
        {1: 1, 2: 1, 4: 1, 7: 10**6},
        {15: 60, 1: 10**7},
        dict.fromkeys(range(1, 16), 1_000_000),
    ],
)
def test_whatever_the_counts_the_interval_is_one(counts: dict[int, int]) -> None:
    made = estimate(counts)
    if made is not None:
        assert 0 <= made.low <= made.share <= made.high <= 1
        assert math.isfinite(made.error)
