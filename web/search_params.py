"""What a reader searches for, from the parameters of an address: the same for the page and for programs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from index.fields import facet_named
from index.query import Query, Sort
from index.syntax import LONGEST
from news.errors import BadQuery
from news.time_bound import bound
from web.parameters import PARAMETERS, PROGRAM_PARAMETERS, PROGRAM_SIZE, SIZE

#: hits of a page that a person looks at; a program may have as many as the index gives
MOST_HITS = 100
#: a person clicks together no more; a program has no need to
MOST_VALUES = 50
UNPRINTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ue000\ue001]")


@dataclass(frozen=True, kw_only=True)
class SearchParams:
    """What a reader asks, as the address has it."""

    text: str = ""
    #: facet to the values asked for
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: as typed: a day, a month, a year or a time
    since: str = ""
    until: str = ""
    sort: Sort = Sort.RELEVANCE
    by_story: bool = True
    size: int = SIZE
    cursor: str = ""
    timezone: str = "UTC"
    #: the reader's own, which an address need not have
    own_timezone: str = "UTC"
    #: one line an article
    is_compact: bool = False

    @classmethod
    def of(cls, parameters: Iterable[tuple[str, str]], *, program: bool = False, own_timezone: str = "UTC") -> Self:
        """Return the search that an address's parameters ask for; empty ones ask for nothing.

        An unknown parameter is ignored: a page's reader may have come by an address with someone's tracking parameters;
        the API refuses it before (known_parameters). Raises BadQuery for a value that is not valid.
        """
        known = PARAMETERS | PROGRAM_PARAMETERS if program else PARAMETERS
        single: dict[str, str] = {}
        chosen: dict[str, tuple[str, ...]] = {}
        for name, raw in parameters:
            value = UNPRINTED.sub(" ", raw).strip()
            if name in known or (name == "view" and not program):
                single[name] = value
            elif (facet := facet_named(name)) and value and value not in chosen.get(facet, ()):
                chosen[facet] = (*chosen.get(facet, ()), value[: LONGEST // 10])
        if any(len(values) > MOST_VALUES for values in chosen.values()):
            raise BadQuery(f"A facet can be filtered by at most {MOST_VALUES} values.")
        is_compact = single.get("view") == "compact"
        usual = PROGRAM_SIZE if program else usual_size(is_compact=is_compact)
        size = _number(single.get("size", ""), "size", usual)
        return cls(
            text=single.get("q", "")[: LONGEST + 1],  # one too many: then the index says that it was cut
            chosen=chosen,
            since=single.get("from", "")[:50],
            until=single.get("until", "")[:50],
            sort=_sort(single.get("sort", "")),
            by_story=single.get("stories", "0" if program else "1") not in ("0", "false", "no"),
            size=size if program else min(size, MOST_HITS),
            cursor=single.get("cursor", "")[:LONGEST],
            timezone=single.get("timezone", "")[:50] or own_timezone,
            own_timezone=own_timezone,
            is_compact=is_compact,
        )

    def query(self, **options: Any) -> Query:
        """Return the index's query. Raises BadQuery for a date, zone or size that cannot be."""
        # the zone and all else are checked first: dates are read in it
        query = Query(
            text=self.text,
            filters=self.chosen,
            sort=self.sort,
            size=self.size,
            cursor=self.cursor or None,
            timezone=self.timezone,
            collapse_by_story=self.by_story,
            **options,
        )
        zone = ZoneInfo(query.timezone)
        since, until = bound(self.since, zone, end=False), bound(self.until, zone, end=True)
        if since and until and since >= until:
            raise BadQuery(f"The date range ends ({self.until}) before it begins ({self.since}).")
        return replace(query, published_from=since, published_until=until)

    def with_value(self, facet: str, value: str) -> Self:
        """Return the question that asks for this value, too, from its first page."""
        return replace(self, chosen={**self.chosen, facet: (*self.chosen.get(facet, ()), value)}, cursor="")

    def without(self, facet: str, *values: str) -> Self:
        """Return the question without these values of a facet, from its first page."""
        rest = tuple(value for value in self.chosen.get(facet, ()) if value not in values)
        others = {name: chosen for name, chosen in self.chosen.items() if name != facet}
        return replace(self, chosen={**others, facet: rest} if rest else others, cursor="")

    def href(self, **changed: Any) -> str:
        """Return the page's address for this question; `changed` are fields that differ, from the first page."""
        return address("/", replace(self, **{"cursor": ""} | changed).parameters())

    def export_href(self, format: str) -> str:
        """Return where all articles of this question are exported."""
        return address("/api/export", [*self._for_programs(by_story=True).parameters(), ("format", format)])

    def attention_href(self, interval: str) -> str:
        """Return where the articles of this question are counted by outlet and `interval`."""
        asked = replace(self, cursor="", size=SIZE, by_story=True, sort=Sort.RELEVANCE)
        return address("/api/attention", [*asked.parameters(), ("interval", interval)])

    def watch_href(self) -> str:
        """Return where a watch of this question is added."""
        return address("/watches/new", replace(self, cursor="", size=SIZE, sort=Sort.RELEVANCE).parameters())

    def feed_href(self, kind: str) -> str:
        """Return the address of the question's feed, `atom` or `json`."""
        return address(f"/feeds/search.{kind}", self._for_programs(sort=Sort.RELEVANCE).parameters())

    def _for_programs(self, **changed: Any) -> Self:
        """Return the question as whoever reads in no time zone of his own asks it, without what is the page's."""
        return replace(self, cursor="", size=SIZE, is_compact=False, own_timezone="UTC", **changed)

    def with_view(self, *, is_compact: bool) -> str:
        """Return the page's address for this question with one line an article, or with the texts."""
        return self.href(is_compact=is_compact, size=usual_size(is_compact=is_compact))

    def parameters(self) -> list[tuple[str, str]]:
        """Return the question as an address has it; defaults are left out."""
        parameters = [("q", self.text)] if self.text else []
        parameters += [(facet, value) for facet, values in self.chosen.items() for value in values]
        return parameters + self.rest()

    def rest(self) -> list[tuple[str, str]]:
        """Return what is asked beside words and facets, as parameters; defaults are left out."""
        rest = [
            ("from", self.since),
            ("until", self.until),
            ("sort", "" if self.sort is Sort.RELEVANCE else str(self.sort)),
            ("stories", "" if self.by_story else "0"),
            ("size", "" if self.size == usual_size(is_compact=self.is_compact) else str(self.size)),
            ("timezone", "" if self.timezone == self.own_timezone else self.timezone),
            ("view", "compact" if self.is_compact else ""),
            ("cursor", self.cursor),
        ]
        return [(name, value) for name, value in rest if value]


def usual_size(*, is_compact: bool) -> int:
    """Return how many articles a reader's page has, unless asked otherwise."""
    return MOST_HITS if is_compact else SIZE


def address(path: str, parameters: list[tuple[str, str]]) -> str:
    """Return an address on this host."""
    return f"{path}?{urlencode(parameters)}" if parameters else path


def _sort(value: str) -> Sort:
    try:
        return Sort(value or Sort.RELEVANCE)
    except ValueError as error:
        raise BadQuery(f"There is no sort order '{value[:50]}'. Use one of: {', '.join(Sort)}.") from error


def _number(value: str, name: str, default: int) -> int:
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise BadQuery(f"The parameter '{name}' must be a number, not '{value[:50]}'.")
    return int(value)
