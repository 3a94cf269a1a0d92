"""Names in scripts without capitals whose words are set apart: Arabic, Hebrew, Persian, Hindi."""

from collections.abc import Iterator

from pipelines.enrich.inflection import base_forms
from pipelines.enrich.lexicon import given, surname, tells
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import joined

LANGUAGES = frozenset({"ar", "he", "fa", "ur", "hi", "mr", "ne"})
#: a shorter given name is too often a word
SHORTEST = 3


def uncased_names(reading: Reading, taken: bytearray) -> Iterator[tuple[int, int]]:
    """Yield (first, end) of a given name and what follows it, if that is a surname or a title stands before."""
    if reading.language not in LANGUAGES:
        return
    keys, done = reading.keys, 0
    for index in range(len(keys) - 1):
        if index < done or taken[index] or taken[index + 1] or not joined(reading, index):
            continue
        if len(keys[index]) < SHORTEST or not given(keys[index]) or len(keys[index + 1]) < SHORTEST:
            continue
        if surname(keys[index + 1]) or (index and _told(reading, index - 1)):
            yield index, index + 2
            done = index + 2


def _told(reading: Reading, index: int) -> bool:
    """Return whether a word is a title or a verb of saying, with or without "and" or "the" before it."""
    forms = (reading.keys[index], *base_forms(reading.keys[index], reading.language))
    return any(tells(name, reading.language, form) for name in ("titles", "says") for form in forms)
