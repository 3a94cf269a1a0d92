"""Every attempt that was made: how the crawl goes, and why a page is not there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import attempts, pages
from news.moment import utc
from news.outcome import COSTLY, Outcome, meaning_of

#: addresses of an article among which its last attempt is looked for: of some, outlets make endless variants
_MOST_PAGES = 50
#: an outlet is slowed while half of its newest attempts took too much, as schedules/health_rules.py judges its health
_NEWEST, _TOO_MANY = 10, 5


@dataclass(frozen=True, kw_only=True)
class LastAttempt:
    """The newest attempt at an article, and when the next one is due."""

    at: datetime
    url: str
    outcome: Outcome
    reason: str | None
    status: int | None
    #: None: the article is not re-fetched any more
    next_visit_at: datetime | None

    @property
    def result(self) -> str:
        """How it ended, in words: `gone (the site answers 410)`."""
        return meaning_of(self.outcome, self.status) + (f" ({self.reason})" if self.reason else "")

    def as_json(self) -> dict[str, Any]:
        """Return the fields by which a document shows it."""
        attempt = {name: getattr(self, name) for name in ("url", "outcome", "reason", "status")}
        due_at = self.next_visit_at
        return {"last_attempt": {"at": utc(self.at)} | attempt, "next_visit_at": utc(due_at) if due_at else None}


@dataclass(frozen=True, kw_only=True)
class Ended:
    """One attempt and its end."""

    id: int
    at: datetime
    outlet: str
    url: str
    outcome: Outcome
    reason: str | None
    status: int | None
    article_id: UUID | None
    final_url: str | None
    #: the recrawl that it answers
    recrawl_id: UUID | None


_COLUMNS = [attempts.c[name] for name in Ended.__dataclass_fields__]


async def count_outcomes(
    connection: AsyncConnection, outlets: Collection[str], since: datetime
) -> dict[str, dict[Outcome, int]]:
    """Return outlet -> outcome -> attempts since then."""
    query = (
        select(attempts.c.outlet, attempts.c.outcome, func.count().label("times"))
        .where(attempts.c.outlet.in_(list(outlets)), attempts.c.at >= since)
        .group_by(attempts.c.outlet, attempts.c.outcome)
    )
    counted: dict[str, dict[Outcome, int]] = {}
    for row in await connection.execute(query):
        counted.setdefault(row.outlet, {})[Outcome(row.outcome)] = row.times
    return counted


async def takes_too_much(connection: AsyncConnection, outlet: str) -> bool:
    """Say whether most of the newest pages of `outlet` took too long, or too much memory, to read."""
    newest = select(attempts.c.outcome).where(attempts.c.outlet == outlet).order_by(attempts.c.at.desc()).limit(_NEWEST)
    outcomes = (await connection.execute(newest)).scalars()
    return sum(outcome in COSTLY for outcome in outcomes) >= _TOO_MANY


async def last_attempt(connection: AsyncConnection, article_id: UUID) -> LastAttempt | None:
    """Return the newest attempt at any address of the article, whatever its end; None if none was made.

    They are found through the article's pages: by its id, attempts have no index.
    """
    of_article = pages.c.article_id == article_id
    visited = (
        select(pages.c.url)
        .where(of_article, pages.c.visited_at.is_not(None))
        .order_by(pages.c.visited_at.desc(), pages.c.url)
        .limit(_MOST_PAGES)
        .subquery()
    )
    newest = (
        select(*(attempts.c[name] for name in ("at", "url", "outcome", "reason", "status")))
        .where(attempts.c.url == visited.c.url)
        .order_by(attempts.c.at.desc(), attempts.c.id.desc())
        .limit(1)
        .lateral()
    )
    query = select(newest).select_from(visited.join(newest, true())).order_by(newest.c.at.desc(), newest.c.url).limit(1)
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    due_at = (await connection.execute(select(func.min(pages.c.due_at)).where(of_article))).scalar()
    return LastAttempt(**dict(row._mapping) | {"outcome": Outcome(row.outcome)}, next_visit_at=due_at)


async def ended(
    connection: AsyncConnection,
    *,
    outlets: Collection[str] = (),
    urls: Collection[str] = (),
    since: datetime | None = None,
    limit: int = 10_000,
) -> list[Ended]:
    """Return attempts, the newest first: of these outlets or addresses, if any are named, since then."""
    query = select(*_COLUMNS).order_by(attempts.c.at.desc(), attempts.c.id.desc()).limit(limit)
    if outlets:
        query = query.where(attempts.c.outlet.in_(list(outlets)))
    if urls:
        query = query.where(attempts.c.url.in_(list(urls)))
    if since is not None:
        query = query.where(attempts.c.at >= since)
    rows = await connection.execute(query)
    return [_ended(row) for row in rows]


async def attempt_of(connection: AsyncConnection, id: int) -> Ended | None:
    """Return the attempt of this id, or None if there is none."""
    row = (await connection.execute(select(*_COLUMNS).where(attempts.c.id == id))).first()
    return _ended(row) if row else None


def _ended(row: Row[Any]) -> Ended:
    return Ended(**dict(row._mapping) | {"outcome": Outcome(row.outcome)})
