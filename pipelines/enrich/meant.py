"""Which of the places of one name is meant."""

import unicodedata

from pipelines.enrich.context import Country
from pipelines.enrich.gazetteer import Place, find, place
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import capital
from pipelines.enrich.sights import Sight, great
from pipelines.enrich.states import shortened
from pipelines.enrich.words import key


def choose(reading: Reading, sight: Sight, countries: Country) -> Place | None:
    """Return which of the places with this name is meant, by its size and by the countries the text is about."""
    options = [place(number) for number in sight.candidates]
    form = " ".join(reading.keys[sight.first : sight.end])
    if form == "washington" and _state_of_washington(reading, sight):
        return place(find("washington state")[0])
    first = options[0]
    if (after := said_after(reading, sight)) and first.kind == "city":
        inside = [option for option in options if option.country == after.country and option.kind == "city"]
        return inside[0] if inside else first if great(first) and own_name(first, form) else None
    if first.kind == "country":
        rival = next((option for option in options if option.kind == "region"), None)
        if rival and countries.weight(rival.country) > countries.weight(first.code) + 1:
            return rival
        return first
    return max(options, key=lambda each: countries.likelihood(each, options.index(each), own_name(each, form)))


def own_name(where: Place, form: str) -> bool:
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


def said_after(reading: Reading, sight: Sight) -> Place | None:
    """Return the region or country that a comma puts behind a town: "McAllen, Texas", "Orange, Calif."."""
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
    if state := shortened().get(form):
        return place(find(state)[0])
    for size in (3, 2, 1):
        for number in find(" ".join(reading.keys[end : end + size]))[:2]:
            where = place(number)
            if where.kind != "city" or (where.name == "Washington" and gap == ", "):
                return where
    return None
