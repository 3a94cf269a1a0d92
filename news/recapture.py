"""How complete what we found is: articles that no source announced, estimated by capture and recapture.

An outlet's feeds, sitemaps and front pages, and the links in its articles' bodies, each list some of its articles. How
they overlap says how many stand in none of them. They depend on each other: big stories stand in all. So several
log-linear models are fitted, each with another shape of that dependence, and averaged by how well they fit.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag
from itertools import combinations


class Capture(IntFlag):
    """In which kinds of lists an article stood."""

    NONE = 0
    FEED = 1
    SITEMAP = 2
    FRONT_PAGE = 4
    LINK = 8


#: of fewer articles nothing is estimated
FEWEST = 50
#: the interval is to hold the truth for more than nine of ten outlets, of models that are never quite right
#: (chosen by bench/announced.py on simulated outlets)
DEVIATIONS = 1.96
#: a fit's own excess over chance widens its error, up to so much
MOST_EXCESS = 4.0
#: Newton's steps of a fit, and when it is close enough
_STEPS, _CLOSE = 40, 1e-7


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
    cells = range(1, 2**lists)
    observed = [float(histories.get(cell, 0)) for cell in cells]
    fits = [fit for columns in _models(lists, cells) if (fit := _fit(observed, columns)) is not None]
    if not fits:
        return None
    best = min(fit.criterion for fit in fits)
    weights = [math.exp((best - fit.criterion) / 2) for fit in fits]
    whole = sum(weights)
    mean = sum(weight * fit.missing_log for weight, fit in zip(weights, fits, strict=True)) / whole
    spread = sum(
        weight * (fit.error**2 + (fit.missing_log - mean) ** 2) for weight, fit in zip(weights, fits, strict=True)
    )
    missing = math.exp(min(mean, 30.0))
    # how many are missing is itself a matter of chance
    error = math.sqrt(spread / whole + 1 / max(missing, 1.0))
    most, least = (math.exp(max(-30.0, min(30.0, mean + sign * DEVIATIONS * error))) for sign in (1, -1))
    return CompletenessEstimate(
        found=found, share=found / (found + missing), low=found / (found + most), high=found / (found + least)
    )


def _histories(counts: Mapping[int, int]) -> tuple[dict[int, int], int]:
    """Return the counts by the lists that have any article, numbered anew, and how many those are."""
    used = [each for each in (1, 2, 4, 8) if any(cell & each and times for cell, times in counts.items())]
    found: dict[int, int] = {}
    for cell, times in counts.items():
        new = sum(1 << place for place, each in enumerate(used) if cell & each)
        if new and times:
            found[new] = found.get(new, 0) + times
    return found, len(used)


def _models(lists: int, cells: Sequence[int]) -> Iterator[tuple[list[list[float]], int | None]]:
    """Yield each model's rows, one a cell, and the place of the column that says how much big stories stand in all.

    Without such a column; with one for what stands in all lists; with one that grows by powers of two, and one that
    grows by squares (Darroch 1993, Rivest 2008). Each of them alone and with one pair of lists that depend on each
    other besides.
    """
    shapes = (
        None,
        lambda captures: float(captures == lists),
        lambda captures: (2.0**captures - 1 - captures) / 2,
        lambda captures: captures * (captures - 1) / 2,
    )
    pairs: list[tuple[int, int] | None] = [None, *combinations(range(lists), 2)]
    for shape in shapes:
        for pair in pairs:
            rows = []
            for cell in cells:
                bits = [float(cell >> place & 1) for place in range(lists)]
                row = [1.0, *bits]
                if shape is not None:
                    row.append(shape(round(sum(bits))))
                if pair is not None:
                    row.append(bits[pair[0]] * bits[pair[1]])
                rows.append(row)
            if len(rows[0]) < len(cells):
                yield rows, None if shape is None else lists + 1


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """A fitted model: the logarithm of how many are missing, its error, and how well it fits (Akaike's criterion)."""

    missing_log: float
    error: float
    criterion: float


def _fit(observed: Sequence[float], model: tuple[list[list[float]], int | None]) -> _Fit | None:
    """Fit a model by Poisson likelihood; None if it has no solution, or says that big stories stand in fewer lists."""
    rows, shape = model
    means = [each + 0.3 for each in observed]
    logs = [math.log(each) for each in means]
    likelihood = -math.inf
    solved: list[list[float]] = []
    for _ in range(_STEPS):
        aims = [log + (seen - mean) / mean for log, seen, mean in zip(logs, observed, means, strict=True)]
        solved = _solved(rows, means, aims)
        terms = [line[-1] for line in solved]
        logs = [max(-20.0, min(20.0, sum(a * b for a, b in zip(terms, row, strict=True)))) for row in rows]
        means = [math.exp(each) for each in logs]
        before, likelihood = likelihood, sum(s * log - m for s, log, m in zip(observed, logs, means, strict=True))
        if abs(likelihood - before) < _CLOSE:
            break
    terms = [line[-1] for line in solved]
    variance = solved[0][0]
    if not all(map(math.isfinite, (*terms, variance, likelihood))) or (shape is not None and terms[shape] < 0):
        return None
    free = max(1, len(rows) - len(terms))
    excess = sum((s - m) ** 2 / max(m, 0.5) for s, m in zip(observed, means, strict=True)) / free
    error = math.sqrt(max(0.0, variance) * max(1.0, min(excess, MOST_EXCESS)))
    return _Fit(missing_log=terms[0], error=error, criterion=2 * len(terms) - 2 * likelihood)


def _solved(rows: Sequence[Sequence[float]], weights: Sequence[float], aims: Sequence[float]) -> list[list[float]]:
    """Solve the weighted least squares by elimination: each line has the inverse's row, and the term at its end."""
    size = len(rows[0])
    lines = [[0.0] * size + [float(place == other) for other in range(size)] + [0.0] for place in range(size)]
    for row, weight, aim in zip(rows, weights, aims, strict=True):
        for place, value in enumerate(row):
            if value:
                line, weighed = lines[place], weight * value
                for other, second in enumerate(row):
                    line[other] += weighed * second
                line[-1] += weighed * aim
    for place in range(size):
        lines[place][place] += 1e-6  # a column that no article has is no reason to fail
    for place in range(size):
        pivot = lines[place][place] or 1e-12
        lines[place] = [value / pivot for value in lines[place]]
        for other in range(size):
            factor = lines[other][place]
            if other != place and factor:
                lines[other] = [a - factor * b for a, b in zip(lines[other], lines[place], strict=True)]
    return [line[size:] for line in lines]
