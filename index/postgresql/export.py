"""A query in, all documents that it finds out, page by page: each page is a short statement behind a key."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from index.postgresql import translate
from index.postgresql.tables import ARTICLES
from index.protocol import EXPORT_PAGE
from index.query import Query, Sort
from index.syntax import QueryNode
from news.errors import BadQuery

Documents = list[dict[str, Any]]
#: what a row is ordered by: dated rows by time and id, then those without a time by id
Key = tuple[datetime | None, str]


async def export(
    engine: AsyncEngine, query: Query, tree: QueryNode | None, after: str | None
) -> AsyncGenerator[Documents]:
    """Yield the documents, newest or oldest first, EXPORT_PAGE at a time. Raises BadQuery for an unknown `after`.

    No connection is held between two pages: whoever reads slowly keeps no snapshot from being vacuumed.
    """
    where = and_(
        ARTICLES.c.document.is_not(None),
        translate.condition(tree),
        *translate.published(query),
        *translate.filters(query).values(),
    )
    # what is dated at all is dated near the time that it is ordered by
    near = and_(where, *translate.near(query))
    key = await _key(engine, after) if after else None
    for dated in (True, False):
        if key and dated and key[0] is None:
            continue
        while True:
            async with engine.connect() as connection:
                rows = (await connection.execute(_page(near if dated else where, query.sort, key, dated=dated))).all()
            if rows:
                key = (rows[-1].sorted_at, rows[-1].id)
                yield [row.document for row in rows]
            if len(rows) < EXPORT_PAGE:
                break


async def _key(engine: AsyncEngine, id: str) -> Key:
    query = select(ARTICLES.c.sorted_at, ARTICLES.c.id).where(ARTICLES.c.id == id, ARTICLES.c.document.is_not(None))
    async with engine.connect() as connection:
        row = (await connection.execute(query)).first() if "\0" not in id else None
    if row is None:
        raise BadQuery(f"No article has the id '{id[:50]}'.")
    return row.sorted_at, row.id


def _page(where: Any, sort: Sort, key: Key | None, *, dated: bool) -> Select[Any]:
    """Return the statement of one page; in this order the index on time and id is walked, and nothing is sorted."""
    at, id = ARTICLES.c.sorted_at, ARTICLES.c.id
    page = select(id, at, ARTICLES.c.document).where(where, at.is_not(None) if dated else at.is_(None))
    page = page.limit(EXPORT_PAGE)
    if not dated:
        page = page.order_by(id)
        return page.where(id > key[1]) if key and key[0] is None else page
    oldest = sort is Sort.OLDEST
    page = page.order_by(at, id) if oldest else page.order_by(at.desc(), id.desc())
    if key is None:
        return page
    place, last = tuple_(at, id), tuple_(*key)
    return page.where(place > last if oldest else place < last)
