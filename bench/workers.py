"""What the daemon promises, measured on real processes: workers that are killed, schedules, recrawls, idle CPU, memory.

`python -m bench.workers [workers] [schedules] [recrawl] [timetable] [memory] [growth]`; without a name the first four,
in minutes. `--pages 4000` is the long form of `workers`, `--minutes 60` of `schedules`, `--crawls 500` of `memory`,
`--most 50000` of `growth`. The last line is JSON; `falls_short` names what misses its mark.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
import urllib.request
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import psutil

if not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from bench.cpu import pss_bytes
from bench.daemon import PATIENCE_SECONDS, ask, end, house, launch, until
from bench.newsstand import Newsstand
from ledger.embedded.server import start

OUTLETS = 40
WORKERS = 4
DELAY_SECONDS = 0.5
KILL_EVERY_SECONDS = 20.0
#: of growth, and how often memory is looked at each time
GROWTH_OUTLETS, GROWTH_LOOKS = 20, 7
#: how much faster than written the schedules run
FASTER = 60


async def workers(pages: int, port: int) -> dict[str, Any]:
    """Crawl with four workers, one killed every 20 s, PostgreSQL restarted once."""
    stand = Newsstand(OUTLETS, pages // OUTLETS, port)
    await stand.open()
    with house() as (home, server):
        stand.write_outlets(home, DELAY_SECONDS, "every_minutes = 100000")
        running = [launch(home, server, "worker") for _ in range(WORKERS)]
        began_at = killed_at = time.monotonic()
        kills, restarted = 0, False
        events: list[float] = []
        indexed = "SELECT count(*) FROM search.articles"
        while (await asyncio.to_thread(ask, server, indexed) or 0) < pages:
            await asyncio.sleep(0.5)
            found = await asyncio.to_thread(ask, server, "SELECT count(*) FROM articles") or 0
            if found >= pages and time.monotonic() - killed_at > 120:
                break  # recorded, but never published: the account below says so
            if time.monotonic() - killed_at > KILL_EVERY_SECONDS and found < pages:
                victim = running.pop(0)
                victim.kill()
                victim.wait()
                running.append(launch(home, server, "worker"))
                kills, killed_at = kills + 1, time.monotonic()
                events.append(killed_at)
            if not restarted and found >= pages // 2:
                restarted = True
                events.append(time.monotonic())
                os.kill(int((server.data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGINT)
                await asyncio.sleep(1)
                await asyncio.to_thread(start, home)  # joins the users of the one that is started again
            if time.monotonic() - began_at > PATIENCE_SECONDS:
                break
        seconds = time.monotonic() - began_at
        gaps = stand.gaps_under(DELAY_SECONDS)
        for gap, host, before, path, at in gaps[:20]:
            since = min((at - event for event in events if event <= at), default=0.0)
            print(f"{gap:.3f} s at {host}: {before} then {path}, {since:.1f} s after a kill or restart", flush=True)
        took = {
            "pages": pages,
            "seconds": round(seconds, 1),
            "kills": kills,
            "postgresql_restarts": int(restarted),
            "requests": sum(map(len, stand.requests.values())),
            "lost": pages - int(ask(server, "SELECT count(*) FROM articles") or 0),
            "stored_twice": int(ask(server, "SELECT count(*) FROM versions WHERE version > 1") or 0)
            + int(ask(server, "SELECT count(*) - count(DISTINCT url) FROM attempts WHERE outcome = 'new'") or 0),
            "gaps_under_delay": len(gaps),
            "missing_in_index": pages - int(ask(server, indexed) or 0),
            # a line of schedules.lag: ours kept the loop for more than 250 ms of CPU
            "loop_held": (home / "log").read_text(encoding="utf-8").count('"loop_held"'),
        }
        end(running)
    stand.close()
    return took


async def schedules(minutes: float, port: int) -> dict[str, Any]:
    """Let two daemons keep one timetable of an hour, 60 times as fast, and count the readings of each feed."""
    stand = Newsstand(10, 0, port)
    await stand.open()
    every_seconds = 15 * 60 / FASTER
    with house() as (home, server):
        stand.write_outlets(home, 0, f"every_minutes = {every_seconds / 60}\njitter_seconds = 0")
        running = [launch(home, server, "worker") for _ in range(2)]
        await until(lambda: all(stand.requests[host] for host in stand.hosts), "all are read once")
        await asyncio.sleep(minutes * 60 / FASTER)
        end(running)
    stand.close()
    times = [[at for at, path in stand.requests[host] if path == "/feed.xml"] for host in stand.hosts]
    pauses = [after - before for each in times for before, after in pairwise(each)]
    return {
        "outlets": len(stand.hosts),
        "readings": sum(map(len, times)),
        "read_twice": sum(pause < every_seconds / 2 for pause in pauses),
        "left_out": sum(pause > 2 * every_seconds for pause in pauses),
        "longest_pause_seconds": round(max(pauses, default=0.0), 1),
        "interval_seconds": every_seconds,
    }


async def recrawl(port: int, times: int = 5) -> dict[str, Any]:
    """Ask an idle daemon for pages, and measure until each is searchable."""
    stand = Newsstand(1, 0, port)
    await stand.open()
    with house() as (home, server):
        stand.write_outlets(home, 0, "every_minutes = 100000")
        page = port + 1
        running = [launch(home, server, "up", "--port", str(page))]
        await until(lambda: stand.requests[stand.hosts[0]], "the feed is read")
        await asyncio.sleep(3)
        took = []
        for number in range(times):
            url = f"http://{stand.hosts[0]}:{port}/2024/page-{number}-of-it"
            began_at = time.monotonic()
            await asyncio.to_thread(_post, page, url)
            seen = f"SELECT count(*) FROM search.articles WHERE document->>'url' = '{url}'"  # noqa: S608 - our own text
            await until(lambda query=seen: ask(server, query), "it is searchable")
            took.append(round(time.monotonic() - began_at, 2))
        end(running)
    stand.close()
    # in the order in which they were asked for: the first one finds everything cold
    return {"seconds": took, "median_seconds": sorted(took)[len(took) // 2], "longest_seconds": max(took)}


def _post(port: int, url: str) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/recrawls",
        json.dumps({"urls": [url]}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        answer.read()


async def timetable(outlets: int, seconds: float) -> dict[str, Any]:
    """Start the timetable of 1,000 outlets of which none is due, and measure its start and what it costs when idle."""
    from datetime import UTC, datetime

    from crawler.catalogue import Catalogue
    from ledger.database import engine_for, migrate
    from ledger.schedule_state import note_asked
    from news.outlet import Outlet, Source, SourceKind
    from pipelines.runtime import Runtime
    from schedules.jobs import Jobs
    from schedules.timetable import Keeper, sources_of

    made = [
        Outlet(
            slug=f"many_{number}",
            name=str(number),
            home=f"http://127.1.{number // 250}.{number % 250 + 1}/",
            sources=(Source(kind=SourceKind.FEED, url=f"http://127.1.{number // 250}.{number % 250 + 1}/feed.xml"),),
            enabled=True,
        )
        for number in range(outlets)
    ]
    with house() as (_, server):
        engine = engine_for(server.url)
        await migrate(engine)
        async with engine.begin() as connection:
            for outlet in made:
                await note_asked(connection, outlet.slug, sources_of(outlet), datetime.now(UTC))
        nothing: Any = None
        jobs = Jobs(
            app=nothing,
            runtime=Runtime(configuration=nothing, engine=engine, index=nothing, pool=nothing),
            catalogue=Catalogue(made),
            queue="bench",
            settings=nothing,
        )
        began_at, cpu = time.monotonic(), time.process_time()
        keeper = Keeper(jobs)
        keeper.scheduler.start()
        await keeper.look()
        start_seconds, start_cpu = time.monotonic() - began_at, time.process_time() - cpu
        began_at, cpu = time.monotonic(), time.process_time()
        while time.monotonic() - began_at < seconds:
            await asyncio.sleep(10)
            await keeper.look()
        share = (time.process_time() - cpu) / (time.monotonic() - began_at)
        planned = len(keeper.scheduler.get_jobs())
        keeper.scheduler.shutdown(wait=False)
        await engine.dispose()
    return {
        "outlets": planned,
        "start_seconds": round(start_seconds, 2),
        "start_cpu_seconds": round(start_cpu, 2),
        "idle_cpu_percent": round(100 * share, 2),
    }


async def memory(crawls: int, port: int) -> dict[str, Any]:
    """Let one worker crawl again and again, and compare its memory after the 50th crawl with that after the last."""
    stand = Newsstand(10, 2, port)
    await stand.open()
    resident: dict[int, float] = {}
    with house() as (home, server):
        stand.write_outlets(home, 0, "every_minutes = 0.05\njitter_seconds = 0")
        process = launch(home, server, "worker")
        watched = psutil.Process(process.pid)
        mark = min(50, crawls // 2)
        for number in (mark, crawls):
            await until(lambda least=number: _feeds(stand) >= least, f"{number} crawls")
            resident[number] = watched.memory_info().rss / 2**20
        end([process])
    stand.close()
    return {"crawls": crawls, "resident_mib": {str(number): round(size) for number, size in resident.items()}} | {
        "growth_mib": round(resident[crawls] - resident[mark], 1)
    }


async def growth(most: int, port: int) -> dict[str, Any]:
    """Let one worker record `most` new pages, and compare the memory of all its processes at a tenth with the end.

    The feeds list a tenth of the pages, then the next tenth. Memory is the proportional set size, the median of some
    looks while pages are read; PostgreSQL's, which fills its buffers, is told apart.
    """
    tenth = most // 10
    stand = Newsstand(GROWTH_OUTLETS, tenth // GROWTH_OUTLETS, port)
    await stand.open()
    ours: dict[int, float] = {}
    with house() as (home, server):
        stand.write_outlets(home, 0, "every_minutes = 0.05\njitter_seconds = 0")
        process = launch(home, server, "worker")
        recorded = "SELECT count(*) FROM articles"
        postgres = int((server.data / "postmaster.pid").read_text().splitlines()[0])
        for part in range(1, 11):
            await until(lambda least=part: (ask(server, recorded) or 0) >= (least - 0.5) * tenth, f"{part} tenths")
            looks = []
            for _ in range(GROWTH_LOOKS):
                looks.append((_pss_mib(process.pid), _pss_mib(postgres)))
                await asyncio.sleep(1)
            ours[part * tenth] = median(look[0] for look in looks)
            print(f"{part * tenth} pages: {ours[part * tenth]:.0f} MiB, PostgreSQL {looks[-1][1]:.0f} MiB", flush=True)
            await until(lambda least=part: (ask(server, recorded) or 0) >= least * tenth, f"{part} tenths")
            stand.first += tenth // GROWTH_OUTLETS
        end([process])
    stand.close()
    found: dict[str, Any] = {"mib": {str(pages): round(size) for pages, size in ours.items()}}
    return found | {"growth_mib": round(ours[most] - ours[tenth], 1)}


def _pss_mib(pid: int) -> float:
    """Return the memory of a process and all that descend from it."""
    tree = [pid]
    with suppress(psutil.NoSuchProcess):
        tree += [each.pid for each in psutil.Process(pid).children(recursive=True)]
    size = 0
    for each in tree:
        with suppress(OSError):  # it has ended
            size += pss_bytes([each])
    return size / 2**20


def _feeds(stand: Newsstand) -> int:
    return sum(path == "/feed.xml" for times in stand.requests.values() for _, path in times)


def falls_short(told: dict[str, Any]) -> list[str]:
    """Return what is worse than it should be."""
    limits = (
        ("workers", "lost", 0),
        ("workers", "stored_twice", 0),
        ("workers", "gaps_under_delay", 0),
        ("workers", "missing_in_index", 0),
        ("workers", "loop_held", 0),
        ("schedules", "read_twice", 0),
        ("schedules", "left_out", 0),
        ("recrawl", "median_seconds", 2.0),
        ("recrawl", "longest_seconds", 2.0),  # cold or warm
        ("timetable", "start_seconds", 5.0),
        ("timetable", "idle_cpu_percent", 2.0),
        ("memory", "growth_mib", 40.0),
        ("growth", "growth_mib", 40.0),
    )
    return [
        f"{part}.{name}: {told[part][name]} instead of at most {most}"
        for part, name, most in limits
        if part in told and told[part][name] > most
    ]


async def measure(wanted: argparse.Namespace) -> dict[str, Any]:
    """Return all figures that are wanted."""
    told: dict[str, Any] = {}
    parts = wanted.parts or ["timetable", "recrawl", "schedules", "workers"]
    for part in parts:
        if part == "workers":
            told[part] = await workers(wanted.pages, wanted.port)
        elif part == "schedules":
            told[part] = await schedules(wanted.minutes, wanted.port)
        elif part == "recrawl":
            told[part] = await recrawl(wanted.port)
        elif part == "timetable":
            told[part] = await timetable(1_000, wanted.idle_seconds)
        elif part == "growth":
            told[part] = await growth(wanted.most, wanted.port)
        else:
            told[part] = await memory(wanted.crawls, wanted.port)
        print(f"{part}: {told[part]}", flush=True)
    return told | {"falls_short": falls_short(told)}


def main() -> None:
    """Print the figures as one line of JSON, the last one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = ["workers", "schedules", "recrawl", "timetable", "memory", "growth"]
    parser.add_argument("parts", nargs="*", choices=[*parts, []])
    parser.add_argument("--pages", type=int, default=800)
    parser.add_argument("--minutes", type=float, default=60.0, help="of schedules, which run 60 times as fast")
    parser.add_argument("--crawls", type=int, default=100)
    parser.add_argument("--most", type=int, default=10_000, help="pages of growth")
    parser.add_argument("--idle-seconds", type=float, default=30.0)
    parser.add_argument("--port", type=int, default=18_080)
    print(json.dumps(asyncio.run(measure(parser.parse_args()))))


if __name__ == "__main__":
    main()
