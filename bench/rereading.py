"""Articles that are fetched and read again: unchanged, edited, restated, with another reader, and by `reprocess`."""

import asyncio
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.daemon import ask, change, house, rows
from bench.press import CHECKOUT, DAY, MORE, NIGHT, Loopback, Press, environ, read_with, release, run, write_outlet
from ledger.embedded.server import Server

OUTLETS = 6
#: of each reading of the bench; the mark is for 300, of which 100 are edited
ARTICLES, EDITED = 300, 100
REPROCESSED, KILLS = 1_000, 20
#: the field that a release adds
ADDED = "bench_letters"
#: seconds after which a run of `reprocess` that nobody kills has failed
PATIENCE_SECONDS = 900.0

_VERSIONS = "SELECT count(*) FROM versions"
_ACCUSED = "SELECT count(*) FROM versions WHERE jsonb_array_length(coalesce(edits->'kinds', '[]')) > 0"


class Home:
    """One home in which the press's outlets are crawled by the command line."""

    def __init__(self, home: Path, server: Server, press: Press) -> None:
        self.home, self.server, self.press = home, server, press
        change(server, "ALTER DATABASE broadsheet SET synchronous_commit = off")
        for slug, address in press.addresses():
            write_outlet(home, slug, address)

    async def crawl(self, code: Path = CHECKOUT, *, again: bool = True) -> None:
        """Crawl with the packages of `code`; `again`: all articles, whatever the site says of them."""
        if again:
            change(
                self.server,
                "UPDATE pages SET due_at = now(), etag = NULL, last_modified = NULL WHERE article_id IS NOT NULL",
            )
        before = int(ask(self.server, "SELECT count(*) FROM attempts") or 0)
        exit_code = await asyncio.to_thread(run, code, self.home, self.server, "crawl", *self.press.slugs)
        tried = int(ask(self.server, "SELECT count(*) FROM attempts") or 0) - before
        if exit_code or tried < len(self.press.stories):
            said = (self.home / "log").read_text(encoding="utf-8")[-2_000:]
            raise RuntimeError(f"a crawl ended with {exit_code} after {tried} pages:\n{said}")

    def count(self) -> tuple[int, int]:
        """Return how many versions there are, and how many say that the outlet edited something."""
        return int(ask(self.server, _VERSIONS)), int(ask(self.server, _ACCUSED))

    def classed(self, urls: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        """Return the classes of each article's newest version, and whether its edit is called silent."""
        found = rows(
            self.server,
            "SELECT a.url, v.edits->'kinds', v.edits->'stealth' FROM articles a JOIN versions v"
            " ON v.article_id = a.id AND v.version = a.version",
        )
        return {url: (kinds, stealth) for url, kinds, stealth in found if url in set(urls)}


def _since(before: tuple[int, int], after: tuple[int, int]) -> dict[str, int]:
    return {"versions": after[0] - before[0], "edits": after[1] - before[1]}


async def reread(wanted: Sequence[str], articles: int, port: int) -> dict[str, Any]:
    """Return those of the figures `unchanged`, `edited` and `fresh` that are wanted."""
    press = Press(OUTLETS, articles // OUTLETS, port)
    edited = articles * EDITED // ARTICLES
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="broadsheet-releases-") as place:
        releases = Path(place)
        second = release(releases / "second", drops=[NIGHT], keeps=[MORE])
        third = release(releases / "third", drops=[NIGHT, DAY], keeps=[MORE])
        sample = list(press.stories.values())[:: max(1, articles // 20)]
        read = [read_with(code, sample) for code in (CHECKOUT, second, third)]
        if any(len(set(bodies)) < len(read) for bodies in zip(*read, strict=True)):
            raise RuntimeError("the releases of this bench read as this checkout does: their rule needs another place")
        async with Loopback(press.hosts, port, press.answer):
            control: dict[str, tuple[Any, ...]] = {}
            if "edited" in wanted:
                with house() as (home, server):
                    made = Home(home, server, press)
                    await made.crawl(again=False)
                    await made.crawl()
                    urls = press.edit(edited)
                    await made.crawl()
                    control = made.classed(urls)
                press.reset()
            with house() as (home, server):
                made = Home(home, server, press)
                await made.crawl(again=False)
                began = made.count()
                await made.crawl()
                chrome = made.count()
                if "unchanged" in wanted:
                    await made.crawl(second)
                    told["unchanged"] = {"articles": articles} | {
                        f"{name}_after_{what}": number
                        for what, since in (
                            ("chrome", _since(began, chrome)),
                            ("release", _since(chrome, made.count())),
                        )
                        for name, number in since.items()
                    }
                if "edited" in wanted:
                    told["edited"] = await _edited(made, third, edited, control)
                if "fresh" in wanted:
                    newest = third if "edited" in wanted else second if "unchanged" in wanted else CHECKOUT
                    told["fresh"] = await _fresh(made, releases, newest, third, second)
    return told


async def _edited(made: Home, code: Path, many: int, control: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    """Edit articles while the reader changes, and compare their classes with those of the control."""
    numbers = dict(rows(made.server, "SELECT url, version FROM articles"))
    urls = made.press.edit(many)
    await made.crawl(code)
    grown = {url for url, version in rows(made.server, "SELECT url, version FROM articles") if version > numbers[url]}
    classed = made.classed(urls)
    otherwise = {url: (control.get(url), classed.get(url)) for url in urls if control.get(url) != classed.get(url)}
    for pair, times in Counter(map(str, otherwise.values())).most_common(5):
        print(f"  classed otherwise, {times} times: {pair}", flush=True)
    return {
        "edited": len(urls),
        "missed": len(set(urls) - grown),
        "accused_wrongly": len(grown - set(urls)),
        "classed_otherwise": len(otherwise),
    }


async def _fresh(made: Home, releases: Path, newest: Path, third: Path, second: Path) -> dict[str, Any]:
    """Restate all articles, add an enrichment, and count in which the index has what is new."""
    drops = [NIGHT, DAY] if newest == third else [NIGHT] if newest == second else []
    code = release(releases / "fourth", drops=drops, keeps=[MORE] if drops else [], enrichment=ADDED)
    before = made.count()
    made.press.restate()
    await made.crawl(code)
    after = made.count()
    new = {
        "keywords": "document->>'keywords' LIKE '%restated%'",
        "section": "document->>'article_section' = 'Restated'",
        "date_published": "document->>'date_published' LIKE '%2024-07-06T08:30%'",
        "date_modified": "document->>'date_modified' LIKE '%2024-07-08T09:30%'",
        "enrichment": f"document ? '{ADDED}'",
    }
    stale = {}
    for name, condition in new.items():
        found = int(ask(made.server, f"SELECT count(*) FROM search.articles WHERE {condition}") or 0)  # noqa: S608
        stale[f"stale_{name}"] = len(made.press.stories) - found
    return {"articles": len(made.press.stories)} | stale | _since(before, after)


async def reprocess(articles: int, port: int) -> dict[str, Any]:
    """Read stored articles again while the verb is killed again and again, and compare the ledger with before."""
    press = Press(10, articles // 10, port, network=4)
    with house() as (home, server):
        made = Home(home, server, press)
        if run(CHECKOUT, home, server, "reprocess", "--help"):
            return {"not_available": 1}
        async with Loopback(press.hosts, port, press.answer) as loopback:
            await made.crawl(again=False)
            before, asked = await asyncio.to_thread(_known, server), loopback.asked()
            kills = await asyncio.to_thread(_kill_again_and_again, home, server)
            after = await asyncio.to_thread(_known, server)
            work = rows(
                server,
                "SELECT count(DISTINCT r.id), count(DISTINCT r.id) FILTER (WHERE r.ended_at IS NOT NULL),"
                " coalesce(sum(p.done), 0), coalesce(sum(p.total), 0), count(*) FILTER (WHERE p.error IS NOT NULL)"
                " FROM reprocessings r LEFT JOIN reprocessing_parts p ON p.reprocessing_id = r.id",
            )[0]
            return {
                "articles": len(before),
                "kills": kills,
                "kills_left_out": KILLS - kills,
                "not_read_once": abs(int(work[2]) - len(before)) + abs(int(work[3]) - len(before)),
                "begun_anew": int(work[0]) - 1,
                "not_ended": int(work[0]) - int(work[1]),
                "errors": int(work[4]),
                "other_than_before": len(before ^ after),
                "fetches": loopback.asked() - asked,
            }


def _known(server: Server) -> set[tuple[Any, ...]]:
    """Return what reprocessing must leave as it is: ids, addresses, versions and when they were first seen."""
    return set(
        rows(
            server,
            "SELECT a.id, a.url, a.version, a.first_seen_at, (SELECT array_agg((v.version, v.seen_at)::text"
            " ORDER BY v.version) FROM versions v WHERE v.article_id = a.id)::text FROM articles a",
        )
    )


def _kill_again_and_again(home: Path, server: Server) -> int:
    """Start `reprocess` and kill it at random moments, then let it finish; return how often it was killed at work."""
    chance = random.Random(13)  # noqa: S311 - the same course each time

    def begin() -> subprocess.Popen[bytes]:
        with (home / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "broadsheet", "reprocess"],
                env=dict(environ(CHECKOUT, home, server)),
                cwd=CHECKOUT,
                stdout=log,
                stderr=log,
            )

    done = "SELECT coalesce(sum(done), 0) FROM reprocessing_parts"
    kills = 0
    for turn in range(KILLS):
        process = begin()
        had, began_at = ask(server, done), time.monotonic()
        # every other one in the midst of its work, the others at any moment of its beginning
        while turn % 2 and process.poll() is None and ask(server, done) == had and time.monotonic() - began_at < 30:
            time.sleep(0.02)
        try:
            process.wait(chance.uniform(0.0, 0.7) if turn % 2 else chance.uniform(0.0, 4.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            continue
        break  # all was read before the last kill
    process = begin()
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return kills
