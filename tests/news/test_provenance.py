"""Two texts, read with different things: what the outlet changed is told from what we read otherwise."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.article import Article
from news.moment import Moment, Precision, TimeSource
from news.provenance import MOST_LINES, Provenance, as_read_now, hash_of, pack_lines
from news.version import fingerprint, plain_text

LINES = ["The council met on Monday.", "It voted by 12 to 9.", "The mayor left before the vote.", "Buses run again."]
STANDING = "Follow our coverage every morning."
HEADLINE = "Council votes for buses"
OTHER = "Another headline that the page has as well"


def provenance(*lines: str, reader: str = "new") -> Provenance:
    return Provenance(page_hash=hash_of("\n".join(lines).encode()), read_with=reader.encode(), lines=pack_lines(lines))


def article(*lines: str, headline: str = HEADLINE, **fields: object) -> Article:
    return Article(url="https://a.example/a", headline=headline, body="\n".join(lines), **fields)  # type: ignore[arg-type]


def told(before: Article, after: Article, old_page: list[str], new_page: list[str]) -> Article | None:
    was, now = provenance(HEADLINE, OTHER, *old_page, reader="old"), provenance(HEADLINE, OTHER, *new_page)
    return as_read_now(before, was, after, now)


def test_a_line_that_we_leave_out_now_is_no_edit():
    page = [*LINES, STANDING]
    before, after = article(*LINES, STANDING), article(*LINES)
    assert told(before, after, page, page) == after


def test_a_line_that_we_take_in_now_is_no_edit():
    page = [*LINES, STANDING]
    before, after = article(*LINES[1:]), article(*LINES, STANDING)
    assert told(before, after, page, page) == after


def test_a_line_that_the_outlet_changed_is_found_beside_what_we_read_otherwise():
    changed = [LINES[0], "It voted by 13 to 8.", *LINES[2:]]
    before, after = article(*LINES, STANDING), article(*changed)
    base = told(before, after, [*LINES, STANDING], [*changed, STANDING])
    assert base is not None
    assert base.body.split("\n") == LINES


def test_a_line_that_the_outlet_removed_stays_where_it_stood():
    kept = [LINES[0], *LINES[2:]]
    base = told(article(*LINES, STANDING), article(*kept), [*LINES, STANDING], [*kept, STANDING])
    assert base is not None
    assert base.body.split("\n") == LINES


def test_a_line_that_the_outlet_added_is_not_in_what_it_had():
    added = [*LINES, "Trams will follow in May."]
    base = told(article(*LINES, STANDING), article(*added), [*LINES, STANDING], [*added, STANDING])
    assert base is not None
    assert base.body.split("\n") == LINES


def test_a_figure_alone_makes_another_line():
    before, after = article("It rose by 1.25 per cent."), article("It rose by 12.5 per cent.")
    base = told(before, after, before.body.split("\n"), after.body.split("\n"))
    assert base is not None
    assert base.body == before.body


def test_another_headline_of_the_same_page_is_no_edit():
    before, after = article(*LINES, headline=OTHER), article(*LINES)
    assert told(before, after, LINES, LINES) == after


def test_a_headline_that_was_not_in_the_old_page_is_the_outlets():
    new = "Council votes against buses"
    base = told(article(*LINES), article(*LINES, headline=new), LINES, [*LINES, new])
    assert base is not None
    assert base.headline == HEADLINE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (article("Put together of two lines."), article(*LINES)),
        (article(*LINES), article("Put together of two lines.")),
        (article(*LINES, authors=("Nobody Knows",)), article(*LINES, authors=("Ines Carrow",))),
        (article(*LINES), article(*LINES, headline="Made of parts")),
    ],
)
def test_what_did_not_stand_in_its_own_page_cannot_be_told(before, after):
    assert told(before, after, LINES, LINES) is None


def test_an_author_whom_we_find_now_is_no_edit_and_one_whom_the_outlet_names_now_is():
    page = [*LINES, "Ines Carrow"]
    after = article(*LINES, authors=("Ines Carrow",))
    assert told(article(*LINES), after, page, page) == after
    base = told(article(*LINES), after, LINES, page)
    assert base is not None
    assert base.authors == ()


lines = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40), max_size=30)


@given(lines)
def test_each_line_of_a_page_is_known_again(texts):
    known = provenance(*texts)
    for text in texts:
        for line in text.split("\n"):
            if plain_text(line):
                assert known.has(line)


@given(lines, lines)
def test_what_stood_in_both_pages_is_never_an_edit(old, new):
    page = [*old, *new, HEADLINE]
    before, after = article(*old), article(*new)
    base = as_read_now(before, provenance(*page, reader="old"), after, provenance(*page))
    # a line of several lines is none that stands by itself
    assert base is None or fingerprint(base) == fingerprint(after)


def test_of_a_page_of_endless_lines_nothing_can_be_told():
    page = [f"line {number}" for number in range(3 * MOST_LINES)]
    known = provenance(*page)
    assert known.lines == b""
    before, after = article("line 1", "line 2"), article("line 1", f"line {2 * MOST_LINES}")
    assert as_read_now(before, known, after, known) is None


def test_invisible_characters_and_the_form_of_quotes_make_no_other_line():
    assert provenance("“Soft\u00adly” – he said").has('"Softly" - he said')


def test_of_many_foreign_lines_hardly_any_is_taken_for_one_of_the_page():
    known = provenance(*(f"line {number} of the page" for number in range(400)))
    foreign = sum(known.has(f"foreign line {number}") for number in range(20_000))
    assert foreign <= 5


def test_fields_that_nobody_reads_are_those_of_now():
    after = replace(article(*LINES), keywords=("buses",))
    base = told(article(*LINES, STANDING), after, [*LINES, STANDING], [*LINES, STANDING])
    assert base is not None
    assert base.keywords == ("buses",)


def test_what_tells_a_silent_edit_is_that_of_the_text_before():
    at = (
        Moment(at=datetime(2026, 3, day, tzinfo=UTC), precision=Precision.MINUTE, source=TimeSource.META)
        for day in (2, 3)
    )
    before, after = (
        replace(article(*lines), date_modified=modified, is_accessible_for_free=is_free)
        for lines, modified, is_free in zip(([*LINES, STANDING], LINES[1:]), at, (False, True), strict=True)
    )
    base = told(before, after, [*LINES, STANDING], [*LINES[1:], STANDING])
    assert base is not None
    assert (base.body, base.date_modified, base.is_accessible_for_free) == (
        "\n".join(LINES),
        before.date_modified,
        False,
    )


def test_an_agency_that_the_outlet_exchanged_is_found_and_one_within_a_sentence_is_as_we_read_it_now():
    before, after = article(*LINES, STANDING, agencies=("Reuters",)), article(*LINES, agencies=("AFP",))
    base = told(before, after, [*LINES, STANDING, "By Reuters"], [*LINES, STANDING, "By AFP"])
    assert base is not None
    assert base.agencies == ("Reuters",)
    assert told(before, after, [*LINES, STANDING], [*LINES, STANDING]) == after


def test_of_a_page_of_endless_short_lines_nothing_can_be_told():
    texts = [" ".join(f"w{number}x{word}" for word in range(9)) for number in range(MOST_LINES - 10)]
    assert provenance("By Ines Carrow", *texts).lines == b""
    assert provenance("By Ines Carrow", *texts[:100]).names("Ines Carrow")
