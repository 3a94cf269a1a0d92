"""Articles of our own writing, recorded as a crawl would record them."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.visit_transaction import Terms, record
from news.article import Article
from news.digest import Digest
from news.moment import Moment, Precision, TimeSource
from news.outcome import Outcome
from news.outlet import Outlet
from news.visit import Visit
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


def outlet_of(url: str, slug: str = "") -> Outlet:
    """Return the outlet that an address's host names."""
    host = url.split("/")[2]
    slug = slug or host.split(".")[0]
    return Outlet(slug=slug, name=slug, home=f"https://{host}/")


def reading(found: Article, at: datetime, *, outlet: str = "", page: str = "", asked: str = "", **known: Any) -> Visit:
    """Return a visit that brought an article: by default from its own address, of the outlet that its host names."""
    page = page or found.url
    return Visit(
        outlet=outlet_of(found.url, outlet),
        url=asked or page,
        final_url=page,
        fetched_at=at,
        status=200,
        digest=Digest(article=found, signature=sign(found)),
        **known,
    )


async def read(engine: AsyncEngine, found: Article, at: datetime, *, days: int = 14, **how: Any) -> Visit:
    """Record a visit that brought an article."""
    return await record(engine, reading(found, at, **how), Terms(story_days=days))


async def fail(engine: AsyncEngine, url: str, outcome: Outcome, at: datetime, status: int = 404) -> Visit:
    """Record a visit from which no article came."""
    return await record(engine, Visit(outlet=outlet_of(url), url=url, fetched_at=at, outcome=outcome, status=status))


def shuffled(items: Sequence[Any], seed: int) -> list[Any]:
    """Return the items in another order."""
    return random.Random(seed).sample(list(items), len(items))
