"""What outlets write in each language of news: the phrases of data/<language>.toml, as patterns.

A phrase is plain text, in lower case. `[a|b]` is a choice (`[a|]` may leave it out), `'` an apostrophe of any form, `#`
a number, `*` more letters, `~` a space or none, `…` whatever follows (`…80`: up to 80 characters).
docs/internals/add-a-language.md says what each list is for. What outlets call the elements of their
pages is data/class_names.txt.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files

from news.words import DENSE

#: every list that a language may have, and what its phrases are matched as
KINDS = {
    "by": "before an author's name: by",
    "before_by": "before that: written",
    "author": "a label before an author's name: author",
    "contributors": "before those who did something else than write: photographs by",
    "interviews": "between who answers and who asks: in conversation with",
    "roles": "what somebody is, and no part of a name: editor",
    "desks": "who signs and is no person: newsroom",
    "not_names": "what stands in lines of names and is none: share",
    "published": "behind a name, before a date: published",
    "updated": "beginnings of words that say that a date is that of a change: updat",
    "correction_begins": "the first words of a notice of correction, before a colon: correction",
    "correction_stamps": "between such a label and its date: added",
    "correction_notes": "first words of a notice that may be one of correction: editor's note",
    "correction_errs": "words that make it one: incorrectly",
    "correction_wire": "how an agency begins a text that it sends once more: corrects paragraph 4",
    "correction_bracketed": "what a bracket says that was corrected: (corrects name in headline)",
    "correction_says": "words that only a notice of correction has: an earlier version of this article",
    "biography": "verbs by which a line says who its author is: writes",
    "bot_check": "of a page that asks whether a person reads it: just a moment",
    "consent": "of a page that asks for consent: before you continue",
    "error": "of a page that was not found or failed: page not found",
    "advertisement": "a line between paragraphs that marks an advertisement, or says that the text goes on",
    "share": "a line that asks to share, to follow, to get an app",
    "read_more": "a line that leads to other articles: read more",
    "sign_up": "a line that asks to subscribe, to register, to log in",
    "appeals": "by which an outlet asks its readers for money or membership: your contribution",
    "comments": "above what readers wrote: comments, leave a reply",
    "page_labels": "any other line of the page's own: comments, print, tags",
}


#: what a sign of a phrase means
_SIGNS = {"'": "['’]", "*": r"\w*", "#": r"\d+", "~": r"\s*"}


@cache
def rules() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return language -> list -> phrases, of all files under data/, read once a process. Raises ValueError."""
    found = sorted((files("pipelines.extract") / "data").iterdir(), key=lambda each: each.name)
    return {
        file.name.removesuffix(".toml"): parse(file.name, file.read_text(encoding="utf-8"))
        for file in found
        if file.name.endswith(".toml")
    }


def parse(name: str, text: str) -> dict[str, tuple[str, ...]]:
    """Return list -> phrases of one file's text.

    Raises ValueError, with the file's name, for what is no TOML, a list that is none of KINDS, and what is no list of
    phrases.

    >>> parse("tlh.toml", 'bye = ["x"]')  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: tlh.toml: there is no list `bye`. The lists are by, before_by, author, ...
    """
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name} is no TOML: {error}.") from error
    for kind, listed in stated.items():
        if kind not in KINDS:
            raise ValueError(f"{name}: there is no list `{kind}`. The lists are {', '.join(KINDS)}.")
        if not isinstance(listed, list) or not all(isinstance(each, str) and each.strip("*") for each in listed):
            raise ValueError(f"{name}: `{kind}` must be a list of phrases.")
    return {kind: tuple(listed) for kind, listed in stated.items()}


def phrases(kind: str) -> list[str]:
    """Return the phrases of one list in all languages, each once, the longest first."""
    assert kind in KINDS, kind
    every = {phrase: None for lists in rules().values() for phrase in lists.get(kind, ())}
    return sorted(every, key=lambda phrase: (-len(phrase), phrase))


def any_of(kind: str) -> str:
    """Return a pattern of any phrase of a list, for a place where words begin and end by themselves."""
    return _choice(phrases(kind))


def first_letters(kind: str) -> frozenset[str]:
    """Return the first two letters of each phrase of a list: a line that begins otherwise is none of them."""
    return frozenset(begun[:2] for phrase in phrases(kind) for begun in _beginnings(phrase))


def whole_words(kind: str) -> str:
    """Return a pattern of any phrase of a list as whole words; at a `*` more letters may stand.

    >>> [bool(re.search(whole_words("roles"), word)) for word in ("editor", "editorship", "wirtschaftsredakteurin")]
    [True, False, True]
    """
    groups: dict[tuple[bool, bool], list[str]] = {}
    for phrase in phrases(kind):
        groups.setdefault((phrase.startswith("*"), phrase.endswith("*")), []).append(phrase.strip("*"))
    return "|".join(
        f"{'' if before else chr(92) + 'b'}{_choice(each)}{'' if behind else chr(92) + 'b'}"
        for (before, behind), each in groups.items()
    )


def _choice(several: list[str]) -> str:
    return f"(?:{'|'.join(map(pattern, several))})"


def pattern(phrase: str) -> str:
    """Return the pattern of one phrase.

    >>> pattern("editor's note"), pattern("version[s|] of this"), pattern("read more …80"), pattern("saiba mais…")
    ("editor['’]s note", 'version(?:s|) of this', 'read more\\\\b.{0,80}', 'saiba mais.*')
    """
    depth, found = 0, []
    for sign in phrase:
        depth += (sign == "[") - (sign == "]")
        if sign in "[]":
            found.append("(?:" if sign == "[" else ")")
        elif sign == "|" and depth:
            found.append("|")
        elif sign in _SIGNS:
            found.append(_SIGNS[sign])
        else:
            found.append(sign if sign == " " else re.escape(sign))
    text = "".join(found)
    # how many characters may follow; behind a space the word before it has to end
    return re.sub(r"( ?)…(\d*)", lambda at: (r"\b" if at[1] else "") + (f".{{0,{at[2]}}}" if at[2] else ".*"), text)


class PhraseFinder:
    """Finds the phrases of a long list in texts: those alone are tried at a word that may begin with it.

    A pattern of two thousand phrases that is tried at each character takes a millisecond a line.
    """

    def __init__(self, kind: str) -> None:
        """Sort the phrases of a list (KINDS) by the first letters of the words that they may begin with."""
        groups: dict[str, list[str]] = defaultdict(list)
        dense: list[str] = []
        for phrase in phrases(kind):
            beginnings = set(_beginnings(phrase))
            if any(map(_DENSE.match, beginnings)):
                dense.append(phrase)  # of a script without spaces, in which a phrase may begin anywhere
                continue
            if not all(map(_TOKEN.match, beginnings)):
                raise ValueError(f"`{kind}`: a phrase must begin with a word, and '{phrase}' does not")
            for key in {_key(_TOKEN.match(each)[0]) for each in beginnings}:  # type: ignore[index]
                groups[key].append(phrase)
        self._groups = {key: re.compile(_choice(each), re.IGNORECASE) for key, each in groups.items()}
        self._dense = re.compile(_choice(dense), re.IGNORECASE) if dense else None

    def finds(self, text: str, within: int) -> bool:
        """Tell whether one of the phrases begins in the first `within` characters of a text, at a word's beginning."""
        small = _small(text[:within])
        # all words are looked at in one go: few of them begin a phrase
        for key in self._groups.keys() & _BEGUN.findall(small):
            at = small.find(key)
            while at >= 0:
                begun = _BEGUN.match(small, at)
                if begun is not None and begun[0] == key and self._groups[key].match(text, at):
                    return True
                at = small.find(key, at + 1)
        if self._dense is not None and not text.isascii() and _DENSE.search(text):
            found = self._dense.search(text)
            return found is not None and found.start() < within
        return False

    def begun(self, text: str) -> re.Match[str] | None:
        """Return the match of the phrase that a text begins with behind its signs, None where it begins with none."""
        word = _FIRST.match(text)
        if word is None:
            return None
        if self._dense is not None and _DENSE.match(text, word.start(1)):
            return self._dense.match(text, word.start(1))
        group = self._groups.get(_small(word[1]))
        return group.match(text, word.start(1)) if group is not None else None


_TOKEN = re.compile(r"\w+")
#: signs, and the first letters of the word behind them
_FIRST = re.compile(r"[\W_]*+(\w{1,3})")
#: the first letters of a word, _KEY_LETTERS at most
_BEGUN = re.compile(r"(?<!\w)\w{1,3}")
_DENSE = re.compile(f"[{DENSE}]")
#: letters by which phrases are sorted
_KEY_LETTERS = 3


def _key(word: str) -> str:
    return _small(word[:_KEY_LETTERS])


def _small(text: str) -> str:
    """Return a text in small letters, as many as before; those of Turkish are one, as they are to a pattern."""
    return text.replace("İ", "i").lower().replace("ı", "i")


def _beginnings(phrase: str) -> Iterator[str]:
    """Yield the literal beginnings that a phrase may have, each up to the end of its first word.

    >>> sorted(_beginnings("[an |]earl[y|ier] version"))
    ['an', 'earlier', 'early']
    """
    ways = [("", phrase)]
    while ways:
        begun, rest = ways.pop()
        if rest.startswith("["):
            options, behind = _options(rest)
            ways += [(begun, option + behind) for option in options]
        elif rest.startswith(" ") and not begun:
            ways.append((begun, rest[1:]))
        elif not rest or rest[0] in " …" or rest[0] in _SIGNS:
            yield begun
        else:
            ways.append((begun + rest[0], rest[1:]))


def _options(text: str) -> tuple[list[str], str]:
    """Return the options of the choice that a text begins with, and what follows it."""
    depth, options = 0, [""]
    for at, sign in enumerate(text):
        depth += (sign == "[") - (sign == "]")
        if not depth:
            return options, text[at + 1 :]
        if sign == "|" and depth == 1:
            options.append("")
        elif at:
            options[-1] += sign
    raise ValueError(f"'{text}' has a choice without an end")


_SPLIT = re.compile(r"[^a-z0-9]+")
#: a label that names the article's own text is not furniture for another word that stands in it
_PROSE = re.compile(
    r"article[-_]?_*(?:body|content|text)|story[-_]?_*(?:body|content|text)|post[-_]?_*(?:body|content)|"
    r"entry[-_]?content|"
    r"body[-_]?(?:text|copy|content)|content[-_]?body|main[-_]?content"
)


@lru_cache(8192)
def named(label: str) -> str:
    """Return the word of a class and id, in lower case, that names furniture; an empty text where none does."""
    found = next(filter(None, map(_named, label.split())), "")
    return "" if found and _PROSE.search(label) else found


@lru_cache(8192)
def _named(name: str) -> str:
    """Return the word of one class or id that names furniture: outlets share their systems' names of elements."""
    names = class_names()
    words = [word for word in _SPLIT.split(name) if word]
    for at, word in enumerate(words):
        if word in names["words"] and not _layout(words, at):
            return word
        if at and f"{words[at - 1]}-{word}" in names["pairs"]:
            return f"{words[at - 1]}-{word}"
    return ""


def _layout(words: list[str], at: int) -> bool:
    """Tell whether the word only says how a page is laid out: "has-sidebar", "sidebar-grid"."""
    return (at > 0 and words[at - 1] in class_names()["before_layout"]) or (
        at + 1 < len(words) and words[at + 1] in class_names()["after_layout"]
    )


@cache
def class_names() -> dict[str, frozenset[str]]:
    """Return data/class_names.txt: list -> words."""
    found: dict[str, frozenset[str]] = {}
    for line in (files("pipelines.extract") / "data" / "class_names.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, words = line.partition(": ")
            found[name] = found.get(name, frozenset()) | frozenset(words.split())
    return found
