"""How complete what we found is: articles that no source announced, estimated by capture and recapture.

An outlet's feeds, sitemaps and front pages, and the links in its articles' bodies, each list some of its articles. How
they overlap says how many stand in none of them. They depend on each other: big stories stand in all. So an article has
a size that nobody sees, and each list takes articles by it, the one more than the other (Rasch; Coull and Agresti
1999). Models with several shapes of sizes, and with one pair of lists of which one copies the other, are fitted and
averaged by how likely they make what was seen (Laplace's approximation).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag
from itertools import combinations
from statistics import NormalDist
from typing import Any


class Capture(IntFlag):
    """In which kinds of lists an article stood."""

    NONE = 0
    FEED = 1
    SITEMAP = 2
    FRONT_PAGE = 4
    LINK = 8


#: of fewer articles nothing is estimated
FEWEST = 50
#: the interval is to hold the truth for more than nine of ten outlets, of models that are never quite right: this
#: share of what the models think possible does (bench/announced.py, on kinds of outlets that no model here is)
LEVEL = 0.95
#: with a larger error, in points, the interval is shown and no estimate
MOST_ERROR = 5.0
#: steps of a fit, and when it is close enough
_STEPS, _CLOSE = 60, 1e-6
#: what sizes may be like, each with how likely it is before anything was seen, and its points with their weights: all
#: alike; normal (Gauss and Hermite's points); many small and few far bigger ones (Gauss and Laguerre's); two kinds
_NORMAL = ((0.0, 0.406349), (1.023256, 0.244098), (2.076848, 0.049916), (3.205429, 0.002789), (4.512746, 0.000022))
_SHAPES = (
    (0.2, ((0.0, 1.0),)),
    (0.3, (*_NORMAL, *((-size, weight) for size, weight in _NORMAL[1:]))),
    (
        0.3,
        (
            (-0.806956, 0.4093190),
            (0.026665, 0.4218313),
            (1.567877, 0.1471263),
            (3.900353, 0.0206335),
            (7.182153, 0.0010740),
            (11.734180, 0.0000159),
        ),
    ),
    (0.2, ((-0.5, 0.8), (2.0, 0.2))),
)
#: how likely it is that one list copies another
_COPIES = 0.5
#: mean and deviation of what is thought before anything was seen: of a list's own share, of the logarithm of how much
#: size counts for it, and of how much one list copies another; all are log odds
_SHARE, _SLOPE, _COPY = (0.0, 3.0), (math.log(0.8), 0.9), (0.5, 1.0)


@dataclass(frozen=True, kw_only=True)
class CompletenessEstimate:
    """The share of an outlet's articles that are found, from 0 to 1; the truth is likely between `low` and `high`."""

    found: int
    share: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """Return half the width of the interval."""
        return (self.high - self.low) / 2

    def as_json(self) -> dict[str, object]:
        """Return it with three digits; more are not known."""
        return {"found": self.found} | {name: round(getattr(self, name), 3) for name in ("share", "low", "high")}


def completeness_words(estimated: Mapping[str, Any]) -> str:
    """Return an estimate as a reader reads it: the `share` with its error, or `low` and `high` where that is large.

    "" where nothing is known; the error is rounded up.

    >>> completeness_words({"share": 0.968, "low": 0.955, "high": 0.979}), completeness_words({})
    ('97 % ± 2', '')
    >>> completeness_words({"share": 0.8, "low": 0.5, "high": 0.9})
    '50–90 %'
    """
    if estimated.get("share") is None:
        return ""
    share, low, high = (100 * float(estimated[name]) for name in ("share", "low", "high"))
    if (high - low) / 2 > MOST_ERROR:
        return f"{low:.0f}–{high:.0f} %"
    return f"{share:.0f} % ± {math.ceil(round(max(share - low, high - share), 3))}"


def estimate(counts: Mapping[int, int]) -> CompletenessEstimate | None:
    """Return how complete the articles are of which so many stood in each set of lists (bits of Capture).

    None where too little is known to say: fewer than FEWEST articles, or fewer than three kinds of lists that overlap.
    Two lists cannot tell dependence from completeness.

    >>> independent = {1: 180, 2: 180, 4: 180, 3: 180, 5: 180, 6: 180, 7: 180}
    >>> found = estimate(independent)
    >>> found is not None and found.low <= 0.875 <= found.high
    True
    >>> estimate({1: 500, 2: 500})
    """
    histories, lists = _histories(counts)
    found = sum(histories.values())
    if found < FEWEST or lists < 3:
        return None
    seen = [float(histories.get(cell, 0)) for cell in range(1, 2**lists)]
    pairs = [*combinations(range(lists), 2)]
    fits: list[_Fit] = []
    for before, points in _SHAPES:
        for pair in (None, *pairs):
            chance = before * (_COPIES / len(pairs) if pair else 1 - _COPIES)
            if (fit := _fit(_Model(lists=lists, points=points, pair=pair), seen, math.log(chance))) is not None:
                fits.append(fit)
    if not fits:
        return None
    best = max(fit.likelihood for fit in fits)
    likely = [fit for fit in fits if fit.likelihood > best - _FAR]
    missing, least, most = (_missing(likely, level) for level in (0.5, (1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return CompletenessEstimate(
        found=found, share=found / (found + missing), low=found / (found + most), high=found / (found + least)
    )


#: the logarithm of how much less likely a model is that says nothing any more
_FAR = 12.0


def _histories(counts: Mapping[int, int]) -> tuple[dict[int, int], int]:
    """Return the counts by the lists that have any article, numbered anew, and how many those are."""
    used = [each for each in (1, 2, 4, 8) if any(cell & each and times for cell, times in counts.items())]
    found: dict[int, int] = {}
    for cell, times in counts.items():
        new = sum(1 << place for place, each in enumerate(used) if cell & each)
        if new and times:
            found[new] = found.get(new, 0) + times
    return found, len(used)


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """A fitted model: the logarithm of how many are missing, its error, and how likely the model is (a logarithm)."""

    missing_log: float
    error: float
    likelihood: float


def _missing(fits: Sequence[_Fit], level: float) -> float:
    """Return how many are missing at most, with this probability, by all models together."""
    best = max(fit.likelihood for fit in fits)
    weights = [math.exp(fit.likelihood - best) for fit in fits]
    low, high = -12.0, 25.0
    for _ in range(50):
        middle = (low + high) / 2
        below = sum(
            weight * NormalDist(fit.missing_log, fit.error).cdf(middle)
            for weight, fit in zip(weights, fits, strict=True)
        )
        low, high = (middle, high) if below < level * sum(weights) else (low, middle)
    return math.exp(low)


@dataclass(frozen=True, kw_only=True)
class _Model:
    """How likely each set of lists is, by terms: each list's share, how much size counts for each, and the copying."""

    lists: int
    points: Sequence[tuple[float, float]]
    #: the second of these lists copies the first
    pair: tuple[int, int] | None

    @property
    def before(self) -> list[tuple[float, float]]:
        """Mean and deviation of each term, as they are thought to be before anything was seen."""
        slopes = [_SLOPE] * self.lists if len(self.points) > 1 else []
        return [*([_SHARE] * self.lists), *slopes, *([_COPY] if self.pair else [])]

    def chances(self, terms: Sequence[float]) -> tuple[list[float], list[list[float]]]:
        """Return the probability of each set of lists, and how each term changes it."""
        lists, size = self.lists, len(terms)
        sloped = len(self.points) > 1
        slopes = [math.exp(each) for each in terms[lists : 2 * lists]] if sloped else [0.0] * lists
        first, second = self.pair or (-1, -1)
        found, changes = [0.0] * 2**lists, [[0.0] * size for _ in range(2**lists)]
        for point, weight in self.points:
            odds = [terms[place] + slopes[place] * point for place in range(lists)]
            shares = [_logistic(each) for each in odds]
            copied = _logistic(odds[second] + terms[-1]) if self.pair else 0.0
            for cell in range(2**lists):
                chance = weight
                rest = []
                for place in range(lists):
                    share = copied if place == second and cell >> first & 1 else shares[place]
                    if cell >> place & 1:
                        chance *= share
                        rest.append(1 - share)
                    else:
                        chance *= 1 - share
                        rest.append(-share)
                found[cell] += chance
                change = changes[cell]
                for place, each in enumerate(rest):
                    change[place] += chance * each
                    if sloped:
                        change[lists + place] += chance * each * point * slopes[place]
                if self.pair and cell >> first & 1:
                    change[-1] += chance * rest[second]
        return found, changes


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def _fit(model: _Model, seen: Sequence[float], chance_log: float) -> _Fit | None:
    """Fit a model to how many articles stood in each set of lists but none, by Levenberg's steps; None if it fails."""
    whole, before = sum(seen), model.before
    terms = [mean for mean, _ in before]
    for place in range(model.lists):
        share = sum(times for cell, times in enumerate(seen, 1) if cell >> place & 1) / (1.15 * whole)
        terms[place] = math.log(max(share, 0.005) / (1 - min(max(share, 0.005), 0.99)))
    chances = model.chances(terms)
    likelihood, damping = _likelihood(chances[0], seen, terms, before), 1e-3
    for _ in range(_STEPS):
        slope, curve = _curve(chances, seen, whole, terms, before)
        while damping < 1e8:
            lines = [
                [*row[:place], row[place] * (1 + damping), *row[place + 1 :], slope[place]]
                for place, row in enumerate(curve)
            ]
            step = [max(-1.5, min(1.5, line[-1])) for line in _solved(lines)[0]]
            tried = [term + each for term, each in zip(terms, step, strict=True)]
            new = model.chances(tried)
            if (reached := _likelihood(new[0], seen, tried, before)) >= likelihood - 1e-12:
                break
            damping *= 10
        else:
            break
        gained, likelihood = reached - likelihood, reached
        terms, chances, damping = tried, new, max(damping / 10, 1e-9)
        if gained < _CLOSE:
            break
    none, changes = chances[0][0], chances[1][0]
    if not (0 < none < 1 and math.isfinite(likelihood)):
        return None
    _, curve = _curve(chances, seen, whole, terms, before)
    steep = [change / none / (1 - none) for change in changes]
    solved, volume = _solved([[*row, steep[place]] for place, row in enumerate(curve)])
    variance = sum(each * line[-1] for each, line in zip(steep, solved, strict=True))
    missing_log = math.log(whole * none / (1 - none))
    # how many are missing is itself a matter of chance
    error = math.sqrt(max(0.0, variance) + 1 / max(math.exp(missing_log), 1.0))
    likelihood -= sum(math.log(deviation) for _, deviation in before) + volume / 2
    return _Fit(missing_log=missing_log, error=error, likelihood=likelihood + chance_log)


_Chances = tuple[list[float], list[list[float]]]
_Before = Sequence[tuple[float, float]]


def _likelihood(chances: Sequence[float], seen: Sequence[float], terms: Sequence[float], before: _Before) -> float:
    left = math.log(max(1 - chances[0], 1e-300))
    fit = sum(times * (math.log(max(each, 1e-300)) - left) for times, each in zip(seen, chances[1:], strict=True))
    return fit - sum(((term - mean) / error) ** 2 for term, (mean, error) in zip(terms, before, strict=True)) / 2


def _curve(
    chances: _Chances, seen: Sequence[float], whole: float, terms: Sequence[float], before: _Before
) -> tuple[list[float], list[list[float]]]:
    """Return how each term changes the likelihood, and Fisher's information of the terms."""
    found, changes = chances
    left = 1 - found[0]
    slope = [(mean - term) / error**2 for term, (mean, error) in zip(terms, before, strict=True)]
    curve = [[0.0] * len(terms) for _ in terms]
    for place, (_, error) in enumerate(before):
        curve[place][place] = error**-2
    for times, chance, change in zip(seen, found[1:], changes[1:], strict=True):
        steep = [each / max(chance, 1e-300) + none / left for each, none in zip(change, changes[0], strict=True)]
        weight = whole * chance / left
        for place, each in enumerate(steep):
            slope[place] += times * each
            line, weighed = curve[place], weight * each
            for other, second in enumerate(steep):
                line[other] += weighed * second
    return slope, curve


def _solved(lines: Sequence[Sequence[float]]) -> tuple[list[list[float]], float]:
    """Solve equations by elimination, each line ending with its term; return the determinant's logarithm, too."""
    done = [list(line) for line in lines]
    volume = 0.0
    for place, line in enumerate(done):
        pivot = line[place] or 1e-12
        volume += math.log(abs(pivot))
        line[:] = [value / pivot for value in line]
        for other, second in enumerate(done):
            factor = second[place]
            if other != place and factor:
                second[:] = [a - factor * b for a, b in zip(second, line, strict=True)]
    return done, volume
