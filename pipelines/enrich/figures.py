"""Figures with their units: what a correction may change."""

import re
from typing import Any

from pipelines.enrich.reading import Reading

#: most that are listed, of the text's first characters
MOST, READ = 60, 20_000
_NUMBER = r"\d{1,3}(?:[.,'’  ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?"
_SCALES = {
    "thousand": 1e3, "tausend": 1e3, "mille": 1e3, "mil": 1e3, "tys": 1e3, "tisíc": 1e3, "тысяч": 1e3, "тыс": 1e3, "bin": 1e3, "ribu": 1e3,
    "million": 1e6, "millions": 1e6, "millionen": 1e6, "mio": 1e6, "millones": 1e6, "millón": 1e6, "milioni": 1e6, "milhões": 1e6,
    "miljoen": 1e6, "miljoner": 1e6, "millioner": 1e6, "milionů": 1e6, "mln": 1e6, "миллион": 1e6, "миллионов": 1e6, "млн": 1e6,
    "milyon": 1e6, "juta": 1e6, "triệu": 1e6, "m": 1e6,
    "billion": 1e9, "billions": 1e9, "milliarden": 1e9, "milliarde": 1e9, "mrd": 1e9, "milliards": 1e9, "miliardi": 1e9,
    "bilhões": 1e9, "miljard": 1e9, "miljarder": 1e9, "milliarder": 1e9, "miliard": 1e9, "mld": 1e9, "миллиард": 1e9,
    "миллиардов": 1e9, "млрд": 1e9, "milyar": 1e9, "miliar": 1e9, "tỷ": 1e9, "bn": 1e9, "trillion": 1e12, "billionen": 1e12,
}  # fmt: skip
_UNITS = {
    "percent": "%", "per cent": "%", "prozent": "%", "pour cent": "%", "por ciento": "%", "per cento": "%", "por cento": "%",
    "procent": "%", "prosent": "%", "процентов": "%", "процента": "%", "yüzde": "%", "persen": "%", "%": "%",
    "dollars": "USD", "dollar": "USD", "dólares": "USD", "dollari": "USD", "долларов": "USD", "dolar": "USD", "$": "USD", "us$": "USD",
    "euros": "EUR", "euro": "EUR", "евро": "EUR", "€": "EUR", "pounds": "GBP", "£": "GBP", "yen": "JPY", "¥": "JPY", "円": "JPY",
    "rubles": "RUB", "рублей": "RUB", "korun": "CZK", "kronor": "SEK", "kroner": "NOK", "złotych": "PLN", "гривен": "UAH",
    "rupees": "INR", "₹": "INR", "lira": "TRY", "reais": "BRL", "pesos": "MXN", "franken": "CHF", "원": "KRW", "₽": "RUB",
    "people": "people", "menschen": "people", "personnes": "people", "personas": "people", "persone": "people", "pessoas": "people",
    "человек": "people", "kişi": "people", "orang": "people", "osób": "people", "lidí": "people", "personer": "people",
    "dead": "dead", "killed": "dead", "deaths": "dead", "tote": "dead", "toten": "dead", "morts": "dead", "muertos": "dead", "morti": "dead",
    "mortos": "dead", "injured": "injured", "wounded": "injured", "verletzte": "injured", "blessés": "injured", "heridos": "injured",
    "feriti": "injured", "feridos": "injured", "km": "km", "kilometers": "km", "kilometres": "km", "kilometer": "km", "miles": "mi",
    "meters": "m", "metres": "m", "meter": "m", "kg": "kg", "tons": "t", "tonnes": "t", "tonnen": "t", "degrees": "°", "grad": "°",
    "hectares": "ha", "hektar": "ha", "acres": "acre", "mph": "mph", "km/h": "km/h", "years": "years", "jahre": "years", "jahren": "years",
    "hours": "hours", "stunden": "hours", "days": "days", "tage": "days", "votes": "votes", "stimmen": "votes", "jobs": "jobs",
}  # fmt: skip
_FIGURE = re.compile(
    rf"(?P<before>US\$|[$€£¥₹])?\s?(?<![\w.,])(?P<number>{_NUMBER})(?:[\s  -]?(?P<scale>[^\W\d_]+)\.?(?=\W|$))?"
    rf"(?:\s?(?P<unit>[%€$£円원₽]|[^\W\d_]+(?:/h)?(?:\s(?:cent|cento|ciento)\b)?))?",
)


def figures(reading: Reading) -> dict[str, Any]:
    """Return `figures`: value, unit (ISO 4217 for money, % for shares), and the figure as written; {} for none.

    A number without a unit of the list is none: years, dates, scores and addresses are not what a correction is about.
    """
    found = []
    for match in _FIGURE.finditer(reading.text[:READ]):
        scale = (match["scale"] or "").lower()
        unit = _UNITS.get((match["before"] or "").lower()) or _UNITS.get((match["unit"] or "").lower())
        if not unit and scale not in _SCALES:
            unit = _UNITS.get(scale)
        value = _value(match["number"])
        if unit and value is not None:
            found.append({"value": value * _SCALES.get(scale, 1), "unit": unit, "text": match.group().strip()})
        if len(found) == MOST:
            break
    return {"figures": found} if found else {}


def _value(number: str) -> float | None:
    """Return a number however its thousands and decimals are parted: 1,200 and 1.200 and 1 200 are one figure.

    >>> _value("1.200"), _value("3,5"), _value("44.6"), _value("1,234,567.8")
    (1200.0, 3.5, 44.6, 1234567.8)
    """
    plain = re.sub(r"['’\s]", "", number)
    last = max(plain.rfind("."), plain.rfind(","))
    marks = plain.count(".") + plain.count(",")
    if last >= 0 and len(plain) - last - 1 == 3 and (marks > 1 and plain[last] == plain[plain.find(plain[last])] or marks == 1):
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
