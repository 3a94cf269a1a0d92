"""When a page is visited next: over all outcomes, ages and lives."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ledger.revisit import GIVE_UP_AFTER, LEAST, Life, failures_in_a_row, kind_of, next_visit, pause_of
from news.outcome import COSTLY, PASSING, READ, Outcome

NOW = datetime(2024, 2, 8, 12, tzinfo=UTC)
AGES = st.timedeltas(timedelta(0), timedelta(days=60))
FEW_DAYS = st.timedeltas(timedelta(0), timedelta(days=3))


@st.composite
def lives(draw: st.DrawFn) -> Life:
    age, before, within = draw(AGES), draw(FEW_DAYS), draw(st.floats(0, 1))
    first_seen_at = NOW - age
    versions = draw(st.integers(1, 200))
    changed_at = first_seen_at + (age * within if versions > 1 else timedelta(0))
    return Life(
        born_at=first_seen_at - before, first_seen_at=first_seen_at, changed_at=changed_at, versions=versions,
        is_live=draw(st.booleans()),
    )  # fmt: skip


@given(lives())
def test_an_article_is_never_visited_sooner_than_the_least_pause_nor_later_than_its_age_allows(life: Life) -> None:
    pause = pause_of(life, NOW)
    assert LEAST <= pause <= timedelta(days=30)
    if NOW - life.born_at < timedelta(hours=6):
        assert pause <= timedelta(hours=1)


@given(lives(), st.sampled_from(list(Outcome)), st.integers(1, 40), st.integers(1, 90))
def test_visits_end(life: Life, outcome: Outcome, failures: int, days: int) -> None:
    at = next_visit(outcome, NOW, life, failures, days)
    assert at is None or at > NOW
    if outcome in READ:
        assert at is None or at <= life.born_at + timedelta(days=days)
    elif (
        outcome not in PASSING | COSTLY | {Outcome.GONE, Outcome.WALL, Outcome.UNRECORDABLE}
        or failures >= GIVE_UP_AFTER
    ):
        assert at is None


def test_a_live_blog_is_visited_within_minutes_until_it_falls_silent() -> None:
    def pause(quiet_minutes: int) -> timedelta:
        changed_at = NOW - timedelta(minutes=quiet_minutes)
        start = NOW - timedelta(hours=30)
        return pause_of(Life(born_at=start, first_seen_at=start, changed_at=changed_at, versions=60, is_live=True), NOW)

    assert pause(1) <= timedelta(minutes=16)
    assert pause(1) < pause(120) < pause(330) <= timedelta(hours=3)
    assert pause(12 * 60) == timedelta(hours=6)


def test_an_article_that_keeps_changing_is_visited_more_often_than_one_that_does_not() -> None:
    born = NOW - timedelta(hours=20)
    still = Life(born_at=born, first_seen_at=born, changed_at=born)
    busy = Life(born_at=born, first_seen_at=born, changed_at=NOW - timedelta(minutes=10), versions=40)
    assert pause_of(busy, NOW) < timedelta(minutes=20)
    assert pause_of(still, NOW) == timedelta(hours=4)


def test_an_old_article_is_visited_no_more() -> None:
    born = NOW - timedelta(days=29)
    life = Life(born_at=born, first_seen_at=born, changed_at=born)
    assert next_visit(Outcome.UNCHANGED, NOW, life, 0) is None
    assert next_visit(Outcome.UNCHANGED, NOW, life, 0, 90) == NOW + timedelta(days=7)
    young = Life(born_at=NOW, first_seen_at=NOW, changed_at=NOW)
    assert next_visit(Outcome.NEW, NOW, young, 0, 0) is None


def _tries(*outcomes: Outcome) -> list[timedelta | None]:
    """Return after how long the page is fetched again, after each of these outcomes in a row; None: given up."""
    pauses: list[timedelta | None] = []
    previous, failures = None, 0
    for outcome in outcomes:
        failures = failures_in_a_row(previous, failures, outcome)
        previous = outcome
        at = next_visit(outcome, NOW, None, failures)
        pauses.append(at - NOW if at else None)
    return pauses


def test_a_page_that_timed_out_three_times_and_then_is_gone_is_asked_once_more() -> None:
    assert _tries(*[Outcome.TIMEOUT] * 3, Outcome.GONE)[-1] == timedelta(days=1)
    assert _tries(*[Outcome.TIMEOUT] * 3, Outcome.GONE, Outcome.GONE)[-1] is None


def test_a_wall_after_a_week_of_server_errors_is_met_for_the_first_time() -> None:
    assert _tries(*[Outcome.SERVER_ERROR] * 12, Outcome.WALL)[-1] == timedelta(days=1)


def test_troubles_of_network_and_server_are_counted_together() -> None:
    pauses = _tries(Outcome.TIMEOUT, Outcome.SERVER_ERROR, Outcome.UNREACHABLE)
    assert pauses == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]


def test_an_article_ends_a_row_of_failures() -> None:
    assert failures_in_a_row(Outcome.TIMEOUT, 5, Outcome.UNCHANGED) == 0
    assert failures_in_a_row(Outcome.UNCHANGED, 0, Outcome.TIMEOUT) == 1
    assert failures_in_a_row(None, 0, Outcome.TIMEOUT) == 1


def test_an_outcome_that_another_release_wrote_is_no_failure_of_the_same_kind() -> None:
    assert failures_in_a_row("eaten_by_a_dog", 5, Outcome.TIMEOUT) == 1


def test_a_page_too_slow_or_too_fat_comes_again_after_a_day_once() -> None:
    assert _tries(Outcome.TOO_SLOW, Outcome.TOO_SLOW) == [timedelta(days=1), None]
    assert _tries(Outcome.TOO_FAT, Outcome.TOO_SLOW) == [timedelta(days=1), None]


def test_a_page_that_was_given_up_as_too_slow_and_is_listed_again_has_one_try() -> None:
    assert _tries(*[Outcome.TOO_SLOW] * 5) == [timedelta(days=1), None, None, None, None]


def test_a_page_that_cannot_be_recorded_comes_daily_for_a_week() -> None:
    assert _tries(*[Outcome.UNRECORDABLE] * 7) == [timedelta(days=1)] * 6 + [None]


@given(st.sampled_from(list(Outcome)))
def test_every_failure_has_a_kind(outcome: Outcome) -> None:
    assert (kind_of(outcome) is None) == (outcome in READ)
