"""What a reader waits for and loads: the first page of results, its weight, and an export, with Elasticsearch behind.

`python -m bench.page` fills an Elasticsearch of its own with 5,000 generated articles, `--long` with 100,000, serves
the pages in a process of their own, and asks for first pages as readers do: without words, by frequent and rare words,
phrases, facets, dates and orders, each time another one. Time is from the request to the last byte of the page, on this
machine, which should have nothing else to do; `page_cpu_ms` is the process's own CPU time for a page and
`elasticsearch_cpu_ms` that of Elasticsearch, however busy the machine is. Elasticsearch runs as deploy/compose.yaml has
it, with Elastic's own options of Java; its segments are as the writing left them. Weight is that of the page with all
that it loads, as sent. The export is of all articles as JSON lines. The last line is JSON; `falls_short` names what
misses its mark.
"""

import argparse
import asyncio
import os
import random
import re
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
import psutil

if not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from bench.aims import Aim, told
from bench.daemon import end, house, launch
from bench.export import WORDS, document, measure, until_served
from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.client import connect, shown
from index.protocol import Action
from news.configuration import Configuration
from tests import elasticsearch_server
from tests.ports import free_port

SHORT, LONG = 5_000, 100_000
#: rare words, each in some five articles of a hundred thousand and more; names of people and places
RARE, NAMES = 20_000, 400
#: first pages that are asked for, after some that warm what Python and Elasticsearch load late
PAGES, WARM = 300, 30
#: documents written at once
CHUNK = 500
AIMS: list[Aim] = [
    ("page_ms_p95", "most", 150.0),
    ("page_kb_most", "most", 100.0),
    ("other_hosts", "most", 0),
    ("export_mib_above", "most", 50.0),
    ("export_rows_missing", "most", 0),
]
#: what a browser loads by itself
_LOADED = re.compile(r"""<(?:link[^>]* rel="(?:icon|stylesheet)"[^>]*|script[^>]*|img[^>]*|iframe[^>]*)>""")
_ADDRESS = re.compile(r"""(?:src|href)="([^"]+)\"""")


def article(number: int) -> dict[str, Any]:
    """Return a generated article with what facets are counted of."""
    chance = random.Random(number)  # noqa: S311 - nothing is secret
    made = document(number)
    rare = " ".join(f"zz{chance.randrange(RARE)}" for _ in range(5))
    return made | {
        "body": f"{made['body']}\n{rare}",
        "standfirst": " ".join(chance.choices(WORDS, k=15)),
        "people": [f"Person {chance.randrange(NAMES)}" for _ in range(3)],
        "organisations": [f"Company {chance.randrange(NAMES)}" for _ in range(2)],
        "places": [{"name": f"Town {chance.randrange(NAMES)}", "country": "gb"}],
        "sections": [f"section {chance.randrange(12)}"],
        "country": chance.choice(["gb", "de", "fr", "in"]),
        "in_language": chance.choice(["en", "de", "fr"]),
        "changed_at": made["first_seen_at"],
        "fetched_at": made["first_seen_at"],
        "story_id": made["id"],
        "kind": "article",
    }


async def fill(url: str, articles: int) -> None:
    """Write the articles into the index."""
    index = ElasticsearchIndex(connect(Configuration(home=Path(), elasticsearch_url=url)), shown(url))
    await index.create()
    for start_at in range(0, articles, CHUNK):
        documents = [article(number) for number in range(start_at, min(start_at + CHUNK, articles))]
        await index.write([Action(stream="articles", id=each["id"], revision=1, document=each) for each in documents])
    await index.refresh()
    await index.close()


def questions(count: int) -> Iterator[str]:
    """Yield first pages as readers ask for them, each another one."""
    chance = random.Random(1)  # noqa: S311 - nothing is secret
    kinds = (
        list,
        lambda: [("q", chance.choice(WORDS))],
        lambda: [("q", " ".join(chance.choices(WORDS, k=2)))],
        lambda: [("q", f"zz{chance.randrange(RARE)}")],
        lambda: [("q", f'"{" ".join(chance.choices(WORDS, k=2))}"')],
        lambda: [("q", f"headline:{chance.choice(WORDS)} -{chance.choice(WORDS)}")],
        lambda: [("people", f"Person {chance.randrange(NAMES)}")],
        lambda: [("q", chance.choice(WORDS)), ("outlet", f"outlet{chance.randrange(50)}"), ("in_language", "en")],
        lambda: [("q", chance.choice(WORDS)), ("from", "2026-02"), ("until", "2026-03"), ("sort", "newest")],
        lambda: [
            ("sort", chance.choice(["newest", "oldest", "changed"])),
            ("sections", f"section {chance.randrange(12)}"),
        ],
        lambda: [("q", chance.choice(WORDS)), ("view", "compact")],
    )
    for number in range(count):
        yield f"/?{urlencode(kinds[number % len(kinds)]())}"


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """Return the CPU time that these have used."""
    return sum(sum(each.cpu_times()[:2]) for each in processes)


def pages(address: str, process: psutil.Process, server: list[psutil.Process]) -> dict[str, Any]:
    """Ask for first pages, and return their times and weights; `server` are the processes of Elasticsearch."""
    took, weights, others, cpu_before, server_before = [], [], set(), 0.0, 0.0
    sizes: dict[str, int] = {}
    with httpx.Client(base_url=address, timeout=60) as reader:
        for number, question in enumerate(questions(WARM + PAGES)):
            began = time.perf_counter()
            answer = reader.get(question).raise_for_status()
            seconds = time.perf_counter() - began
            if number < WARM:
                cpu_before, server_before = cpu_seconds([process]), cpu_seconds(server)
                continue
            took.append(seconds * 1_000)
            weight = len(answer.content)
            for tag in _LOADED.findall(answer.text):
                for found in _ADDRESS.findall(tag):
                    url = urljoin(address, found)
                    if urlsplit(url).netloc != urlsplit(address).netloc:
                        others.add(url)
                        continue
                    if url not in sizes:
                        sizes[url] = len(reader.get(url).raise_for_status().content)
                    weight += sizes[url]
            weights.append(weight / 1_000)
    took.sort()
    return {
        "page_ms_median": round(took[len(took) // 2], 1),
        "page_ms_p95": round(took[int(len(took) * 0.95)], 1),
        "page_cpu_ms": round((cpu_seconds([process]) - cpu_before) * 1_000 / len(took), 1),
        "elasticsearch_cpu_ms": round((cpu_seconds(server) - server_before) * 1_000 / len(took), 1),
        "load": round(os.getloadavg()[0], 1),
        "page_kb_median": round(sorted(weights)[len(weights) // 2], 1),
        "page_kb_most": round(max(weights), 1),
        "other_hosts": len(others),
    }


def main() -> int:
    """Fill, serve, ask, export; return 1 if a figure misses its mark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help=f"{LONG:,} articles")
    articles = LONG if parser.parse_args().long else SHORT
    with house() as (home, server), elasticsearch_server.running(as_deployed=True) as node:
        began = time.perf_counter()
        asyncio.run(fill(node.url, articles))
        figures: dict[str, Any] = {"articles": articles, "filled_seconds": round(time.perf_counter() - began, 1)}
        port = free_port()
        served = launch(home, server, "web", "--port", str(port), elasticsearch_url=node.url)
        address = f"http://127.0.0.1:{port}"
        try:
            until_served(address)
            process = psutil.Process(served.pid)
            launcher = psutil.Process(node.pid)
            figures |= pages(address, process, [launcher, *launcher.children(recursive=True)])
            # the first one pays for what Python loads late
            measure(address, process, "jsonl")
            exported = measure(address, process, "jsonl")
        finally:
            end([served])
    figures |= {
        "export_mib_above": exported["rss_above_mib"],
        "export_rows": exported["rows"],
        "export_rows_missing": articles - exported["distinct"] + abs(exported["rows"] - exported["distinct"]),
        "export_seconds": exported["seconds"],
    }
    return told(figures, AIMS)


if __name__ == "__main__":
    sys.exit(main())
