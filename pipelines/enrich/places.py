"""Where: the countries, regions and towns a text names, the heaviest first."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Any

from pipelines.enrich.caseless import dense_places
from pipelines.enrich.companies import all_organisations
from pipelines.enrich.context import Country, context, demonym
from pipelines.enrich.gazetteer import Place, begins, find, place
from pipelines.enrich.inflection import MANY_WORDED, base_forms
from pipelines.enrich.lexicon import common, given, surname, tells
from pipelines.enrich.people import persons
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import capital, index_at, joined, never, runs, written
from pipelines.enrich.words import key

#: most that are listed
MOST = 60
#: the latitude of a place that only the text knows
UNKNOWN = -999.0
#: words of the longest names: "Saint Vincent and the Grenadines"
LONGEST = 6
#: inhabitants below which a town's name alone proves nothing (Antony, Chia, Union)
KNOWN = 100_000
#: of a text whose words tell nothing by capitals only greater towns are believed
KNOWN_CASELESS = 300_000
_COMPASS = frozenset(
    "south north east west southern northern eastern western central downtown greater inner upper lower rural nearby "
    "southeast northeast southwest northwest mid".split()
)
_AFTER_PLACE = frozenset("county state city province region district area metropolitan prefecture oblast bay".split())
_DATELINE = re.compile(r"(?:,[^\n]{0,30})?\s*(?:\([^)\n]{2,25}\)|[—–]|--?)\s|\.\s|/")


@dataclass(frozen=True, slots=True)
class Sight:
    """One place in the text where a place is named: words `first` to before `end`, and what the name may mean."""

    first: int
    end: int
    candidates: tuple[int, ...]
    #: the spelling alone leaves no doubt: D-Minn.
    sure: bool = False


def places(reading: Reading) -> dict[str, Any]:
    """Return `places`, the heaviest first, each with its ISO code and coordinates; {} where the text names none.

    A place's weight is its share of all mentions, those in the headline and the first lines counted more.
    """
    found = reading.once(located)
    weights: Counter[str] = Counter()
    mentions: Counter[str] = Counter()
    shown: dict[str, tuple[str, Place]] = {}
    for start, name, where in found:
        form = f"{where.code}/{where.name}"
        shown.setdefault(form, (name, where))
        mentions[form] += 1
        weights[form] += prominence(reading, start)
    total = weights.total()
    rows = []
    for form, weight in weights.most_common(MOST):
        name, where = shown[form]
        row: dict[str, Any] = {"name": where.name, "display": name}
        row |= {"code": where.code, "kind": where.kind}
        if where.lat != UNKNOWN:
            row |= {"lat": where.lat, "lon": where.lon}
        rows.append(row | {"weight": round(weight / total, 3), "mentions": mentions[form]})
    return {"places": rows} if rows else {}


def prominence(reading: Reading, start: int) -> int:
    """Return how much a mention weighs: 3 in the headline, 2 in the first 500 characters, else 1."""
    return 3 if start < len(reading.article.headline) else 2 if start < len(reading.article.headline) + 500 else 1


def located(reading: Reading) -> list[tuple[int, str, Place]]:
    """Return each mention of a place: where it starts in the text, as written, and the place."""
    taken = bytearray(len(reading.words))
    for person in reading.once(persons):
        for first, end in person.spans:
            taken[first:end] = b"\1" * (end - first)
    for mention in reading.once(all_organisations):
        taken[mention.first : mention.end] = b"\1" * (mention.end - mention.first)
    sights = list(_sights(reading, taken))
    countries = context(reading, [place(sight.candidates[0]) for sight in sights])
    accepted: list[tuple[int, str, Place]] = []
    near: set[int] = set()
    for sight in sights:
        where = _choose(reading, sight, countries)
        if where and _believed(reading, sight, where, taken, countries, near):
            near.update(range(sight.first, sight.end + 2))
            accepted.append(
                (reading.words[sight.first].start, written(reading, sight.first, sight.end), where)
            )
    accepted += dense_places(reading, KNOWN_CASELESS)
    accepted += _quarters(reading, taken, accepted)
    return sorted(accepted, key=lambda found: found[0])


def _sights(reading: Reading, taken: bytearray) -> list[Sight]:
    found = []
    done = 0
    zulu = reading.language in ("zu", "xh")
    for index in range(len(reading.words)) if zulu else reading.marked:
        if index < done:
            continue
        if state := _short_state(reading, index):
            found.append(Sight(index, index + 1, (state,), sure=True))
            continue
        if taken[index] or not reading.keys[index] or (zulu and reading.words[index].text.islower()):
            continue
        sight = _longest(reading, taken, index)
        if sight:
            found.append(sight)
            done = sight.end
    return found


def _short_state(reading: Reading, index: int) -> int | None:
    """Return the number of an American state as papers shorten it: D-Minn., R-FL, La Crosse, Wis."""
    word, form = reading.words[index], reading.keys[index]
    if not index or len(form) > 5 or not capital(reading, index):
        return None
    gap = reading.text[reading.words[index - 1].end : word.start]
    member = gap == "-" and reading.words[index - 1].text in ("D", "R", "I")
    dotted = reading.text[word.end : word.end + 1] == "."
    if form in US_SHORT and dotted and (member or (gap == ", " and capital(reading, index - 1))):
        return find(US_SHORT[form])[0]
    if member and (name := POSTAL.get(word.text)):
        return find(name)[0]
    if member and dotted and len(word.text) == 4 and (name := POSTAL.get(word.text.replace(".", ""))):
        return find(name)[0]
    return None


def _zulu(reading: Reading, index: int) -> bool:
    """Return whether a name stands behind a small prefix, as in eThekwini."""
    return reading.language in ("zu", "xh") and not reading.words[index].text.islower()


def _longest(reading: Reading, taken: bytearray, first: int) -> Sight | None:
    """Return the longest name of a place that begins here, in whichever case it stands."""
    keys, language = reading.keys, reading.language
    best: Sight | None = None
    phrases = [keys[first]]
    bases = base_forms(keys[first], language)
    if bases and language in MANY_WORDED | {"ar", "he", "zu"}:
        phrases += bases
    end = first + 1
    while phrases:
        for phrase in phrases:
            if numbers := find(phrase):
                best = Sight(first, end, numbers)
                break
        else:
            if end == first + 1 and bases:
                for phrase in bases:
                    if (numbers := find(phrase)) and _great(place(numbers[0])):
                        best = Sight(first, end, numbers)
                        break
        if end >= len(keys) or taken[end] or end - first >= LONGEST or not _near(reading, end - 1):
            break
        longer = [phrase for phrase in phrases if begins(phrase)]
        if not longer:
            break
        nexts = [keys[end], *(base_forms(keys[end], language) if language in MANY_WORDED else ())]
        phrases = [f"{phrase} {following}" for phrase in longer for following in nexts][:60]
        end += 1
    return best if best and _cased_right(reading, best) else None


def _near(reading: Reading, index: int) -> bool:
    gap = reading.text[reading.words[index].end : reading.words[index + 1].start]
    return gap in (" ", "-", "\u00a0", ", ", ". ", " d'", " d’", "’", "'", " & ") or joined(reading, index)


def _great(where: Place) -> bool:
    return where.kind != "city" or where.population >= KNOWN


def _cased_right(reading: Reading, sight: Sight) -> bool:
    """Return whether capitals fit: short names are acronyms (US, not us), and no sentence's small word is a town."""
    word = reading.words[sight.first].text
    if sight.end - sight.first > 1:
        return True
    form = reading.keys[sight.first]
    if len(form) <= 3 and form.isascii():
        if word.replace(".", "").isupper():
            return form in ("us", "usa", "uk", "uae", "eau", "brd", "ksa", "rdc", "drc", "nyc", "la", "dc", "abd", "eua", "nrw",
                            "nsw", "rsa", "prc", "vae", "vs", "ddr", "cdmx", "kzn") and not (form in ("la", "vs") and reading.loud[sight.first])
        return word[0].isupper() and _great(place(sight.candidates[0])) and not never(reading, sight.first)
    return True


def _choose(reading: Reading, sight: Sight, countries: Country) -> Place | None:
    """Return which of the places with this name is meant, by its size and by the countries the text is about."""
    options = [place(number) for number in sight.candidates]
    form = " ".join(reading.keys[sight.first : sight.end])
    if form == "washington" and _state_of_washington(reading, sight):
        return place(find("washington state")[0])
    first = options[0]
    if (after := _said_after(reading, sight)) and first.kind == "city":
        inside = [option for option in options if option.country == after.country and option.kind == "city"]
        return inside[0] if inside else first if _great(first) and _own(first, form) else None
    if first.kind == "country":
        rival = next((option for option in options if option.kind == "region"), None)
        if rival and countries.weight(rival.country) > countries.weight(first.code) + 1:
            return rival
        return first
    return max(options, key=lambda each: countries.likelihood(each, options.index(each), _own(each, form)))


def _own(where: Place, form: str) -> bool:
    """Return whether a looked-up form is the place's own name, accents aside; in another script any name is."""
    if not form[:1].isascii() and not "à" <= form[:1] <= "ž":
        return True
    own = key(where.name)
    return own == form or plain(own) == form or own.startswith(form + " ")


def plain(name: str) -> str:
    """Return a name without its accents."""
    return "".join(mark for mark in unicodedata.normalize("NFKD", name) if not unicodedata.combining(mark))


def _state_of_washington(reading: Reading, sight: Sight) -> bool:
    """Return whether Washington stands behind a town and a comma, or among other states."""
    first, end = sight.first, sight.end
    if first and reading.text[reading.words[first - 1].end : reading.words[first].start] in (", ", ","):
        before = reading.keys[first - 1]
        return capital(reading, first - 1) and (bool(find(before)) or capital(reading, max(first - 2, 0)))
    if end < len(reading.words) and reading.text[reading.words[end - 1].end : reading.words[end].start] == ", ":
        return any(place(number).kind == "region" for number in find(reading.keys[end])[:1])
    return False


def _said_after(reading: Reading, sight: Sight) -> Place | None:
    """Return the region or country that a comma puts after a town: "Conway, Washington", "McAllen, Texas", "Orange, Calif."."""
    end = sight.end
    if end >= len(reading.words):
        return None
    gap = reading.text[reading.words[end - 1].end : reading.words[end].start]
    if gap == " " and reading.keys[end] == "in" and end + 1 < len(reading.words):
        # Palm Beach in Florida
        return next((each for each in map(place, find(reading.keys[end + 1])[:1]) if each.kind != "city"), None)
    if gap not in (", ", " (", ",\u00a0"):
        return None
    form = reading.keys[end]
    if state := US_SHORT.get(form):
        return place(find(state)[0])
    for size in (3, 2, 1):
        for number in find(" ".join(reading.keys[end : end + size]))[:2]:
            where = place(number)
            if where.kind != "city" or (where.name == "Washington" and gap == ", "):
                return where
    return None


#: how American papers shorten states
US_SHORT = {
    "ala": "alabama", "ariz": "arizona", "ark": "arkansas", "calif": "california", "colo": "colorado", "conn": "connecticut",
    "fla": "florida", "ga": "us georgia", "ill": "illinois", "ind": "indiana", "kan": "kansas", "ky": "kentucky",
    "md": "maryland", "mass": "massachusetts", "mich": "michigan", "minn": "minnesota", "miss": "mississippi",
    "mo": "missouri", "mont": "montana", "neb": "nebraska", "nev": "nevada", "okla": "oklahoma", "ore": "oregon",
    "pa": "pennsylvania", "tenn": "tennessee", "tex": "texas", "vt": "vermont", "wash": "washington state",
    "wis": "wisconsin", "wyo": "wyoming", "va": "virginia", "w.va": "west virginia", "nc": "north carolina",
}  # fmt: skip
#: how Congress does
POSTAL = {
    "AL": "alabama", "AK": "alaska", "AZ": "arizona", "AR": "arkansas", "CA": "california", "CO": "colorado", "CT": "connecticut",
    "DE": "delaware", "FL": "florida", "GA": "us georgia", "HI": "hawaii", "ID": "idaho", "IL": "illinois", "IN": "indiana",
    "IA": "iowa", "KS": "kansas", "KY": "kentucky", "LA": "louisiana", "ME": "maine", "MD": "maryland", "MA": "massachusetts",
    "MI": "michigan", "MN": "minnesota", "MS": "mississippi", "MO": "missouri", "MT": "montana", "NE": "nebraska",
    "NV": "nevada", "NH": "new hampshire", "NJ": "new jersey", "NM": "new mexico", "NY": "new york state",
    "NC": "north carolina", "ND": "north dakota", "OH": "ohio", "OK": "oklahoma", "OR": "oregon", "PA": "pennsylvania",
    "RI": "rhode island", "SC": "south carolina", "SD": "south dakota", "TN": "tennessee", "TX": "texas", "UT": "utah",
    "VT": "vermont", "VA": "virginia", "WA": "washington state", "WV": "west virginia", "WVa": "west virginia",
    "WI": "wisconsin", "WY": "wyoming", "NY.": "new york state",
}  # fmt: skip


def _believed(
    reading: Reading, sight: Sight, where: Place, taken: bytearray, countries: Country, near: set[int]
) -> bool:
    """Return whether a place is meant, and not a person, a word or a part of a longer name."""
    first, end = sight.first, sight.end
    form, language = reading.keys[first], reading.language
    single = end - first == 1
    if sight.sure:
        return True
    if never(reading, first) and single or first and reading.keys[first - 1] in ("new", "neu") and joined(reading, first - 1):
        return False
    cased = reading.words[first].text[0].isupper() or _zulu(reading, first)
    if not cased:
        if language == "ko":
            # in two syllables most is another word
            at_home = where.kind != "city" or where.country == "KR" or where.population > 2_000_000
            return _great(where) and (len(form) > 2 or (len(form) == 2 and at_home))
        return _great(where) and (where.kind != "city" or where.population >= KNOWN_CASELESS) and len(form) > 2
    before, after = _neighbours(reading, sight, taken)
    part = language != "de" and (before or after)
    if before and reading.keys[first - 1] in ("air", "team", "radio", "little", "bank", "miss", "port"):
        return False
    if where.kind == "country":
        return True
    if where.kind == "region":
        return not part and not (single and form in reading.lower)
    if language == "de" and first and reading.keys[first - 1] in _GERMAN_ARTICLES:
        return False
    if single and demonym(form) and not _said_after(reading, sight):
        return False
    score = 0.0
    dateline = _dateline(reading, sight)
    inside = first > 0 and tells("where", language, reading.keys[first - 1]) and not capital_unless_open(reading, first - 1)
    towns = (first > 0 and tells("towns", language, reading.keys[first - 1])) or (
        first > 1 and reading.keys[first - 1] in ("of", "de", "di") and tells("towns", language, reading.keys[first - 2])
    ) or (end < len(reading.keys) and tells("towns", language, reading.keys[end]))
    said = _said_after(reading, sight)
    score += 2.5 if dateline else 0.0
    score += 1.5 if inside else 0.0
    score += 2.0 if towns else 0.0
    score += 2.5 if said and said.country == where.country else 0.0
    score += 1.0 if first in near or end in near else 0.0
    score += 1.0 if countries.weight(where.country) >= 1 else -0.5
    score += 2.0 if where.population >= 1_000_000 else 1.5 if where.population >= KNOWN else 0.0
    score += 0.5 if where.population >= 500_000 else 0.0
    own = _own(where, " ".join(reading.keys[first:end]))
    score += 1.0 if where.population >= 400_000 and (own or where.population >= 1_000_000) else 0.0
    if not own and where.population < 1_000_000:
        score -= 1.5
    if single and not own and given(form):
        score -= 2.0
    if language == "de" and single and own and where.country == reading.outlet.country.upper() and where.population < KNOWN:
        score += 0.0 if common(form) or surname(form) or given(form) else 1.5
    if single:
        lone = given(form) or surname(form)
        score -= 1.0 if lone and where.population < 1_000_000 else 0.0
        score -= 2.0 if common(form) or form in reading.lower else 0.0
        score -= 1.0 if len(form) <= 3 else 0.0
        score -= 1.0 if reading.words[first].opens and not dateline else 0.0
    if reading.loud[first] and not dateline:
        score -= 0.5
    if part and not dateline:
        score -= 3.5 if after else 2.5
    if language == "de" and single and not inside and not dateline and not towns and where.population < 500_000:
        score -= 1.0
    return score >= 2.0


#: no town takes an article in German: das Essen is food
_GERMAN_ARTICLES = frozenset("das dem des die ein eine einen aufs beim zum vom ins im kein ans".split())


def capital_unless_open(reading: Reading, index: int) -> bool:
    """Return whether a word has a capital that no sentence's beginning explains."""
    return capital(reading, index) and not reading.words[index].opens


def _neighbours(reading: Reading, sight: Sight, taken: bytearray) -> tuple[bool, bool]:
    """Return whether a capitalised word stands right before, and right after, as if it were of the name."""
    first, end, language = sight.first, sight.end, reading.language
    before = (
        first > 0
        and joined(reading, first - 1)
        and capital_unless_open(reading, first - 1)
        and not taken[first - 1]
        and not never(reading, first - 1)
        and reading.keys[first - 1] not in _COMPASS
        and not tells("titles", language, reading.keys[first - 1])
        and not tells("towns", language, reading.keys[first - 1])
    )
    after = (
        end < len(reading.words)
        and joined(reading, end - 1)
        and reading.text[reading.words[end - 1].end] != "-"
        and capital(reading, end)
        and not taken[end]
        and not never(reading, end)
        and reading.keys[end] not in _AFTER_PLACE
        and not tells("titles", language, reading.keys[end])
        and not tells("towns", language, reading.keys[end])
    )
    return before, after


def _dateline(reading: Reading, sight: Sight) -> bool:
    """Return whether a paragraph begins with it, as a dateline does: "KATHMANDU, April 25 (Reuters) -", "Berlin."."""
    start = reading.words[sight.first].start
    if start and reading.text[start - 1] != "\n":
        return reading.text[max(0, start - 1) : start] == "/" and reading.words[sight.first].text.isupper()
    after = reading.words[sight.end - 1].end
    return bool(_DATELINE.match(reading.text[after : after + 60]))


def _quarters(
    reading: Reading, taken: bytearray, accepted: list[tuple[int, str, Place]]
) -> list[tuple[int, str, Place]]:
    """Return towns and parts of towns that the text alone tells: "the al-Mashtal neighbourhood", "Kibbuz Nir Oz".

    They get the country of the nearest place before or after, and no coordinates: nobody knows them.
    """
    marks = bytearray(taken)
    for start, name, _ in accepted:
        for index in range(index_at(reading, start), index_at(reading, start + len(name))):
            marks[index] = 1
    found: list[tuple[int, str, Place]] = []
    for first, end in runs(reading, marks):
        if end - first > 3 or reading.loud[first] or not _called_town(reading, first, end):
            continue
        start, name = reading.words[first].start, written(reading, first, end)
        near = min(
            (where for _, _, where in accepted),
            key=lambda where: min(abs(at - start) for at, _, other in accepted if other == where),
            default=None,
        )
        if near:
            found.append((start, name, Place(name=name, code=near.country, kind="city", lat=UNKNOWN, lon=UNKNOWN, population=0)))
    return found


def _called_town(reading: Reading, first: int, end: int) -> bool:
    """Return whether a noun such as village or neighbourhood stands right before or behind an unknown name."""
    keys, language = reading.keys, reading.language
    if any(tells("bodies", language, keys[index]) or tells("towns", language, keys[index]) for index in range(first, end)):
        return False
    behind = end < len(keys) and joined(reading, end - 1) and not capital(reading, end) and tells("towns", language, keys[end])
    if behind and language in ("en", "tr"):
        return keys[end] not in ("coast", "port", "region", "province", "county", "outskirts", "city", "downtown")
    ahead = first - 1
    if ahead > 0 and keys[ahead] in ("of", "de", "di", "named", "called"):
        ahead -= 1
    return (
        language in ("de", "fr", "es", "it", "pt", "nl", "ru", "uk", "cs", "pl", "id") or keys[first - 1] == "of"
    ) and ahead >= 0 and tells("towns", language, keys[ahead]) and reading.text[reading.words[first - 1].end : reading.words[first].start] == " "


