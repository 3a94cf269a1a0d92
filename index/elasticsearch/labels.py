"""A facet's folded values in, the forms to show out.

Values are counted folded, so that "MOSUL" and "Mosul" are one; what is shown is a form that some article has. The
articles just found have most; each other is looked up once, by the first article that comes to hand.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from elasticsearch import AsyncElasticsearch

from index.document import facet_values
from index.fields import facet_sources

#: flat copies of names that stand in lists of objects: a search gives them without opening the document
_FLAT = {"places.name": "place_names", "people.name": "people_names", "organisations.name": "organisation_names"}
#: forms that are kept; one takes about 200 bytes
MOST = 50_000


class Labels:
    """The forms to show that were met so far."""

    def __init__(self, client: AsyncElasticsearch, alias: str) -> None:
        """Look forms up in the articles behind `alias`."""
        self._client = client
        self._alias = alias
        self._known: dict[tuple[str, str], str] = {}

    async def of(
        self, values: Mapping[str, Iterable[str]], documents: Iterable[Mapping[str, Any]]
    ) -> Mapping[tuple[str, str], str]:
        """Return the forms of the facets' `values`, by facet and value; `documents` are articles that are at hand."""
        if len(self._known) > MOST:
            self._known.clear()
        wanted = self._unknown(values)
        if wanted:
            for document in documents:
                self._learn(document)
            wanted = self._unknown(values)
        if wanted:
            searches: list[dict[str, Any]] = []
            for facet, value in wanted:
                query = {"bool": {"filter": [{"term": {f"facets.{facet}": value}}]}}
                fields = [_FLAT.get(name, name) for name in facet_sources()[facet]]
                # a whole block of documents is unpacked for one of them, or for its id
                body = {"query": query, "size": 1, "docvalue_fields": fields, "stored_fields": "_none_"}
                searches += [{"index": self._alias}, body | {"terminate_after": 1, "track_total_hits": False}]
            answers = (await self._client.msearch(searches=searches))["responses"]
            for (facet, value), answer in zip(wanted, answers, strict=True):
                for hit in answer.get("hits", {}).get("hits", ()):
                    found = hit.get("fields", {})
                    self._learn(
                        {name.partition(".")[0]: found.get(_FLAT.get(name, name)) for name in facet_sources()[facet]}
                    )
                self._known.setdefault((facet, value), value)  # it went meanwhile: it is shown as it is
        return self._known

    def _unknown(self, values: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
        return [
            (facet, value)
            for facet, found in values.items()
            if facet in facet_sources()
            for value in found
            if (facet, value) not in self._known
        ]

    def _learn(self, document: Mapping[str, Any]) -> None:
        for facet, forms in facet_values(document).items():
            if facet in facet_sources():
                for value, form in forms.items():
                    self._known.setdefault((facet, value), form)
