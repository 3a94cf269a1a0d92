"""Towns, and parts of towns, that no gazetteer has and only the text tells."""

from pipelines.enrich.gazetteer import Place
from pipelines.enrich.lexicon import tells
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import capital, index_at, joined, runs, written

#: the latitude and longitude of a place that only the text knows
UNKNOWN = -999.0
#: languages that put the noun before: Kibbuz Nir Oz, la ville de Nendeln
_BEFORE = frozenset("de fr es it pt nl ru uk cs pl id".split())
#: nouns behind an English name that make it something else's: a county, a coast
_ELSE = frozenset("coast port region province county outskirts city downtown".split())


def quarters(
    reading: Reading, taken: bytearray, accepted: list[tuple[int, str, Place]]
) -> list[tuple[int, str, Place]]:
    """Return towns and parts of towns that the text alone tells: "the al-Mashtal neighbourhood", "Kibbuz Nir Oz".

    They get the country of the nearest place before or after, and no coordinates: nobody knows them.
    """
    marks = bytearray(taken)
    for start, name, _ in accepted:
        for index in range(index_at(reading, start), index_at(reading, start + len(name))):
            marks[index] = 1
    found: list[tuple[int, str, Place]] = []
    for first, end in runs(reading, marks):
        if end - first > 3 or reading.loud[first] or not _called_town(reading, first, end):
            continue
        start, name = reading.words[first].start, written(reading, first, end)
        near = min(
            (where for _, _, where in accepted),
            key=lambda where: min(abs(at - start) for at, _, other in accepted if other == where),
            default=None,
        )
        if near:
            found.append(
                (start, name, Place(name=name, code=near.country, kind="city", lat=UNKNOWN, lon=UNKNOWN, population=0))
            )
    return found


def _called_town(reading: Reading, first: int, end: int) -> bool:
    """Return whether a noun such as village or neighbourhood stands right before or behind an unknown name."""
    keys, language = reading.keys, reading.language
    if any(
        tells("bodies", language, keys[index]) or tells("towns", language, keys[index]) for index in range(first, end)
    ):
        return False
    behind = (
        end < len(keys)
        and joined(reading, end - 1)
        and not capital(reading, end)
        and tells("towns", language, keys[end])
    )
    if behind and language in ("en", "tr"):
        return keys[end] not in _ELSE
    ahead = first - 1
    if ahead > 0 and keys[ahead] in ("of", "de", "di", "named", "called"):
        ahead -= 1
    return (
        (language in ("de", "fr", "es", "it", "pt", "nl", "ru", "uk", "cs", "pl", "id") or keys[first - 1] == "of")
        and ahead >= 0
        and tells("towns", language, keys[ahead])
        and reading.text[reading.words[first - 1].end : reading.words[first].start] == " "
    )
