"""Whether an outlet is well: silence, dead feeds, walls and worse reading are told from a quiet weekend."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ledger.completeness import Hours
from ledger.outlet_health import SourceHealth
from schedules.health_rules import HealthVerdict, judge

HOUR = timedelta(hours=1)
MONDAY = datetime(2024, 1, 8, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


def source(read_at: datetime, **values: object) -> SourceHealth:
    known = {
        "url": "https://a.example/feed", "kind": "feed", "outcome": "read", "reason": None, "found": 20, "fetched_at": read_at,
        "first_read_at": MONDAY, "failures": 0, "failing_since": None,
    }  # fmt: skip
    return SourceHealth(**known | values)  # type: ignore[arg-type]


def verdict(brought: dict[datetime, int], now: datetime, last_at: datetime | None = None) -> HealthVerdict:
    return judge(brought, {}, [source(now)], last_at, now, UTC_ZONE)


def arrivals(rate: list[float], weeks: int, seed: int = 1) -> dict[datetime, int]:
    """Return what an outlet brings that publishes at random, so much in each hour of the week."""
    chance = random.Random(seed)
    found = {}
    for number in range(168 * weeks):
        expected, times = rate[number % 168], 0
        pause = chance.expovariate(1)
        while pause < expected:
            times += 1
            pause += chance.expovariate(1)
        if times:
            found[MONDAY + HOUR * number] = times
    return found


def week(workday: float, weekend: float, night: float) -> list[float]:
    """Return the hours of a week with these rates by day; from 22 to 6 it is night."""
    return [
        night if hour % 24 < 6 or hour % 24 >= 22 else workday if hour // 24 < 5 else weekend for hour in range(168)
    ]


def false_alarms(brought: dict[datetime, int], weeks: int) -> int:
    """Return how often an outlet that is well is called silent, looked at each hour from its second week on."""
    alarms, was_silent = 0, False
    for number in range(168 * 2, 168 * weeks):
        now = MONDAY + HOUR * number
        so_far = {hour: found for hour, found in brought.items() if hour < now}
        silent = verdict(so_far, now).silent_since is not None
        alarms += silent and not was_silent
        was_silent = silent
    return alarms


@pytest.mark.parametrize("now", [MONDAY + timedelta(days=17, hours=12), MONDAY + timedelta(days=20, hours=3)])
def test_an_outlet_that_brings_something_each_hour_is_silent_after_two(now: datetime) -> None:
    brought = {MONDAY + HOUR * number: 1 for number in range((now - MONDAY) // HOUR + 1)}
    assert not verdict(brought, now + HOUR).reasons
    said = verdict(brought, now + 2 * HOUR + timedelta(minutes=5))
    assert said.silent_since == now
    assert "silent since" in said.reasons[0]
    assert said.expected == pytest.approx(24)
    # it brings something again: unmarked
    assert not verdict(brought | {now + 3 * HOUR: 1}, now + 3 * HOUR + timedelta(minutes=5)).reasons


def test_an_outlet_that_was_met_a_year_ago_is_expected_to_bring_what_it_brought_lately() -> None:
    now = MONDAY + timedelta(weeks=52)
    brought = {now - HOUR * number: 1 for number in range(1, 24 * 28)}  # of older ones nobody asks
    assert verdict(brought, now).expected == pytest.approx(24, abs=0.1)


def test_a_busy_outlet_that_stops_at_noon_is_marked_the_same_afternoon_and_a_night_is_no_silence() -> None:
    brought = arrivals(week(6, 3, 0), weeks=3)
    evening = MONDAY + timedelta(days=15, hours=22)
    until_evening = {hour: found for hour, found in brought.items() if hour < evening}
    assert not verdict(until_evening, evening + 7 * HOUR).reasons
    noon = MONDAY + timedelta(days=15, hours=12)
    until_noon = {hour: found for hour, found in brought.items() if hour < noon}
    assert verdict(until_noon, noon + 6 * HOUR).silent_since is not None


def test_a_small_outlets_quiet_weekend_is_no_alarm() -> None:
    brought = arrivals(week(0.6, 0.08, 0), weeks=4, seed=5)
    saturday = MONDAY + timedelta(days=19)
    quiet = {hour: found for hour, found in brought.items() if hour < saturday}
    for hours in range(0, 48, 3):
        assert not verdict(quiet, saturday + HOUR * hours).reasons
    # but a whole week without anything is
    assert verdict(quiet, saturday + timedelta(days=6)).silent_since is not None


@pytest.mark.parametrize(("workday", "weekend", "night"), [(0.3, 0.02, 0), (1, 0.3, 0.05), (8, 4, 1), (40, 20, 3)])
def test_outlets_that_publish_at_random_are_seldom_called_silent(workday: float, weekend: float, night: float) -> None:
    alarms = sum(false_alarms(arrivals(week(workday, weekend, night), 4, seed), 4) for seed in range(2))
    assert alarms <= 1  # in four weeks of looking each hour


def test_that_nobody_looked_is_no_silence() -> None:
    brought = {MONDAY + HOUR * number: 1 for number in range(24 * 15)}
    stopped = MONDAY + timedelta(days=15)
    said = judge(brought, {}, [source(stopped)], None, stopped + timedelta(days=3), UTC_ZONE)
    assert said.silent_since is None


def test_too_little_is_known_of_a_new_outlet() -> None:
    assert verdict({}, MONDAY + timedelta(days=3)) == HealthVerdict()
    assert not verdict({MONDAY: 3, MONDAY + 9 * HOUR: 1}, MONDAY + timedelta(days=6)).reasons


def test_a_feed_that_failed_twice_or_lists_nothing_is_dead() -> None:
    once, twice = (
        source(MONDAY, failures=times, failing_since=MONDAY, outcome="gone", reason="404") for times in (1, 2)
    )
    assert judge({}, {}, [once], None, MONDAY, UTC_ZONE).reasons == ()
    [reason] = judge({}, {}, [twice], None, MONDAY, UTC_ZONE).reasons
    assert reason == "https://a.example/feed cannot be read since 08 Jan 00:00 UTC (404)"
    [reason] = judge({}, {}, [source(MONDAY + HOUR, found=0)], None, MONDAY, UTC_ZONE).reasons
    assert reason == "https://a.example/feed no longer lists anything"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("wall", "wall"), ("http_error", "blocked"), ("throttled", "blocked"), ("timeout", "do not answer"), ("empty", "no readable article")],
)  # fmt: skip
def test_pages_that_turn_into_something_else_are_noticed_and_forgotten_when_well(outcome: str, words: str) -> None:
    well = {MONDAY + HOUR * number: Hours(fetched=6, stored=6, letters=12_000) for number in range(20)}
    bad = {MONDAY + HOUR * 20: Hours(fetched=10, stored=2, letters=4_000, refused={outcome: 8})}
    assert judge({}, well, [], None, MONDAY, UTC_ZONE).reasons == ()
    [reason] = judge({}, well | bad, [], None, MONDAY, UTC_ZONE).reasons
    assert words in reason
    again = {MONDAY + HOUR * 21: Hours(fetched=10, stored=10, letters=20_000)}
    assert judge({}, well | bad | again, [], None, MONDAY, UTC_ZONE).reasons == ()


def test_an_outlet_whose_pages_were_always_half_walls_is_not_ill() -> None:
    hours = {
        MONDAY + HOUR * number: Hours(fetched=10, stored=4, letters=8_000, refused={"wall": 6}) for number in range(9)
    }
    assert judge({}, hours, [], None, MONDAY, UTC_ZONE).reasons == ()


def test_an_outlet_whose_pages_take_too_much_is_named_for_as_long_as_they_do_and_no_longer() -> None:
    too_much = {"too_slow": 6, "too_fat": 2}
    hours = {
        MONDAY + HOUR * number: Hours(fetched=10, stored=2, refused=too_much, letters=6_000) for number in range(40)
    }
    # since it is known, and since long before what is remembered
    for known in (1, 2, 40):
        slow = dict(list(hours.items())[:known])
        named = judge({}, slow, [], None, MONDAY, UTC_ZONE).reasons
        assert named == ("80% of 10 pages took too long, or too much memory, to read",)
    for spared in (
        {MONDAY + HOUR * 40: Hours(fetched=10, stored=7, letters=21_000, refused={"too_slow": 3})},
        {MONDAY + HOUR * 40: Hours(fetched=10, stored=10, letters=30_000)},
    ):
        assert judge({}, hours | spared, [], None, MONDAY, UTC_ZONE).reasons == ()


def test_reading_that_worsens_is_noticed() -> None:
    well = {MONDAY + HOUR * number: Hours(fetched=5, stored=5, letters=15_000) for number in range(20)}
    undated = {MONDAY + HOUR * 20: Hours(fetched=10, stored=10, undated=9, letters=30_000)}
    short = {MONDAY + HOUR * 20: Hours(fetched=10, stored=10, letters=4_000)}
    bare = {MONDAY + HOUR * 20: Hours(fetched=10, stored=10)}
    assert judge({}, well | undated, [], None, MONDAY, UTC_ZONE).reasons == ("90% of 10 new articles have no date",)
    assert judge({}, well | short, [], None, MONDAY, UTC_ZONE).reasons == (
        "new articles have 400 characters, before 3000",
    )
    for hours in (well | bare, bare):
        assert judge({}, hours, [], None, MONDAY, UTC_ZONE).reasons == (
            "none of 10 new articles has a text that can be read",
        )
