"""An article's text at a time: what a reader reads in it, and the mark by which two texts are told apart."""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from unicodedata import normalize

from news.article import Article
from news.edits import Edits

#: one form for what outlets' systems exchange without an editor's hand: curly and straight quotes, dashes, ellipses
_TYPOGRAPHY = str.maketrans(
    {**dict.fromkeys("“”„‟«»‹›″", '"'), **dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("‐‑‒–—―−", "-"), "…": "..."}
)
#: soft hyphen, zero-width spaces and joiners, marks of direction, byte order mark
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


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
    text = _INVISIBLE.sub("", normalize("NFC", reading_text(article)).translate(_TYPOGRAPHY))
    return blake2b(" ".join(text.split()).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
