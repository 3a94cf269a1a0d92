"""A time as an outlet states it: never more precise than its source, never without saying where it was read."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlsplit

_DAY_IN_PATH = re.compile(r"/((?:19|20)\d{2})[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/_.-]|$)")


class Precision(StrEnum):
    """How exactly a source states a time. At DAY no clock time and no zone is known."""

    INSTANT = "instant"
    MINUTE = "minute"
    DAY = "day"


class TimeSource(StrEnum):
    """Where a time was read."""

    JSON_LD = "json-ld"
    META = "meta"
    MICRODATA = "microdata"
    TIME_TAG = "time-tag"
    TEXT = "text"
    URL = "url"
    FEED = "feed"
    SITEMAP = "sitemap"


def utc(at: datetime) -> str:
    """Return an instant as JSON has it: ISO 8601 in UTC with a Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """An aware UTC datetime at precision instant or minute, a date alone at precision day."""

    at: datetime | date
    precision: Precision
    source: TimeSource

    def __post_init__(self) -> None:
        """Refuse an invented midnight: a clock time needs a zone, a day must not have one. Raises ValueError."""
        has_clock = isinstance(self.at, datetime)
        if has_clock == (self.precision is Precision.DAY):
            raise ValueError(f"{self.at!r} does not fit precision {self.precision}")
        if isinstance(self.at, datetime) and self.at.utcoffset() is None:
            raise ValueError(f"{self.at!r} has no zone")

    def isoformat(self) -> str:
        """Return ISO 8601: `2024-02-08T03:25:00Z`, or `2024-02-08` at precision day.

        >>> Moment(at=date(2024, 2, 8), precision=Precision.DAY, source=TimeSource.URL).isoformat()
        '2024-02-08'
        """
        if isinstance(self.at, datetime):
            return utc(self.at)
        return self.at.isoformat()

    def as_json(self, name: str) -> dict[str, str]:
        """Return the three fields that carry this moment under `name`, such as `date_published`."""
        stem = "date" if name == "date_published" else name
        return {name: self.isoformat(), f"{stem}_precision": self.precision, f"{stem}_source": self.source}

    @classmethod
    def from_json(cls, fields: dict[str, Any], name: str) -> Self | None:
        """Return the moment that `as_json(name)` wrote into `fields`, or None if there is none."""
        if not fields.get(name):
            return None
        stem = "date" if name == "date_published" else name
        precision = Precision(fields[f"{stem}_precision"])
        day = precision is Precision.DAY
        at = date.fromisoformat(fields[name]) if day else datetime.fromisoformat(fields[name])
        return cls(at=at, precision=precision, source=TimeSource(fields[f"{stem}_source"]))


def day_in(url: str) -> date | None:
    """Return the day that stands in an address's path, or None.

    >>> day_in("https://a.example/2024/02/08/flood"), day_in("https://a.example/2024/02/31/flood")
    (datetime.date(2024, 2, 8), None)
    """
    try:
        match = _DAY_IN_PATH.search(urlsplit(url).path)
        return date(*map(int, match.groups())) if match else None
    except ValueError:  # no address, or no day of the calendar
        return None
