"""A file of pages from elsewhere in, its items out, a chunk at a time: a WARC file, a manifest, or addresses."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

from news.clock import now
from news.errors import BroadsheetError, ConfigurationError, PageUnreadable
from news.outlet import Outlet
from news.page import Page
from news.url import AddressTooLong, normal, site_of
from pipelines.importing.warc import GZIP, TOO_LONG, instant, is_archive, members, records

#: items of one trip through the pool: enough to make the trip cheap, few enough to be held
CHUNK_ITEMS = 64
CHUNK_BYTES = 4 * 2**20
#: a chunk ends after this, whatever it has: the pool kills what takes 10 s of CPU
CHUNK_SECONDS = 5.0
#: no address and no line of a manifest is longer
LINE_BYTES = 64 * 1024


class ImportKind(StrEnum):
    """What sort of file it is."""

    WARC = "warc"
    PAGES = "pages"  # JSON lines with id, url and perhaps crawled_at; the pages lie beside them
    ADDRESSES = "addresses"  # one a line; # begins a remark


@dataclass(frozen=True, kw_only=True, order=True)
class Position:
    """A place between two items: a byte of the file, and how many items of the member that begins there are done."""

    byte: int = 0
    within: int = 0


@dataclass(frozen=True, kw_only=True)
class ImportItem:
    """One item: a page, an address to be fetched, or the reason why it is skipped. `after` is where the next is."""

    after: Position
    page: Page | None = None
    address: str = ""
    #: the slug that our own archives name
    outlet: str = ""
    skipped: str = ""


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Items in the file's order. `end` is where to go on; `is_last` says that there is nothing more."""

    items: tuple[ImportItem, ...]
    end: Position
    is_last: bool


def kind_of(path: Path) -> ImportKind:
    """Return what sort of file it is, by its first bytes. Raises ConfigurationError for a file of none of them."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    if is_archive(head):
        if head.startswith(GZIP):
            with path.open("rb") as file:
                first = next(members(file, 0), None)
            if first is None or not (first.content.startswith(b"WARC/") or first.skipped):
                raise ConfigurationError(f"{path} is gzipped and holds no WARC records; unpack it if it is a list.")
        return ImportKind.WARC
    lines = [line.strip() for line in head.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
    if lines and lines[0].startswith(b"{"):
        return ImportKind.PAGES
    if lines and lines[0].startswith((b"http://", b"https://")):
        return ImportKind.ADDRESSES
    raise ConfigurationError(
        f"{path} cannot be imported: it is not a WARC file (.warc, .warc.gz, .warc.zst), JSON lines with id and "
        "url, or addresses that begin with http:// or https://, one a line."
    )


def read_chunk(path: Path, kind: ImportKind, start: Position, most: int = CHUNK_ITEMS) -> Chunk:
    """Return the next items of a file, at most `most` and so many bytes. It parses a stranger's bytes: in the pool.

    Raises OSError if the file cannot be read.
    """
    items: list[ImportItem] = []
    size, began = 0, monotonic()
    end = start
    with path.open("rb") as file:
        for item in _READERS[kind](file, start, path.parent):
            end = item.after
            if item.page or item.address or item.skipped:
                items.append(item)
            size += len(item.page.content) if item.page else 0
            if len(items) >= most or size >= CHUNK_BYTES or monotonic() - began > CHUNK_SECONDS:
                return Chunk(items=tuple(items), end=end, is_last=False)
    return Chunk(items=tuple(items), end=end, is_last=True)


def _warc(file: BinaryIO, start: Position, _: Path) -> Iterator[ImportItem]:
    done, at = start.within, start.byte
    for member in members(file, start.byte):
        if member.skipped:
            yield ImportItem(after=Position(byte=member.end), skipped=member.skipped)
        else:
            for number, record in enumerate(records(member.content), 1):
                if number > done:
                    after = Position(byte=at, within=number)
                    yield ImportItem(after=after, page=record.page, outlet=record.outlet, skipped=record.skipped)
            yield ImportItem(after=Position(byte=member.end))
        done, at = 0, member.end


def _pages(file: BinaryIO, start: Position, folder: Path) -> Iterator[ImportItem]:
    for line, after in _lines(file, start):
        try:
            wanted = json.loads(line)
        except (ValueError, RecursionError):
            yield ImportItem(after=after, skipped="not JSON")
            continue
        try:
            page = page_of_line(wanted if isinstance(wanted, dict) else {}, folder)
            address = normal(page.url)
        except BroadsheetError:
            yield ImportItem(after=after, skipped="no page to read")
        except AddressTooLong:
            yield ImportItem(after=after, skipped=TOO_LONG)
        except ValueError:
            yield ImportItem(after=after, skipped="no address")
        else:
            if (at := instant(page.fetched_at.isoformat())) is None:
                yield ImportItem(after=after, skipped="no valid date")
            else:
                yield ImportItem(after=after, page=replace(page, url=address, final_url=address, fetched_at=at))


def _addresses(file: BinaryIO, start: Position, _: Path) -> Iterator[ImportItem]:
    for line, after in _lines(file, start):
        # a line of white space beyond ASCII has no word
        words = line.decode("utf-8", "replace").split()
        try:
            yield ImportItem(after=after, address=normal(words[0] if words else ""))
        except AddressTooLong:
            yield ImportItem(after=after, skipped=TOO_LONG)
        except ValueError:
            yield ImportItem(after=after, skipped="no address")


def _lines(file: BinaryIO, start: Position) -> Iterator[tuple[bytes, Position]]:
    """Yield the lines that say something, each with the place behind it; the rest of an endless line is a line."""
    file.seek(start.byte)
    while line := file.readline(LINE_BYTES):
        after = Position(byte=file.tell())
        if line.strip() and not line.lstrip().startswith(b"#"):
            yield line.strip(), after


_READERS = {ImportKind.WARC: _warc, ImportKind.PAGES: _pages, ImportKind.ADDRESSES: _addresses}


#: a saved page that unpacks to more is refused, as the crawler would have refused it
_SIZE_LIMIT = 20_000_000
#: a page without a known time of fetching cannot be told to be dated ahead
NEVER = datetime(2199, 1, 1, tzinfo=UTC)


def read_saved(line: Mapping[str, Any], folder: Path, outlet: Outlet, *, explain: bool = False) -> dict[str, Any]:
    """Return `id` and the article's fields for one line of a manifest, or `id` and `error`.

    With `explain` there is also `candidates`: what was weighed for each field, which was chosen, and why.

    `line` has `id`, `url` and perhaps `crawled_at`; the page is `<id>.html.gz` or `<id>.html` in `folder`. Never
    raises for what the line or the page holds.
    """
    name = line.get("id")
    try:
        page = page_of_line(line, folder, undated=NEVER)
    except BroadsheetError as error:
        return {"id": name, "error": str(error)}
    return read_page(name, page, outlet, explain=explain)


def read_page(name: Any, page: Page, outlet: Outlet, *, explain: bool = False) -> dict[str, Any]:
    """Return what `read_saved` does of a page that is at hand; `name` is its `id`."""
    from pipelines.digest import explained, read_article  # workers have them

    try:
        extracted = read_article(page, outlet, explain=explain)
    except BroadsheetError as error:
        return {"id": name, "error": str(error)}
    if extracted.article is None:
        assert extracted.refusal is not None, "there is an article or a refusal"
        return {"id": name, "error": extracted.refusal.reason, "outcome": str(extracted.refusal.outcome)}
    candidates = {"candidates": explained(extracted.candidates)} if explain else {}
    return {"id": name} | extracted.article.as_json() | candidates


#: what is printed of a page, JSON on one line, and whether that says why it could not be read
Line = tuple[str, bool]


def read_saved_lines(
    wanted: Sequence[tuple[Mapping[str, Any], Outlet]], folder: Path, *, explain: bool = False
) -> list[Line]:
    """Return what `read_saved` returns for some lines of a manifest, each with its outlet."""
    read = [read_saved(line, folder, outlet, explain=explain) for line, outlet in wanted]
    return [(json.dumps(each, ensure_ascii=False), "error" in each) for each in read]


class Outlets:
    """Outlets by the sites that they are on."""

    def __init__(self, outlets: Iterable[Outlet]) -> None:
        self._of_site: dict[str, Outlet] = {}
        for outlet in outlets:
            for site in (site_of(outlet.home), *(site_of(f"//{host}") for host in outlet.hosts)):
                self._of_site.setdefault(site, outlet)

    def at(self, url: str) -> Outlet:
        """Return the outlet at whose site the address is, else one that says nothing but the site's name.

        Raises ValueError for what is no address.
        """
        site = site_of(url)
        return self._of_site.get(site) or Outlet(slug="", name="", home=f"https://{site}/")


def outlet_of(url: str, outlets: Iterable[Outlet]) -> Outlet:
    """Return the outlet of an address among some (`Outlets`)."""
    return Outlets(outlets).at(url)


def page_of_line(line: Mapping[str, Any], folder: Path, *, undated: datetime | None = None) -> Page:
    """Return the page of one line of a manifest; `undated` is its time where the line states none, default: now.

    Raises PageUnreadable, which says why there is none.
    """
    name, url = line.get("id"), line.get("url")
    if not isinstance(name, str) or not isinstance(url, str) or not name or Path(name).name != name:
        raise PageUnreadable("A line of the manifest needs an id that is a file name, and a url.")
    packed, plain = folder / f"{name}.html.gz", folder / f"{name}.html"
    try:
        if packed.exists():
            with gzip.open(packed) as file:
                content = file.read(_SIZE_LIMIT + 1)
        else:
            with plain.open("rb") as file:
                content = file.read(_SIZE_LIMIT + 1)
    except FileNotFoundError as error:
        raise PageUnreadable(f"There is neither {packed.name} nor {plain.name} beside the manifest.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise PageUnreadable(f"{packed.name} cannot be unpacked: {error}.") from error
    if len(content) > _SIZE_LIMIT:
        raise PageUnreadable(f"{name} unpacks to more than {_SIZE_LIMIT:,} bytes.")
    return Page(url=url, final_url=url, status=200, content=content, fetched_at=fetched_at(line) or undated or now())


def fetched_at(line: Mapping[str, Any]) -> datetime | None:
    """Return when a line of a manifest says that its page was fetched (`crawled_at`), None where it does not."""
    from pipelines.extract.instants import read as read_instant

    stated = read_instant(str(line.get("crawled_at") or ""))
    return stated.clock.replace(tzinfo=stated.zone or UTC) if stated and stated.clock else None
