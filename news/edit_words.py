"""What a few words say in each language: numbers, dates, currencies, negation, hedges, who vouches (data/)."""

import json
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from news.words import MARKS, numbers

#: one language's words stand under another's name
_ALIASES = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "bs": "hr", "sh": "sr", "gl": "pt"}
#: scripts without spaces: a phrase may stand anywhere
UNSPACED = frozenset({"ja", "zh", "th"})
#: Han figures and how they multiply (GB/T 15835, JIS X 0401 usage)
_HAN_DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1_000}
_LARGE = {"万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12, "만": 10**4, "억": 10**8, "조": 10**12}
_HAN = "".join([*_HAN_DIGITS, *_HAN_UNITS, *_LARGE])
#: a figure, with spaces for thousands; then letters of large units, or a word
_FIGURE = r"(?P<figure>\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d.,]\d)|\d+(?:[.,:]\d+)*)"
_NUMERIC = re.compile(rf"{_FIGURE}|(?P<han>[{''.join(_LARGE)}])|(?P<word>[^\W\d_](?:[^\W\d_]|[{MARKS}])*)")
#: the same where words have no spaces between them
_DENSE_NUMERIC = re.compile(rf"{_FIGURE}|(?P<han>[{_HAN}])|(?P<word>[^\W\d_])")
#: from this on a multiplier ends a group of its own: two hundred thousand
_GROUP = 1_000
#: number words of these values multiply what stands before them
_MULTIPLIERS = frozenset({100, 1_000, 10**5, 10**6, 10**7, 10**9, 10**12})
#: letters of the shortest word that a prefix negates
_NEGATED = 4
#: a date in figures alone
FIGURED_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\d{1,2}\.(?:\d{4}|\d\d)|\d{1,2}/\d{1,2}/(?:\d{4}|\d\d)")
#: days and months in figures with their sign
_SIGNED_DATE = r"[\d〇一二三四五六七八九十]+ ?(?:月|日|号|號|월|일)(?!本)"


@dataclass(frozen=True, kw_only=True)
class EditWords:
    """One language's words."""

    is_dense: bool
    numbers: dict[str, int]
    negation: re.Pattern[str]
    hedge: re.Pattern[str]
    says: re.Pattern[str]
    dates: re.Pattern[str]
    #: name of a day or month -> what it is
    calendar: tuple[tuple[re.Pattern[str], str], ...]
    #: numbers of several words that are read otherwise than word by word, and as what
    compounds: tuple[tuple[re.Pattern[str], str], ...]
    #: words that multiply by ten
    tens: frozenset[str]
    small: frozenset[str]
    where: frozenset[str]
    #: what makes a word its opposite, before it
    negative_prefixes: tuple[str, ...]
    #: a title, behind at most one more sign of a name, in a script without spaces
    title: re.Pattern[str]

    def is_numeric(self, piece: str) -> bool:
        """Say whether a piece of text is a figure or a number word."""
        word = plain(piece)
        if not word:
            return False
        return (
            word[0].isdecimal()
            or word in self.numbers
            or word in self.tens
            or word in (_HAN if self.is_dense else _LARGE)
        )

    def values(self, text: str) -> Counter[float]:
        """Return the numbers that `text` states, in figures or words, each as often as it does.

        >>> edit_words("en").values("four million, 4,000,000 and twenty-one")
        Counter({4000000.0: 2, 21.0: 1})
        """
        found: Counter[float] = Counter()
        run: list[float] = []
        from_figure = False
        end = 0
        text = plain(text)
        for written, read in self.compounds:
            text = written.sub(read, text)
        for match in (_DENSE_NUMERIC if self.is_dense else _NUMERIC).finditer(text):
            value = self._value(match)
            if run and (value is None or not _joins(text[end : match.start()])):
                found[_total(run)] += 1
                run = []
            if value is not None:
                # two figures beside each other are two numbers; behind a figure only a multiplier may stand
                if run and (match["figure"] or (value >= 0 and from_figure)):
                    found[_total(run)] += 1
                    run = []
                from_figure = bool(match["figure"]) if not run else from_figure
                run.append(value)
            end = match.end()
        if run:
            found[_total(run)] += 1
        return found

    def _value(self, match: re.Match[str]) -> float | None:
        """Return a token's value, negative for what multiplies; None for another word."""
        if match["figure"]:
            return _figure(match["figure"])
        if match["han"]:
            return _HAN_DIGITS.get(match["han"], -(_HAN_UNITS | _LARGE).get(match["han"], 0))
        word = match["word"]
        value = self.numbers.get(word)
        if value is None:
            return -10 if word in self.tens else None
        return -value if value in _MULTIPLIERS else value

    def is_negated(self, one: str, other: str) -> bool:
        """Say whether one of two words is the other with a prefix that negates it.

        >>> edit_words("cs").is_negated("nefungovaly", "fungovaly"), edit_words("en").is_negated("until", "til")
        (True, False)
        """
        shorter, longer = sorted((plain(one), plain(other)), key=len)
        return len(shorter) >= _NEGATED and any(longer == prefix + shorter for prefix in self.negative_prefixes)

    def said_dates(self, text: str) -> Counter[str]:
        """Return the days and months that `text` names."""
        return Counter(self._canonical(match.group()) for match in self.dates.finditer(plain(text)))

    def _canonical(self, date: str) -> str:
        for pattern, name in self.calendar:
            date = pattern.sub(name, date)
        return " ".join(date.replace(".", " ").split())

    def without_dates(self, text: str) -> str:
        """Return `text` folded, its days and months left out."""
        return self.dates.sub(" ", plain(text))


def plain(text: str) -> str:
    """Return the text as words are listed: in lower case, with one apostrophe, one Russian е, one Romanian ş and ţ."""
    text = text.casefold().replace("’", "'").replace("ʼ", "'").replace("ё", "е").replace("\u0307", "")
    return text.replace("ș", "ş").replace("ț", "ţ")


def _joins(between: str) -> bool:
    return between.strip() in ("", "-", "\u00ad") and "\n" not in between


def _figure(text: str) -> float:
    """Return the value of a figure with its separators; of a time or version its parts behind the point as one."""
    whole, point, rest = numbers(re.sub(r"\s", "", text))[0].partition(".")
    return float(f"{whole}.{rest.replace('.', '')[:12]}") if point else float(whole)


def _total(run: list[float]) -> float:
    """Return what a run of numbers and multipliers says: two hundred thousand, 4 million, 三千五百万."""
    total = section = current = 0.0
    for value in run:
        if value >= 0:
            current += value
        elif -value < _GROUP or (-value == _GROUP and any(each < -_GROUP for each in run)):
            section += (current or 1) * -value
            current = 0.0
        elif section + current == 0 and total:
            total *= -value
        else:
            total += (section + current or 1) * -value
            section = current = 0.0
    return total + section + current


@cache
def edit_words(tag: str) -> EditWords:
    """Return the words of a language, by its BCP 47 tag; of one that has none listed, figures alone."""
    language = tag.lower().partition("-")[0]
    language = _ALIASES.get(language, language)
    listed: dict[str, Any] = _listed().get(language, {})
    spoken: dict[str, Any] = _spoken().get(language, {})
    dense = language in UNSPACED
    prefixes = listed.get("prefixes", "")
    calendar = _calendar(spoken, listed, dense=dense)
    names = "|".join(f"(?:{pattern.pattern})" for pattern, _ in calendar)
    day = r"(?:\b\d{1,2}(?:\.|st|nd|rd|th|er|º|°|-(?:го|е))?(?: de| af)? )?"
    dates = f"(?:{day}(?:{names})(?: \\d{{1,2}}\\b(?!:))?)" if names else ""
    if dense or language == "ko":
        dates = "|".join(filter(None, (_SIGNED_DATE, dates)))
    return EditWords(
        is_dense=dense,
        numbers=_numbers(spoken, listed),
        compounds=tuple(
            (re.compile(rf"(?<!\w){written}(?!\w)"), read) for written, read in listed.get("compounds", ())
        ),
        tens=frozenset(map(plain, listed.get("tens", ()))),
        negation=_any(listed.get("negation", ()), dense=dense, prefixes=prefixes),
        hedge=_any(listed.get("hedge", ()), dense=dense, prefixes=prefixes),
        says=_any(listed.get("says", ()), dense=dense, prefixes=prefixes),
        dates=re.compile(dates or r"(?!)"),
        calendar=calendar,
        small=frozenset(map(plain, listed.get("small", ()))),
        where=frozenset(map(plain, listed.get("where", ()))),
        negative_prefixes=tuple(map(plain, listed.get("negative_prefixes", ()))),
        title=re.compile(rf".?(?:{_any(listed['titles'], dense=True).pattern})" if "titles" in listed else r"(?!)"),
    )


def _numbers(spoken: dict[str, Any], listed: dict[str, Any]) -> dict[str, int]:
    """Return number word -> its value, with the letters before it that are words of their own."""
    found = {plain(word): value for word, value in spoken.get("numbers", {}).items()}
    for value, words in listed.get("numerals", {}).items():
        found |= {plain(word): int(value) for word in words}
    # a text is cut at apostrophes, unless one of the compounds takes it out
    found = {word.replace("'", ""): value for word, value in found.items()} | found
    for prefix in listed.get("prefixes", ""):
        found = {prefix + word: value for word, value in found.items()} | found
    return found


def _calendar(
    spoken: dict[str, Any], listed: dict[str, Any], *, dense: bool
) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return pattern and name of each month, weekday and of yesterday, today, tomorrow."""
    endings = int(listed.get("endings", 0))
    found: list[tuple[str, str]] = []
    for kind in ("months", "weekdays"):
        for number, forms in enumerate(spoken.get(kind, ()), 1):
            # "may" is a verb first: it counts as listed
            found += [(plain(form), f"{kind}-{number}") for form in forms if form != "may"]
    found += [(plain(form), f"months-{number}") for form, number in listed.get("months", {}).items()]
    found += [(plain(form), f"days-{number}") for number, form in enumerate(listed.get("days", ()), 1)]
    patterns = []
    for form, name in sorted(set(found), key=lambda each: -len(each[0])):
        if any(sign.isdigit() for sign in form) and len(form) < 4:
            continue  # "3月": the figure tells
        pattern = re.escape(form)
        if not dense:
            if endings and len(form) > 3 and not name.startswith("days"):
                stem = form[:-1] if len(form) > 4 and form[-1] in "aeiouyąęěůаеиоуыьйяąő" else form
                pattern = rf"{re.escape(stem)}\w{{0,{endings}}}"
            pattern = rf"(?<!\w){pattern}(?!\w)"
        patterns.append((re.compile(pattern), name))
    return tuple(patterns)


def _any(phrases: Any, *, dense: bool, prefixes: str = "") -> re.Pattern[str]:
    """Return a pattern of any of the phrases as whole words; at `*` more letters may stand, and one of `prefixes`."""
    found = []
    for phrase in sorted(map(plain, phrases), key=len, reverse=True):
        body = re.escape(phrase.strip("*"))
        if not dense:
            before = r"\w*" if phrase.startswith("*") else r"(?<!\w)" + (f"[{prefixes}]?" if prefixes else "")
            behind = r"\w*" if phrase.endswith("*") else "" if phrase.endswith(("'", "-")) else r"(?!\w)"
            body = f"{before}{body}{behind}"
        found.append(body)
    return re.compile("|".join(found) or r"(?!)")


@cache
def currencies() -> tuple[re.Pattern[str], tuple[tuple[str, str], ...]]:
    """Return a pattern of all currencies, and the code of each beginning of what it finds, the longest first."""
    listed = tomllib.loads((files("news") / "data" / "currencies.toml").read_text("utf-8"))
    found = sorted(((plain(form), code) for code, forms in listed.items() for form in forms), key=lambda x: -len(x[0]))
    parts = []
    for form, _ in found:
        body = re.escape(form.rstrip("*")) + (r"\w*" if form.endswith("*") else "")
        if (form[0].isascii() and form[0].isalpha()) or "\u0370" <= form[0] < "\u0e00":
            body = rf"(?<![^\W\d_]){body}" + ("" if form.endswith("*") else r"(?![^\W\d_])")
        parts.append(body)
    return re.compile("|".join(parts)), tuple((form.rstrip("*"), code) for form, code in found)


def said_currencies(text: str) -> Counter[str]:
    """Return the codes of the currencies that `text` names.

    >>> said_currencies("£4 million, four Euros")
    Counter({'GBP': 1, 'EUR': 1})
    """
    pattern, codes = currencies()
    return Counter(
        next(code for form, code in codes if match.startswith(form)) for match in pattern.findall(plain(text))
    )


@cache
def _listed() -> dict[str, Any]:
    return tomllib.loads((files("news") / "data" / "edit_words.toml").read_text("utf-8"))


@cache
def _spoken() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((files("news") / "data" / "spoken_words.json").read_text("utf-8"))
    return document
