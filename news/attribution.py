"""Whose data enrichment stands on, to be shown wherever its results are."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """A source of data under a licence that asks to be named, or that we name anyway."""

    name: str
    #: what of it is used
    what: str
    licence: str
    url: str


SOURCES = (
    DataSource(
        name="GeoNames",
        what="towns, countries and their names; shortened and merged",
        licence="CC BY 4.0",
        url="https://www.geonames.org/",
    ),
    DataSource(
        name="Unicode CLDR",
        what="names of countries and cities in many languages, by way of the package Babel",
        licence="Unicode-3.0",
        url="https://cldr.unicode.org/",
    ),
    DataSource(
        name="Faker",
        what="given names, surnames and common words, stored as hashes",
        licence="MIT",
        url="https://github.com/joke2k/faker",
    ),
    DataSource(
        name="dateparser",
        what="names of months and of the day's halves",
        licence="BSD-3-Clause",
        url="https://github.com/scrapinghub/dateparser",
    ),
    DataSource(
        name="langdetect",
        what="profiles of 55 languages, by way of the package langdetect-rs",
        licence="Apache-2.0",
        url="https://github.com/Mimino666/langdetect",
    ),
)


def attributions() -> tuple[str, ...]:
    """Return one sentence a source, for a page's foot or an API's answer.

    >>> attributions()[0]
    'GeoNames (https://www.geonames.org/, CC BY 4.0): towns, countries and their names; shortened and merged.'
    """
    return tuple(f"{source.name} ({source.url}, {source.licence}): {source.what}." for source in SOURCES)
