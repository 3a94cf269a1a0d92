"""What Broadsheet promises of its record: pages fail alone, and what we read otherwise is never the outlet's edit.

`python -m bench.record [hostile] [unchanged] [edited] [fresh] [reprocess] [cpu]`; without a name all of them, in some
fifteen minutes. `hostile` tries a quarter of its combinations, among them every field and every value; `--whole` tries
all. The last line is JSON; `falls_short` names what misses its mark.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

if not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from bench.daemon import house
from bench.hostile import hostile
from bench.hostile_outlets import FIELDS
from bench.press import CHECKOUT, Story, page
from bench.rereading import ARTICLES, REPROCESSED, reprocess, reread
from tests.databases import libpq

#: the commit before pages failed alone and versions knew where they came from
PARENT = "c83cef3"
#: steps of the stream, and of the first ones, which are recorded before the measure begins
STEPS, WARM = 1_200, 200
BLOCKS = 20
#: of the steps so many bring a new article, an unchanged one, and the rest a changed one
NEW, UNCHANGED = 0.5, 0.4
#: characters of a page, most of which no reader reads
PAGE_CHARACTERS = 60_000

FIGURES = ("hostile", "unchanged", "edited", "fresh", "reprocess", "cpu")
#: (part, figure, the most that it may be)
MARKS = (
    ("hostile", "bad", 0),
    ("unchanged", "versions_after_chrome", 0),
    ("unchanged", "edits_after_chrome", 0),
    ("unchanged", "versions_after_release", 0),
    ("unchanged", "edits_after_release", 0),
    ("edited", "missed", 0),
    ("edited", "accused_wrongly", 0),
    ("edited", "classed_otherwise", 0),
    ("fresh", "stale_keywords", 0),
    ("fresh", "stale_section", 0),
    ("fresh", "stale_date_published", 0),
    ("fresh", "stale_date_modified", 0),
    ("fresh", "stale_enrichment", 0),
    ("fresh", "versions", 0),
    ("fresh", "edits", 0),
    ("reprocess", "not_available", 0),
    ("reprocess", "kills_left_out", 0),
    ("reprocess", "not_read_once", 0),
    ("reprocess", "begun_anew", 0),
    ("reprocess", "not_ended", 0),
    ("reprocess", "errors", 0),
    ("reprocess", "other_than_before", 0),
    ("reprocess", "fetches", 0),
    ("cpu", "ratio", 1.05),
)


def stream(steps: int) -> dict[str, Any]:
    """Return the pages of a stream and in which order they are fetched."""
    chance = random.Random(13)  # noqa: S311 - the same stream each time
    pages: list[tuple[str, str]] = []
    #: story -> its page as it is now; those that can still change
    now: dict[int, int] = {}
    young: list[int] = []
    order: list[int] = []

    def add(story: Story) -> int:
        junk = "".join(
            f"<i data-{chance.randrange(10**9)}='{chance.random()}'></i>" for _ in range(PAGE_CHARACTERS // 42)
        )
        html = page(story).decode().replace("</main>", f"</main><footer hidden>{junk}</footer>")
        pages.append((f"http://{story.host}{story.path}", html))
        return len(pages) - 1

    def story(number: int) -> Story:
        return Story(host="127.5.0.1", number=number)

    for step in range(steps):
        kind = 0.0 if step < WARM // 2 else chance.random()
        if kind < NEW:
            number = len(now)
            now[number] = add(story(number))
            young.append(number)
        elif kind < NEW + UNCHANGED or not young:
            number = chance.choice(list(now))
        else:
            number = young.pop(chance.randrange(len(young)))
            now[number] = add(replace(story(number), edit=chance.choice(["number", "quote", "added", "removed"])))
        order.append(now[number])
    return {"pages": pages, "steps": order}


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Give a commit's files in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-parent-") as place:
        folder = Path(place) / "parent"
        git = ["git", "-C", str(CHECKOUT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(folder), commit], check=True)
        try:
            yield folder
        finally:
            subprocess.run([*git, "remove", "--force", str(folder)], check=True)


class Side:
    """One checkout's recorder, a process of its own on a database of its own."""

    def __init__(self, code: Path, stream_file: Path, url: str) -> None:
        driver = Path(__file__).with_name("recording_driver.py")
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(driver), str(stream_file), url],
            cwd=code,
            env=os.environ | {"PYTHONPATH": str(code)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> None:
        """Wait until its digests are made. Raises RuntimeError if they cannot be."""
        self._line("ready")

    def record(self, first: int, last: int) -> dict[str, Any]:
        """Let it record these steps, and return what they cost."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{first} {last}\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self._line("{"))
        return told

    def _line(self, begins: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:  # what others print there, such as logs, is skipped
            if line.startswith(begins):
                return line
        raise RuntimeError(f"the recorder ended with {self.process.wait()}; what it said stands above")

    def end(self) -> None:
        """End it."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def cpu(steps: int, parent: str) -> dict[str, Any]:
    """Record one stream here and in `parent`, a block in turn, and return the ratio of the medians."""
    with house() as (_, server), checkout(parent) as old, tempfile.TemporaryDirectory() as place:
        stream_file = Path(place) / "stream.json"
        stream_file.write_text(json.dumps(stream(steps + WARM)), encoding="utf-8")
        with psycopg.connect(libpq(server.url), autocommit=True) as connection:
            for name in ("parent", "here"):
                connection.execute(f"CREATE DATABASE {name}")
        sides: dict[str, Side] = {}
        try:
            for name, code in (("parent", old), ("here", CHECKOUT)):
                url = libpq(server.url).replace("/broadsheet?", f"/{name}?")
                sides[name] = Side(code, stream_file, url)
            for side in sides.values():
                side.ready()
                side.record(0, WARM)
            took: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
            size = steps // BLOCKS
            for block in range(BLOCKS):
                first = WARM + block * size
                for name in sorted(sides, reverse=bool(block % 2)):  # who goes first changes
                    took[name].append(sides[name].record(first, first + size))
        finally:
            for side in sides.values():
                side.end()
    told: dict[str, Any] = {"steps": size * BLOCKS}
    for name, blocks in took.items():
        told[name] = {
            f"{part}_ms": round(1000 * median(each[part] for each in blocks) / size, 3) for part in ("client", "server")
        }
        told[name]["ms"] = round(1000 * median(each["client"] + each["server"] for each in blocks) / size, 3)
        told[name]["outcomes"] = {
            outcome: sum(each["outcomes"].get(outcome, 0) for each in blocks)
            for outcome in sorted({outcome for each in blocks for outcome in each["outcomes"]})
        }
    pairs = [
        (here["client"] + here["server"]) / (before["client"] + before["server"])
        for here, before in zip(took["here"], took["parent"], strict=True)
    ]
    # blocks side by side in time share the machine's mood: the second figure says how far to believe the first
    return told | {
        "ratio": round(told["here"]["ms"] / told["parent"]["ms"], 3),
        "median_of_block_ratios": round(median(pairs), 3),
    }


def falls_short(told: dict[str, Any]) -> list[str]:
    """Return what misses its mark; what could not be measured does, too."""
    missed = [
        f"{part}.{name}: {told[part][name]} instead of at most {most}"
        for part, name, most in MARKS
        if name in told.get(part, {}) and told[part][name] > most
    ]
    return missed + [f"{part}: {figures['error']}" for part, figures in told.items() if "error" in figures]


async def measure(wanted: argparse.Namespace) -> dict[str, Any]:
    """Return the figures that are wanted; what ends one of them with an error does not end the others."""
    told: dict[str, Any] = {}
    parts = wanted.parts or list(FIGURES)
    rereading = [part for part in parts if part in ("unchanged", "edited", "fresh")]

    async def take(names: list[str], figures: Any) -> None:
        try:
            told.update(await figures)
        except (OSError, RuntimeError, psycopg.Error, subprocess.SubprocessError) as error:
            told.update({name: {"error": f"{type(error).__name__}: {error}"[:2_000]} for name in names})

    async def named(name: str, figures: Any) -> dict[str, Any]:
        return {name: await figures}

    if "hostile" in parts:
        every = 1 if wanted.whole else wanted.every
        await take(["hostile"], named("hostile", hostile(every, wanted.beside, wanted.port, wanted.fields)))
    if rereading:
        await take(rereading, reread(rereading, wanted.articles, wanted.port))
    if "reprocess" in parts:
        await take(["reprocess"], named("reprocess", reprocess(wanted.reprocessed, wanted.port)))
    if "cpu" in parts:
        await take(["cpu"], named("cpu", asyncio.to_thread(cpu, wanted.steps, wanted.parent)))
    return told | {"falls_short": falls_short(told)}


def show(told: dict[str, Any]) -> None:
    """Print the figures for people."""
    marks = {(part, name): most for part, name, most in MARKS}
    print(f"\n{'part':<10} {'figure':<26} {'found':>12} {'at most':>8}")
    for part in FIGURES:
        for name, value in told.get(part, {}).items():
            if isinstance(value, dict):
                value = ", ".join(f"{key} {each}" for key, each in value.items()) or "none"
            most = marks.get((part, name))
            missed = "  falls short" if most is not None and value > most else ""
            print(f"{part:<10} {name:<26} {value!s:>12} {'' if most is None else most:>8}{missed}")
    print()


def main() -> None:
    """Print a table, then the figures as one line of JSON, the last one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*FIGURES, []])
    parser.add_argument("--whole", action="store_true", help="all combinations of `hostile`: some twenty minutes")
    parser.add_argument("--every", type=int, default=4, help="one of so many combinations of `hostile`")
    parser.add_argument("--fields", nargs="*", choices=FIELDS, default=[], help="of `hostile`; without: all")
    parser.add_argument("--beside", type=int, default=60, help="good pages beside each hostile one")
    parser.add_argument("--articles", type=int, default=ARTICLES, help="of unchanged, edited and fresh")
    parser.add_argument("--reprocessed", type=int, default=REPROCESSED, help="articles of reprocess")
    parser.add_argument("--steps", type=int, default=STEPS, help="pages that cpu records on each side")
    parser.add_argument("--parent", default=PARENT, help="the commit that cpu compares with")
    parser.add_argument("--port", type=int, default=18_480)
    told = asyncio.run(measure(parser.parse_args()))
    show(told)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
