from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.article import Article, CorrectionNotice, Entry, Kind
from news.edits import EXCERPT, MOST_LISTED, EditKind, Edits, compare
from news.known_names import KnownNames
from news.moment import Moment, Precision, TimeSource

BODY = """The bridge over the Arn is closed until May, the city said on Monday, and 120 drivers a day take the ferry.
“We could not have waited another winter,” the engineer in charge, Jon Smit, said at the site.
Repairs will cost 1.5 million, of which the state pays half."""
ARTICLE = Article(url="https://example.org/a", headline="Bridge closed", body=BODY, in_language="en")


def at(hour):
    return Moment(at=datetime(2026, 3, 2, hour, tzinfo=UTC), precision=Precision.MINUTE, source=TimeSource.JSON_LD)


def changed(old, new):
    assert old in BODY
    return compare(ARTICLE, replace(ARTICLE, body=BODY.replace(old, new)))


def test_the_same_text_has_no_edits():
    assert compare(ARTICLE, ARTICLE) == Edits()


def test_a_new_headline_is_told():
    edits = compare(ARTICLE, replace(ARTICLE, headline="Bridge shut for repairs"))
    assert edits.kinds == (EditKind.HEADLINE,)
    assert edits.listed[0].before == "Bridge closed"


def test_a_figure_in_the_headline_is_a_number_too():
    one, two = (replace(ARTICLE, headline=f"{n} hurt at the bridge") for n in (5, 7))
    assert compare(one, two).kinds == (EditKind.NUMBER, EditKind.HEADLINE)


@pytest.mark.parametrize(("old", "new"), [("120", "130"), ("1.5", "15"), ("120", "1200"), ("1.5", "1,7")])
def test_a_changed_figure_is_told(old, new):
    edits = changed(old, new)
    assert edits.kinds == (EditKind.NUMBER,)
    assert (edits.listed[0].before.split()[0], edits.listed[0].after.split()[0]) == (old, new)


def test_a_figure_written_otherwise_is_no_other_figure():
    one, two = (replace(ARTICLE, body=BODY.replace("120", n)) for n in ("1,200", "1200"))
    assert compare(one, two).kinds == (EditKind.COSMETIC,)


def test_other_words_between_quotation_marks_are_told():
    edits = changed("could not have waited", "cannot wait")
    assert EditKind.QUOTE in edits.kinds
    quote = next(edit for edit in edits.listed if edit.kind is EditKind.QUOTE)
    assert quote.after == "“We cannot wait another winter,”"


def test_words_around_a_quotation_leave_it_alone():
    assert changed("at the site", "on the bank").kinds == (EditKind.BODY,)


def test_other_quotation_marks_are_cosmetic():
    assert changed("“", "„").kinds == (EditKind.COSMETIC,)


def test_a_mended_name_is_told():
    edits = changed("Smit", "Smith")
    assert edits.kinds == (EditKind.NAME,)


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("Monday", "Friday", EditKind.DATE),
        ("Repairs", "Works", EditKind.BODY),
        ("The bridge", "A bridge", EditKind.SPELLING),
    ],
)
def test_a_capital_alone_makes_no_name(old, new, kind):
    assert changed(old, new).kinds == (kind,)


def test_another_name_within_a_sentence_is_told():
    assert changed("Jon Smit", "Ada Lovelace").kinds == (EditKind.NAME,)


def test_a_german_noun_is_no_name():
    one = Article(
        url="", body="Die Brücke bleibt bis Mai zu, sagte der Sprecher der Stadt am Montag.", in_language="de"
    )
    assert compare(one, replace(one, body=one.body.replace("Sprecher", "Leiter"))).kinds == (EditKind.ATTRIBUTION,)
    assert compare(one, replace(one, body=one.body.replace("zu,", "offen,"))).kinds == (EditKind.BODY,)


def test_a_new_paragraph_is_told_with_its_words():
    edits = compare(ARTICLE, replace(ARTICLE, body=f"{BODY}\nThe ferry runs every ten minutes until then."))
    assert (edits.kinds, edits.stealth) == ((EditKind.UPDATE, EditKind.PARAGRAPHS_ADDED), False)
    assert (edits.words_added, edits.words_removed) == (8, 0)


def test_a_paragraph_taken_out_is_told():
    edits = compare(ARTICLE, replace(ARTICLE, body=BODY.rpartition("\n")[0]))
    assert edits.kinds == (EditKind.PARAGRAPHS_REMOVED,)


def test_paragraphs_in_another_order_have_moved():
    edits = compare(ARTICLE, replace(ARTICLE, body="\n".join(reversed(BODY.splitlines()))))
    assert (edits.kinds, edits.stealth) == ((EditKind.MOVED,), False)


def test_a_paragraph_split_in_two_is_neither_new_nor_gone():
    edits = changed("and 120 drivers", "\nAnd 120 drivers")
    assert edits.kinds == (EditKind.COSMETIC,)


def test_a_reworded_paragraph_is_neither_new_nor_gone():
    assert changed("over the Arn is closed until May", "that spans the river stays shut till May").kinds == (
        EditKind.BODY,
    )


def test_a_byline_is_no_substance():
    edits = compare(ARTICLE, replace(ARTICLE, authors=("Ada Byron",)))
    assert (edits.kinds, edits.stealth) == ((EditKind.BYLINE,), False)


def test_a_silent_change_is_stealth():
    assert changed("120", "130").stealth


def test_a_correction_notice_is_not_silent():
    after = replace(ARTICLE, body=BODY.replace("120", "130"), correction="An earlier version had a wrong figure.")
    edits = compare(ARTICLE, after)
    assert edits.kinds == (EditKind.NUMBER, EditKind.CORRECTION_NOTICE)
    assert not edits.stealth


@pytest.mark.parametrize(
    ("known", "stated", "stealth"),
    [
        ((), (CorrectionNotice(text="The figure was wrong."),), False),
        ((), (CorrectionNotice(text="The figure was wrong.", date_published=at(9)),), False),
        # as old as the text before: only our reader is new
        ((), (CorrectionNotice(text="The figure was wrong.", date_published=at(7)),), True),
        ((CorrectionNotice(text="The figure was wrong."),), (CorrectionNotice(text="The figure was wrong."),), True),
        ((CorrectionNotice(text="The figure was wrong."),), (), True),
    ],
)
def test_a_correction_that_is_stated_for_machines_is_not_silent(known, stated, stealth):
    before = replace(ARTICLE, correction_notices=known, date_modified=at(8))
    after = replace(before, body=BODY.replace("120", "130"), correction_notices=stated)
    assert compare(before, after).stealth is stealth


def test_a_notice_that_was_there_before_is_not_a_new_one():
    before = replace(ARTICLE, correction="An earlier version had a wrong figure.\nThe name was wrong, too.")
    after = replace(before, body=BODY.replace("120", "130"))
    assert compare(before, after).stealth
    assert compare(before, replace(after, correction="An earlier version had a wrong figure.")).stealth
    assert not compare(before, replace(after, correction=f"{before.correction}\nThe figure was 130.")).stealth


def test_a_notice_taken_away_is_silent():
    before = replace(ARTICLE, correction="An earlier version had a wrong figure.")
    after = replace(ARTICLE, body=BODY.replace("120", "130"))
    assert compare(before, after).stealth


@pytest.mark.parametrize(
    ("before", "after", "stealth"),
    [
        (None, None, True),
        (None, at(9), False),
        (at(8), at(9), False),
        (at(9), at(9), True),
        (at(9), None, True),
        (at(9), Moment(at=date(2026, 3, 3), precision=Precision.DAY, source=TimeSource.META), False),
    ],
)
def test_a_newer_modified_time_is_not_silent(before, after, stealth):
    one = replace(ARTICLE, date_modified=before)
    assert compare(one, replace(one, headline="Bridge shut", date_modified=after)).stealth is stealth


def test_a_live_blog_that_grows_is_not_silent():
    before = replace(ARTICLE, kind=Kind.LIVE_BLOG, entries=(Entry(body="The ferry is full at this hour."),))
    after = replace(before, entries=(Entry(body="The second ferry has left the pier."), *before.entries))
    edits = compare(before, after)
    assert (edits.kinds, edits.stealth) == ((EditKind.UPDATE, EditKind.PARAGRAPHS_ADDED), False)


def test_chinese_is_compared_by_characters():
    one = Article(
        url="", body="警方周一表示，洪水造成120人受伤。\n市长说：“我们从未见过这样的事情。”", in_language="zh"
    )
    assert compare(one, replace(one, body=one.body.replace("120", "130"))).kinds == (EditKind.NUMBER,)
    assert EditKind.QUOTE in compare(one, replace(one, body=one.body.replace("从未", "没有"))).kinds


def test_a_currency_sign_is_substance():
    one, two = (replace(ARTICLE, body=BODY.replace("1.5", f"{sign}1.5")) for sign in "$€")
    assert compare(one, two).kinds == (EditKind.CURRENCY,)


@given(st.text(alphabet="ab1 .“”\nX", max_size=80), st.text(alphabet="ab1 .“”\nX", max_size=80))
def test_any_two_texts_are_compared_and_come_back_from_json(one, other):
    edits = compare(replace(ARTICLE, body=one), replace(ARTICLE, body=other))
    assert Edits.from_json(edits.as_json()) == edits
    assert len(edits.listed) <= MOST_LISTED


def test_the_list_of_edits_is_bounded():
    lines = [f"Paragraph {n} says something of its own about topic {n * 7}." for n in range(200)]
    edits = compare(
        replace(ARTICLE, body="\n".join(lines)),
        replace(ARTICLE, body="\n".join(f"{line * 20}" for line in lines[::-1])),
    )
    assert len(edits.listed) == MOST_LISTED
    assert all(len(edit.before) <= EXCERPT and len(edit.after) <= EXCERPT for edit in edits.listed)


@pytest.mark.parametrize("unit", ["“", '"', "a\n", "1,", "A ", "漢", "\u0301", "“a” "])
def test_the_comparison_of_hostile_articles_comes_to_an_end(unit):
    before = replace(ARTICLE, body=(unit * 200_000)[:200_000])
    after = replace(ARTICLE, body=(f"b{unit}c" * 100_000)[:200_000])
    assert compare(before, after).kinds


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("is closed", "is not closed", EditKind.NEGATION),
        ("is closed", "is reportedly closed", EditKind.HEDGE),
        (", the city said on Monday,", " on Monday", EditKind.ATTRIBUTION),
        ("Monday", "Tuesday", EditKind.DATE),
        ("1.5 million", "1.5 billion", EditKind.NUMBER),
        ("another winter", "two winters", EditKind.QUOTE),
        ("another winter", "anothr winter", EditKind.SPELLING),
        ("closed until", "closde until", EditKind.SPELLING),
        ("the ferry.", "the the ferry.", EditKind.SPELLING),
    ],
)
def test_a_word_that_turns_the_meaning_is_told_and_a_slip_is_not(old, new, kind):
    edits = changed(old, new)
    assert edits.kinds == (kind,)
    assert edits.stealth is (kind is not EditKind.SPELLING)


def test_a_number_is_quoted_whole():
    edit = changed("1.5 million", "1.5 billion").listed[0]
    assert (edit.before, edit.after) == ("1.5 million", "1.5 billion")


def test_the_same_number_in_words_is_no_other_number():
    one, two = (replace(ARTICLE, body=BODY.replace("120", n)) for n in ("twelve", "12"))
    assert compare(one, two).kinds == (EditKind.COSMETIC,)


def test_a_renamed_heading_is_reworded_and_a_moved_and_edited_paragraph_has_moved():
    lines = ["How it began", *BODY.splitlines(), "All of it was said again in the evening, by other people."]
    before = replace(ARTICLE, body="\n".join(lines))
    renamed = compare(before, replace(before, body="\n".join(["What came first", *lines[1:]])))
    assert renamed.kinds == (EditKind.BODY,)
    moved = [lines[0], lines[4].replace("evening", "morning"), *lines[1:4]]
    assert compare(before, replace(before, body="\n".join(moved))).kinds == (EditKind.BODY, EditKind.MOVED)


def test_names_that_enrichment_knows_are_told_where_capitals_tell_nothing():
    body = "Der Brand brach in Celle aus, sagte Klara Weidner am Abend.\nEs gab keine Verletzten."
    one = replace(ARTICLE, body=body, in_language="de")
    known = KnownNames.of({"places": [{"name": "Celle"}]}, {"people": [{"name": "Klara Weidner"}], "places": ["Fulda"]})
    assert compare(one, replace(one, body=body.replace("Celle", "Fulda")), known).kinds == (EditKind.PLACE,)
    assert compare(one, replace(one, body=body.replace("Weidner", "Weidener")), known).kinds == (EditKind.NAME,)
    assert compare(one, replace(one, body=body.replace("Brand", "Streit")), known).kinds == (EditKind.BODY,)


def test_what_earlier_releases_stored_is_read():
    stored = {
        "kinds": ["headline", "number", "body", "paragraphs_added", "cosmetic"],
        "stealth": True,
        "words_added": 1,
        "words_removed": 2,
        "listed": [{"kind": "name", "before": "a", "after": "b"}],
    }
    assert Edits.from_json(stored).as_json() == stored | {"corrected": False}


def test_of_very_many_changes_some_are_listed_and_every_class_is_told():
    lines = [f"The {number}th house in Long Street has {number} windows, it was said." for number in range(100, 300)]
    before = [*lines, "The road is closed.", "Nobody was hurt in the fire on Monday night."]
    after = [line.replace(" windows", "7 windows") for line in lines] + [
        "The road is not closed.",
        "Nobody was hurt in the fire on Tuesday night.",
    ]
    found = compare(replace(ARTICLE, body="\n".join(before)), replace(ARTICLE, body="\n".join(after)))
    assert len(found.listed) == MOST_LISTED
    assert {EditKind.NUMBER, EditKind.NEGATION, EditKind.DATE} <= set(found.kinds)
