"""Whether what a source lists is renewed."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.listings import note_listing, renewed_at, renewed_in
from ledger.pages import Found

AT = datetime(2024, 2, 8, 4, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEED = "https://news.example/feed"


def listed(*slugs: str, lastmod: datetime | None = None) -> list[Found]:
    return [Found(url=f"https://news.example/{slug}", lastmod=lastmod) for slug in slugs]


async def test_a_list_is_renewed_by_what_it_did_not_have_and_not_by_its_order(engine: AsyncEngine) -> None:
    readings = [
        listed("a", "b"),  # the first one: it may be as old as it likes
        listed("b", "a"),
        listed("c", "b", "a"),
        listed("c", "b", "a"),
        [],  # an index of sitemaps lists nothing itself
        listed("c", "b", "a"),
        listed("c", "b", "a", lastmod=AT),
    ]
    async with engine.begin() as connection:
        for hours, found in enumerate(readings):
            await note_listing(connection, "example", FEED, found, AT + hours * HOUR)
            await note_listing(connection, "example", FEED, found, AT + hours * HOUR)
        hours_of = await renewed_in(connection, "example", FEED, AT, AT + 24 * HOUR)
        assert hours_of == [AT + 1.5 * HOUR, AT + 5.5 * HOUR]
        assert await renewed_at(connection, "example") == {FEED: AT + 6 * HOUR}
        assert await renewed_at(connection, "other") == {}


async def test_a_stranger_s_address_of_any_letters_is_noted(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await note_listing(connection, "example", FEED, [Found(url="https://news.example/\udc80")], AT)
        assert await renewed_at(connection, "example") == {FEED: AT}
