"""Every text, number and address that a server controls, with every value that hurts: one such page beside good ones.

Nothing is missed where all good pages are stored, the bad one has exactly one recorded outcome, no job fails, and a
second crawl right after does not fetch it again.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.daemon import ask, change, end, house, launch, until
from bench.hostile_outlets import BAD, ENTRY, FIELDS, GOOD, NOT_THE_PAGE, VALUES, Combination, Outlets, combinations
from bench.press import Loopback, write_outlet
from ledger.embedded.server import Server

#: outlets that are crawled at once: few, so that the second crawl of each comes before a failure is tried again
AT_ONCE = 8
#: processes that crawl
WORKERS = 2
#: a failure is tried again after a minute; a fetch after this is such a try, and no fetch at once
AT_ONCE_SECONDS = 55.0
#: a crawl of some sixty pages that has not ended by then never will
PATIENCE_SECONDS = 600.0


async def hostile(every: int, beside: int, port: int, fields: Sequence[str] = ()) -> dict[str, Any]:
    """Crawl all combinations, each twice, and return how many there are, how many are bad, and what is wrong."""
    from ledger.database import engine_for

    wanted = combinations(every, fields)
    outlets = Outlets(wanted, beside, port)
    began_at = time.monotonic()
    with house() as (home, server):
        for each in wanted:
            in_sitemap = each.field.startswith(("sitemap_", "index_"))
            write_outlet(home, each.slug, f"http://{each.host}:{port}", feed=not in_sitemap, sitemap=in_sitemap)
        async with Loopback([each.host for each in wanted], port, outlets.answer) as loopback:
            # nothing is killed here: commits need not wait for the disk
            await asyncio.to_thread(change, server, "ALTER DATABASE broadsheet SET synchronous_commit = off")
            workers = [launch(home, server, "worker") for _ in range(WORKERS)]
            await until(lambda: ask(server, "SELECT count(*) FROM procrastinate_workers") or 0, "a worker works")
            engine = engine_for(server.url, connections=AT_ONCE)
            try:
                misses = await _crawl_all(wanted, beside, loopback, home, server, engine)
            finally:
                await engine.dispose()
                end(workers)
    bad = {f"{each.field} × {each.value}": missed for each, missed in zip(wanted, misses, strict=True) if missed}
    for name, missed in bad.items():
        print(f"  {name}: {', '.join(missed)}", flush=True)
    return {
        "combinations": len(wanted),
        "of": len(FIELDS) * len(VALUES),
        "good_pages_each": beside,
        "bad": len(bad),
        "bad_by_field": dict(Counter(name.partition(" ")[0] for name in bad)),
        "bad_by_miss": dict(Counter(miss.partition(":")[0] for missed in bad.values() for miss in missed)),
        "seconds": round(time.monotonic() - began_at),
    }


async def _crawl_all(
    wanted: Sequence[Combination], beside: int, loopback: Loopback, home: Path, server: Server, engine: AsyncEngine
) -> list[list[str]]:
    """Ask the worker for each outlet's crawl, and return what was missed at each."""
    from crawler.catalogue import Catalogue
    from pipelines.runtime import Runtime
    from schedules.jobs import BY_PERSON, Jobs, open_jobs

    nothing: Any = None
    runtime = Runtime(configuration=nothing, engine=engine, index=nothing, pool=nothing)
    gate = asyncio.Semaphore(AT_ONCE)
    done = Counter[str]()

    async def one(jobs: Jobs, each: Combination) -> list[str]:
        async with gate:
            await jobs.crawl(jobs.catalogue.outlet(each.slug), priority=BY_PERSON)
            missed = [] if await _ended(engine, each.slug) else ["a crawl does not end"]
            missed += await _missed(engine, each, beside, loopback.port)
            asked = _times(loopback, each)
            if not any(miss.startswith("a job fails") for miss in missed):
                await jobs.crawl(jobs.catalogue.outlet(each.slug), priority=BY_PERSON)
                await _ended(engine, each.slug)
                again = _times(loopback, each)[len(asked) :]
                if asked and any(at - asked[-1] < AT_ONCE_SECONDS for at in again):
                    missed.append("fetched again at once")
            await _forget(engine, each.slug)
            done["outlets"] += 1
            if done["outlets"] % 25 == 0:
                print(f"  {done['outlets']} of {len(wanted)} outlets", flush=True)
            return missed

    async with open_jobs(runtime, Catalogue(home=home), nothing) as jobs:
        return await asyncio.gather(*(one(jobs, each) for each in wanted))


def _times(loopback: Loopback, each: Combination) -> list[float]:
    """Return when the bad page was asked for."""
    return [at for at, path in loopback.requests[each.host] if path.startswith(each.bad)]


async def _ended(engine: AsyncEngine, slug: str) -> bool:
    """Wait until the outlet has no job that runs or soon will, and say whether that came."""
    query = text(
        "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND args->>'outlet' = :slug"
        " AND (scheduled_at IS NULL OR scheduled_at < now() + interval '30 seconds')"
    )
    began_at = time.monotonic()
    while time.monotonic() - began_at < PATIENCE_SECONDS:
        async with engine.connect() as connection:
            if not (await connection.execute(query, {"slug": slug})).scalar_one():
                return True
        await asyncio.sleep(0.1)
    return False


async def _missed(engine: AsyncEngine, each: Combination, beside: int, port: int) -> list[str]:
    """Return what is wrong after the first crawl."""
    queries = {
        "stored": "SELECT count(*) FROM articles WHERE outlet = :slug AND url LIKE :good",
        # on a machine that is busy with other things a crawl takes longer than a failure is left alone
        "recorded": "SELECT count(*) FROM (SELECT at - min(at) OVER () AS later FROM attempts"
        " WHERE outlet = :slug AND url LIKE :bad) AS tried WHERE later < make_interval(secs => :at_once)",
        "failing": "SELECT count(*) FROM procrastinate_jobs WHERE args->>'outlet' = :slug"
        " AND (status = 'failed' OR coalesce((args->>'failures')::int, 0) > 0)",
        "marked": "SELECT max(left(unhealthy_reason, 200)) FROM outlets WHERE slug = :slug",
        "left_alone": "SELECT max(not_before) FROM sites WHERE site = :site",
    }
    values: dict[str, Any] = {"slug": each.slug, "at_once": AT_ONCE_SECONDS, "site": f"{each.host}:{port}"}
    values |= {"good": f"%-{GOOD}", "bad": f"%{BAD}" + ("?%" if each.field in ENTRY else "")}
    async with engine.connect() as connection:
        found = {name: (await connection.execute(text(query), values)).scalar_one() for name, query in queries.items()}
    missed = []
    if found["stored"] != beside:
        why = [f"outlet marked {found['marked']!r}"] if found["marked"] else []
        why += ["site left alone"] if found["left_alone"] else []
        missed.append(f"good pages lost: {found['stored']} of {beside}{''.join(f'; {each}' for each in why)}")
    least = 0 if each.field in ENTRY | NOT_THE_PAGE else 1
    if not least <= found["recorded"] <= 1:
        missed.append(f"bad page not recorded once: {found['recorded']} attempts")
    if found["failing"]:
        missed.append("a job fails")
    return missed


async def _forget(engine: AsyncEngine, slug: str) -> None:
    """Take what waits for a later try out of the queue: it would disturb those that are measured then."""
    async with engine.begin() as connection:
        query = "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND args->>'outlet' = :slug"
        await connection.execute(text(query), {"slug": slug})
