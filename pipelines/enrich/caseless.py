"""Places in scripts whose words are not set apart: Chinese, Japanese, Thai."""

import re

from pipelines.enrich.dense import dense_taken
from pipelines.enrich.gazetteer import Place, begins, find, place
from pipelines.enrich.reading import Reading

_RUN = re.compile("[\u0e01-\u0e4e\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]{2,}|(?<=[。、「（【])[\u4e00-\u9fff]")
#: a Katakana word ends where Katakana ends: no name begins or ends inside of one
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]")
LONGEST = 12
#: characters of Han names that other words are made of as well: their towns are named with 市, 县, 区
_TOWN_SIGN = "市县区州郡町村"
#: one character that newspapers put for a country, before these
_SHORT = {"米": "US", "英": "GB", "仏": "FR", "独": "DE", "露": "RU", "韓": "KR", "中": "CN", "伊": "IT", "豪": "AU"}


def dense_places(reading: Reading, known: int) -> list[tuple[int, str, Place]]:
    """Return mentions of countries, regions and towns of at least `known` inhabitants, longest names first."""
    found: list[tuple[int, str, Place]] = []
    if reading.language not in ("zh", "ja", "th", "und"):
        return found
    marks = bytearray(len(reading.text))
    for start, end in dense_taken(reading):
        marks[start:end] = b"\1" * (end - start)
    for run in _RUN.finditer(reading.text):
        text, at = run.group(), 0
        while at < len(text) - 1:
            if marks[run.start() + at]:
                at += 1
                continue
            size = _longest(text, at, known) if begins(text[at : at + 2]) or find(text[at : at + 2]) else 0
            if size:
                where = place(find(text[at : at + size])[0])
                found.append((run.start() + at, text[at : at + size], where))
            at += size or 1
    return found


def _longest(text: str, at: int, known: int) -> int:
    """Return the length of the longest name of a great place at this character, 0 for none."""
    for size in range(min(LONGEST, len(text) - at), 1, -1):
        name = text[at : at + size]
        if not (numbers := find(name)) or _inside_katakana(text, at, at + size):
            continue
        where = place(numbers[0])
        if (
            where.kind != "city"
            or where.population >= known * (3 if size == 2 else 1)
            or text[at + size : at + size + 1] in _TOWN_SIGN
        ):
            if where.kind == "city" and where.population < known and not text[at + size : at + size + 1]:
                continue
            return size
    return 0


def _inside_katakana(text: str, first: int, end: int) -> bool:
    before = first > 0 and _KATAKANA.match(text[first - 1]) and _KATAKANA.match(text[first])
    after = end < len(text) and _KATAKANA.match(text[end]) and _KATAKANA.match(text[end - 1])
    return bool(before or after)
