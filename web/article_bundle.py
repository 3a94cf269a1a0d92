"""All that is stored of an article: from the ledger, or from the index where the ledger has nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.articles import addresses_of, documents, find, history
from ledger.attempts import LastAttempt, last_attempt
from ledger.stories import StoryEntry, members_of
from ledger.tombstones import is_missing, stones
from news.errors import NotFound
from news.version import Tombstone, Version
from web.state import AppState


@dataclass(frozen=True, kw_only=True)
class ArticleBundle:
    """One article."""

    id: str
    #: the index's document
    document: Mapping[str, Any]
    #: the first one first; empty where the index alone knows the article
    versions: Sequence[Version] = ()
    #: the times that its page was gone, the first one first
    stones: Sequence[Tombstone] = ()
    #: the articles that carry the same text, itself among them; who had it first comes first
    story: Sequence[StoryEntry] = ()
    addresses: Sequence[str] = ()
    #: None where none is known: the index alone knows the article
    last_attempt: LastAttempt | None = None
    #: its page was not there once, and nothing settles yet whether it is gone
    is_missing: bool = False


def parse_id(text: str, whose: str = "an article's") -> UUID:
    """Return an id. Raises NotFound for any other text; `whose` id it should be is in the message."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(f"'{text[:80]}' is not {whose} id.") from error


async def article_bundle(state: AppState, id: UUID) -> ArticleBundle:
    """Return what is kept of the article. Raises NotFound; SQLAlchemyError and IndexUnavailable if a server is away."""
    async with state.engine.connect() as connection:
        known = (await documents(connection, [id])).get(id)
        if known is not None:
            return ArticleBundle(
                id=str(id),
                document=known,
                versions=await history(connection, id),
                stones=await stones(connection, id),
                story=await _story(connection, UUID(known["story_id"])),
                addresses=await addresses_of(connection, id),
                last_attempt=await last_attempt(connection, id),
                is_missing=await is_missing(connection, id),
            )
    indexed = await state.index.get(str(id))
    if indexed is None:
        raise NotFound(f"No article has the id {id}.")
    return ArticleBundle(id=str(id), document=indexed)


async def _story(connection: AsyncConnection, id: UUID) -> Sequence[StoryEntry]:
    try:
        return await members_of(connection, id)
    except NotFound:
        return ()  # an article that was never part of one


async def id_of(state: AppState, url: str) -> UUID:
    """Return the id of the article at an address. Raises NotFound."""
    async with state.engine.connect() as connection:
        return await find(connection, url)
