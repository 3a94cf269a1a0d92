import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import zstandard

from news.errors import PageUnreadable
from news.outlet import Outlet
from news.page import Page
from news.storable import is_storable
from pipelines.digest import digest, packed, refused
from tests.crawler.hostile import TEXT
from tests.news.hostile import TEXTS

OUTLET = Outlet(slug="paper", name="Paper", home="https://paper.example/")


def page(text: str, content_type: str = "text/html; charset=utf-8") -> Page:
    """Return an article's page with `text` in all that a page states; JSON's escapes carry what UTF-8 does not."""
    stated = text.encode("utf-8", "replace").decode()
    nodes = {"@type": "NewsArticle", "headline": f"Council votes {text}", "author": text, "keywords": [text, "bridge"]}
    paragraphs = "".join(f"<p>{each} {stated}</p>" for each in TEXT)
    references = "".join(f"&#{ord(character)};" for character in text)
    content = (
        f'<html lang="{stated}"><head><title>{references}</title><link rel="canonical" href="/council-votes-{stated}">'
        f'<meta name="author" content="{references}"><meta property="article:section" content="{references}">'
        f'<meta property="og:title" content="Council votes {references}"><meta property="og:type" content="article">'
        f'<script type="application/ld+json">{json.dumps(nodes)}</script></head>'
        f"<body><article><h1>Council votes {references}</h1>{paragraphs}</article></body></html>"
    )
    return Page(
        url="https://paper.example/council-votes",
        final_url="https://paper.example/council-votes",
        status=200,
        headers={"content-type": content_type},
        content=content.encode(),
        fetched_at=datetime(2026, 3, 3, tzinfo=UTC),
    )


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_whatever_a_page_states_its_digest_can_be_stored(text):
    found = digest(page(text), OUTLET)
    assert found.article is not None
    assert is_storable(found.article)
    assert is_storable(dict(found.enrichment))
    assert found.prepared is not None
    assert is_storable(json.loads(zlib.decompress(found.prepared.candidates)))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_whatever_is_said_of_a_refusal_can_be_stored(text):
    found = digest(page("x", f"application/{text}"), OUTLET)
    assert found.refusal is None or is_storable(found.refusal)
    assert is_storable(refused(PageUnreadable(f"It is {text}.")).refusal)


def test_pages_are_packed_in_several_threads_at_once() -> None:
    pages = [bytes([at]) * 400_000 + b"a page" for at in range(8)] * 20
    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(packed, pages))
    unpack = zstandard.ZstdDecompressor().decompress
    assert [unpack(each) for each in told] == pages
