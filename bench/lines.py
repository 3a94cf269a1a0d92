"""What the lines of two pages tell where no page is kept: real pages, read by changed readers, are never an edit.

`python -m bench.lines [--pages FOLDER] [--most N]` reads each page as it is read today and by readers that are changed
in one rule, and asks in both directions what the outlet changed: nothing, for the pages are the same. The last line is
JSON: per reader how many were told to be ours, how many could not be told (`unexplained`), how many are called edits.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

if not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from news.article import Article
from news.errors import PageUnreadable
from news.page import Page
from news.provenance import Provenance, as_read_now
from news.version import fingerprint
from pipelines.digest import provenance_of, read_article
from pipelines.extract import paragraphs, reader
from pipelines.extract.authors import authors
from pipelines.extract.bylines import bylines
from pipelines.extract.headline import headlines
from pipelines.importing.import_files import outlet_of

SETS = ("fundus", "aed", "zyte")
COLUMNS = {"readings": 10, "same": 7, "ours": 7, "unexplained": 13, "edits": 7}
Read = tuple[Article, Provenance] | None


def pages(folder: Path, most: int) -> list[tuple[str, bytes]]:
    """Return (address, bytes) of the sets' pages, at most `most`."""
    found = []
    for name in SETS:
        for line in (folder / name / "truth.jsonl").read_text().splitlines():
            truth = json.loads(line)
            path = folder / name / f"{truth['id']}.html.gz"
            if path.exists():
                found.append((truth.get("url") or "https://page.example/", gzip.decompress(path.read_bytes())))
    return found[:most]


def read_all(wanted: list[tuple[str, bytes]]) -> list[Read]:
    """Return what is read in each page, with its provenance; None where that is no article."""
    found: list[Read] = []
    for url, content in wanted:
        outlet = outlet_of(url, [])
        page = Page(url=url, final_url=url, status=200, content=content, fetched_at=datetime.now(UTC))
        try:
            extracted = read_article(page, outlet, explain=True)
        except PageUnreadable:
            extracted = None
        article = extracted.article if extracted else None
        found.append((article, provenance_of(page, extracted, outlet, frozenset())) if article and extracted else None)
    return found


@contextmanager
def changed(module: Any, name: str, to: Callable[..., Any]) -> Iterator[None]:
    """Put another function in a rule's place."""
    before = getattr(module, name)
    setattr(module, name, to)
    try:
        yield
    finally:
        setattr(module, name, before)


def _without_people(*args: Any, **kwargs: Any) -> Any:
    return replace(authors(*args, **kwargs), people=())


def _without_bylines(*args: Any, **kwargs: Any) -> Any:
    return replace(bylines(*args, **kwargs), names=(), by=())


def _other_headline(*args: Any, **kwargs: Any) -> Any:
    found = headlines(*args, **kwargs)
    return replace(found, headline=found.alternatives[0]) if found.alternatives else found


def _trafilaturas(document: Any, body: str) -> str:
    from trafilatura import extract

    return extract(document.tree.html or "", fast=True, include_comments=False) or body


READERS: dict[str, tuple[tuple[Any, str, Callable[..., Any]], ...]] = {
    "labels kept": ((paragraphs, "boilerplate", lambda line: ""),),
    "no standfirst": ((reader, "standfirst", lambda *_: ("", (), frozenset())),),
    "biographies kept": ((reader, "without_biographies", lambda blocks, people: list(blocks)),),
    "no authors": ((reader, "authors", _without_people),),
    "no bylines": ((reader, "bylines", _without_bylines),),
    "another headline": ((reader, "headlines", _other_headline),),
    "trafilatura's body": ((reader, "length", lambda body: 0), (reader, "second_opinion", _trafilaturas)),
}


def told(one: list[Read], other: list[Read]) -> dict[str, int]:
    """Return how the differences between two readings of the same pages are explained, in both directions."""
    counts = dict.fromkeys(COLUMNS, 0)
    for pair in zip(one, other, strict=True):
        for before, after in (pair, pair[::-1]):
            if before is None or after is None:
                continue
            counts["readings"] += 1
            mark = fingerprint(after[0])
            if fingerprint(before[0]) == mark:
                counts["same"] += 1
                continue
            base = as_read_now(*before, *after)
            how = "unexplained" if base is None else "ours" if fingerprint(base) == mark else "edits"
            counts[how] += 1
    return counts


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).parents[2] / "shared" / "pages"
    parser.add_argument("--pages", type=Path, default=default, help="the folder of the sets")
    parser.add_argument("--most", type=int, default=1_000, help="pages")
    arguments = parser.parse_args()
    if not arguments.pages.is_dir():
        sys.exit(f"There are no pages in {arguments.pages}.")
    wanted = pages(arguments.pages, arguments.most)
    today = read_all(wanted)
    figures: dict[str, Any] = {"pages": len(wanted)}
    sizes = sorted(len(found[1].lines) for found in today if found)
    figures["line_bytes"] = {"median": sizes[len(sizes) // 2], "most": sizes[-1]}
    print(f"{'reader':<20}" + "".join(f"{how:>{width}}" for how, width in COLUMNS.items()))
    for name, rules in READERS.items():
        with ExitStack() as stack:
            for rule in rules:
                stack.enter_context(changed(*rule))
            counts = told(today, read_all(wanted))
        figures[name] = counts
        shown = "".join(f"{counts[how]:>{width}}" for how, width in COLUMNS.items())
        print(f"{name:<20}{shown}")
    figures["edits"] = sum(figures[name]["edits"] for name in READERS)
    figures["falls_short"] = ["edits"] if figures["edits"] else []
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
