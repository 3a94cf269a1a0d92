"""Where writes go: to each stream's alias and, while a migration lasts, to the alias of the next version, too."""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from elastic_transport import ObjectApiResponse
from elasticsearch import AsyncElasticsearch

from index.elasticsearch.client import unreadable
from news.errors import IndexUnavailable

#: ends the name of an alias that exists for as long as a migration lasts
NEXT = "-next"
#: seconds that an answer is believed; a migration waits longer than this before it copies
BELIEVED_SECONDS = 5.0


class Targets:
    """The names that a writer writes to, looked up every few seconds."""

    def __init__(self, client: AsyncElasticsearch, aliases: Mapping[str, str], place: str) -> None:
        """Look at `client`'s server, which is at `place`, for what goes on beside `aliases` (stream to alias)."""
        self._client = client
        self._aliases = aliases
        self._place = place
        self._names: dict[str, list[str]] = {}
        self._seen_at = -BELIEVED_SECONDS

    async def now(self) -> Mapping[str, list[str]]:
        """Return for each stream the aliases that a write goes to.

        Raises IndexUnavailable if one of them is on several indices: a write may still find its way, a search finds
        the articles of a stranger.
        """
        if time.monotonic() - self._seen_at >= BELIEVED_SECONDS:
            asked_at = time.monotonic()
            found = await _behind(self._client, self._aliases.values(), self._place)
            self._names = {
                stream: [alias, alias + NEXT] if alias + NEXT in found else [alias]
                for stream, alias in self._aliases.items()
            }
            self._seen_at = asked_at
        return self._names


async def holders(client: AsyncElasticsearch, alias: str, place: str) -> list[str]:
    """Return the name of the index that has the alias, or nothing. Raises IndexUnavailable if several have it."""
    return (await _behind(client, [alias], place)).get(alias, [])


async def are_held(client: AsyncElasticsearch, aliases: Collection[str], place: str) -> bool:
    """Say whether each of the aliases is there. Raises as `holders` does."""
    return set(aliases) <= (await _behind(client, aliases, place)).keys()


async def _behind(client: AsyncElasticsearch, aliases: Collection[str], place: str) -> dict[str, list[str]]:
    """Return what is behind the aliases that exist, among them those of migrations. Raises as `holders` does."""
    answer = await _asked(client, [*aliases, *(alias + NEXT for alias in aliases)])
    behind = _by_alias(answer.body)
    if answer.meta.status != 404 and not behind:
        raise unreadable(place)
    for alias in aliases:
        if len(names := behind.get(alias, [])) > 1:
            raise IndexUnavailable(
                f"Elasticsearch at {place} has the alias '{alias}' on {' and '.join(names)}; remove it from all but "
                "one: POST /_aliases."
            )
    return behind


async def migrations(client: AsyncElasticsearch, aliases: Mapping[str, str]) -> dict[str, str]:
    """Return the streams that are being migrated, each with the index that will be next."""
    behind = _by_alias((await _asked(client, [alias + NEXT for alias in aliases.values()])).body)
    return {stream: behind[alias + NEXT][-1] for stream, alias in aliases.items() if alias + NEXT in behind}


async def _asked(client: AsyncElasticsearch, names: Sequence[str]) -> ObjectApiResponse[Any]:
    return await client.options(ignore_status=404).indices.get_alias(name=names)


def _by_alias(answer: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return alias -> the indices that have it; of aliases that are missing the answer has a word beside the others."""
    behind: dict[str, list[str]] = {}
    for index, each in sorted(answer.items()):
        if isinstance(each, dict):
            for alias in each.get("aliases", ()):
                behind.setdefault(alias, []).append(index)
    return behind
