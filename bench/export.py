"""What an export of many articles costs the process that serves it: rows, seconds, and memory above what it had.

`python bench/export.py [--articles 100000] [--format jsonl]` fills a PostgreSQL index of its own with generated
articles, serves the pages in a process of their own, exports all over HTTP, and prints a line of JSON for each time.
"""

import argparse
import asyncio
import json
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil

if not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from index.postgresql.backend import PostgresqlIndex
from index.protocol import Action
from ledger.database import engine_for, migrate
from ledger.embedded.server import start
from news.url import article_id
from tests.ports import free_port
from tests.schedules.processes import environment

WORDS = [a + b + c for a in "b ch d f gr k l m".split() for b in "a e i o u".split() for c in "n st rk l sh".split()]
#: words of a body, as the median of news has
BODY_WORDS = 400
#: documents written at once
CHUNK = 1_000


def document(number: int) -> dict[str, Any]:
    """Return a generated article."""
    chance = random.Random(number)  # noqa: S311 - nothing is secret
    url = f"https://outlet{number % 50}.example/{number}"
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number % 400_000)
    body = "\n".join(" ".join(chance.choices(WORDS, k=BODY_WORDS // 8)) for _ in range(8))
    return {
        "id": article_id(url),
        "url": url,
        "outlet": f"outlet{number % 50}",
        "outlet_name": f"Outlet {number % 50}",
        "headline": " ".join(chance.choices(WORDS, k=8)),
        "body": body,
        "in_language": "en",
        "authors": [" ".join(chance.choices(WORDS, k=2))],
        "revision": 1,
        "version": 1,
        "first_seen_at": at.isoformat(),
        "date_published": at.isoformat(),
        "date_precision": "minute",
        "date_source": "meta",
    }


async def fill(url: str, articles: int) -> None:
    """Write the articles into the index."""
    engine = engine_for(url, 4)
    await migrate(engine)
    index = PostgresqlIndex(engine)
    await index.create()
    for start_at in range(0, articles, CHUNK):
        documents = [document(number) for number in range(start_at, min(start_at + CHUNK, articles))]
        await index.write([Action(stream="articles", id=each["id"], revision=1, document=each) for each in documents])
    await engine.dispose()


def measure(address: str, process: psutil.Process, format: str) -> dict[str, Any]:
    """Export all, and return rows, distinct ids, bytes, seconds and the memory above that of before."""
    httpx.get(f"{address}/api/search", timeout=60)
    before, highest, ended = process.memory_info().rss, 0, threading.Event()

    def watch() -> None:
        nonlocal highest
        while not ended.wait(0.02):
            highest = max(highest, process.memory_info().rss)

    watching = threading.Thread(target=watch)
    watching.start()
    ids, rows, size, started = set(), 0, 0, time.perf_counter()
    with httpx.stream("GET", f"{address}/api/export", params={"format": format}, timeout=600) as answer:
        stated = int(answer.headers["x-total-count"])
        for line in answer.iter_lines():
            rows, size = rows + 1, size + len(line) + 1
            ids.add(json.loads(line)["id"] if format == "jsonl" else line.split(",")[0])
    seconds = time.perf_counter() - started
    ended.set()
    watching.join()
    return {
        "format": format,
        "stated": stated,
        "rows": rows,
        "distinct": len(ids),
        "mb": round(size / 1e6, 1),
        "seconds": round(seconds, 1),
        "rss_before_mib": round(before / 2**20, 1),
        "rss_above_mib": round((highest - before) / 2**20, 1),
    }


def until_served(address: str) -> None:
    """Return once the pages at this address answer. Raises SystemExit if they never do."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            httpx.get(f"{address}/healthz")
            return
        except httpx.TransportError:
            time.sleep(0.2)
    raise SystemExit("The pages are not served.")


def main() -> None:
    """Fill, serve, export twice: the first time pays for what Python loads late."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--format", choices=["jsonl", "csv"], default="jsonl")
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="broadsheet-export-"))
    home.chmod(0o755)  # as root, PostgreSQL's user has to pass
    try:
        with start(home) as server:
            asyncio.run(fill(server.url, asked.articles))
            port = free_port()
            environ = environment(home, database_url=server.url.replace("+psycopg", ""))
            command = [sys.executable, "-m", "broadsheet", "web", "--port", str(port)]
            with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL) as served:
                address = f"http://127.0.0.1:{port}"
                until_served(address)
                for _ in range(2):
                    print(json.dumps(measure(address, psutil.Process(served.pid), asked.format)))
                served.terminate()
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
