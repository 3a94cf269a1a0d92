"""Text that only a page's script has, and what such a state has beside it."""

import json

import pytest

from tests.pipelines.extract.test_second_opinion import MORE, STATED
from tests.pipelines.handmade import PARAGRAPHS, article_html, read

TITLE = "Third ferry joins the lake line"
TEASERS = [
    {"title": f"Story number {at} of the day", "url": f"/news/{at}", "summary": f"{text} And so on, the {at}th time."}
    for at, text in enumerate(PARAGRAPHS * 2)
]


def tree(texts: list[str]) -> list[dict[str, object]]:
    return [
        {
            "type": "paragraph",
            "children": [{"text": text[:40]}, {"type": "link", "url": "/x", "children": [{"text": text[40:]}]}],
        }
        for text in texts
    ]


def written(value: object) -> str:
    """JSON as pages write it into a script."""
    return json.dumps(value).replace("<", "\\u003c")


def as_json(state: object) -> str:
    return f"<script type='application/json'>{written(state)}</script>"


def assigned(state: object) -> str:
    return f"<script>window.__STATE__ = {written(state)};</script>"


def parsed(state: object) -> str:
    return f"<script>window.__STATE__ = JSON.parse({written(json.dumps(state))});</script>"


def pushed(text: str, size: int = 333) -> str:
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    return "".join(f"<script>self.__f.push([1,{written(part)}])</script>" for part in parts)


def marked(texts: list[str] | tuple[str, ...]) -> str:
    return "".join(f"<p class='text'>{text}</p>" for text in texts)


def page(script: str, shown: list[str] | tuple[str, ...] = ()) -> str:
    return article_html(STATED, body=marked(shown) or "<div id='root'></div>", below=script)


@pytest.mark.parametrize("write", [as_json, assigned, parsed])
@pytest.mark.parametrize("title", [{}, {"title": TITLE}, {"headline": TITLE, "teasers": TEASERS}])
def test_the_rest_of_a_text_is_read_from_the_state_of_a_script(write, title) -> None:  # type: ignore[no-untyped-def]
    state = {"page": {**title, "content": tree(MORE)}, "more": {"stories": TEASERS[:5]}}
    assert read(page(write(state), PARAGRAPHS[:2])).body.splitlines() == [*PARAGRAPHS[:2], *MORE]


@pytest.mark.parametrize(
    "content",
    [tree([*PARAGRAPHS, *MORE]), marked([*PARAGRAPHS, *MORE]), "\n\n".join([*PARAGRAPHS, *MORE])],
    ids=["a tree", "HTML", "plain text"],
)
def test_a_whole_text_of_which_a_part_is_shown_is_read_once(content: object) -> None:
    html = page(
        as_json({"article": {"headline": "For search engines", "body": content}, "list": TEASERS}), PARAGRAPHS[:2]
    )
    assert read(html).body.splitlines() == [*PARAGRAPHS, *MORE]


@pytest.mark.parametrize(
    "stream",
    [
        marked(MORE),
        "2:"
        + json.dumps(["$", "div", None, {"children": [["$", "p", None, {"children": text}] for text in MORE]}])
        + "\n",
    ],
    ids=["escaped HTML", "a tree of elements"],
)
def test_text_that_is_pushed_in_chunks_is_put_together(stream: str) -> None:
    assert read(page(pushed(stream))).body.splitlines() == MORE


@pytest.mark.parametrize(
    "state",
    [
        {"stories": TEASERS},
        {"article": {"title": TITLE, "related": [{"title": each["title"], "content": tree(MORE)} for each in TEASERS]}},
        {"next": {"headline": "Mayor of the hill town resigns", "content": tree(MORE)}},
        {"article": {"title": TITLE, "comments": tree(MORE)}},
        {"settings": {"texts": [f"We and our partners store data for purpose {at} of this long list of purposes here." for at in range(9)]}},
        {"article": {"title": TITLE, "offers": [f"Up to {at} per cent off all boats at the ferry shop" for at in range(30)]}},
        {"a": {"content": tree(MORE[:6])}, "b": {"content": tree(MORE[6:])}},
    ],
    ids=["teasers", "articles that are related", "the next article", "comments", "purposes of consent", "offers", "two rivals"],
)  # fmt: skip
def test_what_is_not_the_articles_stays_in_the_state(state: object) -> None:
    assert read(page(as_json(state), PARAGRAPHS[:2])).body.splitlines() == list(PARAGRAPHS[:2])


def test_a_text_that_is_shown_whole_is_not_looked_for_in_scripts() -> None:
    whole = [*PARAGRAPHS, *MORE]
    assert read(page(as_json({"title": TITLE, "content": tree(MORE * 3)}), whole)).body.splitlines() == whole


@pytest.mark.parametrize(
    "script",
    ["<script>" + ".push([" * 100_000 + "</script>", "<script type='application/json'>" + "[" * 200_000 + "</script>",
     "<script>a = {" + "b = {" * 100_000 + "</script>", "<script>x.push([\"" + ".push([\"" * 50_000 + "</script>"],
    ids=["pushes", "nested", "assignments", "open texts"],
)  # fmt: skip
def test_a_hostile_state_is_no_text(script: str) -> None:
    assert read(page(script, PARAGRAPHS[:2])).body.splitlines() == list(PARAGRAPHS[:2])


def test_html_in_json_lds_body_keeps_its_paragraphs() -> None:
    node = {"@type": "NewsArticle", "headline": TITLE, "articleBody": marked(MORE)}
    html = f"<html><head><script type='application/ld+json'>{json.dumps(node)}</script></head><body><div id='root'></div></body></html>"
    assert read(html).body.splitlines() == MORE
