"""The newest page of each article as it came, for as long as the article is re-fetched: what can be read again."""

from datetime import timedelta
from uuid import UUID

import zstandard
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.pipeline import Pipeline, json_text
from ledger.schema import raw_pages
from ledger.statements import SEE_RAW, SET_RAW
from news.outcome import Outcome
from news.page import Page
from news.storable import storable
from news.visit import Visit

#: headers that the reader looks at: the others are not kept with a page
KEPT_HEADERS = ("content-type", "x-robots-tag", "tdm-reservation")
#: a header is cut off here: what is longer says nothing to the reader
HEADER_CHARACTERS = 1_000
#: no page of ours unpacks to more (pipelines/importing/warc.py has the crawler's limit)
PAGE_BYTES = 32 * 2**20
#: a page that is larger when it is packed is not kept: of a hundred outlets' pages none is, and few would fill the room
MOST_BYTES = 2**20
#: one recording in so many looks whether there is room
PRUNE_EVERY = 512
#: pages that are forgotten at once
MOST_PRUNED = 2_000


async def store_raw(pipeline: Pipeline, visit: Visit, article_id: UUID) -> None:
    """Keep the page of a visit in place of the one that is kept of its article."""
    digest, page = visit.digest, visit.page
    if page is None or digest is None or digest.provenance is None or not digest.raw:
        return
    if len(digest.raw) > MOST_BYTES:
        return
    page_hash = digest.provenance.page_hash
    if visit.outcome is Outcome.UNCHANGED:
        # the same bytes, as a rule: they need not be written again
        pipeline.add(SEE_RAW, article_id=article_id, page_hash=page_hash, fetched_at=visit.fetched_at)
        if await pipeline.send():
            return
    headers = {name: storable(page.headers[name])[:HEADER_CHARACTERS] for name in KEPT_HEADERS if name in page.headers}
    pipeline.add(
        SET_RAW,
        article_id=article_id,
        page_hash=page_hash,
        url=page.url,
        final_url=page.final_url,
        status=page.status,
        headers=json_text(headers),
        content=digest.raw,
        content_bytes=len(digest.raw),
        fetched_at=visit.fetched_at,
    )


async def raw_page(connection: AsyncConnection, article_id: UUID) -> tuple[bytes, Page] | None:
    """Return the hash and the page that is kept of an article, None if none is."""
    row = (await connection.execute(select(raw_pages).where(raw_pages.c.article_id == article_id))).first()
    if row is None:
        return None
    page = Page(
        url=row.url,
        final_url=row.final_url,
        status=row.status,
        headers=row.headers,
        content=zstandard.ZstdDecompressor().decompress(row.content, max_output_size=PAGE_BYTES),
        fetched_at=row.fetched_at,
    )
    return row.page_hash, page


async def prune_raw(connection: AsyncConnection, most_bytes: int, most_days: float | None = None) -> int:
    """Forget pages that are older than `most_days`, and the oldest ones for which there is no room; return how many.

    At most MOST_PRUNED go at once. Two processes that do it at a time do not wait for each other.
    """
    gone = 0
    oldest = select(raw_pages.c.article_id).order_by(raw_pages.c.fetched_at).limit(MOST_PRUNED)
    oldest = oldest.with_for_update(skip_locked=True)
    if most_days is not None:
        old = oldest.where(raw_pages.c.fetched_at < func.now() - timedelta(days=most_days))
        gone += (await connection.execute(delete(raw_pages).where(raw_pages.c.article_id.in_(old)))).rowcount
    # the size of the files is known at once; only if it passes the bound are the pages counted
    size = text("SELECT pg_total_relation_size('raw_pages')")
    if (await connection.execute(size)).scalar_one() <= most_bytes:
        return gone
    kept = (await connection.execute(select(func.sum(raw_pages.c.content_bytes)))).scalar_one() or 0
    if kept > most_bytes:
        rows = await connection.execute(oldest.add_columns(raw_pages.c.content_bytes))
        dropped = []
        for row in rows:
            if kept <= most_bytes:
                break
            dropped.append(row.article_id)
            kept -= row.content_bytes
        gone += (await connection.execute(delete(raw_pages).where(raw_pages.c.article_id.in_(dropped)))).rowcount
    return gone
