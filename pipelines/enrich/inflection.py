"""The base forms an inflected name may have: endings off, prefixes off, checked by whoever looks them up."""

from functools import cache, lru_cache
from importlib.resources import files

#: languages whose many-worded names change in each word
MANY_WORDED = frozenset({"ru", "uk", "cs", "sk", "pl", "hr", "sl", "sr", "be", "is", "lt", "lv"})
#: a name is not cut shorter than this
SHORTEST = 3
#: no word gives more forms than this
MOST = 24


@cache
def _rules() -> tuple[dict[str, list[tuple[str, str]]], dict[str, tuple[str, ...]]]:
    """Return data/inflection.txt: by language the endings with their bases, and the prefixes, the longest first."""
    endings, prefixes = {}, {}
    for line in (files("pipelines.enrich") / "data" / "inflection.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            language, _, rules = line.partition(": ")
            if language.startswith("prefixes "):
                prefixes[language.split()[1]] = tuple(sorted(rules.split(), key=len, reverse=True))
            else:
                pairs = [(ending, base) for ending, _, base in (rule.partition(":") for rule in rules.split())]
                endings[language] = sorted(pairs, key=lambda pair: -len(pair[0]))
    return endings, prefixes


@lru_cache(6_000)
def base_forms(word: str, language: str) -> tuple[str, ...]:
    """Return forms that a word in lower case may be an inflection of, the likeliest first; without itself.

    >>> "ирак" in base_forms("ирака", "ru"), "россия" in base_forms("россии", "ru"), base_forms("بالعراق", "ar")[0]
    (True, True, 'عراق')
    """
    endings, prefixes = _rules()
    found: dict[str, None] = {}
    shortest = 2 if language == "ko" else SHORTEST
    for ending, base in endings.get(language, ()):
        if word.endswith(ending) and len(word) - len(ending) + len(base) >= shortest and word != ending:
            found.setdefault(word[: len(word) - len(ending)] + base)
    for prefix in prefixes.get(language, ()):
        if word.startswith(prefix) and len(word) - len(prefix) >= SHORTEST:
            rest = word[len(prefix) :]
            found.setdefault(rest)
            if language == "ar" and not rest.startswith("ال"):
                # "the Iraq": بالعراق is ب and العراق
                found.setdefault("ال" + rest)
    found.pop(word, None)
    return tuple(found)[:MOST]
