"""An article's text in, a signature out by which its copies are found."""

import re
from collections.abc import Iterable
from itertools import compress, islice
from operator import or_
from unicodedata import digit
from zlib import crc32

from rensa import RMinHash

from news.article import Article, Kind
from news.quotations import QUOTATIONS as IN_QUOTES
from news.signature import (
    ANCHORS,
    FACTS_FOLLOW,
    FIGURES,
    FIGURES_ALONE,
    LEAST_NAMES,
    LENGTH,
    NAMELESS,
    NAMES,
    OF_QUOTATION,
    PERMUTATIONS,
    QUOTATIONS,
    Signature,
)
from news.words import DENSE, numbers, words

#: fewer shingles than this are too few to tell a copy from two items of one mould
LEAST_SHINGLES = 40
#: equal shingles behind so many are counted, too: of a long text they make little difference, and take long to find
COUNTED = 400
#: words of these lengths begin an anchor: one in nine, and few of the most common
ANCHOR_LENGTHS = frozenset({7, 10})
_BEGINS_ANCHOR = bytes(length in ANCHOR_LENGTHS for length in range(0x100))
#: in a text whose first words are shorter than this (Korean and Vietnamese: 3; a script without spaces, where a word is
#: a pair of characters; English: 4.8) one word in so many begins one, besides
SHORT_WORDS, LOOKED_AT, ANCHOR_EVERY = 4.2, 200, 9
#: anchors of a text that are looked at: those of some 5,000 words
MOST_BEGUN = 4 * ANCHORS
#: all digits, in ranges of ten: in a class of its own the first one is found in half the time that \d takes
_DIGITS = "".join(
    f"{chr(point)}-{chr(point + 9)}" for point in range(0x10000) if chr(point).isdecimal() and digit(chr(point)) == 0
)
#: a figure that begins a word; in a script without spaces it stands behind a letter
_FIGURE = re.compile(rf"[{_DIGITS}](?<![^\W{DENSE}].)\d*(?:[.,:]\d+)*")
#: in a sentence a word that begins in capitals is a name, where nouns are not: a name in another case has the same
#: first letters
_NAMES = re.compile(r"[A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΫЀ-Я](?<=[\w,;:] .)\w\w+")
NAME_LETTERS = 6
#: what is reworded is short: of a text of more shingles names and quotations are not kept
MOST_WITH_FACTS = 600
#: characters of a quotation that is more than a word held at arm's length, and of its beginning, which is looked at
_LEAST_QUOTED, _MOST_QUOTED = 25, 150
#: the seed is part of every stored signature: never change it
SEED = 20260101


def sign(article: Article) -> Signature:
    """Return the signature of the article's body: LENGTH numbers of 32 bits, then its anchors; () without any copies.

    Shingles are three words each; in dense scripts a word is a pair of characters. No signature have texts of fewer
    than LEAST_SHINGLES of them, and live blogs, which grow out of every comparison.

    >>> sign(Article(url="https://example.org/a", body="Too short to be anybody's copy."))
    ()
    """
    if article.kind is Kind.LIVE_BLOG:
        return ()
    found = words(article.body)
    joined = list(map(" ".join, zip(found, found[1:], found[2:], strict=False)))
    distinct = len(set(joined[:COUNTED]))
    if distinct < LEAST_SHINGLES:
        return ()
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    minhash.update(joined)  # what stands twice changes no least value
    signature = (distinct + max(0, len(joined) - COUNTED), *_figures(article.body), *minhash.digest())
    assert len(signature) == LENGTH
    has_figures = FIGURES_ALONE[0][1] <= FIGURES - signature[1 : 1 + FIGURES].count(0) < FIGURES
    facts = _facts(article.body, has_figures) if len(joined) <= MOST_WITH_FACTS else ()
    return signature + _anchors(found, joined) + facts


def _anchors(found: list[str], joined: list[str]) -> Signature:
    """Return hashes of the shingles that begin with a chosen word, in the text's order: the smallest, if too many."""
    try:
        lengths = bytes(map(len, found))
    except ValueError:  # a word of more than 255 letters
        lengths = bytes(min(len(word), 0xFF) for word in found)
    chosen: Iterable[int] = lengths.translate(_BEGINS_ANCHOR)
    looked_at = lengths[:LOOKED_AT]
    if sum(looked_at) < SHORT_WORDS * len(looked_at):
        chosen = map(or_, chosen, (crc32(_bytes(word)) % ANCHOR_EVERY == 0 for word in found))
    begins = "\n".join(islice(compress(joined, chosen), MOST_BEGUN))
    distinct = dict.fromkeys(map(crc32, _bytes(begins).split(b"\n"))) if begins else {}
    if len(distinct) <= ANCHORS:
        return tuple(distinct)
    most = sorted(distinct)[ANCHORS - 1]
    return tuple(each for each in distinct if each <= most)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _facts(body: str, has_figures: bool) -> Signature:
    """Return the mark, hashes of the names and of the first quotations; () without any and without figures enough.

    Where a script has no capitals, NAMELESS stands in for names.
    """
    quotes: list[int] = []
    for quotation in IN_QUOTES.finditer(body):
        if quotation.end() - quotation.start() < _LEAST_QUOTED:
            continue
        said = words(quotation[0][:_MOST_QUOTED])
        runs = {crc32(_bytes(" ".join(run))) | 1 for run in zip(*(said[at:] for at in range(4)), strict=False)}
        if len(runs) >= OF_QUOTATION:
            quotes += sorted(runs)[:OF_QUOTATION]
            if len(quotes) == QUOTATIONS * OF_QUOTATION:
                break
    if not quotes and not has_figures:
        return ()
    stems = {name[:NAME_LETTERS] for name in _NAMES.findall(body)}
    if len(stems) < LEAST_NAMES and not _has_capitals(body):
        names = [NAMELESS]
    else:
        names = sorted({(crc32(stem.casefold().encode()) | 2) & ~1 for stem in stems})[:NAMES]
    return (FACTS_FOLLOW, *names, *quotes)


def _has_capitals(body: str) -> bool:
    """Say whether a text is in a script that has capitals, by the letters of its beginning."""
    letters = [sign for sign in body[:LOOKED_AT] if sign.isalpha()]
    return 2 * sum(sign.lower() != sign.upper() for sign in letters) > len(letters)


def _figures(body: str) -> list[int]:
    """Return the smallest hashes of the figures in a text, each once, filled up with zeros."""
    found = set(_FIGURE.findall(body))
    plain = {each for each in found if each.isascii() and each.isdigit()}
    plain.update(figure for each in found - plain for figure in numbers(each))
    hashes = sorted({crc32(figure.encode()) or 1 for figure in plain})
    return hashes[:FIGURES] + [0] * (FIGURES - len(hashes))
