"""A ledger and its index, receivers, and watches over them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from index.postgresql.backend import PostgresqlIndex
from index.protocol import Index
from index.query import Query
from index.stored_query import stored
from ledger.watches import add
from news.clock import now
from news.configuration import Configuration, read
from news.watch import Trigger, Watch
from pipelines.publish import publish_all
from schedules.watching.delivery import Sender
from schedules.watching.matching import match
from tests.receivers import Hook, Mailbox, hook, mailbox
from tests.schedules.processes import environment

Add = Callable[..., Awaitable[Watch]]
Run = Callable[[], Awaitable[None]]


@pytest.fixture(scope="session")
def _mail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with mailbox(tmp_path_factory.mktemp("mail")) as made:
        yield made


@pytest.fixture
def mail(_mail: Mailbox) -> Mailbox:
    """Give a mail server without messages that takes all."""
    (_mail.folder / "messages.jsonl").unlink(missing_ok=True)
    _mail.refuse(None)
    _mail.slow(0.0)
    return _mail


@pytest.fixture
def receiver() -> Iterator[Hook]:
    """Give a webhook."""
    with hook() as made:
        yield made


@pytest.fixture
def configuration(tmp_path: Path, mail: Mailbox) -> Configuration:
    """Give settings by which both receivers are reached."""
    settings = environment(
        tmp_path, allow_loopback="yes", public_url="https://news.example/broadsheet/", **mail.settings()
    )
    return read(settings)


@pytest.fixture
async def index(engine: AsyncEngine) -> PostgresqlIndex:
    """Give an empty index in the ledger's database."""
    made = PostgresqlIndex(engine)
    await made.create()
    return made


@pytest.fixture
def add_watch(engine: AsyncEngine, receiver: Hook) -> Add:
    """Give a function that keeps a watch, by default with the webhook."""

    async def add_watch(text: str = "", *triggers: Trigger, **fields: Any) -> Watch:
        known: dict[str, Any] = {"name": f"watch {text} {uuid4()}", "webhook_url": receiver.url + "/hook"}
        query = stored(Query(text=text, filters=fields.pop("filters", {})))
        made = Watch(id=uuid4(), query=query, triggers=triggers or (Trigger.ARTICLES,), **known | fields)
        async with engine.begin() as connection:
            return await add(connection, made, {}, now())

    return add_watch


@pytest.fixture
def match_all(engine: AsyncEngine, index: Index) -> Run:
    """Give a function that indexes what is pending and matches it."""

    async def match_all() -> None:
        await publish_all(engine, index)
        while await match(engine, index):
            pass

    return match_all


@pytest.fixture
async def send_all(engine: AsyncEngine, configuration: Configuration) -> AsyncIterator[Run]:
    """Give a function that sends what is due."""
    sender = Sender(engine, configuration)

    async def send_all() -> None:
        while await sender.send_due():
            pass

    yield send_all
    await sender.close()
