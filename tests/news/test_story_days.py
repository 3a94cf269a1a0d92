import pytest

from news.configuration import read
from news.errors import ConfigurationError


def test_the_window_for_copies_is_a_fortnight_unless_the_user_says_otherwise():
    assert read({}).story_days == 14
    assert read({"BROADSHEET_STORY_DAYS": "30"}).story_days == 30


def test_crawl_events_are_kept_for_good_unless_days_are_named() -> None:
    assert read({}).events_days is None
    assert read({"BROADSHEET_EVENTS_DAYS": "90"}).events_days == 90
    with pytest.raises(ConfigurationError):
        read({"BROADSHEET_EVENTS_DAYS": "0"})


@pytest.mark.parametrize("value", ["0", "-1", "a week", "1.5", "99999", "²"])
def test_a_window_that_cannot_be_is_an_error_that_names_the_setting(value):
    with pytest.raises(ConfigurationError, match="BROADSHEET_STORY_DAYS"):
        read({"BROADSHEET_STORY_DAYS": value})
