"""A slice of a crawl: it ends in time, hands over what is left, and loses nothing however it ends."""

import asyncio
import time
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from sqlalchemy import insert, make_url
from sqlalchemy.exc import SQLAlchemyError

from crawler.download import MAY_SEND
from crawler.slices import settings
from crawler.spiders.outlet_spider import IN_FLIGHT
from ledger.database import engine_for, migrate
from ledger.schema import attempts
from news.clock import now
from news.errors import CrawlInterrupted
from tests.crawler.conftest import House
from tests.crawler.hostile import Asked, Site, answer, article
from tests.databases import libpq

pytestmark = pytest.mark.asyncio(loop_scope="session")


def paper(house: House, pages: int) -> Site:
    site = house.site()
    for number in range(pages):
        site[f"/page-{number:02}"] = answer(article(f"Page number {number}"))
    return site


async def test_a_slice_fetches_one_page_at_least_and_hands_the_rest_over(house: House) -> None:
    site = paper(house, 3)
    outlet = house.outlet(site)
    for left in (2, 1, 0):
        await house.crawl(outlet, seconds=0.000_1)
        assert await house.due(outlet) == left


async def test_a_slice_does_not_wait_for_a_request_that_the_next_one_may_send(house: House) -> None:
    site = paper(house, 4)
    site["/robots.txt"] = answer("User-agent: *\nCrawl-delay: 0.2", kind="text/plain")
    outlet = house.outlet(site)
    await house.announce(outlet, *(site.url(f"/page-{number:02}") for number in range(4)))
    await house.crawl(outlet, sources=False, seconds=0.3)
    assert 0 < await house.due(outlet) < 4


async def test_a_slice_that_is_cancelled_takes_back_what_waits_and_its_pages_stay_due(house: House) -> None:
    site = paper(house, 5)
    outlet = house.outlet(site, delay_seconds=0.05)
    await house.announce(outlet, *(site.url(f"/page-{number:02}") for number in range(5)))
    await house.crawl(outlet, sources=False, seconds=0.000_1)
    slow = house.outlet(site, delay_seconds=500.0)
    crawl = asyncio.create_task(house.crawl(slow, sources=False))
    await asyncio.sleep(0.5)
    crawl.cancel()
    done, _ = await asyncio.wait([crawl], timeout=30)
    assert done, "it did not wait out the delay"
    assert crawl.cancelled()
    assert len(site.asked()) == 2, "nothing was sent in a hurry either"
    assert await house.due(outlet) == 4


async def test_a_slice_that_is_cancelled_while_it_opens_sends_nothing(house: House) -> None:
    site = paper(house, 3)
    outlet = house.outlet(site)
    await house.announce(outlet, *(site.url(f"/page-{number:02}") for number in range(3)))
    for turns in range(12):  # of the loop: somewhere among them Scrapy's own stop would do nothing
        crawl = asyncio.create_task(house.crawl(outlet, sources=False))
        for _ in range(turns):
            await asyncio.sleep(0)
        crawl.cancel()
        await asyncio.wait([crawl], timeout=30)
        assert crawl.cancelled()
    await asyncio.sleep(0.3)
    assert [hit.path for hit in site.asked() if hit.path != "/robots.txt"] == []
    assert await house.due(outlet) == 3


async def test_a_slice_ends_when_it_may_send_nothing_more_and_its_pages_stay_due(house: House) -> None:
    site = paper(house, 5)
    outlet = house.outlet(site)
    await house.announce(outlet, *(site.url(f"/page-{number:02}") for number in range(5)))
    token = MAY_SEND.set(lambda: not site.asked("/page-01"))
    try:
        with pytest.raises(CrawlInterrupted):
            await house.crawl(outlet, sources=False)
    finally:
        MAY_SEND.reset(token)
    pages = [hit.path for hit in site.asked() if hit.path != "/robots.txt"]
    assert pages == ["/page-00", "/page-01"]
    assert await house.due(outlet) == 3


async def test_a_slice_that_is_cancelled_again_and_again_still_ends_before_it_lets_go(house: House) -> None:
    site = paper(house, 2)
    reached = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slowly(asked: Asked) -> None:
        loop.call_soon_threadsafe(reached.set)
        time.sleep(0.5)
        asked.send(answer(article(), connection="close"))

    site["/page-00"] = slowly
    outlet = house.outlet(site)
    crawl = asyncio.create_task(house.crawl(outlet))
    await reached.wait()
    while not crawl.done():
        crawl.cancel()
        await asyncio.sleep(0.02)
    asked = site.asked()
    await asyncio.sleep(0.3)
    assert site.asked() == asked
    assert len(await house.attempts(outlet)) + await house.due(outlet) == 2


async def test_a_slice_that_is_cancelled_in_mid_page_leaves_it_due_or_records_it_whole(house: House) -> None:
    site = paper(house, 2)
    reached = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slowly(asked: Asked) -> None:
        loop.call_soon_threadsafe(reached.set)
        asked.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>")
        time.sleep(0.4)
        asked.send(article().encode())

    site["/page-00"] = slowly
    outlet = house.outlet(site)
    crawl = asyncio.create_task(house.crawl(outlet))
    await reached.wait()
    crawl.cancel()
    await asyncio.wait([crawl], timeout=30)
    assert crawl.cancelled()
    attempts = await house.attempts(outlet)
    assert len(attempts) + await house.due(outlet) == 2
    await house.crawl(outlet)
    assert {end for end, _ in (await house.outcomes(site)).values()} == {"new"}


async def test_a_ledger_that_goes_away_ends_the_slice_with_its_error_and_nothing_is_lost(
    house: House, fresh_database: str
) -> None:
    site = paper(house, 6)
    outlet = house.outlet(site)
    engine = engine_for(fresh_database)
    await migrate(engine)
    own = House(runtime=replace(house.runtime, engine=engine), server=house.server)
    name = sql.Identifier(make_url(fresh_database).database or "")
    elsewhere = make_url(fresh_database).set(database="postgres").render_as_string(hide_password=False)

    def let(*, connections: bool) -> None:
        with psycopg.connect(libpq(elsewhere), autocommit=True) as connection:
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(name, sql.Literal(connections)))
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(query, [make_url(fresh_database).database])

    def last_words(asked: Asked) -> None:
        let(connections=False)
        asked.send(answer(article(), connection="close"))

    site["/page-02"] = last_words
    try:
        with pytest.raises(SQLAlchemyError):
            await own.crawl(outlet)
        let(connections=True)
        done = {path for path, (end, _) in (await own.outcomes(site)).items() if end == "new"}
        assert done <= {"/page-00", "/page-01"}
        assert len(done) + await own.due(outlet) == 6
        site["/page-02"] = answer(article("Page number 2"))
        await own.crawl(outlet)
        assert {end for end, _ in (await own.outcomes(site)).values()} == {"new"}
        assert len(await own.outcomes(site)) == 6
    finally:
        await engine.dispose()


class Fails:
    """A middleware with a mistake in it."""

    def process_request(self, request: Request) -> None:
        if request.url.endswith("/page-01"):
            raise KeyError("a mistake of ours")


class Ignores:
    def process_request(self, request: Request) -> None:
        if request.url.endswith("/page-01"):
            raise IgnoreRequest


@pytest.mark.parametrize("mistake", ["Fails", "Ignores"])
async def test_a_page_that_trips_a_middleware_is_recorded_and_does_not_stop_the_others(
    house: House, mistake: str
) -> None:
    site = paper(house, 3)
    chosen = dict(settings()["DOWNLOADER_MIDDLEWARES"]) | {f"tests.crawler.test_slices.{mistake}": 200}
    await house.crawl(house.outlet(site), DOWNLOADER_MIDDLEWARES=chosen)
    ends = await house.outcomes(site)
    assert (ends["/page-00"][0], ends["/page-02"][0]) == ("new", "new")
    assert ends["/page-01"][0] in {"unreadable", "http_error"}


async def test_an_error_in_a_pipeline_ends_the_slice_with_it_and_the_page_stays_due(house: House) -> None:
    site = paper(house, 3)
    outlet = house.outlet(site)
    with pytest.raises(KeyError, match="a mistake of ours"):
        await house.crawl(outlet, ITEM_PIPELINES={"tests.crawler.test_slices.Mistaken": 100})
    assert await house.attempts(outlet) == []
    assert await house.due(outlet) == 3


class Mistaken:
    def process_item(self, item: object) -> object:
        raise KeyError("a mistake of ours")


async def test_no_more_pages_are_in_flight_than_keep_the_pool_busy(house: House) -> None:
    site = paper(house, 12)
    outlet = house.outlet(site)
    Slow.most = Slow.now = 0
    pipelines = dict(settings()["ITEM_PIPELINES"]) | {"tests.crawler.test_slices.Slow": 150}
    await house.crawl(outlet, ITEM_PIPELINES=pipelines)
    assert len(await house.outcomes(site)) == 12
    assert 1 < Slow.most <= IN_FLIGHT


async def test_an_outlet_whose_pages_take_too_much_has_one_of_them_in_flight_until_they_do_no_longer(
    house: House,
) -> None:
    site = paper(house, 6)
    outlet = house.outlet(site)
    pipelines = dict(settings()["ITEM_PIPELINES"]) | {"tests.crawler.test_slices.Slow": 150}
    async with house.runtime.engine.begin() as connection:
        for number in range(5):
            values = {"at": now(), "outlet": outlet.slug, "url": site.url(f"/slow-{number}"), "outcome": "too_slow"}
            await connection.execute(insert(attempts).values(values))
    for most in (1, IN_FLIGHT):
        Slow.most = Slow.now = 0
        await house.crawl(outlet, ITEM_PIPELINES=pipelines)
        assert (Slow.most == 1) is (most == 1)
        await house.announce(outlet, *(site.url(f"/page-{number:02}?again") for number in range(6)))


class Slow:
    """A step that takes its time, and counts how many pages wait for it."""

    now = most = 0

    async def process_item(self, item: object) -> object:
        Slow.now += 1
        Slow.most = max(Slow.most, Slow.now)
        await asyncio.sleep(0.1)
        Slow.now -= 1
        return item


async def test_a_recrawl_fetches_its_address_alone(house: House) -> None:
    site = paper(house, 3)
    outlet = house.outlet(site)
    await house.announce(outlet, *(site.url(f"/page-{number:02}") for number in range(3)))
    await house.crawl(outlet, sources=False, only=(site.url("/page-01"),))
    assert set(await house.outcomes(site)) == {"/page-01"}
    assert await house.due(outlet) == 2


async def test_an_address_that_is_too_long_for_any_article_is_recorded_not_waited_for(house: House) -> None:
    site = paper(house, 1)
    outlet = house.outlet(site)
    long = "/" + "a" * 5_000
    await house.announce(outlet, site.url(long))
    await house.crawl(outlet)
    assert (await house.outcomes(site))[long][0] == "bad_url"


async def test_a_crawl_that_is_stopped_from_outside_says_so(house: House) -> None:
    site = paper(house, 2)
    with pytest.raises(CrawlInterrupted, match="was stopped"):
        await house.crawl(
            house.outlet(site), EXTENSIONS={"scrapy.extensions.closespider.CloseSpider": 1}, CLOSESPIDER_PAGECOUNT=2
        )
