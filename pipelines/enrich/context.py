"""Which countries a text is about, as far as its plain words tell: what decides between places of one name."""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log10

from pipelines.enrich.gazetteer import Place
from pipelines.enrich.reading import Reading


@dataclass(frozen=True)
class Country:
    """How often a text points to each country."""

    counts: Counter[str]

    def weight(self, code: str) -> float:
        """Return how much points to a country."""
        return float(self.counts[code])

    def likelihood(self, where: Place, rank: int, own_name: bool) -> float:
        """Return how likely a place is meant, beside others of its name: in the gazetteer's order, by size and country.

        A town in a country the text speaks of outweighs one fifteen times its size elsewhere; `own_name` says that the
        name is the place's own and not another language's for it (Roma in Lesotho, Rome in Italy).
        """
        size = log10(max(where.population, 1_000)) if where.kind == "city" else 6.0
        size -= 0.0 if own_name or where.kind != "city" else 1.5
        spoken_of = 1.2 if self.counts[where.country] >= 1 else 0.0
        return size + spoken_of + (1.5 if rank == 0 and where.kind != "city" else 0.3 if rank == 0 else 0.0)


def context(reading: Reading, likely: list[Place]) -> Country:
    """Return what points to which country: its name or a region's counts 2, a people, a great town, the outlet 1."""
    counts: Counter[str] = Counter()
    for where in likely:
        if where.kind != "city":
            counts[where.country] += 2
        elif where.population > 1_000_000:
            counts[where.country] += 1
    counts.update(people_of(reading))
    if home := reading.outlet.country.upper():
        counts[home] += 1
    return Country(counts)


def people_of(reading: Reading) -> Counter[str]:
    """Return how often a country's adjective or inhabitants are named: "ukrainische", "Americans"."""
    return reading.once(_people_of)


def demonym(form: str) -> bool:
    """Return whether a word is a country's adjective or inhabitant."""
    stems, lengths = _demonyms()
    return any(form[:length] in stems for length in lengths if len(form) - 3 <= length <= len(form))


def _people_of(reading: Reading) -> Counter[str]:
    stems, lengths = _demonyms()
    starts = _starts()
    counts: Counter[str] = Counter()
    for form in reading.keys:
        if form[:3] not in starts:
            continue
        for length in lengths:
            if length > len(form):
                break
            if code := stems.get(form[:length]):
                counts[code] += 1
                break
    return counts


@cache
def _starts() -> frozenset[str]:
    """Return the first three letters of all stems: most words are passed over by them."""
    return frozenset(stem[:3] for stem in _demonyms()[0])


@cache
def _demonyms() -> tuple[dict[str, str], tuple[int, ...]]:
    stems: dict[str, str] = {}
    for line in (files("pipelines.enrich") / "data" / "demonyms.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            code, _, words = line.partition(": ")
            stems |= dict.fromkeys(words.split(), code)
    return stems, tuple(sorted({len(stem) for stem in stems}))
