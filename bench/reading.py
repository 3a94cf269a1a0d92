"""Reads the real pages with Broadsheet and with three other readers, scores all, and says what each costs.

    python bench/reading.py [--sets fundus,aed,zyte] [--only broadsheet,trafilatura] [--halves] [--worst N]

Everything runs in one process, page by page in turn, so that the readers share the machine's noise; the first pages
are read once unmeasured. CPU is this process's time. The reader gets a page's address and bytes, and its outlet where
outlets.jsonl knows the site: no more than a crawler has. The last line is JSON.
"""

import argparse
import gzip
import hashlib
import importlib.util
import json
import logging
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
PAGES = SHARED / "pages"
sys.path.insert(0, str(ROOT))

from news.outlet import Outlet  # noqa: E402  (the bench runs from a clone, installed or not)
from news.url import site_of  # noqa: E402
from pipelines.importing.import_files import outlet_of, read_saved  # noqa: E402

Reader = Callable[[dict[str, Any], bytes, Path], dict[str, Any]]
FIGURES = ("body", "headline", "any_headline", "instant", "invented", "day", "authors", "language", "empty")
WARM = 8


def outlets() -> dict[str, Outlet]:
    """Return the known outlets by site: name, country, languages and zone, as outlet files state them."""
    found = {}
    for line in (SHARED / "outlets.jsonl").read_text(encoding="utf-8").splitlines():
        each = json.loads(line)
        found[site_of(each["home"])] = Outlet(
            slug="known",
            name=each["name"],
            home=each["home"],
            country=each.get("country", ""),
            languages=tuple(each.get("languages", ())),
            timezone=each.get("timezone"),
        )
    return found


def broadsheet() -> Reader:
    """Return our reader, all fields, language included."""
    known = outlets()

    def read(truth: dict[str, Any], _: bytes, folder: Path) -> dict[str, Any]:
        outlet = known.get(site_of(truth["url"])) or outlet_of(truth["url"], ())
        line: dict[str, Any] = {name: truth[name] for name in ("id", "url", "crawled_at") if name in truth}
        return read_saved(line, folder, outlet)

    return read


def trafilatura() -> Reader:
    """Return trafilatura as its manual shows it, with metadata."""
    from trafilatura import bare_extraction

    def read(truth: dict[str, Any], html: bytes, _: Path) -> dict[str, Any]:
        document = bare_extraction(html, url=truth["url"], with_metadata=True)
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

    def read(truth: dict[str, Any], html: bytes, _: Path) -> dict[str, Any]:
        article = newspaper.Article(truth["url"], fetch_images=False)
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

    def read(truth: dict[str, Any], html: bytes, _: Path) -> dict[str, Any]:
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


READERS = {"broadsheet": broadsheet, "trafilatura": trafilatura, "newspaper4k": newspaper4k, "goose3": goose3}


def score() -> ModuleType:
    """Return the scorer that lies beside the pages."""
    spec = importlib.util.spec_from_file_location("score", PAGES / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def half(url: str) -> str:
    """Return the half that a page belongs to: rules were made on A, B says whether they hold."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return "AB"[hashlib.sha256(host.encode()).digest()[0] % 2]


def pages(name: str) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Yield truth and bytes of each page of a set."""
    for line in (PAGES / name / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        truth = json.loads(line)
        yield truth, gzip.decompress((PAGES / name / f"{truth['id']}.html.gz").read_bytes())


def main() -> None:
    """Print a table for each set, then all figures as one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="fundus,aed,zyte")
    parser.add_argument("--only", default=",".join(READERS))
    parser.add_argument("--halves", action="store_true", help="print the figures for each half, too")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="Broadsheet's N worst bodies of each set")
    chosen = parser.parse_args()
    if not PAGES.exists():
        sys.exit(f"There are no pages in {PAGES}.")
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    marks = score().marks
    readers = {name: READERS[name]() for name in chosen.only.split(",")}
    result: dict[str, Any] = {}
    for name in chosen.sets.split(","):
        rows = _run(name, readers, marks)
        result[name] = {reader: _figures(rows[reader]) for reader in readers}
        cost = {reader: figures["cpu_total_s"] for reader, figures in result[name].items()}
        if {"broadsheet", "trafilatura"} <= readers.keys():
            result[name]["cpu_ratio"] = round(cost["broadsheet"] / cost["trafilatura"], 3)
        _print(name, result[name], readers)
        for reader, side in ((reader, side) for reader in readers for side in "AB" if chosen.halves):
            part = _figures([row for row in rows[reader] if half(row["url"]) == side])
            result[name][reader][f"half_{side}"] = part
            _line(f"{reader[:9]}, {side}", part)
        for row in sorted(rows.get("broadsheet", ()), key=lambda row: row["marks"]["body"])[: chosen.worst]:
            print(f"    {row['marks']['body']:.3f} {row['id'][:32]} {row['url'][:90]}")
    print(json.dumps(result))


def _run(
    name: str, readers: dict[str, Reader], marks: Callable[..., dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {reader: [] for reader in readers}
    for count, (truth, html) in enumerate(pages(name)):
        for reader, read in readers.items():
            if count < WARM:
                _measured(read, truth, html, PAGES / name)
            found, seconds = _measured(read, truth, html, PAGES / name)
            rows[reader].append(
                {"id": truth["id"], "url": truth["url"], "marks": marks(truth, found), "cpu_ms": seconds * 1000}
            )
    return rows


def _measured(read: Reader, truth: dict[str, Any], html: bytes, folder: Path) -> tuple[dict[str, Any], float]:
    """Return what was read and the CPU seconds; what another reader raises counts as an empty page."""
    began = time.process_time()
    try:
        found = read(truth, html, folder)
    except Exception as error:  # a peer may fail in any way
        found = {"error": repr(error)}
    return found, time.process_time() - began


def _figures(rows: list[dict[str, Any]]) -> dict[str, float]:
    found: dict[str, float] = {"pages": len(rows)}
    for figure in FIGURES:
        values = [row["marks"][figure] for row in rows if figure in row["marks"]]
        if values:
            found[figure] = round(statistics.mean(values), 4)
    cpu = sorted(row["cpu_ms"] for row in rows)
    found["cpu_ms_median"] = round(statistics.median(cpu), 1)
    found["cpu_ms_p95"] = round(cpu[int(len(cpu) * 0.95)], 1)
    found["cpu_total_s"] = round(sum(cpu) / 1000, 3)
    return found


def _print(name: str, figures: dict[str, Any], readers: dict[str, Reader]) -> None:
    print(f"\n{name}: " + " ".join(f"{figure:>12}" for figure in (*FIGURES, "cpu median", "cpu p95")))
    for reader in readers:
        _line(reader, figures[reader])
    if "cpu_ratio" in figures:
        print(f"  CPU of broadsheet / trafilatura: {figures['cpu_ratio']}")


def _line(name: str, figures: dict[str, float]) -> None:
    cells = [figures.get(figure) for figure in (*FIGURES, "cpu_ms_median", "cpu_ms_p95")]
    print(f"{name:>12} " + " ".join(f"{'' if cell is None else cell:>12}" for cell in cells))


if __name__ == "__main__":
    main()
