"""Which of the places of one name is meant, and which countries the text is about as far as its plain words tell."""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log10

from pipelines.enrich.places.candidates import PlaceCandidate, great
from pipelines.enrich.places.gazetteer import GazetteerPlace, find, place, shortened
from pipelines.enrich.text.analysed_text import AnalysedText, capital
from pipelines.enrich.text.lexicon import key


@dataclass(frozen=True)
class CountryEvidence:
    """How often a text points to each country."""

    counts: Counter[str]

    def weight(self, code: str) -> float:
        """Return how much points to a country."""
        return float(self.counts[code])

    def likelihood(self, where: GazetteerPlace, rank: int, own_name: bool) -> float:
        """Return how likely a place is meant, beside others of its name: in the gazetteer's order, by size and country.

        A town in a country the text speaks of outweighs one fifteen times its size elsewhere; `own_name` says that the
        name is the place's own and not another language's for it (Roma in Lesotho, Rome in Italy).
        """
        size = log10(max(where.population, 1_000)) if where.kind == "city" else 6.0
        size -= 0.0 if own_name or where.kind != "city" else 1.5
        spoken_of = 1.2 if self.counts[where.country] >= 1 else 0.0
        return size + spoken_of + (1.5 if rank == 0 and where.kind != "city" else 0.3 if rank == 0 else 0.0)


def context(analysed: AnalysedText, likely: list[GazetteerPlace]) -> CountryEvidence:
    """Return what points to which country: its name or a region's counts 2, a people, a great town, the outlet 1."""
    counts: Counter[str] = Counter()
    for where in likely:
        if where.kind != "city":
            counts[where.country] += 2
        elif where.population > 1_000_000:
            counts[where.country] += 1
    counts.update(people_of(analysed))
    if home := analysed.outlet.country.upper():
        counts[home] += 1
    return CountryEvidence(counts)


def people_of(analysed: AnalysedText) -> Counter[str]:
    """Return how often a country's adjective or inhabitants are named: "ukrainische", "Americans"."""
    return analysed.once(_people_of)


def demonym(form: str) -> bool:
    """Return whether a word is a country's adjective or inhabitant."""
    stems, lengths = _demonyms()
    return any(form[:length] in stems for length in lengths if len(form) - 3 <= length <= len(form))


def _people_of(analysed: AnalysedText) -> Counter[str]:
    stems, lengths = _demonyms()
    starts = _starts()
    counts: Counter[str] = Counter()
    for form, count in analysed.forms.items():
        if form[:3] not in starts:
            continue
        for length in lengths:
            if length > len(form):
                break
            if code := stems.get(form[:length]):
                counts[code] += count
                break
    return counts


@cache
def _starts() -> frozenset[str]:
    """Return the first three letters of all stems: most words are skipped by them."""
    return frozenset(stem[:3] for stem in _demonyms()[0])


@cache
def _demonyms() -> tuple[dict[str, str], tuple[int, ...]]:
    stems: dict[str, str] = {}
    for line in (files("pipelines.enrich") / "data" / "demonyms.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            code, _, words = line.partition(": ")
            stems |= dict.fromkeys(words.split(), code)
    return stems, tuple(sorted({len(stem) for stem in stems}))


def choose(analysed: AnalysedText, candidate: PlaceCandidate, countries: CountryEvidence) -> GazetteerPlace | None:
    """Return which of the places with this name is meant, by its size and by the countries the text is about."""
    options = [place(number) for number in candidate.candidates]
    form = " ".join(analysed.keys[candidate.first : candidate.end])
    if form == "washington" and _state_of_washington(analysed, candidate):
        return place(find("washington state")[0])
    first = options[0]
    if (after := said_after(analysed, candidate)) and first.kind == "city":
        inside = [option for option in options if option.country == after.country and option.kind == "city"]
        return inside[0] if inside else first if great(first) and own_name(first, form) else None
    if first.kind == "country":
        rival = next((option for option in options if option.kind == "region"), None)
        if rival and countries.weight(rival.country) > countries.weight(first.code) + 1:
            return rival
        return first
    return max(options, key=lambda each: countries.likelihood(each, options.index(each), own_name(each, form)))


def own_name(where: GazetteerPlace, form: str) -> bool:
    """Return whether a looked-up form is the place's own name, accents aside; in another script any name is."""
    if not form[:1].isascii() and not "à" <= form[:1] <= "ž":
        return True
    own = key(where.name)
    return own == form or plain(own) == form or own.startswith(form + " ")


def plain(name: str) -> str:
    """Return a name without its accents."""
    return "".join(mark for mark in unicodedata.normalize("NFKD", name) if not unicodedata.combining(mark))


def _state_of_washington(analysed: AnalysedText, candidate: PlaceCandidate) -> bool:
    """Return whether Washington stands behind a town and a comma, or among other states."""
    first, end = candidate.first, candidate.end
    if first and analysed.text[analysed.ends[first - 1] : analysed.starts[first]] in (", ", ","):
        before = analysed.keys[first - 1]
        return capital(analysed, first - 1) and (bool(find(before)) or capital(analysed, max(first - 2, 0)))
    if end < len(analysed.texts) and analysed.text[analysed.ends[end - 1] : analysed.starts[end]] == ", ":
        return any(place(number).kind == "region" for number in find(analysed.keys[end])[:1])
    return False


def said_after(analysed: AnalysedText, candidate: PlaceCandidate) -> GazetteerPlace | None:
    """Return the region or country that a comma puts behind a town: "McAllen, Texas", "Orange, Calif."."""
    end = candidate.end
    if end >= len(analysed.texts):
        return None
    gap = analysed.text[analysed.ends[end - 1] : analysed.starts[end]]
    if gap == " " and analysed.keys[end] == "in" and end + 1 < len(analysed.texts):
        # Palm Beach in Florida
        return next((each for each in map(place, find(analysed.keys[end + 1])[:1]) if each.kind != "city"), None)
    if gap not in (", ", " (", ",\u00a0"):
        return None
    form = analysed.keys[end]
    if state := shortened().get(form):
        return place(find(state)[0])
    for size in (3, 2, 1):
        for number in find(" ".join(analysed.keys[end : end + size]))[:2]:
            where = place(number)
            if where.kind != "city" or (where.name == "Washington" and gap == ", "):
                return where
    return None
