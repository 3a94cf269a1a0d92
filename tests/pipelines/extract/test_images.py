"""The pictures of an article: late, in several sizes, for readers without scripts; never a blank one."""

import pytest

from tests.pipelines.handmade import article_html, read

URL = "https://lake.example/news/quay-to-be-rebuilt-48211"
BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


def addresses(picture: str, head: str = "") -> list[str]:
    figure = f"<figure>{picture}<figcaption>The quay in January</figcaption></figure>"
    article = read(article_html(head=head, top=f"<h1>Northern quay to be rebuilt</h1>{figure}"), url=URL)
    return [each.url.removeprefix("https://lake.example") for each in article.images]


@pytest.mark.parametrize(
    "picture",
    [
        '<img src="/media/quay.jpg">',
        '<img src="/static/blank.gif" data-src="/media/quay.jpg">',
        '<img src="/static/blank.gif" data-lazy-src="/media/quay.jpg">',
        '<img src="/static/1x1.png" data-original="/media/quay.jpg" data-full-width="true">',
        f'<img src="{BLANK}" data-hi-res-src="/media/quay.jpg">',
        f'<img src="{BLANK}" nw18-src="/media/quay.jpg">',
        f'<img src="{BLANK}" srcset="/media/quay-400.jpg 400w, /media/quay.jpg 1600w">',
        f'<img src="{BLANK}" data-srcset="/media/quay-400.jpg 1x, /media/quay.jpg 2x">',
        f'<picture><source srcset="/s.webp 400w, /media/quay.jpg 800w"><img src="{BLANK}"></picture>',
        '<img src="" data-sizes="auto" data-src="/media/quay.jpg">',
        *(f'<img src="{BLANK}" data-{name}="/media/quay.jpg">' for name in ("url", "image", "img", "echo")),
        f'<img src="{BLANK}"><noscript><img alt="" src="/media/quay.jpg"></noscript>',
        '<img class="late" src="/static/px.gif"><noscript><img alt="" src="/media/quay.jpg"></noscript>',
        '<img src="/media/quay.jpg"><noscript><p>Pictures need a script.</p></noscript>',
        '<amp-img src="/media/quay.jpg" width="800" height="500"></amp-img>',
        f'<img src="{URL}" data-src="/media/quay.jpg">',
    ],
)
def test_a_picture_has_the_address_from_which_it_is_shown(picture: str) -> None:
    assert addresses(picture) == ["/media/quay.jpg"]


@pytest.mark.parametrize(
    "picture",
    [
        f'<img src="{BLANK}">',
        '<img src="/static/blank.gif">',
        '<img src="/static/spacer-2.png" data-src="">',
        f'<img src="{URL}">',
        '<img src="#" data-src="http://[">',
        '<img alt="no address">',
        '<img srcset=", ," sizes="100vw">',
        "<noscript></noscript>",
        "",
    ],
)
def test_what_shows_nothing_is_no_picture(picture: str) -> None:
    assert addresses(picture) == []


def test_addresses_are_relative_to_the_base_that_the_page_states() -> None:
    head = '<base href="/desk/"><link rel="canonical" href="quay-48211.html"><meta property="og:image" content="b.jpg">'
    assert addresses('<img src="img/quay.jpg">', head) == ["/desk/img/quay.jpg", "/desk/b.jpg"]
    assert read(article_html(head=head), url=URL).canonical_url == "https://lake.example/desk/quay-48211.html"
    broken = '<base href="http://["><base href="mailto:x"><link rel="canonical" href="/a">'
    assert addresses('<img src="img/quay.jpg">', broken) == ["/news/img/quay.jpg"]


@pytest.mark.parametrize(
    ("picture", "shown"),
    [
        ('<p><img src="/media/quay.jpg" width="800"></p>', True),
        ('<img src="/static/blank.gif" data-src="/media/quay.jpg">', True),
        ('<p><img src="/static/px.gif"> <noscript><img src="/media/quay.jpg"></noscript></p>', True),
        ('<amp-img src="/media/quay.jpg" width="800" height="500"></amp-img>', True),
        ('<img src="/media/quay.jpg" width="60">', False),
        ('<a href="/news/other"><img src="/media/quay.jpg"></a>', False),
        ('<div class="related"><img src="/media/quay.jpg"></div>', False),
        ('<aside><img src="/media/quay.jpg"></aside>', False),
        ('<img src="/media/quay-{width}.jpg">', False),
    ],
)
def test_without_figures_the_pictures_of_the_text_count(picture: str, shown: bool) -> None:
    article = read(article_html(top=f"<h1>Northern quay to be rebuilt</h1>{picture}"), url=URL)
    assert [each.url for each in article.images] == (["https://lake.example/media/quay.jpg"] if shown else [])
