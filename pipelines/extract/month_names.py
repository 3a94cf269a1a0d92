"""What months and mornings are called in a language, and how dates are ordered: from babel and dateparser."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

from babel import Locale, UnknownLocaleError

_ENGLISH = "january february march april may june july august september october november december".split()
#: the Persian calendar's months, which neither library has without further packages
_PERSIAN = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند".split()
#: the Levant's and the Maghreb's names, which "ar" alone does not have
_RELATIVES = {"ar": ("ar-LB", "ar-DZ"), "no": ("nb",), "sr": ("sr-Latn",), "pt": ("pt-PT",), "zh": ("zh-Hant",)}


@dataclass(frozen=True)
class Names:
    """A language's words for dates, folded."""

    months: dict[str, int]
    persian_months: dict[str, int]
    morning: frozenset[str]
    afternoon: frozenset[str]
    #: "DMY", "MDY" or "YMD"; empty where unknown: then 3/4/2024 is not read
    order: str
    pattern: re.Pattern[str]


def folded(text: str) -> str:
    """Return text as the names are compared: one form of each letter, lower case, dots of abbreviations gone."""
    return unicodedata.normalize("NFKC", text).casefold().replace("\u200c", "").replace("i̇", "i")


@lru_cache(64)
def names(tag: str) -> Names:
    """Return the words of the language `tag` (BCP 47), with English beside them.

    >>> names("tr").months["şubat"], names("en-US").order, names("de").order
    (2, 'MDY', 'DMY')
    """
    language = tag.split("-")[0].lower()
    months: dict[str, int] = {}
    morning, afternoon = {"am", "a.m.", "a.m", "午前", "上午", "오전"}, {"pm", "p.m.", "p.m", "午後", "下午", "오후"}
    for each in (tag, language, *_RELATIVES.get(language, ()), "en"):
        for name, number in (*_of_babel(each), *_of_dateparser(each)):
            months.setdefault(name, number)
    for each in (language, "en"):
        info = _info(each)
        morning.update(folded(word) for word in info.get("am", ()))
        afternoon.update(folded(word) for word in info.get("pm", ()))
        locale = _locale(each)
        if locale is not None:
            for width in ("abbreviated", "wide"):
                periods = locale.day_periods.get("format", {}).get(width, {})
                morning.add(folded(str(periods.get("am", "am"))))
                afternoon.add(folded(str(periods.get("pm", "pm"))))
    persian = {folded(name): at for at, name in enumerate(_PERSIAN, 1)} if language in ("fa", "ps", "ckb") else {}
    every = sorted({*months, *persian}, key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(name) for name in every if len(name) > 1))
    return Names(months, persian, frozenset(morning), frozenset(afternoon), _order(tag), pattern)


def _of_babel(tag: str) -> list[tuple[str, int]]:
    locale = _locale(tag)
    if locale is None:
        return []
    found = []
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in locale.months[context][width].items():
                key = folded(name).strip(".")
                if any(map(str.isalpha, key)) and not key[0].isdigit():
                    found.append((key, number))
    return found


def _of_dateparser(tag: str) -> list[tuple[str, int]]:
    info = _info(tag)
    found = []
    for number, english in enumerate(_ENGLISH, 1):
        for name in info.get(english, ()):
            key = folded(name).strip(".")
            if len(key) > 1 and not key[0].isdigit():
                found.append((key, number))
    return found


def _info(tag: str) -> dict[str, list[str]]:
    language = tag.split("-")[0].lower()
    if not language.isalpha() or len(language) > 3:
        return {}
    try:
        module = import_module(f"dateparser.data.date_translation_data.{language}")
    except ModuleNotFoundError:
        return {}
    info: dict[str, list[str]] = module.info
    return info


def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


def _order(tag: str) -> str:
    if tag.lower() == "en":
        return ""  # 3/4/2024 means two days, depending on the side of the Atlantic
    locale = _locale(tag) or _locale(tag.split("-")[0].lower())
    if locale is None:
        return ""
    letters = re.sub(r"[^dMy]", "", str(locale.date_formats["short"].pattern))
    return "".join(dict.fromkeys(letters)).upper()
