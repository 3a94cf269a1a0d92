"""One person under all the forms of a name that a text has."""

from dataclasses import dataclass, field
from difflib import SequenceMatcher

from pipelines.enrich.inflection import MANY_WORDED, base_forms
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import written

#: what stands behind a surname and is none
AFTER_NAME = frozenset(("jr", "sr", "ii", "iii", "iv", "vi", "vii", "viii", "xiv"))
#: given names so much alike are spellings of one: Bryan and Brian
ALIKE = 0.8


@dataclass(slots=True)
class Person:
    """Somebody and where the text names them, as (first, end) of words."""

    name: str
    #: looked-up forms of the name's parts; the last is the surname
    parts: tuple[str, ...]
    spans: list[tuple[int, int]] = field(default_factory=list)


def add(reading: Reading, found: list[Person], first: int, end: int) -> None:
    """Add a mention to whom it names: the same surname and no other given name."""
    parts = tuple(part for part in reading.keys[first:end] if part)
    bare = tuple(part for part in parts if part not in AFTER_NAME)
    if not bare:
        return
    for person in found:
        if _same(person.parts, bare, reading.language):
            person.spans.append((first, end))
            if len(bare) > len(person.parts) or _is_base(bare, person.parts, reading.language):
                person.parts, person.name = bare, _shown(reading, first, end)
            return
    found.append(Person(_shown(reading, first, end), bare, [(first, end)]))


def _shown(reading: Reading, first: int, end: int) -> str:
    """Return a name as written, with the full stop of Jr."""
    stop = reading.words[end - 1].end
    dotted = reading.keys[end - 1] in ("jr", "sr") and reading.text[stop : stop + 1] == "."
    return written(reading, first, end) + ("." if dotted else "")


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
