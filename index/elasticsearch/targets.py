"""Where writes go: to each stream's alias and, while a migration lasts, to the alias of the next version, too."""

import time
from collections.abc import Mapping

from elasticsearch import AsyncElasticsearch

from index.elasticsearch.client import unreadable
from news.errors import IndexUnavailable

#: ends the name of an alias that exists for as long as a migration lasts
NEXT = "-next"
#: seconds that an answer is believed; a migration waits longer than this before it copies
BELIEVED_SECONDS = 5.0


class Targets:
    """The names that a writer writes to, looked up every few seconds."""

    def __init__(self, client: AsyncElasticsearch, aliases: Mapping[str, str]) -> None:
        """Look at `client`'s server for what goes on beside `aliases` (stream to alias)."""
        self._client = client
        self._aliases = aliases
        self._names: dict[str, list[str]] = {}
        self._seen_at = -BELIEVED_SECONDS

    async def now(self) -> Mapping[str, list[str]]:
        """Return for each stream the aliases that a write goes to."""
        if time.monotonic() - self._seen_at >= BELIEVED_SECONDS:
            asked_at = time.monotonic()
            migrating = await migrations(self._client, self._aliases)
            self._names = {
                stream: [alias, alias + NEXT] if stream in migrating else [alias]
                for stream, alias in self._aliases.items()
            }
            self._seen_at = asked_at
        return self._names


async def holders(client: AsyncElasticsearch, alias: str, place: str) -> list[str]:
    """Return the name of the index that has the alias, or nothing. Raises IndexUnavailable if several have it."""
    found = await client.options(ignore_status=404).indices.get_alias(name=alias)
    if found.meta.status == 404:
        return []
    names = sorted(index for index, each in found.body.items() if alias in each["aliases"])
    if not names:
        raise unreadable(place)
    if len(names) > 1:
        raise IndexUnavailable(
            f"Elasticsearch at {place} has the alias '{alias}' on {' and '.join(names)}; remove it from all but one: "
            "POST /_aliases."
        )
    return names


async def migrations(client: AsyncElasticsearch, aliases: Mapping[str, str]) -> dict[str, str]:
    """Return the streams that are being migrated, each with the index that will be next."""
    names = {alias + NEXT: stream for stream, alias in aliases.items()}
    found = await client.options(ignore_status=404).indices.get_alias(name=list(names))
    return {
        names[name]: index
        for index, each in found.body.items()
        if isinstance(each, dict)
        for name in each.get("aliases", ())
        if name in names
    }
