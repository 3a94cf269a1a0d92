"""The process pool harms nobody: good pages beside outlets that freeze the reader, and a fork server that is killed.

`python -m bench.pool [beside] [killed]`; without a name both, in some five minutes. The frozen pages really freeze the
real reader: so many paragraphs that they take longer than its limit, in a page that the crawler would still download.
The last line is JSON; `falls_short` names what misses its mark.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing.forkserver
import os
import signal
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

if not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from bench.newsstand import page as html_of
from news.clock import now
from news.outlet import Outlet
from news.page import Page
from pipelines.pool import Pool, digest_in_pool

WORKERS = 2
GOOD, FROZEN = 4, 4
#: pages of an outlet that wait or are read at once, as in a crawl
IN_FLIGHT = 4
#: of a good outlet; they come again and again
PAGES = 100
#: 9.5 MB, of the 10 MiB that a download may have: some 30 s of the reader's time
PARAGRAPHS = 450_000
KILLS = 20
#: after so long a pool that is not whole again counts as broken
PATIENCE_SECONDS = 60.0

#: (part, figure, the most that it may be)
MARKS = (
    ("beside", "ratio", 1.5),
    ("killed", "blamed", 0),
    ("killed", "lost", 0),
    ("killed", "longest_until_whole_seconds", 10.0),
)


def outlet(number: int) -> Outlet:
    """Return an outlet of our own making."""
    return Outlet(slug=f"press_{number}", name=f"press {number}", home=f"http://127.4.0.{number + 1}/")


def pages(of: Outlet, *, frozen: bool = False) -> Iterator[Page]:
    """Return an outlet's pages, again and again."""
    made = []
    for number in range(1 if frozen else PAGES):
        html = html_of(of.slug, number)
        if frozen:
            html = html.replace("</article>", "<p>The boats were in." * PARAGRAPHS + "</article>")
        url = f"{of.home}2024/07/harbour-story-of-the-day-{number}"
        headers = {"content-type": "text/html; charset=utf-8"}
        made.append(Page(url=url, final_url=url, status=200, headers=headers, content=html.encode(), fetched_at=now()))
    return cycle(made)


class Crawl:
    """Reads an outlet's pages as a crawl does, a few at once, until it is cancelled."""

    def __init__(self, pool: Pool, of: Outlet, pages: Iterator[Page]) -> None:
        self.pool, self.of, self.pages = pool, of, pages
        #: seconds that each page took, from when it was handed over
        self.seconds: list[float] = []
        self.refused = 0

    async def run(self) -> None:
        """Go on for ever."""
        await asyncio.gather(*(self._go_on() for _ in range(IN_FLIGHT)))

    async def _go_on(self) -> None:
        while True:
            began_at = time.monotonic()
            read = await digest_in_pool(self.pool, next(self.pages), self.of, frozenset())
            self.seconds.append(time.monotonic() - began_at)
            self.refused += read.article is None


async def crawled(good: int, frozen: int, seconds: float) -> tuple[list[Crawl], list[Crawl]]:
    """Crawl so many outlets for `seconds` with a pool of their own, and return the good ones and the others."""
    pool = Pool(WORKERS)
    crawls = [Crawl(pool, each, pages(each)) for each in map(outlet, range(good))]
    others = [Crawl(pool, each, pages(each, frozen=True)) for each in map(outlet, range(good, good + frozen))]
    try:
        await digest_in_pool(pool, next(crawls[0].pages), crawls[0].of, frozenset())  # the fork server is up
        # the frozen ones come first: the worst case for the good
        running = [asyncio.create_task(each.run()) for each in (*others, *crawls)]
        await asyncio.wait(running, timeout=seconds)
        for task in running:
            task.cancel()
        for end in await asyncio.gather(*running, return_exceptions=True):
            if not isinstance(end, asyncio.CancelledError):
                raise RuntimeError("A crawl of the bench ended.") from end
    finally:
        await asyncio.to_thread(pool.close)
    return crawls, others


async def beside(seconds: float) -> dict[str, Any]:
    """Read good outlets' pages for some time alone, then beside outlets whose pages freeze the reader."""
    alone, _ = await crawled(GOOD, 0, seconds)
    good, frozen = await crawled(GOOD, FROZEN, seconds)
    read = {name: sum(len(each.seconds) for each in crawls) for name, crawls in (("alone", alone), ("beside", good))}
    waits = sorted(taken for each in good for taken in each.seconds)
    return {
        "pages_alone": read["alone"],
        "pages_beside": read["beside"],
        # the time that a good page takes of the pool's: the same seconds over fewer pages
        "ratio": round(read["alone"] / max(1, read["beside"]), 2),
        "longest_page_seconds": round(waits[-1], 1) if waits else seconds,
        "good_refused": sum(each.refused for each in (*alone, *good)),
        "frozen_ended": sum(len(each.seconds) for each in frozen),
    }


def pid() -> int:
    """Return the worker that answers."""
    time.sleep(0.02)  # or one worker would answer for all
    return os.getpid()


async def whole(pool: Pool) -> None:
    """Wait until all workers answer."""
    seen: set[int] = set()
    while len(seen) < pool.workers:
        seen.update(await asyncio.gather(*(pool.run(f"width {n}", pid) for n in range(2 * pool.workers))))


async def killed() -> dict[str, Any]:
    """Kill the fork server again and again while pages are read."""
    pool = Pool(WORKERS)
    crawls = [Crawl(pool, each, pages(each)) for each in map(outlet, range(GOOD))]
    took = []
    try:
        await whole(pool)
        running = [asyncio.create_task(each.run()) for each in crawls]
        for _ in range(KILLS):
            server = multiprocessing.forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
            with contextlib.suppress(ProcessLookupError):
                os.kill(server, signal.SIGKILL)
            began_at = time.monotonic()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(whole(pool), PATIENCE_SECONDS)
            took.append(time.monotonic() - began_at)
        # a crawl goes on for ever; one that has ended has lost its page to an error
        lost = sum(task.done() for task in running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    finally:
        await asyncio.to_thread(pool.close)
    return {
        "kills": KILLS,
        "pages": sum(len(each.seconds) for each in crawls),
        "blamed": sum(each.refused for each in crawls),
        "lost": lost,
        "replaced": pool.replaced,
        "longest_until_whole_seconds": round(max(took), 1),
    }


def falls_short(told: dict[str, Any]) -> list[str]:
    """Return what is worse than it should be."""
    return [
        f"{part}.{name}: {told[part][name]} instead of at most {most}"
        for part, name, most in MARKS
        if part in told and told[part][name] > most
    ]


async def measure(wanted: argparse.Namespace) -> dict[str, Any]:
    """Return all figures that are wanted."""
    told: dict[str, Any] = {}
    for part in wanted.parts or ["beside", "killed"]:
        told[part] = await (beside(wanted.seconds) if part == "beside" else killed())
        for name, figure in told[part].items():
            mark = next((f"at most {most}" for of, what, most in MARKS if (of, what) == (part, name)), "")
            print(f"{part:8}{name:30}{figure!s:>10}  {mark}".rstrip(), flush=True)
    return told | {"falls_short": falls_short(told)}


def main() -> None:
    """Print the figures as a table, and as one line of JSON, the last one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=["beside", "killed", []])
    parser.add_argument("--seconds", type=float, default=90.0, help="of each of the two crawls of `beside`")
    print(json.dumps(asyncio.run(measure(parser.parse_args()))))


if __name__ == "__main__":
    main()
