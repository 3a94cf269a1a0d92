import pytest

from news.edit_words import UNSPACED, _listed, _spoken, edit_words, said_currencies
from news.number_words import plain

LANGUAGES = sorted(_listed())


def test_thirty_languages_have_every_list():
    needed = {"days", "negation", "hedge", "says"}
    assert {language for language in LANGUAGES if needed <= _listed()[language].keys()} == set(LANGUAGES)
    assert len(LANGUAGES) >= 30
    assert {each for each in LANGUAGES if "small" not in _listed()[each]} <= UNSPACED | {"ko"}
    assert set(LANGUAGES) <= _spoken().keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_tells_its_own_words(language):
    words, listed = edit_words(language), _listed()[language]
    for kind in ("negation", "hedge", "says"):
        pattern = getattr(words, kind)
        assert all(pattern.search(f" {plain(phrase.strip('*'))} ") for phrase in listed[kind])
    months = _spoken()[language]["months"]
    told = [words.said_dates(" ".join((months[number][0],) * 1)) for number in (0, 7)]
    assert (all(told) and told[0] != told[1]) or months[0][0] == "1月"


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "four million", 4e6),
        ("en", "twenty-one", 21),
        ("de", "viertausend", 4_000),
        ("de", "1,5 Milliarden", 1.5e9),
        ("fr", "4 000", 4_000),
        ("es", "cuatro mil millones", 4e9),
        ("it", "quattromila", 4_000),
        ("pt", "quatro mil", 4_000),
        ("pl", "czterdzieści tysięcy", 40_000),
        ("ru", "четырёх тысяч", 4_000),
        ("tr", "on iki", 12),
        ("id", "dua belas", 12),
        ("id", "empat puluh ribu", 40_000),
        ("ja", "三千五百万", 35e6),
        ("zh", "四千多", 4_000),
        ("ko", "4억", 4e8),
        ("hi", "दस लाख", 1e6),
        ("uk", "п’ятьох", 5),
        ("uk", "дев'яноста", 90),
        ("cs", "dvou", 2),
        ("sk", "piati", 5),
        ("ru", "двоих", 2),
        ("pl", "czworo", 4),
        ("hu", "két", 2),
        ("is", "þremur", 3),
        ("de", "drei hundert", 300),
        ("fr", "quatre-vingt-dix-sept", 97),
        ("fr", "quatre-vingts millions", 80e6),
        ("fr", "soixante et onze", 71),
        ("ca", "dos-cents", 200),
        ("ar", "مئتين", 200),
        ("hr", "milijardu", 1e9),
        ("cs", "pět miliard", 5e9),
        ("hu", "12 millió", 12e6),
        ("is", "3 milljarðar", 3e9),
        ("de", "12 Mrd", 12e9),
        ("nl", "4,5 mln", 4.5e6),
        ("ro", "\u0219ase", 6),
        ("ro", "\u015fase", 6),
        ("he", "ושלושה", 3),
        ("ar", "وسبعة", 7),
    ],
)
def test_numbers_in_words_have_their_value(language, text, value):
    assert edit_words(language).values(text) == {value: 1}


def test_a_date_is_one_in_all_its_forms():
    russian = edit_words("ru").said_dates
    assert russian("в среду") == russian("среда") != russian("в четверг")
    assert edit_words("en").said_dates("He may go in May") == {"months-5": 1}


@pytest.mark.parametrize(
    "text",
    ["90 лева", "90 eura", "90 динара", "90 zł", "90 грн", "90 جنيها", "90 تومان", "90 টাকা", "90 soles", "90 тенге"],
)
def test_currencies_of_every_language_are_known_in_the_forms_behind_figures(text):
    assert said_currencies(text).total() == 1


def test_currencies_are_told_by_sign_and_word():
    assert said_currencies("四亿美元") == said_currencies("$4") == said_currencies("4 Dollar")
    assert said_currencies("European pounding") == {}


@pytest.mark.parametrize("tag", ["", "und", "tlh", "en-GB", "zh-Hant", "nb"])
def test_any_tag_has_words(tag):
    assert edit_words(tag).values("7") == {7: 1}
