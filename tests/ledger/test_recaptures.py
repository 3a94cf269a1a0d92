"""Which articles count for an estimate of completeness: those of the last month, once each, by all their addresses."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.recaptures import counts, estimates, note_estimate
from ledger.schema import articles, pages, sources
from news.recapture import Capture, CompletenessEstimate

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)


async def _article(
    connection: AsyncConnection, *captures: Capture, seen: float = 5, published: float | None = 5
) -> None:
    """Write an article that was first seen and published so many days ago, with an address for each of `captures`."""
    id = uuid4()
    at = NOW - seen * DAY
    values = {"outlet": "harbour", "url": f"https://h.example/{id}", "read_from": f"https://h.example/{id}"}
    values |= {"version": 1, "revision": 1, "fingerprint": "", "document": {}}
    published_at = None if published is None else NOW - published * DAY
    times = {"first_seen_at": at, "changed_at": at, "fetched_at": at, "published_at": published_at}
    await connection.execute(insert(articles).values(id=id, **values, **times))
    for number, each in enumerate(captures):
        url = f"https://h.example/{id}/{number}"
        row = {"url": url, "outlet": "harbour", "found_in": "x", "article_id": id, "captures": int(each)}
        await connection.execute(insert(pages).values(row))


async def test_articles_of_the_last_month_count_once_by_all_their_addresses(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        assert await counts(connection, "harbour", NOW) == {}
        await connection.execute(
            insert(sources).values(outlet="harbour", url="feed", kind="feed", first_read_at=NOW - 20 * DAY)
        )
        await _article(connection, Capture.FEED)
        await _article(connection, Capture.FEED, Capture.SITEMAP, Capture.NONE)
        await _article(connection, Capture.LINK, published=None)
        # by a person alone; of the last day; from before its sources were read; published long before
        await _article(connection, Capture.NONE)
        await _article(connection, Capture.FEED, seen=0.5, published=0.5)
        await _article(connection, Capture.FEED, seen=19.5, published=19.5)
        await _article(connection, Capture.LINK, published=400)
        found = await counts(connection, "harbour", NOW)
        assert found == {Capture.FEED: 1, Capture.FEED | Capture.SITEMAP: 1, Capture.LINK: 1}
        assert await counts(connection, "another", NOW) == {}


async def test_an_estimate_replaces_the_one_before(engine: AsyncEngine) -> None:
    made = CompletenessEstimate(found=900, share=0.97, low=0.96, high=0.98)
    async with engine.begin() as connection:
        await note_estimate(connection, "harbour", 900, made, NOW)
        known = (await estimates(connection))["harbour"]
        assert known.estimate == made
        await note_estimate(connection, "harbour", 12, None, NOW + DAY)
        known = (await estimates(connection, ["harbour"]))["harbour"]
        assert known.as_json() == {"made_at": NOW + DAY, "found": 12, "share": None, "low": None, "high": None}
        assert await estimates(connection, ["another"]) == {}
