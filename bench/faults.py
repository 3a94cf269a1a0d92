"""Faults of servers, processes and disks during a live crawl: what each costs, and whether its reason is named.

`python -m bench.faults [NAME ...] [--all]`: real PostgreSQL, real Elasticsearch and one daemon, each way between them
one that can be disturbed. For each fault the outlets list 400 new pages; while they are crawled the fault begins, and
lasts until it was named or 20 s have gone. Afterwards ledger and index are compared with what was served. Without a
name the short form, in minutes; `--all` takes about an hour. It mounts two small disks, so it needs root.
"""

import argparse
import asyncio
import json
import shutil
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

if not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

import psycopg

from bench import daemon_faults, elasticsearch_faults, postgresql_faults
from bench.daemon_faults import refused
from bench.fault import Fault, Refused
from bench.stage import Stage, stage, until

FAULTS = elasticsearch_faults.FAULTS + postgresql_faults.FAULTS + daemon_faults.FAULTS
OUTLETS = 10
#: new pages of a fault
PAGES = 400
#: of them, recorded before the fault begins
BEFORE = 40
#: within which it is named, and after its end named no more (the marks); and how long it is waited for
NAMED_SECONDS, UNNAMED_SECONDS, WAIT_SECONDS = 10.0, 30.0, 20.0
#: in which an index that lost articles is whole again, beside the time to write them
WHOLE_SECONDS = 60.0
#: in which a command says why it cannot start
START_SECONDS = 30.0


@dataclass(kw_only=True)
class Found:
    """What one fault came to."""

    name: str
    #: within which it is to be named
    named_seconds: float = NAMED_SECONDS
    #: channel -> seconds until it named the fault, None: never
    named: dict[str, float | None] = field(default_factory=dict)
    #: channel -> seconds from the fault's end until it was named no more
    unnamed: dict[str, float | None] = field(default_factory=dict)
    #: seconds from the fault's end until ledger and index had everything
    whole: float | None = None
    account: dict[str, int] = field(default_factory=dict)
    tracebacks: int = 0
    ended: int = 0
    said: list[str] = field(default_factory=list)

    def misses(self) -> list[str]:
        """Return what falls short of the marks."""
        missed = [f"{name} {count}" for name, count in self.account.items() if count]
        missed += [f"not named in {name}" for name, at in self.named.items() if at is None or at > self.named_seconds]
        missed += [f"still named in {name}" for name, at in self.unnamed.items() if at is None or at > UNNAMED_SECONDS]
        missed += ["not whole again"] if self.whole is None else []
        missed += [f"{self.tracebacks} tracebacks"] if self.tracebacks else []
        missed += ["daemon ended"] if self.ended else []
        return missed


async def attempt(on: Stage, fault: Fault) -> Found:
    """Let the fault happen during a crawl of new pages, and return what it came to."""
    # what an index lost is counted now and then, and whole again within the same time
    found = Found(name=fault.name, named_seconds=WHOLE_SECONDS if fault.heals else NAMED_SECONDS)
    on.stand.first += on.stand.pages
    least = _articles(on) + BEFORE
    await until(lambda: _reached(on, least), "the crawl has begun")
    log_from = on.log.stat().st_size
    async with fault.begin(on):
        began_at = time.monotonic()
        await asyncio.gather(*(_named(on, fault, channel, found, began_at, log_from) for channel in fault.channels))
    ended_at = time.monotonic()
    assert on.daemon
    if on.daemon.poll() is not None:
        found.ended = 1
        await on.start()
    watched = () if fault.heals else tuple(each for each in fault.channels if each != "log")
    await asyncio.gather(*(_unnamed(on, fault, channel, found, ended_at) for channel in watched))
    try:
        await until(lambda: _settled(on), "everything is recorded and indexed")
        found.account = await asyncio.to_thread(on.account)
        deadline = ended_at + WHOLE_SECONDS * 2
        while any(found.account.values()) and time.monotonic() < deadline:
            await asyncio.sleep(1)
            found.account = await asyncio.to_thread(on.account)
        found.whole = round(time.monotonic() - ended_at, 1)
    except AssertionError:
        found.account = await asyncio.to_thread(on.account)
    said = on.log.read_bytes()[log_from:].decode(errors="replace")
    found.tracebacks += said.count("Traceback (most recent call last)")
    if "log" in fault.channels and not fault.heals:
        later = on.log.read_bytes()[_after(on, ended_at + UNNAMED_SECONDS, said, log_from) :].decode(errors="replace")
        found.unnamed["log"] = None if fault.pattern("log").search(later) else 0.0
    return found


def _after(on: Stage, at: float, said: str, log_from: int) -> int:
    """Return the place in the log of the first line that is later than the monotonic time `at`."""
    wall = time.time() - (time.monotonic() - at)
    place = log_from
    for line in said.splitlines(keepends=True):
        stamp = _stamp(line)
        if stamp is not None and stamp > wall:
            break
        place += len(line.encode())
    return place


def _stamp(line: str) -> float | None:
    try:
        return datetime.fromisoformat(json.loads(line)["timestamp"]).timestamp()
    except (ValueError, KeyError, TypeError):
        return None


async def _hears(on: Stage, fault: Fault, channel: str, found: Found, log_from: int = 0) -> tuple[bool, bool]:
    """Ask a channel once, and say whether it names the fault, and whether it says that all is well."""
    code, well = 0, 0
    if channel == "readyz":
        (code, said), well = await on.readiness(), 200
    elif channel == "log":
        said = on.log.read_bytes()[log_from:].decode(errors="replace")
    else:
        code, said = await on.command("status")
        found.tracebacks += said.count("Traceback (most recent call last)")
    found.said = [each for each in found.said if not each.startswith(f"{channel}: ")] + [f"{channel}: {said[-800:]}"]
    return fault.pattern(channel).search(said) is not None, code == well


async def _named(on: Stage, fault: Fault, channel: str, found: Found, began_at: float, log_from: int) -> None:
    found.named[channel] = None
    while time.monotonic() - began_at < max(WAIT_SECONDS, found.named_seconds):
        if (await _hears(on, fault, channel, found, log_from))[0]:
            found.named[channel] = round(time.monotonic() - began_at, 1)
            return
        await asyncio.sleep(0.3)


async def _unnamed(on: Stage, fault: Fault, channel: str, found: Found, ended_at: float) -> None:
    found.unnamed[channel] = None
    while time.monotonic() - ended_at < UNNAMED_SECONDS + WAIT_SECONDS:
        if await _hears(on, fault, channel, found) == (False, True):
            found.unnamed[channel] = round(time.monotonic() - ended_at, 1)
            return
        await asyncio.sleep(0.3)


def _articles(on: Stage) -> int:
    try:
        return int(on.sql("SELECT count(*) FROM articles")[0][0])
    except psycopg.Error:
        return 0


async def _reached(on: Stage, least: int) -> bool:
    return await asyncio.to_thread(_articles, on) >= least


async def _settled(on: Stage) -> bool:
    def look() -> bool:
        try:
            [[pending, found]] = on.sql("SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM articles)")
        except psycopg.Error:
            return False
        return int(pending) == 0 and int(found) >= (on.stand.first + on.stand.pages) * len(on.stand.hosts)

    return await asyncio.to_thread(look)


async def refuse(on: Stage, fault: Refused) -> Found:
    """Start a command that meets the fault at once, and return what it came to."""
    found = Found(name=f"at start: {fault.name}", whole=0.0)
    async with fault.begin(on):
        began_at = time.monotonic()
        code, said = await on.command("up", "--port", "0", seconds=START_SECONDS, **fault.settings)
        found.said = [said[-800:]]
        found.tracebacks = said.count("Traceback")
        is_named = code == 2 and fault.says in said
        found.named["sentence"] = round(time.monotonic() - began_at, 1) if is_named else None
    return found


async def measure(wanted: argparse.Namespace) -> dict[str, Any]:
    """Go through the faults, print a line for each, and return the figures."""
    chosen = [each for each in FAULTS if each.short or wanted.all]
    if wanted.names:
        chosen = [each for each in FAULTS if any(name in each.name for name in wanted.names)]
    results: list[Found] = []
    async with stage(OUTLETS, PAGES // OUTLETS, wanted.port) as on:
        await on.start()
        await until(lambda: _settled(on), "the first pages are crawled")
        print(f"{'fault':38} {'readyz':>7} {'status':>7} {'log':>7} {'unnamed':>8} {'whole':>6}  misses", flush=True)
        for fault in chosen:
            results.append(await attempt(on, fault))
            _print(results[-1], wanted.verbose)
        if wanted.all or "at start" in wanted.names:
            for each in refused(on):
                results.append(await refuse(on, each))
                _print(results[-1], wanted.verbose)
        if wanted.log:
            shutil.copyfile(on.log, wanted.log)
    return {
        "faults": len(results),
        "lost": sum(each.account.get("lost", 0) for each in results),
        "twice": sum(each.account.get("twice", 0) for each in results),
        "stale": sum(each.account.get("stale", 0) for each in results),
        "not_named": sum(any("named in" in miss for miss in each.misses()) for each in results),
        "tracebacks": sum(each.tracebacks for each in results),
        "daemon_ended": sum(each.ended for each in results),
        "longest_until_whole_seconds": max((each.whole or 0.0 for each in results), default=0.0),
        "falls_short": [f"{each.name}: {', '.join(each.misses())}" for each in results if each.misses()],
    }


def _print(found: Found, verbose: bool) -> None:
    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:.1f}"

    named = [shown(found.named[each]) if each in found.named else "" for each in ("readyz", "status", "log")]
    if "sentence" in found.named:
        named[2] = shown(found.named["sentence"])
    last = max((each if each is not None else 999.0 for each in found.unnamed.values()), default=None)
    line = f"{found.name[:38]:38} {named[0]:>7} {named[1]:>7} {named[2]:>7} {shown(last):>8} {shown(found.whole):>6}"
    print(f"{line}  {', '.join(found.misses())}", flush=True)
    if verbose and found.misses():
        print("\n".join(f"    {line}" for each in found.said for line in each.splitlines()[-8:]), flush=True)


def main() -> None:
    """Print a table and, last, the figures as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="parts of names of faults; 'at start' for those that a start meets")
    parser.add_argument("--all", action="store_true", help="all faults")
    parser.add_argument("--port", type=int, default=18_280)
    parser.add_argument("--verbose", action="store_true", help="for each miss, what was said last")
    parser.add_argument("--log", metavar="FILE", help="copy the daemon's log there at the end")
    print(json.dumps(asyncio.run(measure(parser.parse_args()))))


if __name__ == "__main__":
    main()
