"""Pauses after failures."""

import pytest

from news.backoff import Backoff


def test_pauses_grow_by_their_factor_up_to_the_bound() -> None:
    again = Backoff(first_seconds=2.0, most_seconds=30.0, factor=3.0)
    assert [again.pause_seconds(failures) for failures in range(1, 6)] == [2.0, 6.0, 18.0, 30.0, 30.0]


@pytest.mark.parametrize("failures", [1_025, 10**6])
def test_what_fails_for_days_has_a_pause_like_any_other(failures: int) -> None:
    assert Backoff(first_seconds=1.0, most_seconds=10.0).pause_seconds(failures) == 10.0


def test_jitter_stays_within_its_bounds_and_differs() -> None:
    again = Backoff(first_seconds=8.0, jitter=(0.5, 1.0))
    pauses = {again.pause_seconds(1) for _ in range(100)}
    assert len(pauses) > 1
    assert all(4.0 <= seconds <= 8.0 for seconds in pauses)
