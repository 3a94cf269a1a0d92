"""Who wrote it: people apart from agencies, cleaned of all that stands around a name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract.bylines import clean, is_agency, is_person, names
from pipelines.extract.comparison import letters
from tests.pipelines.handmade import PARAGRAPHS, article_html, read


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


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("Link Copied", []),
        ("Sponsored", []),
        ("No Author", []),
        ("in News", []),
        ("Commentary by", []),
        ("Commentary by Jane Doe", ["Jane Doe"]),
        ("Autorenseite von Anna Berg", ["Anna Berg"]),
        ("jdoe_12", []),
        ("jane.someone", []),
        ("Doe, Jane", ["Jane Doe"]),
        ("Doe, Jane; Poe-Smith, Ann", ["Jane Doe", "Ann Poe-Smith"]),
        ("Jane Doe, John Roe", ["Jane Doe", "John Roe"]),  # two people
        ("Reuters, London", ["Reuters"]),  # an agency and its place
        ("The Aville Courier & Times", ["The Aville Courier & Times"]),
        ("Jane Doe & John Roe", ["Jane Doe", "John Roe"]),
        ("Jane Roe, Deputy CTO, Example Corp", ["Jane Roe"]),
        ("Jane Doe, Senior Editor, and John Roe", ["Jane Doe", "John Roe"]),
        ("Photography by John Roe", []),
        ("By Jane Doe; Photographs by John Roe and Ann Poe", ["Jane Doe"]),
        ("Jane Doe, styled by Ann Poe", ["Jane Doe"]),
        ("Story and photos by Jane Doe", ["Jane Doe"]),  # who did both wrote it, too
        ("Text: Anna Berg, Fotos: Ben Tal", ["Anna Berg"]),
        ("by Jane Doe (reporting) and John Roe (photography)", ["Jane Doe"]),
        ("Md Jane Doe", ["Md Jane Doe"]),  # a given name, where no doctor is meant
        ("Jane Doe, MD", ["Jane Doe"]),
        ("bell hooks", ["Bell Hooks"]),
        ("ibn Tal", ["ibn Tal"]),
    ],
)
def test_labels_roles_accounts_and_turned_names(written: str, cleaned: list[str]) -> None:
    assert names([written]) == cleaned


def authored(value: object) -> str:
    node = {"@type": "NewsArticle", "headline": "Third ferry joins the lake line", "author": value}
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


TOP = "<h1>Third ferry joins the lake line</h1>"


@pytest.mark.parametrize(
    ("head", "top", "below", "people"),
    [
        # JSON-LD lists both, the byline shows the first
        (
            authored([{"name": "Jane Doe"}, {"name": "John Roe"}]),
            "<p class='byline'>By Jane Doe</p>",
            "",
            "Jane Doe|John Roe",
        ),
        (
            "",
            "<p class='byline'>By Jane Doe</p><a rel='author' href='/a'>Jane Doe</a><a rel='author' href='/b'>John Roe</a>",
            "",
            "Jane Doe|John Roe",
        ),
        # an organisation's name is one, whatever stands in it
        (authored([{"@type": "Organization", "name": "Quay & Shore"}, {"name": "Jane Doe"}]), "", "", "Jane Doe"),
        (
            authored([{"name": "Jane Doe"}, {"name": "Photography by John Roe"}, {"name": "Styled by Ann Poe"}]),
            "",
            "",
            "Jane Doe",
        ),
        ("", "<div>Jane Doe</div>", "", "Jane Doe"),  # an unmarked line
        ("", "<p><span>By <a href='/j'>Jane Doe</a></span> <span>December 2, 2025</span></p>", "", "Jane Doe"),
        (
            "",
            "<div class='byline'><span>By JANE DOE and JOHN ROE</span><span>March 2, 2025</span></div>",
            "",
            "Jane Doe|John Roe",
        ),
        # the line about the article is called so, and is no furniture for that
        *(
            (
                "",
                f"<div><cite class='lake_{name}-line'>By <a href='/j'>Jane Doe</a></cite>, 2 March</div>",
                "",
                "Jane Doe",
            )
            for name in ("article-meta", "post-meta", "entry-meta", "story-meta", "meta-info", "article-info")
        ),
        ("", "<p>By Md Jane Doe</p>", "", "Md Jane Doe"),
        ("", "<div>Lake Region</div><p class='byline'>By Jane Doe</p>", "", "Jane Doe"),
        ("", "<dl><dt>Author:</dt><dd>Jane Doe</dd></dl>", "", "Jane Doe"),
        ("", "<h5>Autor:</h5><div>Jane Doe/dpa</div>", "", "Jane Doe"),
        ("", "<dl><dt>Source:</dt><dd>Jane Doe University</dd></dl>", "", ""),
        ("", "", "<div class='comments'><span class='comment-author author'>Reader One</span></div>", ""),
        ("", "", "<ul><li><h2><a href='/x'>Ferry late</a></h2><span class='byline'>By John Roe</span></li></ul>", ""),
        ('<meta name="DC:creator" content="Jane Doe">', "", "", "Jane Doe"),
        (
            '<meta name="twitter:label1" content="Written by"><meta name="twitter:data1" content="Jane Doe">',
            "",
            "",
            "Jane Doe",
        ),
        (
            '<meta name="twitter:label1" content="Est. reading time"><meta name="twitter:data1" content="Jane Doe">',
            "",
            "",
            "",
        ),
    ],
)
def test_the_authors_are_those_who_wrote_this_article(head: str, top: str, below: str, people: str) -> None:
    found = read(article_html(head=head, top=TOP + top, below=below)).authors
    assert found == tuple(filter(None, people.split("|")))


@pytest.mark.parametrize(
    "line",
    [
        "Verfasst von Ada Marsh",
        "Écrit par Ada Marsh",
        "Escrito por Ada Marsh",
        "Scritto da Ada Marsh",
        "Geschreven door Ada Marsh",
        "Skriven av Ada Marsh",
        "Skrevet af Ada Marsh",
        "Napisane przez Ada Marsh",
        "Yazan: Ada Marsh",
        "Scris de Ada Marsh",
    ],
)
def test_who_wrote_it_is_said_in_many_languages(line: str) -> None:
    assert names([line]) == ["Ada Marsh"]
    label, _, value = line.partition(" Ada")
    head = f'<meta name="twitter:label1" content="{label}"><meta name="twitter:data1" content="Ada{value}">'
    assert read(article_html(head=head)).authors == ("Ada Marsh",)


@pytest.mark.parametrize(
    "tail",
    [
        "24 Nov",
        "Nov. 24",
        "November 24 at 3:15 PM",
        "Tuesday 24 November",
        "5 hours ago",
        "vor 5 Stunden",
        "il y a 5 heures",
        "hace 3 horas",
        "5 saat önce",
        "15:15",
        "· 24 Nov · 3 min read",
        "| 3 min read",
        "ada.marsh@lake.example",
        "@adamarsh",
        "Staff Writer",
        "Senior Staff Writer",
    ],
)
def test_what_stands_behind_a_name_in_a_byline_is_no_part_of_it(tail: str) -> None:
    assert read(article_html(top=f"{TOP}<p>By Ada Marsh {tail}</p>")).authors == ("Ada Marsh",)


@pytest.mark.parametrize(
    ("line", "people", "agencies"),
    [
        ("Par Ada Marsh avec AFP", "Ada Marsh", "AFP"),
        ("By Ada Marsh with John Roe", "Ada Marsh|John Roe", ""),
        ("Von Ada Marsh mit dpa", "Ada Marsh", "dpa"),
        ("Ada Marsh im Gespräch mit John Roe", "Ada Marsh|John Roe", ""),
        ("ADA MARSH INTERVIEWED BY JOHN ROE", "Ada Marsh|John Roe", ""),
        ("Von unserer Korrespondentin Ada Marsh", "Ada Marsh", ""),
        ("By Political Correspondent Ada Marsh", "Ada Marsh", ""),
        ("Ada Marsh, Political Editor", "Ada Marsh", ""),
        ("Ada Marsh | Senior Reporter", "Ada Marsh", ""),
        ("Ada Marsh Staff Writer", "Ada Marsh", ""),
        ("Ada Marsh, dpa", "Ada Marsh", "dpa"),
        ("Propos recueillis par Ada Marsh", "Ada Marsh", ""),
        ("A cura di Ada Marsh", "Ada Marsh", ""),
        ("Oprac. Ada Marsh", "Ada Marsh", ""),
        ("Teksti: Ada Marsh Kuva: John Roe", "Ada Marsh", ""),
        ("Reporter: Ada Marsh Editor: John Roe", "Ada Marsh", ""),
        ("Piše: Ada Marsh", "Ada Marsh", ""),
        ("Autorius: Ada Marsh", "Ada Marsh", ""),
        ("Tác giả: Nguyễn Văn Nam", "Nguyễn Văn Nam", ""),
        ("Пише: Ана Јовић", "Ана Јовић", ""),
        ("Της Μαρίας Παπά", "Μαρίας Παπά", ""),
        ("文/王小明", "王小明", ""),
        ("글 김민수 사진 이영희", "김민수", ""),
    ],
)
def test_bylines_as_newsrooms_write_them(line: str, people: str, agencies: str) -> None:
    found = read(article_html(top=f"{TOP}<p>{line}</p>"))
    assert (found.authors, found.agencies) == tuple(tuple(filter(None, each.split("|"))) for each in (people, agencies))


@pytest.mark.parametrize(
    "line",
    [
        "By 2030, half of all ferries will be electric",
        "By Monday, 24 November",
        "Von 2020 bis 2025",
        "Por 3 votos a favor",
        "Par 5 heures de débat",
        "Text and photos",
        "With AFP",
        "Head coach",
        "Analysis by numbers",
        "Lake Region, 24 November",
        "Staff Writer",
        "Bài toán khó của thành phố",
        "Της Αθήνας",
        "文/图",
    ],
)
def test_lines_that_begin_like_a_byline_name_nobody(line: str) -> None:
    assert read(article_html(top=f"{TOP}<p>{line}</p>")).authors == ()


def test_a_name_behind_a_label_within_a_chinese_line_is_found() -> None:
    top = "<h1>Third ferry joins the lake line</h1><div>2026-02-03 08:15 来源：某某社 作者：王小明</div>"
    assert read(article_html(top=top)).authors == ("王小明",)


@pytest.mark.parametrize(("lang", "found"), [("zh", ("王小明", "李建国")), ("ja", ("王小明 李建国",))])
def test_chinese_names_that_a_blank_parts_are_several(lang, found):
    head = '<meta name="author" content="王小明 李建国">'
    body = "<p>" + "市政府周四宣布，湖边的旧渡口将重新开放，新的渡轮从下个月开始运行。" * 9 + "</p>"
    assert read(article_html(head=head, body=body, lang=lang)).authors == found


STORY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("", "<p>abc/PAP</p>"),
        ("", "<p>Reuters, dpa</p>"),
        ("", "<p>(AFP)</p>"),
        ("", "<p>writes about boats, piers and all who need them, and lives on the far side of the lake.</p>"),
        ("", "<p>Dr. Jo Roe</p><p>is a pilot on the lake and writes about all who need its boats and piers.</p>"),
        ("<p>Ada Marsh writes about the lake since she was twelve. Her book about its boats came out in May.</p>", ""),
    ],
)
def test_lines_that_say_who_wrote_it_are_no_text(above: str, below: str) -> None:
    found = read(article_html(top=f"{TOP}<p>By Ada Marsh</p>", body=f"{above}{STORY}{below}"))
    assert found.body == "\n".join(PARAGRAPHS)


@pytest.mark.parametrize("last", ["Reuters said so in May.", "The pier is closed.", "UNI/Lake", "a/b"])
def test_a_short_last_line_is_text_where_it_names_no_agency_alone(last: str) -> None:
    found = read(article_html(top=f"{TOP}<p>By Ada Marsh</p>", body=f"{STORY}<p>{last}</p>"))
    assert found.body.endswith(last)
