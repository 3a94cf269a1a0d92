"""Dates as people read them: "8 Şubat 2024, 14:30", "٨ فبراير ٢٠٢٤", "2024年2月8日 8時55分", "Feb 8, 2024, 8:55 AM"."""

import json
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from pipelines.extract.instants import Stated, is_zone, sane, zone_named
from pipelines.extract.language_rules import any_of

#: made by bench/make_date_words.py, which says of what
DATE_WORDS = "date_words.json"
#: the Persian calendar's months, which neither Babel nor that file has
_PERSIAN = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند".split()
#: the Levant's and the Maghreb's names, which "ar" alone does not have
_RELATIVES = {
    "ar": ("ar-LB", "ar-DZ", "ar-MA"),
    "no": ("nb",),
    "sr": ("sr-Latn",),
    "pt": ("pt-PT",),
    "zh": ("zh-Hant",),
}


@dataclass(frozen=True)
class DateWords:
    """A language's words for dates, folded."""

    months: dict[str, int]
    persian_months: dict[str, int]
    morning: frozenset[str]
    afternoon: frozenset[str]
    #: "DMY", "MDY" or "YMD"; empty where unknown: then 3/4/2024 is not read
    order: str
    #: the language's clocks show twelve hours: without am or pm a time of day is half known
    halves: bool
    pattern: re.Pattern[str]
    #: without a region: "th"
    language: str


def folded(text: str) -> str:
    """Return text as the names are compared: one form of each letter, lower case, dots of abbreviations gone."""
    return unicodedata.normalize("NFKC", text).casefold().replace("\u200c", "").replace("i̇", "i")


@lru_cache(64)
def date_words(tag: str) -> DateWords:
    """Return the words of the language `tag` (BCP 47), with English beside them.

    >>> date_words("tr").months["şubat"], date_words("en-US").order, date_words("de").order
    (2, 'MDY', 'DMY')
    """
    language = tag.split("-")[0].lower()
    months: dict[str, int] = {}
    morning, afternoon = {"am", "a.m.", "a.m", "午前", "上午", "오전"}, {"pm", "p.m.", "p.m", "午後", "下午", "오후"}
    for each in (tag, language, *_RELATIVES.get(language, ()), "en"):
        for name, number in (*_of_babel(each), *_of_table(each)):
            months.setdefault(name, number)
    for each in (language, "en"):
        table = _table(each)
        morning.update(table.get("am", ()))
        afternoon.update(table.get("pm", ()))
        locale = _locale(each)
        if locale is not None:
            for width in ("abbreviated", "wide"):
                periods = locale.day_periods.get("format", {}).get(width, {})
                morning.add(folded(str(periods.get("am", "am"))))
                afternoon.add(folded(str(periods.get("pm", "pm"))))
    persian = {folded(name): at for at, name in enumerate(_PERSIAN, 1)} if language in ("fa", "ps", "ckb") else {}
    every = sorted({*months, *persian}, key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(name) for name in every if len(name) > 1))
    am, pm = frozenset(morning), frozenset(afternoon)
    return DateWords(months, persian, am, pm, _order(tag), _halves(tag), pattern, language)


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


def _of_table(tag: str) -> list[tuple[str, int]]:
    months = _table(tag).get("months", ())
    return [(name, number) for number, names in enumerate(months, 1) for name in names]


def _table(tag: str) -> dict[str, Any]:
    return _tables().get(tag.split("-")[0].lower(), {})


@cache
def _tables() -> dict[str, dict[str, Any]]:
    """Return data/date_words.json: language -> `months`, twelve lists of folded names, and words for `am` and `pm`."""
    found: dict[str, dict[str, Any]] = json.loads(
        (files("pipelines.extract") / "data" / DATE_WORDS).read_text(encoding="utf-8")
    )
    return found


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


def _halves(tag: str) -> bool:
    locale = _locale(tag) or _locale(tag.split("-")[0].lower())
    return locale is None or "a" in re.sub(r"'[^']*'", "", str(locale.time_formats["short"].pattern))


#: a line that states a date is short; in a paragraph dates are what the news is about
LINE_LIMIT = 160

_EASTERN = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
#: years of Japan's emperors: the first of the era, and the year before it
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
_ERA = re.compile(r"(令和|平成|昭和)\s?(\d{1,2}|元)\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日")
#: "R8.11.18", in Japanese alone
_ERA_LETTERS = {"r": 2018, "h": 1988, "s": 1925}
_ERA_LETTER = re.compile(r"(?<![^\W_])([rhs])\s?(\d{1,2})([./-])(\d{1,2})\3(\d{1,2})(?!\d)")
#: years of the Republic of China, with the word anywhere, with signs in Chinese alone: "115/11/18"
_MINGUO = re.compile(r"(?:民國|民国)\s?(\d{2,3})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日")
_MINGUO_SIGNS = re.compile(r"(?<![\d./-])(1[0-4]\d)([./-])(\d{1,2})\2(\d{1,2})(?![\d./-])")
_BEFORE_REPUBLIC = 1911
#: numbers as Chinese and Japanese write them in words, before what they count
_IN_WORDS = re.compile(r"[〇零一二三四五六七八九十]{1,4}(?=\s?[年月日])")
_DIGITS_IN_WORDS = {sign: digit for digit, sign in enumerate("〇一二三四五六七八九")} | {"零": 0}
#: "03.11.26": dots, day first
_SHORT_YEAR = re.compile(r"(?<![\d.])(\d{2})\.(\d{2})\.(\d{2})(?![\d.])")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{4})(?!\d)")
_BEFORE = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|\.|º|°|-?го|-?ое)?[\s,.]{0,3}(?:de |of |da |tháng )?\W{0,3}$")
_AFTER = re.compile(r"^\W{0,3}(?:de |del |of |da |năm |ค\.?ศ\.? ?|พ\.?ศ\.? ?)?\s?(\d{4})(?!\d)")
#: "18 พ.ย. 69": of the Buddhist era
_SHORT_AFTER = re.compile(r"^\W{0,3}(\d{2})(?![\d:.])")
_DAY_AFTER = re.compile(r"^\W{0,3}(\d{1,2})(?:st|nd|rd|th|일|日|\.)?(?!\d)\W{0,4}(?:(\d{4})(?!\d))?")
_YEAR_BEFORE = re.compile(r"(?<!\d)(\d{4})\W{1,4}(?:m\. |év )?$")
_CLOCK = re.compile(
    r"(?<![\d.:/-])(\d{1,2})\s?(?:[:.h時시点點]|uhr)\s?(\d{2})(?:\s?[:.分분]\s?(\d{2}))?(?![\d/])\s?(?:分|분|uhr|hrs|h\b)?",
    re.IGNORECASE,
)
_HOUR = re.compile(r"(?<![\d.:/-])(\d{1,2})\s?(a\.?m\.?|p\.?m\.?)(?!\w)", re.IGNORECASE)
_ZONE = re.compile(r"^[\s,(]{0,3}((?:utc|gmt)?\s?[+−-]\s?\d{1,2}(?::?\d{2})?|[a-zмск]{2,5}\b)", re.IGNORECASE)
#: two letters with dots, as languages write am and pm
_UNREAD_HALF = re.compile(r"[^\W\d_]{1,2}\.\s?[^\W\d_]{1,2}\.")
_LETTERS = re.compile(r"[^\W\d_]+")
#: Latin letters of a month's name that is believed in any language: shorter ones are words elsewhere ("mar", "set")
_NAME = 4
_MODIFIED = re.compile(any_of("updated"), re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """A date in words, as found in a line of the page."""

    stated: Stated
    text: str
    #: the line says that this is when the text was changed
    modified: bool = False
    #: the line stands near the headline
    near: bool = False


def find(line: str, language: str, zone: ZoneInfo | None, country: str = "", *, near: bool = False) -> list[Spoken]:
    """Return the dates that a line states, at most two: published and changed.

    `language` is the page's (BCP 47), `zone` the outlet's. A clock time counts only with the date it stands beside, and
    a zone's name that the outlet's clock does not decide takes the clock time away.

    >>> line = "First Published Feb 8, 2024, 8:55 AM IST"
    >>> find(line, "en", ZoneInfo("Asia/Kolkata"))[0].stated.moment("text", None).isoformat()
    '2024-02-08T03:25:00Z'
    >>> [each.stated.day.isoformat() for each in find("٨ فبراير ٢٠٢٤", "ar", None)]
    ['2024-02-08']
    """
    if len(line) > LINE_LIMIT or not (any(map(str.isdigit, line)) or _IN_WORDS.search(line)):
        return []
    text = _IN_WORDS.sub(_number, folded(line))
    words = date_words(f"{language}-{country.upper()}" if country and "-" not in language else language)
    found: list[Spoken] = []
    places = _places(text, words) or _places(text, _foreign(text, words))
    for at, (start, end, day) in enumerate(places[:2]):
        stop = places[at + 1][0] if at + 1 < len(places) else len(text)
        begin = places[at - 1][1] if at else 0
        clock, seconds, zoned = _clock(text[end:stop], day, words, zone, country)
        if clock is None and not at:
            clock, seconds, zoned = _clock(text[begin:start], day, words, zone, country)
        stated = Stated(day=day, clock=clock, zone=zoned, seconds=seconds)
        changed = list(_MODIFIED.finditer(text[begin:start]))
        found.append(Spoken(stated=stated, text=line, modified=bool(changed), near=near))
    return found


def _number(match: re.Match[str]) -> str:
    """Return a number in words as digits: "二〇二六" is 2026, "十一" 11, "二十" 20."""
    words = match[0]
    if "十" not in words:
        return "".join(str(_DIGITS_IN_WORDS[each]) for each in words)
    tens, _, ones = words.partition("十")
    return str(10 * _DIGITS_IN_WORDS.get(tens, 1) + _DIGITS_IN_WORDS.get(ones, 0))


@cache
def all_months() -> dict[str, int]:
    """Return the names of months that mean one month in whatever language has them, the short ones left out."""
    meant: dict[str, set[int]] = {}
    for language in _tables():
        for name, number in _of_table(language):
            meant.setdefault(name, set()).add(number)
    return {
        name: min(numbers)
        for name, numbers in meant.items()
        if len(numbers) == 1 and len(name) >= (_NAME if name.isascii() else _NAME - 1)
    }


@cache
def _weekdays() -> frozenset[str]:
    locales = [locale for locale in map(_locale, _tables()) if locale is not None]
    every = {name.lower() for locale in locales for name in locale.days["format"]["wide"].values()}
    return frozenset(name for name in every if len(name) >= _NAME)


def is_of_date(word: str) -> bool:
    """Tell whether a word is a month's or a weekday's name, in whatever language.

    >>> is_of_date("Nov"), is_of_date("novembre"), is_of_date("Dienstag"), is_of_date("Lee")
    (True, True, True, False)
    """
    key = word.lower()
    return key in date_words("en").months or key in all_months() or key in _weekdays()


def _foreign(text: str, words: DateWords) -> DateWords:
    """Return the words with those names of months that another language has and the line holds.

    Pages state the wrong language, or none, and the text decides later.
    """
    months = {word: number for word in _LETTERS.findall(text) if (number := all_months().get(word))}
    pattern = re.compile("|".join(sorted(map(re.escape, months), key=len, reverse=True)) or r"(?!)")
    return replace(words, months=months, persian_months={}, pattern=pattern)


def _places(text: str, words: DateWords) -> list[tuple[int, int, date]]:
    """Return begin, end and day of each date in the folded text, in its order."""
    found: list[tuple[int, int, date]] = []

    def add(start: int, end: int, year: str, month: int, day: str, *, persian: bool = False) -> None:
        if (known := _date(int(year), month, int(day), persian=persian)) and all(
            end <= each[0] or start >= each[1] for each in found
        ):
            found.append((start, end, known))

    for match in _ERA.finditer(text):
        year = _ERAS[match[1]] + (1 if match[2] == "元" else int(match[2]))
        add(match.start(), match.end(), str(year), int(match[3]), match[4])
    for match in _ERA_LETTER.finditer(text) if words.language == "ja" else ():
        add(match.start(), match.end(), str(_ERA_LETTERS[match[1]] + int(match[2])), int(match[4]), match[5])
    for match in _MINGUO.finditer(text):
        add(match.start(), match.end(), str(_BEFORE_REPUBLIC + int(match[1])), int(match[2]), match[3])
    for match in _MINGUO_SIGNS.finditer(text) if words.language == "zh" else ():
        add(match.start(), match.end(), str(_BEFORE_REPUBLIC + int(match[1])), int(match[3]), match[4])
    for match in _SHORT_YEAR.finditer(text) if words.order == "DMY" else ():
        add(match.start(), match.end(), f"20{match[3]}", int(match[2]), match[1])
    for match in _EASTERN.finditer(text):
        add(match.start(), match.end(), match[1], int(match[2]), match[3])
    for match in _YEAR_FIRST.finditer(text):
        add(match.start(), match.end(), match[1], int(match[3]), match[4], persian=bool(words.persian_months))
    for match in _YEAR_LAST.finditer(text):
        first, second = int(match[1]), int(match[3])
        if match[2] == "." or words.order == "DMY" or first > 12:
            add(match.start(), match.end(), match[4], second, match[1])
        elif words.order == "MDY" or second > 12:
            add(match.start(), match.end(), match[4], first, match[3])
    for match in words.pattern.finditer(text):
        if (match.start() and text[match.start() - 1].isalpha() and match[0].isascii()) or (
            text[match.end() : match.end() + 1].isalpha() and match[0].isascii()
        ):
            continue
        persian = match[0] in words.persian_months
        month = words.persian_months.get(match[0]) or words.months[match[0]]
        before, after = text[: match.start()], text[match.end() :].lstrip(".")
        shift = len(text) - len(after)
        day_before, year_after = _BEFORE.search(before), _AFTER.match(after)
        if day_before and year_after:
            add(day_before.start(), shift + year_after.end(), year_after[1], month, day_before[1], persian=persian)
            continue
        if day_before and words.language == "th" and (short := _SHORT_AFTER.match(after)):
            add(day_before.start(), shift + short.end(), f"25{short[1]}", month, day_before[1])
            continue
        day_after, year_before = _DAY_AFTER.match(after), _YEAR_BEFORE.search(before)
        if day_after and day_after[2]:
            add(match.start(), shift + day_after.end(), day_after[2], month, day_after[1], persian=persian)
        elif day_after and year_before:
            add(year_before.start(), shift + day_after.end(1), year_before[1], month, day_after[1], persian=persian)
    return sorted(found)


def _date(year: int, month: int, day: int, *, persian: bool) -> date | None:
    if persian and 1300 <= year <= 1500:
        return _from_persian(year, month, day)
    if 2443 <= year <= 2743:
        year -= 543  # the Buddhist era of Thailand
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if sane(found) else None


def _from_persian(year: int, month: int, day: int) -> date | None:
    """Return the Gregorian day of a Persian one, by the 33-year cycle that holds from 1799 to 2256 (Borkowski)."""
    if not (1 <= month <= 12 and 1 <= day <= (31 if month <= 6 else 30)):
        return None
    elapsed = 365 * (year - 1) + (8 * year + 21) // 33
    return date.fromordinal(226_894 + elapsed + (31 * (month - 1) if month <= 7 else 30 * (month - 1) + 6) + day)


def _clock(
    text: str, day: date, words: DateWords, zone: ZoneInfo | None, country: str
) -> tuple[datetime | None, bool, tzinfo | None]:
    match = _CLOCK.search(text)
    hours_alone = None if match else _HOUR.search(text)
    if match:
        hour, minute, second = int(match[1]), int(match[2]), match[3]
        around = text[max(0, match.start() - 12) : match.start()], text[match.end() : match.end() + 12]
        half = _half(around[1], words, start=True) or _half(around[0], words, start=False)
        rest = text[match.end() :].strip()
        if not half and 1 <= hour <= 12 and _may_be_half(match[1], rest, words):
            return None, False, None
    elif hours_alone:
        hour, minute, second = int(hours_alone[1]), 0, None
        half = "pm" if hours_alone[2].lower().startswith("p") else "am"
        rest = text[hours_alone.end() :].strip()
    else:
        return None, False, None
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        clock = datetime(day.year, day.month, day.day, hour, minute, int(second or 0))  # noqa: DTZ001
    except ValueError:
        return None, False, None
    for word in sorted((*words.morning, *words.afternoon), key=len, reverse=True):
        if rest.startswith(word):
            rest = rest[len(word) :]
            break
    if after := _ZONE.match(rest):
        if known := zone_named(after[1], clock, zone, country):
            return clock, second is not None, known
        if is_zone(after[1]):
            return None, False, None
    return clock, second is not None, None


def _may_be_half(hour: str, rest: str, words: DateWords) -> bool:
    """Tell whether am or pm may be missing: where clocks show twelve hours, or an unknown abbreviation follows.

    An hour of two digits that begins with a zero is one of twenty-four, and so is one in universal time.
    """
    if rest.startswith(("utc", "gmt")):
        return False
    return bool(_UNREAD_HALF.match(rest)) or (words.halves and not hour.startswith("0"))


def _half(text: str, words: DateWords, *, start: bool) -> str:
    """Return am or pm if the text begins (or ends) with the language's word for it."""
    text = text.strip(" ,")
    for half, known in (("am", words.morning), ("pm", words.afternoon)):
        for word in known:
            if text.startswith(word) if start else text.endswith(word):
                return half
    return ""
