"""Where a text may name a place: every row of words, or of characters, that the gazetteer has."""

import re
from dataclasses import dataclass

from pipelines.enrich.people.cjk import cjk_taken
from pipelines.enrich.places.gazetteer import GazetteerPlace, begins, find, leads, place, short_state, shortened
from pipelines.enrich.text.analysed_text import AnalysedText, joined, never
from pipelines.enrich.text.lexicon import MANY_WORDED, base_forms

#: words of the longest names: "Saint Vincent and the Grenadines"
LONGEST = 6
#: inhabitants below which a town's name alone proves nothing (Antony, Chia, Union)
KNOWN = 100_000
#: most readings of a row of inflected words
READINGS = 60
#: the only short forms that are places in capitals: all others of two and three letters are something else's
_SHORT = frozenset("us usa uk uae eau brd ksa rdc drc nyc la dc abd eua nrw nsw rsa prc vae vs ddr".split())


@dataclass(frozen=True, slots=True)
class PlaceCandidate:
    """One place in the text where a place is named: words `first` to before `end`, and what the name may mean."""

    first: int
    end: int
    candidates: tuple[int, ...]
    #: the spelling alone leaves no doubt: D-Minn.
    sure: bool = False


def place_candidates(analysed: AnalysedText, taken: bytearray) -> list[PlaceCandidate]:
    """Return all that may be places, in the text's order; `taken` marks the words of persons and organisations."""
    found = []
    done = 0
    language, keys = analysed.language, analysed.keys
    states = shortened()
    zulu = language in ("zu", "xh")
    for index in range(len(keys)) if zulu else analysed.marked:
        if index < done:
            continue
        form = keys[index]
        if (form in states or analysed.texts[index] in states) and (state := short_state(analysed, index)):
            found.append(PlaceCandidate(index, index + 1, (state,), sure=True))
            continue
        if taken[index] or not form or not leads(form, language) or (zulu and analysed.texts[index].islower()):
            continue
        candidate = _longest(analysed, taken, index)
        if candidate:
            found.append(candidate)
            done = candidate.end
    return found


def prefixed(analysed: AnalysedText, index: int) -> bool:
    """Return whether a name stands behind a small prefix, as in eThekwini."""
    return analysed.language in ("zu", "xh") and not analysed.texts[index].islower()


def _longest(analysed: AnalysedText, taken: bytearray, first: int) -> PlaceCandidate | None:
    """Return the longest name of a place that begins here, in whichever case it stands."""
    keys, language = analysed.keys, analysed.language
    best: PlaceCandidate | None = None
    phrases = [keys[first]]
    bases = base_forms(keys[first], language)
    if bases and language in MANY_WORDED | {"ar", "he", "zu"}:
        phrases += bases
    end = first + 1
    while phrases:
        for phrase in phrases:
            if numbers := find(phrase):
                best = PlaceCandidate(first, end, numbers)
                break
        else:
            if end == first + 1 and bases:
                for phrase in bases:
                    if (numbers := find(phrase)) and great(place(numbers[0])):
                        best = PlaceCandidate(first, end, numbers)
                        break
        if end >= len(keys) or taken[end] or end - first >= LONGEST or not _near(analysed, end - 1):
            break
        longer = [phrase for phrase in phrases if begins(phrase)]
        if not longer:
            break
        nexts = [keys[end], *(base_forms(keys[end], language) if language in MANY_WORDED else ())]
        phrases = [f"{phrase} {following}" for phrase in longer for following in nexts][:READINGS]
        end += 1
    return best if best and _cased_right(analysed, best) else None


def _near(analysed: AnalysedText, index: int) -> bool:
    gap = analysed.text[analysed.ends[index] : analysed.starts[index + 1]]
    return gap in (" ", "-", "\u00a0", ", ", ". ", " d'", " d’", "’", "'", " & ") or joined(analysed, index)


def great(where: GazetteerPlace) -> bool:
    """Return whether a place is known by its name alone: a country, a region, a town of KNOWN inhabitants."""
    return where.kind != "city" or where.population >= KNOWN


def _cased_right(analysed: AnalysedText, candidate: PlaceCandidate) -> bool:
    """Return whether capitals fit: short names are acronyms (US, not us), and no sentence's small word is a town."""
    word = analysed.texts[candidate.first]
    if candidate.end - candidate.first > 1:
        return True
    form = analysed.keys[candidate.first]
    if len(form) <= 3 and form.isascii():
        if word.replace(".", "").isupper():
            return form in _SHORT and not (form in ("la", "vs") and analysed.loud[candidate.first])
        known = great(place(candidate.candidates[0])) and not never(analysed, candidate.first)
        return word[0].isupper() and form not in _SHORT and known
    return True


_RUN = re.compile("[\u0e01-\u0e4e\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]{2,}|(?<=[。、「（【])[\u4e00-\u9fff]")
#: a Katakana word ends where Katakana ends: no name begins or ends inside of one
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]")
LONGEST_RUN = 12
#: characters of Han names that other words are made of as well: their towns are named with 市, 县, 区
_TOWN_SIGN = "市县区州郡町村"
#: one character that newspapers put for a country, before these
_ONE_CHARACTER = {
    "米": "US",
    "英": "GB",
    "仏": "FR",
    "独": "DE",
    "露": "RU",
    "韓": "KR",
    "中": "CN",
    "伊": "IT",
    "豪": "AU",
}


def caseless_places(analysed: AnalysedText, known: int) -> list[tuple[int, str, GazetteerPlace]]:
    """Return mentions of countries, regions and towns of at least `known` inhabitants, longest names first."""
    found: list[tuple[int, str, GazetteerPlace]] = []
    if analysed.language not in ("zh", "ja", "th", "und"):
        return found
    marks = bytearray(len(analysed.text))
    for start, end in cjk_taken(analysed):
        marks[start:end] = b"\1" * (end - start)
    for run in _RUN.finditer(analysed.text):
        text, at = run.group(), 0
        while at < len(text) - 1:
            if marks[run.start() + at]:
                at += 1
                continue
            size = _longest_run(text, at, known) if begins(text[at : at + 2]) or find(text[at : at + 2]) else 0
            if size:
                where = place(find(text[at : at + size])[0])
                found.append((run.start() + at, text[at : at + size], where))
            at += size or 1
    return found


def _longest_run(text: str, at: int, known: int) -> int:
    """Return the length of the longest name of a great place at this character, 0 for none."""
    for size in range(min(LONGEST_RUN, len(text) - at), 1, -1):
        name = text[at : at + size]
        if not (numbers := find(name)) or _inside_katakana(text, at, at + size):
            continue
        where = place(numbers[0])
        if (
            where.kind != "city"
            or where.population >= known * (3 if size == 2 else 1)
            or text[at + size : at + size + 1] in _TOWN_SIGN
        ):
            if where.kind == "city" and where.population < known and not text[at + size : at + size + 1]:
                continue
            return size
    return 0


def _inside_katakana(text: str, first: int, end: int) -> bool:
    before = first > 0 and _KATAKANA.match(text[first - 1]) and _KATAKANA.match(text[first])
    after = end < len(text) and _KATAKANA.match(text[end]) and _KATAKANA.match(text[end - 1])
    return bool(before or after)
