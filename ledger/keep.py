"""An article that was read is kept: as a new article, as a new version, or as what we had."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.articles import pack, unpack, utc
from ledger.outbox import owe_article
from ledger.schema import addresses, articles, versions
from ledger.stories import STORY_DAYS, join, lock_stories
from ledger.tombstones import meet
from news.article import Article
from news.edits import Edits, compare
from news.identity import identity, is_hint
from news.moment import Moment
from news.outcome import Outcome
from news.story import out_by
from news.url import article_id
from news.version import fingerprint, is_cut_short, is_same_article

#: lines of edits that the index gets of an article: the latest ones
MOST_EDITS = 200


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
    #: days apart that two copies of a text may be seen
    story_days: int = STORY_DAYS
    at: datetime


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
    for key in sorted(reading.keys):
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    known = await _known(connection, reading)
    if known is None or fingerprint(reading.article) != known.fingerprint:
        await lock_stories(connection)
    # locked now, and read anew: somebody may have changed the article under another of its addresses
    known = await _known(connection, reading, lock=True)
    kept = await (_keep_new(connection, reading) if known is None else _keep_known(connection, reading, known))
    rows = [{"key": key, "article_id": kept.article_id} for key in sorted(reading.keys)]
    await connection.execute(insert(addresses).values(rows).on_conflict_do_nothing())
    if kept.outcome in (Outcome.NEW, Outcome.CHANGED):
        await join(connection, kept.article_id, kept.version, reading.signature, reading.at, reading.story_days)
        revision = select(articles.c.revision).where(articles.c.id == kept.article_id)
        await owe_article(connection, kept.article_id, (await connection.execute(revision)).scalar_one())
    return kept


async def _known(connection: AsyncConnection, reading: Reading, *, lock: bool = False) -> Row[Any] | None:
    """Return the article that the reading is of, if we have it; an outlet's number counts only if the texts agree."""
    sure = [key for key in reading.keys if not is_hint(key)]
    hints = [key for key in reading.keys if is_hint(key)]
    for keys in (sure, hints):
        query = (
            select(articles)
            .join(addresses, addresses.c.article_id == articles.c.id)
            .where(addresses.c.key.in_(keys))
            .order_by(articles.c.first_seen_at, articles.c.id)
            .limit(1)
        )
        row = (await connection.execute(query.with_for_update(of=articles) if lock else query)).first()
        if row is not None and (keys is sure or is_same_article(await _text_of(connection, row), reading.article)):
            return row
    return None


async def _text_of(connection: AsyncConnection, known: Row[Any]) -> Article:
    """Return the article's newest text as it was read."""
    newest = select(versions.c.article).where(versions.c.article_id == known.id, versions.c.version == known.version)
    return unpack((await connection.execute(newest)).scalar_one())


async def _keep_new(connection: AsyncConnection, reading: Reading) -> Kept:
    new_id = UUID(article_id(reading.article.url))
    await connection.execute(
        insert(articles).values(
            id=new_id,
            outlet=reading.outlet,
            version=1,
            revision=1,
            first_seen_at=reading.at,
            changed_at=reading.at,
            out_by=out_by(reading.article.date_published, reading.at),
            **_address(reading),
            **_columns(reading),
        )
    )
    await _add_version(connection, new_id, 1, reading, None)
    return Kept(outcome=Outcome.NEW, article_id=new_id, version=1)


async def _keep_known(connection: AsyncConnection, reading: Reading, known: Row[Any]) -> Kept:
    of_this = articles.c.id == known.id
    unchanged = Kept(outcome=Outcome.UNCHANGED, article_id=known.id, version=known.version)
    if _is_view(reading, known):
        return replace(unchanged, reason=f"a view of {known.url}", is_view=True)
    same_text = fingerprint(reading.article) == known.fingerprint
    before = reading.article if same_text else await _text_of(connection, known)
    if is_cut_short(before, reading.article):
        return replace(unchanged, outcome=Outcome.WALL, reason="what a wall left of the text that we have")
    await meet(connection, known.id, reading.at)
    if same_text:
        seen = {"fetched_at": reading.at} | _address(reading)
        await connection.execute(update(articles).where(of_this).values(seen))
        return unchanged
    # what we had came from a view of the article and now the article itself is here: no edit of the outlet's
    same_version = known.read_from != known.url and reading.read_from == known.url
    version = known.version if same_version else known.version + 1
    edits = None if same_version else compare(before, reading.article)
    await connection.execute(
        update(articles)
        .where(of_this)
        .values(
            version=version,
            revision=articles.c.revision + 1,
            changed_at=known.changed_at if same_version else reading.at,
            out_by=out_by(reading.article.date_published, known.first_seen_at),
            edits=(known.edits + _summary(edits, version, reading.at))[-MOST_EDITS:],
            **_address(reading),
            **_columns(reading),
        )
    )
    await _add_version(connection, known.id, version, reading, edits)
    return Kept(outcome=Outcome.CHANGED, article_id=known.id, version=version)


def _is_view(reading: Reading, known: Row[Any]) -> bool:
    """Say whether the page is another view of an article that we have, and not the article at a new address.

    It is at a new address if the known one redirects there, or if the page names itself as the article's own address
    and is more than a variant of the known one.
    """
    if {reading.read_from, reading.asked} & {known.read_from, known.url}:
        return False
    names_itself = reading.read_from == reading.article.url
    return not names_itself or identity(reading.read_from) == identity(known.url)


def _address(reading: Reading) -> dict[str, str]:
    """Return where the article is to be found now; its id stays that of the first address."""
    return {"url": reading.article.url, "read_from": reading.read_from}


def _summary(edits: Edits | None, version: int, at: datetime) -> list[dict[str, Any]]:
    """Return what the index gets of a version's edits: a line for each kind."""
    if edits is None:
        return []
    return [{"kind": str(kind), "version": version, "at": utc(at), "stealth": edits.stealth} for kind in edits.kinds]


def _columns(reading: Reading) -> dict[str, Any]:
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
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[versions.c.article_id, versions.c.version], set_={"article": statement.excluded.article}
        )
    )


def order_of(moment: Moment | None) -> datetime | None:
    """Return the instant that stands for `moment` where articles are put in order; it is never shown.

    A day stands at its first instant in UTC: before all that is known to have come out on it.
    """
    if moment is None:
        return None
    return moment.at if isinstance(moment.at, datetime) else datetime.combine(moment.at, time(), UTC)
