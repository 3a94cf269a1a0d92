"""Golden pages of our own writing: each holds one rule, in the languages and scripts of the world's news."""

import json
from pathlib import Path

import pytest

from news.article import Article
from pipelines.extract import extract
from tests.pipelines.handmade import outlet, page

PAGES = Path(__file__).parents[2] / "pages"
GOLDEN = sorted(PAGES.glob("*/*.json"))


def read(golden: Path) -> tuple[Article, dict[str, object]]:
    expected = json.loads(golden.read_text(encoding="utf-8"))
    where = outlet(country=expected.get("country", ""), timezone=expected.get("timezone"))
    html = golden.with_suffix(".html").read_bytes()
    content_type = expected.get("content_type", "text/html")
    found = extract(page(html, url=expected["url"], content_type=content_type), where)
    assert found.article is not None, found.refusal
    return found.article, expected["article"]


@pytest.mark.parametrize("golden", [pytest.param(each, id=f"{each.parent.name}/{each.stem}") for each in GOLDEN])
def test_a_golden_page_is_read_as_written_beside_it(golden: Path) -> None:
    article, expected = read(golden)
    document = json.loads(json.dumps(article.as_json()))
    assert {name: document.get(name) for name in expected} == expected


def test_there_are_golden_pages_in_the_scripts_that_the_real_ones_lack() -> None:
    languages = {json.loads(each.read_text(encoding="utf-8"))["article"].get("in_language", "")[:2] for each in GOLDEN}
    assert languages >= set("ar fa hi bn th ja ko zh tr ru".split())
