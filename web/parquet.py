"""Documents of an export in, a Parquet file out, for data frames. It needs the extra `broadsheet[parquet]`, pyarrow."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from index.fields import FIELDS, listed
from news.errors import ConfigurationError
from web.export_formats import columns

if TYPE_CHECKING:
    pass

#: fields whose values are lists of texts; a type of the index says nothing of that
LISTS = frozenset(
    "alternative_headlines authors agencies sections keywords edit_kinds about_country is_based_on locked_parts".split()
)
#: articles of one row group: a reader skips whole ones, and so many are in memory at once
GROUP = 5_000


def _kind(name: str) -> str:
    """Return what a column holds: an Elasticsearch type, `list` of texts, or `json` of what has parts."""
    kind = str(FIELDS[name].type.get("type", "object"))
    return "list" if name in LISTS else "json" if kind in ("nested", "object", "flattened") else kind


def value_of(name: str, value: Any) -> Any:
    """Return a field's value as its column takes it; None for none, and for what does not fit.

    >>> value_of("authors", "Ada"), value_of("date_published", "2026-11-02"), value_of("people", [{"name": "Ada"}])
    (['Ada'], datetime.datetime(2026, 11, 2, 0, 0, tzinfo=datetime.timezone.utc), '[{"name":"Ada"}]')
    """
    if value is None:
        return None
    match _kind(name):
        case "list":
            return [_text(each) for each in listed(value)]
        case "json":
            return _json(value)
        case "date":
            return _instant(value)
        case "boolean":
            return value if isinstance(value, bool) else None
        case "integer" | "long":
            return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else None
        case "float":
            return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        case _:
            return _text(value) if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return _text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _text(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()


def _instant(value: Any) -> datetime | None:
    """Return the time, in UTC; a day is its first instant, `date_precision` says that it is a day."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


class ParquetFile:
    """A file that is written a page of documents at a time. It has its name when it is whole, never before."""

    def __init__(self, path: Path, fields: Sequence[str]) -> None:
        """Begin the file, with the id and `fields` (none: all) as columns.

        Raises BadQuery for an unknown field, ConfigurationError without pyarrow, FileExistsError, and OSError where it
        cannot be written.
        """
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError as error:
            raise ConfigurationError("Parquet needs pyarrow: pip install 'broadsheet[parquet]'.") from error
        if path.exists():
            raise FileExistsError(path)
        self.columns = columns(fields) or tuple(FIELDS)
        types = {
            "list": pyarrow.list_(pyarrow.string()),
            "date": pyarrow.timestamp("us", tz="UTC"),
            "boolean": pyarrow.bool_(),
            "integer": pyarrow.int64(),
            "long": pyarrow.int64(),
            "float": pyarrow.float64(),
        }
        self._schema: pyarrow.Schema = pyarrow.schema(
            [
                pyarrow.field(name, types.get(_kind(name), pyarrow.string()), metadata={"means": FIELDS[name].means})
                for name in self.columns
            ]
        )
        self._path, self._unfinished = path, path.with_name(f"{path.name}.unfinished")
        self._table = pyarrow.Table
        self._writer = parquet.ParquetWriter(self._unfinished, self._schema, compression="zstd")
        self._waiting: list[dict[str, Any]] = []

    def add(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Add documents. Raises OSError where the disk takes no more."""
        self._waiting += [{name: value_of(name, each.get(name)) for name in self.columns} for each in documents]
        if len(self._waiting) >= GROUP:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(self._table.from_pylist(self._waiting, schema=self._schema))
        self._waiting = []

    def finish(self) -> None:
        """Write the file's end, without which it cannot be read, and give it its name."""
        self._flush()
        self._writer.close()
        self._unfinished.replace(self._path)

    def __enter__(self) -> Self:
        """Return the file."""
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """Finish the file; what broke off leaves none."""
        if failed is None:
            self.finish()
            return
        self._writer.close()
        self._unfinished.unlink(missing_ok=True)
