"""What it costs to tell the index of each outlet's hours: processor time, how long the loop is held, bytes a document.

`python bench/telling.py [--outlets 1000]`; the last line is JSON. PostgreSQL and Elasticsearch come as the tests' do.
"""

import argparse
import asyncio
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

if not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from bench.daemon import house
from crawler.catalogue import Catalogue
from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.client import connect, shown
from ledger.database import engine_for, migrate
from ledger.source_rates import WEEKS
from news.configuration import Configuration
from news.outlet import Outlet
from pipelines.publish import publish_all
from pipelines.runtime import Runtime
from schedules.metrics_events import CATCH_UP, EVERY, HOURS_AT_ONCE, emit_events
from tests import elasticsearch_server

#: Elasticsearch looks at its files no more often than every ten seconds
STATISTICS_SECONDS = 12.0
#: every outlet brought something in every hour of four weeks: as much as there can be to learn from
_ARRIVALS = text(
    "INSERT INTO source_hourly (outlet, source, hour, found) SELECT 'many_' || number, 'feed', at, 1 + number % 5"
    " FROM generate_series(0, :outlets - 1) AS number,"
    " generate_series(date_trunc('hour', now()) - make_interval(weeks => :weeks), now(), '1 hour') AS at"
)
_HOURS = text(
    "INSERT INTO completeness (outlet, hour, found, fetched, stored, changed, unchanged, refused)"
    " SELECT outlet, hour, found, found + 9, found, 1, 7, '{\"wall\": 1}' FROM source_hourly"
    " WHERE hour > now() - interval '2d'"
)
_SOURCES = text(
    "INSERT INTO sources (outlet, url, kind, fetched_at, outcome, first_read_at)"
    " SELECT 'many_' || number, 'feed', 'feed', now(), 'read', now() - interval '60 days'"
    " FROM generate_series(0, :outlets - 1) AS number"
)


async def longest_hold(pause: float = 0.005) -> float:
    """Return the most milliseconds for which the loop was held, when cancelled."""
    worst = 0.0
    try:
        while True:
            began_at = time.monotonic()
            await asyncio.sleep(pause)
            worst = max(worst, time.monotonic() - began_at - pause)
    except asyncio.CancelledError:
        return round(worst * 1_000, 1)


def backends(server: int) -> float:
    """Return the processor seconds that the children of PostgreSQL's first process have used."""
    times = [child.cpu_times() for child in psutil.Process(server).children()]
    return sum(each.user + each.system for each in times)


async def measure(database: str, server: int, url: str, outlets: int) -> dict[str, Any]:
    """Tell a day of hours of that many outlets, and return what it cost."""
    engine = engine_for(database)
    await migrate(engine)
    async with engine.begin() as connection:
        await connection.execute(_ARRIVALS, {"outlets": outlets, "weeks": WEEKS})
        await connection.execute(_HOURS)
        await connection.execute(_SOURCES, {"outlets": outlets})
    async with engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))
    configuration = Configuration(home=Path(), elasticsearch_url=url)
    index = ElasticsearchIndex(connect(configuration), shown(url))
    await index.create()
    nothing: Any = None
    runtime = Runtime(configuration=configuration, engine=engine, index=index, pool=nothing)
    made = {
        each.slug: each
        for each in Catalogue(
            Outlet(slug=f"many_{number}", name=f"Many {number}", home=f"https://m{number}.example/", country="gb")
            for number in range(outlets)
        )
    }
    telling = publishing = postgresql = 0.0
    watch = asyncio.create_task(longest_hold())
    hours = int(CATCH_UP / timedelta(hours=1))
    for number in range(hours // HOURS_AT_ONCE):
        cpu, theirs = time.process_time(), backends(server)
        await emit_events(runtime, made, datetime.now(UTC) + number * EVERY)
        telling += time.process_time() - cpu
        postgresql += backends(server) - theirs
        cpu = time.process_time()
        await publish_all(engine, index)
        publishing += time.process_time() - cpu
    watch.cancel()
    await index.client.indices.forcemerge(index="events", max_num_segments=1)
    await index.client.indices.flush(index="events")
    await asyncio.sleep(STATISTICS_SECONDS)
    stats = (await index.client.indices.stats(index="events"))["_all"]["primaries"]
    documents = stats["docs"]["count"]
    await index.close()
    await engine.dispose()
    return {
        "outlets": outlets,
        "documents_a_day": documents,
        "cpu_seconds_an_hour": round(telling / hours, 3),
        "cpu_percent_of_a_core": round(100 * telling / hours / 3_600, 4),
        "publishing_cpu_seconds_an_hour": round(publishing / hours, 3),
        "postgresql_cpu_seconds_an_hour": round(postgresql / hours, 3),
        "loop_held_ms_at_most": await watch,
        "bytes_a_document": round(stats["store"]["size_in_bytes"] / documents),
    }


def main() -> None:
    """Measure, and say it in one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outlets", type=int, default=1_000)
    wanted = parser.parse_args()
    with house() as (_, server), elasticsearch_server.running() as node:
        pid = int((server.data / "postmaster.pid").read_text().splitlines()[0])
        print(json.dumps(asyncio.run(measure(server.url, pid, node.url, wanted.outlets))))


if __name__ == "__main__":
    main()
