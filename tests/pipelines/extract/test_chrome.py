"""What recurs over an outlet's pages is not the article: learned from many, dropped from each, never a line of one."""

import gzip
import json
from collections import Counter, defaultdict

from news.outlet import Outlet
from news.page import Page
from news.url import site_of
from pipelines.extract import Extracted, extract
from pipelines.extract.comparison import letters, line_hash
from tests.pipelines.handmade import FETCHED_AT, PARAGRAPHS, article_html, outcome, outlet, page
from tests.shared_files import shared

#: said on every page of the outlet, in words that no single page gives away
STANDING = "The Courier has been printed on the quay since the year of the great flood, and it is read in both towns."


def numbered(at: int) -> str:
    body = f"<p>Boat {at}: {PARAGRAPHS[0]}</p><p>{STANDING}</p><p>Pier {at}: {PARAGRAPHS[1]}</p><p>Tide {at}: {PARAGRAPHS[2]}</p>"
    title = f"Boat number {at} sails - Fresh from the lake"
    node = f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "{title}"}}</script>'
    return article_html(head=f"<title>{title}</title>{node}", top="", body=body)


def learned(pages: list[Extracted]) -> frozenset[int]:
    counts = Counter(line for found in pages for line in set(found.lines))
    return frozenset(line for line, times in counts.items() if times >= max(2, len(pages) / 2))


def test_a_line_that_recurs_over_the_pages_leaves_the_text_and_nothing_else_does() -> None:
    pages = [outcome(numbered(at), url=f"https://lake.example/{at}") for at in range(6)]
    chrome = learned(pages)
    for at, alone in enumerate(pages):
        assert alone.article is not None
        assert STANDING in alone.article.body
        found = extract(page(numbered(at), url=f"https://lake.example/{at}"), outlet(), chrome).article
        assert found is not None
        assert found.body.split("\n") == [line for line in alone.article.body.split("\n") if line != STANDING]


def test_a_suffix_that_recurs_behind_the_headlines_leaves_them() -> None:
    pages = [outcome(numbered(at), url=f"https://lake.example/{at}") for at in range(6)]
    assert pages[0].article is not None
    assert pages[0].article.headline.endswith("Fresh from the lake")
    found = extract(page(numbered(3)), outlet(), learned(pages)).article
    assert found is not None
    assert found.headline == "Boat number 3 sails"


def test_an_article_at_two_addresses_does_not_make_its_text_chrome() -> None:
    once = outcome(article_html())
    found = extract(page(article_html()), outlet(), frozenset(once.lines)).article
    assert found is not None
    assert found.body == "\n".join(PARAGRAPHS)


def test_the_explanation_names_the_dropped_line() -> None:
    chrome = frozenset({line_hash(STANDING)})
    found = extract(page(numbered(1)), outlet(), chrome, explain=True)
    assert [each.why for each in found.candidates["body"] if each.value.startswith("The Courier")] == [
        "recurs over the outlet's pages"
    ]


def test_over_real_outlets_chrome_takes_foreign_lines_and_no_line_of_an_article() -> None:
    saved_pages = shared("pages")
    by_site: dict[str, list[tuple[dict[str, str], Page]]] = defaultdict(list)
    for name in ("fundus", "aed", "zyte"):
        for line in (saved_pages / name / "truth.jsonl").read_text(encoding="utf-8").splitlines():
            truth = json.loads(line)
            content = gzip.decompress((saved_pages / name / f"{truth['id']}.html.gz").read_bytes())
            url = truth["url"]
            saved = Page(url=url, final_url=url, status=200, content=content, fetched_at=FETCHED_AT)
            by_site[site_of(url)].append((truth, saved))
    taken = 0
    for site, pages in by_site.items():
        if len(pages) < 4:
            continue
        where = Outlet(slug="", name="", home=f"https://{site}/")
        alone = [extract(saved, where) for _, saved in pages]
        chrome = learned(alone)
        for (truth, saved), before in zip(pages, alone, strict=True):
            after = extract(saved, where, chrome)
            assert before.article is not None
            assert after.article is not None
            kept = set(after.article.body.split("\n"))
            gone = [line for line in before.article.body.split("\n") if line not in kept]
            whole = letters(truth["body"])
            assert [line for line in gone if letters(line) in whole] == []
            taken += len(gone)
    assert taken > 0
