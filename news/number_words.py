"""A text in, the numbers that it states out, in figures or in one language's words."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import product
from typing import Any

from news.words import MARKS, numbers

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
_MULTIPLIERS = frozenset({100, 1_000, 10**4, 10**5, 10**6, 10**7, 10**9, 10**12})
#: letters of the shortest word that is looked at as several number words written together, and of the longest
_JOINED = range(6, 60)


def plain(text: str) -> str:
    """Return the text as words are listed: in lower case, with one apostrophe, one Russian е, one Romanian ş and ţ."""
    text = text.casefold().replace("’", "'").replace("ʼ", "'").replace("ё", "е").replace("\u0307", "")
    return text.replace("ș", "ş").replace("ț", "ţ")


@dataclass(frozen=True, kw_only=True)
class NumberWords:
    """One language's number words."""

    values: dict[str, float]
    #: first, second: they belong to no number beside them, unless a hyphen joins them
    ordinals: frozenset[str]
    #: words that multiply by ten
    tens: frozenset[str]
    #: numbers of several words that are read otherwise than word by word, and as what
    compounds: tuple[tuple[re.Pattern[str], str], ...]
    #: finds figures, signs and words
    pattern: re.Pattern[str]
    #: signs that are numbers by themselves
    signs: str
    #: a number word at the beginning of several that are written together; None where they are written apart
    joined: re.Pattern[str] | None
    #: whether words have no spaces between them and are longer than a sign: Thai
    is_run_on: bool

    @classmethod
    def of(cls, spoken: dict[str, Any], listed: dict[str, Any], *, dense: bool) -> "NumberWords":
        """Return the words of the CLDR (`spoken_words.json`) with those of `edit_words.toml`."""
        ordinals = _ordinals(listed)
        values = ordinals | _values(spoken, listed)
        tens = frozenset(map(plain, listed.get("tens", ())))
        run_on = dense and bool(listed.get("numerals"))
        pattern = _DENSE_NUMERIC if dense else _NUMERIC
        joined = None
        if run_on:
            # what only begins like a number, or ends like one, is read as the whole that it is
            values = {plain(word): float(value) for value, words in listed["numerals"].items() for word in words}
            every = sorted({*values, *tens, *listed.get("no_numbers", ())}, key=len, reverse=True)
            pattern = re.compile(rf"{_FIGURE}|(?P<han>(?!))|(?P<word>{'|'.join(map(re.escape, every))})")
        elif listed.get("joined") is not None:
            parts = "|".join(map(re.escape, sorted(values, key=len, reverse=True)))
            joined = re.compile(rf"({parts})(?:{'|'.join(map(plain, listed['joined']))})")
        return cls(
            values=values,
            ordinals=frozenset(ordinals) - spoken.get("numbers", {}).keys(),
            tens=tens,
            compounds=tuple(
                (re.compile(rf"(?<!\w){written}(?!\w)"), read) for written, read in listed.get("compounds", ())
            ),
            pattern=pattern,
            signs=_HAN if dense else "".join(_LARGE),
            joined=joined,
            is_run_on=run_on,
        )

    def is_numeric(self, piece: str) -> bool:
        """Say whether a piece of text is a figure or a number word."""
        word = plain(piece)
        return bool(word) and (word[0].isdecimal() or word in self.signs or self._of_word(word) is not None)

    def said(self, text: str) -> Counter[float]:
        """Return the numbers that `text` states, each as often as it does."""
        found: Counter[float] = Counter()
        run: list[float] = []
        from_figure = False
        end = 0
        text = plain(text)
        for written, read in self.compounds:
            text = written.sub(read, text)
        for match in self.pattern.finditer(text):
            value, between = self._value(match), text[end : match.start()]
            is_ordinal = match["word"] in self.ordinals
            # two figures beside each other are two numbers; behind a figure only a multiplier may stand
            is_next = value is None or match["figure"] or not _joins(between) or (from_figure and value >= 0)
            if run and (is_next or (is_ordinal and "-" not in between)):
                found[_total(run)] += 1
                run = []
            if value is not None:
                from_figure = bool(match["figure"]) if not run else from_figure
                run.append(value)
            if run and is_ordinal:
                found[_total(run)] += 1
                run = []
            end = match.end()
        if run:
            found[_total(run)] += 1
        return found

    def differ(self, before: str, after: str) -> bool:
        """Say whether both sides state numbers, and not the same; "one" is an article unless a number faces it."""
        old, new = self.said(before), self.said(after)
        if not old or not new or old == new:
            return False
        rest = [{value: times for value, times in side.items() if value != 1} for side in (old, new)]
        return rest[0] != rest[1] and (all(rest) or old[1] != new[1])

    def ranges(self, text: str) -> list[tuple[int, int]]:
        """Return where the figures and number words of `text` begin and end."""
        return [match.span() for match in self.pattern.finditer(plain(text)) if self._value(match) is not None]

    def _value(self, match: re.Match[str]) -> float | None:
        """Return a token's value, negative for what multiplies; None for another word."""
        if match["figure"]:
            return _figure(match["figure"])
        if match["han"]:
            return _HAN_DIGITS.get(match["han"], -(_HAN_UNITS | _LARGE).get(match["han"], 0))
        return self._of_word(match["word"])

    def _of_word(self, word: str) -> float | None:
        value = self.values.get(word)
        if value is not None:
            return -value if value in _MULTIPLIERS else value
        if word in self.tens:
            return -10
        return self._of_joined(word) if self.joined and len(word) in _JOINED else None

    def _of_joined(self, word: str) -> float | None:
        """Return the value of number words that are written together: hundertfünfzig, kétszázötven."""
        parts: list[float] = []
        at = 0
        while at < len(word) and self.joined and (match := self.joined.match(word, at)):
            value = self.values[match[1]]
            parts.append(-value if value in _MULTIPLIERS else value)
            at = match.end()
        return _total(parts) if at == len(word) and parts else None


def _ordinals(listed: dict[str, Any]) -> dict[str, float]:
    """Return each form of first, second and so on -> its number."""
    return {
        plain(stem + ending): number
        for number, stems in enumerate(listed.get("ordinals", ()), 1)
        for stem, ending in product(stems.split(), listed.get("ordinal_endings", "").split() or ("",))
    }


def _values(spoken: dict[str, Any], listed: dict[str, Any]) -> dict[str, float]:
    """Return number word -> its value, with the letters before it that are words of their own."""
    found: dict[str, float] = {plain(word): value for word, value in spoken.get("numbers", {}).items()}
    for value, words in listed.get("numerals", {}).items():
        found |= {plain(word): float(value) for word in words}
    for tens, units in listed.get("native", ()):
        found |= {
            ten + unit: 10.0 * (many + 1) + one + 1
            for (many, ten), (one, forms) in product(enumerate(tens), enumerate(units))
            for unit in forms.split()
        }
    # a text is cut at apostrophes, unless one of the compounds takes it out
    found = {word.replace("'", ""): value for word, value in found.items()} | found
    for prefix in listed.get("prefixes", ""):
        found = {prefix + word: value for word, value in found.items()} | found
    return found


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
