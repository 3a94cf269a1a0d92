"""An article's texts over time: one of them, and what changed between two."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.articles import find, history
from news.difference import Operation, difference
from news.edits import Edits, compare
from news.errors import NotFound
from news.version import Version, reading_text


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What changed from one version to another."""

    before: Version
    after: Version
    edits: Edits
    #: the text a reader reads, word by word: what was deleted, stayed, was inserted
    words: tuple[tuple[Operation, str], ...]


async def changes(
    connection: AsyncConnection, url_or_id: str, before: int | None = None, after: int | None = None
) -> Changes:
    """Return what changed between two versions of an article; without numbers, between its last two.

    `before` alone is compared with the latest. Raises NotFound for an unknown article, a version that it does not
    have, and an article that has never changed.
    """
    article_id = await find(connection, url_or_id)
    versions = {version.number: version for version in await history(connection, article_id)}
    latest = max(versions)
    if before is None and latest == 1:
        raise NotFound(f"'{url_or_id}' has one version: it has not changed since it was first read.")
    newer = _pick(versions, after if after is not None else latest, url_or_id)
    older = _pick(versions, before if before is not None else newer.number - 1, url_or_id)
    return Changes(
        before=older,
        after=newer,
        edits=compare(older.article, newer.article),
        words=tuple(difference(reading_text(older.article), reading_text(newer.article))),
    )


async def version(connection: AsyncConnection, article_id: UUID, number: int) -> Version:
    """Return one version of an article. Raises NotFound."""
    return _pick({each.number: each for each in await history(connection, article_id)}, number, str(article_id))


def _pick(versions: dict[int, Version], number: int, name: str) -> Version:
    if number not in versions:
        known = f"1 to {max(versions)}" if len(versions) > 1 else "1 alone"
        raise NotFound(f"'{name}' has no version {number}: it has {known}.")
    return versions[number]
