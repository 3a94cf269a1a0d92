"""An article's text in, a signature out by which its copies are found."""

from itertools import compress, filterfalse, islice
from zlib import crc32

from rensa import RMinHash

from news.article import Article, Kind
from news.signature import ANCHORS, FIGURES, LENGTH, PERMUTATIONS, Signature
from news.words import numbers, words

#: fewer shingles than this are too few to tell a copy from two items of one mould
LEAST_SHINGLES = 40
#: one word in so many begins an anchor, of those of so many letters: the most common words begin none
ANCHOR_EVERY = 4
ANCHOR_LETTERS = 5
#: words whose choice is remembered, over articles: more are forgotten
_REMEMBERED = 1 << 16
_chosen: dict[str, bool] = {}
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
    shingles = set(joined)
    if len(shingles) < LEAST_SHINGLES:
        return ()
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    minhash.update(joined)  # what stands twice changes no least value
    distinct = set(found)
    signature = (len(shingles), *_figures(distinct), *minhash.digest())
    assert len(signature) == LENGTH
    return signature + _anchors(found, distinct, joined)


def _anchors(found: list[str], distinct: set[str], joined: list[str]) -> Signature:
    """Return hashes of the shingles that begin with a chosen word, in the text's order, at most ANCHORS."""
    if len(_chosen) > _REMEMBERED:
        _chosen.clear()
    for word in distinct.difference(_chosen):
        # a pair of characters of a script without spaces is a word, too
        is_word = len(word) >= ANCHOR_LETTERS or (len(word) == 2 and not word.isascii() and word.isalpha())
        _chosen[word] = is_word and crc32(word.encode("utf-8", "surrogatepass")) % ANCHOR_EVERY == 0
    begins = islice(compress(joined, map(_chosen.__getitem__, found)), 2 * ANCHORS)
    return tuple(islice(dict.fromkeys(crc32(at.encode("utf-8", "surrogatepass")) for at in begins), ANCHORS))


def _figures(found: set[str]) -> list[int]:
    """Return the smallest hashes of the figures among the words, each once, filled up with zeros."""
    figures = {number for word in filterfalse(str.isalpha, found) if word[0].isdecimal() for number in numbers(word)}
    hashes = sorted({crc32(figure.encode()) or 1 for figure in figures})[:FIGURES]
    return hashes + [0] * (FIGURES - len(hashes))
