"""Many queries and a few articles in, which query finds which of them out."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Column, and_, false, func, literal, select
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.visitors import replacement_traverse

from index.normalised_query import normalise
from index.postgresql import translate
from index.postgresql.tables import ARTICLES
from index.postgresql.translate import Condition
from index.query import Query
from news.errors import BadQuery

#: queries of one statement; a list of results ends at 1,664 columns
AT_ONCE = 100
#: what conditions ask of an article
_ASKED = ("id", "labels", "sorted_at", "published_at", "published_day")


async def matches(connection: AsyncConnection, queries: Sequence[Query], ids: Collection[str]) -> list[frozenset[str]]:
    """Return for each query which of the articles it finds. Raises BadQuery for articles like another.

    The articles' words are unpacked once for all queries of a statement: each condition would unpack them anew.
    """
    unpacked = ARTICLES.c.words.op("||")(literal("").cast(TSVECTOR)).label("words")
    few = (
        select(*(ARTICLES.c[name] for name in _ASKED), unpacked)
        .where(ARTICLES.c.id.in_(list(ids)), ARTICLES.c.document.is_not(None))
        .cte("few")
        .prefix_with("MATERIALIZED")
    )

    def of_few(element: Any, **_: Any) -> Any:
        is_ours = isinstance(element, Column) and element.table is ARTICLES
        return few.c[element.name] if is_ours else None

    found: list[set[str]] = [set() for _ in queries]
    for start in range(0, len(queries), AT_ONCE):
        part = [replacement_traverse(_condition(each), {}, of_few) for each in queries[start : start + AT_ONCE]]
        columns = [func.coalesce(each, false()).label(f"q{number}") for number, each in enumerate(part)]
        for id, *answers in await connection.execute(select(few.c.id, *columns)):
            for number, answer in enumerate(answers):
                if answer:
                    found[start + number].add(id)
    return list(map(frozenset, found))


def _condition(query: Query) -> Condition:
    if query.like:
        raise BadQuery("PostgreSQL cannot find articles like another; Elasticsearch can.")
    tree = normalise(query)[1].tree
    return and_(translate.condition(tree), *translate.published(query), *translate.filters(query).values())
