"""Organisations: one entity for all forms of a name, and none for a word that is only a word."""

import pytest

from tests.pipelines.enrich.writing import organisations


@pytest.mark.parametrize("form", ["Kata'ib Hezbollah", "Kata’ib Hezbollah", "Kataib Hezbollah", "Kata'ib Hizballah"])
def test_one_body_for_every_apostrophe_and_spelling(form: str) -> None:
    assert organisations(f"The commander of {form} was killed.") == {"Kata'ib Hezbollah": 1}


def test_a_name_and_its_acronym_are_one() -> None:
    text = "The United States Central Command (CENTCOM) spoke. CENTCOM said no more."
    assert organisations(text) == {"United States Central Command": 3}


def test_an_acronym_that_the_text_explains_is_the_body() -> None:
    text = "The Institute for River Studies (IRS) warned. The IRS wrote twice."
    assert organisations(text) == {"Institute for River Studies": 3}


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        (
            "en",
            "The Bridgewater Department of Public Safety closed the road.",
            "Bridgewater Department of Public Safety",
        ),
        ("de", "Das sagte die Deutsche Flussgesellschaft der Universität Kiel.", "Universität Kiel"),
        ("fr", "Selon l'Université de Nantes, l'eau monte.", "Université de Nantes"),
        ("es", "La Universidad de Sevilla lo confirmó.", "Universidad de Sevilla"),
        ("tr", "Kararı dün Ulaştırma ve Altyapı Bakanlığı yaptı.", "Ulaştırma ve Altyapı Bakanlığı"),
        ("en", "Shares of Quellix fell. Quellix spokesperson Ann Lee declined to comment.", "Quellix"),
        ("en", "“It rains,” she told Riverpost.", "Riverpost"),
        ("ru", "Об этом сообщили в НАТО и ООН.", "NATO"),
        ("ar", "أعلنت حماس ذلك.", "Hamas"),
        ("ja", "自民党と日銀は協議した。", "Bank of Japan"),
        ("ko", "더불어민주당은 반발했다.", "더불어민주당"),
        ("hi", "संयुक्त राष्ट्र ने कहा।", "United Nations"),
    ],
)
def test_bodies_are_found_in_many_languages(language: str, text: str, name: str) -> None:
    assert name in organisations(text, language)


def test_words_that_are_also_names_are_words() -> None:
    assert organisations("Target practice is fun; the target was hit. Who is it? WHO IS IT, they asked.") == {}
    assert organisations("Der Stern leuchtet, und das Bild hängt.", "de") == {}


def test_a_club_is_meant_by_its_nickname_beside_its_league() -> None:
    text = "The Minnesota Wild beat the Sabres. The Wild lead the NHL."
    assert organisations(text)["Minnesota Wild"] == 2
    assert organisations("They walked in the Wild.") == {}


def test_a_firm_named_like_a_person_is_the_persons_where_the_text_names_one() -> None:
    assert "Ford" not in organisations("John Ford wrote books. Ford died young.")
    assert "Ford" in organisations("Ford builds cars in Detroit.")


def test_an_acronym_of_another_country_means_nothing() -> None:
    assert organisations("The PAN was hot and the ODS lay there, in English.") == {}
    assert organisations("Zástupci ODS jednali s prezidentem.", "cs", "cz") == {"ODS": 1}
