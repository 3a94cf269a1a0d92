"""Where: the countries, regions and towns a text names, the heaviest first."""

from collections import Counter
from typing import Any

from pipelines.enrich.believed import KNOWN_CASELESS, believed
from pipelines.enrich.caseless import dense_places
from pipelines.enrich.companies import all_organisations
from pipelines.enrich.context import context
from pipelines.enrich.gazetteer import Place, place
from pipelines.enrich.meant import choose
from pipelines.enrich.people import persons
from pipelines.enrich.quarters import UNKNOWN, quarters
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import written
from pipelines.enrich.sights import sights

#: most that are listed
MOST = 60


def places(reading: Reading) -> dict[str, Any]:
    """Return `places`, the heaviest first, each with its ISO code and coordinates; {} where the text names none.

    A place's weight is its share of all mentions, those in the headline and the first lines counted more.
    """
    found = reading.once(located)
    weights: Counter[str] = Counter()
    mentions: Counter[str] = Counter()
    shown: dict[str, tuple[str, Place]] = {}
    for start, name, where in found:
        form = f"{where.code}/{where.name}"
        shown.setdefault(form, (name, where))
        mentions[form] += 1
        weights[form] += prominence(reading, start)
    total = weights.total()
    rows = []
    for form, weight in weights.most_common(MOST):
        name, where = shown[form]
        row: dict[str, Any] = {"name": where.name, "display": name}
        row |= {"code": where.code, "country": where.country, "kind": where.kind}
        if where.lat != UNKNOWN:
            row |= {"lat": where.lat, "lon": where.lon}
        rows.append(row | {"weight": round(weight / total, 3), "mentions": mentions[form]})
    return {"places": rows} if rows else {}


def prominence(reading: Reading, start: int) -> int:
    """Return how much a mention weighs: 3 in the headline, 2 in the first 500 characters, else 1."""
    return 3 if start < len(reading.article.headline) else 2 if start < len(reading.article.headline) + 500 else 1


def located(reading: Reading) -> list[tuple[int, str, Place]]:
    """Return each mention of a place: where it starts in the text, as written, and the place."""
    taken = bytearray(len(reading.words))
    for person in reading.once(persons):
        for first, end in person.spans:
            taken[first:end] = b"\1" * (end - first)
    for mention in reading.once(all_organisations):
        taken[mention.first : mention.end] = b"\1" * (mention.end - mention.first)
    seen = sights(reading, taken)
    countries = context(reading, [place(sight.candidates[0]) for sight in seen])
    accepted: list[tuple[int, str, Place]] = []
    near: set[int] = set()
    for sight in seen:
        where = choose(reading, sight, countries)
        if where and believed(reading, sight, where, taken, countries, near):
            near.update(range(sight.first, sight.end + 2))
            accepted.append((reading.words[sight.first].start, written(reading, sight.first, sight.end), where))
    accepted += dense_places(reading, KNOWN_CASELESS)
    accepted += quarters(reading, taken, accepted)
    return sorted(accepted, key=lambda found: found[0])
