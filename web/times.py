"""A time as an outlet states it in, the same for a reader out: a day stays a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, overload
from zoneinfo import ZoneInfo

from news.moment import Moment, Precision, TimeSource, utc

_SOURCES = {
    "json-ld": "the page's structured data (JSON-LD)",
    "meta": "the page's meta tags",
    "microdata": "the page's microdata",
    "time-tag": "a time tag on the page",
    "text": "the page's text",
    "url": "the page's address",
    "feed": "the outlet's feed",
    "sitemap": "the outlet's sitemap",
}
_MONTHS = "January February March April May June July August September October November December".split()


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A time for a reader."""

    #: 8 February 2024, 03:25 UTC
    text: str
    #: for the `datetime` attribute
    iso: str
    #: how exact it is and where it was read; empty for Broadsheet's own clock
    note: str = ""


def stated(document: Mapping[str, Any], name: str, zone: str, *, seconds: bool = True) -> Shown | None:
    """Return the moment that `document` has under `name`; None if it has none, or one that nobody can read.

    Where `seconds` would only be in the way, the text stops at the minute.
    """
    try:
        moment = Moment.from_json(dict(document), name)
    except (KeyError, ValueError, TypeError):
        return None
    if moment is None:
        return None
    if moment.precision is Precision.DAY:
        note = "day only"
    else:
        note = "to the minute" if moment.precision is Precision.MINUTE else "to the second"
    exact = moment.precision is Precision.INSTANT
    return Shown(
        text=said(moment.at, zone, seconds=seconds and exact),
        iso=moment.isoformat(),
        note=f"{note}, from {_SOURCES[moment.source]}",
    )


def source(source: TimeSource) -> str:
    """Return in words where a time was read."""
    return _SOURCES[source]


@overload
def seen(value: datetime, zone: str) -> Shown: ...
@overload
def seen(value: Any, zone: str) -> Shown | None: ...
def seen(value: Any, zone: str) -> Shown | None:
    """Return an instant of Broadsheet's own clock, ISO 8601 or None, to the minute."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return Shown(text=instant(at, zone), iso=at.isoformat().replace("+00:00", "Z"))


def iso(at: datetime) -> str:
    """Return an instant for the `datetime` attribute and for feeds: UTC, with a Z, to the second."""
    return utc(at.replace(microsecond=0))


def day(at: date) -> str:
    """Return a day in words.

    >>> day(date(2024, 2, 8))
    '8 February 2024'
    """
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def instant(at: datetime, zone: str, *, seconds: bool = False) -> str:
    """Return an instant in words, with the zone's own abbreviation."""
    try:
        local = at.astimezone(ZoneInfo(zone))
    except OverflowError:  # the calendar's first or last hours
        local = at
    clock = local.strftime("%H:%M:%S" if seconds and local.second else "%H:%M")
    return f"{day(local.date())}, {clock} {local.tzname()}"


def said(at: date, zone: str, *, seconds: bool = False) -> str:
    """Return a day or an instant, as an outlet states it, in words."""
    return instant(at, zone, seconds=seconds) if isinstance(at, datetime) else day(at)


def span(length: timedelta) -> str:
    """Return a length of time in words, to its two largest units.

    >>> span(timedelta(seconds=40)), span(timedelta(hours=2, minutes=5)), span(timedelta(days=1, hours=1))
    ('less than a minute', '2 h 5 min', '1 day 1 h')
    """
    minutes = int(abs(length).total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, " day" if days == 1 else " days"), (hours, " h"), (minutes, " min")]
    named = [f"{count}{unit}" for count, unit in parts if count][:2]
    return " ".join(named) or "less than a minute"
