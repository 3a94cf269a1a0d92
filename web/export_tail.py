"""The end of an export that broke off, wherever a kill or a full disk cut it: behind which article it goes on."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from news.errors import ConfigurationError
from web.export_formats import ExportFormat
from web.ninjs import ID_ROLE

_ATOM_ID = re.compile(rb"<id>urn:uuid:([0-9a-f-]{36})</id>\n")


def whole_part(file: Path, format: ExportFormat) -> tuple[int, str]:
    """Return the bytes of a file's whole records, its head included, and the id of the last article.

    The file is read line by line. Raises ConfigurationError for a file that is no export of this format, or in which no
    article is whole: nothing of a file of somebody's is to be cut by mistake.
    """
    size, last = 0, ""
    try:
        for end, id in _records(file, format):
            size, last = end, id
    except (ValueError, LookupError, TypeError) as error:
        raise ConfigurationError(f"{file} is no export as {format}, so it cannot be continued.") from error
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from error
    if not last:
        raise ConfigurationError(f"{file} has no whole article. Delete it, and begin the export anew.")
    return size, last


def is_begun(file: Path, head: str) -> bool:
    """Say whether a file has no more than the `head` of an export, or a part of it: it was begun, and cut off at once.

    Raises ConfigurationError for a file that cannot be read.
    """
    whole = head.encode()
    try:
        with file.open("rb") as opened:
            return whole.startswith(opened.read(len(whole) + 1))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from error


def _records(file: Path, format: ExportFormat) -> Iterator[tuple[int, str]]:
    """Yield where each whole article ends, in bytes, and its id."""
    with file.open("rb") as lines:
        at, id, is_quoted, rows, row = 0, "", False, 0, b""
        for line in lines:
            at += len(line)
            match format:
                case ExportFormat.JSONL | ExportFormat.NINJS if line.endswith(b"\n"):
                    yield at, _id_of(json.loads(line), format)
                case ExportFormat.ATOM:
                    if at == len(line) and not line.startswith(b"<?xml"):
                        raise ValueError("a feed begins with its declaration")
                    if found := _ATOM_ID.fullmatch(line):
                        id = found[1].decode()
                    elif line == b"</entry>\n":
                        yield at, id
                case ExportFormat.CSV:
                    # a line break between quotes belongs to a cell
                    is_quoted ^= line.count(b'"') % 2 == 1
                    row = row or line
                    if not is_quoted and line.endswith(b"\r\n"):
                        if rows == 0 and not row.lstrip(b"\xef\xbb\xbf").startswith(b"id"):
                            raise ValueError("the first column is the id")
                        if rows:
                            yield at, row.partition(b",")[0].strip().decode()
                        rows, row = rows + 1, b""


def _id_of(record: dict[str, object], format: ExportFormat) -> str:
    if format is ExportFormat.JSONL:
        return str(record["id"])
    others: list[dict[str, str]] = record["altIds"]  # type: ignore[assignment]
    return next(each["value"] for each in others if each["role"] == ID_ROLE)
