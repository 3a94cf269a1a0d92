"""What a few words say in each language: numbers, dates, currencies, negation, hedges, who vouches (data/)."""

import json
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from news.number_words import NumberWords, plain

#: one language's words stand under another's name
_ALIASES = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "bs": "hr", "sh": "sr", "gl": "pt"}
#: scripts without spaces: a phrase may stand anywhere
UNSPACED = frozenset({"ja", "zh", "th"})
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
    numbers: NumberWords
    negation: re.Pattern[str]
    hedge: re.Pattern[str]
    says: re.Pattern[str]
    dates: re.Pattern[str]
    #: name of a day or month -> what it is
    calendar: tuple[tuple[re.Pattern[str], str], ...]
    small: frozenset[str]
    where: frozenset[str]
    #: what makes a word its opposite, before it
    negative_prefixes: tuple[str, ...]
    #: a title, behind at most one more sign of a name, in a script without spaces
    title: re.Pattern[str]
    #: a title and the beginning of the name behind it, up to the end; where no capital shows a name
    titled: re.Pattern[str]
    #: the signs that a name begins with, in a language where few do; "" in others
    surnames: str

    def is_numeric(self, piece: str) -> bool:
        """Say whether a piece of text is a figure or a number word."""
        return self.numbers.is_numeric(piece)

    def values(self, text: str) -> Counter[float]:
        """Return the numbers that `text` states, in figures or words, each as often as it does.

        >>> edit_words("en").values("four million, 4,000,000 and twenty-one")
        Counter({4000000.0: 2, 21.0: 1})
        """
        return self.numbers.said(text)

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
        numbers=NumberWords.of(spoken, listed, dense=dense),
        negation=_any(listed.get("negation", ()), dense=dense, prefixes=prefixes),
        hedge=_any(listed.get("hedge", ()), dense=dense, prefixes=prefixes),
        says=_any(listed.get("says", ()), dense=dense, prefixes=prefixes),
        dates=re.compile(dates or r"(?!)"),
        calendar=calendar,
        small=frozenset(map(plain, listed.get("small", ()))),
        where=frozenset(map(plain, listed.get("where", ()))),
        negative_prefixes=tuple(map(plain, listed.get("negative_prefixes", ()))),
        title=re.compile(rf".? ?(?:{_any(listed['titles'], dense=True).pattern})" if "titles" in listed else r"(?!)"),
        titled=_titled(listed, dense=dense),
        surnames=listed.get("surnames", ""),
    )


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
    for kind in ("months", "weekdays"):
        found += [(plain(form), f"{kind}-{number}") for form, number in listed.get(kind, {}).items()]
    found += [(plain(form), f"days-{number}") for number, form in enumerate(listed.get("days", ()), 1)]
    patterns = []
    for form, name in sorted(set(found), key=lambda each: -len(each[0])):
        if any(sign.isdigit() for sign in form) and len(form) < 4:
            continue  # "3月": the figure tells
        pattern = re.escape(form)
        if not dense:
            if endings and (len(form) > 3 or form[0] >= "가") and not name.startswith("days"):
                stem = form[:-1] if len(form) > 4 and form[-1] in "aeiouyąęěůаеиоуыьйяąő" else form
                pattern = rf"{re.escape(stem)}\w{{0,{endings}}}"
            before = f"[{listed['prefixes']}]?" if "prefixes" in listed else ""
            pattern = f"(?<!{_sign(form)}){before}{pattern}(?!{_sign(form)})"
        patterns.append((re.compile(pattern), name))
    return tuple(patterns)


def _sign(phrase: str) -> str:
    """Return a pattern of what may stand within a word of the phrase's script: of Indic ones vowels are no \\w."""
    return r"[\w\u0900-\u0963\u0971-\u0dff]" if "\u0900" <= phrase.strip("*")[0] < "\u0e00" else r"\w"


def _titled(listed: dict[str, Any], *, dense: bool) -> re.Pattern[str]:
    titles = "|".join(sorted(map(re.escape, map(plain, listed.get("titled", ()))), key=len, reverse=True))
    if not titles:
        return re.compile(r"(?!)")
    surnames = listed.get("surnames")
    if dense and surnames:
        return re.compile(rf"(?:{titles})(?:[{surnames}].?)?$")
    if dense:
        return re.compile(rf"(?:{titles})\S{{0,20}}(?: \S{{0,20}})?$")
    return re.compile(rf"(?<!\w)(?:{titles})(?:\s+\S+)?\s+$")


def _any(phrases: Any, *, dense: bool, prefixes: str = "") -> re.Pattern[str]:
    """Return a pattern of any of the phrases as whole words; at `*` more letters may stand, and one of `prefixes`."""
    found = []
    for phrase in sorted(map(plain, phrases), key=len, reverse=True):
        body = re.escape(phrase.strip("*"))
        if not dense:
            sign = _sign(phrase)
            before = f"{sign}*" if phrase.startswith("*") else f"(?<!{sign})" + (f"[{prefixes}]?" if prefixes else "")
            behind = f"{sign}*" if phrase.endswith("*") else "" if phrase.endswith(("'", "-")) else f"(?!{sign})"
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
