"""Several sources state a field: they are weighed against each other, and kept to explain the choice."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from pipelines.extract.words import letters


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One statement of one source. `weight` is how far that source is trusted for this field."""

    value: str
    source: str
    weight: float
    chosen: bool = False
    why: str = ""


def weigh(candidates: Iterable[Candidate], same: Callable[[str], str] = letters) -> tuple[str, tuple[Candidate, ...]]:
    """Return the value with the most weight behind it, and all candidates with the choice marked.

    Values are one if `same` makes them equal; then their weights add up and the form of the heaviest counts. Of two
    equal sums the earlier wins.

    >>> weigh([Candidate(value="A b", source="json-ld", weight=1), Candidate(value="C", source="h1", weight=2)])[0]
    'C'
    """
    known = [candidate for candidate in candidates if same(candidate.value)]
    if not known:
        return "", ()
    sums: dict[str, float] = {}
    for candidate in known:
        key = same(candidate.value)
        sums[key] = sums.get(key, 0.0) + candidate.weight
    winner = max(sums, key=lambda key: sums[key])
    best = max((each for each in known if same(each.value) == winner), key=lambda each: each.weight)
    backers = [each.source for each in known if same(each.value) == winner]
    why = f"weight {sums[winner]:.1f}: {', '.join(dict.fromkeys(backers))}"
    return best.value, tuple(replace(each, chosen=True, why=why) if each is best else each for each in known)
