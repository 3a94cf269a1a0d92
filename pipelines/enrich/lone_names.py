"""Lone surnames and given names: whom they mean in this text, or whom everybody knows by them."""

from collections.abc import Mapping
from typing import Any

from pipelines.enrich.famous import famous, fullest
from pipelines.enrich.full_names import STOPS, is_given
from pipelines.enrich.inflection import MANY_WORDED, base_forms
from pipelines.enrich.person import Person
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import PARTICLES, capital, joined
from pipelines.enrich.words import key

#: languages beside those of many words in whose cases a name is followed
_CASED = frozenset("de tr az ar he ko is fi hu et zu xh sv no da el".split())


def link(reading: Reading, taken: bytearray, found: list[Person]) -> None:
    """Give each lone surname or given name to the person it means; add those whom everybody knows by one name."""
    known, beginnings = famous()
    keys, language = reading.keys, reading.language
    last_names: dict[str, Person] = {}
    first_names: dict[str, Person] = {}
    for person in found:
        last_names.setdefault(person.parts[-1], person)
        if len(person.parts) > 1 and is_given(person.parts[0], language):
            first_names.setdefault(person.parts[0], person)
    particles = [index for index, form in enumerate(keys) if form in PARTICLES and form in beginnings]
    for index in sorted({*reading.marked, *particles}):
        if taken[index] or not keys[index]:
            continue
        end, phrase = _longest(reading, taken, index, known, beginnings)
        if end == index + 1 and reading.words[index].text[0].islower():
            continue
        candidates = (phrase, *_cases(phrase, language)) if end == index + 1 else (phrase,)
        for form in candidates:
            meant = last_names.get(form) or first_names.get(form)
            if meant is None and form in known and not _doubtful(reading, index, form):
                meant = _known_by_it(known[form], form, last_names)
                if meant not in found:
                    found.append(meant)
                last_names.setdefault(meant.parts[-1], meant)
                last_names.setdefault(form, meant)
            elif meant is not None and (end > index + 1 or _part_of_longer(reading, index)):
                break
            if meant is not None:
                meant.spans.append((index, end))
                taken[index:end] = b"\1" * (end - index)
                break


def _longest(
    reading: Reading, taken: bytearray, first: int, known: Mapping[str, Any], beginnings: frozenset[str]
) -> tuple[int, str]:
    """Return the end and the form of the first name of several words that begins here, else of the word alone."""
    keys = reading.keys
    phrase, end = keys[first], first + 1
    while phrase in beginnings and end < len(keys) and joined(reading, end - 1) and not taken[end]:
        phrase = f"{phrase} {keys[end]}"
        end += 1
        if phrase in known:
            return end, phrase
    return first + 1, keys[first]


def _doubtful(reading: Reading, index: int, form: str) -> bool:
    return bool(reading.loud[index]) or (reading.words[index].opens and form in reading.lower)


def _known_by_it(entries: tuple[tuple[str, ...], ...], form: str, last_names: dict[str, Person]) -> Person:
    """Return whom everybody knows by a form: whom the text names by another spelling of it, else a new person."""
    names = entries[0]
    for name in names:
        if person := last_names.get(key(name).split(" ")[-1]):
            return person
    full = fullest(names, form)
    return Person(full, tuple(key(full).split(" ")))


def _cases(form: str, language: str) -> tuple[str, ...]:
    if language in MANY_WORDED or language in _CASED:
        return base_forms(form, language)
    return ()


def _part_of_longer(reading: Reading, index: int) -> bool:
    """Return whether a lone name goes on with another capitalised word, as in "Harris County"."""
    if reading.language == "de" or not joined(reading, index):
        return False
    after = index + 1
    return capital(reading, after) and reading.keys[after] in STOPS
