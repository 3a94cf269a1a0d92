"""A machine-readable time as pages write it, and its zone, read without ever adding what it does not say."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

from news.moment import Moment, Precision, TimeSource

#: the first news on the web that a crawler may meet in an archive; a year before is a mistake or an attack
_FIRST_YEAR = 1800

_ISO = re.compile(
    r"(\d{4})-?(\d{1,2})-?(\d{1,2})"
    r"(?:(?:\s*[T,]\s*|\s+)(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?\s*([ap]\.?m\b\.?)?\s*"
    r"(z\b|(?:utc|gmt)?\s?[+−-]\s?\d{1,2}(?::?\d{2})?|utc|gmt)?)?",
    re.IGNORECASE,
)
_SLASHED = re.compile(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?=$|\D)")
_EPOCH = re.compile(r"^\d{9,10}$|^\d{12,13}$")
#: a date and a clock time without any sign between
_RUN_TOGETHER = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?$")
#: as the Unix command and Java's Date write it: "Tue Jul 30 09:35:14 CEST 2019"
_UNIX = re.compile(
    r"(?:[a-z]{3},?\s+)?([a-z]{3})\s+(\d{1,2})\s+(\d{2}):(\d{2})(?::(\d{2}))?\s+"
    r"(?:([a-z]{2,5}|(?:gmt|utc)?[+-]\d{2}:?\d{2})\s+)?(\d{4})$",
    re.IGNORECASE,
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_ZONE_BEHIND = re.compile(r"\s*[(\[]?([a-z]{2,5})\b", re.IGNORECASE)
_RFC_822 = re.compile(r"^(?:[a-z]{3,9},\s*)?\d{1,2}\s+[a-z]{3,9}\s+\d{4}\s+\d{1,2}:\d{2}", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Stated:
    """A time as written: a date, perhaps a clock time, perhaps a zone."""

    day: date
    #: clock time without a zone; None where none is written
    clock: datetime | None = None
    zone: tzinfo | None = None
    #: the zone's name as written, where it depends on the outlet's clock what it means: "IST"
    zone_name: str = ""
    #: seconds are written
    seconds: bool = False

    def moment(self, source: TimeSource, zone: ZoneInfo | None) -> Moment:
        """Return the moment; `zone` is the outlet's, used where the text states none.

        Without any zone only the day is known, and a midnight is how machines write a day. A clock time that the
        outlet's clocks never showed, or showed twice, is not resolved either.
        """
        at = self.clock
        if at is None or (at.hour, at.minute, at.second) == (0, 0, 0):
            return Moment(at=self.day, precision=Precision.DAY, source=source)
        named = zone_named(self.zone_name, at, zone) if self.zone_name else None
        if self.zone is not None or named is not None:
            aware = at.replace(tzinfo=self.zone or named)
        elif self.zone_name:
            return Moment(at=self.day, precision=Precision.DAY, source=source)
        elif zone is not None and (found := in_zone(at, zone)):
            aware = found
        else:
            return Moment(at=self.day, precision=Precision.DAY, source=source)
        try:
            aware = aware.astimezone(UTC)
        except OverflowError:
            return Moment(at=self.day, precision=Precision.DAY, source=source)
        return Moment(at=aware, precision=Precision.INSTANT if self.seconds else Precision.MINUTE, source=source)


def in_zone(clock: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the clock time in the zone, or None where summer time skips or repeats it."""
    first, second = clock.replace(tzinfo=zone, fold=0), clock.replace(tzinfo=zone, fold=1)
    return first if first.utcoffset() == second.utcoffset() else None


def read(text: str) -> Stated | None:
    """Return the machine-readable time at the beginning of `text`, or None.

    ISO 8601 in its loose forms, RFC 822, Unix's form, slashes with the year first, and seconds or milliseconds since
    1970. Two dates that run into each other are none.

    >>> read("2024-02-08T08:55+05:30").clock.isoformat(), read("2024-02-08").clock
    ('2024-02-08T08:55:00', None)
    >>> read("0000-00-00 00:00:00") is read("yesterday") is None
    True
    """
    text = text.strip()[:64]
    if not text[:1].isdigit():
        if unix := _UNIX.match(text):
            return _unix(unix)
        return _rfc_822(text) if _RFC_822.match(text) else None
    if (together := _RUN_TOGETHER.match(text)) and (found := _iso(together.groups(), "")):
        return found
    if _EPOCH.match(text):
        return _epoch(text)
    if _RFC_822.match(text):
        return _rfc_822(text)
    written = _SLASHED.sub(r"\1-\2-\3", text)
    match = _ISO.match(written)
    if match is None or written[match.end() : match.end() + 1].isdigit():
        return None
    year, month, day, hour, minute, second, _, half, offset = match.groups()
    behind = None if offset else _ZONE_BEHIND.match(written, match.end())
    name = behind[1] if behind and is_zone(behind[1]) else ""
    return _iso((year, month, day, hour, minute, second), name, half, _offset(offset))


def _iso(
    parts: tuple[str | None, ...], zone_name: str, half: str | None = None, zone: tzinfo | None = None
) -> Stated | None:
    year, month, day, hour, minute, second = parts
    try:
        found = date(int(year or 0), int(month or 0), int(day or 0))
        if not sane(found):
            return None
        if hour is None:
            return Stated(day=found)
        hours = int(hour)
        if half and 1 <= hours <= 12:
            hours = hours % 12 + (12 if half.lower().startswith("p") else 0)
        seconds = min(int(second or 0), 59)
        clock = datetime(found.year, found.month, found.day, hours, int(minute or 0), seconds)  # noqa: DTZ001
        return Stated(day=found, clock=clock, zone=zone, zone_name=zone_name, seconds=second is not None)
    except ValueError:
        return None


def _unix(match: re.Match[str]) -> Stated | None:
    month, day, hour, minute, second, name, year = match.groups()
    if month.lower() not in _MONTHS:
        return None
    number = str(_MONTHS.index(month.lower()) + 1)
    if name and name[-1].isdigit():
        return _iso((year, number, day, hour, minute, second), "", zone=_offset(name))
    return _iso((year, number, day, hour, minute, second), name or "")


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    text = text.lower().lstrip("utcgm ")
    if text in ("", "z"):
        return UTC
    digits = re.sub(r"\D", "", text)
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if hours > 14 or minutes > 59:
        return None
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if text[0] in "-−" else span)


def _epoch(text: str) -> Stated | None:
    seconds = int(text) / (1000 if len(text) > 10 else 1)
    at = datetime.fromtimestamp(seconds, UTC)
    return Stated(day=at.date(), clock=at.replace(tzinfo=None, microsecond=0), zone=UTC, seconds=True)


def _rfc_822(text: str) -> Stated | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if not sane(at.date()):
        return None
    clock = at.replace(tzinfo=None, microsecond=0)
    return Stated(day=at.date(), clock=clock, zone=at.tzinfo, seconds=text.count(":") > 1)


def sane(day: date) -> bool:
    """Tell whether news can be of this day: 1 January 1970 is a machine's nothing, the year 9999 its never."""
    return _FIRST_YEAR <= day.year < 2200 and day != date(1970, 1, 1)


#: abbreviations that mean one offset wherever news uses them; the ambiguous ones (IST, CST, BST, AST, WST, ...) are
#: left to the outlet's own clock
_HOURS = {
    "utc": 0, "gmt": 0, "wet": 0, "cet": 1, "mez": 1, "west": 1, "wat": 1, "cest": 2, "mesz": 2, "eet": 2, "cat": 2,
    "sast": 2, "eest": 3, "msk": 3, "мск": 3, "eat": 3, "trt": 3, "gst": 4, "pkt": 5, "wib": 7, "ict": 7,
    "wita": 8, "hkt": 8, "myt": 8, "sgt": 8, "awst": 8, "wit": 9, "jst": 9, "kst": 9, "aest": 10, "aedt": 11,
    "nzst": 12, "nzdt": 13, "art": -3, "brt": -3, "adt": -3, "est": -5, "edt": -4, "cdt": -5, "mdt": -6, "mst": -7,
    "pdt": -7, "pst": -8, "akst": -9, "akdt": -8, "hst": -10,
}  # fmt: skip
_MINUTES = {"npt": 345, "acst": 570, "acdt": 630, "irst": 210, "mmt": 390}
#: each US zone's name without standard or daylight, as "8 a.m. ET"
_NAMED = {"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"}
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+−-])\s*(\d{1,2})(?::?(\d{2}))?$")


def zone_of_outlet(timezone_name: str | None, country: str) -> ZoneInfo | None:
    """Return the outlet's zone: its own, else its country's where that has a single one, else None.

    >>> zone_of_outlet(None, "in"), zone_of_outlet(None, "us")
    (zoneinfo.ZoneInfo(key='Asia/Kolkata'), None)
    """
    if timezone_name:
        try:
            return ZoneInfo(timezone_name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return None
    return _of_country(country.upper()) if country else None


@lru_cache(256)
def _of_country(territory: str) -> ZoneInfo | None:
    """Return a territory's only zone, or None; zones that have kept the same time since 2000 are one."""
    names = [name for name, where in get_global("zone_territories").items() if where == territory]
    zones = []
    for name in names:
        try:
            zones.append(ZoneInfo(name))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    probes = [datetime(year, month, 15, tzinfo=UTC) for year in range(2000, 2026, 5) for month in (1, 7)]
    clocks = {tuple(at.astimezone(zone).utcoffset() for at in probes) for zone in zones}
    if len(clocks) != 1:
        return None
    return next((zone for zone in zones if zone.key == "Asia/Kolkata"), zones[0])


def zone_named(name: str, clock: datetime, outlet_zone: ZoneInfo | None, country: str = "") -> tzinfo | None:
    """Return the zone that `name` means at an outlet of this zone at this clock time, or None where that is unsure.

    >>> clock = datetime(2024, 2, 8, 8, 55)
    >>> zone_named("IST", clock, ZoneInfo("Asia/Kolkata")).utcoffset(clock), zone_named("IST", clock, None)
    (datetime.timedelta(seconds=19800), None)
    >>> zone_named("IST", clock, ZoneInfo("Asia/Jerusalem")).utcoffset(clock)
    datetime.timedelta(seconds=7200)
    """
    key = name.strip().strip("()").replace(".", "").lower()
    if match := _OFFSET.fullmatch(key):
        span = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(-span if match[1] in "-−" else span) if span <= timedelta(hours=14) else None
    if outlet_zone is not None:
        for fold in (0, 1):
            local = clock.replace(tzinfo=outlet_zone, fold=fold)
            if (local.tzname() or "").lower() == key:
                return timezone(local.utcoffset() or timedelta())
        # an Israeli outlet writes IST in summer, too
        if key == "ist" and outlet_zone.key == "Asia/Jerusalem":
            return outlet_zone
    if key in _NAMED:
        return ZoneInfo(_NAMED[key])
    if key in _HOURS:
        return timezone(timedelta(hours=_HOURS[key]))
    if key in _MINUTES:
        return timezone(timedelta(minutes=_MINUTES[key]))
    return None


def is_zone(name: str) -> bool:
    """Tell whether the word looks like a zone: then a clock time beside it is not the outlet's by default."""
    key = name.strip("().").replace(".", "").lower()
    return (
        key in _HOURS
        or key in _MINUTES
        or key in _NAMED
        or key in ("ist", "cst", "bst", "ast", "wst", "sst", "ict", "pht", "amt", "act")
    )
