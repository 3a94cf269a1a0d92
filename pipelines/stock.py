"""A file of pages from elsewhere in, its items out, a chunk at a time: a WARC file, a manifest, or addresses."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from news.errors import BroadsheetError, ConfigurationError
from news.page import Page
from news.url import AddressTooLong, normal
from pipelines.members import GZIP, is_archive, members
from pipelines.saved import page_of_line
from pipelines.warc import TOO_LONG, instant, records

#: items of one trip through the pool: enough to make the trip cheap, few enough to be held
CHUNK_ITEMS = 64
CHUNK_BYTES = 4 * 2**20
#: a chunk ends after this, whatever it has: the pool kills what takes 10 s of CPU
CHUNK_SECONDS = 5.0
#: no address and no line of a manifest is longer
LINE_BYTES = 64 * 1024


class StockKind(StrEnum):
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
class Item:
    """One item: a page, an address to be fetched, or the reason why it is passed over. `after` is where the next is."""

    after: Position
    page: Page | None = None
    address: str = ""
    #: the slug that our own archives name
    outlet: str = ""
    passed_over: str = ""


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Items in the file's order. `end` is where to go on; `is_last` says that there is nothing more."""

    items: tuple[Item, ...]
    end: Position
    is_last: bool


def kind_of(path: Path) -> StockKind:
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
            if first is None or not (first.content.startswith(b"WARC/") or first.passed_over):
                raise ConfigurationError(f"{path} is gzipped and holds no WARC records; unpack it if it is a list.")
        return StockKind.WARC
    lines = [line.strip() for line in head.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
    if lines and lines[0].startswith(b"{"):
        return StockKind.PAGES
    if lines and lines[0].startswith((b"http://", b"https://")):
        return StockKind.ADDRESSES
    raise ConfigurationError(
        f"{path} cannot be imported: it is not a WARC file (.warc, .warc.gz, .warc.zst), JSON lines with id and "
        "url, or addresses that begin with http:// or https://, one a line."
    )


def read_chunk(path: Path, kind: StockKind, start: Position, most: int = CHUNK_ITEMS) -> Chunk:
    """Return the next items of a file, at most `most` and so many bytes. It parses a stranger's bytes: in the pool.

    Raises OSError if the file cannot be read.
    """
    items: list[Item] = []
    size, began = 0, monotonic()
    end = start
    with path.open("rb") as file:
        for item in _READERS[kind](file, start, path.parent):
            end = item.after
            if item.page or item.address or item.passed_over:
                items.append(item)
            size += len(item.page.content) if item.page else 0
            if len(items) >= most or size >= CHUNK_BYTES or monotonic() - began > CHUNK_SECONDS:
                return Chunk(items=tuple(items), end=end, is_last=False)
    return Chunk(items=tuple(items), end=end, is_last=True)


def _warc(file: BinaryIO, start: Position, _: Path) -> Iterator[Item]:
    done, at = start.within, start.byte
    for member in members(file, start.byte):
        if member.passed_over:
            yield Item(after=Position(byte=member.end), passed_over=member.passed_over)
        else:
            for number, record in enumerate(records(member.content), 1):
                if number > done:
                    after = Position(byte=at, within=number)
                    yield Item(after=after, page=record.page, outlet=record.outlet, passed_over=record.passed_over)
            yield Item(after=Position(byte=member.end))
        done, at = 0, member.end


def _pages(file: BinaryIO, start: Position, folder: Path) -> Iterator[Item]:
    for line, after in _lines(file, start):
        try:
            wanted = json.loads(line)
        except (ValueError, RecursionError):
            yield Item(after=after, passed_over="not JSON")
            continue
        try:
            page = page_of_line(wanted if isinstance(wanted, dict) else {}, folder)
            address = normal(page.url)
        except BroadsheetError:
            yield Item(after=after, passed_over="no page to read")
        except AddressTooLong:
            yield Item(after=after, passed_over=TOO_LONG)
        except ValueError:
            yield Item(after=after, passed_over="no address")
        else:
            if (at := instant(page.fetched_at.isoformat())) is None:
                yield Item(after=after, passed_over="no valid date")
            else:
                yield Item(after=after, page=replace(page, url=address, final_url=address, fetched_at=at))


def _addresses(file: BinaryIO, start: Position, _: Path) -> Iterator[Item]:
    for line, after in _lines(file, start):
        # a line of white space beyond ASCII has no word
        words = line.decode("utf-8", "replace").split()
        try:
            yield Item(after=after, address=normal(words[0] if words else ""))
        except AddressTooLong:
            yield Item(after=after, passed_over=TOO_LONG)
        except ValueError:
            yield Item(after=after, passed_over="no address")


def _lines(file: BinaryIO, start: Position) -> Iterator[tuple[bytes, Position]]:
    """Yield the lines that say something, each with the place behind it; the rest of an endless line is a line."""
    file.seek(start.byte)
    while line := file.readline(LINE_BYTES):
        after = Position(byte=file.tell())
        if line.strip() and not line.lstrip().startswith(b"#"):
            yield line.strip(), after


_READERS = {StockKind.WARC: _warc, StockKind.PAGES: _pages, StockKind.ADDRESSES: _addresses}
