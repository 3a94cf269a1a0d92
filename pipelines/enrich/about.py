"""The country an article is about, apart from those it mentions."""

from collections import Counter, defaultdict
from typing import Any

from pipelines.enrich.companies import all_organisations
from pipelines.enrich.context import people_of
from pipelines.enrich.gazetteer import Place
from pipelines.enrich.lexicon import tells
from pipelines.enrich.places import located, prominence
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import index_at

#: an article is about a country that has this share of all that points to countries, this weight, and two pointers:
#: one mention of Paris makes no recipe French
SHARE, LEAST, POINTERS = 0.34, 3.0, 2


def about(reading: Reading) -> dict[str, Any]:
    """Return `about_country`, ISO 3166-1 alpha-2: the one that most points to; {} where none stands out."""
    weights: dict[str, float] = defaultdict(float)
    pointers = Counter(people_of(reading))
    for start, _, where in reading.once(located):
        if where.country:
            pointers[where.country] += 1
            weights[where.country] += prominence(reading, start) * _happens(reading, start, where)
    for code, count in people_of(reading).items():
        weights[code] += count
    for mention in reading.once(all_organisations):
        if (
            mention.body
            and mention.body.country
            and mention.body.group not in ("media", "companies", "nba", "nfl", "mlb")
        ):
            weights[mention.body.country] += 1
            pointers[mention.body.country] += 1
    if not weights:
        return {}
    code, weight = max(weights.items(), key=lambda each: each[1])
    if weight < LEAST or pointers[code] < POINTERS or weight < SHARE * sum(weights.values()):
        return {}
    return {"about_country": code}


def _happens(reading: Reading, start: int, where: Place) -> float:
    """Return how much a mention says that things happen there: "in Iraq" much, "US forces" little."""
    index = index_at(reading, start)
    if index >= len(reading.words):
        return 1.0
    if index and tells("where", reading.language, reading.keys[index - 1]):
        return 1.5
    word = reading.words[index]
    attributive = where.kind == "country" and word.text.replace(".", "") in ("US", "UK", "EU", "USA")
    return 0.5 if attributive and reading.text[word.end : word.end + 1] in " -" else 1.0
