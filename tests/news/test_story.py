from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from news import story
from news.moment import Moment, Precision, TimeSource
from news.story import StoryMember, contradicts, first, is_corroborated

SEEN = datetime(2026, 3, 2, 12, tzinfo=UTC)
WINDOW = timedelta(days=14)
OLD = Moment(at=datetime(1996, 1, 1, 9, tzinfo=UTC), precision=Precision.MINUTE, source=TimeSource.META)


def out_by(published, seen, *, corroborated=False):
    return story.out_by(published, seen, window=WINDOW, corroborated=corroborated)


def instant(hour):
    return Moment(at=datetime(2026, 3, 2, hour, tzinfo=UTC), precision=Precision.MINUTE, source=TimeSource.META)


def day(number):
    return Moment(at=date(2026, 3, number), precision=Precision.DAY, source=TimeSource.TEXT)


def member(number, out, seen=SEEN):
    return StoryMember(article_id=UUID(int=number), out_by=out, first_seen_at=seen)


def test_a_stated_time_counts():
    assert out_by(instant(9), SEEN) == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_time_after_we_saw_the_text_is_not_believed():
    assert out_by(instant(15), SEEN) == SEEN


def test_a_day_alone_claims_no_hour():
    assert out_by(day(2), SEEN) == SEEN
    assert out_by(day(2), SEEN + timedelta(days=9)) == datetime(2026, 3, 3, 12, tzinfo=UTC)


def test_without_a_statement_first_sight_counts():
    assert out_by(None, SEEN) == SEEN


def test_a_time_long_before_we_saw_the_text_counts_only_if_something_else_states_it():
    assert out_by(OLD, SEEN) == SEEN
    assert out_by(OLD, SEEN, corroborated=True) == OLD.at


def test_a_time_contradicts_our_first_sight_past_the_window():
    stated = SEEN - WINDOW
    assert not contradicts(Moment(at=stated, precision=Precision.MINUTE, source=TimeSource.META), SEEN, WINDOW)
    earlier = stated - timedelta(minutes=1)
    assert contradicts(Moment(at=earlier, precision=Precision.MINUTE, source=TimeSource.META), SEEN, WINDOW)
    assert not contradicts(None, SEEN, WINDOW)


def test_the_last_day_of_the_calendar_is_a_time_like_others():
    last = Moment(at=date.max, precision=Precision.DAY, source=TimeSource.META)
    assert out_by(last, SEEN) == SEEN


@pytest.mark.parametrize(
    ("urls", "changed_at", "counts"),
    [
        ((), (), False),
        (("https://a.example/1996/01/01/flood",), (), True),
        (("https://a.example/19960103-flood.html",), (), True),
        (("https://a.example/flood", "https://a.example/1996/01/03/flood"), (), True),
        (("https://a.example/1996/01/04/flood",), (), False),
        (("https://a.example/2026/03/01/flood",), (), False),
        (("https://a.example/flood",), (datetime(1996, 1, 3, 9, tzinfo=UTC),), True),
        (("https://a.example/flood",), (datetime(1996, 1, 3, 9, 1, tzinfo=UTC),), False),
        (("https://a.example/flood",), (SEEN, datetime(1996, 1, 1, tzinfo=UTC)), True),
    ],
)
def test_an_address_or_a_source_of_the_time_corroborates_it(urls, changed_at, counts):
    assert is_corroborated(OLD, urls, changed_at) is counts


@pytest.mark.parametrize("source", [TimeSource.URL, TimeSource.FEED, TimeSource.SITEMAP])
def test_a_time_that_was_not_read_in_the_page_needs_no_other_word(source):
    assert is_corroborated(Moment(at=date(1996, 1, 1), precision=Precision.DAY, source=source), (), ())


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
