"""Persons in Korean: a family name and two syllables, told by a title, a known given name, or by coming back."""

from collections import Counter

from pipelines.enrich.famous import famous
from pipelines.enrich.inflection import base_forms
from pipelines.enrich.lexicon import common, given, words_of
from pipelines.enrich.reading import Reading

#: a name comes back so often, with so many different particles
OFTEN, PARTICLES = 4, 3


def korean_persons(reading: Reading) -> Counter[str]:
    """Return the persons a Korean text names, and how often."""
    if reading.language != "ko":
        return Counter()
    seen: Counter[str] = Counter()
    forms: dict[str, set[str]] = {}
    told: set[str] = set()
    known = famous()[0]
    families, titles = words_of("families", "ko"), words_of("titles", "ko")
    for index, form in enumerate(reading.keys):
        for name in (form, *base_forms(form, "ko")):
            if len(name) != 3 or name[0] not in families or common(name) or not "가" <= name[-1] <= "힣":
                continue
            seen[name] += 1
            forms.setdefault(name, set()).add(form)
            beside = (reading.keys[index + 1 : index + 2] or [""])[0]
            titled = beside in titles or any(base in titles for base in base_forms(beside, "ko"))
            if name in known or (titled and (form == name)) or given(name[1:]):
                told.add(name)
    return Counter(
        {
            name: count
            for name, count in seen.items()
            if (name in told and (count > 1 or name in known)) or (count >= OFTEN and len(forms[name]) >= PARTICLES)
        }
    )
