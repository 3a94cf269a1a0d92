"""What a person types as a time is the instant that is meant, in the person's own time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from news.clock import now
from news.errors import BadQuery
from news.time_bound import bound

KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("2024-02-08", "2024-02-07T18:30", "2024-02-08T18:30"),
        ("2024-02", "2024-01-31T18:30", "2024-02-29T18:30"),
        ("2024", "2023-12-31T18:30", "2024-12-31T18:30"),
        ("2024-02-08T14:00", "2024-02-08T08:30", "2024-02-08T08:30"),
        ("2024-02-08 14:00", "2024-02-08T08:30", "2024-02-08T08:30"),
        ("2024-02-08T14:00Z", "2024-02-08T14:00", "2024-02-08T14:00"),
    ],
)
def test_a_day_a_month_a_year_and_a_time_are_those_of_the_zone(text: str, begins: str, ends: str) -> None:
    found = [bound(text, KOLKATA, end=end) for end in (False, True)]
    assert found == [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (begins, ends)]


@pytest.mark.parametrize(("text", "hours"), [("1h", 1), ("24h", 24), ("7d", 168), ("2w", 336)])
def test_so_long_ago_is_counted_from_now(text: str, hours: int) -> None:
    at = bound(text, KOLKATA, end=False)
    assert at is not None
    assert timedelta(0) <= now() - timedelta(hours=hours) - at + timedelta(minutes=1) < timedelta(minutes=2)


def test_today_and_yesterday_are_whole_days_of_the_zone() -> None:
    today, ends = bound("Today", KOLKATA, end=False), bound("yesterday", KOLKATA, end=True)
    assert today == ends
    assert today == datetime.combine(now().astimezone(KOLKATA).date(), datetime.min.time(), KOLKATA)


@pytest.mark.parametrize("text", ["someday", "2024-13", "1024", "7", "7m", "99999d", "h", "24-02-08", "\x00"])
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(BadQuery, match="is not a date"):
        bound(text, KOLKATA, end=False)
    assert bound("", KOLKATA, end=False) is None
