"""A text's words, the form under which one is looked up, and what is known of it: lists, names, base forms."""

import json
import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.resources import files
from itertools import accumulate
from typing import Any

#: a run of letters, digits and marks (combining signs belong to a letter), with an inner apostrophe, or the dotted
#: letters of an abbreviation such as U.S.
#: a word of letters alone is taken whole; what may go on inside of one is looked at by its first sign
WORD = re.compile(
    r"[^\W_]\w*+(?:[\u0300-\u036f\u0900-\u0dff'’ʼ‘`´.](?:(?<=[\u0300-\u036f\u0900-\u0dff])|(?<=['’ʼ‘`´])(?=\w)|"
    r"(?<=\b[^\W\d_]\.)(?=[^\W\d_]\.)|(?<=\.[^\W\d_]\.))\w*+)*+"
)
#: an elided article or pronoun is no part of the name behind it: l'Élysée, dell'Italia, d'Emmanuel
_ELIDED = re.compile(r"^(?:[dDlL]|[dDnN]ell|[aA]ll|[sS]ull|[qQ]u)['’ʼ](?=\w)")
_GENITIVE = re.compile(r"['’][sS]$")
_SUFFIX = re.compile(r"['’]")
#: apostrophes are one; gone are vowel signs and the elongation stroke of Arabic and the points of Hebrew, which are
#: written or left out at will; Arabic letters are written with or without their hamza
_LETTERS = (
    str.maketrans(dict.fromkeys("’ʼ‘`´ʻʹ＇", "'"))
    | dict.fromkeys([*range(0x64B, 0x660), 0x670, 0x640, *range(0x591, 0x5C8)])
    | str.maketrans("أإآى", "اااي")
)
#: after these a full stop ends no sentence
ABBREVIATED = frozenset(
    "mr mrs ms dr prof st sen rep gov gen col lt sgt capt maj rev hon jr sr vs no inc corp co ltd u.s d.c ph".split()
)
_ENDERS = frozenset('.!?:\n…。！？「『“„«"•|')


#: what may stand between two words of one name
_WITHIN_NAMES = frozenset((" ", "\u00a0", "-", "‑", " d'", " d’", " l'", " l’"))
_APART = re.compile(f"({WORD.pattern})")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTokens:
    """The words of a text, a column each: the same number stands in all of them for the same word."""

    #: as written
    texts: list[str]
    #: where each begins and ends in the text, in characters
    starts: list[int]
    ends: list[int]
    #: 1 where a sentence or a quote begins with the word
    opens: bytearray
    #: 1 where the next word continues its name: after a space, a hyphen, an elided article or an initial's full stop
    joins: bytearray


def tokens(text: str, language: str = "und") -> TextTokens:
    """Return the words of `text`, in order, without genitive 's, and in Turkic languages without 'suffixes.

    >>> tokens("US-led forces in Kata’ib’s office").texts
    ['US', 'led', 'forces', 'in', 'Kata’ib', 'office']
    """
    # gap, word, gap, word, ..., gap: most gaps are a space, and are not looked at one by one
    parts = _APART.split(text)
    gaps, texts, offsets = parts[:-1:2], parts[1::2], list(accumulate(map(len, parts)))
    starts, ends = offsets[:-1:2], offsets[1::2]
    opens, joins = bytearray(len(texts)), bytearray(b"\1") * len(texts)
    unlike = {index for index, gap in enumerate(gaps) if gap != " "}
    for index in unlike:
        opens[index] = not index or _opens(gaps[index], texts[index - 1])
    if "'" in text or "’" in text:
        suffix = _SUFFIX if language in ("tr", "az") else _GENITIVE
        for index, word in enumerate(texts):
            if "'" in word or "’" in word:
                if (article := _ELIDED.match(word)) and article.end() < len(word):
                    starts[index] += article.end()
                    word = word[article.end() :]
                if (tail := suffix.search(word)) and tail.start() > 1:
                    word = word[: tail.start()]
                texts[index], ends[index] = word, starts[index] + len(word)
                unlike |= {index, index + 1}
    for index in unlike:
        if 0 < index < len(texts):
            before = texts[index - 1]
            gap = text[ends[index - 1] : starts[index]]
            initial = gap == ". " and (len(before) == 1 or before.lower() in ABBREVIATED)
            joins[index - 1] = initial or gap in _WITHIN_NAMES
    joins[-1:] = b"\0" * len(joins[-1:])
    return TextTokens(texts=texts, starts=starts, ends=ends, opens=opens, joins=joins)


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
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_LETTERS).replace("i̇", "i")
    if plain.isalpha():
        return plain
    found = [_ELIDED.sub("", match.group(), count=1).replace(".", "") for match in WORD.finditer(plain)]
    return " ".join(word[:-2] if word.endswith("'s") and len(word) > 3 else word for word in found)


@lru_cache(6_000)
def hashed(key: str) -> int:
    """Return the 64 bits that stand for a looked-up form.

    Among 300,000 names a word that is none of them is taken for one once in 10^13 times.
    """
    return int.from_bytes(blake2b(key.encode("utf-8", "replace"), digest_size=8).digest(), "big")


class HashColumn:
    """A sorted column of hashes, in stretches that share their first bits: few hashes are compared to find one."""

    __slots__ = ("_bits", "_starts", "values")

    def __init__(self, values: "array[int]") -> None:
        self.values = values
        #: bits that a hash has beside the first: sixteen hashes a stretch or so, for hashes are spread evenly
        self._bits = 64 - max(len(values).bit_length() - 4, 1)
        firsts = range(0, (1 << 64) + 1, 1 << self._bits)
        self._starts = array("I", (bisect_left(values, first) for first in firsts))

    def first(self, wanted: int) -> int:
        """Return the place of the first of the hashes that are not smaller."""
        stretch = wanted >> self._bits
        return bisect_left(self.values, wanted, self._starts[stretch], self._starts[stretch + 1])

    def __contains__(self, form: str) -> bool:
        """Return whether the column has a looked-up form."""
        wanted = hashed(form)
        at = self.first(wanted)
        return at < len(self.values) and self.values[at] == wanted


@cache
def hash_column(file: str, name: str) -> HashColumn:
    """Return a column of hashes of a file under data/; made once a process."""
    return HashColumn(columns(file)[0][name])


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


def told(name: str, language: str, forms: Collection[str]) -> frozenset[str]:
    """Return those of some words in lower case that are in a list, or are compounds that end in one of its `-endings`.

    >>> sorted(told("titles", "de", {"kanzler", "außenminister", "haus"}))
    ['außenminister', 'kanzler']
    """
    found = words_of(name, language).intersection(forms)
    if language == "de" and (endings := _endings(name, language)):
        found |= {form for form in forms if form.endswith(endings)}
    return found


@lru_cache(6_000)
def given(word: str) -> bool:
    """Return whether a looked-up form is a given name somewhere."""
    return word in hash_column("words.bin", "given")


@lru_cache(6_000)
def surname(word: str) -> bool:
    """Return whether a looked-up form is a frequent surname somewhere."""
    return word in hash_column("words.bin", "surnames")


@lru_cache(6_000)
def common(word: str) -> bool:
    """Return whether a looked-up form is a common word of some language."""
    return word in hash_column("words.bin", "common")


#: languages whose many-worded names change in each word
MANY_WORDED = frozenset({"ru", "uk", "cs", "sk", "pl", "hr", "sl", "sr", "be", "is", "lt", "lv"})
#: a name is not cut shorter than this
SHORTEST_BASE = 3
#: no word gives more forms than this
MOST_BASES = 24


@cache
def _rules() -> tuple[dict[str, dict[int, dict[str, list[str]]]], dict[str, tuple[str, ...]]]:
    """Return data/inflection.txt: by language endings with their bases, by length, and prefixes, longest first."""
    endings: dict[str, dict[int, dict[str, list[str]]]] = {}
    prefixes = {}
    for line in (files("pipelines.enrich") / "data" / "inflection.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            language, _, rules = line.partition(": ")
            if language.startswith("prefixes "):
                prefixes[language.split()[1]] = tuple(sorted(rules.split(), key=len, reverse=True))
            else:
                pairs = [(ending, base) for ending, _, base in (rule.partition(":") for rule in rules.split())]
                endings[language] = {
                    length: {} for length in sorted({len(ending) for ending, _ in pairs}, reverse=True)
                }
                for ending, base in pairs:
                    endings[language][len(ending)].setdefault(ending, []).append(base)
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
    for length, bases in endings.get(language, {}).items():
        stem = len(word) - length
        for base in bases.get(word[stem:], ()) if stem > 0 else ():
            if stem + len(base) >= shortest:
                found.setdefault(word[:stem] + base)
    for prefix in prefixes.get(language, ()):
        if word.startswith(prefix) and len(word) - len(prefix) >= SHORTEST_BASE:
            rest = word[len(prefix) :]
            found.setdefault(rest)
            if language == "ar" and not rest.startswith("ال"):
                # "the Iraq": بالعراق is ب and العراق
                found.setdefault("ال" + rest)
    found.pop(word, None)
    return tuple(found)[:MOST_BASES]
