"""Where: the places a text names, the heaviest first, and the country it is about."""

from collections import Counter, defaultdict
from typing import Any

from pipelines.enrich.organisations.contextual_matches import all_organisations
from pipelines.enrich.people.people import persons
from pipelines.enrich.places.candidates import caseless_places, place_candidates
from pipelines.enrich.places.disambiguation import KNOWN_CASELESS, choose, context, is_meant, people_of
from pipelines.enrich.places.gazetteer import GazetteerPlace, place
from pipelines.enrich.text.analysed_text import AnalysedText, capital, index_at, joined, runs, written

#: most that are listed
MOST_PLACES = 60


def places(analysed: AnalysedText) -> dict[str, Any]:
    """Return `places`, the heaviest first, each with its ISO code and coordinates; {} where the text names none.

    A place's weight is its share of all mentions, those in the headline and the first lines counted more.
    """
    found = analysed.once(located)
    weights: Counter[str] = Counter()
    mentions: Counter[str] = Counter()
    shown: dict[str, tuple[str, GazetteerPlace]] = {}
    for start, name, where in found:
        form = f"{where.code}/{where.name}"
        shown.setdefault(form, (name, where))
        mentions[form] += 1
        weights[form] += prominence(analysed, start)
    total = weights.total()
    rows = []
    for form, weight in weights.most_common(MOST_PLACES):
        name, where = shown[form]
        row: dict[str, Any] = {"name": where.name, "display": name}
        row |= {"code": where.code, "country": where.country, "kind": where.kind}
        if where.lat != UNKNOWN:
            row |= {"lat": where.lat, "lon": where.lon}
        rows.append(row | {"weight": round(weight / total, 3), "mentions": mentions[form]})
    return {"places": rows} if rows else {}


def prominence(analysed: AnalysedText, start: int) -> int:
    """Return how much a mention weighs: 3 in the headline, 2 in the first 500 characters, else 1."""
    return 3 if start < len(analysed.article.headline) else 2 if start < len(analysed.article.headline) + 500 else 1


def located(analysed: AnalysedText) -> list[tuple[int, str, GazetteerPlace]]:
    """Return each mention of a place: where it starts in the text, as written, and the place."""
    taken = bytearray(len(analysed.texts))
    for person in analysed.once(persons):
        for first, end in person.spans:
            taken[first:end] = b"\1" * (end - first)
    for mention in analysed.once(all_organisations):
        taken[mention.first : mention.end] = b"\1" * (mention.end - mention.first)
    seen = place_candidates(analysed, taken)
    countries = context(analysed, [place(candidate.candidates[0]) for candidate in seen])
    accepted: list[tuple[int, str, GazetteerPlace]] = []
    near: set[int] = set()
    for candidate in seen:
        where = choose(analysed, candidate, countries)
        if where and is_meant(analysed, candidate, where, taken, countries, near):
            near.update(range(candidate.first, candidate.end + 2))
            accepted.append(
                (analysed.starts[candidate.first], written(analysed, candidate.first, candidate.end), where)
            )
    accepted += caseless_places(analysed, KNOWN_CASELESS)
    accepted += districts(analysed, taken, accepted)
    return sorted(accepted, key=lambda found: found[0])


#: an article is about a country that has this share of all that points to countries, this weight, and two pointers:
#: one mention of Paris makes no recipe French
SHARE, LEAST, POINTERS = 0.34, 3.0, 2


def about(analysed: AnalysedText) -> dict[str, Any]:
    """Return `about_country`, ISO 3166-1 alpha-2: the one that most points to; {} where none stands out."""
    weights: dict[str, float] = defaultdict(float)
    pointers = Counter(people_of(analysed))
    for start, _, where in analysed.once(located):
        if where.country:
            pointers[where.country] += 1
            weights[where.country] += prominence(analysed, start) * _happens(analysed, start, where)
    for code, count in people_of(analysed).items():
        weights[code] += count
    for mention in analysed.once(all_organisations):
        if (
            mention.organisation
            and mention.organisation.country
            and mention.organisation.group not in ("media", "companies", "nba", "nfl", "mlb")
        ):
            weights[mention.organisation.country] += 1
            pointers[mention.organisation.country] += 1
    if not weights:
        return {}
    code, weight = max(weights.items(), key=lambda each: each[1])
    if weight < LEAST or pointers[code] < POINTERS or weight < SHARE * sum(weights.values()):
        return {}
    return {"about_country": code}


def _happens(analysed: AnalysedText, start: int, where: GazetteerPlace) -> float:
    """Return how much a mention says that things happen there: "in Iraq" much, "US forces" little."""
    index = index_at(analysed, start)
    if index >= len(analysed.texts):
        return 1.0
    if index and analysed.keys[index - 1] in analysed.told("where"):
        return 1.5
    attributive = where.kind == "country" and analysed.texts[index].replace(".", "") in ("US", "UK", "EU", "USA")
    return 0.5 if attributive and analysed.text[analysed.ends[index] : analysed.ends[index] + 1] in " -" else 1.0


#: the latitude and longitude of a place that only the text knows
UNKNOWN = -999.0
#: languages that put the noun before: Kibbuz Nir Oz, la ville de Nendeln
_BEFORE = frozenset("de fr es it pt nl ru uk cs pl id".split())
#: nouns behind an English name that make it something else's: a county, a coast
_ELSE = frozenset("coast port region province county outskirts city downtown".split())


def districts(
    analysed: AnalysedText, taken: bytearray, accepted: list[tuple[int, str, GazetteerPlace]]
) -> list[tuple[int, str, GazetteerPlace]]:
    """Return towns and parts of towns that the text alone tells: "the al-Mashtal neighbourhood", "Kibbuz Nir Oz".

    They get the country of the nearest place before or after, and no coordinates: nobody knows them.
    """
    marks = bytearray(taken)
    for start, name, _ in accepted:
        for index in range(index_at(analysed, start), index_at(analysed, start + len(name))):
            marks[index] = 1
    found: list[tuple[int, str, GazetteerPlace]] = []
    for first, end in runs(analysed, marks):
        if end - first > 3 or analysed.loud[first] or not _called_town(analysed, first, end):
            continue
        start, name = analysed.starts[first], written(analysed, first, end)
        near = min(
            (where for _, _, where in accepted),
            key=lambda where: min(abs(at - start) for at, _, other in accepted if other == where),
            default=None,
        )
        if near:
            found.append(
                (
                    start,
                    name,
                    GazetteerPlace(name=name, code=near.country, kind="city", lat=UNKNOWN, lon=UNKNOWN, population=0),
                )
            )
    return found


def _called_town(analysed: AnalysedText, first: int, end: int) -> bool:
    """Return whether a noun such as village or neighbourhood stands right before or behind an unknown name."""
    keys, language = analysed.keys, analysed.language
    if any(
        keys[index] in analysed.told("organisations") or keys[index] in analysed.told("towns")
        for index in range(first, end)
    ):
        return False
    behind = (
        end < len(keys)
        and joined(analysed, end - 1)
        and not capital(analysed, end)
        and keys[end] in analysed.told("towns")
    )
    if behind and language in ("en", "tr"):
        return keys[end] not in _ELSE
    ahead = first - 1
    if ahead > 0 and keys[ahead] in ("of", "de", "di", "named", "called"):
        ahead -= 1
    return (
        (language in ("de", "fr", "es", "it", "pt", "nl", "ru", "uk", "cs", "pl", "id") or keys[first - 1] == "of")
        and ahead >= 0
        and keys[ahead] in analysed.told("towns")
        and analysed.text[analysed.ends[first - 1] : analysed.starts[first]] == " "
    )
