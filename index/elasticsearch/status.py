"""How an Elasticsearch index is: schema, counts, size, and in sentences what a person should know."""

from collections.abc import Mapping
from typing import Any

from elasticsearch import AsyncElasticsearch

from index.elasticsearch.targets import holders, migrations
from index.protocol import IndexStatus, Stream
from index.schema import STREAMS, schema_version

NAME = "elasticsearch"


async def status(client: AsyncElasticsearch, aliases: Mapping[str, str], place: str) -> IndexStatus:
    """Return the status of the indices behind `aliases`, which are by stream. Raises IndexUnavailable."""
    names = ",".join(aliases.values())
    if not all([await holders(client, alias, place) for alias in aliases.values()]):
        missing = "The index does not exist yet; `broadsheet index create` creates it."
        return IndexStatus(backend=NAME, schema_version=0, notes=(missing,))
    documents = {stream: int((await client.count(index=alias))["count"]) for stream, alias in aliases.items()}
    stats = await client.indices.stats(index=names, metric="store")
    mappings = {stream: await _meta(client, alias) for stream, alias in aliases.items()}
    notes = [note for meta in mappings.values() for note in meta.get("notes", ())]
    versions: dict[Stream, int] = {stream: int(mappings[stream].get("schema_version", 0)) for stream in STREAMS}
    for stream in STREAMS:
        notes += _schema_notes(stream, aliases[stream], versions[stream])
    for migrated, index in (await migrations(client, aliases)).items():
        notes.append(f"{aliases[migrated]} is being migrated to {index}; `broadsheet index migrate` goes on with it.")
    settings = (await client.indices.get_settings(index=names, name="index.blocks.*")).body
    notes += [
        f"{index} is read-only ({', '.join(blocks)}); a full disk does that."
        for index, each in settings.items()
        if (blocks := each.get("settings", {}).get("index", {}).get("blocks"))
    ]
    return IndexStatus(
        backend=NAME,
        schema_version=versions["articles"],
        documents=documents,
        size_bytes=stats["_all"]["total"]["store"]["size_in_bytes"],
        behind=tuple(stream for stream in STREAMS if versions[stream] < schema_version(stream)),
        notes=tuple(notes),
    )


async def _meta(client: AsyncElasticsearch, alias: str) -> dict[str, Any]:
    (found,) = (await client.indices.get_mapping(index=alias)).body.values()
    meta: dict[str, Any] = found["mappings"].get("_meta", {})
    return meta


def _schema_notes(stream: Stream, alias: str, version: int) -> list[str]:
    """Return what is to be done about an index that this version of Broadsheet does not match."""
    known = schema_version(stream)
    if version < known:
        return [f"{alias} has schema {version}, the newest is {known}; `broadsheet index migrate` brings it there."]
    if version > known:
        return [f"{alias} has schema {version} of a newer Broadsheet; this one knows {known}."]
    return []
