"""Records a stream of digests with the packages of whatever checkout it is run in, and tells what that cost in CPU.

`python -P recording_driver.py STREAM DATABASE_URL`: it says `ready`; for each line `FIRST LAST` on its standard input
it records these steps of the stream and answers with one line of JSON. bench/record.py writes the stream.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.database import engine_for, migrate
from news.digest import Digest
from news.outlet import Outlet
from news.page import Page
from pipelines import record
from pipelines.digest import digest

_OUTLET = Outlet(slug="press", name="Press", home="http://127.5.0.1/")
#: all is recorded as if it had been fetched within the last days, a step a second
_BEGAN_AT = datetime.now(UTC) - timedelta(days=2)


async def record_step(engine: AsyncEngine, page: Page, read: Digest) -> str:
    """Record one digest by the way that this checkout has, and return what it was."""
    ways: Any = record
    if hasattr(record, "record_visit"):
        visit = import_module("news.visit").Visit(
            outlet=_OUTLET,
            url=page.url,
            final_url=page.final_url,
            fetched_at=page.fetched_at,
            status=page.status,
            content_bytes=len(page.content),
            page=page,
            digest=read,
        )
        kept = await ways.record_visit(engine, visit)
        return str(getattr(kept, "outcome", None) or kept.recorded.outcome)
    attempt = import_module("ledger.record").Attempt(
        outlet=_OUTLET.slug,
        url=page.url,
        final_url=page.final_url,
        at=page.fetched_at,
        status=page.status,
        content_bytes=len(page.content),
    )
    fetched = import_module("pipelines.fetched").Fetched(outlet=_OUTLET, attempt=attempt, page=page, digest=read)
    return str((await ways.record_fetched(engine, fetched)).outcome)


async def server_seconds(engine: AsyncEngine) -> float:
    """Return the CPU that this database's backends have taken so far."""
    query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
    async with engine.connect() as connection:
        backends = (await connection.execute(text(query))).scalars().all()
    times = [psutil.Process(each).cpu_times() for each in backends]
    return sum(each.user + each.system for each in times)


async def drive(told: dict[str, Any], url: str) -> None:
    """Make the digests of a stream, then record what is asked for."""
    made: dict[int, tuple[Page, Digest]] = {}
    for number, (address, html) in enumerate(told["pages"]):
        page = Page(
            url=address,
            final_url=address,
            status=200,
            headers={"content-type": "text/html; charset=utf-8"},
            content=html.encode(),
            fetched_at=_BEGAN_AT,
        )
        made[number] = page, digest(page, _OUTLET)
    engine = engine_for(url, connections=1)  # one backend, whose CPU is read
    await migrate(engine)
    print("ready", flush=True)
    for line in sys.stdin:
        first, last = map(int, line.split())
        steps = []
        for number in range(first, last):
            page, read = made[told["steps"][number]]
            steps.append((replace(page, fetched_at=_BEGAN_AT + timedelta(seconds=number)), read))
        outcomes: Counter[str] = Counter()
        server, client = await server_seconds(engine), time.process_time()
        for page, read in steps:
            outcomes[await record_step(engine, page, read)] += 1
        client = time.process_time() - client
        server = await server_seconds(engine) - server
        print(json.dumps({"client": client, "server": server, "outcomes": outcomes}), flush=True)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(drive(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), sys.argv[2]))
