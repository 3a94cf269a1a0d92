"""Facets of the search page: counted values as links that add or remove a filter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from index.document import folded_value
from index.fields import facets, listed_facets
from index.query import Bucket
from web import labels
from web.outlet_names import OutletNames
from web.search_params import SearchParams

#: values of a facet on the page, and how many of them before a reader asks for all
VALUES, FIRST = 24, 6


@dataclass(frozen=True, kw_only=True)
class Value:
    """One value of a facet, with the link that chooses or drops it."""

    name: str
    #: None where the index did not count it
    count: int | None
    chosen: bool
    href: str


@dataclass(frozen=True, kw_only=True)
class FacetList:
    """One list of values."""

    key: str
    title: str
    first: tuple[Value, ...]
    rest: tuple[Value, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Chip:
    """One condition of the question that a click takes away."""

    title: str
    name: str
    href: str


def lists(question: SearchParams, counted: Mapping[str, tuple[Bucket, ...]], outlets: OutletNames) -> list[FacetList]:
    """Return the facets that have something to choose or to drop, what is chosen first."""
    found = []
    for key in listed_facets():
        facet = facets()[key]
        values = list(_values(question, key, counted.get(key, ()), outlets))
        if facet.is_flag:
            values = [value for value in values if value.name == "Yes" or value.chosen]
        if len(values) > 1 or any(value.chosen for value in values) or (values and facet.is_flag):
            values.sort(key=lambda value: not value.chosen)
            few = max(FIRST, sum(value.chosen for value in values))
            found.append(FacetList(key=key, title=facet.label, first=tuple(values[:few]), rest=tuple(values[few:])))
    return found


def _values(question: SearchParams, key: str, buckets: Iterable[Bucket], outlets: OutletNames) -> Iterable[Value]:
    asked = {folded_value(value): value for value in question.chosen.get(key, ())}
    for bucket in buckets:
        mine = [value for value in question.chosen.get(key, ()) if folded_value(value) == bucket.value]
        href = question.without(key, *mine).href() if mine else question.with_value(key, bucket.value).href()
        asked.pop(bucket.value, None)
        yield Value(name=named(key, bucket.label, outlets), count=bucket.count, chosen=bool(mine), href=href)
    for value in asked.values():
        href = question.without(key, value).href()
        yield Value(name=named(key, value, outlets), count=None, chosen=True, href=href)


def chips(question: SearchParams, outlets: OutletNames, labels: Mapping[tuple[str, str], str]) -> list[Chip]:
    """Return what the question asks beside its words; `labels` are the forms to show of values that were counted."""
    found = [
        Chip(
            title=facets()[key].label,
            name="the same text"
            if key == "story_id"
            else named(key, labels.get((key, folded_value(value)), value), outlets),
            href=question.without(key, value).href(),
        )
        for key, values in question.chosen.items()
        for value in values
    ]
    if question.since:
        ago = question.since[-1:] in ("h", "d")
        found.append(Chip(title="In the last" if ago else "From", name=question.since, href=question.href(since="")))
    if question.until:
        found.append(Chip(title="Until", name=question.until, href=question.href(until="")))
    return found


def named(key: str, shown: str, outlets: OutletNames) -> str:
    """Return what a reader calls a value, outlets included."""
    return outlets.name(shown) if key == "outlet" else labels.value(key, shown)
