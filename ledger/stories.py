"""Which articles carry one text: found as they are recorded, one story over all workers, whoever comes first."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.locks import Lock
from ledger.outbox import enqueue_articles
from ledger.pipeline import Pipeline
from ledger.schema import articles, merged_stories, signatures
from ledger.statements import ADD_SIGNATURE, FIND_COPIES, LOCK_STORIES
from news.article import Kind
from news.errors import NotFound
from news.moment import Moment, utc
from news.signature import Signature, bands, is_copy, packed, similarity, unpacked
from news.story import StoryMember, claimed_at, first

#: days apart that two copies may be seen, unless the user says otherwise
STORY_DAYS = 14
#: one recording in so many forgets signatures out of the window: more than were added since, so that they never pile up
PRUNE_EVERY = 16
MOST_PRUNED = 160
#: a text that meets more in its bands than this is the web's own boilerplate
MOST_CANDIDATES = 1_000


class StoryRole(StrEnum):
    """What an article is in its story."""

    FIRST = "first"
    COPY = "copy"
    REPEAT = "repeat"  # of the same outlet as one that was out before it
    VIDEO = "video"  # the same, the page of a video


@dataclass(frozen=True, kw_only=True)
class StoryEntry:
    """One member of a story, for a reader."""

    article_id: UUID
    story_id: UUID
    outlet: str
    url: str
    headline: str
    #: aware UTC: when its text was out for certain
    out_by: datetime
    first_seen_at: datetime
    #: when its page says that it was published; None where it does not
    claimed: Moment | None
    #: None: this one had the text first
    copy_of: UUID | None
    #: share of the text in common with `copy_of`
    similarity: float | None
    #: the agency it names, "" for none
    credited_agency: str
    role: StoryRole = StoryRole.COPY

    @property
    def claim_counts(self) -> bool:
        """Whether `out_by` is what the page claims, and not our first sight."""
        return self.claimed is not None and claimed_at(self.claimed) == self.out_by

    def as_json(self) -> dict[str, Any]:
        """Return the member as JSON's types; what it claims stands in the fields that an article has for it."""
        fields = asdict(self) | {"article_id": str(self.article_id), "claim_counts": self.claim_counts}
        fields |= {name: str(fields[name]) for name in ("copy_of",) if fields[name]}
        fields |= {name: utc(fields[name]) for name in ("out_by", "first_seen_at")}
        del fields["claimed"], fields["story_id"]
        return fields | (self.claimed.as_json("date_published") if self.claimed else {})


def lock_stories(pipeline: Pipeline) -> None:
    """Wait until nobody else changes stories, and keep others waiting until the transaction ends.

    Take it before the lock on any article: who holds it goes on to lock the other members' rows.
    """
    pipeline.add(LOCK_STORIES, lock=int(Lock.STORY))


async def remember(
    pipeline: Pipeline,
    article_id: UUID,
    version: int,
    signature: Signature,
    at: datetime,
    days: int,
    kept_at: datetime | None = None,
) -> None:
    """Keep a version's signature, by which copies will find it for so many days, and forget some that are older.

    It ages from `kept_at` on, by default from `at`: the copies of an imported text may be imported days after it.
    """
    if not signature:
        return
    pipeline.add(
        ADD_SIGNATURE,
        article_id=article_id,
        version=version,
        seen_at=at,
        kept_at=kept_at or at,
        signature=packed(signature),
        bands=_array(bands(signature)),
    )
    if article_id.int % PRUNE_EVERY == 0:
        await pipeline.send()
        await prune(pipeline.connection, (kept_at or at) - timedelta(days=days))


async def find_copies(
    pipeline: Pipeline, article_id: UUID, outlet: str, signature: Signature, at: datetime, days: int
) -> list[UUID]:
    """Return the stories of the other articles that carry the text and were seen within so many days.

    Call it after `lock_stories`, or another worker's copy is missed.
    """
    if not signature:
        return []
    window = timedelta(days=days)
    rows = await pipeline.rows(
        FIND_COPIES,
        bands=_array(bands(signature)),
        since=at - window,
        until=at + window,
        article_id=article_id,
        most=MOST_CANDIDATES,
    )
    return [
        row.story_id
        for row in rows
        if row.story_id and is_copy(signature, unpacked(row.signature), same_outlet=row.outlet == outlet)
    ]


def _array(numbers: Iterable[int]) -> str:
    """Return numbers as PostgreSQL writes an array."""
    return f"{{{','.join(map(str, numbers))}}}"


async def join(connection: AsyncConnection, article_id: UUID, copies: Sequence[UUID]) -> None:
    """Make the article's story and the stories of its copies one, and find anew who had the text first.

    The oldest story's id lives on, the others lead there. Each other member whose place changes gets a new revision,
    and it is enqueued; the article's own revision is the caller's, who holds `lock_stories`. An article stays in
    its story when its text changes: it did carry the text.
    """
    members = await _members(connection, article_id, copies)
    leader = first(
        [StoryMember(article_id=row.id, out_by=row.out_by, first_seen_at=row.first_seen_at) for row in members]
    )
    merged = {row.story_id for row in members if row.story_id}
    # a story's founder stays its member, so that the oldest founder's story is the oldest
    founders = [row for row in members if row.id in merged]
    story = min(founders, key=lambda row: (row.first_seen_at, row.id.bytes)).id if founders else article_id
    await _place(connection, members, story, leader.article_id, article_id)
    await _redirect(connection, merged - {story}, story)


async def _members(connection: AsyncConnection, article_id: UUID, stories: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Return the article itself and the members of its story and of these, locked in one order."""
    own = select(articles.c.story_id).where(articles.c.id == article_id)
    columns = ("id", "story_id", "copy_of", "similarity", "out_by", "first_seen_at", "revision")
    rows = await connection.execute(
        select(*(articles.c[name] for name in columns))
        .where(
            (articles.c.id == article_id)
            | articles.c.story_id.in_(list(stories))
            | (articles.c.story_id == own.scalar_subquery())
        )
        .order_by(articles.c.id)
        .with_for_update()
    )
    return rows.all()


async def _place(
    connection: AsyncConnection, members: Sequence[Row[Any]], story: UUID, leader: UUID, article_id: UUID
) -> None:
    """Note each member's place in the story where it has changed, and enqueue all but the article's own."""
    copied = {row.id: None if row.id == leader else leader for row in members}
    moved = [row for row in members if row.id == article_id or (row.story_id, row.copy_of) != (story, copied[row.id])]
    kept = await _signatures(connection, {leader, *(row.id for row in moved)}) if len(members) > 1 else {}
    places = []
    for row in moved:
        alike = _closest(kept.get(row.id, ()), kept.get(leader, ())) if copied[row.id] else None
        if (story, copied[row.id], alike) != (row.story_id, row.copy_of, row.similarity):
            step = int(row.id != article_id)
            places.append({"member": row.id, "story": story, "first": copied[row.id], "alike": alike, "step": step})
    if not places:
        return
    await connection.execute(
        update(articles)
        .where(articles.c.id == bindparam("member"))
        .values(
            story_id=bindparam("story"),
            copy_of=bindparam("first"),
            similarity=bindparam("alike"),
            revision=articles.c.revision + bindparam("step"),
        ),
        places,
    )
    others = {row.id: row.revision + 1 for row in moved if row.id != article_id}
    if others:
        await enqueue_articles(connection, others)


async def _signatures(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, list[Signature]]:
    """Return the signatures of all versions of these articles that are still looked for."""
    rows = await connection.execute(
        select(signatures.c.article_id, signatures.c.signature).where(signatures.c.article_id.in_(list(ids)))
    )
    found: dict[UUID, list[Signature]] = {}
    for row in rows:
        found.setdefault(row.article_id, []).append(unpacked(row.signature))
    return found


def _closest(mine: Sequence[Signature], theirs: Sequence[Signature]) -> float | None:
    """Return the similarity of the versions that are most alike; None where a signature is no longer kept."""
    return max((round(similarity(one, other), 3) for one in mine for other in theirs), default=None)


async def _redirect(connection: AsyncConnection, stories: Iterable[UUID], into: UUID) -> None:
    """Note that stories went into another one; those that had gone into them follow."""
    gone = list(stories)
    if not gone:
        return
    await connection.execute(update(merged_stories).where(merged_stories.c.into.in_(gone)).values(into=into))
    statement = insert(merged_stories).values([{"id": story, "into": into} for story in gone])
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"into": into}))


async def members_of(connection: AsyncConnection, story_id: UUID) -> list[StoryEntry]:
    """Return the members of a story, who had the text first before the others; a merged story's id leads on.

    Raises NotFound if there is no such story.
    """
    led = (await connection.execute(select(merged_stories.c.into).where(merged_stories.c.id == story_id))).scalar()
    rows = await connection.execute(
        select(articles)
        .where(articles.c.story_id == (led or story_id))
        .order_by(articles.c.copy_of.is_not(None), articles.c.out_by, articles.c.first_seen_at, articles.c.id)
    )
    outlets = set[str]()
    members = []
    for row in rows:
        entry = StoryEntry(
            article_id=row.id,
            story_id=row.story_id,
            outlet=row.outlet,
            url=row.url,
            headline=row.document.get("headline", ""),
            out_by=row.out_by,
            first_seen_at=row.first_seen_at,
            claimed=Moment.from_json(row.document, "date_published"),
            copy_of=row.copy_of,
            similarity=row.similarity,
            credited_agency=next(iter(row.document.get("agencies") or ()), ""),
            role=_role(row, outlets),
        )
        outlets.add(row.outlet)
        members.append(entry)
    if not members:
        raise NotFound(f"No story has the id '{story_id}'.")
    return members


def _role(row: Row[Any], outlets: Collection[str]) -> StoryRole:
    """Return what a member is; `outlets` had the text before it."""
    if row.copy_of is None:
        return StoryRole.FIRST
    if row.outlet not in outlets:
        return StoryRole.COPY
    return StoryRole.VIDEO if row.document.get("kind") == Kind.VIDEO else StoryRole.REPEAT


async def prune(connection: AsyncConnection, before: datetime, most: int = MOST_PRUNED) -> int:
    """Forget signatures that were kept before this, at most so many; stories stay as they are. Return how many went."""
    old = (
        select(signatures.c.article_id, signatures.c.version)
        .where(signatures.c.kept_at < before)
        .order_by(signatures.c.kept_at)
        .limit(most)
        .with_for_update(skip_locked=True)  # what another forgets just now is no matter
    )
    key = tuple_(signatures.c.article_id, signatures.c.version)
    return (await connection.execute(delete(signatures).where(key.in_(old)))).rowcount
