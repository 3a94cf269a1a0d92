"""One fetch of one page, from the moment it is wanted to the moment it is recorded: each step fills its part."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Self
from uuid import UUID

import orjson

from news.article import Article
from news.digest import Digest, StoredValues, prepare
from news.identity import identities
from news.outcome import Outcome
from news.outlet import Outlet
from news.page import Page
from news.provenance import Provenance
from news.signature import Signature
from news.storable import storable

#: characters of a reason that are kept
REASON_CHARACTERS = 500


#: properties of a visit that cost something, and do not change with what becomes of it
_MADE_OF_DIGEST = ("keys", "prepared", "document")


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """The page that an article's newest version was read from, read again with what this visit was read with."""

    #: by which the version is known
    page_hash: bytes
    digest: Digest


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One fetch. The spider fills in the answer, the pool what was read, the ledger what became of it."""

    # what was wanted
    outlet: Outlet = field(repr=False)
    #: the address as the frontier has it, in its normal form
    url: str
    #: the recrawl that it answers
    recrawl_id: UUID | None = None

    # the answer
    #: by PostgreSQL's clock (news/clock.py), aware UTC; of an imported page its archive's
    fetched_at: datetime
    #: after redirects, in its normal form; "" for `url`
    final_url: str = ""
    status: int | None = None
    latency_ms: int | None = None
    content_bytes: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    #: None where nothing came that could be read
    page: Page | None = field(default=None, repr=False)
    #: when it is recorded, if that is long after it was fetched: of an imported page
    imported_at: datetime | None = None

    # what was read
    #: the lines that recur on the outlet's pages, with which it was read
    chrome: frozenset[int] = field(default=frozenset(), repr=False)
    digest: Digest | None = field(default=None, repr=False)
    #: filled where the article's newest version was read otherwise, and its page is kept
    earlier: Earlier | None = field(default=None, repr=False)

    # what became of it
    #: why there is no page or no article; of an article what the ledger made of it
    outcome: Outcome | None = None
    reason: str = ""
    article_id: UUID | None = None
    version: int | None = None
    #: the page is another view (AMP, print) of an article that we have from its own address
    is_view: bool = False

    @property
    def read_from(self) -> str:
        """The address of the page that came."""
        return self.final_url or self.url

    @property
    def article(self) -> Article | None:
        """What was read in the page, None where that is no article."""
        return self.digest.article if self.digest else None

    @property
    def text(self) -> Article:
        """The article. Raises ValueError where there is none."""
        if self.article is None:
            raise ValueError(f"No article was read at {self.url}.")
        return self.article

    def __str__(self) -> str:
        """Return its address: what a log says of it."""
        return self.url

    @property
    def signature(self) -> Signature:
        """By which copies of the text are found, () where there is none."""
        return self.digest.signature if self.digest else ()

    @property
    def provenance(self) -> Provenance | None:
        """Where the text came from; None where that is not known."""
        return self.digest.provenance if self.digest else None

    @property
    def is_imported(self) -> bool:
        """Whether the page was fetched by somebody else, or by us long ago."""
        return self.imported_at is not None

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Addresses and identities under which the article may be known already, sorted: the order of locks."""
        return tuple(sorted(identities(self.outlet.slug, self.url, self.read_from, self.text.url)))

    @cached_property
    def prepared(self) -> StoredValues:
        """The article as the ledger keeps it."""
        assert self.digest is not None, "a text was read"
        made = self.digest.prepared
        return made or prepare(self.text, self.digest.enrichment, self.digest.candidates, self.outlet)

    @property
    def fingerprint(self) -> str:
        """The mark of what a reader reads in the article."""
        return self.prepared.fingerprint

    @cached_property
    def document(self) -> dict[str, Any]:
        """The fields of the index document that come of the page and its outlet; the ledger adds its own.

        In JSON's types, as the ledger gives them back.
        """
        document: dict[str, Any] = orjson.loads(self.prepared.document)
        return document

    def ended(self, outcome: Outcome, reason: str = "", **known: Any) -> Self:
        """Return the visit with what became of it."""
        ended = replace(self, outcome=outcome, reason=storable(reason)[:REASON_CHARACTERS], **known)
        if ended.digest is self.digest:  # what was made of it once stays true
            vars(ended).update((name, vars(self)[name]) for name in _MADE_OF_DIGEST if name in vars(self))
        return ended

    def read(self, digest: Digest) -> Self:
        """Return the visit with what was read in its page."""
        if digest.refusal is None:
            return replace(self, digest=digest)
        return replace(self, digest=digest).ended(digest.refusal.outcome, digest.refusal.reason)

    def unrecordable(self, reason: str) -> Self:
        """Return the visit without all that a server could have put into it: what is left can always be recorded."""
        bare = replace(self, digest=None, earlier=None, page=None, final_url="", etag=None, last_modified=None)
        return replace(bare, status=None, content_bytes=None).ended(Outcome.UNRECORDABLE, reason)
