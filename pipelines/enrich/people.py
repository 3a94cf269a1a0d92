"""Which persons a text names: by given names, titles, verbs of saying, and by our list of those known by one name."""

from collections import Counter
from typing import Any

from pipelines.enrich.dense import dense_persons
from pipelines.enrich.full_names import full_names
from pipelines.enrich.known import known_and_built
from pipelines.enrich.korean import korean_persons
from pipelines.enrich.likely_names import likely_names
from pipelines.enrich.lone_names import link
from pipelines.enrich.person import Person, add
from pipelines.enrich.reading import Reading
from pipelines.enrich.uncased_names import uncased_names

#: most that are listed
MOST = 80


def people(reading: Reading) -> dict[str, Any]:
    """Return `people`: the fullest name in the text, and mentions; {} for none."""
    counts = Counter({person.name: len(person.spans) for person in reading.once(persons)})
    counts.update(name for _, _, name in reading.once(dense_persons))
    counts.update(reading.once(korean_persons))
    rows = [{"name": name, "mentions": count} for name, count in counts.most_common(MOST)]
    return {"people": rows} if rows else {}


def persons(reading: Reading) -> list[Person]:
    """Return the persons of the text, each once, with all places where they are named."""
    taken = bytearray(len(reading.words))
    for mention in reading.once(known_and_built):
        possessed = mention.body and mention.body.name.endswith("'s")  # McDonald's is nobody's
        if (
            possessed
            or mention.end - mention.first > 1
            or reading.words[mention.first].text.isupper()
            or reading.language == "de"
        ):
            taken[mention.first : mention.end] = b"\1" * (mention.end - mention.first)
    found: list[Person] = []
    for first, end in full_names(reading, taken):
        add(reading, found, first, end)
        taken[first:end] = b"\1" * (end - first)
    for first, end in list(likely_names(reading, taken, found)):
        add(reading, found, first, end)
        taken[first:end] = b"\1" * (end - first)
    link(reading, taken, found)
    for first, end in uncased_names(reading, taken):
        add(reading, found, first, end)
        taken[first:end] = b"\1" * (end - first)
    return [person for person in found if person.spans]
