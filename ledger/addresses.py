"""The addresses under which an article was met."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import pages

#: no page lists more: an address of which outlets make endless variants has thousands
MOST = 50


async def addresses_of(connection: AsyncConnection, article_id: UUID) -> list[str]:
    """Return the addresses of pages that carry the article, the first found first, at most MOST."""
    rows = await connection.execute(
        select(pages.c.url).where(pages.c.article_id == article_id).order_by(pages.c.found_at, pages.c.url).limit(MOST)
    )
    return [row.url for row in rows]
