"""An article's text at a time: what a reader reads in it, and the mark by which two texts are told apart."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from unicodedata import normalize

from news.article import Article
from news.edits import Edits
from news.quotations import folded
from news.words import words

#: one form for what outlets' systems exchange without an editor's hand: curly and straight quotes, dashes, ellipses
_TYPOGRAPHY = {
    **dict.fromkeys("“”„‟«»‹›″", '"'),
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "…": "...",
}
#: soft hyphen, zero-width spaces and joiners, marks of direction, byte order mark
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
#: few letters of a text are such: to look for them, once for both, costs a tenth of translating the whole
_TYPOGRAPHIC = re.compile(f"[{re.escape(''.join(_TYPOGRAPHY))}{_INVISIBLE}]")

#: this much of the words that a wall left stand in the text that was there before
CUT_RATIO = 0.8
#: two texts of one language share half of their words by chance; versions of one article share more
SAME_RATIO = 0.7


@dataclass(frozen=True, kw_only=True)
class Version:
    """One text of an article. Neighbouring versions differ in what a reader reads."""

    #: counts from 1
    number: int
    #: aware UTC: when this text was first fetched
    seen_at: datetime
    article: Article
    #: how it differs from the version before; None for the first
    edits: Edits | None = None


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    """An article's page is gone: the outlet answered 404 or 410 twice, a day or more apart. Its versions stay."""

    status: int
    #: aware UTC: the first of the answers
    missed_at: datetime
    #: aware UTC: the answer that settled it
    gone_at: datetime
    #: aware UTC: the page was there again
    back_at: datetime | None = None


def reading_text(article: Article) -> str:
    """Return what a reader reads, in the page's order: headline, standfirst, byline, body, entries, correction."""
    parts = [article.headline, article.standfirst, ", ".join((*article.authors, *article.agencies)), article.body]
    for entry in article.entries:
        parts += [entry.headline, entry.body]
    return "\n".join(part for part in (*parts, article.correction) if part)


def fingerprint(article: Article) -> str:
    """Return 32 hexadecimal digits that differ if, and only if, two articles read differently.

    White space, invisible characters, the form of quotes and dashes and Unicode's spelling of a letter do not count:
    a new template changes them without an editor. Nor does where the standfirst ends and the body begins. Letters'
    case and other punctuation count: an editor changed them.
    """
    text = plain_text(reading_text(article))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def plain_text(text: str, *, keep_lines: bool = False) -> str:
    """Return the text as two are compared: one spelling of letters, quotes, dashes and spaces, nothing invisible.

    With `keep_lines` each line is prepared by itself, and they stay apart.

    >>> plain_text("“Stay”  –  he said"), plain_text(" one  line ", keep_lines=True)
    ('"Stay" - he said', 'one line')
    """
    if not text.isascii():
        text = _TYPOGRAPHIC.sub(lambda found: _TYPOGRAPHY.get(found[0], ""), normalize("NFC", text))
    else:
        text = text.replace("`", "'")
    if keep_lines:
        return "\n".join(" ".join(line.split()) for line in text.split("\n"))
    return " ".join(text.split())


def is_cut_short(before: Article, after: Article) -> bool:
    """Say whether `after` is what a wall or a fault left of `before`: no text, or closed and its beginning at most.

    Such a page is served with status 200 and looks like an article; it must not take the place of the whole text.
    """
    if after.body_missing:
        return bool(before.body)
    if after.is_accessible_for_free is not False or len(after.body) > len(before.body) / 2:
        return False
    left = Counter(words(after.body))
    return (left & Counter(words(before.body))).total() >= CUT_RATIO * left.total()


def is_same_article(one: Article, other: Article) -> bool:
    """Say whether two texts that an outlet gave one number can be versions of one article, and not its translation."""
    if "und" not in (one.in_language, other.in_language) and one.in_language != other.in_language:
        return False
    if folded(one.headline) and folded(one.headline) == folded(other.headline):
        return True
    first, second = Counter(words(one.body)), Counter(words(other.body))
    shorter = min(first.total(), second.total())
    return shorter > 0 and (first & second).total() >= SAME_RATIO * shorter
