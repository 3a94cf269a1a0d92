"""Broadsheet whole beside the peers: CPU of all processes for an article, on the same real pages, into the same index.

`python bench/speed.py` takes some ten minutes on two cores; `--only broadsheet,afternoon` less, `--long` adds the idle
daemon. `--base FOLDER` runs another checkout in turn. The pages and the peers' scripts lie in ../shared, which a clone
has not. The peers run in an environment of their own (`--peers PYTHON`; made under the temporary folder if none is
named). CPU is sampled (bench/cpu.py): only figures of one run may be divided. The last line is JSON; `falls_short`
names what misses its mark.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Any

if not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from elasticsearch import Elasticsearch

from bench.cpu import Cost, Watch, pss_bytes, run
from bench.daemon import ask, end, house
from bench.speed_pages import Served, serving
from ledger.embedded.server import Server
from pipelines.warc_writer import WarcWriter
from tests import elasticsearch_server
from tests.databases import libpq
from tests.ports import free_port
from tests.schedules.processes import environment
from tests.shared_files import SHARED

CHECKOUT = Path(__file__).parent.parent
PEERS = {"afternoon": "afternoon.py", "newspaper4k": "newspaper_all.py", "news-please": "newsplease_all.py"}
PACKAGES = ("scrapy", "trafilatura", "langdetect", "datasketch", "elasticsearch", "newspaper4k", "news-please")
CONTENDERS = ("broadsheet", *PEERS)
PARTS = (*CONTENDERS, "pool", "read", "warc", "start")
#: figure -> the most that it may be; a minus: the least
MARKS = {
    "client_of_afternoon": 0.45,
    "whole_of_afternoon": 0.5,
    "client_of_newspaper4k": 0.25,
    "client_of_news-please": 0.2,
    "main_share": 0.25,
    "pool_of_2_to_1": -1.6,
    "read_to_trafilatura": -2.0,
    "warc_of_crawled": 0.6,
    "help_seconds": 0.2,
    "search_seconds": 0.5,
    "status_seconds": 0.5,
    "idle_percent": 1.0,
    "idle_mib": 350.0,
}
#: the command line with a pool of so many workers, whatever the machine has
_WITH_POOL = "import os; os.cpu_count = lambda: {}; from broadsheet.entry import run; run()"
_TRAFILATURA = """
import gzip, json, sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
import trafilatura
def one(row):
    page = Path(sys.argv[1]).with_name(row["id"] + ".html").read_bytes()
    found = trafilatura.bare_extraction(page, url=row["url"], with_metadata=True)
    return {"id": row["id"], "body": found.text if found else None}
if __name__ == "__main__":
    rows = [json.loads(line) for line in open(sys.argv[1])]
    with ProcessPoolExecutor(2) as pool:
        for found in pool.map(one, rows, chunksize=8):
            print(json.dumps(found))
"""
IDLE_OUTLETS, SETTLE_SECONDS, IDLE_SECONDS = 200, 90.0, 60.0


class Bench:
    """The servers, and what each contender costs on them."""

    def __init__(self, folder: Path, served: Served, node: elasticsearch_server.Node, peers: str) -> None:
        self.folder, self.served, self.node, self.peers = folder, served, node, peers
        self.addresses = folder / "urls.json"
        self.addresses.write_text(json.dumps(served.urls))
        self.manifest = served.write_saved(folder)
        self.log = folder / "log"

    def broadsheet(self, code: Path, *, workers: int | None = None, warc: Path | None = None) -> dict[str, float]:
        """Crawl all outlets, or import an archive, with an empty ledger and index."""
        with Elasticsearch(self.node.url) as index:
            for name in index.indices.get(index="*"):
                index.indices.delete(index=name)
        with house() as (home, server):
            environ = self._environ(code, home, server)
            slugs = self.served.write_outlets(home)
            verb = ["import", str(warc)] if warc else ["crawl", *slugs]
            begin = ["-c", _WITH_POOL.format(workers)] if workers else ["-m", "broadsheet"]
            with Watch(self.node.pid) as elastic, Watch(_postmaster(server)) as postgres:
                cost = run([sys.executable, *begin, *verb], environ, code, self.log)
            articles = ask(server, "SELECT count(*) FROM articles") or 0
            self._check("broadsheet", cost, articles)
        return {
            "articles": articles,
            "client": 1000 * cost.all_seconds / articles,
            "servers": 1000 * (elastic.cost.all_seconds + postgres.cost.all_seconds) / articles,
            "main_share": cost.main_share,
            "a_second": articles / cost.wall_seconds,
        }

    def peer(self, name: str) -> dict[str, float]:
        """Run a peer's script over all addresses."""
        with Watch(self.node.pid) as elastic:
            script = SHARED / "peers" / PEERS[name]
            cost = run([self.peers, script, self.addresses, self.node.url], os.environ, self.folder, self.log)
        done = json.loads(cost.said.splitlines()[-1]) if cost.said.strip() else {"indexed": 0}
        self._check(name, cost, done["indexed"])
        return {
            "articles": done["indexed"],
            "client": 1000 * cost.all_seconds / done["indexed"],
            "servers": 1000 * elastic.cost.all_seconds / done["indexed"],
            "a_second": done["indexed"] / cost.wall_seconds,
        }

    def read(self, code: Path) -> tuple[Cost, Cost]:
        """Read the saved pages by `broadsheet read`, and by trafilatura in two processes."""
        script = self.folder / "two_processes.py"
        script.write_text(_TRAFILATURA)
        ours = [sys.executable, "-m", "broadsheet", "read", str(self.manifest)]
        with tempfile.TemporaryDirectory() as home:
            environ = environment(Path(home)) | _installed(code)
            return (
                run(ours, environ, code, self.log),
                run([self.peers, script, self.manifest], os.environ, self.folder, self.log),
            )

    def start(self, code: Path) -> dict[str, float]:
        """Return the CPU seconds of commands that do little, each the median of five."""
        found: dict[str, list[float]] = defaultdict(list)
        with house() as (home, server):
            environ = self._environ(code, home, server)
            for attempt in range(6):
                for verb in (["--help"], ["search", "harbour"], ["status"]):
                    # no pool is in them, and what is over in a moment cannot be sampled
                    before = getrusage(RUSAGE_CHILDREN)
                    run([sys.executable, "-m", "broadsheet", *verb], environ, code, self.log)
                    after = getrusage(RUSAGE_CHILDREN)
                    if attempt:  # the first makes tables, index and compiled files
                        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                        found[f"{verb[0].strip('-')}_seconds"].append(seconds)
        return {name: median(seconds) for name, seconds in found.items()}

    def idle(self, code: Path) -> dict[str, float]:
        """Return what a daemon of many outlets with nothing due takes of a core, and its memory with PostgreSQL's."""
        with house() as (home, server):
            # PostgreSQL is the index, too: its memory is all there is beside ours
            environ = self._environ(code, home, server)
            del environ["BROADSHEET_ELASTICSEARCH_URL"]
            (home / "outlets").mkdir()
            for number in range(IDLE_OUTLETS):
                lines = [f'name = "Idle {number}"', f'home = "http://127.9.0.{number + 1}/"', "enabled = true"]
                lines += ["[schedule]", 'cron = "0 0 29 2 *"']
                (home / "outlets" / f"idle_{number}.toml").write_text("\n".join(lines))
            command = [sys.executable, "-m", "broadsheet", "up", "--port", str(free_port())]
            with self.log.open("ab") as log:
                daemon = subprocess.Popen(command, env=environ, cwd=code, stdout=log, stderr=log)
            try:
                time.sleep(SETTLE_SECONDS)
                with Watch(daemon.pid) as ours, Watch(_postmaster(server)) as postgres:
                    time.sleep(IDLE_SECONDS)
                    ours.look()
                    postgres.look()
                    pids = [pid for pid, _ in (*ours.cost.seconds, *postgres.cost.seconds)]
                    memory = pss_bytes([pid for pid in pids if Path("/proc", str(pid)).exists()])
            finally:
                end([daemon])
        seconds = ours.cost.all_seconds + postgres.cost.all_seconds
        return {"idle_percent": 100 * seconds / IDLE_SECONDS, "idle_mib": memory / 2**20}

    def archive(self) -> Path:
        """Write the pages as an archive, as the crawler does, and return its file."""
        folder = self.folder / "archive"
        folder.mkdir()

        async def write() -> None:
            writer = WarcWriter(folder)
            for page in self.served.as_pages():
                await writer.keep(page, "speed")
            writer.close()

        asyncio.run(write())
        [file] = folder.glob("**/*.warc.gz")
        return file

    def _environ(self, code: Path, home: Path, server: Server) -> dict[str, str]:
        settings = {"database_url": libpq(server.url), "allow_loopback": "yes", "elasticsearch_url": self.node.url}
        return environment(home, **settings) | _installed(code)

    def _check(self, name: str, cost: Cost, articles: float) -> None:
        if articles < 0.8 * len(self.served.content):
            said = self.log.read_text(errors="replace")[-2000:]
            raise SystemExit(f"{name} stored {articles} of {len(self.served.content)} pages: {cost.said[-500:]}{said}")


def _installed(code: Path) -> dict[str, str]:
    """Return the variables by which a checkout's modules are compiled once, as those of an installed package are."""
    return {"PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": ""}


def _postmaster(server: Server) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def _peers(python: str | None) -> str:
    """Return the Python that has the peers' packages; they are installed where there is none."""
    folder = Path(tempfile.gettempdir()) / "broadsheet-speed-peers"
    if python is None and not (folder / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "-q", "-U", "pip"], check=True)
        subprocess.run([folder / "bin/pip", "install", "-q", *PACKAGES], check=True)
    return python or str(folder / "bin/python")


def measure(bench: Bench, only: list[str], rounds: int, base: Path | None, *, long: bool) -> dict[str, float]:
    """Run what is asked for, the contenders in turn, and return the figures; prints each as it comes."""
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    figures: dict[str, float] = {}
    for _ in range(rounds):
        for name in (each for each in CONTENDERS if each in only):
            if name != "broadsheet":
                _note(found, name, bench.peer(name))
                continue
            _note(found, name, bench.broadsheet(CHECKOUT))
            if base:
                _note(found, "base", bench.broadsheet(base))
    if "pool" in only:
        for _ in range(rounds):
            for workers in (1, 2):
                _note(found, f"pool of {workers}", bench.broadsheet(CHECKOUT, workers=workers))
        figures["pool_of_2_to_1"] = _middle(found["pool of 2"], "a_second") / _middle(found["pool of 1"], "a_second")
    if "read" in only:
        pairs = [bench.read(CHECKOUT) for _ in range(rounds)]
        figures["read_to_trafilatura"] = median(theirs.wall_seconds / ours.wall_seconds for ours, theirs in pairs)
        figures["read_to_trafilatura_by_cpu"] = median(theirs.all_seconds / ours.all_seconds for ours, theirs in pairs)
    if "warc" in only:
        file = bench.archive()
        for _ in range(rounds):
            _note(found, "warc", bench.broadsheet(CHECKOUT, warc=file))
    if "start" in only:
        figures |= bench.start(CHECKOUT)
    if long:
        figures |= bench.idle(CHECKOUT)
    ours = found["broadsheet"]
    for name in (*PEERS, "base"):
        if ours and found[name]:
            figures[f"client_of_{name}"] = _middle(ours, "client") / _middle(found[name], "client")
    if ours:
        figures["main_share"] = _middle(ours, "main_share")
        if found["afternoon"]:
            figures["whole_of_afternoon"] = _whole(ours) / _whole(found["afternoon"])
        if found["warc"]:
            figures["warc_of_crawled"] = _middle(found["warc"], "client") / _middle(ours, "client")
    return figures


def _note(found: dict[str, list[dict[str, float]]], name: str, costs: dict[str, float]) -> None:
    found[name].append(costs)
    print(name.ljust(14), "  ".join(f"{what} {value:.3g}" for what, value in costs.items()), flush=True)


def _middle(runs: list[dict[str, float]], name: str) -> float:
    return median(each[name] for each in runs)


def _whole(runs: list[dict[str, float]]) -> float:
    return median(each["client"] + each["servers"] for each in runs)


def falls_short(figures: dict[str, float]) -> list[str]:
    """Return the names of the figures that miss their marks."""
    return [
        name
        for name, mark in MARKS.items()
        if name in figures and (figures[name] < -mark if mark < 0 else figures[name] > mark)
    ]


def main() -> None:
    """Measure, print a table, and say it in one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument(
        "--times", type=int, default=2, help="how often each page is served, each time changed a little"
    )
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--base", type=Path, help="another checkout, which is run in turn")
    parser.add_argument("--peers", help="the Python that has the peers' packages")
    parser.add_argument("--long", action="store_true", help="also the idle daemon")
    wanted = parser.parse_args()
    only = [name for name in wanted.only.split(",") if name]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="broadsheet-speed-")))
        folder.chmod(0o755)
        served = stack.enter_context(serving(folder, SHARED / "pages", wanted.times))
        node = stack.enter_context(elasticsearch_server.running())
        bench = Bench(folder, served, node, _peers(wanted.peers))
        figures = measure(bench, only, wanted.rounds, wanted.base, long=wanted.long)
    told: dict[str, Any] = {name: round(value, 3) for name, value in figures.items()}
    for name, value in told.items():
        mark = f"mark {'>=' if MARKS[name] < 0 else '<='} {abs(MARKS[name])}" if name in MARKS else ""
        print(f"{name:28} {value:>9}  {mark}")
    print(json.dumps(told | {"falls_short": falls_short(figures)}))


if __name__ == "__main__":
    main()
