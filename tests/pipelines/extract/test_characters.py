"""A word is read as it is shown, whatever stands in it unseen."""

import pytest

from pipelines.extract.document import decode
from tests.pipelines.handmade import article_html, read

SENTENCE = (
    "The harbourboard of the old town voted on Tuesday evening to rebuild the northern quay, which has been closed "
    "since a storm in January tore away its outer wall."
)


@pytest.mark.parametrize(
    "within",
    ["\u00ad", "\u200b", "\ufeff", "&shy;", "&#173;", "&#xAD;", "&#x200b;", "&#8203;", "&ZeroWidthSpace;", "<!-- -->",
     "<!--react-text: 7-->", "<wbr>", "<b></b>"],
)  # fmt: skip
def test_a_word_is_whole_in_headline_and_body(within: str) -> None:
    html = article_html(
        top=f"<h1>The harbour{within}board votes for a new quay</h1>",
        body=f"<p>{SENTENCE.replace('harbourboard', f'harbour{within}board')}</p>"
        + "".join(f"<p>{number} of the engineers said on {SENTENCE[4:]}</p>" for number in range(5)),
    )
    article = read(html)
    assert SENTENCE in article.body
    if not within.startswith("<"):
        assert article.headline == "The harbourboard votes for a new quay"


@pytest.mark.parametrize("within", [r"\u00ad", r"\u200B", r"\ufeff", "\u00ad"])
def test_a_word_is_whole_in_json_ld(within: str) -> None:
    script = f'{{"@type": "NewsArticle", "headline": "The harbour{within}board votes"}}'
    head = f'<script type="application/ld+json">{script}</script>'
    assert read(article_html(head=head, top="")).headline == "The harbourboard votes"


@pytest.mark.parametrize("text", ["می‌خواهم", "👩‍👩‍👧", "क्‍ष", "אב\u200fג"])
def test_what_joins_letters_and_marks_of_direction_stay(text: str) -> None:
    assert decode(text.encode()) == text
