"""What a place to search must be able to do. Two are built in; docs/internals/add-an-index.md shows how to add one."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

from index.query import Query, Results
from news.index_document import IndexDocument

Stream = Literal["articles", "events"]

#: documents of one page of an export: all that is in memory of it at once
EXPORT_PAGE = 200


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing to tell the index: what a document is now, or that it is no more."""

    stream: Stream
    id: str
    #: rises with each change that is told; an index ignores what is below what it has
    revision: int
    #: an article's, or a crawl event's as JSON; None deletes
    document: IndexDocument | Mapping[str, Any] | None


class WriteStatus(StrEnum):
    """How one action ended."""

    DONE = "done"  # the index has it, or something newer
    REJECTED = "rejected"  # it will never take it as it is
    LATER = "later"  # it may take it another time: the action stays pending


@dataclass(frozen=True, kw_only=True)
class WriteResult:
    """The result of one action."""

    status: WriteStatus
    #: why it was rejected or must wait, without any text of the document
    reason: str = ""
    #: with LATER: do not come back before
    wait_seconds: float = 0.0


DONE = WriteResult(status=WriteStatus.DONE)


@dataclass(frozen=True, kw_only=True)
class IndexStatus:
    """How an index is."""

    backend: str
    #: the schema that is searched now; 0 where create() has not been called
    schema_version: int
    #: articles and events that are searchable
    documents: Mapping[str, int] = field(default_factory=dict)
    #: on disk
    size_bytes: int = 0
    #: streams whose schema is older than this version's: they refuse its newest fields
    behind: tuple[Stream, ...] = ()
    #: sentences for a person: what was chosen, what is missing, what is wrong
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many articles there are, and the sum of their revisions: a cheap sign of what may be missing or stale."""

    articles: int
    #: None if it was not asked for
    revisions: int | None = None


class Index(Protocol):
    """A place where articles are searched and crawl events are kept. Each method raises IndexUnavailable."""

    @property
    def name(self) -> str:
        """Return what people call the backend: `elasticsearch` or `postgresql`."""
        ...

    async def is_made(self) -> bool:
        """Say whether all that `create` makes is there."""
        ...

    async def create(self) -> bool:
        """Make what the index needs, if it is not there yet; nothing that is there is lost.

        Return whether anything was made: whoever made it enqueues every article of the ledger.
        """
        ...

    async def write(self, actions: Sequence[Action]) -> list[WriteResult]:
        """Tell the index these actions; one result is returned for each, in their order.

        Told late, an action changes nothing: a revision below the index's own counts as done. The same revision is
        written again, so that a rebuild reaches what the index derives.
        """
        ...

    async def search(self, query: Query) -> Results:
        """Return what `query` finds. Raises BadQuery only for what a program asked, never for what a person typed."""
        ...

    def export(self, query: Query, after: str | None = None) -> AsyncGenerator[list[dict[str, Any]]]:
        """Yield the documents of all articles that `query` finds, a page at a time, newest first or oldest first.

        `after` is the id of an article: what comes behind it alone. Size, cursor, facets and stories of the query do
        not count. An article that is there all the time is given once; one that is written meanwhile, at most once.
        Raises BadQuery as `search` does, and for an `after` that is no article's.
        """
        ...

    async def get(self, id: str) -> dict[str, Any] | None:
        """Return the article's document as it was written, or None."""
        ...

    async def revisions(self, ids: Collection[str]) -> dict[str, int]:
        """Return the revision of each of these articles, up to 1,000, that a search finds now."""
        ...

    async def matches(self, queries: Sequence[Query], ids: Collection[str]) -> list[frozenset[str]]:
        """Return for each query, in their order, which of these articles, up to 1,000, it finds.

        Words, filters and range of publication alone count. Raises BadQuery for a query that cannot be carried out.
        """
        ...

    async def status(self) -> IndexStatus:
        """Return how the index is."""
        ...

    async def tally(self, without: Collection[str] = (), *, revisions: bool = False) -> Tally:
        """Count the articles that are searchable, but for up to 1,000 ids; with `revisions` add those up, too."""
        ...

    def walk(self) -> AsyncGenerator[tuple[str, int]]:
        """Yield id and revision of each article that is searchable, by the ids' code points, a page in memory."""
        ...

    async def refresh(self) -> None:
        """Make all that was written searchable now, for tests and for `--wait`."""
        ...

    async def forget_events(self, before: datetime) -> None:
        """Let go of the crawl events from before then, sooner or later; the ledger knows what they were made of."""
        ...

    async def close(self) -> None:
        """Let go of connections that the index opened itself."""
        ...
