"""Where names lead: countries, regions and towns by each name they have."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

from pipelines.enrich.hashes import columns, contains, hashed

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


@lru_cache(6_000)
def find(key: str) -> tuple[int, ...]:
    """Return the numbers of the places with this name, those likelier meant first; () if there is none.

    >>> place(find("bagdad")[0]).name
    'Baghdad'
    """
    table, _ = columns(TABLE)
    hashes, numbers = table["hashes"], table["numbers"]
    wanted = hashed(key)
    at = bisect_left(hashes, wanted)
    found = []
    while at < len(hashes) and hashes[at] == wanted:
        found.append(int(numbers[at]))
        at += 1
    return tuple(found)


def begins(key: str) -> bool:
    """Return whether a longer name begins with these words, or with these two characters in Chinese, Japanese, Thai."""
    return contains(columns(TABLE)[0]["beginnings"], key)


@lru_cache(4096)
def place(number: int) -> Place:
    """Return the place of a number that `find` gave."""
    table, names = columns(TABLE)
    start, end = table["offsets"][number], table["offsets"][number + 1]
    name, _, code = names[start:end].decode().partition("\t")
    return Place(
        name=name,
        code=code,
        kind=KINDS[table["kinds"][number]],
        lat=round(table["lats"][number], 3),
        lon=round(table["lons"][number], 3),
        population=int(table["populations"][number]),
    )
