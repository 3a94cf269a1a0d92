"""What was fetched and read goes into the ledger; where we read otherwise than before, the page we have comes first."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.change import ReadAgain
from ledger.visit_transaction import Terms, record
from news.configuration import Configuration
from news.digest import Digest
from news.visit import Earlier, Visit
from pipelines.digest import digest_in_pool
from pipelines.pool import Pool

#: times that a kept page is read again, because another worker has changed the article meanwhile
_TRIES = 3


def terms_of(configuration: Configuration, *, events: bool) -> Terms:
    """Return what a recording is told of the settings."""
    return Terms(
        events=events,
        story_days=configuration.story_days,
        revisit_days=configuration.revisit_days,
        raw_bytes=round(configuration.raw_pages_gb * 2**30),
        raw_days=configuration.raw_pages_days,
    )


async def record_visit(engine: AsyncEngine, visit: Visit, pool: Pool | None = None, terms: Terms = Terms()) -> Visit:  # noqa: B008
    """Record a visit, and return it with what the ledger made of it.

    `pool` reads the page that we have again, where the new one was read with something else. Without it, and where no
    page is kept, the lines of both pages have to tell what the outlet changed.
    Raises SQLAlchemyError if the ledger is away: then nothing was written and the page is still due.
    """

    async def recorded(visit: Visit) -> Visit:
        return await record(engine, visit, terms)

    return await with_earlier_page(recorded, visit, pool)


async def with_earlier_page(kept: Callable[[Visit], Awaitable[Visit]], visit: Visit, pool: Pool | None) -> Visit:
    """Return `kept(visit)`; the page of the article's newest version is read again as often as that asks for it."""
    for _ in range(_TRIES if pool else 0):
        try:
            return await kept(visit)
        except ReadAgain as again:
            assert pool is not None, "without a pool there are no tries"
            read = await digest_in_pool(pool, again.page, visit.outlet, visit.chrome)
            visit = replace(visit, earlier=Earlier(page_hash=again.page_hash, digest=read))
    return await kept(replace(visit, earlier=Earlier(page_hash=b"", digest=Digest())))
