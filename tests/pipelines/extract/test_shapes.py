"""Texts in other shapes than a row of paragraphs, each with what looks alike and is none of the article's."""

import pytest

from tests.pipelines.extract.test_second_opinion import MORE, STATED
from tests.pipelines.handmade import PARAGRAPHS, read

TITLE = "Third ferry joins the lake line"
WHOLE = [*PARAGRAPHS, *MORE]


def lines(html: str) -> list[str]:
    return read(html).body.splitlines()


def marked(texts: list[str] | tuple[str, ...]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def page(body: str, below: str = "", head: str = STATED) -> str:
    return f"<!doctype html><html lang='en'><head>{head}<title>{TITLE}</title></head><body><div id='top'><a href='/'>Home</a></div><h1>{TITLE}</h1><div class='c1'>{body}</div>{below}</body></html>"


def modules(name: str, parts: tuple[int, int, int]) -> str:
    """The text in boxes of one name, between real furniture of nearly that name."""
    sizes = iter(parts)
    found, at = [], 0
    for beside in ("poll", "newsletter", "links"):
        size = next(sizes)
        found.append(f"<div class='{name} {name}-text'>{marked(WHOLE[at : at + size])}</div>")
        found.append(
            f"<div class='{name} {name}-{beside}'><p>What do you think of the boats? Vote now and see what others say.</p></div>"
        )
        at += size
    return "".join(found)


@pytest.mark.parametrize("name", ["story-widget", "promo", "teaser", "x1", "recommend", "rail-box"])
def test_a_text_made_of_modules_is_read_whatever_they_are_called(name: str) -> None:
    found = lines(page(modules(name, (9, 3, 3))))
    assert [line for line in found if line in WHOLE] == WHOLE


@pytest.mark.parametrize("name", ["paywall", "subscribe", "hide", "x1", "piano"])
def test_paragraphs_in_a_span_of_a_furniture_word_are_text(name: str) -> None:
    assert lines(page("".join(f"<p><span class='{name}'>{text}</span></p>" for text in WHOLE))) == WHOLE


@pytest.mark.parametrize("name", ["readmore", "caption", "x1"])
def test_what_a_gallery_says_of_each_picture_is_text(name: str) -> None:
    slides = "".join(
        f"<div class='slide'><img src='/{at}.jpg'><h3>Boat number {at}</h3><span class='{name}'>{text}</span></div>"
        for at, text in enumerate(WHOLE)
    )
    assert [line for line in lines(page(slides)) if line in WHOLE] == WHOLE


@pytest.mark.parametrize("name", ["deal-widget", "product-card", "x1", "cta"])
def test_a_list_of_products_is_text(name: str) -> None:
    items = "".join(
        f"<div class='{name}'><h3>The boat {at}</h3><div class='price'><a href='https://shop.example/{at}'>$ {at}9 at the shop</a></div><p>{text}</p></div>"
        for at, text in enumerate(WHOLE)
    )
    assert [line for line in lines(page(items)) if line in WHOLE] == WHOLE


@pytest.mark.parametrize("deep", [15, 50])
def test_slides_that_are_never_closed_are_all_read(deep: int) -> None:
    texts = [f"On the {at}th pier, {text[0].lower()}{text[1:]}" for at in range(deep) for text in PARAGRAPHS[:1]]
    slides = "".join(f"<div class='slide'><h2>Pier {at}</h2><p>{text}</p>" for at, text in enumerate(texts))
    assert [line for line in lines(page(slides)) if line in texts] == texts


def test_a_recipe_is_its_ingredients_and_its_steps() -> None:
    ingredients = [
        "2 onions",
        "500 g flour",
        "1 cup of cream",
        "3 eggs",
        "salt",
        "a pinch of nutmeg",
        "250 ml milk",
        "1 lemon",
        "20 g yeast",
        "40 g butter",
        "chives",
        "black pepper",
    ]
    body = (
        marked(PARAGRAPHS[:2])
        + f"<h2>Ingredients</h2><ul>{''.join(f'<li>{each}</li>' for each in ingredients)}</ul><h2>Steps</h2>"
        + f"<ol>{''.join(f'<li>{text}</li>' for text in MORE[:4])}</ol><table><tr><td>Energy</td><td>300 kcal</td></tr><tr><td>Fat</td><td>12 g</td></tr></table>"
    )
    found = lines(page(body))
    assert [line for line in found if line in ingredients] == ingredients
    assert [line for line in found if line in MORE] == MORE[:4]
    assert "Energy 300 kcal" in found


def test_deals_with_a_price_and_a_link_are_the_text() -> None:
    deals = [f"Boat model {at} with two oars, now {at}9 crowns instead of {at}99" for at in range(1, 41)]
    items = "".join(
        f"<h2>Boats of {at} metres</h2><ul><li><a href='https://shop.example/{at}'>{deal}</a></li></ul>"
        for at, deal in enumerate(deals)
    )
    found = lines(page(marked(PARAGRAPHS) + items))
    assert [line for line in found if line in deals] == deals


def test_links_to_stories_of_the_same_site_are_no_deals() -> None:
    items = "".join(
        f"<h2>Boats of {at} metres</h2><ul><li><a href='/news/{at}'>The story of the boat {at} and its crew</a></li></ul>"
        for at in range(9)
    )
    assert not [line for line in lines(page(marked(PARAGRAPHS) + items)) if "story of the boat" in line]


def test_a_notice_of_labels_and_values_is_text() -> None:
    values = [f"Intensity {at}: Lindholm, Aville, Beville" for at in range(4, 0, -1)] + [
        "Depth: 10 km",
        "Magnitude: 4.6",
    ]
    assert lines(page(marked([PARAGRAPHS[0], *values]))) == [PARAGRAPHS[0], *values]


def test_three_other_articles_in_full_below_are_not_the_text() -> None:
    others = "".join(
        f"<div class='c1'><h2>Another story {at} of the day</h2><p class='x9'>By Jane Roe</p>{marked([f'{text} {at}' for text in PARAGRAPHS])}</div>"
        for at in range(3)
    )
    assert lines(page(marked(WHOLE), others)) == WHOLE
    assert lines(page(marked(WHOLE) + others.replace("c1", "c2"))) == WHOLE


def test_a_text_that_stands_whole_and_in_pieces_is_read_once() -> None:
    html = page(f"<div>{' '.join(WHOLE)}</div><div>{'<br><br>'.join(WHOLE)}</div>")
    assert lines(html) == WHOLE


def test_the_source_of_a_script_is_no_text() -> None:
    source = (
        "var eload_ad = new Array(); eload_ad[0] = 'x'; function eload(a, b) { document.write('<'+a); } eload(1, 2);"
    )
    for box in (f"<div>{source}</div>", f"<p>{source}</p>"):
        assert lines(page(marked(PARAGRAPHS) + box + marked(MORE))) == WHOLE


APPEAL = [
    "We can only do this work because you stand by us, and your contribution keeps our reporting free for everyone who needs it.",
    "If you can, please support us today with as little as one crown a month; it takes less than a minute of your time.",
    "Your support means that our reporters can go on asking the questions that matter to you and to all of us here.",
]


def test_an_appeal_for_money_is_no_text() -> None:
    box = f"<div>{marked(APPEAL)}<a href='/donate'>Donate now</a></div>"
    again = "<div><p>You have read this for free. We need your help, and every contribution of our readers counts for us.</p><a href='/donate'>Give</a></div>"
    assert lines(page(marked(WHOLE[:4]) + box + marked(WHOLE[4:]) + again)) == WHOLE


@pytest.mark.parametrize(
    "notice",
    [
        "All rights reserved. Reproduction in whole or in part without permission is prohibited.",
        "Wszelkie prawa zastrzeżone. Kopiowanie bez zgody wydawcy jest zabronione.",
        "Alle Rechte vorbehalten. Nachdruck nur mit Genehmigung.",
        "Todos los derechos reservados. Prohibida su reproducción total o parcial.",
        "Tous droits réservés. Toute reproduction est interdite.",
        "無断転載を禁じます",
        "この記事は会員限定です",
        "本文为会员专享内容",
        "Download our app for Android and iOS to get the latest stories.",
        "Hazte socio y disfruta de beneficios exclusivos",
    ],
)
def test_a_notice_of_rights_or_membership_below_the_text_is_none_of_it(notice: str) -> None:
    assert lines(page(marked(WHOLE) + f"<p>{notice}</p>")) == WHOLE


def test_an_article_on_rights_keeps_its_sentences() -> None:
    text = "The court held on Friday that the words “all rights reserved” on the map of 1912 bind nobody today, as the author died long ago."
    assert lines(page(marked([*PARAGRAPHS, text]))) == [*PARAGRAPHS, text]


def test_a_heading_with_what_looks_like_a_byline_begins_no_other_article() -> None:
    text = "By the time the boat came in, nobody waited."
    assert lines(page(marked(WHOLE[:6]) + f"<h2>The evening</h2><p>{text}</p>" + marked(WHOLE[6:]))) == [
        *WHOLE[:6],
        "The evening",
        text,
        *WHOLE[6:],
    ]


def test_many_signed_parts_are_one_text() -> None:
    parts = "".join(f"<h2>Pier {at}</h2><p>By Jane Roe</p>{marked([text])}" for at, text in enumerate(WHOLE))
    assert [line for line in lines(page(parts)) if line in WHOLE] == WHOLE


def test_an_appeal_that_the_text_quotes_is_text() -> None:
    quoted = "“Please support us, your contribution keeps the old ferry afloat,” the sign at the northern pier says to all who pass."
    assert lines(page(marked([*PARAGRAPHS, quoted, *MORE]))) == [*PARAGRAPHS, quoted, *MORE]


@pytest.mark.parametrize(
    "line",
    [
        "Publié le 3 novembre 2026 à 08h15, mis à jour le 4 novembre 2026 à 10h02",
        "Tuesday, 3 November 2026",
        "Опубликовано 3 мая 2026, 12:10",
        "2026年11月3日 08:15",
        "03/11/2026 - 10:15",
    ],
)
def test_a_line_of_dates_above_the_text_is_none_of_it(line: str) -> None:
    assert lines(page(f"<p class='d'>{line}</p>" + marked(WHOLE))) == WHOLE


@pytest.mark.parametrize(
    "line",
    [
        "In 2026 the lake froze over.",
        "On 3 May 2026 the mayor of the town resigned",
        "Lindholm 1912: a memory of the lake",
    ],
)
def test_a_sentence_with_a_year_is_no_line_of_dates(line: str) -> None:
    assert line in lines(page(marked([line, *WHOLE])))


def test_an_article_about_scripts_keeps_its_code_and_its_sentences() -> None:
    text = "The function of the harbour master (and of his deputy) is to count boats; var is a word for it in the valley dialect."
    assert text in lines(page(marked([*PARAGRAPHS, text, *MORE])))


def test_a_byline_below_a_parts_last_paragraph_ends_no_text() -> None:
    part = f"<h2>The evening</h2><p>{WHOLE[6]}</p><p>By Jane Roe</p>"
    assert [line for line in lines(page(marked(WHOLE[:6]) + part + marked(WHOLE[7:]))) if line in WHOLE] == WHOLE


CAPTION = "The ferry Lena at the northern pier on its last day before the winter break"


@pytest.mark.parametrize(
    "frame",
    [
        "<div><img src='/1.jpg'><div>{}</div></div>",
        "<div><div><a href='/1.jpg'><img src='/1.jpg'></a></div><p>{}</p></div>",
        "<section><video src='/1.mp4'></video><p>{}</p><p>Photo desk of the lake</p></section>",
    ],
)
def test_the_lines_in_a_box_with_a_picture_are_its_caption(frame: str) -> None:
    marked_texts = [f"<p>{text}</p>" for text in WHOLE]
    marked_texts.insert(3, frame.format(CAPTION))
    assert lines(page("".join(marked_texts))) == WHOLE


@pytest.mark.parametrize(
    "part",
    [
        "<div><img src='/1.jpg'><h3>The oldest boat</h3><p>{}</p></div>",
        "<p><img src='/1.jpg'>{}</p>",
        "<div><img src='/smiley.png' width='16' height='16'><p>{}</p></div>",
    ],
)
def test_a_part_of_the_text_that_has_a_picture_is_text(part: str) -> None:
    text = f"{CAPTION}, which the mayor had promised to put off."
    marked_texts = [f"<p>{text}</p>" for text in WHOLE]
    marked_texts.insert(3, part.format(text))
    assert text in lines(page("".join(marked_texts)))


@pytest.mark.parametrize("tag", ["h1", "h2"])
def test_what_stands_above_the_headline_is_no_text(tag: str) -> None:
    above = (
        "<p>Why you can trust us: we take every boat that we write of ourselves, and pay for it, whatever it costs.</p>"
    )
    head = f"{STATED}<meta property='og:title' content='{TITLE}'>"
    html = f"<!doctype html><html lang='en'><head>{head}<title>{TITLE}</title></head><body><div>{above}<{tag}>{TITLE}</{tag}>{marked(WHOLE)}</div></body></html>"
    assert lines(html) == WHOLE


def test_a_text_above_its_headline_is_text() -> None:
    html = f"<!doctype html><html lang='en'><head>{STATED}<title>{TITLE}</title></head><body><div>{marked(WHOLE[:8])}<h2>{TITLE}</h2>{marked(WHOLE[8:])}</div></body></html>"
    assert [line for line in lines(html) if line in WHOLE] == WHOLE


@pytest.mark.parametrize("anchor", ["nav-of-the-lake", "free-download", "social"])
def test_the_id_of_a_heading_is_no_name(anchor: str) -> None:
    heading = "What the lake line costs"
    found = lines(page(f"{marked(WHOLE[:4])}<h2 id='{anchor}' class='sub'>{heading}</h2>{marked(WHOLE[4:])}"))
    assert found == [*WHOLE[:4], heading, *WHOLE[4:]]
