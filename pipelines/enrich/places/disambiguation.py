"""Whether the name of a place means a place, and which of those of that name.

A person, a word or a part of a longer name may have it, too. The countries that the text is about, as far as its plain
words tell, decide between places of one name.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log10

from pipelines.enrich.places.candidates import KNOWN, PlaceCandidate, great, prefixed
from pipelines.enrich.places.gazetteer import GazetteerPlace, find, place, shortened
from pipelines.enrich.text.analysed_text import AnalysedText, capital, joined, never
from pipelines.enrich.text.lexicon import common, given, key, surname


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


#: of a text whose words tell nothing by capitals only greater towns are believed
KNOWN_CASELESS = 300_000
#: evidence that makes a town believed; what each kind of it weighs was tried on the labels' dev half
ENOUGH = 2.0
_COMPASS = frozenset(
    "south north east west southern northern eastern western central downtown greater inner upper lower rural nearby "
    "southeast northeast southwest northwest mid".split()
)
_AFTER_PLACE = frozenset("county state city province region district area metropolitan prefecture oblast bay".split())
#: before a country or region they make another name: Air France, New England
_OTHER_NAME = frozenset("air team radio little bank miss port".split())
#: no town takes an article in German: das Essen is food
_GERMAN_ARTICLES = frozenset("das dem des die ein eine einen aufs beim zum vom ins im kein ans".split())
#: prepositions of anything: the War of Independence
_WEAK = frozenset("of for between over via".split())
_DATELINE = re.compile(r"(?:,[^\n]{0,30})?\s*(?:\([^)\n]{2,25}\)|[—–]|--?)\s|\.\s|/")


def is_meant(
    analysed: AnalysedText,
    candidate: PlaceCandidate,
    where: GazetteerPlace,
    taken: bytearray,
    countries: CountryEvidence,
    near: set[int],
) -> bool:
    """Return whether a place is meant. `taken` marks the words of other names, `near` those beside places that are."""
    first, language = candidate.first, analysed.language
    single = candidate.end - first == 1
    form = analysed.keys[first]
    if candidate.sure:
        return True
    if (never(analysed, first) and single) or (
        first and analysed.keys[first - 1] in ("new", "neu") and joined(analysed, first - 1)
    ):
        return False
    if not (analysed.texts[first][0].isupper() or prefixed(analysed, first)):
        return _caseless(language, form, where)
    before, after = _neighbours(analysed, candidate, taken)
    if before and analysed.keys[first - 1] in _OTHER_NAME:
        return False
    part = language != "de" and (before or after)
    if where.kind == "country":
        foreign = single and language == "en" and len(form) > 3 and not own_name(where, form)
        return not (foreign and (given(form) or demonym(form) or common(form) or form in analysed.lower))
    if where.kind == "region":
        return not part and not (single and form in analysed.lower)
    if language == "de" and first and analysed.keys[first - 1] in _GERMAN_ARTICLES:
        return False
    if single and demonym(form) and not said_after(analysed, candidate):
        return False
    dateline = _dateline(analysed, candidate)
    score = _size(where) + _beside(analysed, candidate, where, near) + (2.5 if dateline else 0.0)
    score += 1.0 if countries.weight(where.country) >= 1 else -0.5
    score += _name(analysed, candidate, where)
    if part and not dateline:
        score -= 3.5 if after else 2.5
    if not dateline:
        score -= 1.0 if single and analysed.opens[first] else 0.0
        score -= 0.5 if analysed.loud[first] else 0.0
        score -= (
            1.0
            if language == "de" and single and where.population < 500_000 and not _said_to_be(analysed, candidate)
            else 0.0
        )
    return score >= ENOUGH


def _caseless(language: str, form: str, where: GazetteerPlace) -> bool:
    """Return whether a place is meant in a script without capitals: if it is great, and the name no syllable or two."""
    if language == "ko":
        # two syllables mostly are another word
        at_home = where.kind != "city" or where.country == "KR" or where.population > 2_000_000
        return great(where) and (len(form) > 2 or (len(form) == 2 and at_home))
    return (where.kind != "city" or where.population >= KNOWN_CASELESS) and len(form) > 2


def _size(where: GazetteerPlace) -> float:
    """Return what a town's size speaks for it."""
    if where.population >= 1_000_000:
        return 2.5
    if where.population >= 500_000:
        return 2.0
    return 1.5 if where.population >= KNOWN else 0.0


def _said_to_be(analysed: AnalysedText, candidate: PlaceCandidate) -> bool:
    """Return whether a preposition of place or a noun such as town stands beside."""
    return _inside(analysed, candidate.first) or _called_town(analysed, candidate)


def _inside(analysed: AnalysedText, first: int) -> bool:
    where = first > 0 and analysed.keys[first - 1] in analysed.told("where")
    return where and not capital_unless_open(analysed, first - 1)


def _called_town(analysed: AnalysedText, candidate: PlaceCandidate) -> bool:
    keys, first = analysed.keys, candidate.first
    if first and keys[first - 1] in analysed.told("towns"):
        return True
    if first > 1 and keys[first - 1] in ("of", "de", "di") and keys[first - 2] in analysed.told("towns"):
        return True
    return candidate.end < len(keys) and keys[candidate.end] in analysed.told("towns")


def _beside(analysed: AnalysedText, candidate: PlaceCandidate, where: GazetteerPlace, near: set[int]) -> float:
    """Return what the words beside speak for a town: "in", "town of", ", Idaho", another place."""
    score = 1.5 if _inside(analysed, candidate.first) else 0.0
    if score and analysed.keys[candidate.first - 1] in _WEAK and analysed.keys[candidate.first - 2] not in _COMPASS:
        score = 0.5
    score += 2.0 if _called_town(analysed, candidate) else 0.0
    said = said_after(analysed, candidate)
    score += 2.5 if said and said.country == where.country else 0.0
    score += 1.0 if candidate.first in near or candidate.end in near else 0.0
    return score


def _name(analysed: AnalysedText, candidate: PlaceCandidate, where: GazetteerPlace) -> float:
    """Return what the name itself speaks for or against a town: another language's, a person's, a word."""
    form = analysed.keys[candidate.first]
    own = own_name(where, " ".join(analysed.keys[candidate.first : candidate.end]))
    lone = given(form) or surname(form)
    score = 1.0 if where.population >= 400_000 and (own or where.population >= 1_000_000) else 0.0
    score -= 1.5 if not own and where.population < 1_000_000 else 0.0
    if candidate.end - candidate.first > 1:
        return score
    score -= 2.0 if not own and given(form) else 0.0
    score -= 1.0 if lone and where.population < 1_000_000 else 0.0
    score -= 2.0 if common(form) or form in analysed.lower else 0.0
    score -= 1.0 if len(form) <= 3 else 0.0
    at_home = where.country == analysed.outlet.country.upper() and where.population < KNOWN
    score += 1.5 if analysed.language == "de" and own and at_home and not (lone or common(form)) else 0.0
    return score


def capital_unless_open(analysed: AnalysedText, index: int) -> bool:
    """Return whether a word has a capital that no sentence's beginning explains."""
    return capital(analysed, index) and not analysed.opens[index]


def _neighbours(analysed: AnalysedText, candidate: PlaceCandidate, taken: bytearray) -> tuple[bool, bool]:
    """Return whether a capitalised word stands right before, and right after, as if it were of the name."""
    first, end = candidate.first, candidate.end
    before = (
        first > 0
        and joined(analysed, first - 1)
        and capital_unless_open(analysed, first - 1)
        and analysed.keys[first - 1] not in _COMPASS
        and _of_a_name(analysed, first - 1, taken)
    )
    after = (
        end < len(analysed.texts)
        and joined(analysed, end - 1)
        and analysed.text[analysed.ends[end - 1]] != "-"
        and capital(analysed, end)
        and analysed.keys[end] not in _AFTER_PLACE
        and _of_a_name(analysed, end, taken)
    )
    return before, after


def _of_a_name(analysed: AnalysedText, index: int, taken: bytearray) -> bool:
    """Return whether a word is no title, no function word, and no part of a name that is already known."""
    form = analysed.keys[index]
    known = taken[index] or never(analysed, index)
    return not known and form not in analysed.told("titles") and form not in analysed.told("towns")


def _dateline(analysed: AnalysedText, candidate: PlaceCandidate) -> bool:
    """Return whether a paragraph begins with it, as a dateline does: "KATHMANDU, April 25 (Reuters) -", "Berlin."."""
    start = analysed.starts[candidate.first]
    if start and analysed.text[start - 1] != "\n":
        return analysed.text[max(0, start - 1) : start] == "/" and analysed.texts[candidate.first].isupper()
    after = analysed.ends[candidate.end - 1]
    return bool(_DATELINE.match(analysed.text[after : after + 60]))
