"""Persons: found by what the text itself says, each once, under the fullest name."""

import pytest

from tests.pipelines.enrich.writing import people


def test_a_surname_alone_is_the_person_named_before() -> None:
    text = "Joe Biden spoke on Monday. Biden said little. Mr. Biden's aides left."
    assert people(text) == {"Joe Biden": 3}


def test_a_name_everybody_knows_is_completed() -> None:
    assert people("Critics of Trump met in May. Trump was told.") == {"Donald Trump": 2}


def test_an_initial_and_a_junior_do_not_make_another_person() -> None:
    assert people("Patrick W. Doyle Jr. was charged. Patrick Doyle denied it. Doyle left.") == {
        "Patrick W. Doyle Jr.": 3
    }


def test_a_rare_given_name_is_believed_with_a_title_an_age_or_a_verb_of_saying() -> None:
    text = "Coach Zorvan Quellix resigned. Tislav Orrenberg, 47, was hurt. “No,” said Yeffrin Maddow on Friday."
    assert set(people(text)) == {"Zorvan Quellix", "Tislav Orrenberg", "Yeffrin Maddow"}


def test_streets_books_and_parties_are_no_persons() -> None:
    assert people("He lives in Wall Street and read “David Copperfield” near Victoria Station.") == {}


def test_a_headline_in_capitals_names_nobody_unknown() -> None:
    assert people("Florida Woman Celebrates Grace During Long Winter Season\nNothing else happened.") == {}


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        ("de", "Kanzler Friedrich Merz reiste ab. Merz' Sprecher schwieg.", "Friedrich Merz"),
        ("fr", "Le ministre Bruno Lefèvre a démissionné. Lefèvre a dit non.", "Bruno Lefèvre"),
        ("es", "La alcaldesa Carmen Ortega habló. Ortega dijo que no.", "Carmen Ortega"),
        ("tr", "Belediye Başkanı Mehmet Yıldırım konuştu. Yıldırım'ın ekibi bekledi.", "Mehmet Yıldırım"),
        ("ru", "Депутата Ивана Петрова уволили. Иван Петров не согласен.", "Иван Петров"),
        ("cs", "Vláda Petra Nováka skončila. Petr Novák odešel.", "Petr Novák"),
        ("vi", "Ông Nguyễn Văn Hùng phát biểu hôm thứ Hai.", "Nguyễn Văn Hùng"),
        ("ja", "市長の山田太郎氏（52）は会見を開いた。", "山田太郎"),
        ("ja", "ゼレンスキー大統領は会談した。", "ゼレンスキー"),
        ("ko", "윤석열 대통령이 말했다. 윤석열 정부는 침묵했다.", "윤석열"),
        ("ar", "التقى بوتين الوزير يوم الاثنين.", "فلاديمير بوتين"),
        ("ar", "قال الوزير محمد العلي إن الحكومة وافقت.", "محمد العلي"),
        ("ar", "وأضاف أحمد خليل أن الاجتماع تأجل.", "أحمد خليل"),
        ("hi", "प्रधानमंत्री राजेश कुमार ने कहा।", "राजेश कुमार"),
        ("uk", "Президент Зеленський виступив. Зеленського чекали.", "Володимир Зеленський"),
    ],
)
def test_names_are_found_in_many_languages(language: str, text: str, name: str) -> None:
    assert name in people(text, language)
