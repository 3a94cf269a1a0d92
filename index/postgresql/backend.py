"""PostgreSQL as a place to search: full text in a schema of its own, for those who run no Elasticsearch."""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from contextlib import aclosing, contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.schema import CreateSchema

from index.cursor import begin
from index.normalised_query import check_whole, normalise
from index.postgresql import write
from index.postgresql.export import export
from index.postgresql.matches import matches
from index.postgresql.search import Search
from index.postgresql.tables import ABOUT, ARTICLES, EVENTS, SCHEMA, TABLES
from index.protocol import Action, IndexStatus, Tally, WriteResult
from index.query import Query, Results
from index.schema import schema_version
from news.errors import BadQuery, IndexUnavailable

#: rows of one transaction
CHUNK = 200
#: ids of a walk that are in memory at once
PAGE = 5_000
#: two processes that make the schema at once would trip over each other; any number that nobody else locks
_MAKING = 0x6272_6F61_6473

NO_LIKE = "PostgreSQL cannot find articles like another; Elasticsearch can."
LIMITS = (
    "PostgreSQL finds word forms as written: it folds case and accents but does not stem. "
    "Use Elasticsearch for inflected forms, articles like another and significant terms.",
)


class PostgresqlIndex:
    """The protocol's methods, carried out by PostgreSQL's full text search."""

    name = "postgresql"

    def __init__(self, engine: AsyncEngine) -> None:
        """Use `engine`, which stays its owner's to dispose of."""
        self.engine = engine

    async def is_made(self) -> bool:
        """Say whether all tables are there."""
        with _our_words():
            async with self.engine.connect() as connection:
                return await _is_made(connection)

    async def create(self) -> bool:
        """Make the schema `search` and its tables."""
        with _our_words():
            async with self.engine.begin() as connection:
                await connection.execute(select(func.pg_advisory_xact_lock(_MAKING)))
                if await _is_made(connection):
                    return False
                await connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
                await connection.run_sync(TABLES.create_all)
                about = insert(ABOUT).on_conflict_do_nothing()
                await connection.execute(about, {"schema_version": schema_version("articles")})
        return True

    async def write(self, actions: Sequence[Action]) -> list[WriteResult]:
        """Tell PostgreSQL these actions, a transaction for each chunk."""
        found: list[WriteResult] = []
        for start in range(0, len(actions), CHUNK):
            prepared = await asyncio.to_thread(write.Prepared, actions[start : start + CHUNK])
            with _our_words():
                async with self.engine.begin() as connection:
                    found += await write.write(connection, prepared)
        return found

    async def search(self, query: Query) -> Results:
        """Return what `query` finds. Raises BadQuery for articles like another, which PostgreSQL cannot find."""
        if query.like:
            raise BadQuery(NO_LIKE)
        started = time.perf_counter()
        query, parsed = normalise(query)
        place = begin(query)
        with _our_words():
            async with self.engine.connect() as connection:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                search = Search(connection, query, parsed.tree, place)
                total = (await search.found()).total
                hits, cursor = await search.hits() if query.size else ((), None)
                facets = await search.facets()
                histogram = await search.histogram()
                notes = (*parsed.notes, *await search.notes())
        if query.significant_terms:
            notes = (*notes, "PostgreSQL does not compute significant terms; Elasticsearch does.")
        return Results(
            total=total,
            is_estimated=search.is_estimated,
            hits=hits,
            facets=facets,
            histogram=histogram,
            next_cursor=cursor,
            took_ms=(time.perf_counter() - started) * 1000,
            notes=notes,
        )

    async def export(self, query: Query, after: str | None = None) -> AsyncGenerator[list[dict[str, Any]]]:
        """Yield the documents of all articles that `query` finds."""
        if query.like:
            raise BadQuery(NO_LIKE)
        check_whole(query.text)
        with _our_words():
            async with aclosing(export(self.engine, query, normalise(query)[1].tree, after)) as pages:
                async for page in pages:
                    yield page

    async def get(self, id: str) -> dict[str, Any] | None:
        """Return the article's document, or None."""
        if "\0" in id:
            return None
        with _our_words():
            async with self.engine.connect() as connection:
                found = await connection.execute(select(ARTICLES.c.document).where(ARTICLES.c.id == id))
                return found.scalar_one_or_none()

    async def revisions(self, ids: Collection[str]) -> dict[str, int]:
        """Return the revision of each of these articles."""
        query = select(ARTICLES.c.id, ARTICLES.c.revision).where(ARTICLES.c.id.in_(list(ids)))
        with _our_words():
            async with self.engine.connect() as connection:
                rows = await connection.execute(query.where(ARTICLES.c.document.is_not(None)))
                return {row.id: row.revision for row in rows}

    async def matches(self, queries: Sequence[Query], ids: Collection[str]) -> list[frozenset[str]]:
        """Return for each query which of these articles it finds."""
        with _our_words():
            async with self.engine.connect() as connection:
                return await matches(connection, queries, ids)

    async def status(self) -> IndexStatus:
        """Return schema, counts, size and what PostgreSQL cannot do."""
        with _our_words():
            async with self.engine.connect() as connection:
                if (await connection.execute(select(func.to_regclass(f"{SCHEMA}.about")))).scalar_one() is None:
                    missing = "The index does not exist yet; `broadsheet index create` creates it."
                    return IndexStatus(backend=self.name, schema_version=0, notes=(missing,))
                version = (await connection.execute(select(func.max(ABOUT.c.schema_version)))).scalar_one()
                documents = {
                    table.name: int(
                        (
                            await connection.execute(select(func.count()).where(table.c.document.is_not(None)))
                        ).scalar_one()
                    )
                    for table in (ARTICLES, EVENTS)
                }
                sizes = [
                    int((await connection.execute(select(func.pg_total_relation_size(str(table))))).scalar_one())
                    for table in TABLES.sorted_tables
                ]
        return IndexStatus(
            backend=self.name,
            schema_version=version or 0,
            documents=documents,
            size_bytes=sum(sizes),
            notes=LIMITS,
        )

    async def tally(self, without: Collection[str] = (), *, revisions: bool = False) -> Tally:
        """Count the articles, but for the ids `without`; with `revisions` add those up, too."""
        total = func.coalesce(func.sum(ARTICLES.c.revision), 0) if revisions else literal(None)
        query = select(func.count(), total).where(ARTICLES.c.document.is_not(None), ARTICLES.c.id.not_in(list(without)))
        with _our_words():
            async with self.engine.connect() as connection:
                count, found = (await connection.execute(query)).one()
        return Tally(articles=count, revisions=int(found) if revisions else None)

    async def walk(self) -> AsyncGenerator[tuple[str, int]]:
        """Yield id and revision of each article, as they were when the walk began."""
        query = select(ARTICLES.c.id, ARTICLES.c.revision).where(ARTICLES.c.document.is_not(None))
        # the key's own order is the database's collation; this sorts once and streams
        query = query.order_by(ARTICLES.c.id.collate("C")).execution_options(yield_per=PAGE)
        with _our_words():
            async with self.engine.connect() as connection, connection.stream(query) as rows:
                async for id, revision in rows:
                    yield id, revision

    async def forget_events(self, before: datetime) -> None:
        """Let go of the crawl events from before then."""
        with _our_words():
            async with self.engine.begin() as connection:
                await connection.execute(delete(EVENTS).where(EVENTS.c.at < before))

    async def refresh(self) -> None:
        """Do nothing: what is committed is searchable."""

    async def close(self) -> None:
        """Do nothing: the engine is its owner's."""


async def _is_made(connection: AsyncConnection) -> bool:
    there = [func.to_regclass(str(table)).is_not(None) for table in TABLES.sorted_tables]
    return bool((await connection.execute(select(and_(*there)))).scalar_one())


@contextmanager
def _our_words() -> Iterator[None]:
    """Turn SQLAlchemy's errors into ours; theirs carry statements with articles in them."""
    try:
        yield
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state in ("42P01", "3F000"):
            raise IndexUnavailable(
                "The search index does not exist yet; `broadsheet index create` creates it."
            ) from None
        # the cause is for who asks why; its text stays out of logs and answers
        if state is None:
            raise IndexUnavailable("PostgreSQL cannot be reached, so nothing can be searched.") from error
        raise IndexUnavailable(
            f"PostgreSQL rejected the search or indexing ({_refusal(state, error.orig)})."
        ) from error
    except (SQLAlchemyError, OSError) as error:
        raise IndexUnavailable(f"PostgreSQL cannot be used ({type(error).__name__}).") from error


def _refusal(state: str, refusal: Any) -> str:
    """Return the SQLSTATE, with PostgreSQL's first message where that quotes names of the database's own alone."""
    message = refusal.diag.message_primary if state.startswith(("25", "28", "42", "53", "54", "55", "57")) else None
    return f"{state} {message}" if message else state
