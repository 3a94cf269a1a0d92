"""What one trip through the process pool makes of one page."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import orjson

from news.article import Article
from news.errors import PageUnreadable
from news.index_document import page_fields
from news.outcome import Outcome
from news.outlet import Outlet
from news.provenance import Provenance
from news.storable import storable
from news.version import fingerprint


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a page gives no article, in an outcome that is counted and a sentence for people."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True, kw_only=True)
class StoredValues:
    """An article as the ledger keeps it: made by whoever read it, for the main process has enough to do."""

    #: the mark of what a reader reads in it
    fingerprint: str
    #: `Article.as_json`, compressed (`pack_json`)
    article: bytes
    #: what was weighed for its fields, compressed
    candidates: bytes
    #: the fields of the index document that come of the page and its outlet, as JSON
    document: bytes


@dataclass(frozen=True, kw_only=True)
class Digest:
    """An article with all that was derived from it, or the reason why there is none."""

    article: Article | None = None
    refusal: Refusal | None = None
    #: MinHash values of the text's shingles, from which the ledger makes its bands; empty for a text too short
    signature: tuple[int, ...] = ()
    #: enrichment's fields of the index document (places, people, organisations, word_count, ...)
    enrichment: Mapping[str, Any] = field(default_factory=dict)
    #: field -> what was weighed for it: value, source, weight, chosen and why; {} where it is in `prepared`
    candidates: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    #: hashes of the page's lines: those that recur across an outlet's pages are its chrome
    lines: tuple[int, ...] = ()
    #: of an article: what it was read from and with; None where that is not known
    provenance: Provenance | None = None
    #: of an article: the page as it came, compressed (zstd)
    raw: bytes = b""
    #: of an article that was read in the pool; `replace` leaves it out, for then it would be another digest's
    prepared: StoredValues | None = field(default=None, init=False)

    def with_stored_values(self, candidates: Mapping[str, list[dict[str, Any]]], outlet: Outlet) -> Self:
        """Return the digest of an article of `outlet` with what the ledger keeps of it and of what was weighed."""
        assert self.article is not None, "a text was read"
        made = replace(self)
        object.__setattr__(made, "prepared", prepare(self.article, self.enrichment, candidates, outlet))
        return made


def refused(error: PageUnreadable) -> Digest:
    """Return the digest of a page that cannot be read."""
    return Digest(refusal=Refusal(outcome=error.outcome, reason=storable(str(error))))


def prepare(
    article: Article, enrichment: Mapping[str, Any], candidates: Mapping[str, list[dict[str, Any]]], outlet: Outlet
) -> StoredValues:
    """Return an article of `outlet` and what came with it as the ledger keeps it."""
    values = article.as_json()
    return StoredValues(
        fingerprint=fingerprint(article),
        article=pack_json(values),
        candidates=pack_json(candidates),
        document=orjson.dumps(page_fields(values, enrichment, outlet), option=orjson.OPT_NON_STR_KEYS),
    )


def pack_json(value: Any) -> bytes:
    """Return a JSON value compressed."""
    # a fifth larger than at the usual level, in a third of the time
    return zlib.compress(orjson.dumps(value), level=1)
