"""Times as pages state them: never more than is written, never an instant made up."""

import json
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
from tests.pipelines.handmade import FETCHED_AT, article_html, outlet, read

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
        ("Thu Feb 08 09:55:14 CET 2024", "2024-02-08T08:55:14Z"),
        ("Tue Jul 30 09:35:14 CEST 2019", "2019-07-30T07:35:14Z"),
        ("Thu Feb 08 08:55:14 +0530 2024", "2024-02-08T03:25:14Z"),
        ("Thu Feb 08 08:55:14 IST 2024", "2024-02-08"),  # whose IST?
        ("Feb 8 08:55:14 2024", "2024-02-08"),
        ("2024-02-08 08:55:14 EST", "2024-02-08T13:55:14Z"),
        ("2024-02-08 08:55:14 IST", "2024-02-08"),
        ("2024-02-08 08:55 p.m. EST", "2024-02-09T01:55:00Z"),
        ("20240208085514", "2024-02-08"),
        ("202402080855", "2024-02-08"),
        ("2024-02-08 08:55 UTC+2", "2024-02-08T06:55:00Z"),
        ("2024-02-08 08:55 GMT+0530", "2024-02-08T03:25:00Z"),
        ("2024-02-08T08:55:14 utc -03:00", "2024-02-08T11:55:14Z"),
    ],
)
def test_a_written_time_is_read_as_it_is_meant(written: str, read_as: str) -> None:
    assert moment(written) == read_as


@pytest.mark.parametrize(
    "nothing",
    [
        "",
        "0000-00-00",
        "0001-01-01T00:00:00Z",
        "9999-12-31",
        "1970-01-01",
        "2024-02-30",
        "x",
        "2022-02-112023-05-08",  # two dates
        "2022-02-11T10:00:00Z2023-05-08T10:00:00Z"[:10] + "2023",
        "Thu Foo 08 09:55:14 CET 2024",
        "Fri Feb 30 09:55:14 CET 2024",
    ],
)
def test_what_is_no_date_of_news_is_none(nothing: str) -> None:
    assert instants.read(nothing) is None


def test_a_zone_by_name_is_the_outlets_where_its_clocks_have_it_and_never_another() -> None:
    assert moment("Thu Feb 08 08:55:14 IST 2024", INDIA) == "2024-02-08T03:25:14Z"
    assert moment("Thu Feb 08 08:55:14 IST 2024", BERLIN) == "2024-02-08"
    assert moment("2024-02-08 08:55:14 EST", INDIA) == "2024-02-08T13:55:14Z"


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
        ("04:25:06 PM IST Feb 08, 2024", INDIA, "in", "2024-02-08T10:55:06Z"),
        ("Thu, Feb 8 2024 08:55:41", INDIA, "in", "2024-02-08T03:25:41Z"),
        ("February 8, 2024, 4:05:", INDIA, "in", "2024-02-08"),  # in the morning or not?
        ("February 8, 2024, 12:05", INDIA, "in", "2024-02-08"),
        ("February 8, 2024, 4:05 pm", INDIA, "in", "2024-02-08T10:35:00Z"),
        ("February 8, 2024, 16:05", INDIA, "in", "2024-02-08T10:35:00Z"),
        ("8 February 2024, 4:05", ZoneInfo("Europe/London"), "gb", "2024-02-08T04:05:00Z"),
        ("08.02.2024, 4:05 x.x.", BERLIN, "de", "2024-02-08"),  # an unknown word for half a day
        ("08.02.24, 08:55 Uhr", BERLIN, "de", "2024-02-08T07:55:00Z"),
        ("08.02.24", None, "us", ""),
        ("15 августа 2016, 13:43", None, "", "2016-08-15"),  # in a language that the page does not state
        ("20 septembrie 2020", None, "", "2020-09-20"),
        ("20 listopad 2020", None, "", ""),  # October in one language, November in another
        ("令和6年2月8日", None, "", "2024-02-08"),
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


def node(**fields: str) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org"} | fields)}</script>'


def typed(kind: str, **fields: str) -> str:
    return node(**{"@type": kind}, **fields)


DAY, OTHER = "2024-02-08", "2021-03-04"


@pytest.mark.parametrize(
    ("head", "top"),
    [
        (typed("WebPage", datePublished=f"{DAY}T08:55:00Z"), ""),
        (typed("NewsArticle", headline="x") + typed("WebPage", datePublished=f"{DAY}T08:55:00Z"), ""),
        # what is said of the article itself counts more than what is said of the page
        (typed("WebPage", datePublished=OTHER) + f'<meta property="article:published_time" content="{DAY}">', ""),
        (f'<meta name="article:published:time" content="{DAY}">', ""),
        (f'<meta name="DC.date:issued" content="{DAY}">', ""),
        (f'<meta name="dcterms:created" content="{DAY}">', ""),
        ('<meta name="pubdate" content="February 8, 2024">', ""),
        (typed("NewsArticle", headline="x", datePublished="8 Feb 2024"), ""),
        # a system's own tag, years older, against two others that agree
        (
            f'<meta name="dcsext.articlefirstpublished" content="{OTHER}">',
            f'<time class="published" datetime="{DAY}">then</time><span itemprop="datePublished" content="{DAY}"></span>',
        ),
        ("", '<span itemprop="datePublished">8 February 2024</span>'),
        ("", f'<abbr class="published" title="{DAY}T08:55:00Z">Thursday</abbr>'),
        ("", "<p>Published on February 8, 2024</p><figure><figcaption>March 4, 2021: the pier</figcaption></figure>"),
        ("", '<div class="video-caption">The clip of March 4, 2021</div><p>February 8, 2024</p>'),
        ("", f'<aside class="related"><time class="published" datetime="{OTHER}">x</time></aside><p>Feb 8, 2024</p>'),
        (typed("Event", startDate=OTHER, datePublished=OTHER), "<p>February 8, 2024</p>"),
    ],
)
def test_the_day_is_what_the_page_says_of_its_own_article(head: str, top: str) -> None:
    found = read(article_html(head=head, top=f"<h1>Third ferry joins the lake line</h1>{top}")).date_published
    assert found is not None
    assert found.isoformat()[:10] == DAY


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (
            "",
            f'<section id="comments"><div class="comment"><time class="published" datetime="{OTHER}">x</time></div></section>',
        ),
        (
            "",
            f'<aside><article><h3><a href="/a">Ferry late</a></h3><time datetime="{OTHER}">x</time></article></aside>',
        ),
        (f'<div class="related-stories"><time datetime="{OTHER}">x</time></div>', ""),
        ('<figure><img src="/a.jpg"><figcaption>A view of March 4, 2021</figcaption></figure>', ""),
        (typed("DiscussionForumPosting", headline="About time", datePublished=OTHER), ""),
        (f'<meta name="pubdate" content="{OTHER}{DAY}">', ""),
        (
            "",
            '<div itemscope itemtype="https://schema.org/Comment">'
            f'<time itemprop="datePublished" datetime="{OTHER}T10:00:00Z">x</time></div>',
        ),
        # other articles' days
        (
            "",
            f'<ul><li><span class="date" title="{OTHER}">x</span></li><li><span class="date" title="{DAY}">x</span></li></ul>',
        ),
    ],
)
def test_the_date_of_another_article_a_comment_or_a_picture_is_not_the_articles(above: str, below: str) -> None:
    top = f"<h1>Third ferry joins the lake line</h1>{above}"
    assert read(article_html(top=top, below=below)).date_published is None


def test_the_day_of_the_visit_above_the_headline_gives_way_to_the_line_below_it() -> None:
    top = "<div>Tuesday, 6 April 2021</div><h1>Third ferry joins the lake line</h1><div>By Jane Doe, 8 February 2024</div>"
    found = read(article_html(top=top)).date_published
    assert found is not None
    assert found.isoformat() == DAY


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("ja", "令和六年二月八日"),
        ("ja", "R6.2.8"),
        ("ja", "2024年2月8日"),
        ("zh", "二〇二四年二月八日"),
        ("zh-TW", "民國113年2月8日"),
        ("zh-TW", "113/02/08"),
        ("th", "8 ก.พ. 67"),
        ("th", "8 กุมภาพันธ์ 2567 08:55 น."),
        ("ar", "8 فبراير 2024"),
        ("ar", "8 شباط 2024"),
        ("fa", "۱۹ بهمن ۱۴۰۲"),
    ],
)
def test_a_day_of_any_era_and_calendar_is_read(language: str, line: str) -> None:
    assert [each[:10] for each in spoken(line, language)] == [DAY]


@pytest.mark.parametrize(
    ("language", "line"), [("en", "R6.2.8"), ("en", "113/02/08"), ("en", "8 Feb 67"), ("ar", "8 رجب 1445")]
)
def test_what_is_a_year_elsewhere_is_none_here(language: str, line: str) -> None:
    assert spoken(line, language) == []


@pytest.mark.parametrize(("language", "month"), [("ar", "نونبر"), ("ar", "غشت"), ("ar", "يوليوز")])
def test_the_months_of_the_maghreb_are_known(language: str, month: str) -> None:
    assert len(spoken(f"8 {month} 2023", language)) == 1


#: a line that says that a text was changed on the 9th, and published on the 8th
TWICE = {
    "bg": "Обновена 09.02.2024, публикувана 08.02.2024",
    "ca": "Actualitzat el 09/02/2024, publicat el 08/02/2024",
    "cs": "Aktualizováno 9. 2. 2024, zveřejněno 8. 2. 2024",
    "de": "Aktualisiert am 09.02.2024, veröffentlicht am 08.02.2024",
    "en": "Last updated 9 Feb 2024; first published 8 Feb 2024",
    "et": "Uuendatud 09.02.2024, avaldatud 08.02.2024",
    "fi": "Päivitetty 9.2.2024 | Julkaistu 8.2.2024",
    "fr": "Mis à jour le 9 février 2024, publié le 8 février 2024",
    "hr": "Ažurirano 9.2.2024., objavljeno 8.2.2024.",
    "hu": "Frissítve: 2024. 02. 09., megjelent: 2024. 02. 08.",
    "is": "Uppfært 9.2.2024, birtist 8.2.2024",
    "lt": "Atnaujinta 2024-02-09, paskelbta 2024-02-08",
    "lv": "Atjaunināts 09.02.2024, publicēts 08.02.2024",
    "ms": "Dikemas kini 9/2/2024, diterbitkan 8/2/2024",
    "nl": "Bijgewerkt: 9 februari 2024. Gepubliceerd: 8 februari 2024",
    "pl": "Aktualizacja: 09.02.2024, publikacja: 08.02.2024",
    "ro": "Actualizat 09.02.2024, publicat 08.02.2024",
    "sk": "Aktualizované 9. 2. 2024, publikované 8. 2. 2024",
    "sl": "Posodobljeno 9. 2. 2024, objavljeno 8. 2. 2024",
    "sr": "Ажурирано 09.02.2024, објављено 08.02.2024",
    "uk": "Оновлено 09.02.2024, опубліковано 08.02.2024",
    "tr": "Güncelleme: 09.02.2024 Yayınlanma: 08.02.2024",
    "ja": "更新日：2024年2月9日　公開日：2024年2月8日",
}


@pytest.mark.parametrize("language", TWICE)
def test_a_line_that_states_both_dates_is_told_apart_in_any_language(language: str) -> None:
    top = f"<h1>Third ferry joins the lake line</h1><p>{TWICE[language]}</p>"
    article = read(article_html(top=top, lang=language))
    assert [str(each and each.isoformat()) for each in (article.date_published, article.date_modified)] == [
        "2024-02-08",
        "2024-02-09",
    ]


@pytest.mark.parametrize(
    "line", ["<div class='today'>{}</div>", "<time datetime='{iso}'>{}</time>", "<p>Today is {}</p>"]
)
def test_the_day_of_the_visit_in_the_masthead_is_not_the_articles(line: str) -> None:
    today = FETCHED_AT
    shown = line.format(f"{today:%A, %d %B %Y}", iso=f"{today:%Y-%m-%d}")
    html = article_html().replace("<nav>", f"<header>{shown}</header><nav>", 1)
    assert read(html).date_published is None
    # the same line within the article's own box is believed
    inside = article_html(top=f"<p>{today:%d %B %Y}</p><h1>Third ferry joins the lake line</h1>")
    assert read(inside).date_published is not None


@pytest.mark.parametrize("tag", ["span", "a", "time", "div"])
def test_the_time_behind_two_days_ago_is_in_its_title(tag: str) -> None:
    shown = f'<{tag} class="posted-on" title="Thursday, February 8, 2024">2 days ago</{tag}>'
    found = read(article_html(top=f"<h1>Third ferry joins the lake line</h1>{shown}")).date_published
    assert found is not None
    assert found.isoformat() == DAY
