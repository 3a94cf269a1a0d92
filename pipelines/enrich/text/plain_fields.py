"""What needs no names: how long a text is, its section, its keywords, its figures."""

import re
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote, urlsplit

from pipelines.enrich.text.analysed_text import AnalysedText
from pipelines.enrich.text.lexicon import key

#: words a minute of silent analysed: Brysbaert 2019 (doi 10.1016/j.jml.2019.104047), 238 for English non-fiction
WORDS_A_MINUTE = 238
#: characters a minute where words are not set apart: Trauzettel-Klosinski and Dietz 2012 (doi 10.1167/iovs.11-8284),
#: 255 Chinese and 357 Japanese characters
DENSE_A_MINUTE = 300
#: characters of Han, kana and Thai that make a word, as word processors count them
UNSPACED_LETTER = re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"\w[\w'’.-]*")


def counts(analysed: AnalysedText) -> dict[str, Any]:
    """Return `word_count` and `reading_seconds` of the body; Han, kana and Thai count a word a character."""
    body = analysed.article.body
    dense = 0 if body.isascii() else len(UNSPACED_LETTER.findall(body))
    plain = len(_WORD.findall(UNSPACED_LETTER.sub(" ", body) if dense else body))
    seconds = 60 * (plain / WORDS_A_MINUTE + dense / DENSE_A_MINUTE)
    return {"word_count": plain + dense, "reading_seconds": round(seconds)}


#: the fixed set; `other` where nothing says which
SECTIONS = (
    "politics", "world", "nation", "local", "business", "technology", "science", "health", "environment", "sport",
    "culture", "entertainment", "lifestyle", "travel", "education", "crime", "opinion", "weather", "cars", "other",
)  # fmt: skip


_WHERE = frozenset({"world", "nation", "local"})


def section(analysed: AnalysedText) -> dict[str, Any]:
    """Return `section`, one of SECTIONS: by the page's section name, its address, its keywords, else `other`."""
    article = analysed.article
    for name in re.split(r"[,;|/>»·:]", f"{article.article_section}|{article.kicker}"):
        if found := section_names().get(key(name)):
            return {"section": found}
    parts = urlsplit(article.canonical_url or article.url)
    *folders, last = [part for part in unquote(parts.path).split("/") if part] or [""]
    hosts = (parts.hostname or "").split(".")[:-2]
    # BBC: /news/world-europe-50473792
    page = re.sub(r"-\d+$", "", last).split("-")[:1] if re.fullmatch(r"[a-z]+(-[a-z]+){0,2}-\d+", last) else []
    told = [*folders[:4], *hosts, *page]
    candidates = [section_names()[form] for form in map(key, told) if form in section_names()]
    # /world/sport/...: the last folder is the narrower; but "world" or "local" say where, not what
    narrow = [each for each in candidates if each not in _WHERE]
    if not candidates:
        candidates = [section_names()[form] for form in map(key, article.keywords[:10]) if form in section_names()][:1]
    return {"section": (narrow or candidates or ["other"])[-1]}


@cache
def section_names() -> dict[str, str]:
    """Return the section each outlet's name for one leads to: data/sections.txt, `section: name, name, ...` a line."""
    lines = (files("pipelines.enrich") / "data" / "sections.txt").read_text(encoding="utf-8").splitlines()
    names: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith("#"):
            target, _, rest = line.partition(":")
            names |= {key(name): target for name in [target, *rest.split(",")] if key(name)}
    return names


#: a page with more writes them for machines; readers see no more than these
MOST_KEYWORDS = 20
#: longer than this it is a sentence
LONGEST_KEYWORD = 60
#: what content systems put beside the words: their own marks, addresses, numbers of records
_NOISE = re.compile(r"https?:|www\.|^[\W\d_]*$|^\w+[:=_/]\S*$|^[a-z]+(-[a-z0-9]+){3,}$", re.IGNORECASE)


def keywords(analysed: AnalysedText) -> dict[str, Any]:
    """Return `keywords`: split where several stand in one, each once, in the page's order and spelling.

    The outlet's name, the section's marks and content systems' codes are no keywords.
    """
    kept: dict[str, str] = {}
    outlet = key(analysed.outlet.name)
    for entry in analysed.article.keywords[:200]:
        for part in re.split(r"[,;|،、]", entry[:2_000]):
            word = " ".join(part.split()).strip("#\"'“”„«»")
            form = key(word)
            if form and form != outlet and 1 < len(word) <= LONGEST_KEYWORD and not _NOISE.search(word):
                kept.setdefault(form, word)
    return {"keywords": list(kept.values())[:MOST_KEYWORDS]}


#: most that are listed, of the text's first characters
MOST_FIGURES, READ_FOR_FIGURES = 60, 20_000
_NUMBER = r"\d{1,3}(?:[.,'’  ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?"
#: looked for first, for a pattern that begins with what must not stand before is tried at each character
_DIGITS = re.compile(r"\d(?<![\w.,]\d)")
_MONEY = re.compile(r"(?:US\$|[$€£¥₹])\s?$")
_FIGURE = re.compile(
    rf"(?P<number>{_NUMBER})(?!\w)"
    r"(?:[\s\u00a0\u202f-]?(?P<first>[%€$£円원₽]|[^\W\d_]+(?:/h)?))?(?:\.?[\s\u00a0](?P<second>[€$£₽]|[^\W\d_]+))?"
)


def figures(analysed: AnalysedText) -> dict[str, Any]:
    """Return `figures`: value, unit (ISO 4217 for money, % for shares), and the figure as written; {} for none.

    A number without a unit of the list is none: years, dates, scores and addresses are not what a correction is about.
    """
    units, scales = _words()
    read = analysed.text[:READ_FOR_FIGURES]
    found = []
    done = 0
    for digit in _DIGITS.finditer(read):
        match = _FIGURE.match(read, digit.start()) if digit.start() >= done else None
        if match is None:
            continue
        done = match.end()
        first, second = (match["first"] or "").lower(), (match["second"] or "").lower()
        before = _MONEY.search(read, max(0, match.start() - 4), match.start())
        money = units.get(before.group().strip().lower()) if before else None
        scaled = first in scales
        end, unit = match.end("second"), units.get(second if scaled else f"{first} {second}")
        if not unit:
            end, unit = (match.end("first"), money) if scaled else (match.end("first"), units.get(first) or money)
        if money and not scaled and first not in units:
            end = match.end("number")
        value = _value(match["number"])
        if unit and value is not None:
            text = read[before.start() if before else match.start() : end]
            found.append({"value": value * scales.get(first, 1), "unit": unit, "text": text})
        if len(found) == MOST_FIGURES:
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
