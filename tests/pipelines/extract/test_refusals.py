"""What is no article is refused with a reason; what a stranger breaks never breaks us."""

import pickle

import pytest

from news.article import BODY_LIMIT, Kind
from news.outcome import Outcome
from pipelines.extract import extract
from pipelines.extract.document import ATTRIBUTES_LIMIT, overstrained
from tests.pipelines.handmade import PARAGRAPHS, article_html, outcome, outlet, page, read


def refused(html: str | bytes, **of_page: str) -> Outcome:
    found = outcome(html, None, **of_page)
    assert found.article is None
    assert found.refusal is not None
    assert found.refusal.reason.endswith((".", ").", "”)."))
    return found.refusal.outcome


def test_an_empty_page_is_refused_as_empty() -> None:
    assert refused("") is refused("   \n") is refused("<html></html>") is Outcome.EMPTY


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("application/pdf", b"%PDF-1.7 ..."),
        ("text/html", b"%PDF-1.7 ..."),
        ("image/png", b"\x89PNG"),
        ("application/json", b"{}"),
        ("text/html", b"<?xml version='1.0'?><rss></rss>"),
    ],
)
def test_what_is_not_html_is_refused_whatever_it_is_called(content_type: str, content: bytes) -> None:
    assert refused(content, content_type=content_type) is Outcome.NOT_HTML


@pytest.mark.parametrize(
    "title",
    [
        "Just a moment...",
        "Access Denied",
        "Before you continue to Example",
        "404 - Page not found",
        "Seite nicht gefunden",
    ],
)
def test_a_wall_or_an_error_sent_with_200_is_refused(title: str) -> None:
    html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>Please try again, or go back to the front page of this site, where you find what is new.</p></body></html>"
    assert refused(html) is Outcome.WALL


@pytest.mark.parametrize(
    "title",
    [
        "Missing hiker not found on third day of search",
        "Security check at airport to get faster",
        "Forbidden city reopens its gardens to visitors",
        "Why your privacy settings matter more than you think",
        "Bridge temporarily unavailable to lorries, council says",
    ],
)
def test_a_short_article_whose_title_speaks_as_walls_do_is_none(title: str) -> None:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    article = read(f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>")
    assert article.headline == title


def test_an_article_about_captchas_is_no_wall() -> None:
    article = read(
        article_html(
            head="<title>Captcha: are you a robot?</title>",
            top="<h1>Captcha: are you a robot?</h1>",
            body="".join(f"<p>{at} {PARAGRAPHS[at % 3]}</p>" for at in range(9)),
        )
    )
    assert article.headline == "Captcha: are you a robot?"


def test_a_front_page_is_a_listing() -> None:
    teasers = "".join(
        f"<li><a href='/{at}'>Headline number {at} of the day</a><p>{PARAGRAPHS[0]}</p></li>" for at in range(9)
    )
    assert (
        refused(f"<html><body><ul>{teasers}</ul></body></html>", url="https://lake.example/") is Outcome.NOT_AN_ARTICLE
    )


def test_a_tag_of_a_hundred_thousand_attributes_is_not_parsed() -> None:
    html = "<html><body><p " + " ".join(f"a{at}=x" for at in range(100_000)) + ">text</p></body></html>"
    assert refused(html) is Outcome.TOO_DEEP


@pytest.mark.parametrize(
    "before", ["", '<a b="c" d>', '<a b=c="> ', '<a ="> ', '<a b"c> ', """<a b='">' c="d">""", '<a b="c"d="e"/>']
)
def test_no_quotation_mark_hides_a_tag_of_too_many_attributes(before: str) -> None:
    usual = " ".join(f'a{at}="x"' for at in range(ATTRIBUTES_LIMIT))
    assert overstrained(f'{before}<p {usual}>"') is None
    assert overstrained(f'{before}<p {usual} one="more">"') is not None
    assert overstrained(f'{before}<p {usual} more>"') is not None


def test_a_hundred_thousand_nested_elements_are_not_parsed() -> None:
    assert refused("<html><body>" + "<div>" * 100_000 + "text") is Outcome.TOO_DEEP


def test_a_text_below_the_depth_that_is_read_is_reported_as_too_deep() -> None:
    html = "<html><body>" + "<div>" * 3_500 + "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    assert refused(html) is Outcome.TOO_DEEP


def test_a_text_nested_deeper_than_libxml2_reads_is_read() -> None:
    html = (
        "<html><body><h1>Third ferry joins the lake line</h1>"
        + "<div>" * 600
        + "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    )
    assert read(html).body == "\n".join(PARAGRAPHS)


def test_an_attribute_of_ten_megabytes_is_skipped() -> None:
    article = read(article_html(body=f"<p title='{'x' * 10_000_000}'>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p>"))
    assert article.body == "\n".join(PARAGRAPHS[:2])


def test_a_body_past_the_limit_is_cut_and_marked() -> None:
    text = "".join(f"<p>{at} {PARAGRAPHS[at % 3]}</p>" for at in range(4_000))
    article = read(article_html(body=text))
    assert len(article.body) == BODY_LIMIT
    assert article.body_cut


def test_null_bytes_vanish() -> None:
    article = read(article_html().replace("ferry", "fer\x00ry").encode())
    assert "\x00" not in article.body + article.headline
    assert article.headline == "Third ferry joins the lake line"


def test_a_page_cut_in_the_middle_gives_what_has_come() -> None:
    html = article_html()
    assert read(html[: html.index("Commuters") + 60]).body.startswith(PARAGRAPHS[0])


def test_every_truncation_ends_in_an_article_or_a_refusal() -> None:
    html = article_html(
        head='<script type="application/ld+json">{"@type":"NewsArticle","headline":"Third ferry"}</script>'
    ).encode()
    for end in range(0, len(html), 37):
        found = extract(page(html[:end]), outlet())
        assert (found.article is None) != (found.refusal is None)


def test_two_thousand_authors_are_bounded() -> None:
    people = ",".join(f'{{"@type":"Person","name":"Anna Nr{at:04d}x Berg{at}"}}' for at in range(2_000))
    article = read(
        article_html(head=f'<script type="application/ld+json">{{"@type":"NewsArticle","author":[{people}]}}</script>')
    )
    assert len(article.authors) + len(article.agencies) <= 100


@pytest.mark.parametrize(
    "stated",
    [
        "0000-00-00T00:00:00Z",
        "0001-01-01",
        "9999-12-31T23:59:59Z",
        "1970-01-01T00:00:00Z",
        "tomorrow",
        "2024-13-45",
        "99999999999999",
    ],
)
def test_a_date_that_cannot_be_is_not_believed(stated: str) -> None:
    article = read(article_html(head=f'<meta property="article:published_time" content="{stated}">'))
    assert article.date_published is None


def test_a_video_page_with_a_description_is_a_video_with_that_text() -> None:
    said = "A walk over the new pier with the harbour master, who explains the third ferry and its shaft."
    html = f'<html><head><script type="application/ld+json">{{"@type":"VideoObject","name":"On the pier","description":"{said}"}}</script></head><body><h1>On the pier</h1></body></html>'
    article = read(html, url="https://lake.example/videos/pier")
    assert article.kind is Kind.VIDEO
    assert article.body == said


def test_what_comes_out_crosses_a_process_border() -> None:
    found = outcome(article_html())
    assert pickle.loads(pickle.dumps(found)) == found


@pytest.mark.parametrize(
    "html",
    [
        "<p " + " ".join(f'a{at}="<"' for at in range(50_000)) + ">x</p>",  # attributes that hide behind quotes
        "<div>" * 29_000 + "x",
        "<a href='" * 200_000,
        "<table><tr><td>" * 3_000 + "x",
        "<script type='application/ld+json'>" + "[" * 50_000 + "</script>",
        '<script type=\'application/ld+json\'>{"@type":"NewsArticle","headline":"x"' + "\n" * 200_000 + "</script>",
        "<h1>" + "&amp;" * 200_000 + "</h1>",
        "<title>" + " - x" * 50_000 + "</title>",
        "<" * 200_000,
        "<!--" + "<a " * 200_000,
        "<p><a href='/x'>a line of nothing but links</a></p>" * 20_000,
        "<h1>A headline for each of them</h1>" * 20_000,
        "<svg>" * 3_000,
        "\ufeff" * 10_000,
        "\ud7ff\u202e\u200b" * 10_000,
    ],
    ids=lambda html: html[:30].replace(" ", "_"),
)
def test_a_hostile_page_is_refused_with_a_reason(html: str) -> None:
    found = outcome(html)
    assert found.article is None
    assert found.refusal is not None
    assert len(found.refusal.reason) < 300


def test_binary_data_that_calls_itself_html_is_not_html() -> None:
    assert refused(bytes(range(256)) * 400) is Outcome.NOT_HTML


def test_a_script_full_of_comparisons_is_not_taken_for_nesting() -> None:
    html = article_html(head="<script>" + "if(a<b&&c<d){}" * 30_000 + "</script>")
    assert read(html).body == "\n".join(PARAGRAPHS)


def test_a_short_article_about_something_not_found_is_no_error_page() -> None:
    title = "Lake boat not found after second day of search"
    html = article_html(
        head=f'<title>{title}</title><meta name="date" content="2024-02-08">',
        top=f"<h1>{title}</h1>",
        body=f"<p>{PARAGRAPHS[0]}</p>",
    )
    assert read(html).headline == title


def test_what_is_said_of_the_author_below_the_text_is_not_the_text() -> None:
    about = "<p>Tom Ashdown is a reporter who covers the lake and its towns. He lives on a boat.</p>"
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    article = read(article_html(head='<meta name="author" content="Tom Ashdown">', body=text + about))
    assert article.body == "\n".join(PARAGRAPHS)
