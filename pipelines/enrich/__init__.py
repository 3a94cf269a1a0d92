"""Article in, what it is about out: each step one function, all named in one list."""

from collections.abc import Callable
from typing import Any

from news.article import Article
from news.outlet import Outlet
from pipelines.enrich.model import model
from pipelines.enrich.organisations.contextual_matches import organisations
from pipelines.enrich.people.people import people, quotes
from pipelines.enrich.places.places import about, places
from pipelines.enrich.text.analysed_text import AnalysedText
from pipelines.enrich.text.plain_fields import counts, figures, keywords, section

#: what is done, in this order; each gives some fields of the index document
STEPS: tuple[Callable[[AnalysedText], dict[str, Any]], ...] = (
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
    analysed = AnalysedText(article, outlet)
    fields: dict[str, Any] = {}
    for step in STEPS:
        fields |= step(analysed)
    return fields
