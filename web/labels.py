"""What codes are called: languages, countries, kinds of page, classes of edits."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError

from news.article import Kind
from news.edits import EditKind

_ENGLISH = Locale("en")
_KINDS: dict[str, str] = {
    Kind.ARTICLE: "Article",
    Kind.LIVE_BLOG: "Live blog",
    Kind.VIDEO: "Video",
    Kind.GALLERY: "Gallery",
}
#: what a reader calls each class of edits
EDITS: dict[str, str] = {
    EditKind.HEADLINE: "Headline",
    EditKind.STANDFIRST: "Standfirst",
    EditKind.NUMBER: "Figure",
    EditKind.QUOTE: "Quotation",
    EditKind.NAME: "Name",
    EditKind.PLACE: "Place",
    EditKind.NEGATION: "Negation",
    EditKind.HEDGE: "Hedge",
    EditKind.ATTRIBUTION: "Attribution",
    EditKind.DATE: "Date",
    EditKind.CURRENCY: "Currency",
    EditKind.UPDATE: "Update",
    EditKind.SPELLING: "Spelling",
    EditKind.MOVED: "Moved",
    EditKind.BYLINE: "Byline",
    EditKind.CORRECTION_NOTICE: "Correction notice",
    EditKind.PARAGRAPHS_ADDED: "Paragraphs added",
    EditKind.PARAGRAPHS_REMOVED: "Paragraphs removed",
    EditKind.BODY: "Wording",
    EditKind.COSMETIC: "Cosmetic",
    EditKind.UNEXPLAINED: "Unexplained",
}


@lru_cache(maxsize=500)
def language(tag: str) -> str:
    """Return a language's English name, or its tag.

    >>> language("ur"), language("pt-BR"), language("und"), language("<b>")
    ('Urdu', 'Portuguese (Brazil)', 'Unknown language', '<b>')
    """
    if tag == "und":  # to Babel it is American English
        return "Unknown language"
    try:
        name = Locale.parse(tag, sep="-").get_display_name("en")
    except (ValueError, UnknownLocaleError, TypeError):
        name = _ENGLISH.languages.get(tag)
    return name or tag


def country(code: str) -> str:
    """Return a country's English name, or its code.

    >>> country("in"), country("zz9")
    ('India', 'zz9')
    """
    return str(_ENGLISH.territories.get(code.upper(), code))


def value(facet: str, shown: str) -> str:
    """Return what a reader calls a facet's value, whose form to show the index has."""
    if facet == "in_language":
        return language(shown)
    if facet in ("country", "about_country"):
        return country(shown)
    if facet == "kind":
        return _KINDS.get(shown, shown)
    if facet == "edit_kinds":
        return edit(shown)
    if shown in ("true", "false"):
        return "Yes" if shown == "true" else "No"
    return shown[:1].upper() + shown[1:] if facet in ("sections", "genre", "body_missing") else shown


def edit(kind: str) -> str:
    """Return what a reader calls a class of edits."""
    return EDITS.get(kind, kind)
