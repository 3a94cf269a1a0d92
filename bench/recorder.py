"""Two recorders that are killed with -9 again and again while they record copies; what the ledger says afterwards."""

import asyncio
import multiprocessing
import os
import random
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from ledger.database import engine_for
from ledger.schema import articles, attempts, outbox, versions
from ledger.visit_transaction import record, record_together
from news.article import Article
from tests.ledger import readings

#: each text is carried by so many outlets, and changes once
COPIES = 4
WORKERS = 2
#: visits that are recorded in one transaction, but for those that have to do with others
TOGETHER = 6
#: a recorder that gets no further in this time is stuck
PATIENCE_SECONDS = 900


def steps(texts: int, worker: int) -> Iterator[tuple[Article, datetime]]:
    """Yield what one recorder has to record, in its order: half of each text's copies, then their second versions."""
    for version in (1, 2):
        for number in range(texts):
            body = readings.text(number, 4) + (f"\nThe text was changed at {number}." if version == 2 else "")
            for copy in range(worker, COPIES, WORKERS):
                url = f"https://outlet{copy}.example/news/{number}"
                found = readings.article(url, body, date_published=readings.published(-copy))
                yield found, readings.hour(version + number / 1000)


def work(url: str, texts: int, worker: int) -> None:
    """Record all that the ledger has no attempt of yet: as the frontier does, which asks for what is still due."""
    asyncio.run(_work(url, texts, worker))


async def _work(url: str, texts: int, worker: int) -> None:
    engine = engine_for(url, connections=4)
    async with engine.connect() as connection:
        rows = await connection.execute(select(attempts.c.url, attempts.c.at))
        done = {(row.url, row.at) for row in rows}
    gate = asyncio.Semaphore(3)

    async def some(batch: list[tuple[Article, datetime]]) -> None:
        visits = [readings.reading(found, at) for found, at in batch]
        async with gate:
            recorded = await record_together(engine, visits)
            for visit in [visit for visit, done in zip(visits, recorded, strict=True) if done is None]:
                await record(engine, visit)

    left = [(found, at) for found, at in steps(texts, worker) if (found.url, at) not in done]
    # a page's second version is not fetched before its first is recorded
    for first in (True, False):
        wanted = [(found, at) for found, at in left if (at < readings.hour(2)) == first]
        await asyncio.gather(*(some(wanted[start : start + TOGETHER]) for start in range(0, len(wanted), TOGETHER)))
    await engine.dispose()


def kill_again_and_again(url: str, texts: int, kills: int, seed: int = 1) -> int:
    """Run the recorders on an empty ledger and kill both, `kills` times; then let them finish. Return the kills."""
    chance = random.Random(seed)  # noqa: S311 - the same course each time
    context = multiprocessing.get_context("forkserver")
    # the server of forks imports us once and not every recorder anew; it knows no path but the environment's
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    context.set_forkserver_preload([__name__])
    killed = 0
    for turn in range(kills + 1):
        crew = [context.Process(target=work, args=(url, texts, worker)) for worker in range(WORKERS)]
        for each in crew:
            each.start()
        if turn < kills:
            time.sleep(chance.uniform(0.1, 0.4))
        for each in crew:
            if turn < kills and each.is_alive():
                each.kill()
                killed += 1
            each.join(PATIENCE_SECONDS)
        if turn == kills and any(each.exitcode != 0 for each in crew):
            raise RuntimeError("a recorder that nobody killed did not finish")
    return killed


async def check(url: str, texts: int) -> dict[str, int]:
    """Return what is wrong in the ledger: each figure must be 0."""
    engine = engine_for(url)
    async with engine.connect() as connection:
        found = (await connection.execute(select(articles))).all()
        numbers = (await connection.execute(select(versions.c.article_id, versions.c.version))).all()
        tried = (await connection.execute(select(func.count()).select_from(attempts))).scalar_one()
        owing = (await connection.execute(select(outbox.c.id, outbox.c.revision))).all()
    await engine.dispose()
    stories: dict[object, set[str]] = {}
    for row in found:
        stories.setdefault(row.story_id, set()).add(row.url.rpartition("/")[2])
    return {
        "articles_lost": texts * COPIES - len(found),
        "texts_in_two_stories": len(stories) - texts + sum(len(texts_of) - 1 for texts_of in stories.values()),
        "stories_without_one_first": texts - sum(row.copy_of is None for row in found),
        "versions_twice_or_lost": abs(len(numbers) - 2 * len(found)) + sum(row.version != 2 for row in found),
        "attempts_twice_or_lost": abs(tried - 2 * COPIES * texts),
        "debts_lost": len(
            {str(row.id): row.revision for row in found}.items() - {(row.id, row.revision) for row in owing}
        ),
    }
