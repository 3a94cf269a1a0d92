"""Figures with their units: what a correction may change."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

from pipelines.enrich.reading import Reading

#: most that are listed, of the text's first characters
MOST, READ = 60, 20_000
_NUMBER = r"\d{1,3}(?:[.,'’  ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?"
_MONEY = re.compile(r"(?:US\$|[$€£¥₹])\s?$")
_FIGURE = re.compile(
    rf"(?<![\w.,])(?P<number>{_NUMBER})(?!\w)"
    r"(?:[\s\u00a0\u202f-]?(?P<first>[%€$£円원₽]|[^\W\d_]+(?:/h)?))?(?:\.?[\s\u00a0](?P<second>[€$£₽]|[^\W\d_]+))?"
)


def figures(reading: Reading) -> dict[str, Any]:
    """Return `figures`: value, unit (ISO 4217 for money, % for shares), and the figure as written; {} for none.

    A number without a unit of the list is none: years, dates, scores and addresses are not what a correction is about.
    """
    units, scales = _words()
    found = []
    for match in _FIGURE.finditer(reading.text[:READ]):
        first, second = (match["first"] or "").lower(), (match["second"] or "").lower()
        before = _MONEY.search(reading.text, max(0, match.start() - 4), match.start())
        money = units.get(before.group().strip().lower()) if before else None
        scaled = first in scales
        end, unit = match.end("second"), units.get(second if scaled else f"{first} {second}")
        if not unit:
            end, unit = (match.end("first"), money) if scaled else (match.end("first"), units.get(first) or money)
        if money and not scaled and first not in units:
            end = match.end("number")
        value = _value(match["number"])
        if unit and value is not None:
            text = reading.text[before.start() if before else match.start() : end]
            found.append({"value": value * scales.get(first, 1), "unit": unit, "text": text})
        if len(found) == MOST:
            break
    return {"figures": found} if found else {}


@cache
def _words() -> tuple[dict[str, str], dict[str, float]]:
    """Return data/units.txt: word -> unit, and word -> what it multiplies by."""
    units: dict[str, str] = {}
    scales: dict[str, float] = {}
    for line in (files("pipelines.enrich") / "data" / "units.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            unit, _, words = line.partition(": ")
            for word in words.split():
                if unit.startswith("scale "):
                    scales[word] = float(unit.split()[1])
                else:
                    units[word.replace("_", " ")] = unit
    return units, scales


def _value(number: str) -> float | None:
    """Return a number however its thousands and decimals are parted: 1,200 and 1.200 and 1 200 are one figure.

    >>> _value("1.200"), _value("3,5"), _value("44.6"), _value("1,234,567.8")
    (1200.0, 3.5, 44.6, 1234567.8)
    """
    plain = re.sub(r"['’\s]", "", number)
    last = max(plain.rfind("."), plain.rfind(","))
    marks = plain.count(".") + plain.count(",")
    if (
        last >= 0
        and len(plain) - last - 1 == 3
        and ((marks > 1 and plain[last] == plain[plain.find(plain[last])]) or marks == 1)
    ):
        whole, part = plain, ""
        if plain[:last].lstrip("0") == "":
            whole, part = plain[:last], plain[last + 1 :]
    elif last >= 0:
        whole, part = plain[:last], plain[last + 1 :]
    else:
        whole, part = plain, ""
    digits = re.sub(r"[.,]", "", whole)
    if len(digits) > 15:
        return None
    return float(f"{digits or 0}.{part or 0}")
