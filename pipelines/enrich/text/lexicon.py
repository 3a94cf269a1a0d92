"""A text's words, the form under which one is looked up, and what is known of it: lists, names, base forms."""

import json
import re
import unicodedata
from array import array
from bisect import bisect_left
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any, NamedTuple

#: a run of letters, digits and marks (combining signs belong to a letter), with an inner apostrophe, or the dotted
#: letters of an abbreviation such as U.S.
WORD = re.compile(
    r"[^\W_](?:[\w\u0300-\u036f\u0900-\u0dff]+|['’ʼ‘`´](?=\w)|(?<=\b[^\W\d_])\.(?=[^\W\d_]\.)|(?<=\.[^\W\d_])\.)*"
)
#: an elided article or pronoun is no part of the name behind it: l'Élysée, dell'Italia, d'Emmanuel
_ELIDED = re.compile(r"^(?:[dDlL]|[dDnN]ell|[aA]ll|[sS]ull|[qQ]u)['’ʼ](?=\w)")
_GENITIVE = re.compile(r"['’][sS]$")
_SUFFIX = re.compile(r"['’]")
_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ‘`´ʻʹ＇", "'"))
#: vowel signs and the elongation stroke of Arabic, points of Hebrew: written or left out at will
_POINTS = re.compile("[\u064b-\u065f\u0670\u0640\u0591-\u05c7]")
#: Arabic letters that are written with or without their hamza, and full-width Latin
_LETTERS = str.maketrans("أإآى", "اااي")
#: after these a full stop ends no sentence
ABBREVIATED = frozenset(
    "mr mrs ms dr prof st sen rep gov gen col lt sgt capt maj rev hon jr sr vs no inc corp co ltd u.s d.c ph".split()
)
_ENDERS = frozenset('.!?:\n…。！？「『“„«"•|')


class TextToken(NamedTuple):
    """One word as written, where it stands in the text, and whether a sentence or a quote begins with it."""

    text: str
    start: int
    end: int
    opens: bool


def tokens(text: str, language: str = "und") -> list[TextToken]:
    """Return the words of `text`, in order, without genitive 's, and in Turkic languages without 'suffixes.

    >>> [word.text for word in tokens("US-led forces in Kata’ib’s office")]
    ['US', 'led', 'forces', 'in', 'Kata’ib', 'office']
    """
    found: list[TextToken] = []
    suffix = _SUFFIX if language in ("tr", "az") else _GENITIVE
    before, last = 0, ""
    for match in WORD.finditer(text):
        start, end = match.span()
        word = match.group()
        gap = text[before:start]
        opens = gap != " " and (not found or _opens(gap, last))
        last, before = word, end
        if "'" in word or "’" in word:
            if (article := _ELIDED.match(word)) and article.end() < len(word):
                start += article.end()
                word = word[article.end() :]
            if (tail := suffix.search(word)) and tail.start() > 1:
                word = word[: tail.start()]
            end = start + len(word)
        found.append(TextToken(word, start, end, opens))
    return found


def _opens(gap: str, last: str) -> bool:
    if gap[:1] == "." and (len(last) == 1 or last.lower().rstrip(".") in ABBREVIATED) and gap.strip() == ".":
        return False
    return not _ENDERS.isdisjoint(gap)


@lru_cache(8192)
def key(name: str) -> str:
    """Return the form under which a name is stored and looked up: case, apostrophes, points and hyphens aside.

    >>> key("Aix-en-Provence"), key("Kata’ib Hezbollah"), key("U.S."), key("McDonald’s")
    ('aix en provence', "kata'ib hezbollah", 'us', 'mcdonald')
    """
    if name.isascii() and name.isalpha():
        return name.lower()
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_APOSTROPHES)
    plain = _POINTS.sub("", plain).translate(_LETTERS).replace("i̇", "i")
    found = [_ELIDED.sub("", match.group(), count=1).replace(".", "") for match in WORD.finditer(plain)]
    return " ".join(word[:-2] if word.endswith("'s") and len(word) > 3 else word for word in found)


@lru_cache(6_000)
def hashed(key: str) -> int:
    """Return the 64 bits that stand for a looked-up form.

    Among 300,000 names a word that is none of them is taken for one once in 10^13 times.
    """
    return int.from_bytes(blake2b(key.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def contains(column: "array[Any]", key: str) -> bool:
    """Return whether a sorted column of hashes has this form."""
    wanted = hashed(key)
    at = bisect_left(column, wanted)
    return at < len(column) and bool(column[at] == wanted)


@cache
def columns(name: str) -> tuple[dict[str, "array[Any]"], bytes]:
    """Return the arrays of a file under data/, by name, and the bytes that follow them; read once a process.

    The file begins with a line of JSON, `{"columns": [[name, typecode, bytes], ...]}`; bench/make_gazetteer.py and
    bench/make_words.py write such files, in the byte order of nearly all machines, little endian.
    """
    head, _, rest = (files("pipelines.enrich") / "data" / name).read_bytes().partition(b"\n")
    found: dict[str, array[Any]] = {}
    at = 0
    view = memoryview(rest)
    for column_name, code, size in json.loads(head)["columns"]:
        column: array[Any] = array(code)
        column.frombytes(view[at : at + size])
        found[column_name] = column
        at += size
    return found, bytes(view[at:])


_NONE: frozenset[str] = frozenset()


@cache
def _lists() -> dict[tuple[str, str], frozenset[str]]:
    """Return data/lexicon.txt: `list language: word word ...` a line."""
    lines = (files("pipelines.enrich") / "data" / "lexicon.txt").read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        if line and not line.startswith("#"):
            head, _, words = line.partition(":")
            name, _, language = head.partition(" ")
            # Arabic is looked up without hamza
            found[name, language] = frozenset(map(key, words.split()) if language == "ar" else words.split())
    return found


def words_of(name: str, language: str) -> frozenset[str]:
    """Return one list of one language, empty where there is none."""
    return _lists().get((name, language), _NONE)


@cache
def _endings(name: str, language: str) -> tuple[str, ...]:
    """Return the endings of a list's German compounds: "-minister" for Außenminister and Minister."""
    return tuple(word[:-1] for word in words_of(name, language) if word.endswith("-"))


@lru_cache(6_000)
def tells(name: str, language: str, word: str) -> bool:
    """Return whether a word in lower case is in a list, or is a compound that ends in one of the list's `-endings`."""
    return word in words_of(name, language) or (language == "de" and word.endswith(_endings(name, language)))


@lru_cache(6_000)
def given(word: str) -> bool:
    """Return whether a looked-up form is a given name somewhere."""
    return contains(columns("words.bin")[0]["given"], word)


@lru_cache(6_000)
def surname(word: str) -> bool:
    """Return whether a looked-up form is a frequent surname somewhere."""
    return contains(columns("words.bin")[0]["surnames"], word)


@lru_cache(6_000)
def common(word: str) -> bool:
    """Return whether a looked-up form is a common word of some language."""
    return contains(columns("words.bin")[0]["common"], word)


#: languages whose many-worded names change in each word
MANY_WORDED = frozenset({"ru", "uk", "cs", "sk", "pl", "hr", "sl", "sr", "be", "is", "lt", "lv"})
#: a name is not cut shorter than this
SHORTEST_BASE = 3
#: no word gives more forms than this
MOST_BASES = 24


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
    shortest = 2 if language == "ko" else SHORTEST_BASE
    for ending, base in endings.get(language, ()):
        if word.endswith(ending) and len(word) - len(ending) + len(base) >= shortest and word != ending:
            found.setdefault(word[: len(word) - len(ending)] + base)
    for prefix in prefixes.get(language, ()):
        if word.startswith(prefix) and len(word) - len(prefix) >= SHORTEST_BASE:
            rest = word[len(prefix) :]
            found.setdefault(rest)
            if language == "ar" and not rest.startswith("ال"):
                # "the Iraq": بالعراق is ب and العراق
                found.setdefault("ال" + rest)
    found.pop(word, None)
    return tuple(found)[:MOST_BASES]
