"""Whether watches lose or repeat anything when the daemon is killed, and how long it takes from indexed to received.

`python -m bench.watches` has 40 watches on 1,000 new articles, `--long` 200 on 10,000; the daemon is killed with -9
three times meanwhile. `--elasticsearch` searches there. With `--backlog` all articles are recorded before the daemon
starts, which is not killed: how many messages a second it sends, while nothing else is done. Half of the watches send
to a webhook, a quarter by e-mail, a quarter to both, all on this machine. A tenth of the articles are copies. The
last line is JSON; `falls_short` names what misses its mark.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

if not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from bench.daemon import ask, end, house, launch, until
from index.open import open_index
from index.protocol import Index
from index.query import Query
from index.stored_query import stored
from ledger.database import engine_for
from ledger.schema import articles as ledger_articles
from ledger.watches import add
from news.clock import now
from news.configuration import read
from news.watch import Trigger, Watch
from pipelines.publish import create_index
from tests import elasticsearch_server
from tests.ledger import readings
from tests.receivers import Hook, Mailbox, hook, mailbox
from tests.schedules.processes import environment

KILLS = 3
#: an article has one of these words in its headline, and a watch searches for one
TOPICS = 100
#: one article of so many is a copy of an earlier one, at another outlet
COPIES = 10
#: messages that one daemon sends at once here, twelve to one host and four by e-mail: what a kill can interrupt
AT_ONCE = 16
#: a daemon has begun to send after so long, on a machine that is busy with other things, too
STARTS_SECONDS = 120.0
#: from indexed to received
MOST_SECONDS = 60.0
_ADDRESS = "reader{number}@newsroom.example"


def topic(number: int) -> str:
    """Return a word that no generated text has."""
    return f"topic{number:03}xyz"


async def record(engine: AsyncEngine, articles: int, recorded: dict[str, tuple[str, int]]) -> None:
    """Record new articles, and note each one's id with its story (the first copy's address) and topic."""
    chance = random.Random(7)  # noqa: S311 - the same articles each time
    stories: list[tuple[str, int, int]] = []
    for number in range(articles):
        url = f"https://outlet{number % 40}.example/2026/{number}"
        if stories and number % COPIES == COPIES - 1:
            story, seed, of = chance.choice(stories)
        else:
            story, seed, of = url, number, chance.randrange(TOPICS)
            stories.append((story, seed, of))
        found = readings.article(url, readings.text(seed, 3), headline=f"News of {topic(of)}, number {seed}")
        visit = await readings.read(engine, found, now())
        recorded[str(visit.article_id)] = (story, of)


async def watch_index(index: Index, recorded: dict[str, Any], indexed: dict[str, float]) -> None:
    """Note when each article is searchable, until cancelled; late by half a second at most."""
    while True:
        unseen = [id for id in recorded if id not in indexed][:1_000]
        if unseen:
            at = time.time()
            for id in await index.revisions(unseen):
                indexed[id] = at
        await asyncio.sleep(0.25)


async def add_watches(engine: AsyncEngine, count: int, url: str) -> list[Watch]:
    """Keep so many watches."""
    made = []
    for number in range(count):
        watch = Watch(
            id=uuid4(),
            name=f"watch {number}",
            query=stored(Query(text=topic(number % TOPICS))),
            triggers=(Trigger.ARTICLES,),
            webhook_url=f"{url}/{number}" if number % 4 != 3 else None,
            email=_ADDRESS.format(number=number) if number % 4 >= 2 else None,
        )
        async with engine.begin() as connection:
            made.append(await add(connection, watch, {}, now()))
    return made


def received(hooked: Hook, mail: Mailbox) -> dict[tuple[str, int], list[tuple[str, str, float]]]:
    """Return by channel and watch's number what came: id of the message, address of the article, time."""
    found: dict[tuple[str, int], list[tuple[str, str, float]]] = defaultdict(list)
    for path, headers, body, at in list(hooked.requests):
        data = json.loads(body)["data"]
        found["webhook", int(path[1:])].append((headers["webhook-id"], data["article"]["url"], at))
    for to, message, at in mail.received():
        number = int(to.partition("@")[0].removeprefix("reader"))
        for line in message.get_content().splitlines():
            if line.startswith("https://outlet"):
                found["email", number].append((str(message["Message-ID"]), line.strip(), at))
    return found


def account(
    watches: list[Watch],
    recorded: dict[str, tuple[str, int]],
    urls: dict[str, str],
    indexed: dict[str, float],
    came: dict[tuple[str, int], list[tuple[str, str, float]]],
    kills: list[float],
) -> dict[str, Any]:
    """Return what was lost, repeated and late. Of a story any copy counts, since any may have come first."""
    story_of = {urls[id]: story for id, (story, _) in recorded.items()}
    wanted: dict[int, set[str]] = defaultdict(set)
    first_indexed: dict[str, float] = {}
    for id, (story, of) in recorded.items():
        wanted[of].add(story)
        first_indexed[story] = min(indexed.get(id, float("inf")), first_indexed.get(story, float("inf")))
    lost = unexpected = twice = repeated = 0
    without_kill = other_id = expected = 0
    delays: list[float] = []
    for number, watch in enumerate(watches):
        for channel in watch.channels:
            messages = came.get((str(channel), number), [])
            stories = wanted[number % TOPICS]
            expected += len(stories)
            by_story: dict[str, list[tuple[str, float]]] = defaultdict(list)
            for id, url, at in messages:
                by_story[story_of[url]].append((id, at))
            lost += len(stories - by_story.keys())
            unexpected += len(by_story.keys() - stories)
            for story, times in by_story.items():
                delays.append(min(at for _, at in times) - first_indexed[story])
                if len(times) > 1:
                    twice += 1
                    repeated += len(times) - 1
                    other_id += len({id for id, _ in times}) > 1
                    ats = sorted(at for _, at in times)
                    without_kill += bisect_left(kills, ats[0]) == bisect_left(kills, ats[-1])
    came_at = sorted(at for messages in came.values() for _, _, at in messages)
    back = [came_at[place] - kill for kill in kills if (place := bisect_left(came_at, kill)) < len(came_at)]
    # an article may be received a moment before the next look at the index sees it
    delays = [max(0.0, each) for each in delays]
    ranked = sorted(delays)
    return {
        "expected": expected,
        "messages": len({id for messages in came.values() for id, _, _ in messages}),
        "messages_per_second": round(len(came_at) / max(0.1, came_at[-1] - came_at[0])) if came_at else 0,
        "lost": lost,
        "unexpected": unexpected,
        "repeated": repeated,
        "repeated_without_kill": without_kill,
        "repeated_under_another_id": other_id,
        # from each kill to the first message of the daemon that was started then
        "restart_seconds": [round(each, 1) for each in back],
        "seconds_median": round(median(ranked), 1) if ranked else None,
        "seconds_p95": round(ranked[int(len(ranked) * 0.95)], 1) if ranked else None,
        "seconds_most": round(ranked[-1], 1) if ranked else None,
    }


def falls_short(found: dict[str, Any], *, backlog: bool) -> list[str]:
    """Return the figures that miss their mark; of a backlog no time is wanted."""
    zero = ["lost", "unexpected", "repeated_without_kill", "repeated_under_another_id"]
    short = [name for name in zero if found[name]]
    short += ["repeated"] if found["repeated"] > KILLS * AT_ONCE else []
    return short + (["seconds_most"] if not backlog and (found["seconds_most"] or 0.0) > MOST_SECONDS else [])


def wait_for_more(hooked: Hook, count: int) -> None:
    """Return as soon as a webhook was sent more than `count` messages: a daemon is killed once it has begun."""
    ends_at = time.monotonic() + STARTS_SECONDS
    while len(hooked.requests) <= count and time.monotonic() < ends_at:
        time.sleep(0.001)


async def measure(watches: int, articles: int, *, elasticsearch: bool, backlog: bool) -> dict[str, Any]:
    """Run, and return the figures."""
    with ExitStack() as stack:
        home, server = stack.enter_context(house())
        hooked = stack.enter_context(hook())
        mail = stack.enter_context(mailbox(home / "mail"))
        settings = mail.settings() | {"public_url": "https://news.example"}
        if elasticsearch:
            settings["elasticsearch_url"] = stack.enter_context(elasticsearch_server.running()).url
        daemon: list[subprocess.Popen[bytes]] = [launch(home, server, "worker", **settings)]
        stack.callback(lambda: end(daemon))
        engine = engine_for(server.url)
        configuration = read(environment(home, **settings))
        index = open_index(configuration, engine)
        await until(lambda: ask(server, "SELECT count(*) FROM watches") is not None, "a ledger is made")
        await create_index(engine, index)
        kept = await add_watches(engine, watches, hooked.url)
        wanted_kills = 0 if backlog else KILLS
        if backlog:
            end(daemon)
        recorded: dict[str, tuple[str, int]] = {}
        indexed: dict[str, float] = {}
        kills: list[float] = []
        looking = asyncio.create_task(watch_index(index, recorded, indexed))
        began_at = time.monotonic()
        recording = asyncio.create_task(record(engine, articles, recorded))
        while not recording.done() or len(kills) < wanted_kills:
            await asyncio.sleep(0.05)
            if len(kills) < wanted_kills and len(recorded) >= articles * (len(kills) + 1) // (KILLS + 1):
                # in the midst of sending, if there is anything to send
                await asyncio.to_thread(wait_for_more, hooked, len(hooked.requests))
                daemon[0].kill()
                daemon[0].wait()
                kills.append(time.time())
                daemon[0] = launch(home, server, "worker", **settings)
        await recording
        recorded_seconds = time.monotonic() - began_at
        if backlog:
            daemon[0] = launch(home, server, "worker", **settings)
        unsent = "SELECT (SELECT count(*) FROM watch_news) + (SELECT count(*) FROM deliveries)"
        await until(lambda: ask(server, unsent) == 0, "all is sent")
        seconds = time.monotonic() - began_at
        await asyncio.sleep(1.0)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        async with engine.connect() as connection:
            query = select(ledger_articles.c.id, ledger_articles.c.url)
            urls = {str(row.id): row.url for row in await connection.execute(query)}
        found = account(kept, recorded, urls, indexed, received(hooked, mail), kills)
        await index.close()
        await engine.dispose()
    made = {"watches": watches, "articles": articles, "backend": index.name, "kills": len(kills)}
    channels = Counter(str(channel) for watch in kept for channel in watch.channels)
    return (
        made
        | {"receivers": dict(channels), "recorded_seconds": round(recorded_seconds), "seconds": round(seconds)}
        | {"load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
        | found
        | {"falls_short": falls_short(found, backlog=backlog)}
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="200 watches on 10,000 articles")
    parser.add_argument("--elasticsearch", action="store_true")
    parser.add_argument("--backlog", action="store_true", help="all articles first, then the daemon")
    parser.add_argument("--articles", type=int, help="so many, in place of 1,000 or 10,000")
    asked = parser.parse_args()
    watches, articles = (200, 10_000) if asked.long else (40, 1_000)
    articles = asked.articles or articles
    began_at = now()
    found = asyncio.run(measure(watches, articles, elasticsearch=asked.elasticsearch, backlog=asked.backlog))
    print(f"{timedelta(seconds=round((now() - began_at).total_seconds()))}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
