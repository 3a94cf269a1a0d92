"""Every address that a source lists has its place in the source's sum: none is dropped without a word."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.sources import read_source
from ledger.source_sums import KEPT, Reading, last_sums, note_sum, readings
from news.outlet import Source, SourceKind
from news.page import Page
from news.source_sum import EXAMPLE_CHARACTERS, MOST_EXAMPLES, Disposition, SourceSum
from tests.crawler.conftest import House
from tests.crawler.hostile import answer, sitemap
from tests.crawler.test_sources import rss
from tests.news.hostile import TEXTS

pytestmark = pytest.mark.asyncio(loop_scope="session")

FEED, SITEMAP, FRONT_PAGE = SourceKind.FEED, SourceKind.SITEMAP, SourceKind.FRONT_PAGE
#: addresses that sources list, sound and otherwise
ADDRESSES = (
    "/news/one-story-1",
    "/news/one-story-1",
    "/news/one-story-1#top",
    "/2026/11/with a blank",
    "http://[",
    "http://elsewhere.com/a-story",
    "//elsewhere.com/another",
    "mailto:desk@paper.com",
    "javascript:go(1)",
    "/tag/harbour",
    "/photo.jpg",
    "/video/of-the-week",
    "/",
    "",
    "   ",
    "http://user:word@elsewhere.com/x",
    f"/news/{'x' * 3000}",
    "tel:+4912345",
    "ftp://files.paper.com/a",
)


def _hrefs(addresses: tuple[str, ...]) -> str:
    return "".join(f'<a href="{address}">a story</a>' for address in addresses)


def lists() -> Iterator[tuple[str, SourceKind, bytes, int]]:
    """Yield name, kind, content, and the entries that a person counts in it."""
    feed_items = [f"<link>{address}</link>" for address in ADDRESSES]
    yield "feed", FEED, rss(*feed_items).encode(), len(ADDRESSES)
    yield "feed without links", FEED, rss("<guid>48213</guid>", "<description>x</description>").encode(), 2
    items = [{"url": address} for address in ADDRESSES] + [{"id": 48213}, {}, "no item", None]
    yield "JSON feed", FEED, json.dumps({"version": "1.1", "items": items}).encode(), len(items)
    yield "sitemap", SITEMAP, sitemap(list(ADDRESSES)), len(ADDRESSES)
    yield "sitemap with empty rows", SITEMAP, sitemap(["/a-story", ""]).replace(b"<loc></loc>", b""), 2
    yield "front page", FRONT_PAGE, _hrefs(ADDRESSES).encode(), len(ADDRESSES)
    long = [f"http://www.paper.com/story-{number}" for number in range(2_500)]
    yield "long sitemap", SITEMAP, sitemap(long), 2_500
    yield "long sitemap with times", SITEMAP, sitemap(long, "2026-11-01"), 2_500
    yield "text", SITEMAP, b"http://www.paper.com/a-story\nfoo\n48213\n\nhttp://[\n", 4
    for name, odd in TEXTS.items():
        content = _hrefs((f"/news/{odd}", "/news/sound")).encode("utf-8", "replace")
        if b'"' not in odd.encode("utf-8", "replace") and "<" not in odd:
            yield f"front page with {name}", FRONT_PAGE, content, 2


@pytest.mark.parametrize(("kind", "content", "entries"), [row[1:] for row in lists()], ids=[row[0] for row in lists()])
async def test_all_that_a_list_announces_is_found_or_counted(kind: SourceKind, content: bytes, entries: int) -> None:
    base = "http://www.paper.com/list"
    page = Page(url=base, final_url=base, status=200, headers={}, content=content, fetched_at=datetime.now(UTC))
    found = read_source(kind, page)
    assert found.sum.announced == entries
    assert found.sum.left == len(found.found) + len(found.rest)


async def test_the_sum_of_each_reading_holds_in_the_ledger(house: House) -> None:
    site = house.site()
    paths = [f"/news/story-number-{number}" for number in range(4)]
    listed = [site.url(path) for path in paths] + [site.url("/video/of-the-week"), "http://elsewhere.com/a", "http://["]
    site["/sitemap.xml"] = answer(sitemap([*listed, listed[0]]), kind="application/xml")
    site["/feed.xml"] = answer(rss(*(f"<link>{url}</link>" for url in listed[2:])), kind="application/rss+xml")
    site["/"] = answer(f"<a href='/tag/x'>t</a><a href='{paths[3]}'>s</a><a href='/news/other-story'>o</a>")
    kinds = ((SITEMAP, "/sitemap.xml"), (FEED, "/feed.xml"), (FRONT_PAGE, "/"))
    sources = tuple(Source(kind=kind, url=site.url(path)) for kind, path in kinds)
    outlet = house.outlet(site, sources=sources, exclude=("/video/",))
    for _ in range(2):
        await house.crawl(outlet)
    found = await _sums(house, outlet.slug)
    assert all(each.sum.left == 0 for each in found.values())
    first, feed, front = (found[each.url].sum.counts for each in sources)
    refused = {Disposition.NOT_ARTICLE: 1, Disposition.OTHER_SITE: 1, Disposition.REFUSED: 1}
    assert first == {Disposition.KNOWN: 5, **refused}
    assert feed == {Disposition.KNOWN: 2, **refused}
    assert front == {Disposition.KNOWN: 2, Disposition.NOT_ARTICLE: 1}
    assert found[sources[0].url].sum.examples[Disposition.OTHER_SITE] == ("http://elsewhere.com/a",)
    async with house.runtime.engine.connect() as connection:
        before = (await readings(connection, outlet.slug, sources[2].url))[1]
    assert before.sum.counts == {Disposition.TAKEN: 1, Disposition.KNOWN: 1, Disposition.NOT_ARTICLE: 1}


async def _sums(house: House, slug: str) -> dict[str, Reading]:
    async with house.runtime.engine.connect() as connection:
        return await last_sums(connection, slug)


async def test_an_index_counts_its_parts_and_what_can_be_none(house: House) -> None:
    site = house.site()
    rows = "".join(f"<sitemap><loc>{each}</loc></sitemap>" for each in (site.url("/a.xml"), "http://["))
    site["/sitemap.xml"] = answer(f"<sitemapindex>{rows}</sitemapindex>", kind="application/xml")
    site["/a.xml"] = answer(sitemap([site.url("/news/one-story")]), kind="application/xml")
    outlet = house.outlet(site)
    await house.crawl(outlet)
    found = await _sums(house, outlet.slug)
    index = found[site.url("/sitemap.xml")].sum
    assert (index.parts, index.announced, index.counts) == (1, 1, {Disposition.REFUSED: 1})
    assert found[site.url("/a.xml")].sum.counts == {Disposition.TAKEN: 1}


async def test_parts_that_lie_too_deep_are_told(house: House) -> None:
    site = house.site()
    for number in range(4):
        inside = f"<sitemap><loc>{site.url(f'/{number + 1}.xml')}</loc></sitemap>"
        site[f"/{number}.xml"] = answer(f"<sitemapindex>{inside}</sitemapindex>", kind="application/xml")
    outlet = house.outlet(site, sources=(Source(kind=SITEMAP, url=site.url("/0.xml")),))
    await house.crawl(outlet)
    assert not site.asked("/3.xml")
    assert "levels down" in ((await house.source(outlet, site.url("/2.xml"))).reason or "")


async def test_examples_are_few_short_and_storable_and_old_readings_go(house: House) -> None:
    odd = [f"/{number}" + "\ud800\x00" * 400 for number in range(99)]
    found = SourceSum(announced=99).plus(Disposition.REFUSED, odd)
    assert len(found.examples[Disposition.REFUSED]) == MOST_EXAMPLES
    assert all(len(each) <= EXAMPLE_CHARACTERS for each in found.examples[Disposition.REFUSED])
    async with house.runtime.engine.begin() as connection:
        for minute in range(KEPT + 7):
            at = datetime(2026, 11, 20, 8, minute, tzinfo=UTC)
            await note_sum(connection, "odd", "feed", found, at)
            await note_sum(connection, "odd", "feed", found, at)
        kept = await readings(connection, "odd", "feed")
    assert [each.read_at.minute for each in kept] == list(range(KEPT + 6, 6, -1))
    assert kept[0].sum == found


async def test_the_names_of_the_counts_are_those_of_the_description() -> None:
    from web.outlet_api import SourceSumState

    shown: dict[str, Any] = SourceSum().as_json()
    assert set(SourceSumState.model_fields) == {"read_at", *shown}
    assert {str(each) for each in Disposition} < set(shown)
