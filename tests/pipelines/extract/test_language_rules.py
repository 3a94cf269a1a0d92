"""What is known of each language as data: which language has which list, and that every phrase does what it says."""

import re

import pytest

from pipelines.extract.bylines import is_agency, is_byline, names
from pipelines.extract.language_rules import KINDS, PhraseFinder, any_of, parse, pattern, phrases, rules, whole_words

#: language -> its lists. Whoever adds a list adds it here; a list that is lost by mistake fails the test
COVERAGE = """
    ar: by author contributors desks published updated correction_begins error advertisement share read_more sign_up comments
    bg: by author contributors desks published updated share read_more sign_up comments
    bn: by contributors published updated correction_begins share read_more sign_up comments
    ca: by interviews roles desks published updated share read_more sign_up comments
    cs: by author contributors desks published updated correction_begins advertisement share read_more sign_up appeals comments page_labels
    da: by before_by contributors interviews roles desks published updated correction_begins advertisement share read_more sign_up appeals comments page_labels
    de: by before_by author contributors roles desks not_names interviews published updated correction_begins correction_says biography consent error advertisement share read_more sign_up appeals comments page_labels
    el: by contributors published updated share read_more sign_up comments
    en: by before_by author contributors roles desks not_names interviews published updated correction_begins correction_says biography bot_check consent error advertisement share read_more sign_up appeals comments page_labels
    es: by before_by author contributors interviews roles desks not_names published updated correction_begins correction_says biography consent error advertisement share read_more sign_up appeals comments page_labels
    et: by author contributors desks published updated share read_more sign_up comments
    fa: by contributors published updated correction_begins share read_more sign_up comments
    fi: by contributors roles published updated correction_begins share read_more sign_up comments
    fr: by before_by author contributors roles desks not_names interviews published updated correction_begins correction_says biography consent error advertisement share read_more sign_up appeals comments page_labels
    he: by contributors published updated share read_more sign_up comments
    hi: by contributors published updated correction_begins share read_more sign_up comments
    hr: by author contributors roles desks published updated share read_more sign_up comments
    hu: by contributors roles published updated share read_more sign_up comments
    id: by before_by author contributors published updated correction_begins advertisement share read_more sign_up comments
    is: by before_by published updated share read_more comments
    it: by before_by interviews roles desks not_names published updated correction_begins correction_says biography consent error advertisement share read_more sign_up appeals comments page_labels
    ja: by contributors desks updated correction_begins correction_says error advertisement share read_more sign_up comments page_labels
    ko: by contributors desks updated correction_begins error advertisement share read_more sign_up comments page_labels
    lt: by author contributors desks published updated share read_more sign_up comments
    lv: by author contributors desks published updated share read_more sign_up comments
    ms: by before_by author contributors published updated correction_begins share read_more comments
    nl: by before_by author interviews roles desks not_names published updated correction_begins consent error share read_more sign_up appeals comments page_labels
    no: by before_by contributors interviews roles desks published updated correction_begins advertisement share read_more sign_up appeals comments page_labels
    pl: by before_by author contributors interviews roles desks published updated correction_begins advertisement share read_more sign_up appeals comments page_labels
    pt: by before_by author interviews roles desks not_names published updated correction_begins correction_says share read_more sign_up appeals comments page_labels
    ro: by contributors roles published updated share read_more sign_up comments
    ru: by author contributors roles desks not_names published updated correction_begins error advertisement share read_more sign_up appeals comments page_labels
    sk: by author contributors desks published updated share read_more sign_up comments
    sl: by author contributors desks published updated share read_more sign_up comments
    sr: by author contributors roles desks published updated share read_more sign_up comments
    sv: by before_by contributors interviews roles desks published updated correction_begins consent advertisement share read_more sign_up appeals comments page_labels
    sw: by author desks published updated correction_begins error read_more comments
    th: by author contributors updated correction_begins share read_more sign_up comments
    tr: by author contributors roles desks not_names published updated correction_begins correction_says error advertisement share read_more sign_up comments page_labels
    uk: by author contributors roles published updated share read_more sign_up appeals comments page_labels
    vi: by author contributors roles not_names published updated correction_begins advertisement share read_more sign_up comments
    zh: by contributors desks updated correction_begins correction_says error share read_more sign_up comments page_labels
"""
LISTED = {
    language: set(lists.split())
    for language, _, lists in (line.strip().partition(": ") for line in COVERAGE.strip().splitlines())
}
#: the lists whose phrases are whole words wherever they stand: in these alone a `*` may stand first
WHOLE = {"roles", "desks", "not_names", "biography"}
PHRASES = sorted(
    {(kind, phrase) for lists in rules().values() for kind, several in lists.items() for phrase in several}
)


def test_no_language_loses_a_list_and_each_list_is_named_above() -> None:
    # test_correction_notices.py names the languages of those lists
    told = {
        language: {each for each in lists if not each.startswith("correction")} for language, lists in rules().items()
    }
    listed = {
        language: {each for each in lists if not each.startswith("correction")} for language, lists in LISTED.items()
    }
    assert {language: lists for language, lists in told.items() if lists} == listed


def test_every_list_is_filled_by_some_language() -> None:
    assert {kind for lists in rules().values() for kind in lists} == set(KINDS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('byline = ["by"]', "there is no list `byline`"),
        ('by = "by"', "`by` must be a list of phrases"),
        ("by = [1]", "`by` must be a list of phrases"),
        ('by = [""]', "`by` must be a list of phrases"),
        ("by = [", "is no TOML"),
    ],
)
def test_a_file_that_is_written_wrongly_is_named_with_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=rf"^xx\.toml.*{re.escape(message)}"):
        parse("xx.toml", text)


@pytest.mark.parametrize(("kind", "phrase"), PHRASES)
def test_a_phrase_is_written_as_the_guide_says(kind: str, phrase: str) -> None:
    assert phrase == phrase.lower()
    assert not phrase.startswith("*") or kind in WHOLE
    assert phrase.count("[") == phrase.count("]")
    assert not set(phrase) & set("(){}\\^$+")
    first = plainest(phrase)
    assert re.fullmatch(pattern(phrase), first)
    assert re.search(whole_words(kind) if kind in WHOLE else any_of(kind), first, re.IGNORECASE)


def plainest(phrase: str) -> str:
    """Return one text that a phrase stands for: the first of each choice, nothing where anything may follow."""
    while phrase != (chosen := re.sub(r"\[([^\[|\]]*)[^\[\]]*\]", r"\1", phrase)):
        phrase = chosen
    return re.sub(r"( ?)…\d*(?=.)", r"\1", re.sub(r" ?…\d*$", "", phrase)).translate(
        {ord("*"): None, ord("~"): None, ord("#"): "2"}
    )


@pytest.mark.parametrize("kind", ["correction_begins", "correction_notes", "correction_says", "appeals"])
def test_a_finder_finds_what_the_whole_pattern_does(kind: str) -> None:
    finder, whole = PhraseFinder(kind), re.compile(any_of(kind), re.IGNORECASE)
    plain = [phrase for phrase in phrases(kind) if not re.search(r"[\[\]|…*~#']", phrase)]
    assert len(plain) > 10
    for phrase in plain:
        expected = whole.match(phrase.upper())
        found = finder.begun(f"» {phrase.upper()}")
        assert expected is not None
        assert found is not None
        assert found[0] == expected[0]
        assert finder.finds(f"İlk, {phrase}", 200)
        assert not finder.finds(f"İlk, {phrase}", 4)


def test_the_longest_phrase_is_tried_first() -> None:
    for kind in KINDS:
        lengths = [len(phrase) for phrase in phrases(kind)]
        assert lengths == sorted(lengths, reverse=True)


def test_a_language_that_is_added_as_data_is_read() -> None:
    assert is_byline("Imeandikwa na Asha Juma")
    assert names(["Imeandikwa na Asha Juma"]) == ["Asha Juma"]
    assert is_agency("Mwandishi Wetu", ())
