"""Ledger and index in, what differs out: cheaply by counting, surely by walking both; and what is missing enqueued."""

import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from index.protocol import Index
from ledger.faults import in_transaction
from ledger.indexed import Expected, Known, enqueue, enqueue_removal, expected, known_after, known_ids
from news.log import Log

log = Log()

#: articles of the ledger that are in memory at once
PAGE = 5_000
#: differences that are looked at, and enqueued, at once
BATCH = 500
#: the first differences are looked at again one by one, since an article may have been indexed while both were walked
LOOKED_AT = 200
#: ids that are named of each kind
EXAMPLES = 5
#: seconds between two counts of ledger and index
COUNT_SECONDS = 60.0
#: seconds from enqueueing what differs to the next count
AGAIN_SECONDS = 10.0
#: seconds between two counts that add up revisions, which reads the ledger's whole table
REVISIONS_SECONDS = 600.0
#: seconds until both are walked again where a walk found nothing to enqueue, though they count differently
WALK_SECONDS = 3_600.0
#: of the time that a count takes, the part of a daemon's time that it may take up
COST_RATIO = 0.05

Alive = Callable[[], Awaitable[None]]


class DiscrepancyKind(StrEnum):
    """How an article differs."""

    MISSING = "missing"  # the ledger has it, the index does not
    STALE = "stale"  # the index has an older revision
    LEFT_OVER = "left_over"  # the index has it, the ledger does not


@dataclass(frozen=True, kw_only=True)
class Discrepancy:
    """One article that differs; `revision` is the ledger's, of what is left over the index's."""

    kind: DiscrepancyKind
    id: str
    revision: int


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What a walk over ledger and index found."""

    #: articles of the ledger, and those of them that are pending or rejected, which may differ
    articles: int
    unsettled: int
    #: how many differ, and the first ids
    counts: Mapping[DiscrepancyKind, int] = field(default_factory=dict)
    examples: Mapping[DiscrepancyKind, Sequence[str]] = field(default_factory=dict)
    #: of them, how many were enqueued
    enqueued: int = 0

    @property
    def differ(self) -> int:
        """Return how many articles differ."""
        return sum(self.counts.values())

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "articles": self.articles,
            "pending_or_rejected": self.unsettled,
            "differ": self.differ,
            "enqueued": self.enqueued,
        } | {
            str(kind): {"count": self.counts.get(kind, 0), "ids": list(self.examples.get(kind, ()))}
            for kind in DiscrepancyKind
        }

    def sentences(self) -> list[str]:
        """Return it for people.

        >>> stale = DiscrepancyKind.STALE
        >>> found = Verified(articles=9, unsettled=1, counts={stale: 2}, examples={stale: ["a"]})
        >>> found.sentences()[1]
        '2 older in the index than in the ledger: a, …'
        """
        said = [f"{self.articles} articles of the ledger compared, {self.unsettled} of them pending or rejected."]
        for kind, sentence in _SAID.items():
            if count := self.counts.get(kind, 0):
                ids = self.examples[kind]
                said.append(f"{count} {sentence}: {', '.join(ids)}{', …' if count > len(ids) else ''}")
        return said


_SAID = {
    DiscrepancyKind.MISSING: "missing from the index",
    DiscrepancyKind.STALE: "older in the index than in the ledger",
    DiscrepancyKind.LEFT_OVER: "in the index but not in the ledger",
}


async def _nothing() -> None:
    return


async def verify(
    engine: AsyncEngine,
    index: Index,
    *,
    repair: bool = False,
    anew: bool = False,
    remove: bool = False,
    alive: Alive = _nothing,
) -> Verified:
    """Walk ledger and index by their ids, and return what differs.

    With `repair` what is missing or stale is enqueued, and with `anew` under a new revision, which an index takes that
    remembers a deletion; with `remove` what is left over is enqueued for its removal.
    `alive` is called after each page of the ledger. Raises IndexUnavailable.
    """
    await index.refresh()
    walk = _Walk(engine, index, repair=repair, anew=anew, remove=remove, alive=alive)
    return await walk.run()


class _Walk:
    """One walk, and what it found so far."""

    def __init__(
        self, engine: AsyncEngine, index: Index, *, repair: bool, anew: bool, remove: bool, alive: Alive
    ) -> None:
        self.engine = engine
        self.index = index
        self.repair = repair
        self.anew = anew
        self.remove = remove
        self.alive = alive
        self.articles = self.unsettled = self.enqueued = self.looked_at = 0
        self.counts: dict[DiscrepancyKind, int] = defaultdict(int)
        self.examples: dict[DiscrepancyKind, list[str]] = defaultdict(list)

    async def run(self) -> Verified:
        batch: list[Discrepancy] = []
        async with aclosing(self._differences()) as differences:
            async for each in differences:
                batch.append(each)
                if len(batch) == BATCH:
                    await self._take(batch)
                    batch = []
        await self._take(batch)
        return Verified(
            articles=self.articles,
            unsettled=self.unsettled,
            counts=dict(self.counts),
            examples=dict(self.examples),
            enqueued=self.enqueued,
        )

    async def _differences(self) -> AsyncGenerator[Discrepancy]:
        # the index is walked as it is now, the ledger page by page: what it has later is looked at again
        async with aclosing(self.index.walk()) as indexed, aclosing(self._ledger()) as ledger:
            right = await anext(indexed, None)
            left = await anext(ledger, None)
            while left or right:
                if left and (right is None or left.id < right[0]):
                    if left.settled:
                        yield Discrepancy(kind=DiscrepancyKind.MISSING, id=left.id, revision=left.revision)
                    left = await anext(ledger, None)
                elif right and (left is None or right[0] < left.id):
                    yield Discrepancy(kind=DiscrepancyKind.LEFT_OVER, id=right[0], revision=right[1])
                    right = await anext(indexed, None)
                elif left and right:
                    if left.settled and right[1] < left.revision:
                        yield Discrepancy(kind=DiscrepancyKind.STALE, id=left.id, revision=left.revision)
                    left, right = await anext(ledger, None), await anext(indexed, None)

    async def _ledger(self) -> AsyncGenerator[Known]:
        after: str | None = None
        while True:
            async with self.engine.connect() as connection:
                page = await known_after(connection, after, PAGE)
            await self.alive()
            self.articles += len(page)
            self.unsettled += sum(not each.settled for each in page)
            for each in page:
                yield each
            if len(page) < PAGE:
                return
            after = page[-1].id

    async def _take(self, batch: Sequence[Discrepancy]) -> None:
        left_over = [each.id for each in batch if each.kind is DiscrepancyKind.LEFT_OVER]
        recorded: set[str] = set()  # since their page of the ledger was read
        if left_over:
            async with self.engine.connect() as connection:
                recorded = await known_ids(connection, left_over)
        found = [
            each
            for each in batch
            if not (each.id in recorded if each.kind is DiscrepancyKind.LEFT_OVER else await self._is_indexed(each))
        ]
        for each in found:
            self.counts[each.kind] += 1
            if len(self.examples[each.kind]) < EXAMPLES:
                self.examples[each.kind].append(each.id)
        if not (self.repair or self.remove) or not found:
            return
        self.enqueued += await in_transaction(self.engine, lambda connection: self._enqueue(connection, found))

    async def _enqueue(self, connection: AsyncConnection, found: Sequence[Discrepancy]) -> int:
        lacking = [each.id for each in found if each.kind is not DiscrepancyKind.LEFT_OVER]
        enqueued = 0
        if self.repair and lacking:
            await enqueue(connection, lacking, anew=self.anew)
            enqueued += len(lacking)  # one that became pending meanwhile is enqueued, too
        if self.remove:
            left_over = {each.id: each.revision for each in found if each.kind is DiscrepancyKind.LEFT_OVER}
            enqueued += await enqueue_removal(connection, left_over)
        return enqueued

    async def _is_indexed(self, found: Discrepancy) -> bool:
        if self.looked_at >= LOOKED_AT:
            return False
        self.looked_at += 1
        document = await self.index.get(found.id)
        return document is not None and int(document.get("revision", 0)) >= found.revision


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What the ledger says that the index must have, and what it has."""

    #: articles that are neither pending nor rejected
    expected: int
    found: int
    #: the index holds older revisions; None: not counted
    stale: bool | None = None
    #: some articles are pending or rejected
    pending: bool = False
    #: the index may have more than `expected`: more are pending or rejected than can be left out of its count
    at_least: bool = False
    #: the outbox is not empty
    has_pending: bool = False

    @property
    def lacking(self) -> int:
        """Return how many articles the index lacks at least."""
        return max(0, self.expected - self.found)

    @property
    def differs(self) -> bool:
        """Say whether the index lacks something, has something older, or has too much."""
        return self.lacking > 0 or bool(self.stale) or (self.found > self.expected and not self.at_least)

    def sentence(self) -> str:
        """Return what is wrong, an empty text if nothing is.

        >>> Counted(expected=1006, found=65).sentence()[:60]
        'The index lacks 941 of 1006 articles that are not pending; a'
        """
        if self.lacking:
            what = f"The index lacks {self.lacking} of {self.expected} articles that are not pending"
        elif self.stale:
            what = "The index has older revisions of articles that are not pending"
        else:
            return ""
        return f"{what}; a running daemon enqueues them, and `broadsheet index verify --repair` does it now."


async def count(engine: AsyncEngine, index: Index, *, revisions: bool = False) -> Counted:
    """Count what the index must have and what it has. Raises IndexUnavailable."""
    async with engine.connect() as connection:
        return await count_over(connection, index, revisions=revisions)


async def count_over(connection: AsyncConnection, index: Index, *, revisions: bool = False) -> Counted:
    """Count what the index must have and what it has. Raises IndexUnavailable.

    While others publish it may have more than it must; it is never said to lack what it has.
    """
    wanted: Expected = await expected(connection, revisions=revisions)
    await connection.rollback()
    await index.refresh()
    exact = wanted.unsettled is not None
    has = await index.tally(wanted.unsettled or (), revisions=revisions and exact)
    stale = None
    if has.revisions is not None and wanted.revisions is not None:
        stale = has.articles == wanted.articles and has.revisions < wanted.revisions
    return Counted(
        expected=wanted.articles,
        found=has.articles,
        stale=stale,
        pending=wanted.unsettled != (),
        at_least=not exact,
        has_pending=wanted.pending,
    )


class IndexCheck:
    """Looks now and then whether the index has what the ledger says, and enqueues what it lacks.

    An index that was deleted, shrunk or restored from an old snapshot is whole again without anybody's doing. What is
    left over is only named: a ledger that was mistaken for another must not empty the index.
    """

    def __init__(self, engine: AsyncEngine, index: Index) -> None:
        """Look at `index` for what the ledger in `engine` has; the first look is due at once."""
        self.engine = engine
        self.index = index
        self._count_at = self._revisions_at = self._walk_at = time.monotonic()
        #: a look enqueued what was missing: what still is when that was published, the index remembers as deleted
        self._enqueued = False
        #: what the index lacked when it was last counted, in a sentence; "" if nothing
        self.difference = ""

    @property
    def due_seconds(self) -> float:
        """Return how long it is until the next count is due."""
        return max(0.0, self._count_at - time.monotonic())

    async def look(self, connection: AsyncConnection, alive: Alive = _nothing) -> bool | None:
        """Count over this connection, if it is time to; walk, if the counts differ. Raises IndexUnavailable.

        Only whoever publishes may call this: else what is on its way would count as missing. `alive` is called while
        it walks. Returns whether something is pending; None if it was not time to count.
        """
        begun = time.monotonic()
        if begun < self._count_at:
            return None
        revisions = self._enqueued or begun >= self._revisions_at
        counted = await count_over(connection, self.index, revisions=revisions)
        self.difference = counted.sentence()
        enqueued = False
        if counted.differs and begun >= self._walk_at:
            await alive()
            enqueued = await self._walk(counted, anew=self._enqueued, alive=alive)
        if enqueued or not counted.pending:
            self._enqueued = enqueued
        ended = time.monotonic()
        rest_seconds = (ended - begun) / COST_RATIO
        self._count_at = ended + (AGAIN_SECONDS if enqueued else max(COUNT_SECONDS, rest_seconds))
        if revisions:
            self._revisions_at = ended + max(REVISIONS_SECONDS, rest_seconds)
        return counted.has_pending or enqueued

    async def _walk(self, counted: Counted, *, anew: bool, alive: Alive) -> bool:
        """Enqueue what differs, and return whether anything does."""
        log.warning("index_differs", expected=counted.expected, found=counted.found, stale=bool(counted.stale))
        found = await verify(self.engine, self.index, repair=True, anew=anew, alive=alive)
        log.warning(
            "index_verified",
            **{str(kind): found.counts.get(kind, 0) for kind in DiscrepancyKind},
            enqueued=found.enqueued,
            examples=[id for ids in found.examples.values() for id in ids],
        )
        if not found.enqueued:
            self._walk_at = time.monotonic() + WALK_SECONDS
        return found.enqueued > 0
