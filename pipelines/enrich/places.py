"""Where: the countries, regions and cities a text names, and the country it is about."""

from collections import Counter
from typing import Any

from pipelines.enrich.gazetteer import Place, gazetteer
from pipelines.enrich.reading import Reading
from pipelines.enrich.words import key

#: words of the longest names: "Saint Vincent and the Grenadines"
LONGEST = 5
#: inhabitants below which a city's name alone proves nothing (Antony, Chia, Union)
KNOWN = 100_000


def places(reading: Reading) -> dict[str, Any]:
    """Return `places`, the heaviest first, and `about_country`, or {} where the text names none."""
    words, text = reading.words, reading.text
    found: Counter[int] = Counter()
    written: dict[int, str] = {}
    weights: Counter[int] = Counter()
    at = 0
    while at < len(words):
        step = 1
        if words[at].capital or not words[at].text[0].isascii():
            for size in range(min(LONGEST, len(words) - at), 0, -1):
                start, end = words[at].start, words[at + size - 1].end
                if number := _known(text[start:end], reading):
                    found[number] += 1
                    written.setdefault(number, text[start:end])
                    weights[number] += 3 if start < len(reading.article.headline) else 1
                    step = size
                    break
        at += step
    total = weights.total() or 1
    rows = [(number, gazetteer().place(number)) for number, _ in weights.most_common(50)]
    listed = [
        {
            "name": place.name,
            "display": written[number],
            "code": place.code,
            "kind": place.kind,
            "lat": place.lat,
            "lon": place.lon,
            "weight": round(weights[number] / total, 3),
            "mentions": found[number],
        }
        for number, place in rows
    ]
    by_country: Counter[str] = Counter()
    for number, place in rows:
        by_country[place.country] += weights[number]
    about = {"about_country": by_country.most_common(1)[0][0]} if by_country else {}
    return {"places": listed} | about if listed else {}


def _known(name: str, reading: Reading) -> int | None:
    if len(name) > 60 or "\n" in name:
        return None
    short = key(name)
    if len(short) <= 3 and short.isascii() and not name.isupper():
        return None
    for number in gazetteer().find(short):
        place: Place = gazetteer().place(number)
        if place.kind != "city" or place.population >= KNOWN:
            return number
    return None
