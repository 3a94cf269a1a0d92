"""The fields of an article in the index, each declared once: its type, what it means, how it is searched and filtered.

From here come Elasticsearch's mapping, PostgreSQL's weights, the names that a query knows, the facets with their
labels, "did you mean", and the table in docs/fields.md (`python -m index.fields`).
"""

import sys
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from index.declaration import DeclaredFacet, DeclaredField, Json
from news.article import BodyMissing, Genre, Kind
from news.edits import EditKind
from news.errors import BadQuery, hint

#: rises with each change of what Elasticsearch is told of these fields: `broadsheet index migrate` brings it there
SCHEMA_VERSION = 7

KEYWORD: Json = {"type": "keyword", "ignore_above": 1024}
TEXT: Json = {"type": "text", "analyzer": "neutral"}
INSTANT: Json = {"type": "date", "format": "strict_date_optional_time"}
BOOLEAN: Json = {"type": "boolean"}
INTEGER: Json = {"type": "integer"}
FLOAT: Json = {"type": "float"}
#: kept as it is, and not searched
KEPT: Json = {"type": "object", "enabled": False}


def each(**properties: Json) -> Json:
    """Return the type of a list of objects; a property beyond these is kept and not searched."""
    return {"type": "nested", "dynamic": False, "properties": properties}


def parts(**properties: Json) -> Json:
    """Return the type of one object, or of a list whose objects need not be told apart."""
    return {"dynamic": False, "properties": properties}


def listed(value: Any) -> list[Any]:
    """Return what a field holds as a list: of one value that value, of none or an empty text nothing."""
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def names(entities: Any, key: str = "name") -> list[str]:
    """Return the names of entities that are written as texts or as objects with a name."""
    found = (each.get(key) if isinstance(each, Mapping) else each for each in listed(entities))
    return list(dict.fromkeys(str(name) for name in found if name))


def _edit_kinds(document: Mapping[str, Any]) -> Any:
    """Return the kinds of edits, also of those that are written as one summary or as a list of edits."""
    if document.get("edit_kinds"):
        return document["edit_kinds"]
    summaries = [each for each in listed(document.get("edits")) if isinstance(each, Mapping)]
    kinds = [str(kind) for each in summaries for kind in listed(each.get("kinds"))]
    return list(dict.fromkeys(kinds + names(summaries, "kind")))


#: the values of a flag
_YES_NO = ("true", "false")


def _keyword(means: str, facet: DeclaredFacet | None = None) -> DeclaredField:
    return DeclaredField(type=KEYWORD, means=means, facet=facet)


def _entities(name: str, type: Json, means: str, *, label: str, aliases: tuple[str, ...]) -> DeclaredField:
    facet = DeclaredFacet(
        label=label,
        aliases=aliases,
        values=lambda document: names(document.get(name)),
        read_from=(f"{name}.name",),
        is_usual=True,
        is_listed=True,
    )
    return DeclaredField(type=type, means=means, facet=facet)


def _instant(means: str) -> DeclaredField:
    return DeclaredField(type=INSTANT, means=means)


FIELDS: dict[str, DeclaredField] = {
    "id": DeclaredField(
        type={"type": "keyword"}, means="the article's id: UUIDv5 of its first address; it never changes"
    ),
    "url": _keyword("its address"),
    "canonical_url": _keyword("the address that the page itself states"),
    "revision": DeclaredField(type={"type": "long"}, means="increases with each change that is indexed"),
    "version": DeclaredField(type=INTEGER, means="counts the article's texts"),
    "outlet": _keyword(
        "the outlet's slug",
        DeclaredFacet(
            label="Outlet", aliases=("source", "site", "outlets"), is_code=True, is_usual=True, is_listed=True
        ),
    ),
    "outlet_name": _keyword("the outlet's name"),
    "in_language": _keyword(
        "language, a BCP 47 tag; `und` if unknown",
        DeclaredFacet(label="Language", aliases=("language", "lang", "languages"), is_usual=True, is_listed=True),
    ),
    "language_confidence": DeclaredField(type=FLOAT, means="how sure the language is, 0 to 1"),
    "country": _keyword(
        "the outlet's country, ISO 3166-1 alpha-2",
        DeclaredFacet(label="Outlet’s country", aliases=("countries",), is_code=True, is_usual=True, is_listed=True),
    ),
    "headline": DeclaredField(type=TEXT, means="headline", weight="A", boost=3, aliases=("title", "intitle")),
    "standfirst": DeclaredField(
        type=TEXT, means="what stands between headline and body", weight="B", boost=2, aliases=("summary", "lead")
    ),
    "kicker": DeclaredField(type=TEXT, means="what stands over the headline", weight="C"),
    "alternative_headlines": DeclaredField(type=TEXT, means="other headlines that the page states", weight="C"),
    "correction": DeclaredField(type=TEXT, means="the outlet's own notice that it corrected the text", weight="C"),
    "correction_notices": DeclaredField(
        type=parts(text=TEXT, url=KEYWORD, date_published=INSTANT),
        means="corrections that the page states for machines, each with text, address and time",
    ),
    "body": DeclaredField(
        type=TEXT, means="text, its paragraphs parted by an empty line", weight="D", boost=1, aliases=("text", "intext")
    ),
    "entries": DeclaredField(type=parts(headline=TEXT, body=TEXT), means="a live blog's entries", weight="D"),
    "body_cut": DeclaredField(type=BOOLEAN, means="the body was too long for the index and is cut there"),
    "body_missing": _keyword(
        f"why no text was read in its page, where none was: {', '.join(f'`{why}`' for why in BodyMissing)}",
        DeclaredFacet(label="No text", aliases=("missing", "no_text"), is_code=True, vocabulary=tuple(BodyMissing)),
    ),
    "article_section": _keyword("section, as the page states it"),
    "genre": _keyword(
        f"sort of journalism, where the page states it: {', '.join(f'`{genre}`' for genre in Genre)}",
        DeclaredFacet(
            label="Genre", aliases=("genres",), is_code=True, is_usual=True, is_listed=True, vocabulary=tuple(Genre)
        ),
    ),
    "sections": _keyword(
        "section by one list for all outlets",
        DeclaredFacet(
            label="Section",
            aliases=("section",),
            values=lambda document: document.get("sections") or document.get("article_section"),
            read_from=("sections", "article_section"),
            is_usual=True,
            is_listed=True,
        ),
    ),
    "kind": _keyword(
        "`article`, `live_blog`, `video` or `gallery`",
        DeclaredFacet(
            label="Kind", aliases=("type",), is_code=True, is_usual=True, is_listed=True, vocabulary=tuple(Kind)
        ),
    ),
    "authors": _keyword(
        "people who wrote it",
        DeclaredFacet(label="Author", aliases=("author", "by"), is_usual=True, is_listed=True, has_names=True),
    ),
    "agencies": _keyword(
        "agencies that the byline or the text names",
        DeclaredFacet(label="Agency", aliases=("agency",), is_usual=True, is_listed=True),
    ),
    "places": _entities(
        "places",
        each(name=KEYWORD, code=KEYWORD, kind=KEYWORD, country=KEYWORD, lat=FLOAT, lon=FLOAT, weight=FLOAT),
        "places in the text, each with name, code, kind, country, latitude, longitude and weight",
        label="Places",
        aliases=("place",),
    ),
    "people": _entities(
        "people",
        each(name=KEYWORD, role=KEYWORD, weight=FLOAT),
        "people in the text, each with name, role and weight",
        label="People",
        aliases=("person",),
    ),
    "organisations": _entities(
        "organisations",
        each(name=KEYWORD, id=KEYWORD, weight=FLOAT),
        "organisations in the text, each with name, id and weight",
        label="Organisations",
        aliases=("organisation", "organization", "organizations", "org"),
    ),
    "keywords": _keyword(
        "keywords of the page and of the text", DeclaredFacet(label="Keywords", aliases=("keyword", "tag"))
    ),
    "about_country": _keyword("the country that it is about", DeclaredFacet(label="About", aliases=("about",))),
    "edits": DeclaredField(
        type=each(
            kind=KEYWORD,
            kinds=KEYWORD,
            at=INSTANT,
            stealth=BOOLEAN,
            version=INTEGER,
            words_added=INTEGER,
            words_removed=INTEGER,
        ),
        means="what the outlet changed, by version",
    ),
    "edit_kinds": _keyword(
        "classes of all its edits",
        DeclaredFacet(
            label="Edited",
            aliases=("edit", "edited"),
            values=_edit_kinds,
            is_code=True,
            is_listed=True,
            vocabulary=tuple(EditKind),
        ),
    ),
    "stealth": DeclaredField(
        type=BOOLEAN,
        means="an edit that the outlet did not disclose",
        facet=DeclaredFacet(
            label="Edited silently",
            aliases=("silent",),
            is_code=True,
            is_listed=True,
            is_flag=True,
            vocabulary=_YES_NO,
        ),
    ),
    "gone_at": DeclaredField(
        type=INSTANT,
        means="when it was withdrawn",
        facet=DeclaredFacet(
            label="Withdrawn",
            values=lambda document: bool(document.get("gone_at")),
            is_code=True,
            is_listed=True,
            is_flag=True,
            vocabulary=_YES_NO,
        ),
        facet_name="gone",
    ),
    "gone_reason": _keyword("how the site said that it is withdrawn"),
    "returned_at": _instant("when it was there again"),
    "is_accessible_for_free": DeclaredField(
        type=BOOLEAN,
        means="the page says that it is free to read",
        facet=DeclaredFacet(label="Free to read", aliases=("free",), is_code=True, vocabulary=_YES_NO),
    ),
    "credited_agency": _keyword(
        "the first agency that it names", DeclaredFacet(label="Credited agency", aliases=("credit",))
    ),
    "story_id": _keyword(
        "the story: articles that carry one text",
        DeclaredFacet(label="Story", aliases=("story",), is_code=True, is_unique=True),
    ),
    "copy_of": _keyword("the article that it copies"),
    "similarity": DeclaredField(type=FLOAT, means="how much of that article's text it has, 0 to 1"),
    "date_published": _instant("when it was published, as the page states it"),
    "date_precision": _keyword("of it: `instant`, `minute` or `day`"),
    "date_source": _keyword("where on the page it stands"),
    "date_modified": _instant("when it was changed, as the page states it"),
    "date_modified_precision": _keyword("of it: `instant`, `minute` or `day`"),
    "date_modified_source": _keyword("where on the page it stands"),
    "first_seen_at": _instant("when Broadsheet first fetched it"),
    "changed_at": _instant("when Broadsheet first saw its newest text"),
    "fetched_at": _instant("when Broadsheet last fetched it"),
    "word_count": DeclaredField(type=INTEGER, means="words of the body"),
    "reading_seconds": DeclaredField(type=INTEGER, means="how long it takes to read"),
    "quotes": DeclaredField(type=each(speaker=KEYWORD, text=TEXT), means="quotations with who is quoted"),
    "figures": DeclaredField(type=KEPT, means="figures in the text, with their units"),
    "claim_reviews": DeclaredField(
        type=each(claim=TEXT, claimant=KEYWORD, verdict=KEYWORD, url=KEYWORD),
        means="claims that it checks, each with who said it, the verdict and the article that checks it",
    ),
    "is_based_on": _keyword("what it says that it is made of: addresses or names"),
    "links": DeclaredField(
        type=parts(url=KEYWORD), means="links in the body, each with its words, address and line of the body"
    ),
    "locked_parts": _keyword("CSS selectors of the parts that the page says are not free to read"),
    "images": DeclaredField(type=KEPT, means="its images"),
    "rights": DeclaredField(
        type=parts(robots=KEYWORD, tdm_reserved=BOOLEAN, license=KEYWORD, forbids_ai_training=BOOLEAN),
        means="what the page allows machines to do with it",
    ),
}


@cache
def facets() -> dict[str, DeclaredFacet]:
    """Return every facet by its name, in the order of the page."""
    return {field.facet_name or name: field.facet for name, field in FIELDS.items() if field.facet}


@cache
def facet_sources() -> dict[str, tuple[str, ...]]:
    """Return the facets whose folded values are not what people want to read, each with the fields to look them up in.

    >>> facet_sources()["places"], facet_sources()["authors"], "country" in facet_sources()
    (('places.name',), ('authors',), False)
    """
    return {
        field.facet_name or name: field.facet.read_from or (name,)
        for name, field in FIELDS.items()
        if field.facet and not field.facet.is_code
    }


def is_part_of_name(facet: str, folded: str) -> bool:
    """Say whether a filter's folded value is a word that finds every name with it: a surname does, a whole name not.

    >>> is_part_of_name("authors", "moss"), is_part_of_name("authors", "ada moss"), is_part_of_name("outlet", "moss")
    (True, False, False)
    """
    return facets()[facet].has_names and bool(folded) and " " not in folded


def usual_facets() -> tuple[str, ...]:
    """Return the facets that are counted where nobody says which are wanted."""
    return tuple(name for name, facet in facets().items() if facet.is_usual)


def listed_facets() -> tuple[str, ...]:
    """Return the facets that have a list on the page."""
    return tuple(name for name, facet in facets().items() if facet.is_listed)


@cache
def texts() -> dict[str, DeclaredField]:
    """Return the fields whose words are searched, in the order in which their words are counted."""
    return {name: field for name, field in FIELDS.items() if field.weight}


@cache
def boosts() -> dict[str, int]:
    """Return the texts that can be asked for by name and are analysed by language, each with its boost."""
    return {name: field.boost for name, field in FIELDS.items() if field.boost is not None}


def _named(name: str, known: Mapping[str, tuple[str, ...]]) -> str | None:
    called = name.lower()
    return next((each for each, others in known.items() if called == each or called in others), None)


def facet_named(name: str) -> str | None:
    """Return the facet that people call `name`, or None.

    >>> facet_named("Author"), facet_named("http")
    ('authors', None)
    """
    return _named(name, {each: facet.aliases for each, facet in facets().items()})


def text_field_named(name: str) -> str | None:
    """Return the text field that people call `name`, or None."""
    return _named(name, {each: FIELDS[each].aliases for each in boosts()})


def known_facet(name: str) -> str:
    """Return the facet that a program calls `name`.

    Raises BadQuery if there is none, with the nearest one.

    >>> known_facet("langauge")
    Traceback (most recent call last):
    news.errors.BadQuery: There is no facet 'langauge'. Did you mean 'language'?
    """
    if facet := facet_named(name):
        return facet
    raise BadQuery(f"There is no facet '{name[:50]}'. {meant(name, facets())}")


def meant(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the nearest of the names `known` and of the facets' other names, else with all `known`."""
    others = [alias for facet in facets().values() for alias in facet.aliases]
    return hint(name.lower(), known, others)


def mapping() -> Json:
    """Return what Elasticsearch is told of these fields."""
    return {name: field.type for name, field in FIELDS.items()}


_ABOUT = """What the API, `--json`, feeds and the index hold of an article. What a page does not state is absent.
Written by `python -m index.fields > docs/fields.md`; each field is declared once, in `index/fields.py`."""


def table() -> str:
    """Return the declarations as docs/fields.md shows them, in Markdown."""
    lines = [
        "# Fields of an article",
        "",
        _ABOUT,
        "",
        "| field | type | holds | filter | also called |",
        "|---|---|---|---|---|",
    ]
    for name, field in FIELDS.items():
        kind = field.type.get("type", "object") if field.type is not KEPT else "stored only"
        facet = f"`{field.facet_name or name}`" if field.facet else ""
        also = ", ".join(f"`{each}`" for each in (*field.aliases, *(field.facet.aliases if field.facet else ())))
        lines.append(f"| `{name}` | {kind} | {field.means} | {facet} | {also} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
