"""Whether a source that lists the same for ever is told from one that is quiet, small, late, or overtaken."""

from datetime import datetime, timedelta

import pytest

from tests.schedules.newsday import HOUR, MONDAY, newsday, week

SOURCES = {"feed": (0.7, 0.2), "sitemap": (0.6, 0.6), "section": (0.15, 0.1)}
BIG, MIDDLE, SMALL, TINY = week(8, 4, 1), week(2, 0.8, 0.1), week(0.6, 0.1, 0), week(0.1, 0.02, 0)
#: a Wednesday at noon
DEATH = MONDAY + timedelta(weeks=4, days=2, hours=12)


def feed_dies(source: str, at: datetime) -> bool:
    return source == "feed" and at >= DEATH


@pytest.mark.parametrize("rate", [BIG, MIDDLE, SMALL, TINY, [1.0] * 168])
@pytest.mark.parametrize("moods", [0.4, 0.8])
def test_a_source_that_lives_is_never_called_stale_in_weeks(rate: list[float], moods: float) -> None:
    assert newsday(rate, SOURCES, weeks=7, moods=moods).alarms(range(7)) == 0


@pytest.mark.parametrize(("rate", "days"), [(BIG, 1), (MIDDLE, 2), (SMALL, 6)])
def test_a_feed_that_stands_still_beside_a_sitemap_that_lives_is_stale(rate: list[float], days: int) -> None:
    days_of = newsday(rate, SOURCES, weeks=10, unless=feed_dies)
    assert days_of.alarms(range(4)) == 0
    times = [DEATH + HOUR * hours for hours in range(0, 24 * 40, 4)]
    first = next(at for at in times if days_of.is_stale("feed", at))
    assert first - DEATH <= timedelta(days=days)
    # and stays so for as long as it stands still
    assert all(days_of.is_stale("feed", at) for at in times if at >= first + timedelta(days=7))
    assert not any(days_of.is_stale(source, at) for source in ("sitemap", "section") for at in times)


def test_a_feed_that_lists_something_new_again_is_well() -> None:
    days_of = newsday(
        MIDDLE, SOURCES, weeks=7, unless=lambda source, at: feed_dies(source, at) and at < DEATH + 96 * HOUR
    )
    assert days_of.is_stale("feed", DEATH + 72 * HOUR)
    assert not days_of.is_stale("feed", DEATH + 120 * HOUR)
    assert days_of.alarms([5, 6]) == 0


def test_a_holiday_of_the_whole_outlet_is_no_alarm() -> None:
    holiday = (MONDAY + timedelta(weeks=4, days=3), MONDAY + timedelta(weeks=5, days=2))
    for rate in (BIG, MIDDLE, SMALL):
        quiet = newsday(rate, SOURCES, weeks=7, unless=lambda _, at: holiday[0] <= at < holiday[1])
        assert quiet.alarms(range(3, 7), 4) == 0


def test_a_feed_that_is_overtaken_by_a_new_source_lives() -> None:
    joined = MONDAY + timedelta(weeks=3)
    sources = {"feed": (0.8, 0.5), "faster": (1.0, 0.05)}
    days_of = newsday(MIDDLE, sources, weeks=8, unless=lambda source, at: source == "faster" and at < joined)
    assert sum(found for hour, found in days_of.firsts["feed"].items() if hour > joined + timedelta(days=1)) < 30
    assert days_of.alarms(range(8)) == 0


def test_a_feed_that_was_never_first_is_not_missed() -> None:
    sources = {"feed": (0.8, 3.0), "sitemap": (1.0, 0.05)}
    days_of = newsday(MIDDLE, sources, weeks=8, unless=feed_dies)
    assert sum(days_of.firsts["feed"].values()) < 10
    assert days_of.alarms(range(8)) == 0


def test_a_feed_alone_is_silent_rather_than_stale() -> None:
    days_of = newsday(MIDDLE, {"feed": (1.0, 0.2)}, weeks=6, unless=feed_dies)
    assert days_of.alarms(range(6)) == 0


def test_a_small_feed_on_holiday_is_no_alarm_however_busy_the_others_are() -> None:
    sources = {"feed": (0.02, 0.1), "sitemap": (1.0, 0.6)}
    days_of = newsday(MIDDLE, sources, weeks=8, unless=feed_dies)
    assert days_of.renewed["feed"]
    assert days_of.alarms(range(8)) == 0


def test_too_little_is_known_in_the_first_two_weeks() -> None:
    died = MONDAY + timedelta(days=9)
    days_of = newsday(BIG, SOURCES, weeks=4, unless=lambda source, at: source == "feed" and at >= died)
    assert days_of.alarms(range(4)) == 0
