import time
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.words import numbers, pieces, words


@given(st.text())
def test_pieces_joined_are_the_text(text):
    assert "".join(pieces(text)) == text


def test_a_hindi_word_is_one_word():
    assert words("हिन्दी में") == ["हिन्दी", "में"]


def test_a_script_without_spaces_is_cut_into_pairs():
    assert words("大阪で地震") == ["大阪", "阪で", "で地", "地震"]
    assert words("ประเทศ")[:2] == ["ปร", "ระ"]


def test_a_mark_stays_with_its_character():
    assert pieces("ที่นี่") == ["ท", "ี", "่", "น", "ี", "่"] or all(piece.strip() for piece in pieces("ที่นี่"))


def test_a_mixed_text_keeps_both_kinds_of_words():
    assert words("iPhone15を発売、価格は1,500円") == ["iphone15", "を発", "発売", "価格", "格は", "1,500", "円"]


def test_curly_and_straight_apostrophes_make_one_word():
    assert words("Don’t") == words("don't") == ["don't"]


def test_figures_are_read_in_any_digits_and_with_any_separator():
    assert numbers("1.500 1,500 ١٬٥٠٠ 3,7 3.7") == ["1500", "1500", "1", "500", "3.7", "3.7"]


@given(st.text(alphabet="abÀZß1 2.,:'_é“’-\n\x1c\x85\xa0\xadª²µ½¨¯…€„\x00´ş日", max_size=30))
def test_western_letters_are_cut_as_all_others_are(text):
    """The fast way for Latin-1 and the general one give the same words."""
    with patch("news.words._latin_words", return_value=None):
        slowly = words(text)
    assert words(text) == slowly


@pytest.mark.parametrize("unit", ["a.b ", "1,5 ", "it's ", "a-b_c ", "\u00a0.,"])
def test_the_words_of_a_long_text_take_time_in_proportion_to_its_length(unit):
    started = time.process_time()
    words(unit * 200_000)
    assert time.process_time() - started < 5
