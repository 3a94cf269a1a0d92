"""What we have, read again by today's reader: a page's text takes the place of what was read in it before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.articles import pack, unpack
from ledger.history import in_force, locked, provenance_columns, rewrite, texts_of, with_better
from ledger.outbox import enqueue_article
from ledger.pipeline import Pipeline
from ledger.reprocess_progress import Differences, Reprocessing, wanted
from ledger.schema import addresses, articles, signatures, versions
from ledger.statements import ADD_KEYS, LOCK_KEYS
from ledger.store_article import address_of, columns, known_article, out_by_visit, store, text_of
from ledger.stories import STORY_DAYS, find_copies, join, lock_stories, remember
from news import clock
from news.article import Article
from news.outcome import Outcome
from news.signature import Signature
from news.version import is_cut_short
from news.visit import Visit


class ChangedMeanwhile(Exception):
    """The article is another one than was read again. Nothing was written."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What the ledger keeps of an article, as far as it can be read or enriched again."""

    id: UUID
    outlet: str
    read_from: str
    version: int
    fetched_at: datetime
    #: the index document's fields that come of the page and its outlet
    document: dict[str, Any]
    #: the newest version's text, packed
    article: bytes
    #: of the page that the newest version was read from; None where that is not known
    page_hash: bytes | None

    @cached_property
    def text(self) -> Article:
        """The article as the newest version has it; what was refreshed since stands in the document."""
        return unpack(self.article)

    @property
    def url(self) -> str:
        """Where the article is to be found."""
        return str(self.document.get("url", self.read_from))


_OF_NEWEST = (versions.c.article_id == articles.c.id) & (versions.c.version == articles.c.version)
_STORED = select(
    *(articles.c[name] for name in ("id", "outlet", "read_from", "version", "fetched_at", "document")),
    versions.c.article,
    versions.c.page_hash,
).join(versions, _OF_NEWEST)


async def stored_after(
    connection: AsyncConnection, asked: Reprocessing, after: UUID, last: UUID, most: int
) -> list[Stored]:
    """Return the next articles of a reprocessing behind the id `after`, up to `last`, by their ids."""
    query = wanted(_STORED.where(articles.c.id > after, articles.c.id <= last), asked.outlet, asked.since, asked.steps)
    return [Stored(**row._mapping) for row in await connection.execute(query.order_by(articles.c.id).limit(most))]


async def stored(connection: AsyncConnection, article_id: UUID) -> Stored:
    """Return one article."""
    return Stored(**(await connection.execute(_STORED.where(articles.c.id == article_id))).one()._mapping)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Differences:
    """Return the fields in which two documents differ, each with its values; None where it is absent."""
    names = sorted(before.keys() | after.keys())
    changed = (name for name in names if (name in before, before.get(name)) != (name in after, after.get(name)))
    return {name: (before.get(name), after.get(name)) for name in changed}


async def reprocess(
    connection: AsyncConnection, seen: Stored, visit: Visit, *, is_text: bool, story_days: int = STORY_DAYS
) -> Differences:
    """Write what is now read of an article in place of what was, and return the fields of its document that changed.

    With `is_text` the kept page of the newest version was read again, and its text and provenance replace that
    version's; else the document alone is renewed. There is no version of it and no edit; number, times and id stay,
    the revision rises if the document changed, and it is enqueued then.
    Raises ChangedMeanwhile if the article is no longer as it was `seen`.
    """
    document = visit.document
    query = select(addresses.c.key).where(addresses.c.article_id == seen.id)
    keys = set((await connection.execute(query)).scalars())
    # the order of locks is that of ledger/store_article.py: keys, stories, the row
    pipeline = Pipeline(connection)
    pipeline.add(LOCK_KEYS, keys=sorted(keys.union(visit.keys if is_text else ())))
    await pipeline.send()
    peeked = (await connection.execute(select(articles).where(articles.c.id == seen.id))).one()
    new = {name: value for name, value in columns(visit).items() if name != "fetched_at"}
    new["out_by"] = await out_by_visit(pipeline, visit, seen.id, peeked.first_seen_at, story_days, peeked.out_by)
    another_text = is_text and new["fingerprint"] != peeked.fingerprint
    moves = new["out_by"] != peeked.out_by and peeked.story_id is not None
    if another_text or moves:
        lock_stories(pipeline)
        await pipeline.send()
    known = (await connection.execute(select(articles).where(articles.c.id == seen.id).with_for_update())).one()
    of_version = (versions.c.article_id == seen.id) & (versions.c.version == seen.version)
    newest = (await connection.execute(select(versions).where(of_version))).one_or_none()
    if (
        newest is None
        or (known.version, known.document, newest.page_hash) != (seen.version, seen.document, seen.page_hash)
        or (known.first_seen_at, known.fingerprint) != (peeked.first_seen_at, peeked.fingerprint)
    ):
        raise ChangedMeanwhile
    changes = differences(known.document, document)
    revision = known.revision + bool(changes)
    if changes or another_text:
        if is_text and known.read_from == visit.read_from:
            new |= address_of(visit)
            pipeline.add(ADD_KEYS, keys=list(visit.keys), article_id=known.id)
            await pipeline.send()
        of_this = articles.c.id == known.id
        await connection.execute(update(articles).where(of_this).values(new | {"revision": revision}))
    if is_text:
        await _replace_text(connection, newest, visit)
    if another_text:
        await _join_anew(connection, known, newest.seen_at, visit, story_days, moves=moves)
    elif moves and changes:
        await join(connection, known.id, [])
    if changes:
        await enqueue_article(connection, known.id, revision)
    return changes


async def _replace_text(connection: AsyncConnection, newest: Row[Any], visit: Visit) -> None:
    """Put the text of a visit, with what was weighed for it and its provenance, in place of the newest version's."""
    found = text_of(visit)
    values = {"article": pack(found.article)} | provenance_columns(found.provenance)
    if all(getattr(newest, name) == value for name, value in values.items()):
        return
    this = tuple_(versions.c.article_id, versions.c.version) == (newest.article_id, newest.version)
    await connection.execute(update(versions).where(this).values(values | {"candidates": found.candidates}))


async def _join_anew(
    connection: AsyncConnection, known: Row[Any], seen_at: datetime, visit: Visit, story_days: int, *, moves: bool
) -> None:
    """Let the text that is now read be found by its copies, and put the article where it belongs in its story."""
    signature = visit.signature
    is_found = await _sign_anew(connection, known, seen_at, signature, story_days)
    copies = await find_copies(Pipeline(connection), known.id, known.outlet, signature, seen_at, story_days)
    # a story whose signatures are forgotten stays as it is: of nothing would its likeness be known any more
    if copies or is_found or moves:
        await join(connection, known.id, copies)


async def _sign_anew(
    connection: AsyncConnection, known: Row[Any], seen_at: datetime, signature: Signature, story_days: int
) -> bool:
    """Put the newest version's signature in place of the one that is kept; return whether there is one now.

    It ages as the old one did; one that was forgotten already is not kept again.
    """
    this = tuple_(signatures.c.article_id, signatures.c.version) == (known.id, known.version)
    kept_at = (await connection.execute(select(signatures.c.kept_at).where(this))).scalar()
    if not signature:
        await connection.execute(delete(signatures).where(this))
        return False
    if kept_at is None and seen_at < clock.now() - timedelta(days=story_days):
        return False
    pipeline = Pipeline(connection)
    await remember(pipeline, known.id, known.version, signature, seen_at, story_days, kept_at=kept_at)
    await pipeline.send()
    return True


async def reprocess_archived(connection: AsyncConnection, visit: Visit, story_days: int = STORY_DAYS) -> Visit:
    """Put what is now read in an archived page in place of what was read in it before, within one transaction.

    The page is known by its time. It makes no version and is no edit of the outlet's; the revision rises. A page from
    which no article came before is kept as if it were imported; one that brought no new text then is skipped, and so is
    one in which no text is read now, though there was one.
    """
    seen = await known_article(Pipeline(connection), visit)
    if seen is None:
        return await store(connection, visit, story_days)
    known = await locked(connection, seen.id)
    texts = await texts_of(connection, known.id)
    found = text_of(visit)
    is_lost = any(text.seen_at == found.seen_at and is_cut_short(text.article, found.article) for text in texts)
    after = None if is_lost and found.article.body_missing else with_better(texts, found)
    version = in_force(after or texts, visit.fetched_at)
    kept = visit.ended(Outcome.UNCHANGED, article_id=known.id, version=version)
    if after is None:
        return kept
    is_newest = texts[-1].seen_at == visit.fetched_at
    if after == texts and not (is_newest and known.document != visit.document):
        return kept
    newest = None
    if is_newest:
        newest = {name: value for name, value in columns(visit).items() if name != "fetched_at"}
        newest |= address_of(visit) if known.read_from == visit.read_from else {}
    kept_at = visit.imported_at or visit.fetched_at
    await rewrite(connection, known, after, story_days=story_days, kept_at=kept_at, newest=newest)
    return kept.ended(Outcome.CHANGED)
