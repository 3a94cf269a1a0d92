"""What no source announced is found by the links of articles, in a sample; each page remembers in which lists it stood."""

import pytest
from sqlalchemy import select

from crawler import body_links
from ledger.schema import pages
from news.clock import now
from news.outlet import Source, SourceKind
from news.recapture import Capture
from tests.crawler.conftest import House
from tests.crawler.hostile import answer, article, sitemap
from tests.crawler.test_sources import rss

pytestmark = pytest.mark.asyncio(loop_scope="session")


def linking(title: str, *paths: str) -> str:
    """Return an article of today, in whose text these links stand."""
    links = "".join(
        f'<p>The ferry number {n}, as we wrote {n} days ago, <a href="{path}">was moored</a> at pier {n}.</p>'
        for n, path in enumerate(paths)
    )
    text = article(title).replace("2026-03-03T18:30:00Z", f"{now():%Y-%m-%dT%H:%M:%SZ}")
    text = text.replace("3 March 2026", f"{now():%-d %B %Y}")
    return text.replace("</article>", f"{links}</article>")


async def _captures(house: House, slug: str) -> dict[str, Capture]:
    async with house.runtime.engine.connect() as connection:
        rows = await connection.execute(select(pages.c.url, pages.c.captures).where(pages.c.outlet == slug))
        return {row.url.partition(".com")[2].partition("/")[2]: Capture(row.captures) for row in rows}


async def test_each_page_remembers_its_lists_and_a_linked_one_that_stood_in_none_is_fetched(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_links, "SAMPLE", 1)
    site = house.site()
    hidden = ["/news/hidden-story-1", "/tag/harbour", "http://elsewhere.com/x", "/news/listed-twice", "/photo.jpg"]
    site["/news/listed-once"] = answer(linking("Ferry stays moored as the ice comes early", *hidden))
    site["/news/listed-twice"] = answer(article("Council votes for a bridge"))
    site["/news/hidden-story-1"] = answer(linking("Old pier is sold", "/news/further-on").replace("bridge", "pier"))
    listed = [site.url("/news/listed-once"), site.url("/news/listed-twice")]
    site["/sitemap.xml"] = answer(sitemap(listed), kind="application/xml")
    site["/feed.xml"] = answer(rss(f"<link>{listed[1]}</link>"), kind="application/rss+xml")
    kinds = ((SourceKind.SITEMAP, "/sitemap.xml"), (SourceKind.FEED, "/feed.xml"))
    outlet = house.outlet(site, sources=tuple(Source(kind=kind, url=site.url(path)) for kind, path in kinds))
    for _ in range(2):
        await house.crawl(outlet)
    found = await _captures(house, outlet.slug)
    assert found["news/listed-once"] == Capture.SITEMAP
    assert found["news/listed-twice"] == Capture.SITEMAP | Capture.FEED | Capture.LINK
    assert found["news/hidden-story-1"] == Capture.LINK
    assert not {"tag/harbour", "photo.jpg"} & found.keys()
    assert (await house.outcomes(site))["/news/hidden-story-1"][0] == "new"


async def test_links_are_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_links, "SAMPLE", 1)
    site = house.site()
    many = [f"/news/hidden-story-{number}" for number in range(99)]
    site["/news/listed-once"] = answer(linking("Ferry stays moored as the ice comes early", *many))
    outlet = house.outlet(site)
    await house.crawl(outlet)
    assert len(await _captures(house, outlet.slug)) <= 1 + body_links.MOST_LINKS
