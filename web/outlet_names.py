"""What outlets are called: by their files, else by an article of theirs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from crawler.catalogue import Catalogue
from index.protocol import Index
from index.query import Query
from ledger.change_log import outlets_with_articles


class OutletNames:
    """Outlets' names by slug."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Take the names that the outlets' files give them."""
        self._names = {outlet.slug: outlet.name for outlet in catalogue}
        self._with_articles: set[str] = set()

    def learn(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Remember how these articles name their outlets."""
        for document in documents:
            slug, name = document.get("outlet"), document.get("outlet_name")
            if isinstance(slug, str) and isinstance(name, str) and slug and name:
                self._names[slug] = name

    async def look_up(self, index: Index, slugs: Iterable[str]) -> None:
        """Learn the names of outlets that have no file, as those of the demo, from an article each; once for each."""
        for slug in slugs:
            if slug not in self._names:
                self.learn(
                    hit.document for hit in (await index.search(Query(filters={"outlet": (slug,)}, size=1))).hits
                )
                self._names.setdefault(slug, slug)

    async def learn_from(self, connection: AsyncConnection) -> None:
        """Learn from the ledger which outlets have articles, and the names of those that have no file."""
        for slug, name in (await outlets_with_articles(connection)).items():
            self._with_articles.add(slug)
            self._names.setdefault(slug, name or slug)

    def with_articles(self) -> list[tuple[str, str]]:
        """Return slug and name of the outlets that have articles, by name."""
        return sorted(((slug, self.name(slug)) for slug in self._with_articles), key=lambda each: each[1].casefold())

    def __contains__(self, slug: object) -> bool:
        return slug in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def name(self, slug: str) -> str:
        """Return the outlet's name, or its slug while nothing is known of it."""
        return self._names.get(slug, slug)
