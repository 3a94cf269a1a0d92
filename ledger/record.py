"""The one transaction in which all that came of an attempt is written: the whole of it, or nothing."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.articles import utc
from ledger.keep import Reading, keep
from ledger.outbox import owe_event
from ledger.pages import Found, announce
from ledger.revisit import REVISIT_DAYS, Life, next_visit
from ledger.schema import articles, attempts, pages
from ledger.sites import note_request
from ledger.tombstones import meet, miss
from news.article import Kind
from news.outcome import READ, Outcome
from news.url import site_of


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """How one request for a page ended. With a reading the ledger says whether it is new, changed or unchanged."""

    outlet: str
    #: the address as the frontier has it
    url: str
    #: after redirects, in its normal form
    final_url: str
    at: datetime
    #: None where a reading came out
    outcome: Outcome | None = None
    reason: str = ""
    status: int | None = None
    latency_ms: int | None = None
    content_bytes: int | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What the ledger made of an attempt."""

    outcome: Outcome
    reason: str = ""
    article_id: UUID | None = None
    version: int | None = None
    #: the page is another view (AMP, print) of an article that we have from its own address
    is_view: bool = False


async def record(
    engine: AsyncEngine,
    attempt: Attempt,
    reading: Reading | None = None,
    *,
    events: bool = False,
    revisit_days: float = REVISIT_DAYS,
) -> Recorded:
    """Write an attempt and all that came of it in one transaction, and return what it was.

    `reading` is None where no article came out (an error, a 304, a refusal). With `events` the index is owed the
    attempt as a crawl event. `revisit_days` is the age from which its article is visited no more.
    Raises SQLAlchemyError if the database is away: then nothing was written and the page is still due.
    """
    async with engine.begin() as connection:
        if reading is not None:
            kept = await keep(connection, reading)
            recorded = Recorded(
                outcome=kept.outcome,
                reason=kept.reason,
                article_id=kept.article_id,
                version=kept.version,
                is_view=kept.is_view,
            )
            if reading.article.url != attempt.final_url:
                # the article's own address is fetched, too, whether or not a source lists it
                await announce(connection, attempt.outlet, "canonical", [Found(url=reading.article.url)])
        else:
            recorded = Recorded(outcome=attempt.outcome or Outcome.UNREADABLE, reason=attempt.reason)
        ask_again_at = await _note_presence(connection, attempt, recorded)
        about = await _note_page(connection, attempt, recorded, ask_again_at, revisit_days)
        recorded = replace(recorded, article_id=about)
        await _note_attempt(connection, attempt, recorded, events=events)
    return recorded


async def _note_presence(connection: AsyncConnection, attempt: Attempt, recorded: Recorded) -> datetime | None:
    """Note that the page's article is gone or is there; return when to ask again whether it is gone, None if never.

    Before the page's row is locked: whoever records a reading locks the article first, too.
    """
    if recorded.outcome is Outcome.GONE:
        return await miss(connection, attempt.final_url, attempt.status or 404, attempt.at)
    if recorded.outcome is Outcome.NOT_MODIFIED:
        query = select(pages.c.article_id).where(pages.c.url == attempt.url)
        if about := (await connection.execute(query)).scalar():
            await meet(connection, about, attempt.at)
    return None


async def _note_page(
    connection: AsyncConnection,
    attempt: Attempt,
    recorded: Recorded,
    ask_again_at: datetime | None,
    revisit_days: float,
) -> UUID | None:
    """Set the page's state and next visit, and those of the address that it redirected to; return its article."""
    query = select(pages.c.failures, pages.c.article_id).where(pages.c.url == attempt.url).with_for_update()
    page = (await connection.execute(query)).first()
    about = recorded.article_id or (page.article_id if page else None)
    failures = 0 if recorded.outcome in READ else (page.failures if page else 0) + 1
    life = await _life(connection, about) if about is not None else None
    due_at = ask_again_at or next_visit(recorded.outcome, attempt.at, life, failures, revisit_days)
    visit: dict[str, Any] = {
        "outlet": attempt.outlet,
        "visited_at": attempt.at,
        "failures": failures,
        "outcome": recorded.outcome,
        "reason": recorded.reason or None,
        "article_id": about,
        "priority": 0,
    }
    if recorded.outcome in READ and recorded.outcome is not Outcome.NOT_MODIFIED:
        visit |= {"etag": attempt.etag, "last_modified": attempt.last_modified}
    moved = attempt.final_url != attempt.url and recorded.outcome in READ
    if recorded.is_view:
        due_at = None
    await _upsert_page(connection, attempt.url, visit | {"due_at": None if moved else due_at})
    if moved:
        await _upsert_page(connection, attempt.final_url, visit | {"due_at": due_at})
    return about


async def _life(connection: AsyncConnection, article_id: UUID) -> Life | None:
    query = select(
        func.coalesce(articles.c.published_at, articles.c.first_seen_at).label("born_at"),
        articles.c.first_seen_at,
        articles.c.changed_at,
        articles.c.version.label("versions"),
        (articles.c.document["kind"].astext == Kind.LIVE_BLOG).label("is_live"),
    )
    row = (await connection.execute(query.where(articles.c.id == article_id))).first()
    return Life(**dict(row._mapping) | {"is_live": bool(row.is_live)}) if row else None


async def _upsert_page(connection: AsyncConnection, url: str, values: dict[str, Any]) -> None:
    statement = insert(pages).values(url=url, found_in="redirect", **values)
    keep_outlet = {name: value for name, value in values.items() if name != "outlet"}
    await connection.execute(statement.on_conflict_do_update(index_elements=[pages.c.url], set_=keep_outlet))


async def _note_attempt(connection: AsyncConnection, attempt: Attempt, recorded: Recorded, *, events: bool) -> None:
    values = {
        "at": attempt.at,
        "outlet": attempt.outlet,
        "url": attempt.url,
        "final_url": attempt.final_url if attempt.final_url != attempt.url else None,
        "outcome": recorded.outcome,
        "reason": recorded.reason or None,
        "status": attempt.status,
        "latency_ms": attempt.latency_ms,
        "content_bytes": attempt.content_bytes,
        "article_id": recorded.article_id,
    }
    attempt_id = (await connection.execute(insert(attempts).values(values).returning(attempts.c.id))).scalar_one()
    if events:
        plain = {name: value for name, value in values.items() if value is not None}
        plain |= {"event": "attempt", "at": utc(attempt.at), "host": urlsplit(attempt.url).hostname}
        if recorded.article_id:
            plain["article_id"] = str(recorded.article_id)
        await owe_event(connection, attempt_id, plain)
    await note_request(connection, site_of(attempt.final_url), attempt.at)
