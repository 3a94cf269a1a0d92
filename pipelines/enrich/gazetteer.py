"""Where names lead: a sorted table of hashes, so that a hundred thousand places take a few megabytes a process."""

import json
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files

#: file of the table, made by bench/make_gazetteer.py
TABLE = "places.bin"

KINDS = ("country", "region", "city")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One entry of the gazetteer."""

    name: str
    #: ISO 3166-1 alpha-2 of a country or of the country a city is in; ISO 3166-2 of a region
    code: str
    kind: str
    lat: float
    lon: float
    population: int

    @property
    def country(self) -> str:
        """ISO 3166-1 alpha-2 of the country it is or lies in."""
        return self.code[:2]


def hashed(key: str) -> int:
    """Return the 64 bits that stand for a looked-up form in the table.

    Among 300,000 names a word that is none of them is taken for one once in 10^13 times.
    """
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")


class Gazetteer:
    """The table, in arrays: hash -> place numbers, the most populous first; place number -> Place."""

    def __init__(self, data: bytes) -> None:
        """Take the bytes of the table apart: a line of JSON with the sizes, then the arrays one after the other."""
        head, _, rest = data.partition(b"\n")
        self._columns: dict[str, array[int] | array[float]] = {}
        at = 0
        view = memoryview(rest)
        for name, code, size in json.loads(head)["columns"]:
            column: array[int] = array(code)
            column.frombytes(view[at : at + size])
            self._columns[name] = column
            at += size
        self._hashes = self._columns["hashes"]
        self._numbers = self._columns["numbers"]
        self._names = bytes(view[at:])

    def find(self, key: str) -> list[int]:
        """Return the numbers of the places with this name, those likelier meant first; [] if there is none."""
        wanted = hashed(key)
        at = bisect_left(self._hashes, wanted)
        found = []
        while at < len(self._hashes) and self._hashes[at] == wanted:
            found.append(int(self._numbers[at]))
            at += 1
        return found

    def place(self, number: int) -> Place:
        """Return the place of a number that `find` gave."""
        columns = self._columns
        start, end = int(columns["offsets"][number]), int(columns["offsets"][number + 1])
        name, _, code = self._names[start:end].decode().partition("\t")
        return Place(
            name=name,
            code=code,
            kind=KINDS[int(columns["kinds"][number])],
            lat=round(columns["lats"][number], 3),
            lon=round(columns["lons"][number], 3),
            population=int(columns["populations"][number]),
        )


@cache
def gazetteer() -> Gazetteer:
    """Return the gazetteer; it is read once a process, on first use, in some 10 ms."""
    return Gazetteer((files("pipelines.enrich") / "data" / TABLE).read_bytes())
