"""What the index must have: the ledger's articles but those pending or rejected; and enqueueing what it lacks."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import Text, cast, exists, func, literal, or_, select, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.faults import again_on_conflict
from ledger.schema import articles, outbox, quarantine

#: ids of pending and rejected articles that are given one by one; beyond them they are only counted
MOST_UNSETTLED = 1_000
#: articles that are enqueued in one transaction
PAGE = 1_000


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What the index must have, counted in one moment."""

    #: articles that are neither pending nor rejected
    articles: int
    #: the sum of their revisions; None if it was not asked for
    revisions: int | None
    #: ids of the pending and rejected ones, which the index may have or not; None: more than MOST_UNSETTLED
    unsettled: tuple[str, ...] | None
    #: something is pending for the index, an article or an event
    pending: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """An article as the ledger has it."""

    id: str
    revision: int
    #: neither pending nor rejected: the index must have this revision
    settled: bool


async def expected(connection: AsyncConnection, *, revisions: bool = False) -> Expected:
    """Return what the index must have. With `revisions` the whole table is read, else an index of it."""
    waiting = union(
        select(outbox.c.id).where(outbox.c.stream == "articles"),
        select(quarantine.c.id).where(quarantine.c.stream == "articles"),
    ).cte("waiting")
    few = select(waiting.c.id).limit(MOST_UNSETTLED + 1).subquery()
    total = func.sum(articles.c.revision) if revisions else literal(None)
    query = (
        select(
            func.count(),
            total,
            select(func.array_agg(few.c.id)).scalar_subquery(),
            exists(select(outbox)),
        )
        .select_from(articles)
        .where(~exists().where(waiting.c.id == cast(articles.c.id, Text)))
    )
    count, revision_sum, unsettled, pending = (await connection.execute(query)).one()
    ids = tuple(unsettled or ())
    return Expected(
        articles=count,
        revisions=int(revision_sum or 0) if revisions else None,
        unsettled=ids if len(ids) <= MOST_UNSETTLED else None,
        pending=pending,
    )


async def known_after(connection: AsyncConnection, after: str | None, limit: int) -> list[Known]:
    """Return up to `limit` articles in the order of their ids, those that follow the id `after`."""
    key = cast(articles.c.id, Text)
    waiting = or_(
        exists().where(outbox.c.stream == "articles", outbox.c.id == key),
        exists().where(quarantine.c.stream == "articles", quarantine.c.id == key),
    )
    query = select(key.label("id"), articles.c.revision, (~waiting).label("settled"))
    if after is not None:
        query = query.where(articles.c.id > UUID(after))
    rows = await connection.execute(query.order_by(articles.c.id).limit(limit))
    return [Known(id=row.id, revision=row.revision, settled=row.settled) for row in rows]


async def enqueue(connection: AsyncConnection, ids: Collection[str], *, anew: bool = False) -> None:
    """Enqueue these articles as the ledger has them.

    With `anew` each gets a new revision first: an index may remember a later one of a document that was deleted or
    changed there by somebody else, and would take what is enqueued for old.
    """
    wanted = articles.c.id.in_([UUID(id) for id in ids])
    if anew:
        # whoever locks several rows does so in the order of their ids
        await connection.execute(select(articles.c.id).where(wanted).order_by(articles.c.id).with_for_update())
        await connection.execute(update(articles).where(wanted).values(revision=articles.c.revision + 1))
    found = select(literal("articles"), cast(articles.c.id, Text), articles.c.revision).where(wanted)
    statement = insert(outbox).from_select(["stream", "id", "revision"], found.order_by(articles.c.id))
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[outbox.c.stream, outbox.c.id],
            set_={"revision": statement.excluded.revision},
            where=statement.excluded.revision > outbox.c.revision,
        )
    )


async def enqueue_everything(engine: AsyncEngine) -> int:
    """Enqueue every article anew, as after the index's loss, and return how many.

    A page is a transaction of its own: whoever records meanwhile waits for one page at most. If both wait for each
    other PostgreSQL ends one, and the page is tried again.
    """
    count, after = 0, None
    while True:
        ids = await again_on_conflict(partial(_enqueue_page, engine, after))
        count += len(ids)
        if len(ids) < PAGE:
            return count
        after = ids[-1]


async def _enqueue_page(engine: AsyncEngine, after: UUID | None) -> list[UUID]:
    """Enqueue the articles that follow the id `after`, a PAGE of them, and return their ids."""
    query = select(articles.c.id).order_by(articles.c.id).limit(PAGE)
    if after is not None:
        query = query.where(articles.c.id > after)
    async with engine.begin() as connection:
        ids = list((await connection.execute(query)).scalars())
        if ids:
            await enqueue(connection, [str(id) for id in ids])
    return ids


async def enqueue_removal(connection: AsyncConnection, revisions: Mapping[str, int]) -> int:
    """Enqueue the removal of what only the index has: id -> its revision there. Return how many that are."""
    known = await known_ids(connection, revisions)
    gone = [
        {"stream": "articles", "id": id, "revision": revision}
        for id, revision in sorted(revisions.items())
        if id not in known
    ]
    if gone:
        await connection.execute(insert(outbox).on_conflict_do_nothing(), gone)
    return len(gone)


async def known_ids(connection: AsyncConnection, ids: Collection[str]) -> set[str]:
    """Return those of the ids that are articles of the ledger."""
    uuids = [UUID(id) for id in ids if is_uuid(id)]
    there = await connection.execute(select(articles.c.id).where(articles.c.id.in_(uuids)))
    return {str(id) for id in there.scalars()}


def is_uuid(id: str) -> bool:
    """Say whether an id is one that the ledger gives.

    >>> is_uuid("0b5e7f3e-7d0c-5c9a-9d4b-2f3c4d5e6f70"), is_uuid("foreign")
    (True, False)
    """
    try:
        return str(UUID(id)) == id
    except ValueError:
        return False
