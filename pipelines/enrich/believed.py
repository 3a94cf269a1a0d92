"""Whether a name of a place means the place, and not a person, a word or a part of a longer name."""

import re

from pipelines.enrich.context import Country, demonym
from pipelines.enrich.gazetteer import Place
from pipelines.enrich.lexicon import common, given, surname, tells
from pipelines.enrich.meant import own_name, said_after
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import capital, joined, never
from pipelines.enrich.sights import KNOWN, Sight, great, prefixed

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


def believed(
    reading: Reading, sight: Sight, where: Place, taken: bytearray, countries: Country, near: set[int]
) -> bool:
    """Return whether a place is meant. `taken` marks the words of other names, `near` those beside believed places."""
    first, language = sight.first, reading.language
    single = sight.end - first == 1
    form = reading.keys[first]
    if sight.sure:
        return True
    if (never(reading, first) and single) or (
        first and reading.keys[first - 1] in ("new", "neu") and joined(reading, first - 1)
    ):
        return False
    if not (reading.words[first].text[0].isupper() or prefixed(reading, first)):
        return _caseless(language, form, where)
    before, after = _neighbours(reading, sight, taken)
    if before and reading.keys[first - 1] in _OTHER_NAME:
        return False
    part = language != "de" and (before or after)
    if where.kind == "country":
        foreign = single and language == "en" and len(form) > 3 and not own_name(where, form)
        return not (foreign and (given(form) or demonym(form) or common(form) or form in reading.lower))
    if where.kind == "region":
        return not part and not (single and form in reading.lower)
    if language == "de" and first and reading.keys[first - 1] in _GERMAN_ARTICLES:
        return False
    if single and demonym(form) and not said_after(reading, sight):
        return False
    dateline = _dateline(reading, sight)
    score = _size(where) + _beside(reading, sight, where, near) + (2.5 if dateline else 0.0)
    score += 1.0 if countries.weight(where.country) >= 1 else -0.5
    score += _name(reading, sight, where)
    if part and not dateline:
        score -= 3.5 if after else 2.5
    if not dateline:
        score -= 1.0 if single and reading.words[first].opens else 0.0
        score -= 0.5 if reading.loud[first] else 0.0
        score -= (
            1.0
            if language == "de" and single and where.population < 500_000 and not _said_to_be(reading, sight)
            else 0.0
        )
    return score >= ENOUGH


def _caseless(language: str, form: str, where: Place) -> bool:
    """Return whether a place is meant in a script without capitals: if it is great, and the name no syllable or two."""
    if language == "ko":
        # two syllables mostly are another word
        at_home = where.kind != "city" or where.country == "KR" or where.population > 2_000_000
        return great(where) and (len(form) > 2 or (len(form) == 2 and at_home))
    return (where.kind != "city" or where.population >= KNOWN_CASELESS) and len(form) > 2


def _size(where: Place) -> float:
    """Return what a town's size speaks for it."""
    if where.population >= 1_000_000:
        return 2.5
    if where.population >= 500_000:
        return 2.0
    return 1.5 if where.population >= KNOWN else 0.0


def _said_to_be(reading: Reading, sight: Sight) -> bool:
    """Return whether a preposition of place or a noun such as town stands beside."""
    return _inside(reading, sight.first) or _called_town(reading, sight)


def _inside(reading: Reading, first: int) -> bool:
    where = first > 0 and tells("where", reading.language, reading.keys[first - 1])
    return where and not capital_unless_open(reading, first - 1)


def _called_town(reading: Reading, sight: Sight) -> bool:
    keys, language, first = reading.keys, reading.language, sight.first
    if first and tells("towns", language, keys[first - 1]):
        return True
    if first > 1 and keys[first - 1] in ("of", "de", "di") and tells("towns", language, keys[first - 2]):
        return True
    return sight.end < len(keys) and tells("towns", language, keys[sight.end])


def _beside(reading: Reading, sight: Sight, where: Place, near: set[int]) -> float:
    """Return what the words beside speak for a town: "in", "town of", ", Idaho", another place."""
    score = 1.5 if _inside(reading, sight.first) else 0.0
    if score and reading.keys[sight.first - 1] in _WEAK and reading.keys[sight.first - 2] not in _COMPASS:
        score = 0.5
    score += 2.0 if _called_town(reading, sight) else 0.0
    said = said_after(reading, sight)
    score += 2.5 if said and said.country == where.country else 0.0
    score += 1.0 if sight.first in near or sight.end in near else 0.0
    return score


def _name(reading: Reading, sight: Sight, where: Place) -> float:
    """Return what the name itself speaks for or against a town: another language's, a person's, a word."""
    form = reading.keys[sight.first]
    own = own_name(where, " ".join(reading.keys[sight.first : sight.end]))
    lone = given(form) or surname(form)
    score = 1.0 if where.population >= 400_000 and (own or where.population >= 1_000_000) else 0.0
    score -= 1.5 if not own and where.population < 1_000_000 else 0.0
    if sight.end - sight.first > 1:
        return score
    score -= 2.0 if not own and given(form) else 0.0
    score -= 1.0 if lone and where.population < 1_000_000 else 0.0
    score -= 2.0 if common(form) or form in reading.lower else 0.0
    score -= 1.0 if len(form) <= 3 else 0.0
    at_home = where.country == reading.outlet.country.upper() and where.population < KNOWN
    score += 1.5 if reading.language == "de" and own and at_home and not (lone or common(form)) else 0.0
    return score


def capital_unless_open(reading: Reading, index: int) -> bool:
    """Return whether a word has a capital that no sentence's beginning explains."""
    return capital(reading, index) and not reading.words[index].opens


def _neighbours(reading: Reading, sight: Sight, taken: bytearray) -> tuple[bool, bool]:
    """Return whether a capitalised word stands right before, and right after, as if it were of the name."""
    first, end = sight.first, sight.end
    before = (
        first > 0
        and joined(reading, first - 1)
        and capital_unless_open(reading, first - 1)
        and reading.keys[first - 1] not in _COMPASS
        and _of_a_name(reading, first - 1, taken)
    )
    after = (
        end < len(reading.words)
        and joined(reading, end - 1)
        and reading.text[reading.words[end - 1].end] != "-"
        and capital(reading, end)
        and reading.keys[end] not in _AFTER_PLACE
        and _of_a_name(reading, end, taken)
    )
    return before, after


def _of_a_name(reading: Reading, index: int, taken: bytearray) -> bool:
    """Return whether a word is no title, no function word, and no part of a name that is already known."""
    form, language = reading.keys[index], reading.language
    known = taken[index] or never(reading, index)
    return not known and not tells("titles", language, form) and not tells("towns", language, form)


def _dateline(reading: Reading, sight: Sight) -> bool:
    """Return whether a paragraph begins with it, as a dateline does: "KATHMANDU, April 25 (Reuters) -", "Berlin."."""
    start = reading.words[sight.first].start
    if start and reading.text[start - 1] != "\n":
        return reading.text[max(0, start - 1) : start] == "/" and reading.words[sight.first].text.isupper()
    after = reading.words[sight.end - 1].end
    return bool(_DATELINE.match(reading.text[after : after + 60]))
