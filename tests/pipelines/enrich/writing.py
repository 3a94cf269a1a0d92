"""Articles of our own for the tests of enrichment."""

from news.article import Article
from news.outlet import Outlet
from pipelines.enrich import enrich

OUTLET = Outlet(slug="the_bridge", name="The Bridge", home="https://bridge.example/", country="", languages=("en",))


def outlet(country: str = "") -> Outlet:
    """Return an outlet of a country."""
    return Outlet(slug="the_bridge", name="The Bridge", home="https://bridge.example/", country=country)


def article(body: str, language: str = "en", headline: str = "") -> Article:
    """Return an article with this text."""
    return Article(url="https://bridge.example/a", headline=headline, body=body, in_language=language)


def places(body: str, language: str = "en", country: str = "") -> set[str]:
    """Return what is found of places: ISO codes of countries and regions, "CC Town" for towns."""
    found = enrich(article(body, language), outlet(country)).get("places", [])
    return {f"{each['code']} {each['name']}" if each["kind"] == "city" else each["code"] for each in found}


def people(body: str, language: str = "en") -> dict[str, int]:
    """Return the persons found, with their mentions."""
    return {each["name"]: each["mentions"] for each in enrich(article(body, language), OUTLET).get("people", [])}


def organisations(body: str, language: str = "en", country: str = "") -> dict[str, int]:
    """Return the organisations found, with their mentions."""
    found = enrich(article(body, language), outlet(country)).get("organisations", [])
    return {each["name"]: each["mentions"] for each in found}
