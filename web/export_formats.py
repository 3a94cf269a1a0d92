"""Documents of an export in, a file's text out: CSV, JSON lines, Atom or ninjs, a document at a time."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from index.fields import FIELDS, listed, meant, names
from news.errors import BadQuery
from news.printable import printable
from web import feeds
from web.ninjs import ninjs
from web.render import json_bytes

Document = Mapping[str, Any]

#: columns of a CSV unless others are asked for: all that fits into a cell
COLUMNS = (
    *("id", "url", "outlet", "outlet_name", "country", "in_language", "kind", "headline", "standfirst"),
    *("authors", "agencies", "date_published", "date_precision", "date_modified", "first_seen_at", "changed_at"),
    *("version", "edit_kinds", "stealth", "correction", "gone_at", "sections", "genre", "keywords"),
    *("places", "people", "organisations", "word_count", "story_id", "copy_of", "similarity"),
)
#: a spreadsheet takes a text for a formula that begins with one of these, after white space, too
#: (OWASP, CSV Injection); the wide forms are read as signs by East Asian editions
_FORMULA = frozenset("=+-@＝＋－＠")
#: between the values of one cell
_BETWEEN = "; "


class ExportFormat(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"
    ATOM = "atom"
    NINJS = "ninjs"


@dataclass(frozen=True, kw_only=True)
class Writer:
    """How one export is written: what begins it, each document, what ends it."""

    media_type: str
    suffix: str
    begin: str
    document: Callable[[Document], str]
    end: str = ""


def writer(
    format: ExportFormat, fields: Sequence[str] = (), *, title: str = "Broadsheet", base: str = "", at: datetime
) -> Writer:
    """Return what writes an export of `fields` (none: all, in CSV those of COLUMNS), the id always first.

    `base` is the address of the pages, "" where there are none; `at` is when the export began. Raises BadQuery for an
    unknown field, and for fields of a format that has its own.
    """
    chosen = columns(fields)
    if chosen and format in (ExportFormat.ATOM, ExportFormat.NINJS):
        raise BadQuery(f"The fields of {format} are fixed. Choose fields of csv or jsonl.")
    match format:
        case ExportFormat.CSV:
            chosen = chosen or COLUMNS
            return Writer(
                media_type="text/csv; charset=utf-8; header=present",
                suffix="csv",
                begin="\ufeff" + csv_row(chosen),  # without the mark, Excel takes UTF-8 for the machine's old encoding
                document=lambda document: csv_row([cell(document.get(name)) for name in chosen]),
            )
        case ExportFormat.JSONL:
            return Writer(
                media_type="application/x-ndjson",
                suffix="jsonl",
                begin="",
                document=lambda document: json_line(
                    {name: document[name] for name in chosen if name in document} if chosen else document
                ),
            )
        case ExportFormat.NINJS:
            return Writer(
                media_type="application/x-ndjson",
                suffix="ninjs.jsonl",
                begin="",
                document=lambda document: json_line(ninjs(document)),
            )
        case ExportFormat.ATOM:
            return Writer(
                media_type="application/atom+xml",
                suffix="atom",
                begin=feeds.atom_head(feeds.Feed(title=title, address="", page=base, updated=at)),
                document=lambda document: feeds.atom_entry(feeds.article_entry(document, base, whole=True)),
                end=feeds.ATOM_END,
            )


def columns(fields: Sequence[str]) -> tuple[str, ...]:
    """Return the fields, each once, the id first. Raises BadQuery for one that there is not."""
    return tuple(dict.fromkeys(["id", *known_fields(fields)])) if fields else ()


def known_fields(fields: Sequence[str]) -> Sequence[str]:
    """Return the fields of a document as they were named. Raises BadQuery for one that there is not."""
    for name in fields:
        if name not in FIELDS:
            raise BadQuery(f"There is no field '{name[:50]}'. {meant(name, FIELDS)}")
    return fields


def json_line(value: Any) -> str:
    """Return the value as one line of JSON."""
    return json_bytes(value).decode() + "\n"


def csv_row(cells: Sequence[str]) -> str:
    """Return one row (RFC 4180), its end included."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def cell(value: Any) -> str:
    """Return a field as the text of a cell: lists joined, objects by their names, no control character, no formula.

    A text that a spreadsheet would compute gets an apostrophe in front, which spreadsheets do not show.

    >>> cell(["Iraq", "Iran"]), cell([{"name": "Ada", "weight": 1.0}]), cell("=HYPERLINK(1)"), cell(-1), cell(None)
    ('Iraq; Iran', 'Ada', "'=HYPERLINK(1)", '-1', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return _harmless(value)
    if isinstance(value, Mapping):
        return _harmless(json_line(value).rstrip())
    parts = [each for each in listed(value) if not isinstance(each, Mapping) or "name" in each]
    found = names(parts) if len(parts) == len(listed(value)) else [json_line(each).rstrip() for each in listed(value)]
    return _harmless(_BETWEEN.join(found))


def _harmless(text: str) -> str:
    text = printable(text.encode("utf-8", "replace").decode())
    begins = text.lstrip("\ufeff\u200b\u2060 \t\n\xa0")[:1]
    return f"'{text}" if begins in _FORMULA and begins else text
