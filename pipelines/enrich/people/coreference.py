"""One person under all the forms of a name that a text has, and whom a lone name means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from typing import Any

from pipelines.enrich.people.full_names import AFTER_NAME, STOPS, is_given
from pipelines.enrich.text.analysed_text import PARTICLES, AnalysedText, capital, joined, written
from pipelines.enrich.text.lexicon import MANY_WORDED, base_forms, key

#: given names so much alike are spellings of one: Bryan and Brian
ALIKE = 0.8


@dataclass(slots=True)
class Person:
    """Somebody and where the text names them, as (first, end) of words."""

    name: str
    #: looked-up forms of the name's parts; the last is the surname
    parts: tuple[str, ...]
    spans: list[tuple[int, int]] = field(default_factory=list)


def add(analysed: AnalysedText, found: list[Person], first: int, end: int) -> None:
    """Add a mention to whom it names: the same surname and no other given name."""
    parts = tuple(part for part in analysed.keys[first:end] if part)
    bare = tuple(part for part in parts if part not in AFTER_NAME)
    if not bare:
        return
    for person in found:
        if _same(person.parts, bare, analysed.language):
            person.spans.append((first, end))
            if len(bare) > len(person.parts) or _is_base(bare, person.parts, analysed.language):
                person.parts, person.name = bare, _shown(analysed, first, end)
            return
    found.append(Person(_shown(analysed, first, end), bare, [(first, end)]))


def _shown(analysed: AnalysedText, first: int, end: int) -> str:
    """Return a name as written, with the full stop of Jr."""
    stop = analysed.ends[end - 1]
    dotted = analysed.keys[end - 1] in ("jr", "sr") and analysed.text[stop : stop + 1] == "."
    return written(analysed, first, end) + ("." if dotted else "")


def _same(one: tuple[str, ...], other: tuple[str, ...], language: str) -> bool:
    if len(one) == 1 or len(other) == 1:
        short, long = (one, other) if len(one) == 1 else (other, one)
        return short[0] in (long[-1], long[0])
    if one == other or set(one) <= set(other) or set(other) <= set(one):
        return True
    if language in MANY_WORDED and len(one) == len(other):
        return all(a == b or _inflected(a, b, language) for a, b in zip(one, other, strict=True))
    if one[-1] == other[-1] and len(one) > 1 and len(other) > 1:
        # "Ben Murray-Bruce", "Sonya A. Zoghlin" and "Sonya Zoghlin", "Chris" and "Christopher"
        return (
            one[0] == other[0] or one[0][:3] == other[0][:3] or SequenceMatcher(None, one[0], other[0]).ratio() >= ALIKE
        )
    return False


def _is_base(one: tuple[str, ...], other: tuple[str, ...], language: str) -> bool:
    """Return whether one form is the base of which another is a case."""
    if language not in MANY_WORDED or len(one) != len(other) or one == other:
        return False
    return all(a == b or a in base_forms(b, language) for a, b in zip(one, other, strict=True))


def _inflected(one: str, other: str, language: str) -> bool:
    """Return whether two forms may be one name's cases."""
    forms = base_forms(one, language)
    return other in forms or one in base_forms(other, language) or bool(set(forms) & set(base_forms(other, language)))


@cache
def known_people() -> tuple[dict[str, tuple[tuple[str, ...], ...]], frozenset[str]]:
    """Return data/people.txt: looked-up form -> all forms of that person; and the beginnings of longer forms."""
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    beginnings: set[str] = set()
    for line in (files("pipelines.enrich") / "data" / "people.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            names = tuple(line.split("|"))
            for name in names:
                form = key(name)
                found[form] = (*found.get(form, ()), names)
                parts = form.split(" ")
                beginnings.update(" ".join(parts[:size]) for size in range(1, len(parts)))
    return found, frozenset(beginnings)


def fullest(names: tuple[str, ...], form: str) -> str:
    """Return the full name that ends as a short form does: Wolodymyr Selenskyj for Selenskyj."""
    if " " in form or (not form.isascii() and not form[0].isalpha()):
        return next((name for name in names if key(name) == form), names[0])
    longer = [name for name in names if " " in name and form in key(name).split(" ")]
    exact = next((name for name in names if key(name) == form), names[0])
    return longer[0] if longer else exact


#: languages beside those of many words in whose cases a name is followed
_CASED = frozenset("de tr az ar he ko is fi hu et zu xh sv no da el".split())


def link(analysed: AnalysedText, taken: bytearray, found: list[Person]) -> None:
    """Give each lone surname or given name to the person it means; add those whom everybody knows by one name."""
    known, beginnings = known_people()
    keys, language = analysed.keys, analysed.language
    last_names: dict[str, Person] = {}
    first_names: dict[str, Person] = {}
    for person in found:
        last_names.setdefault(person.parts[-1], person)
        if len(person.parts) > 1 and is_given(person.parts[0], language):
            first_names.setdefault(person.parts[0], person)
    is_cased = language in MANY_WORDED or language in _CASED
    for index in analysed.at(analysed.forms, PARTICLES & beginnings):
        form = keys[index]
        if taken[index] or not form:
            continue
        if not is_cased and not (form in beginnings or form in last_names or form in first_names or form in known):
            continue
        end, phrase = _longest(analysed, taken, index, known, beginnings)
        if end == index + 1 and analysed.texts[index][0].islower():
            continue
        candidates = (phrase, *base_forms(phrase, language)) if is_cased and end == index + 1 else (phrase,)
        for form in candidates:
            meant = last_names.get(form) or first_names.get(form)
            if meant is None and form in known and not _doubtful(analysed, index, form):
                meant = _known_by_it(known[form], form, last_names)
                if meant not in found:
                    found.append(meant)
                last_names.setdefault(meant.parts[-1], meant)
                last_names.setdefault(form, meant)
            elif meant is not None and (end > index + 1 or _part_of_longer(analysed, index)):
                break
            if meant is not None:
                meant.spans.append((index, end))
                taken[index:end] = b"\1" * (end - index)
                break


def _longest(
    analysed: AnalysedText, taken: bytearray, first: int, known: Mapping[str, Any], beginnings: frozenset[str]
) -> tuple[int, str]:
    """Return the end and the form of the first name of several words that begins here, else of the word alone."""
    keys = analysed.keys
    phrase, end = keys[first], first + 1
    while phrase in beginnings and end < len(keys) and joined(analysed, end - 1) and not taken[end]:
        phrase = f"{phrase} {keys[end]}"
        end += 1
        if phrase in known:
            return end, phrase
    return first + 1, keys[first]


def _doubtful(analysed: AnalysedText, index: int, form: str) -> bool:
    return bool(analysed.loud[index] or (analysed.opens[index] and form in analysed.lower))


def _known_by_it(entries: tuple[tuple[str, ...], ...], form: str, last_names: dict[str, Person]) -> Person:
    """Return whom everybody knows by a form: whom the text names by another spelling of it, else a new person."""
    names = entries[0]
    for name in names:
        if person := last_names.get(key(name).split(" ")[-1]):
            return person
    full = fullest(names, form)
    return Person(full, tuple(key(full).split(" ")))


def _part_of_longer(analysed: AnalysedText, index: int) -> bool:
    """Return whether a lone name goes on with another capitalised word, as in "Harris County"."""
    if analysed.language == "de" or not joined(analysed, index):
        return False
    after = index + 1
    return capital(analysed, after) and analysed.keys[after] in STOPS
