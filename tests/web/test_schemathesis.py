"""The API does what its description says, whatever is asked: schemathesis makes the requests up."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, checks

from index.postgresql.backend import PostgresqlIndex
from index.protocol import Action
from ledger.articles import documents
from ledger.database import engine_for
from ledger.store_article import store
from news.configuration import Configuration
from news.digest import Digest
from news.outlet import Outlet
from news.visit import Visit
from pipelines.deduplicate import sign
from tests.databases import database_from
from tests.web.conftest import AT
from tests.web.test_article_page import FIRST, SECOND
from web.app import create_app
from web.openapi import openapi
from web.serve import serve

#: requests of each kind to each operation; all together take less than a minute
EXAMPLES = 15
EXAMPLE = Outlet(slug="example", name="The Example", home="https://example.org/", country="gb")

#: what a description cannot say: that a text is a date, an outlet or a cursor that there is
NOT_DESCRIBED = [checks.positive_data_acceptance]


def described() -> dict[str, Any]:
    """Return the description as it is for who asks from this machine: without a token."""
    found = openapi()
    for operations in found["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    return found


api = schemathesis.openapi.from_dict(described())


async def _serve(url: str, home: Path, listening: socket.socket, ready: threading.Event, found: list[str]) -> None:
    """Serve the API with an article in two versions, until the task is cancelled."""
    engine = engine_for(url, 4)
    index = PostgresqlIndex(engine)
    await index.create()
    for hours, article in enumerate((FIRST, SECOND)):
        digest = Digest(article=article, signature=sign(article))
        visit = Visit(outlet=EXAMPLE, url=article.url, fetched_at=AT + timedelta(hours=hours), digest=digest)
        async with engine.begin() as connection:
            kept = await store(connection, visit)
    assert kept.article_id is not None
    async with engine.connect() as connection:
        document = (await documents(connection, [kept.article_id]))[kept.article_id]
    await index.write([Action(stream="articles", id=document["id"], revision=document["revision"], document=document)])
    found.append(str(kept.article_id))
    ready.set()
    try:
        await serve(create_app(engine, index, Configuration(home=home)), listening)
    finally:
        await engine.dispose()


@pytest.fixture(scope="module")
def served(
    database_url: str, ledger_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Give the address of the API, and the id of an article in it."""
    listening, ready, found = socket.create_server(("127.0.0.1", 0)), threading.Event(), []  # type: ignore[var-annotated]
    with database_from(ledger_template, database_url) as url:
        loop = asyncio.new_event_loop()
        task = loop.create_task(_serve(url, tmp_path_factory.mktemp("home"), listening, ready, found))
        thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([task])))
        thread.start()
        assert ready.wait(60)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", found[0]
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
    listening.close()


@api.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_the_api_answers_as_it_is_described(case: Case, served: tuple[str, str]) -> None:
    base, id = served
    if "id" in case.path_parameters and _is_uuid(case.path_parameters["id"]):
        # made-up ids are of nothing: every other one is our article's
        wanted = case.path_parameters["id"]
        case.path_parameters["id"] = id if UUID(str(wanted)).int % 2 else wanted
    case.call_and_validate(base_url=base, excluded_checks=NOT_DESCRIBED)


def _is_uuid(text: object) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True
