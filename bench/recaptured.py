"""Outlets whose lists depend on each other as real ones do, and how well their completeness is estimated.

Besides the interval's width that of oracles is given: no estimate of such lists can be narrower.
"""

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from news.recapture import LEVEL, estimate

Floats = npt.NDArray[np.float64]

#: articles of a month, from a small outlet to a large one
FEWEST, MOST = 250, 12_000
#: what the sources together announce of an outlet's articles
LEAST_SHARE = 0.6
#: the interval is narrow if half of it is no more
NARROW = 0.03
#: of half of the first kind sizes are normal, of half a few are far bigger than the rest, and in half one list copies
#: another; that is what the estimate supposes, too. No model of it is like the others, on which nothing was chosen
KINDS = ("big stories", "independent", "steep", "heavy tails", "even", "any pair copies", "interactions", "sections")
#: slopes of the first kind: how much size counts, at least and at most, for a list
SLOPES = (0.2, 1.6)
SECTIONS = 6


def recaptured(outlets: int, seed: int = 41) -> dict[str, Any]:
    """Return for how many simulated outlets the interval holds the truth, and how wide it is; by kind besides."""
    made = {kind: _measured(kind, outlets if kind == KINDS[0] else outlets // 2, seed) for kind in KINDS}
    others = [figures for kind, figures in made.items() if kind != KINDS[0]]
    return {
        **made[KINDS[0]],
        "least_held_of_other_kinds": min(each["interval_holds_the_truth"] for each in others),
        "held_of_other_kinds": round(sum(each["interval_holds_the_truth"] for each in others) / len(others), 3),
        "completeness_by_kind": {
            kind: [figures["interval_holds_the_truth"], figures["half_width_median"], figures["bias"]]
            for kind, figures in made.items()
        },
    }


def _measured(kind: str, outlets: int, seed: int) -> dict[str, Any]:
    chance = np.random.default_rng(seed)
    held: list[bool] = []
    errors: list[float] = []
    biases: list[float] = []
    sure: list[float] = []
    known: list[float] = []
    for _ in range(outlets):
        outlet = _outlet(chance, kind)
        counts = dict(enumerate(map(int, chance.multinomial(outlet.articles, outlet.chances))))
        truth = 1 - counts.pop(0) / outlet.articles
        found = estimate(counts)
        if found is None:
            continue
        held.append(found.low <= truth <= found.high)
        errors.append(found.error)
        biases.append(found.share - truth)
        if kind == KINDS[0]:
            # of that level, as the interval is
            sure.append(_DEVIATIONS * math.sqrt(outlet.chances[0] * (1 - outlet.chances[0]) / outlet.articles))
            known.append(_DEVIATIONS * _least_error(outlet))
    figures = {
        "outlets_estimated": len(held),
        "interval_holds_the_truth": round(float(np.mean(held)), 3),
        "half_width_median": round(float(np.median(errors)), 3),
        "half_width_under_3_points": round(float(np.mean(np.array(errors) <= NARROW)), 3),
        "bias": round(float(np.mean(biases)), 3),
    }
    if known:
        figures["half_width_if_all_chances_were_known"] = round(float(np.median(sure)), 3)
        figures["half_width_if_the_kind_of_dependence_were_known"] = round(float(np.median(known)), 3)
    return figures


_DEVIATIONS = 1.96
assert LEVEL == 0.95, "so many deviations are another level's"


@dataclass(frozen=True, kw_only=True)
class _Outlet:
    """A simulated outlet: its articles, and the probability of each set of lists; what else made it, for the oracle."""

    articles: int
    chances: Floats
    lists: int
    points: Floats
    weights: Floats
    #: the logarithm of the articles, each list's odds and each list's slope
    terms: Floats
    copied: float


def _outlet(chance: np.random.Generator, kind: str) -> _Outlet:
    """Return an outlet of three or four lists; the last are links in bodies, of which a sample is taken."""
    articles = round(math.exp(chance.uniform(math.log(FEWEST), math.log(MOST))))
    lists = int(chance.choice((3, 4)))
    bases, wanted = chance.normal(0, 0.8, lists), chance.uniform(LEAST_SHARE, 1.0)
    slopes = chance.uniform(*(SLOPES if kind != "steep" else (1.0, 2.5)), lists)
    slopes = np.zeros(lists) if kind == "independent" else slopes
    points, weights = _sizes(chance, kind)
    copied = float(chance.random() < 0.5 and kind != "independent")
    pair = (0, 1)
    if kind == "any pair copies":
        first, second = sorted(chance.choice(lists, 2, replace=False))
        pair, copied = (int(first), int(second)), chance.uniform(0.5, 2.5) * (1 if chance.random() < 0.75 else -0.5)
    effects = slopes * points[:, None]
    if kind == "sections":
        shared = chance.normal(0, 0.7, SECTIONS)[:, None]
        effects = shared * chance.uniform(0.4, 1.2, lists) + chance.normal(0, 0.6, (SECTIONS, lists))
        weights = chance.dirichlet(np.full(SECTIONS, 2.0))
        copied = 0.0
    tilt = _interactions(chance, lists) if kind == "interactions" else np.zeros(2**lists)
    if kind == "interactions":
        effects, weights, copied = np.zeros((1, lists)), np.ones(1), 0.0
    low, high = -10.0, 10.0
    for _ in range(40):
        middle = (low + high) / 2
        odds = bases + middle
        odds[-1] = bases[-1] - 1.5
        chances = _chances(odds, effects, weights, pair, copied) * np.exp(tilt)
        chances /= chances.sum()
        announced = sum(each for cell, each in enumerate(chances) if cell & (2 ** (lists - 1) - 1))
        low, high = (middle, high) if announced < wanted else (low, middle)
    terms = np.concatenate([[math.log(articles)], odds, slopes])
    return _Outlet(
        articles=articles,
        chances=chances,
        lists=lists,
        points=points,
        weights=weights,
        terms=terms,
        copied=copied,
    )


def _sizes(chance: np.random.Generator, kind: str) -> tuple[Floats, Floats]:
    """Return how big articles are, with the share of each."""
    if kind == "even":
        points, weights = np.polynomial.legendre.leggauss(41)
        return points * math.sqrt(3), weights / weights.sum()
    normal, weights = np.polynomial.hermite_e.hermegauss(41)
    weights = weights / weights.sum()
    if kind == "heavy tails":
        return np.concatenate([normal * 0.7, normal * 1.9]), np.concatenate([weights * 0.85, weights * 0.15])
    if chance.random() < 0.5:
        points, weights = np.polynomial.laguerre.laggauss(41)
        return points - 1, weights / weights.sum()
    return normal, weights


def _interactions(chance: np.random.Generator, lists: int) -> Floats:
    """Return by how much each set of lists is likelier for what its pairs have to do with each other."""
    strength = {pair: chance.normal(0.5, 0.4) for pair in combinations(range(lists), 2)}
    third = chance.normal(0, 0.2)
    return np.array(
        [
            sum(each for (one, other), each in strength.items() if cell >> one & cell >> other & 1)
            + third * max(0, cell.bit_count() - 2)
            for cell in range(2**lists)
        ]
    )


def _chances(odds: Floats, effects: Floats, weights: Floats, pair: tuple[int, int], copied: float) -> Floats:
    lists = len(odds)
    found = np.zeros(2**lists)
    for cell in range(2**lists):
        chance = weights.copy()
        for place in range(lists):
            copies = copied if place == pair[1] and cell >> pair[0] & 1 else 0.0
            share = 1 / (1 + np.exp(-(odds[place] + effects[:, place] + copies)))
            chance = chance * (share if cell >> place & 1 else 1 - share)
        found[cell] = chance.sum()
    return found


def _least_error(outlet: _Outlet) -> float:
    """Return the error of who knows how sizes are spread, which list copies which and how much, and the slopes' range.

    By Cramér and Rao's bound with Fisher's information of the sets of lists, as if their numbers were Poisson's.
    """

    def expected(terms: Floats) -> Floats:
        odds, slopes = terms[1 : 1 + outlet.lists], terms[1 + outlet.lists :]
        effects = slopes * outlet.points[:, None]
        return math.exp(terms[0]) * _chances(odds, effects, outlet.weights, (0, 1), outlet.copied)

    numbers = expected(outlet.terms)
    steps = np.eye(len(outlet.terms)) * 1e-4
    changes = np.array([(expected(outlet.terms + step) - expected(outlet.terms - step)) / 2e-4 for step in steps])
    spread = (SLOPES[1] - SLOPES[0]) ** 2 / 12
    before = np.diag([0.0] + [0.02] * outlet.lists + [1 / spread] * outlet.lists)
    information = (changes[:, 1:] / numbers[1:]) @ changes[:, 1:].T + before
    steep = changes[:, 0] / numbers[0]
    variance = float(steep @ np.linalg.pinv(information) @ steep) + 1 / numbers[0]
    missing = float(outlet.chances[0])
    return (1 - missing) * missing * math.sqrt(variance)
