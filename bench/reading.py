"""Reads all real pages with Broadsheet and, in the same run, with other readers; scores them, and says what each costs.

    python bench/reading.py [--pages FOLDER] [--sets fundus,l3s] [--only broadsheet,trafilatura] [--fast] [--worst N]

Without --pages: ../shared/pages (396 pages, on which rules were made) and ../shared/pages_wide (939 that nobody tuned
the reader on). Two processes share the pages; each reads a page with all readers in turn, so that the readers share
the machine's noise. CPU is the process's time, without reading the file; the first pages of each process are read once
unmeasured. The reader gets a page's address and bytes, and its outlet where outlets.jsonl knows the site: no more than
a crawler has.

What is learned is not measured on what it was learned from: `broadsheet` reads each page with the line model that was
learned from the other domains (5 folds by registrable domain), `shipped` with that of all pages. `falls_short` names
the figures of the former that miss their mark. The last line is JSON.
"""

import argparse
import json
import logging
import statistics
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

if not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from bench.real_pages import FOLDERS, HELD_OUT, RealPage, marks, sampled, sets
from news.page import Page
from pipelines.extract import line_model
from pipelines.importing.import_files import NEVER, fetched_at, read_page

Reader = Callable[[RealPage, bytes], dict[str, Any]]
Row = dict[str, Any]
#: of score.py, which says what each means
FIGURES = (
    "body body_weak headline any_headline instant invented exact_off_day day authors language must must_not begins"
).split()
#: counts of pages: refused, although the truth has a headline or a body; without a body, although it has one
COUNTS = ("refused", "empty")
#: figure -> the least, or the most, that it may be; `narrow`: the sets on which rules were made, `wide`: all others
NARROW = ("fundus", "aed", "zyte")
LEAST: dict[str, dict[str, float]] = {
    "fundus": {"body": 0.983},
    "aed": {"body": 0.970},
    "zyte": {"body": 0.986},
    "wide": {
        "body": 0.96,
        "headline": 0.90,
        "any_headline": 0.96,
        "day": 0.985,
        "authors": 0.95,
        "must": 0.985,
        "language": 0.99,
    },
}
MOST: dict[str, dict[str, float]] = {
    "narrow": {"cpu_ratio": 0.42},
    "wide": {"invented": 0, "exact_off_day": 0, "must_not": 0.03, "cpu_ratio": 0.6},
    "all": {"refused": 0},
}
WORKERS, WARM = 2, 8
#: --fast reads one page of so many
FAST = 4


def broadsheet() -> Reader:
    """Return our reader, all fields, language included; for each page with the model that never saw its domain."""
    shipped = line_model.model()
    held_out = json.loads(HELD_OUT.read_text(encoding="utf-8"))
    read_shipped = as_shipped()

    def read(page: RealPage, html: bytes) -> dict[str, Any]:
        with patch.object(line_model, "model", lambda: held_out[page.fold] if shipped else {}):
            return read_shipped(page, html)

    return read


def as_shipped() -> Reader:
    """Return our reader with what is shipped, which was learned from these very pages."""

    def read(page: RealPage, html: bytes) -> dict[str, Any]:
        url = page.truth["url"]
        at = fetched_at(page.truth) or NEVER
        given = Page(url=url, final_url=url, status=200, content=html, fetched_at=at)
        return read_page(page.truth["id"], given, page.outlet)

    return read


def trafilatura() -> Reader:
    """Return trafilatura as its manual shows it, with metadata."""
    from trafilatura import bare_extraction

    def read(page: RealPage, html: bytes) -> dict[str, Any]:
        document = bare_extraction(html, url=page.truth["url"], with_metadata=True)
        found = {} if document is None else document if isinstance(document, dict) else document.as_dict()
        return {
            "headline": found.get("title"),
            "body": found.get("text") or "",
            "authors": (found.get("author") or "").split("; ") if found.get("author") else [],
            "date_published": found.get("date"),
            "date_precision": "day",
            "in_language": found.get("language"),
        }

    return read


def newspaper4k() -> Reader:
    """Return newspaper4k without its fetching of images."""
    import newspaper

    def read(page: RealPage, html: bytes) -> dict[str, Any]:
        article = newspaper.Article(page.truth["url"], fetch_images=False)
        article.download(input_html=html.decode("utf-8", "replace"))
        article.parse()
        return {
            "headline": article.title,
            "body": article.text,
            "authors": article.authors,
            **_dated(article.publish_date),
            "in_language": article.meta_lang,
        }

    return read


def goose3() -> Reader:
    """Return goose3 without its fetching of images."""
    from goose3 import Goose

    goose = Goose({"enable_image_fetching": False})

    def read(page: RealPage, html: bytes) -> dict[str, Any]:
        article = goose.extract(raw_html=html.decode("utf-8", "replace"))
        return {
            "headline": article.title,
            "body": article.cleaned_text,
            "authors": article.authors,
            **_dated(article.publish_datetime_utc),
            "in_language": article.meta_lang,
        }

    return read


def _dated(at: Any) -> dict[str, Any]:
    return {"date_published": at.isoformat() if at else None, "date_precision": "instant" if at else None}


READERS = {
    "broadsheet": broadsheet,
    "shipped": as_shipped,
    "trafilatura": trafilatura,
    "newspaper4k": newspaper4k,
    "goose3": goose3,
}


@cache
def _readers(names: tuple[str, ...]) -> dict[str, Reader]:
    """Return the readers, made and warmed once in each process."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    readers = {name: READERS[name]() for name in names}
    for page in next(iter(sets().values()), [])[:WARM]:
        for read in readers.values():
            _measured(read, page, page.html)
    return readers


def rows_of(name: str, page: RealPage, names: tuple[str, ...]) -> list[Row]:
    """Return what each reader made of one page of the set `name`: its marks and its cost."""
    html = page.html
    found = []
    for reader, read in _readers(names).items():
        article, seconds = _measured(read, page, html)
        scored = marks()(page.truth, article)
        named = bool(page.truth.get("title") or page.truth.get("body"))
        scored["refused"] = named and "error" in article
        found.append(
            {"set": name, "reader": reader, "id": page.truth["id"], "marks": scored, "cpu_ms": seconds * 1000}
            | ({"error": article["error"]} if "error" in article else {})
        )
    return found


def _measured(read: Reader, page: RealPage, html: bytes) -> tuple[dict[str, Any], float]:
    """Return what was read and the CPU seconds; what another reader raises counts as an empty page."""
    began = time.process_time()
    try:
        found = read(page, html)
    except Exception as error:  # a peer may fail in any way
        found = {"error": repr(error)}
    return found, time.process_time() - began


def figures(rows: list[Row]) -> dict[str, float]:
    """Return the mean of each figure over the pages whose truth has it, the counts, and CPU in milliseconds."""
    found: dict[str, float] = {"pages": len(rows)}
    for figure in FIGURES:
        values = [row["marks"][figure] for row in rows if figure in row["marks"]]
        if values:
            found[figure] = round(statistics.mean(values), 4)
    for count in COUNTS:
        found[count] = sum(row["marks"][count] for row in rows)
    cpu = sorted(row["cpu_ms"] for row in rows)
    found["cpu_ms_median"] = round(statistics.median(cpu), 1)
    found["cpu_ms_p95"] = round(cpu[int(len(cpu) * 0.95)], 1)
    found["cpu_total_s"] = round(sum(cpu) / 1000, 3)
    return found


def groups(rows: list[Row]) -> dict[str, list[Row]]:
    """Return the rows by set, then those of `narrow`, `wide` and `all`, as far as there are any."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["set"]].append(row)
    narrow = [row for row in rows if row["set"] in NARROW]
    wide = [row for row in rows if row["set"] not in NARROW]
    return found | {name: group for name, group in (("narrow", narrow), ("wide", wide), ("all", rows)) if group}


def falls_short(result: dict[str, Any]) -> list[str]:
    """Return the figures that miss their mark; a figure that no page has a truth for misses none."""
    short = []
    limits: list[tuple[dict[str, dict[str, float]], int]] = [(LEAST, 1), (MOST, -1)]
    for marked, sign in limits:
        for group, wanted in marked.items():
            told = result.get(group, {}).get("broadsheet", {}) | result.get(group, {})
            for figure, mark in wanted.items():
                if figure in told and sign * told[figure] < sign * mark:
                    short.append(
                        f"{group}.{figure}: {told[figure]} instead of at {'least' if sign > 0 else 'most'} {mark}"
                    )
    return short


def measure(chosen: argparse.Namespace) -> tuple[dict[str, Any], list[Row]]:
    """Return group -> reader -> figures, and the rows that they are of."""
    names = tuple(chosen.only.split(","))
    wanted = chosen.sets.split(",") if chosen.sets else None
    tasks = [
        (name, page)
        for name, pages in sets((chosen.pages,) if chosen.pages else FOLDERS).items()
        if wanted is None or name in wanted
        for page in sampled(pages, FAST if chosen.fast else 1)
    ]
    if not tasks:
        sys.exit(f"There are no pages in {chosen.pages or FOLDERS[0].parent}.")
    with ProcessPoolExecutor(WORKERS) as pool:
        done = pool.map(rows_of, *zip(*((name, page, names) for name, page in tasks), strict=True), chunksize=8)
        rows = [row for found in done for row in found]
    result: dict[str, Any] = {}
    for group, of_group in groups(rows).items():
        told = {reader: figures([row for row in of_group if row["reader"] == reader]) for reader in names}
        result[group] = told
        if {"broadsheet", "trafilatura"} <= told.keys():
            ratio = told["broadsheet"]["cpu_total_s"] / told["trafilatura"]["cpu_total_s"]
            result[group] = told | {"cpu_ratio": round(ratio, 3)}
    return result, rows


def show(result: dict[str, Any]) -> None:
    """Print a table: a line for each reader of each group."""
    columns = (*FIGURES, *COUNTS, "cpu_ms_median", "cpu_ms_p95")
    print(f"{'':26}{'pages':>6}" + "".join(f"{column.replace('headline', 'hl')[:9]:>10}" for column in columns))
    for group, told in result.items():
        for reader, found in told.items():
            if isinstance(found, dict):
                cells = [found.get(column, "") for column in columns]
                print(f"{group:15}{reader[:10]:11}{found['pages']:>6}" + "".join(f"{cell:>10}" for cell in cells))
        if "cpu_ratio" in told:
            print(f"{'':15}CPU of broadsheet / trafilatura: {told['cpu_ratio']}")


def show_worst(rows: list[Row], most: int) -> None:
    """Print Broadsheet's worst bodies of each set, then every page that it refused."""
    ours = [row for row in rows if row["reader"] == "broadsheet"]
    for name in dict.fromkeys(row["set"] for row in ours):
        of_set = [row for row in ours if row["set"] == name]
        for row in sorted(of_set, key=_body)[:most]:
            print(f"{name:15}{_body(row):.3f} {row['id']}")
    for row in ours:
        if row["marks"]["refused"]:
            print(f"{row['set']:15}refused: {row['id']}: {row['error']}")


def _body(row: Row) -> float:
    found = row["marks"]
    return float(next((found[name] for name in ("body", "body_weak", "must") if name in found), 1.0))


def main() -> None:
    """Print the figures as a table, and as one line of JSON, the last one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, help="a set, or a folder of sets, instead of those beside the repository")
    parser.add_argument("--sets", help="only these")
    parser.add_argument("--only", default="broadsheet,shipped,trafilatura", help=f"of {', '.join(READERS)}")
    parser.add_argument("--fast", action="store_true", help=f"one page of {FAST}")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="Broadsheet's N worst bodies of each set")
    parser.add_argument("--rows", type=Path, metavar="FILE", help="write the marks and the cost of each page")
    chosen = parser.parse_args()
    result, rows = measure(chosen)
    show(result)
    show_worst(rows, chosen.worst)
    if chosen.rows:
        chosen.rows.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    print(json.dumps(result | {"falls_short": falls_short(result)}))


if __name__ == "__main__":
    main()
