"""Articles whose pages are gone: noted at the second 404 or 410, a day after the first, and when they are back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.outbox import enqueue_article
from ledger.pipeline import Pipeline
from ledger.revisit import GONE_AGAIN
from ledger.schema import addresses, articles, tombstones
from ledger.statements import NOTE_NEWS
from news.identity import identity
from news.version import Tombstone
from news.watch import NotificationType


async def miss(connection: AsyncConnection, url: str, status: int, at: datetime) -> datetime | None:
    """Note that the outlet answered `status`, 404 or 410, for `url`; return when to ask again, None if that is settled.

    Only the article's own address counts: a print view that is withdrawn takes no article with it. The first answer
    is kept in mind; one a day or more after it makes a tombstone. The article's versions stay.
    """
    row = (
        await connection.execute(
            select(articles.c.id, articles.c.missed_at, articles.c.gone_at, articles.c.revision)
            .join(addresses, addresses.c.article_id == articles.c.id)
            .where(addresses.c.key == identity(url), or_(articles.c.url == url, articles.c.read_from == url))
            .with_for_update(of=articles)
        )
    ).first()
    if row is None or row.gone_at is not None:
        return None
    of_this = articles.c.id == row.id
    if row.missed_at is None or at < row.missed_at:
        await connection.execute(update(articles).where(of_this).values(missed_at=at))
        return at + GONE_AGAIN
    if at < row.missed_at + GONE_AGAIN:
        again: datetime = row.missed_at + GONE_AGAIN
        return again
    await connection.execute(
        update(articles).where(of_this).values(gone_at=at, gone_status=status, revision=row.revision + 1)
    )
    await connection.execute(
        insert(tombstones).values(article_id=row.id, missed_at=row.missed_at, gone_at=at, status=status)
    )
    await enqueue_article(connection, row.id, row.revision + 1)
    await _note_news(connection, row.id, NotificationType.WITHDRAWAL, at)
    return None


async def meet(connection: AsyncConnection, article_id: UUID, at: datetime) -> None:
    """Note that the article's page is there; if it had been gone, that it came back."""
    row = (
        await connection.execute(
            select(articles.c.missed_at, articles.c.gone_at, articles.c.revision)
            .where(articles.c.id == article_id)
            .with_for_update()
        )
    ).one()
    if row.missed_at is None:
        return
    present = {"missed_at": None, "gone_at": None, "gone_status": None}
    of_this = articles.c.id == article_id
    if row.gone_at is None:
        await connection.execute(update(articles).where(of_this).values(present))
        return
    await connection.execute(
        update(articles).where(of_this).values(present | {"returned_at": at, "revision": row.revision + 1})
    )
    stone = (tombstones.c.article_id == article_id) & (tombstones.c.gone_at == row.gone_at)
    await connection.execute(update(tombstones).where(stone).values(back_at=at))
    await enqueue_article(connection, article_id, row.revision + 1)
    await _note_news(connection, article_id, NotificationType.RETURN, at)


async def _note_news(connection: AsyncConnection, article_id: UUID, type: NotificationType, at: datetime) -> None:
    pipeline = Pipeline(connection)
    pipeline.add(NOTE_NEWS, article_id=article_id, type=str(type), version=None, at=at)
    await pipeline.send()


async def is_missing(connection: AsyncConnection, article_id: UUID) -> bool:
    """Say whether the article's page was not there once, and nothing settles yet whether it is withdrawn."""
    query = select(articles.c.missed_at.is_not(None) & articles.c.gone_at.is_(None)).where(articles.c.id == article_id)
    return bool((await connection.execute(query)).scalar())


async def stones(connection: AsyncConnection, article_id: UUID) -> list[Tombstone]:
    """Return every time that the article was withdrawn, the first one first."""
    rows = await connection.execute(
        select(tombstones).where(tombstones.c.article_id == article_id).order_by(tombstones.c.gone_at)
    )
    return [
        Tombstone(status=row.status, missed_at=row.missed_at, gone_at=row.gone_at, back_at=row.back_at) for row in rows
    ]
