"""Articles as the ledger keeps them, and the document that the index gets of each."""

import json
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import addresses, articles, pages, versions
from news.article import Article
from news.digest import pack_json
from news.edits import Edits
from news.errors import NoAddress, NotFound
from news.identity import identity
from news.index_document import IndexDocument
from news.version import Version

#: no page lists more addresses of an article: of some, outlets make endless variants, thousands
MOST_ADDRESSES = 50


def index_document(row: Row[Any]) -> IndexDocument:
    """Return what the index is given of a row of `articles`."""
    return IndexDocument(
        id=row.id,
        revision=row.revision,
        outlet=row.outlet,
        page=row.document,
        version=row.version,
        first_seen_at=row.first_seen_at,
        changed_at=row.changed_at,
        fetched_at=row.fetched_at,
        edits=tuple(row.edits),
        gone_at=row.gone_at,
        gone_status=row.gone_status,
        returned_at=row.returned_at,
        story_id=row.story_id,
        copy_of=row.copy_of,
        similarity=row.similarity,
    )


async def index_documents(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, IndexDocument]:
    """Return what the index is given of these articles; those that do not exist are left out."""
    rows = await connection.execute(select(articles).where(articles.c.id.in_(list(ids))))
    return {row.id: index_document(row) for row in rows}


async def documents(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the index documents of these articles as JSON; those that do not exist are left out."""
    return {id: each.as_json() for id, each in (await index_documents(connection, ids)).items()}


async def find(connection: AsyncConnection, url_or_id: str) -> UUID:
    """Return the id of the article with this id or any address it was met under. Raises NotFound, or NoAddress."""
    try:
        wanted = select(articles.c.id).where(articles.c.id == UUID(url_or_id))
    except ValueError:
        try:
            key = identity(url_or_id)
        except ValueError as error:
            raise NoAddress(f"'{url_or_id}' is neither an article's id nor an http(s) address.") from error
        wanted = select(addresses.c.article_id).where(addresses.c.key == key)
    found: UUID | None = (await connection.execute(wanted)).scalar()
    if found is None:
        raise NotFound(f"No article is known under '{url_or_id}'. `broadsheet recrawl` fetches an address now.")
    return found


async def addresses_of(connection: AsyncConnection, article_id: UUID) -> list[str]:
    """Return the addresses of pages that carry the article, the first found first, at most MOST_ADDRESSES."""
    query = select(pages.c.url).where(pages.c.article_id == article_id).order_by(pages.c.found_at, pages.c.url)
    return list((await connection.execute(query.limit(MOST_ADDRESSES))).scalars())


async def history(connection: AsyncConnection, article_id: UUID) -> list[Version]:
    """Return every version of the article, the first one first."""
    rows = await connection.execute(
        select(versions).where(versions.c.article_id == article_id).order_by(versions.c.version)
    )
    return [
        Version(
            number=row.version,
            seen_at=row.seen_at,
            article=unpack(row.article),
            edits=Edits.from_json(row.edits) if row.edits else None,
        )
        for row in rows
    ]


async def newest(connection: AsyncConnection, article_id: UUID) -> Article:
    """Return the article's newest text. Raises NotFound for an id that is none."""
    document = (await connection.execute(select(articles.c.document).where(articles.c.id == article_id))).scalar()
    if document is None:
        raise NotFound(f"No article has the id {article_id}.")
    return Article.from_json(document)


async def newest_of(connection: AsyncConnection, outlet: str, limit: int) -> list[tuple[UUID, str, datetime]]:
    """Return id, headline and first sight of an outlet's newest articles, the newest first."""
    query = (
        select(articles.c.id, articles.c.document["headline"].astext, articles.c.first_seen_at)
        .where(articles.c.outlet == outlet)
        .order_by(articles.c.outlet, articles.c.first_seen_at.desc())  # as the index has them
        .limit(limit)
    )
    return [(id, headline or "", at) for id, headline, at in await connection.execute(query)]


async def explanation(connection: AsyncConnection, article_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Return what was weighed for each field of the article's newest text: value, source, weight, chosen and why."""
    query = select(versions.c.candidates).where(versions.c.article_id == article_id)
    packed = (await connection.execute(query.order_by(versions.c.version.desc()).limit(1))).scalar()
    return dict(json.loads(zlib.decompress(packed))) if packed else {}


def pack(article: Article) -> bytes:
    """Return the article compressed, as `versions` keeps it."""
    return pack_json(article.as_json())


def unpack(packed: bytes) -> Article:
    """Return the article that `pack` compressed."""
    return Article.from_json(json.loads(zlib.decompress(packed)))
