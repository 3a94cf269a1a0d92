"""The country an article is about, apart from those it mentions."""

from collections import Counter
from typing import Any

from pipelines.enrich.companies import all_organisations
from pipelines.enrich.context import people_of
from pipelines.enrich.places import located, prominence
from pipelines.enrich.reading import Reading

#: an article is about a country that has this share of all that points to countries, and this weight
SHARE, LEAST = 0.34, 3.0


def about(reading: Reading) -> dict[str, Any]:
    """Return `about_country`, ISO 3166-1 alpha-2: the one that most points to; {} where none stands out."""
    weights: Counter[str] = Counter()
    for start, _, where in reading.once(located):
        if where and where.country:
            weights[where.country] += prominence(reading, start)
    for code, count in people_of(reading).items():
        weights[code] += count
    for mention in reading.once(all_organisations):
        if (
            mention.body
            and mention.body.country
            and mention.body.group not in ("media", "companies", "nba", "nfl", "mlb")
        ):
            weights[mention.body.country] += 1
    if not weights:
        return {}
    code, weight = weights.most_common(1)[0]
    if weight < LEAST or weight < SHARE * weights.total():
        return {}
    return {"about_country": code}
