"""Both places to search, real ones, and an article to put into them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from index.postgresql.backend import PostgresqlIndex
from index.protocol import DONE, Action, Index
from index.query import Query, Results
from news.url import article_id

Put = Callable[..., Awaitable[None]]


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Give an engine on the session's own database, without a search schema."""
    engine = create_async_engine(database_url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("DROP SCHEMA IF EXISTS search CASCADE"))
    yield engine
    await engine.dispose()


@pytest.fixture
async def postgresql(engine: AsyncEngine) -> PostgresqlIndex:
    """Give an empty PostgreSQL index."""
    made = PostgresqlIndex(engine)
    await made.create()
    return made


@pytest.fixture(params=["elasticsearch", "postgresql"])
def index(request: pytest.FixtureRequest) -> Index:
    """Give each place to search in turn, empty."""
    made: Index = request.getfixturevalue(request.param)
    return made


def document(slug: str, **fields: Any) -> dict[str, Any]:
    """Return an article's document as pipelines and ledger write it; `fields` are what the test is about."""
    url = f"https://news.example/{slug}"
    simple: dict[str, Any] = {
        "id": article_id(url),
        "url": url,
        "kind": "article",
        "outlet": "example",
        "outlet_name": "The Example",
        "country": "gb",
        "headline": "",
        "standfirst": "",
        "body": "",
        "in_language": "en",
        "revision": 1,
        "version": 1,
        "first_seen_at": "2024-02-08T04:00:00Z",
        "fetched_at": "2024-02-08T04:00:00Z",
    }
    return simple | fields


def slugs(results: Results) -> list[str]:
    """Return the last part of each hit's address, in the hits' order."""
    return [hit.document["url"].rpartition("/")[2] for hit in results.hits]


async def found(index: Index, text: str = "", **options: Any) -> list[str]:
    """Return what a query finds, sorted."""
    return sorted(slugs(await index.search(Query(text=text, **{"size": 100} | options))))


@pytest.fixture
def put() -> Put:
    """Give a function that writes documents and makes them searchable."""

    async def put(index: Index, *documents: dict[str, Any]) -> None:
        actions = [
            Action(stream="articles", id=each["id"], revision=each["revision"], document=each) for each in documents
        ]
        assert await index.write(actions) == [DONE] * len(actions)
        await index.refresh()

    return put
