"""Snapshot and restore as docs/elasticsearch.md describes them."""

from pathlib import Path
from uuid import uuid4

import pytest

from index.elasticsearch.backend import ElasticsearchIndex
from index.fields import SCHEMA_VERSION
from tests.index.conftest import Put, document, found


async def test_a_snapshot_brings_a_lost_index_back(elasticsearch: ElasticsearchIndex, put: Put) -> None:
    client = elasticsearch.client
    nodes = (await client.nodes.info(metric="settings"))["nodes"].values()
    places = [node["settings"].get("path", {}).get("repo") for node in nodes]
    if not all(places):
        pytest.skip("the server has no path.repo for snapshots")
    place = places[0] if isinstance(places[0], str) else places[0][0]
    name = uuid4().hex
    settings = {"location": str(Path(place) / name)}
    await client.snapshot.create_repository(name=name, repository={"type": "fs", "settings": settings})
    alias = elasticsearch.aliases["articles"]
    try:
        await put(elasticsearch, document("kept", headline="Saved in time"))
        made = await client.snapshot.create(
            repository=name, snapshot="daily", indices=f"{alias}*", include_global_state=False, wait_for_completion=True
        )
        assert made["snapshot"]["state"] == "SUCCESS"
        await put(elasticsearch, document("late", headline="After the snapshot"))
        await client.indices.delete(index=f"{alias}-v{SCHEMA_VERSION}")
        await client.snapshot.restore(
            repository=name, snapshot="daily", include_global_state=False, wait_for_completion=True
        )
        assert await found(elasticsearch) == ["kept"]
        await put(elasticsearch, document("late", headline="Told again by the outbox"))
        assert await found(elasticsearch) == ["kept", "late"]
    finally:
        await client.snapshot.delete(repository=name, snapshot="daily")
        await client.snapshot.delete_repository(name=name)
