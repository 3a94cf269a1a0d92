"""The one transaction in which all that came of a visit is written: the whole of it, or nothing."""

import traceback
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.faults import again_on_conflict, is_data_error, reason_of
from ledger.outbox import enqueue_event
from ledger.pages import Found, announce
from ledger.raw_pages import PRUNE_EVERY, drop_raw, prune_raw, store_raw
from ledger.recrawl_requests import answer
from ledger.revisit import REVISIT_DAYS, Life, failures_in_a_row, next_visit
from ledger.schema import articles, attempts, pages
from ledger.sites import note_request
from ledger.store_article import store
from ledger.stories import STORY_DAYS
from ledger.tombstones import meet, miss
from news.article import Kind
from news.moment import utc
from news.outcome import READ, Outcome
from news.storable import storable
from news.url import site_of
from news.visit import Visit

log = structlog.get_logger()

#: an article's own addresses that are fetched because its pages name them: each may name another one, for ever
MOST_CANONICALS = 3
#: no article came: of a page that had one, as after a wall, the text that we have stays and is looked for again
_WITHOUT_TEXT = frozenset(
    {Outcome.EMPTY, Outcome.NOT_AN_ARTICLE, Outcome.NOT_HTML, Outcome.TOO_DEEP, Outcome.UNREADABLE}
)
#: what a value that nobody foresaw raises in code of ours; anything else may be the system's fault
_OF_A_VALUE = (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
#: the newest raw pages take up so much at most, unless BROADSHEET_RAW_PAGES_GB says otherwise
RAW_BYTES = 5 * 2**30


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The settings that a recording needs."""

    #: each attempt is enqueued as a crawl event
    events: bool = False
    #: how far apart two copies of a text may be seen
    story_days: int = STORY_DAYS
    #: the age from which an article is visited no more, where its outlet's file says nothing else
    revisit_days: float = REVISIT_DAYS
    #: the bytes for raw pages; 0: none is kept
    raw_bytes: int = RAW_BYTES
    #: days after which a raw page is forgotten; None: as long as its article is re-fetched
    raw_days: float | None = None


async def record(engine: AsyncEngine, visit: Visit, terms: Terms = Terms()) -> Visit:
    """Write a visit and all that came of it in one transaction, and return it with its outcome.

    What the ledger refuses as data, and what defeats our own code by its values, is the page's own end: UNRECORDABLE,
    with a reason, in a transaction of its own. Raises ReadAgain where the page that we have is to be read again first,
    and SQLAlchemyError if the database is away or full: then nothing was written and the page is still due.
    """
    try:
        return await again_on_conflict(lambda: _record(engine, visit, terms))
    except Exception as error:
        if (reason := reason_of_page(error)) is None:
            raise
        log.error("page_unrecordable", url=visit.url, outlet=visit.outlet.slug, reason=reason)
        unrecordable = visit.unrecordable(reason)
        return await again_on_conflict(lambda: _record(engine, unrecordable, terms))


def reason_of_page(error: Exception) -> str | None:
    """Return why a page cannot be recorded, if it is the page that defeats the ledger or our code; else None."""
    if is_data_error(error):
        return f"PostgreSQL rejected it: {reason_of(error)}"
    if isinstance(error, _OF_A_VALUE):
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"recording it failed: {type(error).__name__} in {PurePath(place.filename).name}, line {place.lineno}"
    return None


async def _record(engine: AsyncEngine, visit: Visit, terms: Terms) -> Visit:
    own = visit.outlet.schedule.revisit_days
    revisit_days = terms.revisit_days if own is None else own
    clean = {name: storable(getattr(visit, name)) for name in ("reason", "etag", "last_modified")}
    visit = replace(visit, **clean)
    async with engine.begin() as connection:
        if visit.article is not None:
            visit = await store(connection, visit, terms.story_days)
        else:
            visit = visit.ended(visit.outcome or Outcome.UNREADABLE, visit.reason)
        ask_again_at = await _note_presence(connection, visit)
        visit, due_at = await _note_page(connection, visit, ask_again_at, revisit_days)
        await _note_canonical(connection, visit)
        await _note_raw(connection, visit, due_at, terms)
        await _note_attempt(connection, visit, events=terms.events)
    return visit


async def _note_presence(connection: AsyncConnection, visit: Visit) -> datetime | None:
    """Note that the page's article is gone or is there; return when to ask again whether it is gone, None if never.

    Before the page's row is locked: whoever records a reading locks the article first, too.
    """
    if visit.outcome is Outcome.GONE:
        return await miss(connection, visit.read_from, visit.status or 404, visit.fetched_at)
    if visit.outcome is Outcome.NOT_MODIFIED:
        query = select(pages.c.article_id).where(pages.c.url == visit.url)
        if about := (await connection.execute(query)).scalar():
            await meet(connection, about, visit.fetched_at)
    return None


async def _note_page(
    connection: AsyncConnection, visit: Visit, ask_again_at: datetime | None, revisit_days: float
) -> tuple[Visit, datetime | None]:
    """Set the page's state and next visit, and those of the address that it redirected to; return its article, too."""
    assert visit.outcome is not None, "a visit is recorded once it has ended"
    # in the order in which a list of addresses locks them (ledger.pages.announce)
    touched = {visit.url, visit.read_from, *([visit.text.url] if visit.article else [])}
    query = (
        select(pages.c.url, pages.c.failures, pages.c.outcome, pages.c.article_id)
        .where(pages.c.url.in_(sorted(touched)))
        .order_by(pages.c.url)
        .with_for_update()
    )
    page = next((row for row in await connection.execute(query) if row.url == visit.url), None)
    about = visit.article_id or (page.article_id if page else None)
    outcome, is_read = visit.outcome, visit.outcome in READ
    failures = failures_in_a_row(page.outcome if page else None, page.failures if page else 0, outcome)
    if about is not None and outcome in _WITHOUT_TEXT:
        visit = visit.ended(outcome, f"{visit.reason.rstrip('.')}; the stored text stays")
        outcome = Outcome.WALL
    life = await _life(connection, about) if about is not None else None
    due_at = ask_again_at or next_visit(outcome, visit.fetched_at, life, failures, revisit_days)
    state: dict[str, Any] = {
        "outlet": visit.outlet.slug,
        "visited_at": visit.fetched_at,
        "failures": failures,
        "outcome": visit.outcome,
        "reason": visit.reason or None,
        "article_id": about,
        "priority": 0,
    }
    if is_read and visit.outcome is not Outcome.NOT_MODIFIED:
        state |= {"etag": visit.etag, "last_modified": visit.last_modified}
    moved = visit.read_from != visit.url and is_read
    if visit.is_view:
        due_at = None
    await _upsert_page(connection, visit.url, state | {"due_at": None if moved else due_at})
    if moved:
        await _upsert_page(connection, visit.read_from, state | {"due_at": due_at})
    return replace(visit, article_id=about), due_at


async def _life(connection: AsyncConnection, article_id: UUID) -> Life | None:
    query = select(
        # a page that says it comes out in a hundred years would be visited each hour until then
        func.least(articles.c.published_at, articles.c.first_seen_at).label("born_at"),
        articles.c.first_seen_at,
        articles.c.changed_at,
        articles.c.version.label("versions"),
        (articles.c.document["kind"].astext == Kind.LIVE_BLOG).label("is_live"),
    )
    row = (await connection.execute(query.where(articles.c.id == article_id))).first()
    return Life(**dict(row._mapping) | {"is_live": bool(row.is_live)}) if row else None


async def _upsert_page(connection: AsyncConnection, url: str, values: dict[str, Any]) -> None:
    statement = insert(pages).values(url=url, found_in="redirect", **values)
    without_outlet = {name: value for name, value in values.items() if name != "outlet"}
    await connection.execute(statement.on_conflict_do_update(index_elements=[pages.c.url], set_=without_outlet))


async def _note_canonical(connection: AsyncConnection, visit: Visit) -> None:
    """Make the article's own address known, whether or not a source lists it, so that it is fetched, too."""
    if visit.article is None or visit.text.url in (visit.url, visit.read_from):
        return
    named = select(func.count()).where(pages.c.article_id == visit.article_id, pages.c.found_in == "canonical")
    if (await connection.execute(named)).scalar_one() >= MOST_CANONICALS:
        return
    await announce(connection, visit.outlet.slug, "canonical", [Found(url=visit.text.url)])
    of_article = (pages.c.url == visit.text.url) & pages.c.article_id.is_(None)
    await connection.execute(update(pages).where(of_article).values(article_id=visit.article_id))


async def _note_raw(connection: AsyncConnection, visit: Visit, due_at: datetime | None, terms: Terms) -> None:
    """Keep the page as it came while the article is re-fetched, so that it can be read again."""
    if visit.article_id is None or visit.is_view or visit.outcome not in READ:
        return
    if due_at is None:
        await drop_raw(connection, visit.article_id)
    elif terms.raw_bytes and visit.article is not None:
        await store_raw(connection, visit, visit.article_id)
    if visit.article_id.int % PRUNE_EVERY == 0:
        await prune_raw(connection, terms.raw_bytes, terms.raw_days)


async def _note_attempt(connection: AsyncConnection, visit: Visit, *, events: bool) -> None:
    values = {
        "at": visit.fetched_at,
        "outlet": visit.outlet.slug,
        "url": visit.url,
        "final_url": visit.read_from if visit.read_from != visit.url else None,
        "outcome": visit.outcome,
        "reason": visit.reason or None,
        "status": visit.status,
        "latency_ms": visit.latency_ms,
        "content_bytes": visit.content_bytes,
        "article_id": visit.article_id,
        "recrawl_id": visit.recrawl_id,
    }
    attempt_id = (await connection.execute(insert(attempts).values(values).returning(attempts.c.id))).scalar_one()
    if visit.recrawl_id is not None:
        await answer(connection, visit.recrawl_id, attempt_id)
    if events:
        plain = {name: value for name, value in values.items() if value is not None and name != "recrawl_id"}
        plain |= {"event": "attempt", "at": utc(visit.fetched_at), "host": urlsplit(visit.url).hostname}
        if visit.article_id:
            plain["article_id"] = str(visit.article_id)
        await enqueue_event(connection, attempt_id, plain)
    await note_request(connection, site_of(visit.read_from), visit.fetched_at)
