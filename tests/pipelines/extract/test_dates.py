"""Times as pages state them: never more than is written, never an instant made up."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from news.moment import Moment, Precision, TimeSource
from pipelines.extract import instants
from pipelines.extract.human_dates import find
from pipelines.extract.instants import zone_of_outlet
from tests.pipelines.handmade import article_html, outlet, read

INDIA, ISRAEL, BERLIN = ZoneInfo("Asia/Kolkata"), ZoneInfo("Asia/Jerusalem"), ZoneInfo("Europe/Berlin")


def moment(text: str, zone: ZoneInfo | None = None) -> str:
    stated = instants.read(text)
    assert stated is not None
    return stated.moment(TimeSource.META, zone).isoformat()


def spoken(line: str, language: str = "en", zone: ZoneInfo | None = None, country: str = "") -> list[str]:
    return [each.stated.moment(TimeSource.TEXT, zone).isoformat() for each in find(line, language, zone, country)]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2024-02-08T08:55:00+05:30", "2024-02-08T03:25:00Z"),
        ("2024-02-08T08:55:00.123456789+0530", "2024-02-08T03:25:00Z"),
        ("2024-02-08 08:55:00 UTC", "2024-02-08T08:55:00Z"),
        ("20240208T085500Z", "2024-02-08T08:55:00Z"),
        ("2024-02-08T08:55+05:30[Asia/Kolkata]", "2024-02-08T03:25:00Z"),
        ("2024/02/08 08:55:00 +0530", "2024-02-08T03:25:00Z"),
        ("Thu, 08 Feb 2024 08:55:00 +0530", "2024-02-08T03:25:00Z"),
        ("1707362700", "2024-02-08T03:25:00Z"),
        ("1707362700000", "2024-02-08T03:25:00Z"),
        ("2024-02-08", "2024-02-08"),
        ("2024-02-08T00:00:00Z", "2024-02-08"),  # how machines write a day
        ("2024-02-08T08:55:00", "2024-02-08"),  # no zone, no instant
    ],
)
def test_a_written_time_is_read_as_it_is_meant(written: str, read_as: str) -> None:
    assert moment(written) == read_as


@pytest.mark.parametrize(
    "nothing", ["", "0000-00-00", "0001-01-01T00:00:00Z", "9999-12-31", "1970-01-01", "2024-02-30", "x"]
)
def test_what_is_no_date_of_news_is_none(nothing: str) -> None:
    assert instants.read(nothing) is None


def test_a_time_without_a_zone_takes_the_outlets() -> None:
    assert moment("2024-02-08T08:55:00", INDIA) == "2024-02-08T03:25:00Z"


@pytest.mark.parametrize("clock", ["2024-03-31T02:30:00", "2024-10-27T02:30:00"])
def test_an_hour_that_summer_time_skips_or_repeats_is_only_a_day(clock: str) -> None:
    assert moment(clock, BERLIN) == clock[:10]


@pytest.mark.parametrize(
    ("line", "zone", "country", "read_as"),
    [
        ("First Published Feb 8, 2024, 8:55 AM IST", INDIA, "in", "2024-02-08T03:25:00Z"),
        ("Published Feb 8, 2024, 8:55 AM IST", ISRAEL, "il", "2024-02-08T06:55:00Z"),
        ("Published July 8, 2024, 8:55 AM IST", ISRAEL, "il", "2024-07-08T05:55:00Z"),
        ("Published Feb 8, 2024, 8:55 AM IST", None, "", "2024-02-08"),  # whose IST?
        ("Thu 8 Feb 2024 08.55 GMT", None, "", "2024-02-08T08:55:00Z"),
        ("February 8, 2024 at 8:55 p.m. ET", None, "us", "2024-02-09T01:55:00Z"),
        ("8. Februar 2024, 8:55 Uhr", BERLIN, "de", "2024-02-08T07:55:00Z"),
        ("08/02/2024 08:55", ZoneInfo("Europe/London"), "gb", "2024-02-08T08:55:00Z"),
        ("02/08/2024", None, "us", "2024-02-08"),
        ("2024-02-08 08:55 UTC+7", None, "", "2024-02-08T01:55:00Z"),
        ("2/8/2024", None, "", ""),  # February or August?
    ],
)
def test_a_spoken_time_is_read_on_the_outlets_clock(
    line: str, zone: ZoneInfo | None, country: str, read_as: str
) -> None:
    language = "de" if country == "de" else "en"
    assert spoken(line, language, zone, country) == ([read_as] if read_as else [])


def test_a_line_of_two_dates_tells_published_from_changed() -> None:
    found = find("Giriş: 03.07.2024 - 18:24 Güncelleme: 03.07.2024 - 18:57", "tr", ZoneInfo("Europe/Istanbul"))
    assert [each.modified for each in found] == [False, True]


def test_a_country_of_one_zone_needs_no_zone_of_its_outlet() -> None:
    assert zone_of_outlet(None, "de") is not None
    assert zone_of_outlet(None, "us") is None


@pytest.mark.parametrize("language", "ar bn de el en es fa fr he hi it ja ko nl pl pt ru sv th tr uk vi zh".split())
@given(day=st.dates(min_value=date(1990, 1, 1), max_value=date(2030, 12, 31)))
@settings(max_examples=25, deadline=None)
def test_a_long_date_of_any_language_is_read_back(language: str, day: date) -> None:
    locale = "th_TH" if language == "th" else language
    line = format_date(day, "long", locale=locale)
    assert [each.stated.day for each in find(line, language, None)] == [day]


@given(
    at=st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001
    minutes=st.integers(-14 * 60, 14 * 60),
    separator=st.sampled_from(["T", " ", "  "]),
)
def test_an_instant_survives_every_spelling(at: datetime, minutes: int, separator: str) -> None:
    zone = timezone(timedelta(minutes=minutes))
    aware = at.replace(microsecond=0, tzinfo=zone)
    stated = instants.read(aware.isoformat(sep="T").replace("T", separator))
    assert stated is not None
    found = stated.moment(TimeSource.META, None)
    if found.precision is Precision.DAY:
        assert (at.hour, at.minute, at.second) == (0, 0, 0)
        assert found.at == at.date()
    else:
        assert found.at == aware


@given(text=st.text(max_size=80), zone=st.sampled_from([None, INDIA, BERLIN]))
def test_no_text_is_read_as_more_than_it_says(text: str, zone: ZoneInfo | None) -> None:
    stated = instants.read(text)
    if stated is None:
        return
    found = stated.moment(TimeSource.META, zone)
    if found.precision is not Precision.DAY:
        assert stated.clock is not None
        assert stated.zone is not None or zone is not None


@given(line=st.text(max_size=120), language=st.sampled_from(["en", "ar", "fa", "ja", "ko", "th", "tr", "xx", ""]))
@settings(deadline=None)
def test_no_line_breaks_the_reading_of_dates(line: str, language: str) -> None:
    for each in find(line, language, BERLIN):
        assert isinstance(each.stated.moment(TimeSource.TEXT, BERLIN), Moment)


def test_a_day_is_made_precise_by_a_source_that_agrees_and_only_by_one() -> None:
    agrees = '<meta name="date" content="2024-02-08"><meta name="pubdate" content="2024-02-08T08:55:00Z">'
    assert read(article_html(head=agrees)).date_published == Moment(
        at=datetime(2024, 2, 8, 8, 55, tzinfo=UTC), precision=Precision.INSTANT, source=TimeSource.META
    )
    differs = (
        '<meta property="article:published_time" content="2024-02-08"><meta name="date" content="2024-02-09T08:55:00Z">'
    )
    found = read(article_html(head=differs)).date_published
    assert found is not None
    assert found.isoformat() == "2024-02-08"


def test_a_date_after_the_fetch_is_not_believed() -> None:
    assert read(article_html(head='<meta name="date" content="2031-02-08T08:55:00Z">')).date_published is None


def test_an_address_gives_a_day_where_nothing_else_does() -> None:
    found = read(article_html(), url="https://lake.example/2024/02/08/ferry").date_published
    assert found == Moment(at=date(2024, 2, 8), precision=Precision.DAY, source=TimeSource.URL)


def test_a_naive_time_of_json_ld_takes_the_zone_of_a_meta_tag_on_the_same_clock() -> None:
    head = (
        '<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2024-02-08 20:59:59.0"}</script>'
        '<meta name="date" content="2024-02-08T20:59:59+01:00">'
    )
    found = read(article_html(head=head), outlet()).date_published
    assert found is not None
    assert found.isoformat() == "2024-02-08T19:59:59Z"
