"""A long list that states no time: all of it is found in turn, and what is new at once, wherever it stands."""

import random

import pytest
from sqlalchemy import func, select

from crawler.sources.listing import NEWEST
from ledger.schema import pages, source_hourly
from ledger.source_sums import last_sums, readings
from news.outlet import Outlet
from news.source_sum import Disposition
from tests.crawler.conftest import House
from tests.crawler.hostile import Asked, Site, answer, sitemap

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROWS = 5_000


async def _read(house: House, outlet: Outlet) -> dict[Disposition, int]:
    """Read the source and no page; return what became of its rows."""
    await house.crawl(outlet, only=("none",))
    async with house.runtime.engine.connect() as connection:
        (reading,) = (await last_sums(connection, outlet.slug)).values()
    assert reading.sum.left == 0
    return dict(reading.sum.counts)


async def _found(house: House, outlet: Outlet) -> int:
    async with house.runtime.engine.connect() as connection:
        query = select(func.count()).select_from(pages).where(pages.c.outlet == outlet.slug)
        return (await connection.execute(query)).scalar_one()


def _list(site: Site, rows: list[str], form: str) -> None:
    if form == "text":
        site["/sitemap.xml"] = answer("\n".join(rows), kind="text/plain")
    else:
        site["/sitemap.xml"] = answer(sitemap(rows), kind="application/xml")


@pytest.mark.parametrize(("form", "order"), [("sitemap", "as written"), ("sitemap", "any"), ("text", "any")])
async def test_all_rows_are_found_in_turn_and_new_ones_at_once(house: House, form: str, order: str) -> None:
    chance = random.Random(form + order)
    site = house.site()
    outlet = house.outlet(site)
    rows = [site.url(f"/news/story-number-{number}") for number in range(ROWS)]

    def listed() -> None:
        if order == "any":
            chance.shuffle(rows)
        _list(site, rows, form)

    listed()
    first = await _read(house, outlet)
    # bounded: the newest, and as many of the others
    assert first == {Disposition.TAKEN: 2 * NEWEST, Disposition.TOO_OLD: ROWS - 2 * NEWEST}
    for _ in range(4):
        listed()
        last = await _read(house, outlet)
    assert (last, await _found(house, outlet)) == ({Disposition.KNOWN: ROWS}, ROWS)
    new = [site.url(f"/news/late-story-{number}") for number in range(7)]
    for url in new:
        rows.insert(chance.randrange(2_000, 3_000), url)
    listed()
    assert await _read(house, outlet) == {Disposition.KNOWN: ROWS, Disposition.TAKEN: 7}


async def test_a_list_whose_rest_waits_is_not_asked_for_on_condition(house: House) -> None:
    site = house.site()
    content = sitemap([site.url(f"/news/story-number-{number}") for number in range(2 * NEWEST + 5)])

    def send(asked: Asked) -> None:
        if "if-none-match" in asked.hit.headers:
            asked.send(answer(status="304 Not Modified", etag='"a"'))
        else:
            asked.send(answer(content, kind="application/xml", etag='"a"'))

    site["/sitemap.xml"] = send
    outlet = house.outlet(site)
    for _ in range(3):
        await _read(house, outlet)
    assert await _found(house, outlet) == 2 * NEWEST + 5
    assert ["if-none-match" in hit.headers for hit in site.asked("/sitemap.xml")] == [False, False, True]


async def test_the_past_of_a_list_says_nothing_of_how_much_it_brings(house: House) -> None:
    site = house.site()
    outlet = house.outlet(site)
    rows = [site.url(f"/news/story-number-{number}") for number in range(3 * NEWEST)]
    for number in range(4):
        rows.insert(1_500, site.url(f"/news/late-story-{number}"))
        _list(site, rows, "sitemap")
        await _read(house, outlet)
    async with house.runtime.engine.connect() as connection:
        counts = [each.sum.counts for each in await readings(connection, outlet.slug, site.url("/sitemap.xml"))]
        of_outlet = source_hourly.c.outlet == outlet.slug
        brought = (await connection.execute(select(func.sum(source_hourly.c.found)).where(of_outlet))).scalar()
    assert [each.get(Disposition.TAKEN) for each in counts] == [1, 3, 1_000, 2_000]
    assert brought == 4


async def test_pages_of_the_middle_wait_behind_those_that_are_new(house: House) -> None:
    site = house.site()
    outlet = house.outlet(site)
    _list(site, [site.url(f"/news/story-number-{number}") for number in range(2 * NEWEST)], "sitemap")
    await _read(house, outlet)
    async with house.runtime.engine.connect() as connection:
        rows = await connection.execute(
            select(pages.c.url, pages.c.priority).where(pages.c.outlet == outlet.slug, pages.c.priority < 0)
        )
        behind = {int(row.url.rpartition("-")[2]) for row in rows}
    assert behind == set(range(NEWEST // 2, 2 * NEWEST - NEWEST // 2))
