from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.article import Article, Entry, Image
from news.version import fingerprint, reading_text

ARTICLE = Article(
    url="https://example.org/a",
    headline="Bridge closed",
    standfirst="Commuters take the ferry.",
    body='The bridge is closed until May, the city said.\n"It\'s not safe," an engineer said - twice.',
    authors=("Ada Byron",),
)


@pytest.mark.parametrize(
    "other",
    [
        replace(ARTICLE, url="https://m.example.org/a", article_section="Local", keywords=("bridge",)),
        replace(ARTICLE, images=(Image(url="https://example.org/i.jpg", caption="The bridge"),)),
        replace(ARTICLE, alternative_headlines=("Bridge shut",)),
        replace(ARTICLE, body=ARTICLE.body.replace('"It', "“It").replace(',"', ",”").replace("'", "’")),
        replace(ARTICLE, body=ARTICLE.body.replace(" - ", " – ").replace("safe", "sa\u00adfe")),
        replace(ARTICLE, body=ARTICLE.body.replace("\n", "\n\n ").replace("the city", "the\u00a0city")),
        replace(ARTICLE, standfirst="", body=f"{ARTICLE.standfirst}\n{ARTICLE.body}", authors=ARTICLE.authors),
    ],
    ids=["address and section", "image", "social headline", "quotes", "dashes", "space", "standfirst in the body"],
)
def test_what_no_reader_notices_makes_no_version(other):
    if not other.standfirst:
        other = replace(other, authors=())
        assert fingerprint(other) == fingerprint(replace(ARTICLE, authors=()))
    else:
        assert fingerprint(other) == fingerprint(ARTICLE)


@pytest.mark.parametrize(
    "other",
    [
        replace(ARTICLE, headline="Bridge closed!"),
        replace(ARTICLE, headline="bridge closed"),
        replace(ARTICLE, standfirst="Commuters take the bus."),
        replace(ARTICLE, body=ARTICLE.body.replace("May", "June")),
        replace(ARTICLE, authors=("Ada Byron", "Alan Mathison")),
        replace(ARTICLE, correction="An earlier version named the wrong month."),
        replace(ARTICLE, entries=(Entry(headline="10:30", body="The ferry is full."),)),
    ],
)
def test_what_a_reader_notices_makes_a_version(other):
    assert fingerprint(other) != fingerprint(ARTICLE)


def test_letters_spelled_in_two_ways_of_unicode_are_the_same():
    assert fingerprint(Article(url="", body="Cafe\u0301")) == fingerprint(Article(url="", body="Caf\u00e9"))


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_has_a_fingerprint(headline, body):
    assert len(fingerprint(Article(url="", headline=headline, body=body))) == 32


def test_the_reading_text_follows_the_page():
    assert reading_text(ARTICLE).splitlines()[:3] == ["Bridge closed", "Commuters take the ferry.", "Ada Byron"]
