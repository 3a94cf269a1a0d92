"""The one transaction in which all that came of a visit is written: the whole of it, or nothing."""

import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.faults import again_on_conflict, is_data_error, reason_of
from ledger.lockstep import in_lockstep, independent, keys_of
from ledger.outbox import add_event
from ledger.pages import Found, announce
from ledger.pipeline import Pipeline, json_text
from ledger.raw_pages import PRUNE_EVERY, prune_raw, store_raw
from ledger.recrawl_requests import answer
from ledger.revisit import REVISIT_DAYS, Life, failures_in_a_row, next_visit
from ledger.schema import pages
from ledger.statements import (
    ADD_ATTEMPT,
    ADD_ATTEMPT_AND_EVENT,
    BY_KEYS_ALONE,
    DROP_RAW,
    LIFE,
    LOCK_PAGES,
    NOTE_REQUEST,
    SET_PAGE,
)
from ledger.store_article import order_of, store_article
from ledger.stories import STORY_DAYS
from ledger.tombstones import meet, miss
from news.article import Kind
from news.log import Log
from news.moment import utc
from news.outcome import READ, Outcome
from news.storable import storable
from news.url import site_of
from news.visit import Visit

log = Log()

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
    async with engine.begin() as connection:
        pipeline = Pipeline(connection)
        visit = await _write(pipeline, visit, terms)
        await pipeline.commit()
    return visit


async def record_together(engine: AsyncEngine, visits: Sequence[Visit], terms: Terms = Terms()) -> list[Visit | None]:
    """Write visits in one transaction, and return each with its outcome; None for one that was left out.

    Left out is what has to do with another one of them, or with articles beyond its own (a copy, another text): it is
    to be recorded by itself. Raises what any of them raises: then nothing was written.
    """
    beside = [visit for visit, alone in zip(visits, independent(visits), strict=True) if alone]

    def work(visit: Visit) -> Callable[[Pipeline], Awaitable[Visit]]:
        return lambda lane: _write(lane, visit, terms)

    async def together() -> list[Visit | None]:
        async with engine.begin() as connection:
            pipeline = Pipeline(connection)
            done = await in_lockstep(pipeline, keys_of(beside), [work(visit) for visit in beside])
            await pipeline.commit()
        return done

    done = dict(zip(map(id, beside), await again_on_conflict(together), strict=True))
    return [done.get(id(visit)) for visit in visits]


async def _write(pipeline: Pipeline, visit: Visit, terms: Terms) -> Visit:
    """Add all that came of a visit to a transaction, and return it with its outcome."""
    own = visit.outlet.schedule.revisit_days
    revisit_days = terms.revisit_days if own is None else own
    clean = {name: storable(getattr(visit, name)) for name in ("reason", "etag", "last_modified")}
    if any(getattr(visit, name) != value for name, value in clean.items()):
        visit = replace(visit, **clean)
    if visit.article is not None:
        visit = await store_article(pipeline, visit, terms.story_days)
    else:
        pipeline.add(BY_KEYS_ALONE)
        visit = visit.ended(visit.outcome or Outcome.UNREADABLE, visit.reason)
    ask_again_at = await _note_presence(pipeline, visit)
    visit, due_at = await _note_page(pipeline, visit, ask_again_at, revisit_days)
    await _note_canonical(pipeline, visit)
    await _note_raw(pipeline, visit, due_at, terms)
    await _note_attempt(pipeline, visit, events=terms.events)
    return visit


async def _note_presence(pipeline: Pipeline, visit: Visit) -> datetime | None:
    """Note that the page's article is gone or is there; return when to ask again whether it is gone, None if never.

    Before the page's row is locked: whoever records a reading locks the article first, too.
    """
    if visit.outcome is Outcome.GONE:
        await pipeline.send()
        return await miss(pipeline.connection, visit.read_from, visit.status or 404, visit.fetched_at)
    if visit.outcome is Outcome.NOT_MODIFIED:
        query = select(pages.c.article_id).where(pages.c.url == visit.url)
        await pipeline.send()
        if about := (await pipeline.connection.execute(query)).scalar():
            await meet(pipeline.connection, about, visit.fetched_at)
    return None


async def _note_page(
    pipeline: Pipeline, visit: Visit, ask_again_at: datetime | None, revisit_days: float
) -> tuple[Visit, datetime | None]:
    """Set the page's state and next visit, and those of the address that it redirected to; return its article, too."""
    assert visit.outcome is not None, "a visit is recorded once it has ended"
    # in the order in which a list of addresses locks them (ledger.pages.announce)
    touched = {visit.url, visit.read_from, *([visit.text.url] if visit.article else [])}
    rows = await pipeline.rows(LOCK_PAGES, urls=sorted(touched))
    page = next((row for row in rows if row.url == visit.url), None)
    about = visit.article_id or (page.article_id if page else None)
    if page and page.outlet != visit.outlet.slug and visit.outcome is Outcome.OFF_SITE:
        return visit, None  # its own outlet has taken it over meanwhile, and is to fetch it yet
    outcome, is_read = visit.outcome, visit.outcome in READ
    failures = failures_in_a_row(page.outcome if page else None, page.failures if page else 0, outcome)
    if about is not None and outcome in _WITHOUT_TEXT:
        visit = visit.ended(outcome, f"{visit.reason.rstrip('.')}; the stored text stays")
        outcome = Outcome.WALL
    life = await _life(pipeline, visit, about) if about is not None else None
    due_at = ask_again_at or next_visit(outcome, visit.fetched_at, life, failures, revisit_days)
    came = is_read and visit.outcome is not Outcome.NOT_MODIFIED
    state: dict[str, Any] = {
        "outlet": visit.outlet.slug,
        "visited_at": visit.fetched_at,
        "failures": failures,
        "outcome": visit.outcome,
        "reason": visit.reason or None,
        "article_id": about,
        "came": came,
        "etag": visit.etag if came else None,
        "last_modified": visit.last_modified if came else None,
    }
    moved = visit.read_from != visit.url and is_read
    if visit.is_view:
        due_at = None
    pipeline.add(SET_PAGE, url=visit.url, due_at=None if moved else due_at, **state)
    if moved:
        pipeline.add(SET_PAGE, url=visit.read_from, due_at=due_at, **state)
    return replace(visit, article_id=about), due_at


async def _life(pipeline: Pipeline, visit: Visit, article_id: UUID) -> Life | None:
    if visit.outcome is Outcome.NEW:
        at, published = visit.fetched_at, order_of(visit.text.date_published)
        is_live = visit.text.kind is Kind.LIVE_BLOG
        return Life(born_at=min(at, published or at), first_seen_at=at, changed_at=at, is_live=is_live)
    rows = await pipeline.rows(LIFE, id=article_id)
    return Life(**rows[0]._asdict()) if rows else None


async def _note_canonical(pipeline: Pipeline, visit: Visit) -> None:
    """Make the article's own address known, whether or not a source lists it, so that it is fetched, too."""
    if visit.article is None or visit.text.url in (visit.url, visit.read_from):
        return
    await pipeline.send()
    connection = pipeline.connection
    named = select(func.count()).where(pages.c.article_id == visit.article_id, pages.c.found_in == "canonical")
    if (await connection.execute(named)).scalar_one() >= MOST_CANONICALS:
        return
    await announce(connection, visit.outlet.slug, "canonical", [Found(url=visit.text.url)])
    of_article = (pages.c.url == visit.text.url) & pages.c.article_id.is_(None)
    await connection.execute(update(pages).where(of_article).values(article_id=visit.article_id))


async def _note_raw(pipeline: Pipeline, visit: Visit, due_at: datetime | None, terms: Terms) -> None:
    """Keep the page as it came while the article is re-fetched, so that it can be read again."""
    if visit.article_id is None or visit.is_view or visit.outcome not in READ:
        return
    if due_at is None:
        pipeline.add(DROP_RAW, article_id=visit.article_id)
    elif terms.raw_bytes and visit.article is not None:
        await store_raw(pipeline, visit, visit.article_id)
    if visit.article_id.int % PRUNE_EVERY == 0:
        await pipeline.send()
        await prune_raw(pipeline.connection, terms.raw_bytes, terms.raw_days)


async def _note_attempt(pipeline: Pipeline, visit: Visit, *, events: bool) -> None:
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
    pipeline.add(NOTE_REQUEST, site=site_of(visit.read_from), at=visit.fetched_at)
    if visit.recrawl_id is not None:
        [(attempt_id,)] = await pipeline.rows(ADD_ATTEMPT, **values)
        await pipeline.send()
        await answer(pipeline.connection, visit.recrawl_id, attempt_id)
    elif not events:
        pipeline.add(ADD_ATTEMPT, **values)
    if events:
        plain = {name: value for name, value in values.items() if value is not None and name != "recrawl_id"}
        plain |= {"event": "attempt", "at": utc(visit.fetched_at), "host": urlsplit(visit.url).hostname}
        if visit.article_id:
            plain["article_id"] = str(visit.article_id)
        if visit.recrawl_id is not None:
            add_event(pipeline, attempt_id, plain)
        else:
            pipeline.add(ADD_ATTEMPT_AND_EVENT, document=json_text(plain), **values)
