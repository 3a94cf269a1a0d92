"""The article that started the project, put into a page of its shape at test time: read, recorded, found, under its facets."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from crawler.catalogue import Catalogue
from crawler.demo import seed_shaped
from index.protocol import Index
from index.query import Query
from ledger.database import engine_for, migrate
from news.page import Page
from news.visit import Visit
from pipelines.digest import digest
from pipelines.publish import publish_all
from pipelines.record import record_visit
from tests.shared_files import shared

URL = "https://newsable.asianetnews.com/world/us-airstrike-eliminates-commander-in-iraq"


@pytest.fixture
def lines() -> list[str]:
    """Site, headline, standfirst, headline again, date line, four paragraphs, then the page's chrome."""
    seed = shared("seed/asianet-newsable.txt")
    return [line.strip() for line in seed.read_text(encoding="utf-8").splitlines() if line.strip()]


async def test_the_seed_article_is_found_under_its_facets(lines: list[str], fresh_database: str, index: Index) -> None:
    site, headline, standfirst, again, dated, *rest = lines
    outlet = Catalogue(home=Path("/nonexistent")).outlet("asianet_newsable")
    content = seed_shaped(
        site_name=site[: len(site) // 2],
        headline=headline,
        headline_again=again,
        standfirst=standfirst,
        published=dated,
        paragraphs=rest[:4],
    )
    page = Page(url=URL, final_url=URL, status=200, content=content, fetched_at=datetime.now(UTC))
    read = digest(page, outlet)
    article = read.article
    assert article is not None
    assert article.headline == headline
    assert article.standfirst == standfirst
    assert article.body.split("\n") == rest[:4]
    assert (article.authors, article.kicker, article.correction) == ((), "", "")

    engine: AsyncEngine = engine_for(fresh_database)
    await migrate(engine)
    visit = Visit(outlet=outlet, url=URL, fetched_at=page.fetched_at, status=200, page=page)
    await record_visit(engine, visit.read(read))
    assert await publish_all(engine, index) == 0
    await engine.dispose()

    facets = ("outlet", "country", "in_language", "sections", "places", "organisations", "about_country")
    found = await index.search(Query(text="unilateral strike Baghdad", facets=facets, facet_size=50, highlight=True))
    assert [hit.document["headline"] for hit in found.hits] == [headline]
    document = found.hits[0].document
    assert document["date_published"] == "2024-02-08T03:25:00Z"
    assert (document["date_precision"], document["date_source"]) == ("minute", "text")
    labels = {name: [bucket.label for bucket in buckets] for name, buckets in found.facets.items()}
    assert labels["outlet"] == ["asianet_newsable"]
    assert labels["country"] == ["in"]
    assert labels["in_language"] == ["en"]
    assert labels["sections"] == ["world"]
    assert labels["about_country"] == ["IQ"]
    assert {"Iraq", "Baghdad", "Iran", "United States"} <= set(labels["places"])
    assert any("United States Central Command" in label or "CENTCOM" in label for label in labels["organisations"])
    for name, value in (("places", "Iraq"), ("outlet", "asianet_newsable"), ("in_language", "en")):
        narrowed = await index.search(Query(filters={name: (value,)}))
        assert [hit.id for hit in narrowed.hits] == [found.hits[0].id]
