"""Texts of kinds that look like what is left out: songs, essays in pictures, interviews, chapters about comments."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from pipelines.extract.block_segmentation import outline
from pipelines.extract.body import entries
from pipelines.extract.boilerplate import boilerplate
from tests.pipelines.handmade import PARAGRAPHS, article_html, read

HEADLINE = "Third ferry joins the lake line"
TEXT = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
MORE = tuple(paragraph.replace(" lake", " bay") + " So it was." for paragraph in PARAGRAPHS)
REST = "".join(f"<p>{paragraph}</p>" for paragraph in MORE)
REFRAIN = (
    "Row, row the boat across the lake, my love, until the bells have rung and all the nets are dry again, row on."
)
AUTHOR = "<meta name='author' content='Ada Marsh'>"


def bare(body: str, top: str = f"<h1>{HEADLINE}</h1>") -> str:
    """Return a page whose boxes have no names."""
    return (
        f"<!doctype html><html lang='en'><head><title>{HEADLINE}</title></head>"
        f"<body><div>{top}</div><div>{body}</div></body></html>"
    )


@pytest.mark.parametrize(
    ("tag", "label"),
    [
        ("h2", "Comments"),
        ("h4", "<a href='#c'>Comments (12)</a>"),
        ("p", "<b>Comment</b>"),
        ("p", "12 comments"),
        ("div", "Comments"),
        ("div", "12 comments"),
    ],
)
def test_a_text_goes_on_below_a_line_of_comments_among_its_paragraphs(tag: str, label: str) -> None:
    body = f"{TEXT}<{tag}>{label}</{tag}>{REST}"
    assert all(each in read(article_html(body=body)).body for each in (*PARAGRAPHS, *MORE))
    assert all(each in read(bare(body)).body for each in (*PARAGRAPHS, *MORE))


@pytest.mark.parametrize("label", ["Comments", "3 comments"])
@pytest.mark.parametrize("between", ["<p>Ada Roe {}</p>", "<p>4 May 2024, 10:1{}</p>"])
def test_what_readers_wrote_among_the_paragraphs_has_names_or_dates_between(label: str, between: str) -> None:
    said = "".join(f"{between.format(at)}<p>{paragraph}</p>" for at, paragraph in enumerate(MORE))
    assert read(article_html(body=f"{TEXT}<h3>{label}</h3>{said}")).body == "\n".join(PARAGRAPHS)


@pytest.mark.parametrize("verse", ["<p>{}</p><p>{}</p>", "<div><p>{}</p><p>{}</p></div>"])
def test_a_refrain_is_text(verse: str) -> None:
    body = "".join(verse.format(line, REFRAIN) for line in (*PARAGRAPHS, *MORE))
    assert read(article_html(body=body)).body.count(REFRAIN) == len((*PARAGRAPHS, *MORE))


@pytest.mark.parametrize(
    "copies",
    [
        pytest.param(f"<div><div>{TEXT}</div><div>{TEXT}</div><div>{TEXT}</div></div>", id="the whole text"),
        pytest.param(TEXT + 2 * f"<div><h3>{HEADLINE}</h3><p>{PARAGRAPHS[0]}</p></div>", id="teasers of itself"),
        pytest.param(f"{TEXT}<blockquote>{PARAGRAPHS[1]}</blockquote><div>{PARAGRAPHS[1]}</div>", id="a quote"),
    ],
)
def test_paragraphs_of_which_there_are_copies_stay(copies: str) -> None:
    assert all(paragraph in read(bare(copies)).body for paragraph in PARAGRAPHS)


@pytest.mark.parametrize(
    "end",
    [
        "(dpa/AFP)",
        "(rr/Reuters)",
        "(mit Material von dpa/AP)",
        "(Mit Material von Reuters/AP)",
        "(Az. 12/AP)",
        "(Bild: “Nein”)",
        "(photo: above)",
        "(The story of the photo by Jane is told below.)",
        "(see the AP photos below)",
        "(Alphabet also owns shares of Getty Images)",
        "(he sold images: Nine)",
    ],
)
def test_a_paragraph_that_says_whose_the_news_is_is_no_caption(end: str) -> None:
    assert not boilerplate(f"{PARAGRAPHS[0]} {end}")


@pytest.mark.parametrize(
    "credit",
    [
        "(Ann O'Neill/Reuters)",
        "(Jean-Luc Roe, Lake Daily/AP)",
        "(AFP/J. Roe)",
        "(photo by Ann Roe)",
        "(File photo: Ann Roe)",
        "(Ann Roe | Getty Images)",
        "(Ann Roe via Getty Images)",
        "(Pool/Getty Images)",
        "(Courtesy of Getty Images)",
        "(Ann Roe, AP Photo)",
    ],
)
def test_names_before_or_behind_a_seller_make_a_caption(credit: str) -> None:
    assert boilerplate(f"{PARAGRAPHS[0]} {credit}")


@pytest.mark.parametrize("one", ["<p>{}</p>", "<div><div>{}</div></div>"])
def test_captions_that_are_hardly_beside_any_text_are_the_text(one: str) -> None:
    captions = [f"{paragraph} (AP Photo/Jane Roe)" for paragraph in (*PARAGRAPHS, *MORE)]
    found = read(bare("".join(f"<img src='/{at}.jpg'>{one.format(line)}" for at, line in enumerate(captions)))).body
    assert all(caption in found for caption in captions)


def test_a_title_below_the_text_is_not_the_headline_that_stands_above() -> None:
    film = f"<div><h3>{HEADLINE}</h3><p>2 minutes</p></div>"
    found = read(bare(f"<div>{TEXT}</div>{film}<div>{REST}{REST.replace('bay', 'sea')}</div>", top=HEADLINE)).body
    assert all(paragraph in found for paragraph in (*PARAGRAPHS, *MORE))


@pytest.mark.parametrize(
    ("said", "is_list"), [("Ada Roe {}, posted", True), ("Ada Roe {} asks when the pier will be paved at last", False)]
)
def test_an_entry_under_a_sentence_is_not_signed(said: str, is_list: bool) -> None:
    parts = "".join(
        f"<div><span>4 minutes ago</span><b>{said.format(name)}</b><p>{paragraph}</p></div>"
        for name, paragraph in zip(("One", "Two", "Three"), MORE, strict=True)
    )
    body = LexborHTMLParser(bare(f"<div>{TEXT}</div><div>{parts}</div>")).body
    assert body is not None
    page = outline(body)
    assert (entries(page, "") < len(page.blocks)) == is_list


@pytest.mark.parametrize(
    ("above", "below"),
    [
        pytest.param(["Ada Marsh: Was it a good day, and is the boat one of yours?"], [], id="who asks comes first"),
        pytest.param([], ["Ada Marsh: And is the boat one of yours?"], id="who asks comes last"),
        pytest.param([], ["A boat, a lake, a word", "is a leaf in the wind."], id="a poem"),
        pytest.param([], ["The third vessel, which is new,", "was the last of its kind."], id="a broken sentence"),
        pytest.param([], ["PAP", MORE[0], "ANSA", MORE[1]], id="chapters about agencies"),
    ],
)
def test_lines_that_only_begin_as_a_signature_does_are_text(above: list[str], below: list[str]) -> None:
    first, last = ("".join(f"<p>{line}</p>" for line in lines) for lines in (above, below))
    last = last.replace("<p>PAP</p>", "<h3>PAP</h3>").replace("<p>ANSA</p>", "<h3>ANSA</h3>")
    found = read(article_html(head=AUTHOR, body=f"{first}{TEXT}{last}")).body
    assert found == "\n".join((*above, *PARAGRAPHS, *below))
