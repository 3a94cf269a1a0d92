"""A search as a Parquet file: every article, each field in its type, and no file where it broke off."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from index.fields import FIELDS
from news.errors import BadQuery, ConfigurationError
from tests.web.conftest import document
from web import parquet as module
from web.parquet import GROUP, LISTS, ParquetFile

parquet = pytest.importorskip("pyarrow.parquet")

HOSTILE = [
    None,
    True,
    0,
    -1,
    2**70,
    0.5,
    float("nan"),
    "",
    "x",
    "\ud800",
    "2026-13-45",
    [],
    ["a", None],
    [{"name": "\udfff"}],
    {"a": [1]},
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_file_is_written_whatever_stands_in_a_field(tmp_path: Path, value: Any) -> None:
    with ParquetFile(tmp_path / "a.parquet", ()) as file:
        file.add([{"id": "a"} | dict.fromkeys(set(FIELDS) - {"id"}, value)])
    (row,) = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert row["id"] == "a"
    assert row.keys() == FIELDS.keys()


def test_each_field_has_its_type(tmp_path: Path) -> None:
    given = document(
        "a",
        date_published="2026-11-02T07:05:00+01:00",
        authors=["Ada Moss", "Bo Li"],
        stealth=True,
        word_count=12,
        similarity=0.5,
        people=[{"name": "Jo", "mentions": 2}],
    )
    with ParquetFile(
        tmp_path / "a.parquet",
        ("headline", "date_published", "authors", "stealth", "word_count", "similarity", "people"),
    ) as file:
        file.add([given])
    (row,) = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert list(row) == ["id", "headline", "date_published", "authors", "stealth", "word_count", "similarity", "people"]
    assert row["date_published"] == datetime(2026, 11, 2, 6, 5, tzinfo=UTC)
    assert (row["authors"], row["stealth"], row["word_count"], row["similarity"]) == (
        ["Ada Moss", "Bo Li"],
        True,
        12,
        0.5,
    )
    assert row["people"] == '[{"name":"Jo","mentions":2}]'


def test_a_list_of_texts_is_a_field_of_the_index() -> None:
    assert FIELDS.keys() >= LISTS
    assert all(FIELDS[name].type.get("type") in ("keyword", "text") for name in LISTS)


def test_many_articles_are_in_groups_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUP", 10)
    with ParquetFile(tmp_path / "a.parquet", ("url",)) as file:
        for first in range(0, 95, 7):
            file.add([document(f"d{number}") for number in range(first, min(first + 7, 95))])
    read = parquet.ParquetFile(tmp_path / "a.parquet")
    assert read.num_row_groups > 5
    assert read.read().column("id").to_pylist() == [document(f"d{number}")["id"] for number in range(95)]
    assert GROUP >= 1_000


def test_what_breaks_off_leaves_no_file_and_what_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"

    def broken() -> None:
        with ParquetFile(path, ()) as file:
            file.add([document("a")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert list(tmp_path.iterdir()) == []
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        ParquetFile(path, ())
    assert path.read_text() == "mine"
    with pytest.raises(BadQuery, match="There is no field 'headlin'"):
        ParquetFile(tmp_path / "b.parquet", ("headlin",))
    with pytest.raises(FileNotFoundError):
        ParquetFile(tmp_path / "no" / "b.parquet", ())


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"broadsheet\[parquet\]"):
        ParquetFile(tmp_path / "a.parquet", ())
