"""A page without a text that can be read gives what is known of its article, and says why the text is missing."""

import json
from typing import Any

import pytest

from news.article import Article, BodyMissing
from news.outcome import Outcome
from tests.pipelines.handmade import PARAGRAPHS, outcome, read

HEADLINE = "Third ferry joins the lake line"
NODE = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": HEADLINE,
    "datePublished": "2026-05-28T07:30:00+02:00",
    "author": {"@type": "Person", "name": "Ada Moss"},
}
PART = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".paid"}
FILM = {"@type": "VideoObject", "name": HEADLINE, "uploadDate": "2026-05-28T07:30:00+02:00"}
MENU = "".join(f"<li><a href='/{name}'>{name.title()} on the lake today</a></li>" for name in "ab cd ef gh ij".split())


def html(
    *nodes: dict[str, Any], head: str = "", body: str = "", headline: str = HEADLINE, title: str = "", menu: str = MENU
) -> str:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes)
    return (
        f'<html lang="en"><head><title>{title or headline}</title>{head}{scripts}</head>'
        f"<body><nav><ul>{menu}</ul></nav><main><h1>{headline}</h1>{body}</main></body></html>"
    )


def missing(page: str) -> Article:
    found = read(page)
    assert found.body == ""
    assert found.body_missing is not None
    assert found.headline
    return found


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (html(NODE | {"isAccessibleForFree": False}), BodyMissing.PAYWALL),
        (html(NODE | {"hasPart": PART}, body="<div id='root'></div>"), BodyMissing.PAYWALL),
        (html(NODE, head='<meta name="article:content_tier" content="locked">'), BodyMissing.PAYWALL),
        (html(NODE, body="<div id='root'></div>"), BodyMissing.SCRIPT),
        (html(NODE, body="<div itemprop='articleBody'> </div>"), BodyMissing.SCRIPT),
        (html(NODE, body="<p>Please enable JavaScript to read this page.</p>"), BodyMissing.SCRIPT),
        (html(NODE, body="<noscript>Чтобы читать дальше, включите JavaScript.</noscript>"), BodyMissing.SCRIPT),
        (html(NODE, head="<script src='/app.js'></script>", menu=""), BodyMissing.SCRIPT),
        (html(FILM, head='<meta property="og:type" content="video.other">'), BodyMissing.VIDEO),
        (html(NODE, FILM), BodyMissing.VIDEO),
        (html(NODE), BodyMissing.EMPTY),
        (html(NODE, body="<noscript><img src='/count.gif'></noscript><div id='root'>" + MENU + "</div>"), "empty"),
    ],
)
def test_the_reason_is_what_the_page_shows(page: str, why: str) -> None:
    found = missing(page)
    assert found.body_missing == why
    assert (found.headline, found.date_published is not None) == (HEADLINE, True)
    assert Article.from_json(found.as_json()) == found


def test_all_that_is_known_stays() -> None:
    found = missing(html(NODE | {"keywords": ["ferry"], "articleSection": "Lake"}, body="<div id='app'></div>"))
    assert (found.authors, found.keywords, found.article_section) == (("Ada Moss",), ("ferry",), "Lake")


@pytest.mark.parametrize("nodes", [(NODE,), (NODE | {"isAccessibleForFree": False},)])
def test_a_text_is_never_called_missing(nodes: tuple[dict[str, Any], ...]) -> None:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    found = read(html(*nodes, body=f"<article>{text}</article><div id='root'></div>"))
    assert (found.body_missing, found.body) == (None, "\n".join(PARAGRAPHS))
    scripts = "JavaScript turns thirty this week, said the man who wrote it in ten days, long before anybody asked."
    found = read(html(*nodes, body=f"<article><p>{scripts}</p></article>", headline="JavaScript turns thirty"))
    assert (found.body_missing, found.body) == (None, scripts)


@pytest.mark.parametrize(
    ("page", "ends_as"),
    [
        (html(), {Outcome.NOT_AN_ARTICLE, Outcome.EMPTY}),
        # who wrote it and when it came out are unknown: of such a page nothing but a title is known
        (html({"@type": "NewsArticle", "headline": HEADLINE}), {Outcome.EMPTY}),
        (html(head='<meta property="og:type" content="article">'), {Outcome.EMPTY}),
        # walls of any sort stay walls, whatever they state
        (html(NODE, headline="Just a moment..."), {Outcome.WALL}),
        (html(NODE | {"headline": "Page not found"}, headline="Page not found"), {Outcome.WALL}),
        (html(headline="Seite nicht gefunden", title="Seite nicht gefunden"), {Outcome.WALL}),
        (html({"@type": "CollectionPage", "name": "Ferries"}), {Outcome.NOT_AN_ARTICLE}),
        ("<html><head><title>Lake</title></head><body></body></html>", {Outcome.EMPTY}),
    ],
)
def test_of_what_nothing_is_known_and_of_walls_there_is_no_article(page: str, ends_as: set[Outcome]) -> None:
    found = outcome(page)
    assert found.article is None
    assert found.refusal is not None
    assert found.refusal.outcome in ends_as


def test_a_dated_address_alone_makes_no_article_of_a_page_without_text() -> None:
    assert outcome(html(), url="https://lake.example/2026/05/28/ferry").article is None


def test_a_headline_that_speaks_as_walls_do_is_none_where_the_page_states_its_article() -> None:
    headline = "Forbidden city reopens its gardens to visitors"
    assert missing(html(NODE | {"headline": headline}, headline=headline)).headline == headline
