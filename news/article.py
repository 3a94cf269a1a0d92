"""What was read in a page, with schema.org's names in snake case where schema.org has one."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

from news.moment import Moment


class Kind(StrEnum):
    """What sort of page it is. All but LISTING and NOT_AN_ARTICLE are kept."""

    ARTICLE = "article"
    LIVE_BLOG = "live_blog"
    VIDEO = "video"
    GALLERY = "gallery"
    LISTING = "listing"
    NOT_AN_ARTICLE = "not_an_article"


class Genre(StrEnum):
    """What sort of journalism a page says that it is: schema.org's kinds of NewsArticle and Article."""

    ADVERTISING = "advertising"
    SATIRE = "satire"
    OPINION = "opinion"
    REVIEW = "review"
    ANALYSIS = "analysis"
    BACKGROUND = "background"
    REPORTAGE = "reportage"


@dataclass(frozen=True, kw_only=True)
class Image:
    """A picture of the article; `url` is absolute."""

    url: str
    caption: str = ""
    credit: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a live blog, newest first as the page has them."""

    headline: str = ""
    body: str = ""
    date_published: Moment | None = None


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What the outlet says may be done with the page: robots meta and headers, TDM reservation (W3C TDMRep)."""

    #: lower-case robots directives of meta tags and X-Robots-Tag headers, such as "noarchive" or "noai"
    robots: tuple[str, ...] = ()
    #: W3C TDMRep: text and data mining rights are reserved; None where nothing is said
    tdm_reserved: bool | None = None
    license: str = ""


@dataclass(frozen=True, kw_only=True)
class Article:
    """One article's text and what the page says about it. What the page does not say stays empty."""

    url: str
    kind: Kind = Kind.ARTICLE
    headline: str = ""
    #: other headlines of the same page: social, search, h1
    alternative_headlines: tuple[str, ...] = ()
    kicker: str = ""
    standfirst: str = ""
    #: plain text, a paragraph or subheading a line; without headline and standfirst
    body: str = ""
    #: the body was longer than BODY_LIMIT characters and was cut there
    body_cut: bool = False
    authors: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    date_published: Moment | None = None
    date_modified: Moment | None = None
    #: the outlet's own words that say what was corrected, empty where there is none
    correction: str = ""
    article_section: str = ""
    #: None where the page does not say it
    genre: Genre | None = None
    keywords: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    #: BCP 47 tag, "und" where unknown
    in_language: str = "und"
    is_accessible_for_free: bool | None = None
    #: the address the page claims for itself, whether or not it is believed
    canonical_url: str = ""
    rights: Rights = Rights()
    #: of a live blog
    entries: tuple[Entry, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the article as JSON's types under the one set of field names of API, `--json`, `read` and index."""
        # asdict would copy each value deeply, at ten times the cost
        simple = {name: getattr(self, name) for name in self.__dataclass_fields__}
        simple |= {"images": [dict(vars(image)) for image in self.images], "rights": dict(vars(self.rights))}
        for name in ("date_published", "date_modified"):
            moment: Moment | None = getattr(self, name)
            del simple[name]
            simple |= moment.as_json(name) if moment else {}
        simple["entries"] = [
            {"headline": entry.headline, "body": entry.body}
            | (entry.date_published.as_json("date_published") if entry.date_published else {})
            for entry in self.entries
        ]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in simple.items()}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Return the article of a document made by `as_json`; fields that are not the article's are skipped."""
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {name: value for name, value in document.items() if name in known}
        for name, value in values.items():
            if isinstance(value, list):
                values[name] = tuple(value)
        values["kind"] = Kind(values.get("kind", Kind.ARTICLE))
        values["genre"] = Genre(values["genre"]) if values.get("genre") else None
        values["images"] = tuple(Image(**image) for image in values.get("images", ()))
        rights = values.get("rights") or {}
        values["rights"] = Rights(
            robots=tuple(rights.get("robots", ())),
            tdm_reserved=rights.get("tdm_reserved"),
            license=rights.get("license", ""),
        )
        values["entries"] = tuple(
            Entry(
                headline=entry["headline"],
                body=entry["body"],
                date_published=Moment.from_json(entry, "date_published"),
            )
            for entry in values.get("entries", ())
        )
        for name in ("date_published", "date_modified"):
            values[name] = Moment.from_json(document, name)
        return cls(**values)


#: bodies are cut here: highlighting refuses past 1,000,000 characters and a tsvector ends at 1 MB
BODY_LIMIT = 500_000
