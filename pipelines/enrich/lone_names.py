"""Lone surnames and given names: whom they mean in this text, or whom everybody knows by them."""

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
        word = reading.words[index]
        if taken[index] or not keys[index]:
            continue
        end, names = index + 1, known.get(keys[index])
        phrase = keys[index]
        while phrase in beginnings and end < len(keys) and joined(reading, end - 1) and not taken[end]:
            phrase = f"{phrase} {keys[end]}"
            end += 1
            if phrase in known:
                names = known[phrase]
                break
        else:
            end = index + 1
            phrase = keys[index]
        if word.text[0].islower() and end == index + 1:
            continue
        candidates = [phrase, *_cases(phrase, language)] if end == index + 1 else [phrase]
        for form in candidates:
            if meant := last_names.get(form) or first_names.get(form):
                if end == index + 1 and not _part_of_longer(reading, index):
                    meant.spans.append((index, end))
                    taken[index:end] = b"\1" * (end - index)
                break
            if (names := known.get(form)) and not (word.opens and form in reading.lower) and not reading.loud[index]:
                full = fullest(names[0], form)
                person = Person(full, tuple(key(full).split(" ")), [(index, end)])
                found.append(person)
                last_names.setdefault(person.parts[-1], person)
                last_names.setdefault(form, person)
                taken[index:end] = b"\1" * (end - index)
                break


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
