"""Article in, what it is about out: each step one function, all named in one list.

A spaCy pipeline of the user's, at a path that is set and never fetched, may find names besides.
"""

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

from news.article import Article
from news.configuration import read
from news.errors import ConfigurationError
from news.outlet import Outlet
from pipelines.enrich.organisations.contextual_matches import organisations
from pipelines.enrich.people.people import people, quotes
from pipelines.enrich.places.places import about, places
from pipelines.enrich.text.analysed_text import AnalysedText
from pipelines.enrich.text.plain_fields import counts, figures, keywords, section

#: spaCy's labels, as its models for news have them
_LABELS = {"PER": "people", "PERSON": "people", "ORG": "organisations"}
#: characters that the model is given: it takes milliseconds where our own steps take microseconds
READ_BY_MODEL = 10_000


def model(analysed: AnalysedText) -> dict[str, Any]:
    """Return `people` and `organisations` with the names that the model alone finds after ours; {} without a model.

    `BROADSHEET_ENTITY_MODEL` names the folder of a pipeline that spaCy can load (`check_model` has tried).
    """
    pipeline = _pipeline()
    if pipeline is None:
        return {}
    found: dict[str, Counter[str]] = {"people": Counter(), "organisations": Counter()}
    for entity in pipeline(analysed.text[:READ_BY_MODEL]).ents:
        if entity.label_ in _LABELS and entity.text.strip():
            found[_LABELS[entity.label_]][" ".join(entity.text.split())] += 1
    fields: dict[str, Any] = {}
    for name, ours in (("people", people(analysed)), ("organisations", organisations(analysed))):
        rows = list(ours.get(name, ()))
        known = {each[key].casefold() for each in rows for key in ("name", "display") if key in each}
        rows += [
            {"name": text, "mentions": count}
            for text, count in found[name].most_common()
            if text.casefold() not in known
        ]
        if rows:
            fields[name] = rows
    return fields


def check_model() -> None:
    """Load the model that is set, if one is, where a person hears of it. Raises ConfigurationError if that fails."""
    try:
        _pipeline()
    except ImportError as error:
        raise ConfigurationError("BROADSHEET_ENTITY_MODEL needs spaCy beside Broadsheet: pip install spacy.") from error
    except (OSError, ValueError) as error:
        raise ConfigurationError("BROADSHEET_ENTITY_MODEL: spaCy cannot load this pipeline.") from error


@cache
def _pipeline() -> Any:
    path = read().entity_model
    if path is None:
        return None
    import spacy

    return spacy.load(path)


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
