"""Who wrote it: people apart from agencies, cleaned of all that stands around a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract.bylines import clean, is_agency, is_person, names
from pipelines.extract.comparison import letters
from tests.pipelines.handmade import article_html, read


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("By Jane Doe", ["Jane Doe"]),
        ("Von Anna Berg und Ben Tal", ["Anna Berg", "Ben Tal"]),
        ("JANE DOE, Senior Editor", ["Jane Doe"]),
        ("Jane Doe (London)", ["Jane Doe"]),
        ("Jane Doe | The Lake Courier", ["Jane Doe", "The Lake Courier"]),
        ("Jane Doe and John Roe; Ann Poe", ["Jane Doe", "John Roe", "Ann Poe"]),
        ("View all posts by Jane Doe", ["Jane Doe"]),
        ("Jane Doe, PhD, RDN", ["Jane Doe"]),
        ("https://www.facebook.com/lake.courier", []),
        ("@lakecourier", []),
        ("admin", []),
        ("배윤경,이상현", ["배윤경", "이상현"]),
        ("김하늘 기자", ["김하늘"]),
        ("Ondřej Katz  ", ["Ondřej Katz"]),
        ("Jane DoeUpdated: May 4, 2024", ["Jane Doe"]),
        ("Martin Luther King Jr.", ["Martin Luther King Jr."]),
    ],
)
def test_a_byline_is_cleaned_to_its_names(written: str, cleaned: list[str]) -> None:
    assert names([written]) == cleaned


@pytest.mark.parametrize(
    "name", ["dpa", "Reuters", "Associated Press", "Sports Desk", "Redaktion", "lake.example", "共同通信"]
)
def test_agencies_and_desks_are_no_people(name: str) -> None:
    assert is_agency(name, {"lakeexample"})


@pytest.mark.parametrize(
    "name", ["Ludwig van Beethoven", "Miguel A. Herguedas", "松岡大地", "Анна Соколова", "ليلى حداد"]
)
def test_names_of_people_are_known_in_every_script(name: str) -> None:
    assert is_person(name)
    assert not is_agency(name, ())


NAME = st.from_regex(r"[A-Z][a-z]{2,9} [A-Z][a-z]{2,9}", fullmatch=True).filter(
    lambda name: is_person(name) and names([name]) == [name]
)


@given(people=st.lists(NAME, min_size=1, max_size=4, unique_by=letters))
def test_names_joined_in_any_usual_way_come_apart_again(people: list[str]) -> None:
    for joined in (", ".join(people), " and ".join(people), "; ".join(people), "By " + " & ".join(people)):
        assert names([joined]) == people


@given(text=st.text(max_size=200))
def test_no_byline_gives_an_empty_or_a_broken_name(text: str) -> None:
    for name in names([text]):
        assert name
        assert name == name.strip()
        assert "\n" not in name
        assert "<" not in name or ">" not in name


@given(text=st.text(max_size=120))
def test_a_cleaned_name_of_a_person_stays_as_it_is(text: str) -> None:
    name = clean(text)
    if is_person(name):
        assert clean(name) == name


def test_an_agency_stands_beside_the_person_who_signs() -> None:
    head = '<script type="application/ld+json">{"@type":"NewsArticle","author":[{"@type":"Person","name":"Adam Berg"},{"@type":"Person","name":"AP"}]}</script>'
    article = read(article_html(head=head))
    assert (article.authors, article.agencies) == (("Adam Berg",), ("AP",))


def test_what_readers_see_outweighs_one_machine_readable_name() -> None:
    head = '<script type="application/ld+json">{"@type":"NewsArticle","author":{"@type":"Person","name":"Ines Editor"}}</script>'
    top = '<h1>Third ferry joins the lake line</h1><div class="author-line"><span class="author">By Tom Ashdown</span></div>'
    assert read(article_html(head=head.replace("Ines Editor", "Heryadi"), top=top)).authors == ("Tom Ashdown",)


def test_the_outlet_signs_only_where_nobody_else_does() -> None:
    head = (
        '<meta property="og:site_name" content="The Lake Courier">'
        '<script type="application/ld+json">{"@type":"NewsArticle","author":{"@type":"Organization","name":"The Lake Courier"}}</script>'
    )
    assert read(article_html(head=head)).agencies == ("The Lake Courier",)
    signed = read(article_html(head=head + '<meta name="author" content="Tom Ashdown">'))
    assert signed.authors == ("Tom Ashdown",)
