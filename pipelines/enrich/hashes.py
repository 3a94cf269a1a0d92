"""Sorted hashes in place of names: a hundred thousand names take a megabyte a process, and are read in milliseconds."""

import json
from array import array
from bisect import bisect_left
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any


@lru_cache(6_000)
def hashed(key: str) -> int:
    """Return the 64 bits that stand for a looked-up form.

    Among 300,000 names a word that is none of them is taken for one once in 10^13 times.
    """
    return int.from_bytes(blake2b(key.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def contains(column: "array[Any]", key: str) -> bool:
    """Return whether a sorted column of hashes has this form."""
    wanted = hashed(key)
    at = bisect_left(column, wanted)
    return at < len(column) and bool(column[at] == wanted)


@cache
def columns(name: str) -> tuple[dict[str, "array[Any]"], bytes]:
    """Return the arrays of a file under data/, by name, and the bytes that follow them; read once a process.

    The file begins with a line of JSON, `{"columns": [[name, typecode, bytes], ...]}`; bench/make_gazetteer.py and
    bench/make_words.py write such files, in the byte order of nearly all machines, little endian.
    """
    head, _, rest = (files("pipelines.enrich") / "data" / name).read_bytes().partition(b"\n")
    found: dict[str, array[Any]] = {}
    at = 0
    view = memoryview(rest)
    for column_name, code, size in json.loads(head)["columns"]:
        column: array[Any] = array(code)
        column.frombytes(view[at : at + size])
        found[column_name] = column
        at += size
    return found, bytes(view[at:])
