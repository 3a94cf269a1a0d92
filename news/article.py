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


class BodyMissing(StrEnum):
    """Why no text was read in an article's page, of which all else is known."""

    PAYWALL = "paywall"  # the page says that it is not free to read, or sends ciphertext
    SCRIPT = "script"  # a script would fetch it
    VIDEO = "video"  # a film, of which the page says nothing in words
    EMPTY = "empty"  # nothing tells


#: why an article has no text, in a sentence for people
WITHOUT_TEXT: dict[str, str] = {
    BodyMissing.PAYWALL: "The page shows its text to subscribers only.",
    BodyMissing.SCRIPT: "The page gets its text by a script, which Broadsheet does not run.",
    BodyMissing.VIDEO: "The page shows a video, and no text about it.",
    BodyMissing.EMPTY: "No text was found in the page.",
}


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
class BodyLink:
    """A link in the body: its words, where it leads (absolute), and in which line of the body, the first being 0."""

    text: str
    url: str
    paragraph: int


@dataclass(frozen=True, kw_only=True)
class CorrectionNotice:
    """A correction that the page states for machines (schema.org's `correction`, CorrectionComment)."""

    text: str
    #: where it is to be read, empty where the page does not say it
    url: str = ""
    date_published: Moment | None = None


@dataclass(frozen=True, kw_only=True)
class ClaimReview:
    """A claim that the page checks (schema.org's ClaimReview); what it does not state is empty."""

    claim: str
    #: who said it
    claimant: str = ""
    #: the outlet's words: "Mostly false"
    verdict: str = ""
    #: the article that checks it
    url: str = ""


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
    #: why `body` is empty; None where there is a text
    body_missing: BodyMissing | None = None
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
    #: what is stated for machines and mostly not shown; no part of the text that makes a version
    correction_notices: tuple[CorrectionNotice, ...] = ()
    #: addresses or names of what it says that it is made of
    is_based_on: tuple[str, ...] = ()
    claim_reviews: tuple[ClaimReview, ...] = ()
    #: CSS selectors of the parts that the page says are not free to read
    locked_parts: tuple[str, ...] = ()
    links: tuple[BodyLink, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the article as JSON's types under the one set of field names of API, `--json`, `read` and index."""
        # asdict would copy each value deeply, at ten times the cost
        simple = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name in ("images", "claim_reviews", "links"):
            simple[name] = [dict(vars(each)) for each in getattr(self, name)]
        simple["rights"] = dict(vars(self.rights))
        for name in ("date_published", "date_modified"):
            moment: Moment | None = getattr(self, name)
            del simple[name]
            simple |= moment.as_json(name) if moment else {}
        simple["entries"] = [
            {"headline": entry.headline, "body": entry.body}
            | (entry.date_published.as_json("date_published") if entry.date_published else {})
            for entry in self.entries
        ]
        simple["correction_notices"] = [
            {"text": notice.text, "url": notice.url}
            | (notice.date_published.as_json("date_published") if notice.date_published else {})
            for notice in self.correction_notices
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
        values["body_missing"] = BodyMissing(values["body_missing"]) if values.get("body_missing") else None
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
        values["correction_notices"] = tuple(
            CorrectionNotice(
                text=notice["text"],
                url=notice.get("url", ""),
                date_published=Moment.from_json(notice, "date_published"),
            )
            for notice in values.get("correction_notices", ())
        )
        values["claim_reviews"] = tuple(ClaimReview(**review) for review in values.get("claim_reviews", ()))
        values["links"] = tuple(BodyLink(**link) for link in values.get("links", ()))
        for name in ("date_published", "date_modified"):
            values[name] = Moment.from_json(document, name)
        return cls(**values)


#: bodies are cut here: highlighting refuses past 1,000,000 characters and a tsvector ends at 1 MB
BODY_LIMIT = 500_000
