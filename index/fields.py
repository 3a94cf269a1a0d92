"""The fields that a query may name: what people call them, and what the index calls them."""

from news.errors import BadQuery

#: facets a search page shows first
DEFAULT_FACETS = (
    "outlet",
    "country",
    "in_language",
    "sections",
    "kind",
    "authors",
    "agencies",
    "places",
    "people",
    "organisations",
)

#: every facet with what else people call it; a value is compared without case and accents
FACETS: dict[str, tuple[str, ...]] = {
    "outlet": ("source", "site", "outlets"),
    "country": ("countries",),
    "in_language": ("language", "lang", "languages"),
    "sections": ("section",),
    "kind": ("type",),
    "authors": ("author", "by"),
    "agencies": ("agency",),
    "places": ("place",),
    "people": ("person",),
    "organisations": ("organisation", "organization", "organizations", "org"),
    "keywords": ("keyword", "tag"),
    "about_country": ("about",),
    "edit_kinds": ("edit", "edited"),
    "story_id": ("story",),
    "credited_agency": ("credit",),
    "stealth": (),
    "is_accessible_for_free": ("free",),
    "gone": (),
}

#: texts that a word can be asked for in
TEXT_FIELDS: dict[str, tuple[str, ...]] = {
    "headline": ("title", "intitle"),
    "standfirst": ("summary", "lead"),
    "body": ("text", "intext"),
}


def _by_any_name(fields: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {called: name for name, others in fields.items() for called in (name, *others)}


_FACETS = _by_any_name(FACETS)
_TEXT_FIELDS = _by_any_name(TEXT_FIELDS)


def facet_named(name: str) -> str | None:
    """Return the facet that people call `name`, or None.

    >>> facet_named("Author"), facet_named("http")
    ('authors', None)
    """
    return _FACETS.get(name.lower())


def text_field_named(name: str) -> str | None:
    """Return the text field that people call `name`, or None."""
    return _TEXT_FIELDS.get(name.lower())


def known_facet(name: str) -> str:
    """Return the facet that a program calls `name`. Raises BadQuery if there is none."""
    if facet := facet_named(name):
        return facet
    raise BadQuery(f"There is no facet '{name}'. Known are {', '.join(FACETS)}.")
