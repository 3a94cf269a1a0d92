"""What one trip through the process pool makes of one page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from news.article import Article
from news.outcome import Outcome
from news.provenance import Provenance


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a page gives no article, in an outcome that is counted and a sentence for people."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True, kw_only=True)
class Digest:
    """An article with all that was derived from it, or the reason why there is none."""

    article: Article | None = None
    refusal: Refusal | None = None
    #: MinHash values of the text's shingles, from which the ledger makes its bands; empty for a text too short
    signature: tuple[int, ...] = ()
    #: enrichment's fields of the index document (places, people, organisations, word_count, ...)
    enrichment: Mapping[str, Any] = field(default_factory=dict)
    #: field -> what was weighed for it, for `--explain`: value, source, weight, chosen and why
    candidates: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    #: hashes of the page's lines: those that recur across an outlet's pages are its chrome
    lines: tuple[int, ...] = ()
    #: of an article: what it was read from and with; None where that is not known
    provenance: Provenance | None = None
    #: of an article: the page as it came, compressed (zstd)
    raw: bytes = b""
