"""The times that lists state of their pages: W3C's profile of ISO 8601, and mail's form where outlets write that."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_PART_OF_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?")
#: 2026/11/18 or 2026.11.18, with what follows; 18.11.2026; an hour of one digit; universal time by name
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)")
_SHORT_HOUR = re.compile(r"(?<=[T ])(?=\d:)")
_UNIVERSAL = re.compile(r"\s*(?:UTC|GMT)$", re.IGNORECASE)
#: seconds or milliseconds since 1970
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")


def instant(text: object, *, last: bool = False) -> datetime | None:
    """Return the instant that a list states, aware UTC; None for what is none. A time without a zone counts as UTC.

    Of a year or month alone it is the first instant or, with `last`, the last one, but not later than now. It only
    orders addresses and asks for a visit; an article's own times never come from here.

    >>> instant("2026-11").isoformat(), instant("Fri, 20 Nov 2026 08:00:00 GMT").isoformat()
    ('2026-11-01T00:00:00+00:00', '2026-11-20T08:00:00+00:00')
    >>> instant("2025", last=True).isoformat(), instant("yesterday")
    ('2025-12-31T23:59:59+00:00', None)
    >>> instant("18.11.2026 8:15 UTC").isoformat(), instant("1795076130").isoformat()
    ('2026-11-18T08:15:00+00:00', '2026-11-19T08:15:30+00:00')
    """
    if not isinstance(text, str):
        return None
    text = text.strip()
    try:
        if match := _PART_OF_DATE.fullmatch(text):
            year, month = int(match[1]), int(match[2] or 1)
            if not last:
                return datetime(year, month, 1, tzinfo=UTC)
            after = datetime(year + (month == 12 or not match[2]), month % 12 + 1 if match[2] else 1, 1, tzinfo=UTC)
            return min(after - timedelta(seconds=1), datetime.now(UTC))
        if _EPOCH.fullmatch(text):
            return datetime.fromtimestamp(int(text[:10]), UTC)
        at = _of_digits(text) if text[:1].isdigit() and not _IN_WORDS.search(text) else parsedate_to_datetime(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):  # such as year 9999 west of Greenwich
        return None


#: a month's name; UTC, GMT, T and Z are none
_IN_WORDS = re.compile(r"(?!UTC|GMT)[a-z]{3}", re.IGNORECASE)


def _of_digits(text: str) -> datetime:
    """Return the time in ISO 8601, or nearly. Raises ValueError."""
    text = _YEAR_LAST.sub(lambda day: f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}", text, count=1)
    text = _YEAR_FIRST.sub(lambda day: f"{day[1]}-{int(day[2]):02}-{int(day[3]):02}", text, count=1)
    return datetime.fromisoformat(_SHORT_HOUR.sub("0", _UNIVERSAL.sub("Z", text)))
