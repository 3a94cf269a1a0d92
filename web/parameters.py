"""The parameters of a search, each declared once: for the page, for the API, and for its description."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, create_model

from index.fields import facets
from index.query import MOST_HITS, MOST_VALUES, Interval, Sort
from web.export_formats import ExportFormat

#: hits of a page, unless asked otherwise: for a reader, and for a program
SIZE, PROGRAM_SIZE = 20, 10
#: significant terms in one answer
MOST_TERMS = 1_000


def _filled(default: Any) -> BeforeValidator:
    """Return a validator that takes an empty value, as a form sends it, for a missing one."""
    return BeforeValidator(lambda value: default if value == "" else value)


class PageQuery(BaseModel):
    """What the search page and the API have in common."""

    q: Annotated[
        str,
        Field(
            description=(
                'Words to find: "a phrase", -without, one OR other, field:value, begin*. Empty finds everything.'
            ),
            examples=['flood "state of emergency" -film'],
        ),
    ] = ""
    since: Annotated[
        str,
        Field(
            alias="from",
            description=(
                "Published on or after: a day (2024-02-08), a month (2024-02), a year, an ISO 8601 time, or so long "
                "ago (24h, 7d)."
            ),
            examples=["2024-02-08"],
        ),
    ] = ""
    until: Annotated[
        str,
        Field(description="Published on or before that day, month or year; before that time.", examples=["2024-02"]),
    ] = ""
    sort: Annotated[
        Sort,
        Field(description=f"The order: {', '.join(Sort)}. Articles without a date are last."),
        _filled(Sort.RELEVANCE),
    ] = Sort.RELEVANCE
    stories: Annotated[
        bool,
        Field(description="1: one hit per story, that is for all articles with the same text; 0: one hit per article."),
        _filled(False),
    ] = False
    size: Annotated[int, Field(ge=0, le=MOST_HITS, description="Hits per page."), _filled(PROGRAM_SIZE)] = PROGRAM_SIZE
    cursor: Annotated[
        str, Field(description="`next_cursor` of the previous page; all other parameters must stay the same.")
    ] = ""
    timezone: Annotated[
        str,
        Field(description="IANA time zone of days, and of times on the page. Default UTC.", examples=["Europe/Paris"]),
        _filled("UTC"),
    ] = "UTC"


class ProgramQuery(PageQuery):
    """What programs may ask for beside it."""

    facets: Annotated[
        str,
        Field(
            description="Facets to count, separated by commas; `all` for every facet.", examples=["outlet,in_language"]
        ),
    ] = ""
    facet_size: Annotated[int, Field(ge=1, le=MOST_VALUES, description="Values per facet."), _filled(10)] = 10
    histogram: Annotated[
        Interval | None, Field(description=f"Interval of the histogram: {', '.join(Interval)}."), _filled(None)
    ] = None
    highlight: Annotated[bool, Field(description="1: highlight matches."), _filled(False)] = False
    fields: Annotated[
        str,
        Field(
            description="Fields of the document to return, separated by commas; default all.",
            examples=["headline,url,date_published"],
        ),
    ] = ""
    like: Annotated[str, Field(description="Id of an article: find articles like it (Elasticsearch only).")] = ""
    significant_terms: Annotated[
        int,
        Field(ge=0, le=MOST_TERMS, description="Number of significant terms to return (Elasticsearch only)."),
        _filled(0),
    ] = 0


def _described(model: type[BaseModel]) -> dict[str, str]:
    return {field.alias or name: field.description or "" for name, field in model.model_fields.items()}


#: what may stand in an address beside the facets' names, and what it means
PARAMETERS = _described(PageQuery)
#: further parameters, for programs only
PROGRAM_PARAMETERS = {name: text for name, text in _described(ProgramQuery).items() if name not in PARAMETERS}

_FILTERS: dict[str, Any] = {
    name: (
        list[str],
        Field(default=[], description=f"Filter by {facet.label.lower()}; several values are alternatives."),
    )
    for name, facet in facets().items()
    if name not in ProgramQuery.model_fields
}
#: all parameters of `/api/search`, the facets included
SearchQuery: Any = create_model("SearchQuery", __base__=ProgramQuery, **_FILTERS)
#: what a search has and an export has not: it gives every article, and counts none
_NOT_EXPORTED = ("stories", "size", "cursor", "facets", "facet_size", "histogram", "highlight", "significant_terms")
#: parameters that say which articles are meant
MEANT: dict[str, Any] = {
    name: (field.annotation, field) for name, field in SearchQuery.model_fields.items() if name not in _NOT_EXPORTED
}
_FORMAT = Field(description=f"How it is written: {', '.join(ExportFormat)}.")
_WRITTEN: Any = (Annotated[ExportFormat, _FORMAT, _filled(ExportFormat.CSV)], ExportFormat.CSV)
_AFTER = Field(default="", description="Id of an article: export what comes behind it, without the head of the file.")
#: all parameters of `/api/export`
ExportQuery: Any = create_model("ExportQuery", **MEANT, format=_WRITTEN, after=(str, _AFTER))


def names_in(text: str) -> tuple[str, ...]:
    """Return the names of a list with commas.

    >>> names_in("headline, url,")
    ('headline', 'url')
    """
    return tuple(name.strip() for name in text.split(",") if name.strip())
