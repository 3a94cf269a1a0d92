"""What the index promises, measured on real servers: nodes that die, migrations under writes, the price of facets.

`python -m bench.elasticsearch [writes] [migration] [facets]`; without a name all three. The last line is JSON.
The servers come as the tests' do (tests/elasticsearch_server.py); nothing that runs elsewhere is touched.
"""

import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

if not __package__:  # run by its path: this folder must not stand before the library that has this file's name
    sys.path[0] = str(Path(__file__).parent.parent)

from index.elasticsearch import migrate
from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.client import connect, shown
from index.protocol import Action, WriteStatus
from index.query import Query
from news.configuration import Configuration
from news.errors import IndexUnavailable
from tests import elasticsearch_server
from tests.elasticsearch_server import Node

BATCH = 500
WORDS = 300
FACETS = ("outlet", "country", "sections", "authors", "places", "people")

_VOCABULARY = [f"{a}{b}{c}" for a in "b d f g k l m n p r s t v z".split() for b in "a e i o u".split() for c in
               "bak den fil gor kum lar men nis pol rud sam tin vor zel".split()]  # fmt: skip
_WEIGHTS = [1 / rank for rank in range(1, len(_VOCABULARY) + 1)]  # Zipf: as a language's words are distributed


def articles(numbers: Sequence[int], revision: int = 1, words: int = WORDS) -> Iterator[Action]:
    """Yield generated articles, the same for the same numbers."""
    for number in numbers:
        chance = random.Random(number)  # noqa: S311 - the same text for the same number
        text = chance.choices(_VOCABULARY, _WEIGHTS, k=words)
        document: dict[str, Any] = {
            "url": f"https://outlet-{number % 90}.example/{number}",
            "kind": "article",
            "outlet": f"outlet_{number % 90}",
            "country": ("gb", "de", "fr", "in", "us")[number % 5],
            "in_language": ("en", "de", "fr", "hi", "en")[number % 5],
            "headline": " ".join(text[:8]),
            "standfirst": " ".join(text[8:30]),
            "body": " ".join(text[30:]),
            "authors": [f"Author {chance.randrange(2_000)}"],
            "sections": [("world", "politics", "business", "sport", "culture")[chance.randrange(5)]],
            "places": [{"name": f"Place {int(chance.paretovariate(0.6)) % 5_000}"} for _ in range(3)],
            "people": [{"name": f"Person {int(chance.paretovariate(0.5)) % 20_000}"} for _ in range(3)],
            "date_published": f"20{10 + number % 15}-0{1 + number % 9}-1{number % 10}T10:00:00Z",
            "date_precision": "instant",
            "version": 1,
            "revision": revision,
        }
        yield Action(stream="articles", id=f"article-{number:06}", revision=revision, document=document)


def index_of(nodes: Sequence[Node], prefix: str = "bench-") -> ElasticsearchIndex:
    """Return an index on these nodes."""
    url = ",".join(node.url for node in nodes)
    return ElasticsearchIndex(connect(Configuration(home=Path(), elasticsearch_url=url)), shown(url), prefix=prefix)


class Publisher:
    """Drains a list as the outbox is drained: what is acknowledged goes, the rest is pending."""

    def __init__(self, index: ElasticsearchIndex) -> None:
        self.index = index
        self.acknowledged: dict[str, int] = {}
        self.cpu_seconds = 0.0
        self.longest_gap_seconds = 0.0
        self._last_at = time.monotonic()

    async def write(self, batch: list[Action]) -> None:
        """Write until every action is acknowledged."""
        pending = batch
        while pending:
            started = time.process_time()
            try:
                words = await self.index.write(pending)
            except IndexUnavailable:
                await asyncio.sleep(0.5)
                continue
            finally:
                self.cpu_seconds += time.process_time() - started
            done = [action for action, word in zip(pending, words, strict=True) if word.status is WriteStatus.DONE]
            if done:
                self.longest_gap_seconds = max(self.longest_gap_seconds, time.monotonic() - self._last_at)
                self._last_at = time.monotonic()
            self.acknowledged |= {action.id: action.revision for action in done}
            pending = [
                action for action, word in zip(pending, words, strict=True) if word.status is not WriteStatus.DONE
            ]
            if pending:
                await asyncio.sleep(0.5)


async def revisions(index: ElasticsearchIndex) -> list[tuple[str, int]]:
    """Return id and revision of every document that is searched, as often as it is there."""
    await index.refresh()
    found: list[tuple[str, int]] = []
    after = None
    while True:
        page = await index.client.search(
            index=index.aliases["articles"],
            size=10_000,
            sort=[{"id": "asc"}],
            search_after=after,
            source=False,
            version=True,
        )
        hits = page["hits"]["hits"]
        found += [(hit["_id"], hit["_version"]) for hit in hits]
        if len(hits) < 10_000:
            return found
        after = hits[-1]["sort"]


async def writes(directory: Path, count: int = 20_000) -> dict[str, float]:
    """Write to three nodes; kill the master with -9, then take a second node away for a minute."""
    nodes = elasticsearch_server.make_nodes(directory, 3, heap="512m")
    try:
        for node in nodes:
            node.start()
        for node in nodes:
            await asyncio.to_thread(node.wait)
        index = index_of(nodes)
        await index.create()
        await index.client.cluster.health(wait_for_status="green", timeout="120s")
        publisher = Publisher(index)
        batches = [list(articles(range(start, start + BATCH))) for start in range(0, count, BATCH)]
        returning: asyncio.Task[None] | None = None
        undisturbed_cpu = 0.0
        for number, batch in enumerate(batches):
            if number == len(batches) // 3:
                undisturbed_cpu = publisher.cpu_seconds / (number * BATCH)
                (master,) = (await index.client.nodes.info(node_id="_master"))["nodes"].values()
                victim = next(node for node in nodes if node.name == master["name"])
                await asyncio.to_thread(victim.kill)
                print(f"{len(publisher.acknowledged)} acknowledged: {victim.name}, the master, killed with -9")
            if number == 2 * len(batches) // 3:
                second = next(node for node in nodes if node is not victim)
                await asyncio.to_thread(second.stop)
                print(f"{len(publisher.acknowledged)} acknowledged: {second.name} stopped for 60 s")
                returning = asyncio.create_task(_return_after(second, 60))
            await publisher.write(batch)
        if returning:
            await returning
        found = await revisions(index)
        await index.close()
    finally:
        for node in nodes:
            await asyncio.to_thread(node.stop)
    there = dict(found)
    return {
        "documents": len(there),
        "acknowledged_lost": sum(1 for id in publisher.acknowledged if id not in there),
        "twice": len(found) - len(there),
        "missing": count - len(there),
        "longest_gap_seconds": round(publisher.longest_gap_seconds, 1),
        "client_cpu_ms_per_document": round(1000 * publisher.cpu_seconds / count, 4),
        "client_cpu_ms_per_document_undisturbed": round(1000 * undisturbed_cpu, 4),
    }


async def _return_after(node: Node, seconds: float) -> None:
    await asyncio.sleep(seconds)
    node.start()
    await asyncio.to_thread(node.wait)
    print(f"{node.name} is back")


async def migration(index: ElasticsearchIndex, count: int = 50_000) -> dict[str, float]:
    """Migrate while a writer goes on writing newer revisions and deleting."""
    publisher = Publisher(index)
    for start in range(0, count, BATCH):
        await publisher.write(list(articles(range(start, start + BATCH), words=60)))
    print(f"{count} documents written")
    stop = asyncio.Event()
    deleted: set[str] = set()

    async def live() -> None:
        revision = 1
        while not stop.is_set():
            revision += 1
            chance = random.Random(revision)  # noqa: S311
            await publisher.write(list(articles(chance.sample(range(100, count), 50), revision, 60)))
            if revision <= 100:
                gone = Action(stream="articles", id=f"article-{revision - 1:06}", revision=10_000, document=None)
                await publisher.write([gone])
                deleted.add(gone.id)
            await asyncio.sleep(0.05)

    writer = asyncio.create_task(live())
    started = time.monotonic()
    await migrate.migrate(index, print, again=True)
    seconds = time.monotonic() - started
    stop.set()
    await writer
    there = dict(await revisions(index))
    expected = {id: revision for id, revision in publisher.acknowledged.items() if id not in deleted}
    await migrate.drop_old(index)
    return {
        "documents": len(there),
        "lost": sum(1 for id in expected if id not in there),
        "stale": sum(1 for id, revision in expected.items() if there.get(id, revision) < revision),
        "come_back": sum(1 for id in deleted if id in there),
        "live_writes": sum(1 for revision in publisher.acknowledged.values() if revision > 1),
        "seconds": round(seconds, 1),
    }


async def facets(index: ElasticsearchIndex, count: int = 100_000, queries: int = 200) -> dict[str, float]:
    """Ask questions without facets and with six, in turn, and compare the slowest twentieths.

    Each is asked three times and its fastest counts: other work on the machine disturbs one of two variants at random.
    The first round, which warms the server and the forms to show, is left out.
    """
    have = int((await index.client.count(index=index.aliases["articles"]))["count"])
    publisher = Publisher(index)
    for start in range(0, count, BATCH):
        if have < count:
            await publisher.write(list(articles(range(start, start + BATCH), words=60)))
    await index.client.indices.forcemerge(index=index.aliases["articles"], max_num_segments=5)
    await index.refresh()
    chance = random.Random(1)  # noqa: S311 - the same questions each time
    texts = [" ".join(chance.choices(_VOCABULARY[10:], _WEIGHTS[10:], k=chance.choice((1, 2)))) for _ in range(queries)]
    times: dict[str, dict[str, list[float]]] = {"bare": {}, "facets": {}}
    for round_number in range(4):
        for text in texts:
            asked = [("bare", Query(text=text)), ("facets", Query(text=text, facets=FACETS))]
            for name, query in chance.sample(asked, 2):
                started = time.perf_counter()
                await index.search(query)
                if round_number:
                    times[name].setdefault(text, []).append(1000 * (time.perf_counter() - started))
    fastest = {name: [min(each) for each in found.values()] for name, found in times.items()}
    every = {name: [one for each in found.values() for one in each] for name, found in times.items()}
    return {
        "documents": int((await index.client.count(index=index.aliases["articles"]))["count"]),
        **{f"{name}_p50_ms": round(statistics.median(found), 1) for name, found in fastest.items()},
        **{f"{name}_p95_ms": round(_p95(found), 1) for name, found in fastest.items()},
        "p95_ratio": round(_p95(fastest["facets"]) / _p95(fastest["bare"]), 2),
        "p95_ratio_every_answer": round(_p95(every["facets"]) / _p95(every["bare"]), 2),
    }


def _p95(found: list[float]) -> float:
    return statistics.quantiles(found, n=20)[-1]


async def main(names: Sequence[str]) -> None:
    """Run what is named, and print it."""
    figures: dict[str, dict[str, float]] = {}
    with elasticsearch_server.temporary_directory() as directory:
        if "writes" in names:
            figures["writes"] = await writes(directory)
            print(figures["writes"])
    if {"migration", "facets"} & set(names):
        with elasticsearch_server.running() as node:
            index = index_of([node])
            await index.create()
            if "migration" in names:
                figures["migration"] = await migration(index)
                print(figures["migration"])
            if "facets" in names:
                figures["facets"] = await facets(index)
                print(figures["facets"])
            await index.close()
    print(json.dumps(figures))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or ["writes", "migration", "facets"]))
