"""The whole of enrichment: the order of the steps, and what any text is safe from."""

import json
from importlib import import_module

import pytest

from news.article import Article
from news.outlet import Outlet
from pipelines.enrich import STEPS, enrich

OUTLET = Outlet(slug="the_bridge", name="The Bridge", home="https://bridge.example/", country="gb", languages=("en",))


def article(body: str, **fields: object) -> Article:
    return Article(**({"url": "https://bridge.example/a", "body": body, "in_language": "en"} | fields))  # type: ignore[arg-type]


def test_an_empty_article_gives_empty_results() -> None:
    assert enrich(article(""), OUTLET) == {"word_count": 0, "reading_seconds": 0, "section": "other", "keywords": []}


@pytest.mark.parametrize(
    "body",
    [
        "a" * 500_000,
        "word " * 100_000,
        "Paris " * 80_000,
        "1 " * 250_000,
        "Москваالعراق東京Paris" * 20_000,
        "東京" * 250_000,
        "\n" * 500_000,
        "“" * 100_000,
        "A. " * 150_000,
        "Mr " * 150_000,
        "İ" * 1_000,
        "\ud800 lone surrogate \x00",
    ],
)
def test_any_text_gives_json_and_no_error(body: str) -> None:
    found = enrich(article(body), OUTLET)
    assert json.loads(json.dumps(found)).keys() == found.keys()


def test_each_step_is_a_public_function_of_its_own_name() -> None:
    names = [step.__name__ for step in STEPS]
    assert len(set(names)) == len(names)
    assert all(step is getattr(import_module(step.__module__), step.__name__) for step in STEPS)


def test_countries_and_cities_are_named_with_their_codes_and_the_country_it_is_about() -> None:
    found = enrich(article("Talks were held in Baghdad. Iraq and Iran agreed, and Iraq will pay."), OUTLET)
    assert {(place["name"], place["code"]) for place in found["places"]} == {
        ("Baghdad", "IQ"),
        ("Iraq", "IQ"),
        ("Iran", "IR"),
    }
    assert found["about_country"] == "IQ"


def test_sections_come_from_the_page_first_and_then_from_the_address() -> None:
    assert enrich(article("", article_section="Wirtschaft"), OUTLET)["section"] == "business"
    assert enrich(article("", url="https://bridge.example/world/sport/final-1"), OUTLET)["section"] == "sport"
    assert enrich(article("", url="https://bridge.example/n/1"), OUTLET)["section"] == "other"


def test_keywords_are_the_pages_own_without_its_machinery() -> None:
    words = ("Bridge, river", "#River", "topic:123", "The Bridge", "x" * 90, "")
    assert enrich(article("", keywords=words), OUTLET)["keywords"] == ["Bridge", "river"]
