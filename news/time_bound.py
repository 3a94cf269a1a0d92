"""A day, a month, a year, a time or "so long ago" as a person types it in, the instant that it bounds out."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from news.clock import now
from news.errors import BadQuery

#: no date before the first newspapers, none that a time zone could push over the calendar's end
FIRST_YEAR, LAST_YEAR = 1600, 2999

_AGO = re.compile(r"(\d{1,4})([hdw])", re.ASCII)
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}
_DAYS = {"today": 0, "yesterday": 1}
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def bound(text: str, zone: ZoneInfo, *, end: bool) -> datetime | None:
    """Return the instant at which a day, month or year begins in `zone`, or ends; a time stands for itself.

    `24h`, `7d` and `2w` are so many hours, days or weeks ago; `today` and `yesterday` are days. Raises BadQuery for a
    text that is none of these; an empty one gives None.
    """
    if not text:
        return None
    try:
        if ago := _AGO.fullmatch(text):
            return now() - timedelta(hours=int(ago[1]) * _HOURS[ago[2]])
        if (back := _DAYS.get(text.lower())) is not None:
            text = (now().astimezone(zone).date() - timedelta(days=back)).isoformat()
        if match := _DAY.fullmatch(text):
            year, month, day = (int(part) if part else None for part in match.groups())
            assert year is not None
            first = date(year, month or 1, day or 1)
            if end:
                first = _after(first, month=month is not None, day=day is not None)
            at = datetime.combine(first, time(), zone)
        else:
            at = datetime.fromisoformat(text)
            at = at if at.utcoffset() is not None else at.replace(tzinfo=zone)
        if FIRST_YEAR <= at.year <= LAST_YEAR:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # said below, for all that is no date
    raise BadQuery(f"'{text}' is not a date between {FIRST_YEAR} and {LAST_YEAR}; write it as 2024-02-08, or 7d.")


def _after(first: date, *, month: bool, day: bool) -> date:
    if day:
        return first + timedelta(days=1)
    if month:
        return (first + timedelta(days=32)).replace(day=1)
    return first.replace(year=first.year + 1)
