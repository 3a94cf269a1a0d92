"""The chart of publication: as fine as it can be read, whatever the dates."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from index.query import Bucket
from web.chart import HEIGHT, MOST_BARS, chart


def days(*counted: tuple[str, int]) -> list[Bucket]:
    return [Bucket(value=day, label=day, count=count) for day, count in counted]


def test_one_day_is_no_chart() -> None:
    assert chart([]) is None
    assert chart(days(("2024-02-08", 7))) is None


def test_the_unit_grows_with_the_range() -> None:
    units = {}
    for until in ("2024-02-09", "2024-12-31", "2026-02-08", "2044-02-08"):
        made = chart(days(("2024-02-08", 1), (until, 3)))
        assert made
        units[until] = made.unit
        assert sum(bar.count for bar in made.bars) == 4
        assert made.bars[-1].height == HEIGHT
    assert list(units.values()) == ["day", "week", "month", "year"]


def test_an_article_dated_by_mistake_does_not_squeeze_the_others_for_ever() -> None:
    made = chart(days(("0001-01-01", 1), ("1970-01-01", 1), ("2024-02-08", 5)))
    assert made
    assert made.unit == "year"
    assert len(made.bars) == MOST_BARS
    assert made.bars[-1].name == "2024"


@given(st.dictionaries(st.dates(), st.integers(min_value=1, max_value=10**6), min_size=2, max_size=30))
def test_bars_are_few_in_order_and_as_high_as_they_count(counted: dict[date, int]) -> None:
    made = chart(days(*((day.isoformat(), count) for day, count in sorted(counted.items()))))
    assert made
    assert 1 <= len(made.bars) <= MOST_BARS
    assert all(bar.since <= bar.until for bar in made.bars)
    assert [bar.since for bar in made.bars] == sorted(bar.since for bar in made.bars)
    assert all((bar.height > 0) == (bar.count > 0) and bar.height <= HEIGHT for bar in made.bars)
    if (max(counted) - min(counted)) < timedelta(days=MOST_BARS):
        assert sum(bar.count for bar in made.bars) == sum(counted.values())
