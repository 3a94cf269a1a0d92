"""Makes news/data/spoken_words.json: number words, weekdays and months of 40 languages, of the Unicode CLDR.

    python bench/make_spoken_numbers.py

PyICU and Babel must be importable (Debian: python3-icu, python3-babel); running Broadsheet needs neither. The data are
the CLDR's (Unicode-3.0; NOTICE has its terms).
"""

import json
from importlib import import_module
from itertools import chain
from pathlib import Path

#: language -> CLDR's locale, where its name is another
LOCALES = {"no": "nb", "ms": "id"}
LANGUAGES = (
    "ar bg ca cs da de el en es et fa fi fr he hi hr hu id is it ja ko lt lv ms nl no pl pt ro ru sk sl sr sv sw th tr "
    "uk vi zh"
).split()
#: numbers that a language may write as one word: then the word has the value
ONE_WORD = tuple(chain(range(1, 100), range(100, 1_000, 100), range(1_000, 100_000, 1_000)))
#: else the last word of these is a multiplier
MULTIPLIERS = tuple(times * 10**power for power in (2, 3, 5, 6, 7, 9, 12) for times in (1, 2, 5))
#: of Finnish and the like: the cases that news counts in
MOST_RULES = 24


def main() -> None:
    """Write a line a language, and say how many words there are."""
    icu, babel = import_module("icu"), import_module("babel")
    lines, count = [], 0
    for language in LANGUAGES:
        locale = LOCALES.get(language, language)
        dates = babel.Locale.parse(locale)
        found = {
            "numbers": numbers(icu, locale),
            "months": named(dates.months, range(1, 13)),
            "weekdays": named(dates.days, range(7)),
        }
        count += len(found["numbers"])
        lines.append(f'"{language}": {json.dumps(found, ensure_ascii=False, separators=(",", ":"))}')
    target = Path(__file__).parents[1] / "news" / "data" / "spoken_words.json"
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(len(lines), count, target.stat().st_size)


def numbers(icu: object, locale: str) -> dict[str, int]:
    """Return word -> value, over all genders and cases that the CLDR knows of the language."""
    rules = icu.RuleBasedNumberFormat(icu.URBNFRuleSetTag.SPELLOUT, icu.Locale(locale))  # type: ignore[attr-defined]
    names = [rules.getRuleSetName(number) for number in range(rules.getNumberOfRuleSetNames())]
    cardinal = [name for name in names if "cardinal" in name and "financial" not in name and "plural" not in name]
    found: dict[str, int] = {}
    for rule in cardinal[:MOST_RULES]:
        rules.setDefaultRuleSet(rule)
        for number in ONE_WORD:
            spoken = plain(rules.format(number))
            if " " not in spoken and not is_sum(spoken, number, found):
                found.setdefault(spoken, number)
        for number in MULTIPLIERS:
            word = plain(rules.format(number)).split()[-1]
            found.setdefault(word, 10 ** (len(str(number)) - 1))
    return found


def is_sum(spoken: str, number: int, found: dict[str, int]) -> bool:
    """Say whether parts joined by hyphens tell the value, so that the word need not be listed."""
    parts = spoken.split("-")
    return len(parts) > 1 and sum(found.get(part, 0) for part in parts) == number


def plain(spoken: str) -> str:
    """Return the words without the marks at which they may be broken."""
    return spoken.replace("\u00ad", "").replace("\u200b", "").casefold()


def named(forms: object, places: range) -> list[list[str]]:
    """Return the names of each weekday (Monday first) or month, whole words in all their forms."""
    rows = [
        {table["wide"][place].casefold() for table in (forms["format"], forms["stand-alone"])}  # type: ignore[index]
        for place in places
    ]
    return [sorted(row) for row in rows]


if __name__ == "__main__":
    main()
