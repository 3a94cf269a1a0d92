"""The pace of a site, measured at its server: two requests are never closer together than the delay."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crawler.slices import settings
from ledger.schema import sites
from news.outlet import Source, SourceKind
from tests.crawler.conftest import House
from tests.crawler.hostile import Asked, Site, answer, article, redirect, sitemap

pytestmark = pytest.mark.asyncio(loop_scope="session")

DELAY = 0.3


def paper(house: House, pages: int = 3) -> Site:
    site = house.site()
    for number in range(pages):
        site[f"/page-{number}"] = answer(article(f"Page number {number}"))
    return site


async def test_no_two_requests_are_closer_together_than_the_delay_over_subdomains_redirects_and_robots_txt(
    house: House,
) -> None:
    site = paper(house)
    site["/old"] = redirect(site.url("/older", "news"))
    site["/older"] = redirect(site.url("/page-0"))
    outlet = house.outlet(site, delay_seconds=DELAY)
    await house.announce(outlet, site.url("/page-1", "news"))
    await house.crawl(outlet)
    # two robots.txt, a sitemap, four pages; /old is three requests, /older two; /page-0, where these lead, is not asked
    # for once more
    assert len(site.hits) == 2 + 1 + 4 + 3 + 2 - 1
    assert min(site.gaps()) >= DELAY


async def test_the_delay_holds_from_one_slice_to_the_next(house: House) -> None:
    site = paper(house, 2)
    outlet = house.outlet(site, delay_seconds=DELAY)
    for _ in range(3):
        await house.crawl(outlet, seconds=0.01)
    assert len(site.hits) == 1 + 3 + 2
    assert min(site.gaps()) >= DELAY


async def test_the_delay_of_robots_txt_holds_from_one_slice_to_the_next(house: House) -> None:
    site = paper(house, 2)
    site["/robots.txt"] = answer(f"User-agent: *\nCrawl-delay: {DELAY}", kind="text/plain")
    outlet = house.outlet(site)
    for _ in range(3):
        await house.crawl(outlet, seconds=0.01)
    assert len(site.hits) == 1 + 3 + 2
    assert min(site.gaps()) >= DELAY


async def test_a_site_that_is_slow_to_connect_or_answer_is_not_asked_sooner_for_it(house: House) -> None:
    site = paper(house, 5)

    def slowly(asked: Asked) -> None:
        time.sleep(0.25)
        asked.send(answer(article(), connection="close"))

    site["/page-1"] = site["/page-3"] = slowly
    await house.crawl(house.outlet(site, delay_seconds=DELAY))
    assert min(site.gaps()) >= DELAY


async def test_autothrottle_only_adds_to_the_delay(house: House) -> None:
    site = paper(house, 4)

    def slowly(asked: Asked) -> None:
        time.sleep(0.3)
        asked.send(answer(article(), connection="close"))

    for number in range(4):
        site[f"/page-{number}"] = slowly
    await house.crawl(house.outlet(site, delay_seconds=0.05))
    # Scrapy's rule: as long a pause as the site takes to answer, approached in halves
    assert min(site.gaps()[3:]) > 0.3


async def test_sites_are_crawled_beside_each_other(house: House) -> None:
    both = [paper(house, 3), paper(house, 3)]
    await asyncio.gather(*(house.crawl(house.outlet(site, delay_seconds=DELAY)) for site in both))
    spans = [(min(hit.at for hit in site.hits), max(hit.at for hit in site.hits)) for site in both]
    assert max(start for start, _ in spans) < min(end for _, end in spans)
    assert all(min(site.gaps()) >= DELAY for site in both)


async def test_a_feed_on_another_site_is_read_at_the_same_pace(house: House) -> None:
    site, other = paper(house, 1), house.site()
    other["/feed"] = answer(sitemap([site.url("/page-0")]), kind="application/xml")
    other["/robots.txt"] = answer(status="404 Not Found")
    source = Source(kind=SourceKind.SITEMAP, url=other.url("/feed"))
    await house.crawl(house.outlet(site, delay_seconds=DELAY, sources=(source,)))
    assert (await house.outcomes(site))["/page-0"][0] == "new"
    assert min(other.gaps()) >= DELAY


def throttling(status: str, retry_after: str) -> bytes:
    return answer(status=status, retry_after=retry_after)


async def alone_until(house: House, site: Site) -> datetime:
    async with house.runtime.engine.connect() as connection:
        until: datetime | None = (
            await connection.execute(select(sites.c.not_before).where(sites.c.site == site.host))
        ).scalar()
    assert until is not None
    return until


@pytest.mark.parametrize(
    ("status", "retry_after", "least", "most"),
    [
        ("429 Slow down", "120", 110, 121),
        ("503 Busy", "120", 110, 121),
        ("429 Slow down", "", 50, 61),
        ("429 Slow down", "99999999", 86_000, 86_401),
        ("429 Slow down", "9" * 400, 86_000, 86_401),
        ("429 Slow down", "soon", 50, 61),
        ("429 Slow down", "Fri, 01 Jan 2100 00:00:00 GMT", 86_000, 86_401),
        ("429 Slow down", "Thu, 01 Jan 1970 00:00:00 GMT", 50, 61),
        ("429 Slow down", "Thu, 01 Jan 1970 00:00:00 +" + "9" * 40, 50, 61),
    ],
)
async def test_a_site_that_asks_for_a_pause_gets_it_and_its_pages_stay_due(
    house: House, status: str, retry_after: str, least: float, most: float
) -> None:
    site = paper(house, 4)
    site["/page-1"] = throttling(status, retry_after)
    outlet = house.outlet(site)
    await house.crawl(outlet)
    ends = await house.outcomes(site)
    assert {path: end for path, (end, _) in ends.items()} == {"/page-0": "new", "/page-1": "throttled"}
    assert [hit.path for hit in site.hits][-1] == "/page-1", "nothing is sent after it"
    until = await alone_until(house, site)
    now = datetime.now(UTC)
    assert now + timedelta(seconds=least) < until < now + timedelta(seconds=most)
    asked = len(site.hits)
    await house.crawl(outlet)
    assert len(site.hits) == asked, "left alone"
    assert await house.due(outlet) == 2


async def test_a_source_that_asks_for_a_pause_ends_the_slice_before_any_other_request(house: House) -> None:
    site = paper(house)
    site["/feed"] = throttling("429 Slow down", "120")
    sources = tuple(Source(kind=SourceKind.FEED, url=site.url(path)) for path in ("/feed", "/feed-2"))
    outlet = house.outlet(site, sources=sources)
    await house.announce(outlet, site.url("/page-0"))
    await house.crawl(outlet)
    assert [hit.path for hit in site.hits] == ["/robots.txt", "/feed"]
    assert "the site answers 429" in ((await house.state(outlet)).unhealthy_reason or "")
    assert await house.due(outlet) == 1


async def test_a_site_that_is_away_is_left_alone_and_its_other_pages_stay_due(house: House) -> None:
    site = paper(house, 12)
    outlet = house.outlet(site)
    await house.announce(outlet, *(site.url(f"/page-{number}") for number in range(12)))
    site["/robots.txt"] = answer("", kind="text/plain")
    for number in range(12):
        site[f"/page-{number}"] = lambda asked: asked.connection.close()
    await house.crawl(outlet, sources=False)
    assert [end for end, _ in (await house.outcomes(site)).values()] == ["unreachable"] * 5
    assert await house.due(outlet) == 7
    assert await alone_until(house, site) > datetime.now(UTC) + timedelta(minutes=9)


async def test_nothing_is_sent_beside_the_promise() -> None:
    values = settings()
    assert values.getfloat("DOWNLOAD_DELAY_JITTER") == 0
    assert values.getint("CONCURRENT_REQUESTS_PER_DOMAIN") == 1
    assert values.getbool("RETRY_ENABLED") is False
