"""Headlines: the one that readers see, cleaned of site and kicker, and the others beside it."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.extract.comparison import letters
from pipelines.extract.headline import SEPARATOR, may_part, without_kicker, without_media_tag, without_site
from tests.pipelines.handmade import article_html, outcome, read

WORDS = st.lists(st.from_regex(r"[A-Z]?[a-zäöü]{2,9}", fullmatch=True), min_size=3, max_size=9).map(" ".join)


@given(headline=WORDS, site=WORDS, separator=st.sampled_from([" | ", " - ", " – ", " — ", " :: ", " · "]))
def test_a_site_behind_a_headline_goes_whatever_parts_them(headline: str, site: str, separator: str) -> None:
    assume(letters(headline) != letters(site))
    assert without_site(f"{headline}{separator}{site}", {letters(site)}) == headline


@given(st.text(alphabet="ab |｜–—-:»«·•/~\u00a0\t", max_size=12))
def test_no_separator_is_overlooked_by_the_look_for_its_sign(line: str) -> None:
    assert may_part(line) or SEPARATOR.search(line) is None


def test_a_site_in_brackets_goes_and_another_bracket_stays() -> None:
    assert without_site("Rain stops play (From The Daily Example)", {"dailyexample"}) == "Rain stops play"
    assert without_site("Rain stops play (again)", {"dailyexample"}) == "Rain stops play (again)"
    assert without_site("(From The Daily Example)", {"dailyexample"}) == "(From The Daily Example)"


@given(headline=WORDS, site=WORDS)
def test_a_headline_that_names_no_site_stays_as_it_is(headline: str, site: str) -> None:
    assume(letters(site) not in letters(headline))
    assert without_site(headline, {letters(site)}) == headline
    assert without_kicker(headline, letters(site)) == ("", headline)


@given(text=st.text(max_size=200), sites=st.frozensets(st.text(max_size=10), max_size=3))
def test_cleaning_takes_away_and_adds_nothing(text: str, sites: frozenset[str]) -> None:
    assert letters(without_site(text, sites)) in letters(text)
    assert letters(without_media_tag(text)) in letters(text)


def test_search_social_and_seen_headlines_are_kept_apart() -> None:
    html = article_html(
        head='<title>Ferry timetable lake 2026 | The Lake Courier</title><meta property="og:title" content="Every 20 minutes: the lake gets a third ferry">'
    )
    article = read(html)
    assert article.headline == "Third ferry joins the lake line"
    assert article.alternative_headlines == (
        "Every 20 minutes: the lake gets a third ferry",
        "Ferry timetable lake 2026",
    )


def test_apostrophes_make_no_second_headline() -> None:
    html = article_html(head="<title>The lake's third ferry sails</title>", top="<h1>The lake’s third ferry sails</h1>")
    assert read(html).alternative_headlines == ()


def test_a_kicker_inside_the_h1_is_not_the_headline() -> None:
    html = article_html(top='<h1><span class="kicker">Lake traffic</span> <span>Third ferry joins the line</span></h1>')
    article = read(html)
    assert (article.kicker, article.headline) == ("Lake traffic", "Third ferry joins the line")


def test_an_ellipsis_is_completed_from_another_source() -> None:
    long = "Third ferry joins the lake line and sails every twenty minutes from Monday on"
    head = f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"{long[:60]}..."}}</script><meta property="og:title" content="{long}">'
    assert read(article_html(head=head, top="")).headline == long


def test_the_candidates_explain_the_choice() -> None:
    found = outcome(article_html(head='<meta property="og:title" content="Another headline of the page">'))
    chosen = [each for each in found.candidates["headline"] if each.chosen]
    assert [each.source for each in chosen] == ["h1"]
    assert "weight" in chosen[0].why
    assert {each.source for each in found.candidates["headline"]} == {"h1", "og:title"}


@pytest.mark.parametrize(
    ("markup", "headline"),
    [
        ("harbour<wbr>board meets at last in town", "harbourboard meets at last in town"),
        ("H<sub>2</sub>O is found on the moon again", "H2O is found on the moon again"),
        ("Harbour board <em>meets</em>, at last, in town", "Harbour board meets, at last, in town"),
        ("Harbour board<br>meets at last in town", "Harbour board meets at last in town"),
        ("<span>Harbour board</span> <wbr><span>meets at last</span>", "Harbour board meets at last"),
    ],
)
def test_what_stands_inside_a_word_parts_none(markup: str, headline: str) -> None:
    assert read(article_html(top=f"<h1>{markup}</h1>")).headline == headline
