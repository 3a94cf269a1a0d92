"""API keys by least privilege: one that writes, one that reads, neither able to do more."""

from dataclasses import dataclass
from typing import Any

from elasticsearch import ApiError

from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.client import our_words
from index.elasticsearch.targets import NEXT
from news.errors import IndexUnavailable


@dataclass(frozen=True, kw_only=True, repr=False)
class Key:
    """A key that was made. Its secret is shown once, to the person who asked, and kept nowhere."""

    name: str
    id: str
    #: for BROADSHEET_ELASTICSEARCH_API_KEY
    encoded: str
    #: what it may do, in a sentence
    may: str

    def __repr__(self) -> str:
        """Leave the secret out."""
        return f"Key({self.name}, {self.id})"


async def make_keys(index: ElasticsearchIndex, *, expires: str | None = None) -> tuple[Key, Key]:
    """Make a writer's and a reader's key for the index's aliases and return them.

    `expires` is a time in Elasticsearch's notation, such as "90d"; None never. Needs a user or key that may make keys,
    such as `elastic`; raises IndexUnavailable where security is off or ours may not.
    """
    names = list(index.aliases.values())
    both = names + [name + NEXT for name in names]
    writer = {
        "cluster": ["monitor"],
        "indices": [
            # create_doc would not do: an article is written again with each revision
            {"names": both, "privileges": ["index", "delete", "read", "view_index_metadata", "maintenance", "monitor"]}
        ],
    }
    reader = {"indices": [{"names": names, "privileges": ["read", "view_index_metadata"]}]}
    shown = " and ".join(f"'{name}'" for name in names)
    return (
        await _make(
            index,
            "broadsheet-writer",
            writer,
            expires,
            f"write, delete and read documents of {shown}; not create or remove an index.",
        ),
        await _make(index, "broadsheet-reader", reader, expires, f"search {shown}; nothing else."),
    )


async def _make(index: ElasticsearchIndex, name: str, role: dict[str, Any], expires: str | None, may: str) -> Key:
    async with our_words(index.client, index.place):
        try:
            made = await index.client.security.create_api_key(
                name=name, role_descriptors={name: role}, expiration=expires, metadata={"application": "broadsheet"}
            )
        except ApiError as error:
            if error.status_code not in (400, 405):
                raise
            raise IndexUnavailable(
                f"Elasticsearch at {index.place} cannot create API keys; is its security off?"
            ) from None
    return Key(name=name, id=made["id"], encoded=made["encoded"], may=may)
