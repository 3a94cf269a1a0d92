"""The application over a real PostgreSQL, ledger and index in one database, with articles in it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from index.postgresql.backend import PostgresqlIndex
from index.protocol import DONE, Action, Index
from ledger.articles import documents
from ledger.database import engine_for
from ledger.store_article import store
from news.article import Article
from news.configuration import Configuration
from news.digest import Digest
from news.outlet import Outlet
from news.url import article_id
from news.visit import Visit
from pipelines.deduplicate import sign
from web.app import create_app

Put = Callable[..., Awaitable[None]]
Keep = Callable[..., Awaitable[str]]

AT = datetime(2024, 2, 8, 4, tzinfo=UTC)


@pytest.fixture
async def engine(fresh_database: str) -> AsyncIterator[AsyncEngine]:
    """Give an engine on an empty ledger."""
    made = engine_for(fresh_database, 4)
    yield made
    await made.dispose()


@pytest.fixture
async def index(engine: AsyncEngine) -> PostgresqlIndex:
    """Give an empty index in the ledger's database."""
    made = PostgresqlIndex(engine)
    await made.create()
    return made


@pytest.fixture
def app(engine: AsyncEngine, index: Index, tmp_path: Path) -> FastAPI:
    """Give the application."""
    return create_app(engine, index, Configuration(home=tmp_path))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the application; a fault of the application fails the test."""
    async with client_of(app) as made:
        yield made


@pytest.fixture
async def lonely(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of an application without a server behind it, for what is answered without one."""
    nowhere = create_async_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    async with client_of(create_app(nowhere, PostgresqlIndex(nowhere), Configuration(home=tmp_path))) as made:
        yield made
    await nowhere.dispose()


def client_of(app: FastAPI, *, base_url: str = "http://127.0.0.1:8000", raises: bool = True) -> httpx.AsyncClient:
    """Return a client that asks the application without a network."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=raises), base_url=base_url)


def document(slug: str, **fields: Any) -> dict[str, Any]:
    """Return an article's document as the ledger gives it; `fields` are what the test is about."""
    url = f"https://news.example/{slug}"
    simple: dict[str, Any] = Article(url=url, headline=slug, body="A body.", in_language="en").as_json()
    simple |= {
        "id": article_id(url),
        "outlet": "example",
        "outlet_name": "The Example",
        "country": "gb",
        "revision": 1,
        "version": 1,
        "first_seen_at": "2024-02-08T04:00:00Z",
        "changed_at": "2024-02-08T04:00:00Z",
        "fetched_at": "2024-02-08T04:00:00Z",
    }
    return simple | fields


@pytest.fixture
def put(index: Index) -> Put:
    """Give a function that writes documents into the index."""

    async def put(*documents: dict[str, Any]) -> None:
        actions = [
            Action(stream="articles", id=each["id"], revision=each["revision"], document=each) for each in documents
        ]
        assert await index.write(actions) == [DONE] * len(actions)
        await index.refresh()

    return put


@pytest.fixture
def keep_versions(engine: AsyncEngine, put: Put) -> Keep:
    """Give a function that records an article's versions, an hour apart, and indexes it; it returns the id."""

    async def keep_versions(*versions: Article, **fields: Any) -> str:
        for hours, article in enumerate(versions):
            visit = Visit(
                outlet=Outlet(slug="example", name="The Example", home="https://example.org/", country="gb"),
                url=article.url,
                fetched_at=AT + timedelta(hours=hours),
                digest=Digest(article=article, signature=sign(article), enrichment=fields),
            )
            async with engine.begin() as connection:
                kept = await store(connection, visit)
            assert kept.article_id is not None
        async with engine.connect() as connection:
            await put((await documents(connection, [kept.article_id]))[kept.article_id])
        return str(kept.article_id)

    return keep_versions
