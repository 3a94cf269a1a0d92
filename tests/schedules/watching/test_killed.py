"""A daemon that is killed at any moment loses no notification, and repeats only those that it was sending, by their ids."""

import asyncio
from collections import Counter
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.schema import deliveries, notifications, watch_news
from news.clock import now
from tests.databases import libpq
from tests.ledger import readings
from tests.ledger.readings import article, read
from tests.receivers import Hook, Mailbox
from tests.schedules.processes import PATIENCE_SECONDS, environment, silent
from tests.schedules.watching.conftest import Add
from tests.schedules.watching.test_delivery import EMAIL, URL, words

ARTICLES, KILLS = 120, 3


async def test_three_kills_lose_nothing_and_repeat_only_what_was_being_sent(
    engine: AsyncEngine, fresh_database: str, tmp_path: Path, add_watch: Add, receiver: Hook, mail: Mailbox
) -> None:
    receiver.slow_seconds = 0.01
    mail.slow(0.01)
    paths = ["/a", "/b", "/c"]
    for path in paths:
        await add_watch("kassel", webhook_url=receiver.url + path)
    by_mail = await add_watch("kassel", webhook_url=None, email=EMAIL)
    environ = environment(
        tmp_path,
        database_url=libpq(fresh_database),
        allow_loopback="yes",
        public_url="https://n.example",
        **mail.settings(),
    )

    async def kept(query: object) -> int:
        async with engine.connect() as connection:
            return int((await connection.execute(query)).scalar_one())  # type: ignore[call-overload]

    async def until_sent(most: int) -> None:
        for _ in range(PATIENCE_SECONDS * 20):
            if len(receiver.requests) >= most:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{len(receiver.requests)} of {most} were sent")

    daemon = silent(["worker"], environ)
    try:
        for number in range(ARTICLES):
            found = article(f"{URL}-{number}", readings.text(number, 2), headline=f"Flood in Kassel {number}")
            await read(engine, found, now())
            # three mails at most are found at once, and none is gathered with others
            if number % 10 == 9:
                await asyncio.sleep(0.5)
            if number in (ARTICLES // 4, ARTICLES // 2, 3 * ARTICLES // 4):
                await until_sent(number)
                daemon.kill()
                daemon.wait()
                daemon = silent(["worker"], environ)
        for _ in range(PATIENCE_SECONDS * 10):
            waits = [await kept(select(func.count()).select_from(table)) for table in (watch_news, deliveries)]
            if waits == [0, 0]:
                break
            await asyncio.sleep(0.1)
        assert waits == [0, 0]
    finally:
        daemon.kill()
        daemon.wait()

    assert await kept(select(func.count()).select_from(notifications)) == 4 * ARTICLES
    for path in paths:
        sent = Counter(receiver.ids(path))
        assert len(sent) == ARTICLES
        repeated = {id: times for id, times in sent.items() if times > 1}
        assert sum(times - 1 for times in repeated.values()) <= KILLS
        for id in repeated:
            bodies = {body for at, headers, body, _ in receiver.requests if headers["webhook-id"] == id}
            assert len(bodies) == 1
    mails = Counter(mail.ids())
    assert sum(mails.values()) - len(mails) <= KILLS
    told = " ".join(words(message, "plain") for _, message, _ in mail.received())
    assert all(f"{URL}-{number}\n" in told.replace("\r", "") for number in range(ARTICLES))
    assert by_mail.name in mail.received()[0][1]["Subject"]
