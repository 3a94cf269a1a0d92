from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.difference import Operation, difference, line_spans

LINES = st.lists(st.lists(st.sampled_from("abcde"), max_size=8), max_size=6)
TEXT = st.text(alphabet="ab .,“”漢字\n", max_size=60)


@given(LINES, LINES)
def test_spans_lead_from_the_one_to_the_other(before, after):
    old, new = list(chain(*before)), list(chain(*after))
    old_at = new_at = 0
    for span in line_spans(before, after):
        assert (span.before_start, span.after_start) == (old_at, new_at)
        old_at, new_at = span.before_end, span.after_end
        if span.equal:
            assert old[span.before_start : old_at] == new[span.after_start : new_at]
    assert (old_at, new_at) == (len(old), len(new))


@given(TEXT, TEXT)
def test_what_is_equal_or_inserted_makes_the_later_text(before, after):
    parts = difference(before, after)
    assert "".join(text for operation, text in parts if operation is not Operation.DELETE) == after


@given(TEXT, TEXT)
def test_what_is_equal_or_deleted_makes_the_earlier_text_but_for_white_space(before, after):
    parts = difference(before, after)
    kept = "".join(text for operation, text in parts if operation is not Operation.INSERT)
    assert "".join(kept.split()) == "".join(before.split())


@given(st.text(max_size=50))
def test_a_text_does_not_differ_from_itself(text):
    assert all(operation is Operation.EQUAL for operation, _ in difference(text, text))


def test_a_changed_word_is_one_deletion_and_one_insertion():
    assert difference("The old bridge fell.", "The new bridge fell.") == [
        (Operation.EQUAL, "The "),
        (Operation.DELETE, "old "),
        (Operation.INSERT, "new "),
        (Operation.EQUAL, "bridge fell."),
    ]


def test_a_script_without_spaces_is_compared_by_characters():
    parts = difference("警方说有五人受伤。", "警方说有七人受伤。")
    assert parts[1:3] == [(Operation.DELETE, "五"), (Operation.INSERT, "七")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a " * 250_000, "b a " * 125_000),
        ("ab " * 80_000 + "x", "ba " * 80_000 + "x"),
        ("“" * 250_000, "”“" * 125_000),
        ("漢" * 250_000, "字漢" * 125_000),
        (" ".join(map(str, range(80_000))), " ".join(map(str, range(80_000, 0, -1)))),
        ("0 1 " * 60_000, "1 0 0 " * 40_000),
    ],
)
def test_the_comparison_of_hostile_texts_comes_to_an_end(before, after):
    # a comparison that costs the square of the length would take hours here; bench/stories.py prints the seconds
    assert difference(before, after)


def test_a_new_line_takes_no_word_from_its_neighbour():
    parts = difference(
        "The ferry is full.\nThe ferry left late.", "The ferry is full.\nThe mayor ran.\nThe ferry left."
    )
    assert (Operation.INSERT, "The mayor ran.\n") in parts
