"""What outlets announce, found and stored: a month by a given clock, the whole path, completeness, cases of faults.

`python -m bench.announced` takes some minutes; `--long` plays 60 outlets with 40,000 articles over 30 days, and stores
2,000 pages. `--cases FOLDER` tries cases that stand elsewhere.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench.aims import Aim, told
from bench.cases import wrong
from bench.daemon import house
from bench.discovery import discovered
from bench.newsstand import Newsstand
from bench.recaptured import recaptured
from crawler.catalogue import Catalogue
from crawler.reactor import run
from crawler.slices import crawl_slice, settings
from ledger.schema import articles
from news.configuration import Configuration
from pipelines.runtime import open_runtime

#: outlets, articles and days of the month that is played; hosts and pages of the whole path; outlets that are estimated
SHORT, LONG = ((20, 900, 4), (4, 50), 150), ((60, 40_000, 30), (4, 500), 200)
_AIMS: tuple[Aim, ...] = (
    ("found_within_one_interval", "least", 0.99),
    ("found_within_three_intervals", "least", 0.999),
    ("sums_that_do_not_come_out", "most", 0),
    ("pages_not_stored", "most", 0),
    ("interval_holds_the_truth", "least", 0.9),
    ("least_held_of_other_kinds", "least", 0.9),
    ("half_width_median", "most", 0.03),
    ("cases_wrong", "most", 0),
)


async def _stored(hosts: int, pages: int, port: int) -> dict[str, Any]:
    """Crawl outlets from their feeds to the ledger, and return how many pages did not become articles."""
    stand = Newsstand(hosts, pages, port)
    with house() as (home, server):
        stand.write_outlets(home, 0.0, "")
        configuration = Configuration(home=home, database_url=server.url, allow_loopback=True)
        async with open_runtime(configuration) as runtime:
            await stand.open()
            try:
                crawls = [crawl_slice(_settings(), each, sources=True, seconds=0) for each in Catalogue(home=home)
                          if each.slug.startswith("stand_")]  # fmt: skip
                await asyncio.gather(*crawls)
            finally:
                stand.close()
            async with runtime.engine.connect() as connection:
                stored = (await connection.execute(select(func.count()).select_from(articles))).scalar_one()
    return {"pages_announced": hosts * pages, "pages_not_stored": hosts * pages - stored}


def _settings() -> Any:
    values = settings()
    values.set("BROADSHEET_ALLOW_LOOPBACK", True, priority="cmdline")
    return values


async def _on_a_loop(cases: Path | None, path: tuple[int, int], port: int) -> dict[str, Any]:
    """Measure what needs a crawler; a process has one loop for it."""
    figures = await _stored(*path, port)
    if cases:
        found = await wrong(cases, port)
        bad = {name: faults for name, faults in found.items() if faults}
        for name, faults in bad.items():
            print(f"{name}: {'; '.join(faults)}")
        figures |= {"cases": len(found), "cases_wrong": len(bad)}
    return figures


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; return 1 if a figure falls short of its aim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="the whole month; an hour")
    parser.add_argument("--cases", type=Path, help="folder of cases, each with its expected.json")
    parser.add_argument("--port", type=int, default=8460, help="port that the outlets are served from, on loopback")
    chosen = parser.parse_args(arguments)
    month, path, outlets = LONG if chosen.long else SHORT
    figures = discovered(*month) | recaptured(outlets)
    figures |= run(_on_a_loop(chosen.cases, path, chosen.port), _settings())
    return told(figures, _AIMS)


if __name__ == "__main__":
    sys.exit(main())
