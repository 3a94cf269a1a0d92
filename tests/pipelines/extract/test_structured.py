"""Structured data in its broken forms, and encodings that lie."""

import pytest

from news.article import Genre, Kind
from pipelines.extract import json_ld
from pipelines.extract.document import decode
from tests.pipelines.handmade import article_html, read

NODE = '{"@context":"https://schema.org","@type":"NewsArticle","headline":"Third ferry joins","datePublished":"2024-02-08T08:55:00Z"}'


@pytest.mark.parametrize(
    "script",
    [
        NODE,
        f"<!-- {NODE} -->",
        f"//<![CDATA[\n{NODE}\n//]]>",
        f"{NODE};",
        NODE.replace("}", ",}"),
        NODE.replace("Third ferry", "Third\nferry").replace("Third\nferry", "Third ferry"),
        NODE.replace('"headline"', '\n"headline"').replace('"NewsArticle",', '"NewsArticle"'),
        f"[{NODE}]",
        f"{NODE}\n{NODE}",
        f'{{"@graph":[{{"@type":"WebPage"}},{NODE}]}}',
        NODE.replace('"', "&quot;"),
        NODE.replace('"NewsArticle"', '["NewsArticle","Article"]'),
        NODE.replace('"NewsArticle"', '"http://schema.org/NewsArticle"'),
        NODE[:-1] + ',"broken": "a "quotation" inside"}',
        f"/* the article */\n{{ // of this page\n{NODE[1:]}",
        NODE.replace("{", '{"description": "He said: "we sail", "at once" // today", ', 1),
        NODE.replace('"', "'"),
        NODE.replace('"headline":', "“headline”:"),
        NODE.replace("{", r'{"description": "it\'s \sunny", ', 1),
        NODE[:-1] + ', "author": {"@type": "Person", "name": "Tom"}',
        NODE[:-1] + ', "author": [{"@type": "Person", "name": "Tom"}, {"@type": "Per',
        NODE[:-1] + ', "articleBody": "The third ferry jo',
    ],
)
def test_json_ld_is_read_in_all_the_ways_that_pages_break_it(script: str) -> None:
    node = json_ld.main(json_ld.read([script]), "", "")
    assert node["headline"] == "Third ferry joins"
    assert node["datePublished"] == "2024-02-08T08:55:00Z"


@pytest.mark.parametrize(
    "script", ["", "{", "[" * 5_000, "null", '"text"', "{}" * 1_000, '{"@type": 3}', '{"@graph": "x"}']
)
def test_json_ld_of_no_use_is_skipped(script: str) -> None:
    assert json_ld.main(json_ld.read([script]), "", "") == {}


@pytest.mark.parametrize(
    ("types", "genre"),
    [
        ('"OpinionNewsArticle"', Genre.OPINION),
        ('["NewsArticle", "https://schema.org/AnalysisNewsArticle"]', Genre.ANALYSIS),
        ('["ReportageNewsArticle", "AdvertiserContentArticle"]', Genre.ADVERTISING),
        ('["NewsArticle", "Review"]', Genre.REVIEW),
        ('"CriticReview"', Genre.REVIEW),
        ('"Review"', None),  # a reader's, of what the page is about
        ('"NewsArticle"', None),
        ('["Article", 7, null]', None),
    ],
)
def test_the_genre_is_the_type_that_the_page_states(types: str, genre: Genre | None) -> None:
    node = NODE.replace('"NewsArticle"', types)
    assert read(article_html(head=f'<script type="application/ld+json">{node}</script>')).genre is genre


@pytest.mark.parametrize(
    "author",
    [
        '{"@id": "https://lake.example/#tom"}',
        '{"@type": "Person", "@id": "https://lake.example/#tom", "url": "https://lake.example/staff/7"}',
        '[{"@id": "#tom"}]',
        '{"@type": "Person", "name": {"@value": "Tom Ashdown"}}',
        '{"@type": "Person", "name": ["Tom Ashdown"]}',
        '{"@id": "/#tom", "url": "/staff/7"}',
        '{"@list": [{"@id": "#tom"}]}',
        '{"@set": [{"@type": "Person", "name": "Tom Ashdown"}]}',
    ],
)
def test_an_author_of_the_graph_is_found_by_whatever_names_it(author: str) -> None:
    graph = (
        f'{{"@graph":[{{"@type":"NewsArticle","headline":"Third ferry","author":{author}}},'
        '{"@type":"Person","@id":"https://lake.example/#tom","name":"Tom Ashdown"}]}'
    )
    page = article_html(head=f'<script type="application/ld+json">{graph}</script>')
    assert read(page).authors == ("Tom Ashdown",)


def test_an_author_is_found_in_another_script_and_below_another_node() -> None:
    script = '<script type="application/ld+json">%s</script>'
    story = script % '{"@type":"NewsArticle","headline":"Third ferry","author":{"@id":"/#tom"}}'
    person = '{"@type":"Person","@id":"https://lake.example/#tom","name":"Tom Ashdown"}'
    below = '{"@type":"WebPage","publisher":{"@type":"Organization","name":"The Lake Courier","employee":%s}}'
    for named in (person, below % person):
        assert read(article_html(head=story + script % named)).authors == ("Tom Ashdown",)


def test_a_readers_posting_is_not_the_article_unless_the_page_is_one() -> None:
    posting = (
        '{"@type": "DiscussionForumPosting", "headline": "%s", "author": {"@type": "Person", "name": "Tove Lund"}}'
    )
    head = '<script type="application/ld+json">%s</script>'
    assert read(article_html(head=head % (posting % "About time"))).authors == ()
    own = "<title>Third ferry joins the lake line</title>" + head % (posting % "Third ferry joins the lake line")
    assert read(article_html(head=own)).authors == ("Tove Lund",)


def test_a_reference_in_the_graph_is_followed() -> None:
    graph = (
        '{"@graph":[{"@type":"NewsArticle","headline":"Third ferry","author":{"@id":"#tom"}},'
        '{"@type":"Person","@id":"#tom","name":"Tom Ashdown"}]}'
    )
    assert read(article_html(head=f'<script type="application/ld+json">{graph}</script>')).authors == ("Tom Ashdown",)


def test_of_several_articles_the_pages_own_is_taken() -> None:
    others = ",".join(
        f'{{"@type":"NewsArticle","headline":"Other {at}","datePublished":"2020-01-0{at}T10:00:00Z"}}' for at in (1, 2)
    )
    own = '{"@type":"NewsArticle","headline":"Third ferry joins the lake line","datePublished":"2024-02-08T08:55:00Z","url":"https://lake.example/news/ferry"}'
    article = read(article_html(head=f'<script type="application/ld+json">[{others},{own}]</script>'))
    assert article.date_published is not None
    assert article.date_published.isoformat() == "2024-02-08T08:55:00Z"


@pytest.mark.parametrize(
    ("content", "content_type", "text"),
    [
        ("Grüße aus Köln".encode(), "text/html; charset=iso-8859-1", "Grüße aus Köln"),  # a lie in the header
        ("Grüße aus Köln".encode("cp1252"), "text/html; charset=utf-8", "Grüße aus Köln"),  # the other lie
        ("Привет".encode("cp1251"), "text/html; charset=windows-1251", "Привет"),
        (
            b'<meta charset="windows-1251">' + "Привет".encode("cp1251"),
            "text/html",
            '<meta charset="windows-1251">Привет',
        ),
        ("日本".encode("shift_jis"), "text/html; charset=Shift_JIS", "日本"),
        ("日本".encode("iso2022_jp"), "text/html; charset=iso-2022-jp", "日本"),
        ("Grüße".encode("utf-16"), "text/html", "Grüße"),
        ("Grüße".encode("utf-8-sig"), "text/html; charset=latin-1", "Grüße"),
        (
            "Привет, мир".encode() + b" \x93quoted\x94 " + "снова и снова".encode(),
            "text/html",
            "Привет, мир “quoted” снова и снова",
        ),
        (b"a\x00b", "text/html; charset=rot13", "ab"),
        (b"\xff\xfe", "text/html; charset=no-such-thing", ""),
    ],
)
def test_bytes_are_read_by_what_they_are_not_by_what_is_claimed(content: bytes, content_type: str, text: str) -> None:
    assert decode(content, content_type) == text


def test_a_live_blog_keeps_its_entries_with_their_times() -> None:
    updates = ",".join(
        f'{{"@type":"BlogPosting","headline":"Update {at}","articleBody":"The ferry sails at {at}.","datePublished":"2024-02-08T1{at}:00:00Z"}}'
        for at in (3, 2, 1)
    )
    head = f'<script type="application/ld+json">{{"@type":"LiveBlogPosting","headline":"The ferry, live","liveBlogUpdate":[{updates}]}}</script>'
    article = read(article_html(head=head))
    assert article.kind is Kind.LIVE_BLOG
    assert [entry.headline for entry in article.entries] == ["Update 3", "Update 2", "Update 1"]
    assert [entry.date_published.isoformat() for entry in article.entries if entry.date_published] == [
        "2024-02-08T13:00:00Z",
        "2024-02-08T12:00:00Z",
        "2024-02-08T11:00:00Z",
    ]


def test_a_ticker_without_structured_data_keeps_its_entries() -> None:
    entries = "".join(
        f'<div class="entry"><time datetime="2024-02-08T1{at}:00:00Z">1{at}:00</time><h3>Update {at}</h3>'
        f"<p>At {at} the ferry left the northern landing with two hundred passengers and nine bicycles on board.</p></div>"
        for at in (3, 2, 1)
    )
    article = read(article_html(body=entries), url="https://lake.example/live-blog/ferry")
    assert article.kind is Kind.LIVE_BLOG
    assert [entry.headline for entry in article.entries] == ["Update 3", "Update 2", "Update 1"]
    assert [entry.date_published.isoformat() for entry in article.entries if entry.date_published] == [
        "2024-02-08T13:00:00Z",
        "2024-02-08T12:00:00Z",
        "2024-02-08T11:00:00Z",
    ]


def test_a_page_built_by_script_is_rescued_by_its_article_body() -> None:
    text = " ".join(["The ferry sails every twenty minutes from Monday on, the operator said."] * 8)
    head = f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Third ferry","articleBody":"{text}"}}</script>'
    assert read(article_html(head=head, body="<div id='app'></div>")).body == text
