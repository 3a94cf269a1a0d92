"""Articles of our own writing, recorded as a crawl would record them."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.keep import Reading
from ledger.record import Attempt, Recorded, record
from news.article import Article
from news.identity import identities
from news.moment import Moment, Precision, TimeSource
from news.outcome import Outcome
from pipelines.deduplicate import sign

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
WORDS = [a + b + c for a in "b ch d f gr k l m".split() for b in "a e i o u".split() for c in "n st rk l sh t".split()]


def text(seed: int, paragraphs: int = 6) -> str:
    """Return a body that is like no other seed's."""
    chance = random.Random(seed)
    return "\n".join(" ".join(chance.choices(WORDS, k=50)).capitalize() + "." for _ in range(paragraphs))


def hour(number: float) -> datetime:
    """Return an instant so many hours after the start."""
    return START + timedelta(hours=number)


def published(number: float) -> Moment:
    """Return such an instant as an outlet states it."""
    return Moment(at=hour(number), precision=Precision.MINUTE, source=TimeSource.JSON_LD)


def article(url: str, body: str, **fields: Any) -> Article:
    """Return an article in English with a headline of its own."""
    return Article(**{"url": url, "headline": f"Headline of {url}", "body": body, "in_language": "en"} | fields)


def reading(
    found: Article, at: datetime, *, outlet: str = "", page: str = "", asked: str = "", days: int = 14
) -> Reading:
    """Return the reading of an article: by default from its own address, of the outlet that its host names."""
    outlet = outlet or found.url.split("/")[2].split(".")[0]
    page = page or found.url
    return Reading(
        outlet=outlet,
        article=found,
        document=found.as_json(),
        keys=tuple(identities(outlet, asked or page, page, found.url)),
        asked=asked,
        read_from=page,
        signature=sign(found),
        story_days=days,
        at=at,
    )


async def read(engine: AsyncEngine, found: Article, at: datetime, **how: Any) -> Recorded:
    """Record the reading of an article."""
    one = reading(found, at, **how)
    attempt = Attempt(
        outlet=one.outlet, url=how.get("asked") or one.read_from, final_url=one.read_from, at=at, status=200
    )
    return await record(engine, attempt, one)


async def fail(engine: AsyncEngine, url: str, outcome: Outcome, at: datetime, status: int = 404) -> Recorded:
    """Record an attempt from which no article came."""
    outlet = url.split("/")[2].split(".")[0]
    return await record(engine, Attempt(outlet=outlet, url=url, final_url=url, at=at, outcome=outcome, status=status))


def shuffled(items: Sequence[Any], seed: int) -> list[Any]:
    """Return the items in another order."""
    return random.Random(seed).sample(list(items), len(items))
