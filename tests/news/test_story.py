from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from news.moment import Moment, Precision, TimeSource
from news.story import Member, first, out_by

SEEN = datetime(2026, 3, 2, 12, tzinfo=UTC)


def instant(hour):
    return Moment(at=datetime(2026, 3, 2, hour, tzinfo=UTC), precision=Precision.MINUTE, source=TimeSource.META)


def day(number):
    return Moment(at=date(2026, 3, number), precision=Precision.DAY, source=TimeSource.TEXT)


def member(number, out, seen=SEEN):
    return Member(article_id=UUID(int=number), out_by=out, first_seen_at=seen)


def test_a_stated_time_counts():
    assert out_by(instant(9), SEEN) == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_time_after_we_saw_the_text_is_not_believed():
    assert out_by(instant(15), SEEN) == SEEN


def test_a_day_alone_claims_no_hour():
    assert out_by(day(2), SEEN) == SEEN
    assert out_by(day(2), SEEN + timedelta(days=9)) == datetime(2026, 3, 3, 12, tzinfo=UTC)


def test_without_a_statement_first_sight_counts():
    assert out_by(None, SEEN) == SEEN


def test_the_first_is_the_earliest_out_then_the_first_seen():
    early = SEEN - timedelta(hours=3)
    assert first([member(1, SEEN), member(2, early)]).article_id == UUID(int=2)
    assert first([member(1, early, SEEN), member(2, early, early)]).article_id == UUID(int=2)


def test_a_tie_has_one_winner_whatever_the_order():
    members = [member(3, SEEN), member(1, SEEN), member(2, SEEN)]
    assert first(members) == first(members[::-1]) == members[1]


def test_a_story_without_members_has_no_first():
    with pytest.raises(ValueError, match="empty"):
        first([])
