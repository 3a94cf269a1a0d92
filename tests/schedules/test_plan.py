"""When a source is read next: pure functions, over many habits, hours and zones."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.errors import ConfigurationError
from news.outlet import parse
from news.schedule import Schedule, parse_schedule
from schedules.plan import NextReading, after_quiet, learn, next_reading

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati"])
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
COUNTS = st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 23)), st.integers(1, 500), max_size=30)
WATCHED = st.timedeltas(timedelta(0), timedelta(weeks=4))
QUIET = st.lists(st.tuples(st.times(), st.times()).filter(lambda each: each[0] != each[1]), max_size=2)
NOW = datetime(2024, 2, 8, 12, tzinfo=UTC)


def reading(
    schedule: Schedule, counts: dict[tuple[int, int], int], last: datetime | None, now: datetime
) -> NextReading:
    return next_reading("https://a.example/feed", schedule, learn(counts, timedelta(weeks=2)), last, now, "UTC")


@given(COUNTS, WATCHED, INSTANTS, ZONES)
def test_a_learned_pace_stays_between_its_limits(counts, watched, last, zone):
    schedule = Schedule(least_minutes=5, most_minutes=90, jitter_seconds=30)
    made = next_reading("s", schedule, learn(counts, watched), last, last, zone)
    assert timedelta(minutes=5) <= made.at - last <= timedelta(minutes=90, seconds=30)
    assert made == next_reading("s", schedule, learn(counts, watched), last, last, zone)


@given(COUNTS, WATCHED, INSTANTS, INSTANTS, ZONES)
def test_what_is_overdue_is_due_now_and_nothing_is_due_in_the_past(counts, watched, last, now, zone):
    made = next_reading("s", Schedule(), learn(counts, watched), last, now, zone)
    assert made.at >= now
    if now - last > timedelta(hours=7):
        assert made.at == now
        assert "due since" in made.why


@given(COUNTS, INSTANTS, st.tuples(st.integers(0, 6), st.integers(0, 23)))
def test_a_source_that_brings_more_is_not_read_later(counts, last, hour):
    schedule = Schedule(jitter_seconds=0)
    more = counts | {hour: counts.get(hour, 0) + 50}
    assert reading(schedule, more, last, last).at <= reading(schedule, counts, last, last).at


@given(INSTANTS, QUIET, ZONES)
def test_nothing_is_read_within_quiet_hours(at, quiet, zone_name):
    zone = ZoneInfo(zone_name)
    first = after_quiet(at, quiet[:1], zone)
    assert at <= first <= at + timedelta(hours=26)
    local = first.astimezone(zone).time()
    for start, end in quiet[:1]:
        assert not (start <= local < end if start < end else not end <= local < start)
    assert after_quiet(at, quiet, zone) >= at


def test_a_source_is_read_often_when_it_usually_brings_something_and_seldom_at_night():
    counts = {(day, hour): 24 for day in range(5) for hour in range(8, 20)}
    habit = learn(counts, timedelta(weeks=2))
    day, night = datetime(2024, 2, 8, 12, tzinfo=UTC), datetime(2024, 2, 8, 23, tzinfo=UTC)
    schedule = Schedule(jitter_seconds=0)
    by_day = next_reading("s", schedule, habit, day, day, "UTC")
    by_night = next_reading("s", schedule, habit, night, night, "UTC")
    assert by_day.at - day < timedelta(minutes=10)
    assert by_night.at - night > timedelta(minutes=30)
    assert "an hour at this time" in by_day.why


def test_a_source_that_never_brings_anything_is_read_less_and_less_often():
    schedule, pauses = Schedule(jitter_seconds=0), []
    for hours in (0, 1, 5, 24, 24 * 14):
        made = next_reading("s", schedule, learn({}, timedelta(hours=hours)), NOW, NOW, "UTC")
        pauses.append(made.at - NOW)
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(minutes=15)
    assert pauses[-1] == timedelta(hours=6)


def test_a_source_that_was_never_read_is_read_at_once():
    assert reading(Schedule(), {}, None, NOW) == NextReading(
        source="https://a.example/feed", at=NOW, why="not read yet"
    )


def test_cron_counts_in_the_outlets_time_zone_and_the_week_from_sunday():
    schedule = parse_schedule({"cron": "30 6 * * 1-5", "jitter_seconds": 0}, "file")
    friday = datetime(2024, 2, 9, 12, tzinfo=UTC)
    made = next_reading("s", schedule, learn({}, timedelta(0)), friday, friday, "Europe/Berlin")
    assert made.at == datetime(2024, 2, 12, 5, 30, tzinfo=UTC)
    sunday = parse_schedule({"cron": "0 12 * * 0", "jitter_seconds": 0}, "file")
    made = next_reading("s", sunday, learn({}, timedelta(0)), friday, friday, "UTC")
    assert made.at.weekday() == 6
    # it was missed three times while nothing ran: once is enough
    late = friday + timedelta(weeks=3)
    assert next_reading("s", sunday, learn({}, timedelta(0)), friday, late, "UTC").at == late


def test_what_is_paused_or_not_enabled_is_never_read():
    habit = learn({}, timedelta(0))
    assert next_reading("s", Schedule(paused=True), habit, None, NOW, "UTC").at is None
    assert next_reading("s", Schedule(), habit, None, NOW, "UTC", paused=True).why == "paused"
    assert next_reading("s", Schedule(), habit, None, NOW, "UTC", enabled=False).why == "not enabled"


def test_quiet_hours_may_pass_midnight():
    made = next_reading(
        "s", Schedule(quiet_hours=((time(22), time(6)),)), learn({}, timedelta(0)), None,
        datetime(2024, 2, 8, 23, tzinfo=UTC), "Europe/Berlin",
    )  # fmt: skip
    assert made.at == datetime(2024, 2, 9, 5, tzinfo=UTC)


def test_a_source_has_its_own_times_and_takes_the_rest_from_its_outlet():
    schedule = parse_schedule(
        {"every_minutes": 10, "jitter_seconds": 5, "sources": {"https://a.example/f": {"cron": "0 6 * * *"}}}, "file"
    )
    own, other = schedule.of("https://a.example/f"), schedule.of("https://a.example/other")
    assert (own.cron, own.every_minutes, own.jitter_seconds) == ("0 6 * * *", None, 5)
    assert other.every_minutes == 10


@pytest.mark.parametrize(
    "fields",
    [
        {"every": 5}, {"every_minutes": "5"}, {"every_minutes": 0}, {"every_minutes": -1}, {"cron": "x"},
        {"cron": "61 * * * *"}, {"cron": "* * * *"}, {"cron": "0 6 * * *", "every_minutes": 5}, {"paused": 1},
        {"quiet_hours": ["22-6"]}, {"quiet_hours": ["22:00-22:00"]}, {"quiet_hours": [7]}, {"least_minutes": 500},
        {"sources": {"https://a.example/f": 5}}, {"sources": {"https://a.example/f": {"sources": {"x": {}}}}},
    ],
)  # fmt: skip
def test_a_schedule_that_cannot_be_is_refused_with_file_and_field(fields):
    with pytest.raises(ConfigurationError, match=r"example\.toml: .*schedule"):
        parse("example", {"name": "E", "home": "https://a.example/", "schedule": fields}, "example.toml")
