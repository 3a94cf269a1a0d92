"""A stream's first index and its alias, made if they are not there."""

from typing import Any

from elasticsearch import AsyncElasticsearch, BadRequestError

from index.elasticsearch.analysis import fit
from index.elasticsearch.client import error_type
from index.elasticsearch.targets import NEXT, holders
from index.protocol import Stream
from index.schema import schema_version
from news.errors import IndexUnavailable


async def create(client: AsyncElasticsearch, stream: Stream, alias: str, place: str) -> bool:
    """Make the index and the alias, unless the alias is there. Return whether what it holds may lack documents.

    Where the alias alone was lost it is set on the newest of our indices. Raises IndexUnavailable if something that is
    not ours has the alias's name, or two indices have it.
    """
    if await holders(client, alias, place):
        return False
    if await client.indices.exists(index=alias):
        raise IndexUnavailable(
            f"Elasticsearch has an index named '{alias}', where Broadsheet needs an alias; remove it."
        )
    ours = await versions(client, alias)
    whole = {name: each for name, each in ours.items() if alias + NEXT not in each["aliases"]}
    if whole:
        newest = max(whole, key=lambda name: int(whole[name]["settings"]["index"]["creation_date"]))
        await client.indices.put_alias(index=newest, name=alias, is_write_index=True)
        return True  # an older index than the one that had it, perhaps
    fitted = await fit(client, stream)
    try:
        await client.indices.create(
            index=f"{alias}-v{schema_version(stream)}",
            settings=fitted.settings,
            mappings=fitted.mappings,
            aliases={alias: {"is_write_index": True}},
        )
    except BadRequestError as error:
        if error_type(error.body) != "resource_already_exists_exception":  # else another process was faster
            raise
        return False  # and tells whoever called it
    return True


async def versions(client: AsyncElasticsearch, alias: str) -> dict[str, Any]:
    """Return the stream's physical indices, with their aliases and settings."""
    found: dict[str, Any] = (await client.indices.get(index=f"{alias}-v*", expand_wildcards="all")).body
    return found
