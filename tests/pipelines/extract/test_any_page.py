"""Whatever a stranger writes into a page ends in an article or in a refusal."""

import json
import pickle

from hypothesis import given, settings
from hypothesis import strategies as st

from news.article import Article
from news.errors import PageUnreadable
from pipelines.extract import Extracted, extract
from tests.pipelines.handmade import article_html, outlet, page

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["@type", "@id", "name", "url", "@value", "x", "@graph", "caption"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)
FIELDS = (
    "@type @id @graph headline alternativeHeadline name author creator publisher datePublished dateModified dateCreated image "
    "keywords articleSection inLanguage license isAccessibleForFree description abstract articleBody mainEntityOfPage url "
    "liveBlogUpdate itemListElement hasPart cssSelector isBasedOn correction review claimReviewed reviewRating "
    "itemReviewed text video"
).split()
NODE = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8)


def read(html: str | bytes) -> Extracted | None:
    """Return what was read, None of a page that cannot be."""
    try:
        return extract(page(html), outlet(), explain=True)
    except PageUnreadable:
        return None


def is_whole(found: Extracted | None) -> bool:
    """Say whether it is an article or a refusal, and goes through a process pool and into JSON unchanged."""
    if found is None:
        return True
    if found.article is not None:
        json.dumps(found.article.as_json())
        assert Article.from_json(json.loads(json.dumps(found.article.as_json()))) == found.article
        assert (found.article.body_missing is None) == bool(found.article.body.strip())
    is_one = (found.article is None) != (found.refusal is None)
    return is_one and pickle.loads(pickle.dumps(found)) == found


@given(node=NODE, kind=st.sampled_from(["NewsArticle", "LiveBlogPosting", "VideoObject", "BreadcrumbList"]))
@settings(deadline=None)
def test_json_ld_of_any_types(node: dict[str, object], kind: str) -> None:
    script = json.dumps([node, {"@type": kind} | node]).replace("</", "<\\/")
    assert is_whole(read(article_html(head=f'<script type="application/ld+json">{script}</script>')))


@given(
    name=st.sampled_from(
        "author article:published_time date og:type og:title robots tdm-reservation keywords language".split()
    ),
    content=st.text(max_size=60),
)
@settings(deadline=None)
def test_a_meta_tag_of_any_content(name: str, content: str) -> None:
    escaped = content.replace("&", "&amp;").replace('"', "&quot;")
    assert is_whole(
        read(
            article_html(head=f'<meta name="{name}" property="{name}" content="{escaped}">').encode(
                "utf-8", "surrogatepass"
            )
        )
    )


@given(cut=st.integers(0, 2_000), noise=st.binary(max_size=60), at=st.integers(0, 2_000))
@settings(deadline=None)
def test_a_page_with_noise_and_a_missing_end(cut: int, noise: bytes, at: int) -> None:
    html = article_html(
        head='<script type="application/ld+json">{"@type":"NewsArticle","headline":"x"}</script>'
    ).encode()
    assert is_whole(read((html[:at] + noise + html[at:])[: max(0, len(html) - cut)]))


@given(content=st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes(content: bytes) -> None:
    assert is_whole(read(content))


@given(url=st.text(max_size=60))
@settings(deadline=None)
def test_a_link_of_any_address(url: str) -> None:
    escaped = url.replace("&", "&amp;").replace('"', "&quot;")
    head = f'<link rel="canonical" href="{escaped}"><meta property="og:image" content="{escaped}">'
    assert is_whole(
        read(article_html(head=head, body=f'<figure><img src="{escaped}"></figure><p><a href="{escaped}">x</a></p>'))
    )


#: what stands where a text should
_NO_TEXT = st.sampled_from(
    [
        *("", " ", "<div id=root>", "<noscript>", "<noscript>JavaScript</noscript>", "<p>JavaScript", "<video>"),
        *(
            "<script src=x>",
            "<div itemprop=articleBody>",
            "</main>",
            "<script type=application/json>{",
            "<p>\x0c&nbsp;",
        ),
    ]
)


@given(node=NODE, pieces=st.lists(_NO_TEXT, max_size=6), stated=st.booleans())
@settings(deadline=None)
def test_pages_without_a_text(node: dict[str, object], pieces: list[str], stated: bool) -> None:
    known = {"@type": "NewsArticle", "headline": "Ferry", "datePublished": "2026-05-28"} if stated else {}
    script = json.dumps(known | node).replace("</", "<\\/")
    html = f'<title>Ferry</title><script type="application/ld+json">{script}</script><main><h1>Ferry</h1>'
    assert is_whole(read(html + "".join(pieces)))
