"""What a page states for machines beyond its text: corrections, checked claims, sources, locked parts, links."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.article import Article, BodyLink, ClaimReview, CorrectionNotice, Genre, Kind
from news.version import fingerprint
from pipelines.extract.document import Document
from pipelines.extract.statements import claim_reviews, correction_notices, is_based_on
from tests.pipelines.handmade import PARAGRAPHS, article_html, read


def script(*nodes: Any) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes)


def node(**fields: Any) -> dict[str, Any]:
    return {"@type": "NewsArticle", "headline": "Third ferry joins the lake line"} | fields


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        ("It sails every twenty minutes.", [("It sails every twenty minutes.", "", None)]),
        (["One.", "Two.", "One."], [("One.", "", None), ("Two.", "", None)]),
        ("/corrections/7", [("", "https://lake.example/corrections/7", None)]),
        (
            {
                "@type": "CorrectionComment",
                "text": "The pier is the <b>southern</b> one.",
                "datePublished": "2026-02-03T08:15:00Z",
            },
            [("The pier is the southern one.", "", "2026-02-03T08:15:00Z")],
        ),
        ({"@type": "CorrectionComment", "text": "x y", "datePublished": "2026-02-03"}, [("x y", "", "2026-02-03")]),
        ({"@type": "CorrectionComment", "text": "x y", "datePublished": "soon"}, [("x y", "", None)]),
        ("", []),
        ({}, []),
        (7, []),
        (None, []),
        ({"text": {"a": "b"}}, []),
        ({"url": "javascript:alert(1)"}, []),
    ],
)
def test_a_correction_is_read_in_every_form_of_it(stated: Any, found: list[tuple[str, str, str | None]]) -> None:
    notices = read(article_html(head=script(node(correction=stated)))).correction_notices
    assert [
        (each.text, each.url, each.date_published.isoformat() if each.date_published else None) for each in notices
    ] == found


def test_a_notice_that_stands_beside_the_article_is_its_own() -> None:
    beside = {"@type": "CorrectionComment", "text": "The pier is the southern one."}
    assert [each.text for each in read(article_html(head=script(node(), beside))).correction_notices] == [
        beside["text"]
    ]


REVIEW = {
    "@type": "ClaimReview",
    "claimReviewed": "The ferry sank.",
    "itemReviewed": {"@type": "Claim", "author": {"@type": "Person", "name": "Tove Lund"}},
    "reviewRating": {"@type": "Rating", "ratingValue": 1, "bestRating": 5, "alternateName": "False"},
    "url": "https://lake.example/news/ferry",
    "author": {"@type": "Organization", "name": "The Lake Courier"},
}


def test_a_checked_claim_has_who_said_it_the_verdict_and_the_article() -> None:
    whole = ClaimReview(
        claim="The ferry sank.", claimant="Tove Lund", verdict="False", url="https://lake.example/news/ferry"
    )
    for head in (script(node(), REVIEW), script(node(review=REVIEW)), script({"@graph": [node(), REVIEW]})):
        article = read(article_html(head=head))
        assert article.claim_reviews == (whole,)
        assert article.headline == "Third ferry joins the lake line"


@pytest.mark.parametrize(
    ("change", "claimant", "verdict"),
    [
        ({"itemReviewed": None}, "", "False"),
        ({"reviewRating": {"ratingValue": 1}}, "Tove Lund", ""),  # a number alone is no verdict
        ({"itemReviewed": [{"author": ["Tove Lund", {"name": "Jens Aaby"}]}]}, "Tove Lund, Jens Aaby", "False"),
        ({"reviewRating": "False"}, "Tove Lund", ""),
    ],
)
def test_what_a_claims_node_does_not_say_stays_empty(change: dict[str, Any], claimant: str, verdict: str) -> None:
    (review,) = read(article_html(head=script(node(), REVIEW | change))).claim_reviews
    assert (review.claimant, review.verdict) == (claimant, verdict)


def test_an_article_that_a_claim_stands_in_is_not_the_pages() -> None:
    other = {"@type": "NewsArticle", "headline": "The ferry sank", "datePublished": "2020-01-02T03:04:05Z"}
    article = read(article_html(head=script(REVIEW | {"itemReviewed": other})))
    assert article.date_published is None


def test_a_review_without_a_claim_is_none() -> None:
    assert read(article_html(head=script(node(), REVIEW | {"claimReviewed": " "}))).claim_reviews == ()


@pytest.mark.parametrize(
    ("stated", "free", "locked"),
    [
        ({"hasPart": {"isAccessibleForFree": False, "cssSelector": ".paid"}}, False, (".paid",)),
        ({"hasPart": [{"isAccessibleForFree": "False", "cssSelector": [".a", ".b"]}]}, False, (".a", ".b")),
        ({"isAccessibleForFree": False, "hasPart": {"isAccessibleForFree": False}}, False, ()),
        ({"isAccessibleForFree": True, "hasPart": {"isAccessibleForFree": False, "cssSelector": ".x"}}, True, (".x",)),
        ({"hasPart": {"isAccessibleForFree": True, "cssSelector": ".free"}}, None, ()),
        ({"hasPart": [None, 7, "x", {"cssSelector": ".x"}]}, None, ()),
        ({"isAccessibleForFree": "https://schema.org/False"}, False, ()),
        ({"isAccessibleForFree": "perhaps"}, None, ()),
        ({}, None, ()),
    ],
)
def test_what_is_free_is_stated_of_the_whole_and_of_parts(
    stated: dict[str, Any], free: bool | None, locked: tuple[str, ...]
) -> None:
    article = read(article_html(head=script(node(**stated))))
    assert article.is_accessible_for_free is (False if locked and free is not True else free)
    assert article.locked_parts == locked


def test_the_genre_is_that_of_any_node_of_the_article() -> None:
    twin = node() | {"@type": "OpinionNewsArticle", "url": "https://lake.example/news/ferry"}
    own = node(url="https://lake.example/news/ferry", datePublished="2026-02-03")
    other = {"@type": "OpinionNewsArticle", "headline": "Let it rain", "url": "https://lake.example/news/rain"}
    assert read(article_html(head=script(own, twin))).genre is Genre.OPINION
    assert read(article_html(head=script(own, other))).genre is None


def test_the_entries_of_a_live_blog_are_those_that_its_node_lists() -> None:
    update = {
        "@type": "BlogPosting",
        "headline": "The fog lifts",
        "articleBody": "Boats sail.",
        "datePublished": "2026-02-03T08:15:00Z",
    }
    live = node(liveBlogUpdate=[update]) | {"@type": "LiveBlogPosting"}
    article = read(article_html(head=script(live)))
    assert article.kind is Kind.LIVE_BLOG
    assert [(each.headline, each.body) for each in article.entries] == [("The fog lifts", "Boats sail.")]


UPDATE = {"@type": "BlogPosting", "headline": "The fog lifts", "articleBody": "Boats sail."}


@pytest.mark.parametrize(
    ("updates", "bodies"),
    [
        (UPDATE, ["Boats sail."]),
        ([UPDATE, None, 7, "x", {"@type": "BlogPosting"}], ["Boats sail."]),
        ({"@list": [UPDATE, UPDATE]}, ["Boats sail.", "Boats sail."]),
        ({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": UPDATE}]}, ["Boats sail."]),
        ([{"@id": "#u1"}], ["Boats sail."]),
        ([UPDATE | {"articleBody": {"@type": "x"}, "text": "They sail."}], ["They sail."]),
        ([UPDATE | {"articleBody": "<p>Boats</p><p>sail<br>again.</p>"}], ["Boats\nsail\nagain."]),
        ([UPDATE | {"articleBody": "&lt;p&gt;Boats&lt;/p&gt;&lt;p&gt;sail.&lt;/p&gt;"}], ["Boats\nsail."]),
        ([UPDATE | {"articleBody": "Boats\n\nsail."}], ["Boats\nsail."]),
        ({"@list": {"@list": []}}, []),
        ("The fog lifts", []),
    ],
)
def test_the_entries_of_a_live_blog_are_read_in_every_form_of_them(updates: Any, bodies: list[str]) -> None:
    live = node(liveBlogUpdate=updates, datePublished="2026-02-03") | {"@type": "LiveBlogPosting"}
    article = read(article_html(head=script(live, UPDATE | {"@id": "#u1"})))
    assert (article.kind, [each.body for each in article.entries]) == (Kind.LIVE_BLOG, bodies)


def test_the_links_of_the_body_have_words_address_and_line() -> None:
    body = (
        f"<p>{PARAGRAPHS[0]}</p><p>The <a href='/report'>report of the <b>harbour</b> board</a> and "
        f"<a href='https://other.example/a?b=1'>another</a> say <a href='#note'>so</a>; "
        f"<a href='mailto:a@b.example'>write</a> or <a href='http://[broken'>see</a> and wait for the boat at noon.</p>"
        f"<p>{PARAGRAPHS[1]}</p>"
    )
    below = "<aside class='related'><p><a href='/other'>Another story of the lake and of its many boats</a></p></aside>"
    article = read(article_html(body=body, below=below))
    assert article.links == (
        BodyLink(text="report of the harbour board", url="https://lake.example/report", paragraph=1),
        BodyLink(text="another", url="https://other.example/a?b=1", paragraph=1),
    )
    assert all(link.text in article.body.split("\n")[link.paragraph] for link in article.links)


def test_none_of_it_makes_a_version_and_all_of_it_comes_back_from_json() -> None:
    plain = read(article_html())
    body = "".join(f"<p><a href='/a{at}'>{text[:12]}</a>{text[12:]}</p>" for at, text in enumerate(PARAGRAPHS))
    stated = node(
        correction="It is the southern pier.",
        isBasedOn=["/report", {"name": "A report"}],
        hasPart={"isAccessibleForFree": False, "cssSelector": ".paid"},
    )
    rich = read(article_html(head=script(stated, REVIEW), body=body))
    assert rich.correction_notices == (CorrectionNotice(text="It is the southern pier."),)
    assert rich.is_based_on == ("https://lake.example/report", "A report")
    assert len(rich.links) == len(PARAGRAPHS)
    assert fingerprint(rich) == fingerprint(plain)
    assert Article.from_json(json.loads(json.dumps(rich.as_json()))) == rich


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from("@type text url name author claimReviewed itemReviewed reviewRating datePublished".split()),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(correction=ANY, based=ANY, review=ANY)
def test_any_value_gives_texts_or_nothing(correction: Any, based: Any, review: Any) -> None:
    document = Document(
        url="https://lake.example/",
        tree=None,  # type: ignore[arg-type]
        article={"correction": correction, "isBasedOn": based, "review": review},
        nodes=({"@type": "ClaimReview", "claimReviewed": "x", "itemReviewed": review, "reviewRating": based},),
    )
    assert all(each.text or each.url for each in correction_notices(document, None))
    assert all(is_based_on(document))
    assert all(each.claim for each in claim_reviews(document))
