"""A query in, the searches that answer it out: one for the page of hits and, if anything is counted, one that counts.

Two cost less than one: the page needs scores but not every hit, so Elasticsearch passes over what cannot come first;
the counts need every hit but no score.
"""

import hashlib

from index.cursor import PageStart
from index.declaration import Json
from index.elasticsearch import translate
from index.query import Query
from index.schema import DERIVED
from news.errors import BadQuery


def searches(query: Query, clause: Json, place: PageStart) -> list[Json]:
    """Return the bodies of the searches: the page, which begins at `place`, and the counts if there are any.

    `clause` is the condition of what was typed. Raises BadQuery for a page that lies too deep.
    """
    chosen = translate.filters(query)
    asked = {name: each for name, each in chosen.items() if name in query.facets}
    found = _page(query, clause, place, list(chosen.values()) + translate.published(query))
    aggregations = translate.aggregations(query, asked)
    if not aggregations:
        return [found | {"track_total_hits": True}]
    must = [each for name, each in chosen.items() if name not in asked] + translate.published(query)
    # significant terms are taken from the best hits; all else is counted without a score
    occurs = {"must": [clause], "filter": must} if query.significant_terms else {"filter": [clause, *must]}
    counts: Json = {"query": {"bool": occurs}, "size": 0, "track_total_hits": True, "aggregations": aggregations}
    if asked:  # facets keep their own selection: these filters narrow the total after the counting
        counts["post_filter"] = {"bool": {"filter": list(asked.values())}}
    return [found | {"track_total_hits": False}, counts]


def preference(query: Query) -> str:
    """Return what makes all pages of a query ask the same copy of the index: copies may score differently."""
    return hashlib.sha256(query.text.encode("utf-8", "replace")).hexdigest()[:16]


def _page(query: Query, clause: Json, place: PageStart, filters: list[Json]) -> Json:
    body: Json = {
        "query": {"bool": {"must": [translate.fresh(clause, query, place.origin)], "filter": filters}},
        "size": query.size,
        "sort": translate.order(query.sort),
        "_source": list(query.fields) or {"excludes": sorted(DERIVED)},
    }
    if query.highlight and query.text.strip():
        body["highlight"] = translate.highlight(query)
    if query.collapse_by_story:
        if place.offset + query.size > translate.DEEPEST_OFFSET:
            raise BadQuery(f"Stories can be paged through as far as {translate.DEEPEST_OFFSET}; narrow the query.")
        # each story is searched anew for its size
        sizes = {"inner_hits": {"name": "story", "size": 0}} if query.story_sizes else {}
        body |= {"collapse": {"field": "story_key"} | sizes, "from": place.offset}
    elif place.after:
        body["search_after"] = list(place.after)
    return body
