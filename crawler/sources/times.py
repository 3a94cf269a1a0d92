"""The times that lists state of their pages: W3C's profile of ISO 8601, and mail's form where outlets write that."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_PART_OF_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?")


def instant(text: object, *, last: bool = False) -> datetime | None:
    """Return the instant that a list states, aware UTC; None for what is none. A time without a zone counts as UTC.

    Of a year or month alone it is the first instant or, with `last`, the last one, but not later than now. It only
    orders addresses and asks for a visit; an article's own times never come from here.

    >>> instant("2026-11").isoformat(), instant("Fri, 20 Nov 2026 08:00:00 GMT").isoformat()
    ('2026-11-01T00:00:00+00:00', '2026-11-20T08:00:00+00:00')
    >>> instant("2025", last=True).isoformat(), instant("yesterday")
    ('2025-12-31T23:59:59+00:00', None)
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
        at = datetime.fromisoformat(text) if text[:1].isdigit() and text[4:5] == "-" else parsedate_to_datetime(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):  # such as year 9999 west of Greenwich
        return None
