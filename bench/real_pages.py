"""The real pages beside the repository: their sets, truths, scorer, outlets, and the folds by which is held out."""

import gzip
import hashlib
import importlib.util
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from news.outlet import Outlet
from news.url import site_of
from pipelines.importing.import_files import outlet_of

SHARED = Path(__file__).resolve().parents[2] / "shared"
#: the sets on which rules were made, and those that nobody tuned the reader on
FOLDERS = (SHARED / "pages", SHARED / "pages_wide")
#: of a cross-validation
FOLDS = 5
#: the line models that were learned without the domains of one fold each
HELD_OUT = Path(__file__).with_name("held_out_lines.json")


@dataclass(frozen=True, kw_only=True)
class RealPage:
    """One saved page: its set's folder and its truth, whose fields score.py explains."""

    folder: Path
    truth: dict[str, Any]

    @property
    def html(self) -> bytes:
        """The page's bytes. Raises OSError where there are none."""
        return gzip.decompress((self.folder / f"{self.truth['id']}.html.gz").read_bytes())

    @property
    def domain(self) -> str:
        """The registrable domain that is held out with the page."""
        return self.truth.get("domain") or site_of(self.truth["url"])

    @property
    def fold(self) -> int:
        """0 to 4, the same for all pages of a domain, on every machine."""
        return hashlib.sha256(self.domain.encode()).digest()[0] % FOLDS

    @property
    def outlet(self) -> Outlet:
        """The page's outlet, as far as outlets.jsonl knows its site: no more than a crawler has."""
        return known_outlets().get(site_of(self.truth["url"])) or outlet_of(self.truth["url"], ())


def sets(folders: tuple[Path, ...] = FOLDERS) -> dict[str, list[RealPage]]:
    """Return set -> pages. Each folder is a set (it has a truth.jsonl) or holds sets, at whatever depth."""
    found: dict[str, list[RealPage]] = {}
    for folder in folders:
        for path in sorted(folder.rglob("truth.jsonl")):
            lines = path.read_text(encoding="utf-8").splitlines()
            pages = [RealPage(folder=path.parent, truth=json.loads(line)) for line in lines if line.strip()]
            found.setdefault(path.parent.name, []).extend(pages)
    return found


def sampled(pages: list[RealPage], every: int) -> Iterator[RealPage]:
    """Yield one page of so many, the same ones each time."""
    return (page for page in pages if hashlib.sha256(page.truth["id"].encode()).digest()[1] % every == 0)


@cache
def known_outlets() -> dict[str, Outlet]:
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


@cache
def marks() -> Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]:
    """Return the scorer that lies beside the pages: truth and article in, the page's marks out."""
    spec = importlib.util.spec_from_file_location("score", SHARED / "pages" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    scorer: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]] = module.marks
    return scorer
