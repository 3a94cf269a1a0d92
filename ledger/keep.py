"""An article that was read is kept: as a new article, as a new version, or as what we had."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.articles import pack, unpack
from ledger.outbox import owe_article
from ledger.schema import addresses, articles, versions
from news.article import Article
from news.edits import compare
from news.moment import Moment
from news.outcome import Outcome
from news.url import article_id
from news.version import fingerprint


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
    #: MinHash values of the text, by which copies are found
    signature: tuple[int, ...] = ()
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Where the reading went: NEW, CHANGED or UNCHANGED."""

    outcome: Outcome
    article_id: UUID
    version: int
    reason: str = ""
    #: the page is another view (AMP, print) of an article that we have from its own address
    is_view: bool = False


async def keep(connection: AsyncConnection, reading: Reading) -> Kept:
    """Keep the reading within the transaction of `connection`.

    Two workers that read one article at once wait for each other: the second finds what the first kept. A view of an
    article that we have from its canonical address (AMP, print) never makes a version.
    """
    for key in sorted(reading.keys):
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    known = (
        await connection.execute(
            select(articles)
            .join(addresses, addresses.c.article_id == articles.c.id)
            .where(addresses.c.key.in_(reading.keys))
            .order_by(articles.c.first_seen_at, articles.c.id)
            .limit(1)
            .with_for_update(of=articles)
        )
    ).first()
    kept = await (_keep_new(connection, reading) if known is None else _keep_known(connection, reading, known))
    rows = [{"key": key, "article_id": kept.article_id} for key in sorted(reading.keys)]
    await connection.execute(insert(addresses).values(rows).on_conflict_do_nothing())
    if kept.outcome is not Outcome.UNCHANGED:
        revision = select(articles.c.revision).where(articles.c.id == kept.article_id)
        await owe_article(connection, kept.article_id, (await connection.execute(revision)).scalar_one())
    return kept


async def _keep_new(connection: AsyncConnection, reading: Reading) -> Kept:
    new_id = UUID(article_id(reading.article.url))
    await connection.execute(
        insert(articles).values(
            id=new_id,
            outlet=reading.outlet,
            url=reading.article.url,
            version=1,
            revision=1,
            first_seen_at=reading.at,
            changed_at=reading.at,
            **_columns(reading),
        )
    )
    await _add_version(connection, new_id, 1, reading, None)
    return Kept(outcome=Outcome.NEW, article_id=new_id, version=1)


async def _keep_known(connection: AsyncConnection, reading: Reading, known: Row[Any]) -> Kept:
    of_this = articles.c.id == known.id
    if reading.read_from not in (known.read_from, known.url):
        return Kept(
            outcome=Outcome.UNCHANGED,
            article_id=known.id,
            version=known.version,
            reason=f"a view of {known.url}",
            is_view=True,
        )
    if fingerprint(reading.article) == known.fingerprint:
        seen = {"fetched_at": reading.at, "read_from": reading.read_from}
        await connection.execute(update(articles).where(of_this).values(seen))
        return Kept(outcome=Outcome.UNCHANGED, article_id=known.id, version=known.version)
    # what we had came from a view of the article and now the article itself is here: no edit of the outlet's
    same_version = reading.read_from != known.read_from
    version = known.version if same_version else known.version + 1
    newest = select(versions.c.article, versions.c.edits).where(
        versions.c.article_id == known.id, versions.c.version == known.version
    )
    before = (await connection.execute(newest)).one()
    edits = before.edits if same_version else compare(unpack(before.article), reading.article).as_json()
    await connection.execute(
        update(articles)
        .where(of_this)
        .values(
            version=version,
            revision=known.revision + 1,
            changed_at=known.changed_at if same_version else reading.at,
            **_columns(reading),
        )
    )
    await _add_version(connection, known.id, version, reading, edits)
    return Kept(outcome=Outcome.CHANGED, article_id=known.id, version=version)


def _columns(reading: Reading) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint(reading.article),
        "document": dict(reading.document),
        "fetched_at": reading.at,
        "published_at": order_of(reading.article.date_published),
        "read_from": reading.read_from,
        "gone_at": None,
    }


async def _add_version(
    connection: AsyncConnection, of: UUID, version: int, reading: Reading, edits: Mapping[str, Any] | None
) -> None:
    statement = insert(versions).values(
        article_id=of, version=version, seen_at=reading.at, article=pack(reading.article), edits=edits
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
