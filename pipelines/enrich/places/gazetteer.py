"""Places by name, and American states as papers and Congress shorten them."""

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from pipelines.enrich.text.analysed_text import AnalysedText, capital
from pipelines.enrich.text.lexicon import base_forms, columns, hash_column, hashed

#: file of the table, made by bench/make_gazetteer.py
TABLE = "places.bin"

KINDS = ("country", "region", "city")


@dataclass(frozen=True, kw_only=True, slots=True)
class GazetteerPlace:
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
    column, numbers = hash_column(TABLE, "hashes"), columns(TABLE)[0]["numbers"]
    hashes, wanted = column.values, hashed(key)
    end = at = column.first(wanted)
    while end < len(hashes) and hashes[end] == wanted:
        end += 1
    return tuple(numbers[at:end])


@lru_cache(6_000)
def begins(key: str) -> bool:
    """Return whether a longer name begins with these words, or with these two characters in Chinese, Japanese, Thai."""
    return key in hash_column(TABLE, "beginnings")


@lru_cache(12_000)
def leads(form: str, language: str) -> bool:
    """Return whether a word, or a word that it may be an inflection of, is a place's name or begins one."""
    return any(find(each) or begins(each) for each in (form, *base_forms(form, language)))


@lru_cache(4096)
def place(number: int) -> GazetteerPlace:
    """Return the place of a number that `find` gave."""
    table, names = columns(TABLE)
    start, end = table["offsets"][number], table["offsets"][number + 1]
    name, _, code = names[start:end].decode().partition("\t")
    return GazetteerPlace(
        name=name,
        code=code,
        kind=KINDS[table["kinds"][number]],
        lat=round(table["lats"][number], 3),
        lon=round(table["lons"][number], 3),
        population=int(table["populations"][number]),
    )


@cache
def shortened() -> dict[str, str]:
    """Return data/states.txt: short form -> the state's looked-up name; "wis" for papers, "WI" for Congress."""
    found: dict[str, str] = {}
    for line in (files("pipelines.enrich") / "data" / "states.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, _, forms = line.partition(": ")
            found |= dict.fromkeys(forms.split(), name)
    return found


def short_state(analysed: AnalysedText, index: int) -> int | None:
    """Return the number of an American state as papers shorten it: D-Minn., R-FL, La Crosse, Wis."""
    word, form = analysed.texts[index], analysed.keys[index]
    states = shortened()
    if not index or (form not in states and word not in states) or len(form) > 5 or not capital(analysed, index):
        return None
    gap = analysed.text[analysed.ends[index - 1] : analysed.starts[index]]
    member = gap == "-" and analysed.texts[index - 1] in ("D", "R", "I")
    dotted = analysed.text.startswith(".", analysed.ends[index])
    if form in states and dotted and (member or (gap == ", " and capital(analysed, index - 1))):
        return find(states[form])[0]
    town = gap == ", " and capital(analysed, index - 1) and analysed.language == "en" and not analysed.loud[index]
    if (member or town) and word in states and word.isupper():
        return find(states[word])[0]
    return None
