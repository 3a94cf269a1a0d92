from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.storable import is_storable, storable
from tests.news.hostile import NUMBERS, ODD, UNSTORABLE


@dataclass(frozen=True, kw_only=True)
class Note:
    text: str
    tags: tuple[str, ...] = ()


class Pair(NamedTuple):
    name: str
    count: int


@pytest.mark.parametrize("text", UNSTORABLE.values(), ids=UNSTORABLE.keys())
def test_what_no_store_carries_goes_and_the_rest_stays(text):
    cleaned = storable(text)
    assert cleaned in ("ab", "a[31mb")
    assert cleaned.encode()
    assert not is_storable(text)


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_an_odd_text_that_a_store_carries_stays_as_it_is(text):
    assert storable(text) is text
    assert is_storable(text)


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=())))
def test_what_is_cleaned_is_clean(text):
    cleaned = storable(text)
    assert storable(cleaned) is cleaned
    assert cleaned.encode().decode() == cleaned
    assert all(c in "\n\t" or (c >= " " and not "\x7f" <= c <= "\x9f") for c in cleaned)


def test_a_character_written_as_two_surrogates_is_that_character():
    assert storable("\ud83d\ude00 \ude00\ud83d") == "😀 "


def test_a_line_end_stays_a_line_end():
    assert storable("a\r\nb\rc\n") == "a\nb\nc\n"


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_fits_nowhere_is_none(number):
    assert storable(number) is None
    assert storable({"a": [number]}) == {"a": [None]}


@pytest.mark.parametrize("value", [0, -1, 2**63 - 1, -(2**63), 0.5, True, None, datetime(1, 1, 1, tzinfo=UTC), b"\x00"])
def test_other_values_stay_as_they_are(value):
    assert storable(value) is value


def test_containers_are_cleaned_to_their_depth_and_keep_their_type():
    assert storable({"a\x00": ["b\x00", ("c\ud800", {"d": "e"})]}) == {"a": ["b", ("c", {"d": "e"})]}
    assert storable(Pair("a\x00", 2**70)) == Pair("a", None)
    assert storable(Note(text="a\x00", tags=("b", "c\x1b"))) == Note(text="a", tags=("b", "c"))


@pytest.mark.parametrize("value", [["a", ("b",)], {"a": {"b": 1}}, Note(text="a", tags=("b",)), Pair("a", 1)])
def test_a_clean_container_comes_back_itself(value):
    assert storable(value) is value
