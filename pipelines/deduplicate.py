"""An article's text in, a signature out by which its copies are found."""

from zlib import crc32

from rensa import RMinHash

from news.article import Article, Kind
from news.signature import FIGURES, LENGTH, PERMUTATIONS, Signature
from news.words import numbers, words

#: fewer shingles than this are too few to tell a copy from two items of one mould
LEAST_SHINGLES = 40
#: the seed is part of every stored signature: never change it
SEED = 20260101


def sign(article: Article) -> Signature:
    """Return the signature of the article's body: LENGTH numbers of 32 bits, or none if it has no copies to be found.

    Shingles are three words each; in dense scripts a word is a pair of characters. No signature have texts of fewer
    than LEAST_SHINGLES of them, and live blogs, which grow out of every comparison.

    >>> sign(Article(url="https://example.org/a", body="Too short to be anybody's copy."))
    ()
    """
    if article.kind is Kind.LIVE_BLOG:
        return ()
    found = words(article.body)
    shingles = set(map(" ".join, zip(found, found[1:], found[2:], strict=False)))
    if len(shingles) < LEAST_SHINGLES:
        return ()
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    minhash.update(list(shingles))
    signature = (len(shingles), *_figures(found), *minhash.digest())
    assert len(signature) == LENGTH
    return signature


def _figures(found: list[str]) -> list[int]:
    """Return the smallest hashes of the figures among the words, each once, filled up with zeros."""
    figures = {number for word in found if word[0].isdecimal() for number in numbers(word)}
    hashes = sorted({crc32(figure.encode()) or 1 for figure in figures})[:FIGURES]
    return hashes + [0] * (FIGURES - len(hashes))
