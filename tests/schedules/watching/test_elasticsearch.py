"""Watches over Elasticsearch, which shows what it was given only some seconds later."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from index.elasticsearch.backend import ElasticsearchIndex
from news.clock import now
from news.watch import Trigger
from pipelines.publish import publish_all
from schedules.watching.matching import match, trial
from tests.ledger.readings import read
from tests.schedules.watching.conftest import Add
from tests.schedules.watching.test_matching import flood, kinds, reports_of


async def test_news_wait_until_elasticsearch_shows_the_revision_that_it_was_given(
    engine: AsyncEngine, elasticsearch: ElasticsearchIndex, add_watch: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = await add_watch("floods", Trigger.ARTICLES, Trigger.CHANGES)  # Elasticsearch knows the word's forms
    german = await add_watch("kassel -ebbs")
    await read(engine, flood(), now())
    await publish_all(engine, elasticsearch)
    assert await match(engine, elasticsearch) is True
    assert await kinds(engine, watch) == ["article"]

    async def nothing() -> None:
        """Show nothing new, as in the seconds before Elasticsearch does so by itself."""

    await elasticsearch.client.indices.put_settings(
        index=elasticsearch.aliases["articles"], settings={"index": {"refresh_interval": "-1"}}
    )
    with monkeypatch.context() as patched:
        patched.setattr(elasticsearch, "refresh", nothing)
        await read(engine, flood(headline="Flood in Kassel ebbs"), now())
        await publish_all(engine, elasticsearch)
    assert await match(engine, elasticsearch) is False
    await elasticsearch.refresh()
    assert await match(engine, elasticsearch) is True
    assert await kinds(engine, watch) == ["article", "change"]
    assert len(await reports_of(engine, german)) == 1
    tried = await trial(engine, elasticsearch, watch, watch.created_at or now(), now())
    assert len(tried) == 2
