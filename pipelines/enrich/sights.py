"""Where a text may name a place: every row of words that the gazetteer has, in whichever case it stands."""

from dataclasses import dataclass

from pipelines.enrich.gazetteer import Place, begins, find, place
from pipelines.enrich.inflection import MANY_WORDED, base_forms
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import joined, never
from pipelines.enrich.states import short_state

#: words of the longest names: "Saint Vincent and the Grenadines"
LONGEST = 6
#: inhabitants below which a town's name alone proves nothing (Antony, Chia, Union)
KNOWN = 100_000
#: most readings of a row of inflected words
READINGS = 60
#: the only short forms that are places in capitals: all others of two and three letters are something else's
_SHORT = frozenset("us usa uk uae eau brd ksa rdc drc nyc la dc abd eua nrw nsw rsa prc vae vs ddr".split())


@dataclass(frozen=True, slots=True)
class Sight:
    """One place in the text where a place is named: words `first` to before `end`, and what the name may mean."""

    first: int
    end: int
    candidates: tuple[int, ...]
    #: the spelling alone leaves no doubt: D-Minn.
    sure: bool = False


def sights(reading: Reading, taken: bytearray) -> list[Sight]:
    """Return all that may be places, in the text's order; `taken` marks the words of persons and organisations."""
    found = []
    done = 0
    zulu = reading.language in ("zu", "xh")
    for index in range(len(reading.words)) if zulu else reading.marked:
        if index < done:
            continue
        if state := short_state(reading, index):
            found.append(Sight(index, index + 1, (state,), sure=True))
            continue
        if taken[index] or not reading.keys[index] or (zulu and reading.words[index].text.islower()):
            continue
        sight = _longest(reading, taken, index)
        if sight:
            found.append(sight)
            done = sight.end
    return found


def prefixed(reading: Reading, index: int) -> bool:
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
                    if (numbers := find(phrase)) and great(place(numbers[0])):
                        best = Sight(first, end, numbers)
                        break
        if end >= len(keys) or taken[end] or end - first >= LONGEST or not _near(reading, end - 1):
            break
        longer = [phrase for phrase in phrases if begins(phrase)]
        if not longer:
            break
        nexts = [keys[end], *(base_forms(keys[end], language) if language in MANY_WORDED else ())]
        phrases = [f"{phrase} {following}" for phrase in longer for following in nexts][:READINGS]
        end += 1
    return best if best and _cased_right(reading, best) else None


def _near(reading: Reading, index: int) -> bool:
    gap = reading.text[reading.words[index].end : reading.words[index + 1].start]
    return gap in (" ", "-", "\u00a0", ", ", ". ", " d'", " d’", "’", "'", " & ") or joined(reading, index)


def great(where: Place) -> bool:
    """Return whether a place is known by its name alone: a country, a region, a town of KNOWN inhabitants."""
    return where.kind != "city" or where.population >= KNOWN


def _cased_right(reading: Reading, sight: Sight) -> bool:
    """Return whether capitals fit: short names are acronyms (US, not us), and no sentence's small word is a town."""
    word = reading.words[sight.first].text
    if sight.end - sight.first > 1:
        return True
    form = reading.keys[sight.first]
    if len(form) <= 3 and form.isascii():
        if word.replace(".", "").isupper():
            return form in _SHORT and not (form in ("la", "vs") and reading.loud[sight.first])
        known = great(place(sight.candidates[0])) and not never(reading, sight.first)
        return word[0].isupper() and form not in _SHORT and known
    return True
