"""What was fetched and read goes into the ledger, in one transaction."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.keep import Reading
from ledger.record import Recorded, record
from ledger.revisit import REVISIT_DAYS
from ledger.stories import STORY_DAYS
from news.article import Article
from news.digest import Digest
from news.identity import identities
from news.outlet import Outlet
from pipelines.fetched import Fetched


async def record_fetched(
    engine: AsyncEngine,
    fetched: Fetched,
    *,
    events: bool = False,
    story_days: int = STORY_DAYS,
    revisit_days: float = REVISIT_DAYS,
) -> Recorded:
    """Record an attempt with what came of it, and return what the ledger made of it.

    With `events` the index is owed a crawl event, too. `story_days` is how far apart two copies of a text may be seen,
    `revisit_days` the age from which an article is visited no more, where its outlet's file says nothing else.
    Raises SQLAlchemyError if the ledger is away: then nothing was written and the page is still due.
    """
    attempt, digest = fetched.attempt, fetched.digest
    own = fetched.outlet.schedule.revisit_days
    days = revisit_days if own is None else own
    if digest is None:
        return await record(engine, attempt, events=events, revisit_days=days)
    if digest.article is None:
        refusal = digest.refusal
        assert refusal is not None, "a digest has an article or a refusal"
        return await record(
            engine, replace(attempt, outcome=refusal.outcome, reason=refusal.reason), events=events, revisit_days=days
        )
    return await record(
        engine, attempt, reading_of(fetched, digest, digest.article, story_days), events=events, revisit_days=days
    )


def reading_of(
    fetched: Fetched, digest: Digest, article: Article, story_days: int, kept_at: datetime | None = None
) -> Reading:
    """Return what the ledger is to keep of an attempt that brought an article; `kept_at` is the time of an import."""
    attempt = fetched.attempt
    return Reading(
        outlet=attempt.outlet,
        article=article,
        document=index_fields(article, digest, fetched.outlet),
        keys=tuple(identities(attempt.outlet, attempt.url, attempt.final_url, article.url)),
        asked=attempt.url,
        read_from=attempt.final_url,
        signature=digest.signature,
        candidates=digest.candidates,
        story_days=story_days,
        at=attempt.at,
        kept_at=kept_at,
    )


def index_fields(article: Article, digest: Digest, outlet: Outlet) -> dict[str, Any]:
    """Return the fields of the index document that come of the page and its outlet; the ledger adds its own."""
    fields = article.as_json() | dict(digest.enrichment)
    if section := fields.pop("section", None):
        fields["sections"] = [section]
    fields |= {"outlet_name": outlet.name, "country": outlet.country}
    if outlet.forbids_ai_training is not None:
        fields["rights"] |= {"forbids_ai_training": outlet.forbids_ai_training}
    return fields
