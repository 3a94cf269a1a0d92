"""The other steps: the country an article is about, quotes, figures, counts, and whose data it all is."""

import pytest

from news.attribution import SOURCES, attributions
from pipelines.enrich import enrich
from tests.pipelines.enrich.writing import OUTLET, article, outlet


def about(body: str, language: str = "en", headline: str = "") -> str | None:
    found: str | None = enrich(article(body, language, headline), OUTLET).get("about_country")
    return found


def test_an_article_is_about_where_things_happen_not_about_whom_it_names_most() -> None:
    text = "US forces struck in Iraq. US officials spoke. The strike hit Baghdad. In Iraq, Iraqi lawmakers protested."
    assert about(text) == "IQ"


def test_a_recipe_is_about_no_country() -> None:
    assert about("Whip the cream, add sugar, and think of Paris.") is None


def test_adjectives_tell_the_country_too() -> None:
    assert (
        about("Die ukrainische Armee und der ukrainische Präsident meldeten sich; ukrainische Dörfer brannten.", "de")
        == "UA"
    )


def test_a_quote_goes_to_whom_the_text_names_beside_it() -> None:
    body = (
        "“The bridge will be rebuilt by spring,” said Mayor Anna Keller. “We have the money we need,” she added.\n"
        "Peter Hahn warned: “The river does not read our plans at all.”\n“Nobody said who spoke these words.”"
    )
    found = enrich(article(body), OUTLET)["quotes"]
    assert [(each["speaker"], each["text"][:11]) for each in found] == [
        ("Anna Keller", "The bridge "),
        ("Anna Keller", "We have the"),
        ("Peter Hahn", "The river d"),
    ]


def test_german_quotation_marks_are_quotation_marks() -> None:
    body = "„Wir werden die Brücke neu bauen“, sagte Bürgermeisterin Anna Keller."
    assert enrich(article(body, "de"), OUTLET)["quotes"][0]["speaker"] == "Anna Keller"


@pytest.mark.parametrize(
    ("text", "value", "unit", "written"),
    [
        ("It cost $1.2 billion to build.", 1_200_000_000, "USD", "$1.2 billion"),
        ("Es kostete 3,5 Millionen Euro im Jahr.", 3_500_000, "EUR", "3,5 Millionen Euro"),
        ("About 12,500 people came.", 12_500, "people", "12,500 people"),
        ("Rund 12.500 Menschen kamen.", 12_500, "people", "12.500 Menschen"),
        ("It rose 6.6 per cent in May.", 6.6, "%", "6.6 per cent"),
        ("La hausse est de 17 % sur un an.", 17, "%", "17 %"),
        ("Погибли 25 человек.", 25, "people", "25 человек"),
    ],
)
def test_figures_have_a_value_and_a_unit(text: str, value: float, unit: str, written: str) -> None:
    assert enrich(article(text), OUTLET)["figures"] == [{"value": value, "unit": unit, "text": written}]


def test_years_scores_and_addresses_are_no_figures() -> None:
    assert "figures" not in enrich(article("In 2024 they won 3:1 at 10 Downing Street, room B12, on 5 May."), OUTLET)


def test_words_are_counted_where_no_space_parts_them() -> None:
    assert enrich(article("東京は晴れ。", "ja"), OUTLET)["word_count"] == 5
    assert enrich(article("one two three's four-five"), OUTLET)["word_count"] == 4


def test_who_reads_slowly_is_told_in_seconds() -> None:
    assert enrich(article("word " * 238), OUTLET)["reading_seconds"] == 60


def test_every_source_of_data_is_named_with_its_licence() -> None:
    assert {source.licence for source in SOURCES} >= {"CC BY 4.0", "Unicode-3.0", "MIT"}
    assert all(source.name in line for source, line in zip(SOURCES, attributions(), strict=True))


def test_the_outlets_country_decides_between_towns() -> None:
    text = "Police in Plymouth closed the road."
    assert enrich(article(text), outlet("gb"))["places"][0]["code"] == "GB"
