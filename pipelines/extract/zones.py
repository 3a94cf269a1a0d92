"""Time zones as outlets abbreviate them: the outlet's own clock decides what IST means."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

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


def of_outlet(timezone_name: str | None, country: str) -> ZoneInfo | None:
    """Return the outlet's zone: its own, else its country's where that has a single one, else None.

    >>> of_outlet(None, "in"), of_outlet(None, "us")
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


def named(name: str, clock: datetime, outlet_zone: ZoneInfo | None, country: str = "") -> tzinfo | None:
    """Return the zone that `name` means at an outlet of this zone at this clock time, or None where that is unsure.

    >>> clock = datetime(2024, 2, 8, 8, 55)
    >>> named("IST", clock, ZoneInfo("Asia/Kolkata")).utcoffset(clock), named("IST", clock, None)
    (datetime.timedelta(seconds=19800), None)
    >>> named("IST", clock, ZoneInfo("Asia/Jerusalem")).utcoffset(clock)
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
