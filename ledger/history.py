"""An article's history, made anew when a text turns up that belongs into its past, or that was read better."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.articles import pack, unpack
from ledger.corroboration import out_by_of
from ledger.outbox import enqueue_article
from ledger.pipeline import Pipeline
from ledger.schema import articles, signatures, versions
from ledger.stories import find_copies, join, lock_stories, remember
from news.article import Article
from news.edits import EditKind, Edits, compare
from news.moment import utc
from news.provenance import Provenance, as_read_now
from news.signature import Signature, unpacked
from news.version import fingerprint, is_cut_short

#: lines of edits that the index gets of an article: the latest ones
MOST_EDITS = 200


@dataclass(frozen=True, kw_only=True)
class StoredText:
    """One text of an article, as it stands in its history or is to stand there."""

    seen_at: datetime
    article: Article
    signature: Signature = ()
    #: how it differs from the text before; None: to be found out
    edits: Edits | None = None
    #: what was weighed for its fields, as `versions` keeps it
    candidates: bytes | None = None
    provenance: Provenance | None = None


def provenance_in(row: Any) -> Provenance | None:
    """Return the provenance in a row of `versions`; None for what was recorded before it was."""
    if row.page_hash is None or row.read_with is None or row.lines is None:
        return None
    return Provenance(page_hash=row.page_hash, read_with=row.read_with, lines=row.lines)


def provenance_columns(provenance: Provenance | None) -> dict[str, bytes | None]:
    """Return the columns of `versions` that hold a provenance."""
    names = ("page_hash", "read_with", "lines")
    return {name: getattr(provenance, name) if provenance else None for name in names}


async def texts_of(connection: AsyncConnection, article_id: UUID) -> list[StoredText]:
    """Return the article's texts, the first one first."""
    rows = await connection.execute(
        select(versions, signatures.c.signature)
        .outerjoin(
            signatures,
            (signatures.c.article_id == versions.c.article_id) & (signatures.c.version == versions.c.version),
        )
        .where(versions.c.article_id == article_id)
        .order_by(versions.c.version)
    )
    return [
        StoredText(
            seen_at=row.seen_at,
            article=unpack(row.article),
            signature=unpacked(row.signature) if row.signature else (),
            edits=Edits.from_json(row.edits) if row.edits else None,
            candidates=row.candidates,
            provenance=provenance_in(row),
        )
        for row in rows
    ]


def with_earlier(texts: list[StoredText], found: StoredText, fetched_at: datetime) -> list[StoredText]:
    """Return the history with a text that was seen before `fetched_at`, when the newest one was; the same list if it
    adds nothing.

    A text that is its neighbour's only moves the neighbour's time; what a wall or a fault left of the text before or
    behind it is skipped, and what they left of this one is no version any more: this one takes its place. A text
    between two sights of the newest one came and went: then that one was restored.
    """
    before = [text for text in texts if text.seen_at <= found.seen_at]
    after = texts[len(before) :]
    if remains := _remains(found.article, before[::-1]) + _remains(found.article, after):
        # it was there from the first sight of them on
        first = min([found.seen_at, *(text.seen_at for text in remains)])
        kept = [text for text in texts if not any(text is each for each in remains)]
        following = [text for text in kept if text.seen_at > found.seen_at]
        stood = [text for text in kept if text.seen_at <= found.seen_at]
        next_one = [replace(text, edits=None) for text in following[:1]]
        return settled([*stood, replace(found, seen_at=first), *next_one, *following[1:]])
    if before and (_is_same(before[-1], found) or is_cut_short(before[-1].article, found.article)):
        return texts
    if after and is_cut_short(after[0].article, found.article):
        return texts
    # the text that we have stays, however it was read: the article's row tells of it, too
    if after and _is_same(found, after[0]):
        return [*before, replace(after[0], seen_at=found.seen_at), *after[1:]]
    restored = after or [replace(before[-1], seen_at=fetched_at)]
    return settled([*before, found, replace(restored[0], edits=None), *restored[1:]])


def _remains(whole: Article, texts: list[StoredText]) -> list[StoredText]:
    """Return the first of the texts as far as they are what a wall or a fault left of `whole`."""
    return list(takewhile(lambda text: is_cut_short(whole, text.article), texts))


def with_better(texts: list[StoredText], found: StoredText) -> list[StoredText] | None:
    """Return the history with a text in place of the one that was seen at its time; None if none was seen then.

    The bytes are the same and the reader is better: it is no edit of the outlet's. A version that now reads as the one
    before it never was one, and goes. One that was read otherwise than its neighbour stands as it was classed, until
    both are read alike: a page in an archive would not bring it back.
    """
    at = next((number for number, text in enumerate(texts) if text.seen_at == found.seen_at), None)
    if at is None:
        return None
    if texts[at].article == found.article:
        return texts
    if at and not _is_read_alike(texts[at - 1], found):
        found = replace(found, edits=texts[at].edits)
    following = [replace(text, edits=None) if _is_read_alike(found, text) else text for text in texts[at + 1 : at + 2]]
    return settled([*texts[:at], found, *following, *texts[at + 2 :]])


def settled(texts: list[StoredText]) -> list[StoredText]:
    """Return the texts without those that read as the one before, each with its edits against that one."""
    kept: list[StoredText] = []
    dropped = False
    for text in texts:
        if kept and fingerprint(kept[-1].article) == fingerprint(text.article):
            dropped = True
            continue
        stale = text.edits is None or dropped
        kept.append(replace(text, edits=_edits(kept[-1], text) if kept and stale else text.edits))
        dropped = False
    return [replace(text, edits=None) if number == 0 else text for number, text in enumerate(kept)]


def _is_read_alike(one: StoredText, other: StoredText) -> bool:
    """Say whether two texts were read with the same; of two from before provenance nobody knows better."""
    first, second = one.provenance, other.provenance
    if first is None or second is None:
        return first is second
    return first.read_with == second.read_with


def _as_read_now(before: StoredText, after: StoredText) -> Article | None:
    """Return the first text as the second one was read, None where that cannot be told."""
    if _is_read_alike(before, after):
        return before.article
    if after.provenance is None:
        return None
    return as_read_now(before.article, before.provenance, after.article, after.provenance)


def _is_same(before: StoredText, after: StoredText) -> bool:
    """Say whether the outlet changed nothing between two texts, as far as can be told."""
    first, second = fingerprint(before.article), fingerprint(after.article)
    if first == second:
        return True
    if after.provenance is None and before.provenance is not None:
        # of what was recorded before provenance was, the other's page tells what we leave out now
        base = as_read_now(after.article, None, before.article, before.provenance)
        return base is not None and fingerprint(base) == first
    base = _as_read_now(before, after)
    return base is not None and fingerprint(base) == second


def _edits(before: StoredText, after: StoredText) -> Edits:
    """Return what the outlet changed from one text to the next, as far as it was the outlet."""
    base = _as_read_now(before, after)
    return Edits(kinds=(EditKind.UNEXPLAINED,)) if base is None else compare(base, after.article)


async def rewrite(
    connection: AsyncConnection,
    known: Row[Any],
    texts: list[StoredText],
    *,
    story_days: int,
    kept_at: datetime,
    newest: Mapping[str, Any] | None = None,
) -> int:
    """Write the article's history anew and return its newest version's number; the article is enqueued.

    `known` is the article's row, `locked`; `newest` are further columns if the newest text is another one now.
    `kept_at` is when the signatures begin to age.
    """
    await connection.execute(delete(versions).where(versions.c.article_id == known.id))
    await connection.execute(delete(signatures).where(signatures.c.article_id == known.id))
    await connection.execute(
        insert(versions),
        [
            {
                "article_id": known.id,
                "version": number,
                "seen_at": text.seen_at,
                "article": pack(text.article),
                "edits": text.edits.as_json() if text.edits else None,
                "candidates": text.candidates,
            }
            | provenance_columns(text.provenance)
            for number, text in enumerate(texts, 1)
        ],
    )
    pipeline = Pipeline(connection)
    for number, text in enumerate(texts, 1):
        await remember(pipeline, known.id, number, text.signature, text.seen_at, story_days, kept_at=kept_at)
    await pipeline.send()
    first_seen_at = texts[0].seen_at
    out_by = await out_by_of(
        pipeline,
        texts[-1].article.date_published,
        first_seen_at,
        story_days,
        article_id=known.id,
        urls=(known.url, known.read_from),
        known=known.out_by,
    )
    result = await connection.execute(
        update(articles)
        .where(articles.c.id == known.id)
        .values(
            version=len(texts),
            revision=articles.c.revision + 1,
            first_seen_at=first_seen_at,
            changed_at=texts[-1].seen_at,
            out_by=out_by,
            edits=summary_of(texts),
            **(newest or {}),
        )
        .returning(articles.c.revision)
    )
    revision = result.scalar_one()
    copies: list[UUID] = []
    for text in texts:
        copies += await find_copies(pipeline, known.id, known.outlet, text.signature, text.seen_at, story_days)
    if copies or known.story_id or any(text.signature for text in texts):
        await join(connection, known.id, copies)
    await enqueue_article(connection, known.id, revision)
    return len(texts)


def summary(edits: Edits | None, version: int, at: datetime) -> list[dict[str, Any]]:
    """Return what the index gets of a version's edits: a line for each kind."""
    if edits is None:
        return []
    return [{"kind": str(kind), "version": version, "at": utc(at), "stealth": edits.stealth} for kind in edits.kinds]


def summary_of(texts: list[StoredText]) -> list[dict[str, Any]]:
    """Return what the index gets of all edits of a history, the latest ones."""
    lines = [summary(text.edits, number, text.seen_at) for number, text in enumerate(texts, 1)]
    return [line for each in lines for line in each][-MOST_EDITS:]


def in_force(texts: list[StoredText], at: datetime) -> int:
    """Return the number of the text that was to be read at this time."""
    return sum(text.seen_at <= at for text in texts) or 1


async def locked(connection: AsyncConnection, article_id: UUID) -> Row[Any]:
    """Return the article's row, locked for a change of its history until the transaction ends."""
    pipeline = Pipeline(connection)
    lock_stories(pipeline)
    await pipeline.send()
    row = await connection.execute(select(articles).where(articles.c.id == article_id).with_for_update())
    return row.one()
