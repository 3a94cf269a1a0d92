"""A second opinion is asked where the rules are in doubt: hidden text, and the line model on pages that state nothing."""

import json
from dataclasses import replace

import pytest
from trafilatura import bare_extraction

from bench.line_examples import fingerprint
from news.configuration import read as configuration
from news.errors import ConfigurationError
from news.outlet import parse as parse_outlet
from pipelines.digest import read_with
from pipelines.extract import line_model, second_opinion
from pipelines.extract.block_segmentation import Outline, outline
from pipelines.extract.document import parse
from tests.pipelines.handmade import PARAGRAPHS, article_html, outcome, outlet, read
from tests.shared_files import shared

MORE = [f"In the {at}th week of the trial {text[0].lower()}{text[1:]}" for at in range(4, 8) for text in PARAGRAPHS]
#: boxes whose names say what they hold
NAMED = "".join(f"<div class='sidebar n{at}'>Lake {at}</div>" for at in range(12))
STATED = '<meta property="og:type" content="article">'


def marked(texts: list[str] | tuple[str, ...]) -> str:
    return "".join(f"<p class='text'>{text}</p>" for text in texts)


@pytest.mark.parametrize("hiding", ["hidden", "style='display:none'", "style='visibility: hidden'"])
def test_text_that_a_script_would_show_is_the_articles(hiding: str) -> None:
    html = article_html(STATED, body=f"{marked(PARAGRAPHS[:2])}<div {hiding}>{marked(MORE)}</div>")
    assert read(html).body.splitlines() == [*PARAGRAPHS[:2], *MORE]


def test_text_that_is_streamed_behind_an_empty_placeholder_is_read() -> None:
    html = article_html(
        STATED, body="<template id='B:0'></template>", below=f"<div hidden id='S:0'><div>{marked(MORE)}</div></div>"
    )
    assert read(html).body.splitlines() == MORE


@pytest.mark.parametrize(
    "hidden",
    [
        f"<div hidden>{marked(PARAGRAPHS)}</div>",
        f"<div hidden><h1>A bridge closes for the winter</h1>{marked(MORE)}</div>",
        "<div hidden><p>We and our partners store cookies on your device to improve this website.</p></div>",
        f"<div hidden class='gate'>{'<div>Join us today and read on for less than you pay for a coffee each week of the year.</div>' * 9}</div>",
    ],
    ids=["a copy", "another article", "a notice of cookies", "an appeal said again and again"],
)
def test_what_is_not_the_articles_stays_hidden(hidden: str) -> None:
    assert read(article_html(STATED, body=marked(PARAGRAPHS) + hidden)).body.splitlines() == list(PARAGRAPHS)


def test_an_outlets_file_or_the_environment_chooses_trafilaturas_text(monkeypatch: pytest.MonkeyPatch) -> None:
    html = article_html(body=marked([*PARAGRAPHS, *MORE]) + "<p>Advertisement</p>")
    theirs = bare_extraction(html.encode(), url="https://lake.example/news/ferry").text
    chosen = outcome(html, replace(outlet(), reader="trafilatura")).article
    assert chosen is not None
    assert (chosen.body, chosen.headline) == (theirs, "Third ferry joins the lake line")
    monkeypatch.setenv("BROADSHEET_READER", "trafilatura")
    second_opinion._reader.cache_clear()
    try:
        assert read(html).body == theirs
        assert read_with(outlet(), frozenset()) != read_with(replace(outlet(), reader="broadsheet"), frozenset())
    finally:
        second_opinion._reader.cache_clear()


@pytest.mark.parametrize("name", ["Trafilatura", "goose3"])
def test_an_unknown_reader_is_an_error_that_names_the_known(name: str) -> None:
    with pytest.raises(ConfigurationError, match="broadsheet, trafilatura"):
        parse_outlet("lake", {"name": "Lake", "home": "https://lake.example/", "reader": name}, "lake.toml")
    with pytest.raises(ConfigurationError, match="broadsheet, trafilatura"):
        configuration({"BROADSHEET_READER": name})


def old_page(comments: int) -> str:
    """A page of 2008: tables, line breaks, and readers' remarks in the same cell."""
    remarks = "".join(
        f"<br><br><b>reader{at}</b> 12:{at:02d}<br><br>well I do not believe that, {PARAGRAPHS[at % 3][:70].lower()}"
        for at in range(10, 10 + comments)
    )
    links = "".join(f"<a href='/{at}'>Section {at}</a><br>" for at in range(12))
    return (
        f"<html><head><title>Third ferry joins the lake line</title></head><body><table><tr><td>{links}</td><td>"
        f"<b>Third ferry joins the lake line</b><br><br>{'<br><br>'.join([*PARAGRAPHS, *MORE[:4]])}{remarks}</td></tr></table></body></html>"
    )


def test_the_text_of_an_old_page_is_read_with_and_without_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for there in (True, False):
        if not there:
            monkeypatch.setattr(line_model, "model", dict)
        assert set(read(old_page(0)).body.splitlines()) >= {*PARAGRAPHS, *MORE[:4]}


def test_a_missing_model_leaves_the_rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_model, "MODEL", line_model.MODEL.with_name("absent.json"))
    line_model.model.cache_clear()
    try:
        assert line_model.model() == {}
        assert read(article_html()).body == "\n".join(PARAGRAPHS)
    finally:
        monkeypatch.undo()
        line_model.model.cache_clear()


def test_a_page_that_states_an_article_and_shows_little_else_is_not_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked(*_: object) -> list[float]:
        raise AssertionError("the line model was asked")

    monkeypatch.setattr(second_opinion, "chances", asked)
    assert read(article_html(STATED, below=NAMED)).body == "\n".join(PARAGRAPHS)
    for html in (old_page(0), article_html(STATED), article_html(STATED, below=NAMED.replace("sidebar", "x1a2b3"))):
        with pytest.raises(AssertionError, match="asked"):
            read(html)


def test_names_that_say_something_are_counted_up_to_a_limit() -> None:
    body = parse(article_html(below=NAMED), "https://lake.example/1").tree.body
    assert body is not None
    page = outline(body)
    assert line_model.telling_names(page, 5) == 5
    assert line_model.telling_names(page) == 13  # with the article's own box


@pytest.mark.parametrize(("last", "beside", "kept"), [(0.95, 0.9, 4), (0.05, 0.02, 3)], ids=["longer", "shorter"])
def test_where_names_say_nothing_the_model_may_make_the_text_shorter_and_never_longer(
    monkeypatch: pytest.MonkeyPatch, last: float, beside: float, kept: int
) -> None:
    aside = "A bridge over the bay closes for the winter, and whoever wants to cross it then has to take the old road."
    chance = {**dict.fromkeys(PARAGRAPHS, 0.95), MORE[0]: last, aside: beside}

    def chances(page: Outline, _: str) -> list[float]:
        return [chance.get(block.text, 0.02) for block in page.blocks]

    monkeypatch.setattr(second_opinion, "chances", chances)
    html = article_html(STATED, body=marked([*PARAGRAPHS, MORE[0]]), below=f"<aside><p>{aside}</p></aside>")
    assert read(html).body.splitlines() == [*PARAGRAPHS, MORE[0]][:kept]


def test_the_model_was_learned_from_what_the_reader_sees_today() -> None:
    shared("pages")
    held = json.loads(line_model.MODEL.read_text(encoding="utf-8"))
    assert held["fingerprint"] == fingerprint(), "learn it anew: python bench/train_lines.py"


def test_the_models_file_is_small_fits_the_features_and_holds_numbers_alone() -> None:
    assert line_model.MODEL.stat().st_size < 1_000_000
    held = json.loads(line_model.MODEL.read_text(encoding="utf-8"))
    assert tuple(held.pop("features")) == line_model.FEATURES
    assert len(held.pop("fingerprint")) == 16

    def numbers(value: object) -> bool:
        return all(map(numbers, value)) if isinstance(value, list) else isinstance(value, int | float)

    assert numbers(held["trees"])
    assert held["trees"]


def test_each_line_has_a_number_for_each_feature_and_a_chance() -> None:
    body = parse(old_page(3), "https://lake.example/1").tree.body
    assert body is not None
    page = outline(body)
    assert {len(row) for row in line_model.features(page, "Third ferry joins the lake line")} == {
        len(line_model.FEATURES)
    }
    chances = line_model.chances(page, "Third ferry joins the lake line")
    assert len(chances) == len(page.blocks)
    assert all(0 <= chance <= 1 for chance in chances)


def test_a_text_that_is_all_standfirst_is_the_text() -> None:
    html = article_html(
        f'<meta name="description" content="{PARAGRAPHS[0]}">', body=f"<p class='lead'>{PARAGRAPHS[0]}</p>"
    )
    article = read(html)
    assert (article.standfirst, article.body) == ("", PARAGRAPHS[0])


def test_much_more_text_under_a_page_that_states_nothing_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def certain(page: Outline, _: str) -> list[float]:
        return [0.99] * len(page.blocks)

    others = "".join(f"<div class='teaser-{at}'><p>{text}</p></div>" for at, text in enumerate(MORE))
    html = f"<html><body><h1>Third ferry joins the lake line</h1><div>{marked(PARAGRAPHS)}</div><div class='related'>{others}</div></body></html>"
    monkeypatch.setattr(second_opinion, "chances", certain)
    assert read(html).body == "\n".join(PARAGRAPHS)


def test_what_stands_in_other_article_elements_is_another_article() -> None:
    def story(at: int) -> str:
        text = "".join(f"<p>On the {at}th pier: {line}</p>" for line in MORE[:5])
        return f"<article><div><h2>What the {at}th pier said</h2></div><div><div>{text}</div></div></article>"

    own = "".join(f"<p>{line}</p>" for line in PARAGRAPHS)
    head = f"<article><div><h1>Third ferry joins the lake line</h1></div><div><div>{own}</div></div></article>"
    html = f"<!doctype html><html lang='en'><head>{STATED}<title>Third ferry joins the lake line</title></head><body><div>{head}{''.join(map(story, range(4, 8)))}</div></body></html>"
    assert not [line for line in read(html).body.splitlines() if line.startswith("On the")]
