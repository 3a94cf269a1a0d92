"""The days on which found articles came out in, the bars of a small chart out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from index.query import Bucket
from web import times

#: more bars than this are too thin to hit with a finger
MOST_BARS = 60
#: of the drawing, in its own units
HEIGHT = 60.0


@dataclass(frozen=True, kw_only=True)
class Bar:
    """Articles of a day, week, month or year."""

    #: first and last day
    since: str
    until: str
    #: what a reader calls it
    name: str
    count: int
    #: of HEIGHT; a bar that has articles is never too low to be seen
    height: float


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """All bars from the first to the last one that has articles, the empty ones between them, too."""

    unit: str
    bars: tuple[Bar, ...]
    most: int


def chart(days: Iterable[Bucket]) -> Histogram | None:
    """Return the chart of a histogram by days in the finest unit of at most MOST_BARS; without two days None.

    Decades in which nothing was found make years the unit; more years than bars, and the oldest are left out.
    """
    counted = {date.fromisoformat(bucket.value[:10]): bucket.count for bucket in days}
    if len(counted) < 2:
        return None
    for unit in ("day", "week", "month", "year"):
        found: Counter[date] = Counter()
        for at, count in counted.items():
            found[_first(at, unit)] += count
        starts = [max(found)]
        while starts[-1] > min(found) and len(starts) <= MOST_BARS:
            starts.append(_first(starts[-1] - timedelta(days=1), unit))
        if len(starts) <= MOST_BARS:
            break
    starts = starts[:MOST_BARS][::-1]
    most = max(found[start] for start in starts)
    return Histogram(unit=unit, most=most, bars=tuple(_bar(start, unit, found[start], most) for start in starts))


def _first(at: date, unit: str) -> date:
    """Return the first day of the unit that `at` lies in; weeks begin on Monday (ISO 8601).

    >>> _first(date(2024, 2, 8), "week"), _first(date(2024, 2, 8), "month")
    (datetime.date(2024, 2, 5), datetime.date(2024, 2, 1))
    """
    if unit == "week":
        return at - timedelta(days=min(at.weekday(), (at - date.min).days))
    if unit == "month":
        return at.replace(day=1)
    return at.replace(month=1, day=1) if unit == "year" else at


def _bar(start: date, unit: str, count: int, most: int) -> Bar:
    since, until = start.isoformat(), start.isoformat()
    name = times.day(start)
    if unit == "week":
        until = (start + timedelta(days=6)).isoformat()
        name = f"week of {name}"
    elif unit == "month":
        since = until = start.isoformat()[:7]
        name = name.partition(" ")[2]
    elif unit == "year":
        since = until = name = start.isoformat()[:4]
    height = max(2.0, HEIGHT * count / most) if count else 0.0
    return Bar(since=since, until=until, name=name, count=count, height=round(height, 1))
