"""An article that was read is kept: as a new article, as a new version, or as what we had."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.articles import pack, pack_json, unpack
from ledger.history import MOST_EDITS, Text, in_force, locked, rewrite, summary, texts_of, with_earlier
from ledger.outbox import owe_article
from ledger.schema import addresses, articles, versions
from ledger.stories import STORY_DAYS, find_copies, join, lock_stories, remember
from ledger.tombstones import meet
from news.article import Article
from news.edits import Edits, compare
from news.identity import identity, is_hint
from news.moment import Moment
from news.outcome import Outcome
from news.story import out_by
from news.url import article_id
from news.version import fingerprint, is_cut_short, is_same_article


@dataclass(frozen=True, kw_only=True)
class Reading:
    """An article as it came out of the digest, with what identifies it and what the index gets beside it."""

    outlet: str
    article: Article
    #: the index document's fields: the article's, the enrichment's, the outlet's
    document: Mapping[str, Any]
    #: addresses and identities under which the article may be known already
    keys: tuple[str, ...]
    #: the address of the page it was read from: another than `article.url` at AMP and print views
    read_from: str
    #: the address that was asked for, before redirects; "" for `read_from`
    asked: str = ""
    #: MinHash values of the text, by which copies are found
    signature: tuple[int, ...] = ()
    #: field -> what was weighed for it
    candidates: Mapping[str, Any] = field(default_factory=dict)
    #: days apart that two copies of a text may be seen
    story_days: int = STORY_DAYS
    at: datetime
    #: when it is recorded, if long after `at`: of an imported page
    kept_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Where the reading went: NEW, CHANGED, UNCHANGED, or WALL, which is not kept."""

    outcome: Outcome
    article_id: UUID
    version: int
    reason: str = ""
    #: the page is another view (AMP, print) of an article that we have from its own address
    is_view: bool = False


async def keep(connection: AsyncConnection, reading: Reading) -> Kept:
    """Keep the reading within the transaction of `connection`.

    Two workers that read one article at once wait for each other: the second finds what the first kept; so do two that
    read copies of one text, which become one story. A view of an article that we have from its canonical address
    (AMP, print) never makes a version, nor does what a wall left of it.
    """
    keys = sorted(reading.keys)
    await connection.execute(LOCK_KEYS, {"keys": keys})
    known = await known_article(connection, reading)
    if known is None:
        # nobody else can give these keys to an article before we let go of them
        await lock_stories(connection)
        kept = await _keep_new(connection, reading)
    elif _is_view(reading, known):
        kept = Kept(
            outcome=Outcome.UNCHANGED,
            article_id=known.id,
            version=known.version,
            reason=f"a view of {known.url}",
            is_view=True,
        )
    elif reading.at < known.fetched_at and reading.kept_at is not None:
        kept = await _keep_earlier(connection, reading, known)
    elif fingerprint(reading.article) == known.fingerprint:
        kept = await _keep_unchanged(connection, reading, known)
    else:
        kept = await _keep_changed(connection, reading, known)
    await connection.execute(_ADD_KEYS, {"keys": keys, "article_id": kept.article_id})
    return kept


#: in the order of the list: two workers that want the same keys never hold one each
LOCK_KEYS = text("SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(CAST(:keys AS text[])) AS key")
_ADD_KEYS = text(
    "INSERT INTO addresses (key, article_id) SELECT key, CAST(:article_id AS uuid)"
    " FROM unnest(CAST(:keys AS text[])) AS key ON CONFLICT DO NOTHING"
)


async def known_article(connection: AsyncConnection, reading: Reading) -> Row[Any] | None:
    """Return the article that the reading is of, if we have it; an outlet's number counts only if the texts agree."""
    rows = await connection.execute(
        select(articles, addresses.c.key)
        .join(addresses, addresses.c.article_id == articles.c.id)
        .where(addresses.c.key.in_(reading.keys))
    )
    for row in sorted(rows, key=lambda row: (is_hint(row.key), row.first_seen_at, row.id.bytes)):
        if not is_hint(row.key) or is_same_article(await _text_of(connection, row), reading.article):
            return row
    return None


async def _text_of(connection: AsyncConnection, known: Row[Any]) -> Article:
    """Return the article's newest text as it was read."""
    newest = select(versions.c.article).where(versions.c.article_id == known.id, versions.c.version == known.version)
    return unpack((await connection.execute(newest)).scalar_one())


async def _keep_new(connection: AsyncConnection, reading: Reading) -> Kept:
    new_id = UUID(article_id(reading.article.url))
    copies = await find_copies(connection, new_id, reading.outlet, reading.signature, reading.at, reading.story_days)
    await connection.execute(
        insert(articles).values(
            id=new_id,
            outlet=reading.outlet,
            version=1,
            revision=1,
            first_seen_at=reading.at,
            changed_at=reading.at,
            out_by=out_by(reading.article.date_published, reading.at),
            story_id=new_id if reading.signature and not copies else None,
            **address_of(reading),
            **columns(reading),
        )
    )
    await _add_version(connection, new_id, 1, reading, None)
    await remember(connection, new_id, 1, reading.signature, reading.at, reading.story_days, reading.kept_at)
    if copies:
        await join(connection, new_id, copies)
    await owe_article(connection, new_id, 1)
    return Kept(outcome=Outcome.NEW, article_id=new_id, version=1)


async def _keep_unchanged(connection: AsyncConnection, reading: Reading, known: Row[Any]) -> Kept:
    if known.missed_at is not None:
        await meet(connection, known.id, reading.at)
    seen: dict[str, Any] = {"fetched_at": reading.at} | address_of(reading)
    moved = reading.article.url != known.url
    if moved:
        seen |= {"document": dict(reading.document), "revision": articles.c.revision + 1}
    of_this = articles.c.id == known.id
    result = await connection.execute(update(articles).where(of_this).values(seen).returning(articles.c.revision))
    if moved:
        await owe_article(connection, known.id, result.scalar_one())
    return Kept(outcome=Outcome.UNCHANGED, article_id=known.id, version=known.version)


async def _keep_changed(connection: AsyncConnection, reading: Reading, known: Row[Any]) -> Kept:
    unchanged = Kept(outcome=Outcome.UNCHANGED, article_id=known.id, version=known.version)
    if reading.at < known.changed_at:
        return replace(unchanged, reason="older than the text that we have")
    before = await _text_of(connection, known)
    if is_cut_short(before, reading.article):
        return replace(unchanged, outcome=Outcome.WALL, reason="what a wall left of the text that we have")
    # a stranger's text may take seconds: beside the loop, and before anybody waits for us
    edits: Edits | None = await asyncio.to_thread(compare, before, reading.article)
    await lock_stories(connection)
    of_this = articles.c.id == known.id
    peeked, known = known, (await connection.execute(select(articles).where(of_this).with_for_update())).one()
    if known.fingerprint != peeked.fingerprint:
        # somebody has changed the article under another of its addresses meanwhile
        if known.fingerprint == fingerprint(reading.article):
            return replace(unchanged, version=known.version)
        edits = await asyncio.to_thread(compare, await _text_of(connection, known), reading.article)
    if known.missed_at is not None:
        await meet(connection, known.id, reading.at)
    # what we had came from a view of the article and now the article itself is here: no edit of the outlet's
    same_version = known.read_from != known.url and reading.read_from == known.url
    version = known.version if same_version else known.version + 1
    edits = None if same_version else edits
    result = await connection.execute(
        update(articles)
        .where(of_this)
        .values(
            version=version,
            revision=articles.c.revision + 1,
            changed_at=known.changed_at if same_version else reading.at,
            out_by=out_by(reading.article.date_published, known.first_seen_at),
            edits=(known.edits + summary(edits, version, reading.at))[-MOST_EDITS:],
            **address_of(reading),
            **columns(reading),
        )
        .returning(articles.c.revision)
    )
    revision = result.scalar_one()
    await _add_version(connection, known.id, version, reading, edits)
    copies = await find_copies(connection, known.id, reading.outlet, reading.signature, reading.at, reading.story_days)
    await remember(connection, known.id, version, reading.signature, reading.at, reading.story_days, reading.kept_at)
    if copies or reading.signature or known.story_id:
        await join(connection, known.id, copies)
    await owe_article(connection, known.id, revision)
    return Kept(outcome=Outcome.CHANGED, article_id=known.id, version=version)


async def _keep_earlier(connection: AsyncConnection, reading: Reading, seen: Row[Any]) -> Kept:
    """Keep what was fetched before the newest text that we have: at most a version in the article's past."""
    known = await locked(connection, seen.id)
    texts = await texts_of(connection, known.id)
    told = with_earlier(texts, text_of(reading), known.fetched_at)
    if told != texts:
        kept_at = reading.kept_at or reading.at
        await rewrite(connection, known, told, story_days=reading.story_days, kept_at=kept_at)
    outcome = Outcome.UNCHANGED if len(told) == len(texts) else Outcome.CHANGED
    return Kept(outcome=outcome, article_id=known.id, version=in_force(told, reading.at))


def _is_view(reading: Reading, known: Row[Any]) -> bool:
    """Say whether the page is another view of an article that we have, and not the article at a new address.

    It is at a new address if the known one redirects there, or if the page names itself as the article's own address
    and is more than a variant of the known one.
    """
    if {reading.read_from, reading.asked} & {known.read_from, known.url}:
        return False
    names_itself = reading.read_from == reading.article.url
    return not names_itself or identity(reading.read_from) == identity(known.url)


def text_of(reading: Reading) -> Text:
    """Return the reading's text as it is to stand in the article's history."""
    return Text(
        seen_at=reading.at,
        article=reading.article,
        signature=reading.signature,
        candidates=pack_json(reading.candidates),
    )


def address_of(reading: Reading) -> dict[str, str]:
    """Return where the article is to be found now; its id stays that of the first address."""
    return {"url": reading.article.url, "read_from": reading.read_from}


def columns(reading: Reading) -> dict[str, Any]:
    """Return the columns of `articles` that come of the newest reading."""
    return {
        "fingerprint": fingerprint(reading.article),
        "document": dict(reading.document),
        "fetched_at": reading.at,
        "published_at": order_of(reading.article.date_published),
    }


async def _add_version(
    connection: AsyncConnection, of: UUID, version: int, reading: Reading, edits: Edits | None
) -> None:
    statement = insert(versions).values(
        article_id=of,
        version=version,
        seen_at=reading.at,
        article=pack(reading.article),
        edits=edits.as_json() if edits else None,
        candidates=pack_json(reading.candidates),
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[versions.c.article_id, versions.c.version],
            set_={name: statement.excluded[name] for name in ("article", "candidates")},
        )
    )


def order_of(moment: Moment | None) -> datetime | None:
    """Return the instant that stands for `moment` where articles are put in order; it is never shown.

    A day stands at its first instant in UTC: before all that is known to have come out on it.
    """
    if moment is None:
        return None
    return moment.at if isinstance(moment.at, datetime) else datetime.combine(moment.at, time(), UTC)
