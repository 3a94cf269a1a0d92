"""What is asked of an index and what it answers, the same for every backend."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from unicodedata import normalize
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from index.fields import known_facet
from news.errors import BadQuery

#: around each found piece of a highlight; private code points, so that text can be escaped and then marked
MARK_START, MARK_END = "\ue000", "\ue001"
#: the most hits a page may have, and values a facet may have
MOST_HITS, MOST_VALUES = 1_000, 1_000
#: an hourly histogram over years is more bars than a screen or a server takes
MOST_HOURS = timedelta(days=93)


class Sort(StrEnum):
    """The order of hits. Articles without any date come last."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"
    CHANGED = "changed"  # whose newest text was seen last


class Interval(StrEnum):
    """The width of a date histogram's bars."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, kw_only=True)
class Query:
    """One search. All parts must hold; several values of one filter are alternatives.

    Raises BadQuery for an unknown facet or time zone, a size out of bounds or a time without a zone.
    """

    #: as typed by a person (index/syntax.py); empty finds everything
    text: str = ""
    #: facet name, or what people call it, to values
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: aware, inclusive; an article dated by a day alone counts as that day of `timezone`
    published_from: datetime | None = None
    #: aware, exclusive
    published_until: datetime | None = None
    #: BCP 47; only articles in these
    languages: tuple[str, ...] = ()
    sort: Sort = Sort.RELEVANCE
    size: int = 10
    #: `next_cursor` of the page before; the rest of the query must be the same
    cursor: str | None = None
    facets: tuple[str, ...] = ()
    facet_size: int = 10
    histogram: Interval | None = None
    #: IANA name; what a day is in the histogram
    timezone: str = "UTC"
    highlight: bool = False
    #: the texts in which what was found is marked, if it is
    highlighted: tuple[str, ...] = ("headline", "standfirst", "body")
    #: what is wanted of each document; none: all. An index may give more
    fields: tuple[str, ...] = ()
    #: one hit a story; `total` still counts articles
    collapse_by_story: bool = False
    #: with `collapse_by_story`, the size of each story is wanted. An index may give it all the same
    story_sizes: bool = True
    #: relevance of an article halves with each such age; None: age does not matter
    freshness: timedelta | None = None
    #: id of an article that hits should be like; `text` still holds
    like: str | None = None
    #: how many words that tell the found articles from all others are wanted
    significant_terms: int = 0
    #: count exactly, and rank and page through all that is found, however long that takes: for an export
    is_exact: bool = False

    def __post_init__(self) -> None:
        """Call every facet by its one name, write every letter as one, and refuse what cannot be answered."""
        object.__setattr__(self, "text", normalize("NFC", self.text))
        filters = {known_facet(name): _texts(values) for name, values in self.filters.items()}
        if self.languages:
            # each once: a query that is made of another one has them in both
            filters["in_language"] = tuple(dict.fromkeys((*filters.get("in_language", ()), *self.languages)))
        object.__setattr__(self, "filters", {name: values for name, values in filters.items() if values})
        object.__setattr__(self, "languages", self.filters.get("in_language", ()))
        object.__setattr__(self, "facets", tuple(dict.fromkeys(known_facet(name) for name in self.facets)))
        if not 0 <= self.size <= MOST_HITS:
            raise BadQuery(f"A page has 0 to {MOST_HITS} hits, not {self.size}.")
        if not 1 <= self.facet_size <= MOST_VALUES:
            raise BadQuery(f"A facet has 1 to {MOST_VALUES} values, not {self.facet_size}.")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise BadQuery(
                f"There is no time zone '{self.timezone}'; use an IANA name such as Europe/Paris."
            ) from error
        for bound in (self.published_from, self.published_until):
            if bound is not None and bound.utcoffset() is None:
                raise BadQuery(f"The time {bound.isoformat()} has no zone.")
        if self.histogram is Interval.HOUR and not self._is_short():
            raise BadQuery(f"An hourly histogram needs a range of publication of at most {MOST_HOURS.days} days.")
        if self.freshness is not None and self.freshness <= timedelta(0):
            raise BadQuery("The recency half-life must be above zero.")

    def _is_short(self) -> bool:
        if self.published_from is None or self.published_until is None:
            return False
        return self.published_until - self.published_from <= MOST_HOURS

    def days(self) -> tuple[str | None, str | None]:
        """Return the range of publication as calendar days of `timezone`, from and until, for articles dated by a day.

        A range that ends within a day includes that day.
        """
        zone = ZoneInfo(self.timezone)
        start, end = self.published_from, self.published_until
        first = start.astimezone(zone).date().isoformat() if start else None
        if end is None:
            return first, None
        local = end.astimezone(zone)
        whole = local.time() == local.min.time()
        return first, (local.date() if whole else local.date() + timedelta(days=1)).isoformat()


def _texts(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return a filter's values, fit to be sent to any server: no NUL, no lone surrogate, every letter as one."""
    found = (values,) if isinstance(values, str) else tuple(values)
    return tuple(
        normalize("NFC", value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")) for value in found
    )


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One value of a facet, or the first day or hour of one bar, with the number of articles that have it."""

    #: the folded form, which a filter takes; of a bar: ISO 8601 in the query's time zone
    value: str
    #: the form to show
    label: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One article found."""

    id: str
    document: dict[str, Any]
    #: higher is better; 0 where the order is not by relevance
    score: float = 0.0
    #: field to pieces of its text with MARK_START and MARK_END around what was found
    highlights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: with `collapse_by_story`: how many found articles carry this story
    story_size: int = 1


@dataclass(frozen=True, kw_only=True)
class Results:
    """The answer to one query."""

    #: articles found, all pages together
    total: int
    #: `total` or the counts of facets and histogram are estimates; never of a query that `is_exact`
    is_estimated: bool = False
    hits: tuple[Hit, ...] = ()
    #: values of each facet, most frequent first, counted as if the facet's own filter were not set
    facets: Mapping[str, tuple[Bucket, ...]] = field(default_factory=dict)
    #: bars that have articles, oldest first
    histogram: tuple[Bucket, ...] = ()
    significant_terms: tuple[Bucket, ...] = ()
    #: None on the last page
    next_cursor: str | None = None
    took_ms: float = 0.0
    #: sentences for the person who asked: what was left out, what this backend cannot do
    notes: tuple[str, ...] = ()
