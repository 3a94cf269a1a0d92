"""Headlines of old pages: the line above the text that the title or the address repeats; each case with its counter-case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract.title_lines import is_part
from tests.pipelines.handmade import PARAGRAPHS, article_html, outcome, read

LINE = "Third ferry joins the lake line"
TEXT = "".join(f"{each}<br><br>" for each in PARAGRAPHS)


def old_page(title: str, above: str, header: str = "") -> str:
    return (
        f"<html><head><title>{title}</title></head><body>{header}<table><tr><td><a href='/'>Home</a></td>"
        f"<td>{above}{TEXT}</td></tr></table></body></html>"
    )


@pytest.mark.parametrize(
    "title",
    [
        f"{LINE} - Traffic - Region - Latest News",
        f"The Evening Shore: {LINE}",
        f"Evening Shore | Region | {LINE}",
        f"Archive » {LINE}",
        f"{LINE}_Shore News_Traffic",
        f"{LINE}--Region channel",
        f"Fair. Accurate. Ours. -{LINE}",
        f"{LINE} | Published June 1st, 2026",
        LINE,
    ],
)
@pytest.mark.parametrize(
    "above",
    [
        f"<b>{LINE}</b><br><br>",
        f"<font size='5'>{LINE}</font><br><br>",
        f"<h3>{LINE}</h3>",
        f"<div class='headline'>{LINE}</div>",
        f"<h2>{LINE}</h2><div>June 1, 2026</div><div>By Jane Doe</div>",
        f"<h2><a href='/news/ferry'>{LINE}</a></h2>",
        f"<h2>» {LINE} «</h2>",
    ],
)
def test_what_stands_above_the_text_and_is_a_part_of_the_title_is_the_headline(title: str, above: str) -> None:
    assert read(old_page(title, above)).headline == LINE


@pytest.mark.parametrize(
    "heading",
    [
        "<h1>The Evening Shore</h1>",
        "<h1><a href='/'>Shore News and Weather</a></h1>",
        "<h1>Region</h1>",
        "<h1><a href='/news/other'>Harbour master retires after forty years</a></h1>",
        "<h1>More News</h1>",
    ],
)
def test_an_h1_of_a_logo_a_section_or_another_story_does_not_win(heading: str) -> None:
    page = old_page(f"{LINE} - The Evening Shore", f"<h2>{LINE}</h2>", header=f"<div>{heading}</div>")
    assert read(page).headline == LINE
    # and where the title is the outlet's alone, the address says it
    page = old_page("The Evening Shore", f"<h2>{LINE}</h2>", header=f"<div>{heading}</div>")
    assert read(page, url="https://lake.example/third-ferry-joins-the-lake-line-204").headline == LINE


def test_a_page_whose_titles_say_nothing_has_the_line_that_its_text_tells_again() -> None:
    above = "<div>Evening edition</div><b>Operator runs the third ferry every twenty minutes</b><br><br>"
    page = old_page("Shore Broadcasting and Radio Corporation", above)
    assert read(page).headline == "Operator runs the third ferry every twenty minutes"


def test_without_any_line_the_longest_part_of_the_title_stays() -> None:
    assert read(old_page(f"{LINE} | Region | Shore", "")).headline == LINE
    colon = "Ferry trials: the third vessel passes"
    assert read(old_page(f"{colon} | Region", "")).headline == colon


@pytest.mark.parametrize(
    "heading",
    ["Sponsored by {}", "You are here: Home > Region > {}", "{} (From The Evening Shore)"],
)
def test_a_label_glued_to_the_h1_goes_where_the_title_lacks_it(heading: str) -> None:
    top = f"<h1>{heading.format(LINE)}</h1>"
    assert read(article_html(head=f"<title>{LINE} - Region</title>", top=top)).headline == LINE


def test_what_h1_and_another_source_agree_on_is_left_alone() -> None:
    seen = "The third ferry: what commuters say of it"
    for head in (
        f'<title>Ferry | {LINE}</title><meta property="og:title" content="{seen}">',
        f'<title>{LINE}</title><script type="application/ld+json">{{"@type":"NewsArticle","headline":"{seen}"}}</script>',
    ):
        top = f"<h1>{seen}</h1><div class='headline'>{LINE}</div>"
        assert read(article_html(head=head, top=top)).headline == seen


def test_an_h1_in_other_words_than_the_title_is_the_headline_that_readers_see() -> None:
    head = "<title>Third ferry on the lake: every twenty minutes - Shore</title>"
    top = "<h1>Every twenty minutes: the lake gets a third ferry</h1><h2>Third ferry on the lake</h2>"
    assert read(article_html(head=head, top=top)).headline == "Every twenty minutes: the lake gets a third ferry"


def test_a_kicker_that_the_title_names_before_the_headline_does_not_win() -> None:
    head = "<title>Traffic on the lake in June: Fog lifts at last</title>"
    top = "<p class='kicker'>Traffic on the lake in June</p><h1>Fog lifts at last</h1>"
    assert read(article_html(head=head, top=top)).headline == "Fog lifts at last"


def test_h1_and_json_ld_and_title_outvote_a_social_title_that_another_heading_repeats() -> None:
    head = (
        f'<title>{LINE}</title><meta property="og:title" content="Queues on the pier are over">'
        f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"{LINE}"}}</script>'
    )
    top = f"<h1>{LINE}</h1><h2>Queues on the pier are over</h2>"
    assert read(article_html(head=head, top=top)).headline == LINE


def test_the_choice_is_explained() -> None:
    found = outcome(old_page(f"{LINE} - Region", f"<b>{LINE}</b><br><br>")).candidates["headline"]
    assert [(each.source, each.why) for each in found if each.chosen] == [
        ("page", "a line above the text, and a part of the page's title")
    ]


@given(title=st.text(max_size=120), line=st.text(max_size=60))
def test_a_part_is_found_in_any_text_without_a_fault(title: str, line: str) -> None:
    assert is_part(line, title) in (True, False)
    assert is_part(title, title) is any(map(str.isalnum, title.replace("_", " ")))
