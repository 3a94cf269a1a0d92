"""What the ledger and the search in PostgreSQL cost as they grow: CPU of PostgreSQL at many articles against at few.

`python -m bench.scale` makes a ledger of 10,000 articles and one of 100,000, in some five minutes; `--long` one of
1,000,000, in half an hour and 25 GB of disk. Each thing is done in both in turn, for a busy machine makes the same work
cost up to twice as much: figures that lie apart in time have no ratio. Recording, asking what is due, finding what the
index lacks, and finding copies are to cost the same (at most 1.5 times); a search with ten facets and highlights at
most three times as much, and at most 300 ms. CPU is the backend's own, from the kernel's scheduler, without parallel
workers. The last line is JSON; `falls_short` names what misses its mark.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

if not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from bench.daemon import house
from bench.scale_ledger import MOST, OUTLETS, RARE, SELDOM, TENTH, fill
from index.fields import listed_facets
from index.postgresql.backend import PostgresqlIndex
from index.query import Query, Sort
from ledger.database import engine_for, migrate
from ledger.outbox import backlog, pending
from ledger.pages import count_due, due
from ledger.pipeline import Pipeline
from ledger.stories import STORY_DAYS, find_copies, lock_stories
from ledger.visit_transaction import record
from news.digest import Digest
from news.outlet import Outlet
from news.signature import LENGTH
from news.visit import Visit
from tests.databases import libpq
from tests.ledger.readings import article
from tests.ledger.readings import text as body_of

FEW = 10_000
#: times that each thing is done; the first ones warm the caches
TIMES, WARM = 60, 10
SEARCHES = 11
#: the most that a figure may be of what it is at FEW; of a search the most milliseconds of CPU, too
GROWS, SEARCH_GROWS, SEARCH_MS = 1.5, 3.0, 300.0
#: name -> words; a word in .3 % grows with the articles, so that it is shown and has no ratio to keep
SEARCHES_FOR = {"search_rare": RARE, "search_tenth": TENTH, "search_most": MOST, "search_nothing": ""}
SHOWN = {"search_seldom": SELDOM}
#: settings of a server that need not survive a power cut, and in which nothing but what is measured is at work
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_wal_size": "'8GB'",
    "checkpoint_timeout": "'1h'",
    "autovacuum": "off",
}

Doing = Callable[[int], Awaitable[object]]


def _cpu_ms(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


async def _cost(sides: dict[str, tuple[int, Doing]], times: int, warm: int) -> dict[str, dict[str, float]]:
    """Return the medians of PostgreSQL's CPU, of ours and of the clock for each side, in ms."""
    took: dict[str, dict[str, list[float]]] = {
        side: {"server_ms": [], "client_ms": [], "wall_ms": []} for side in sides
    }
    for number in range(-warm, times):
        for side, (pid, do) in sides.items():
            server, client, began = _cpu_ms(pid), time.process_time(), time.perf_counter()
            await do(number)
            if number >= 0:
                took[side]["server_ms"].append(_cpu_ms(pid) - server)
                took[side]["client_ms"].append(1000 * (time.process_time() - client))
                took[side]["wall_ms"].append(1000 * (time.perf_counter() - began))
    return {side: {name: round(median(found), 3) for name, found in each.items()} for side, each in took.items()}


def doings(engine: AsyncEngine) -> dict[str, Doing]:
    """Return what is measured in one ledger; recording is the last, for it adds to what the others look at."""
    index = PostgresqlIndex(engine)
    chance = random.Random(11)  # noqa: S311 - the same each time

    def signature() -> tuple[int, ...]:
        return (300, *sorted(chance.randrange(1, 2**32) for _ in range(16)), *_numbers(chance, LENGTH - 17))

    async def one_record(number: int) -> None:
        await record(engine, visits[number])

    async def one_due(number: int) -> None:
        outlet = f"outlet{number % OUTLETS}"
        async with engine.connect() as connection:
            assert len(await due(connection, outlet, 20)) == 20
            await count_due(connection, outlet)

    async def one_owed(_: int) -> None:
        async with engine.connect() as connection:
            assert len(await pending(connection, 100)) == 100
            await backlog(connection)

    async def one_copies(_: int) -> None:
        async with engine.begin() as connection:
            pipeline = Pipeline(connection)
            lock_stories(pipeline)
            await find_copies(pipeline, uuid4(), "x", signature(), datetime.now(UTC), STORY_DAYS)

    def search(words: str) -> Doing:
        sort = Sort.RELEVANCE if words else Sort.NEWEST
        asked = Query(text=words, facets=listed_facets()[:10], highlight=True, sort=sort)

        async def one(_: int) -> None:
            assert (await index.search(asked)).hits

        return one

    visits = {number: _visit(number, signature()) for number in range(-WARM, TIMES)}
    searches = {name: search(words) for name, words in (SEARCHES_FOR | SHOWN).items()}
    return {"due": one_due, "owed": one_owed, "copies": one_copies} | searches | {"record": one_record}


async def measure(urls: dict[str, str]) -> dict[str, dict[str, dict[str, float]]]:
    """Return side -> thing -> what it costs there; `urls` leads to the ledger of each side."""
    engines = {side: engine_for(url, connections=1) for side, url in urls.items()}
    pids = {}
    for side, engine in engines.items():
        async with engine.connect() as connection:
            pids[side] = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    done = {side: doings(engine) for side, engine in engines.items()}
    found: dict[str, dict[str, dict[str, float]]] = {side: {} for side in engines}
    for name in next(iter(done.values())):
        times, warm = (SEARCHES, 2) if name.startswith("search") else (TIMES, WARM)
        costs = await _cost({side: (pids[side], done[side][name]) for side in engines}, times, warm)
        for side, cost in costs.items():
            found[side][name] = cost
    for engine in engines.values():
        await engine.dispose()
    return found


def _numbers(chance: random.Random, many: int) -> list[int]:
    return [chance.randrange(2**32) for _ in range(many)]


def _visit(number: int, signature: tuple[int, ...]) -> Visit:
    """Return a visit that brings a new article of a real one's size, with its page."""
    unique = uuid4().hex
    found = article(f"https://outlet{number % OUTLETS}.example/news/{unique}", body_of(number + 1_000, 7))
    slug = f"outlet{number % OUTLETS}"
    outlet = Outlet(slug=slug, name=slug, home=f"https://{slug}.example/")
    at = datetime.now(UTC) - timedelta(minutes=1)
    digest = replace(Digest(article=found), signature=signature)
    return Visit(outlet=outlet, url=found.url, fetched_at=at, status=200, latency_ms=80, etag='"1"', digest=digest)


async def _prepare(url: str) -> None:
    engine = engine_for(url)
    await migrate(engine)
    await PostgresqlIndex(engine).create()
    await engine.dispose()


def run(many: int) -> dict[str, Any]:
    """Return the figures at FEW and at `many` articles, and their ratios."""
    with house() as (_, server):
        url = libpq(server.url)
        with psycopg.connect(url, autocommit=True) as connection:
            for name, value in SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = {value}")
            connection.execute("SELECT pg_reload_conf()")
            for side in ("few", "many"):
                connection.execute(f"CREATE DATABASE {side}")
        urls = {side: url.replace("/broadsheet?", f"/{side}?") for side in ("few", "many")}
        for side, wanted in (("few", FEW), ("many", many)):
            began = time.perf_counter()
            asyncio.run(_prepare(urls[side]))
            with psycopg.connect(urls[side], autocommit=True) as connection:
                fill(connection, wanted)
            print(f"{wanted:,} articles after {time.perf_counter() - began:.0f} s", flush=True)
        told: dict[str, Any] = {"articles": many} | asyncio.run(measure(urls))
    told["ratios"] = {
        name: round(many_ms["server_ms"] / max(0.01, told["few"][name]["server_ms"]), 2)
        for name, many_ms in told["many"].items()
    }
    return told | {"falls_short": falls_short(told)}


def falls_short(told: dict[str, Any]) -> list[str]:
    """Return what misses its mark."""
    missed = []
    for name, ratio in told["ratios"].items():
        most = None if name in SHOWN else SEARCH_GROWS if name in SEARCHES_FOR else GROWS
        if most is not None and ratio > most:
            missed.append(f"{name}: {ratio} times what it is at {FEW:,} articles instead of at most {most}")
        if name.startswith("search") and (ms := told["many"][name]["server_ms"]) > SEARCH_MS:
            missed.append(f"{name}: {ms} ms of PostgreSQL's CPU instead of at most {SEARCH_MS:.0f}")
    return missed


def show(told: dict[str, Any]) -> None:
    """Print the figures for people."""
    print(f"\n{'':<16} {'at ' + format(FEW, ','):>24} {'at ' + format(told['articles'], ','):>24} {'ratio':>7}")
    for name, ratio in told["ratios"].items():
        sides = [told[side][name] for side in ("few", "many")]
        shown = [f"{each['server_ms']:.2f} + {each['client_ms']:.1f} ms" for each in sides]
        print(f"{name:<16} {shown[0]:>24} {shown[1]:>24} {ratio:>7}")
    print("CPU of PostgreSQL + of the process that asks; the ratio is PostgreSQL's\n")


def main() -> None:
    """Print a table, then the figures as one line of JSON, the last one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--long", action="store_true", help="1,000,000 articles")
    wanted = parser.parse_args()
    told = run(1_000_000 if wanted.long else wanted.articles)
    show(told)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
