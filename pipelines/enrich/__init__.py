"""Article in, what it is about out: each step one module with one function, all named in one list."""

from collections.abc import Callable
from typing import Any

from news.article import Article
from news.outlet import Outlet
from pipelines.enrich.about import about
from pipelines.enrich.counts import counts
from pipelines.enrich.figures import figures
from pipelines.enrich.keywords import keywords
from pipelines.enrich.model import model
from pipelines.enrich.organisations import organisations
from pipelines.enrich.people import people
from pipelines.enrich.places import places
from pipelines.enrich.quotes import quotes
from pipelines.enrich.reading import Reading
from pipelines.enrich.section import section

#: what is done, in this order; each gives some fields of the index document
STEPS: tuple[Callable[[Reading], dict[str, Any]], ...] = (
    counts,
    section,
    keywords,
    people,
    organisations,
    model,
    places,
    about,
    quotes,
    figures,
)


def enrich(article: Article, outlet: Outlet) -> dict[str, Any]:
    """Return the enrichment's fields of the index document, in JSON's types; what was not found is absent.

    Bounded in time for any text: names are looked for in its first READ characters alone.
    """
    reading = Reading(article, outlet)
    fields: dict[str, Any] = {}
    for step in STEPS:
        fields |= step(reading)
    return fields
