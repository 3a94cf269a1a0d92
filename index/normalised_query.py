"""A query in, its text parsed and its order decided out, the same for every backend."""

from dataclasses import replace

from index.phrase import positive_terms
from index.query import Query, Sort
from index.syntax import Parsed, parse


def normalise(query: Query) -> tuple[Query, Parsed]:
    """Return the query and its parsed text. Where no word is asked for, nothing is relevant, and newest come first."""
    parsed = parse(query.text)
    if query.sort is Sort.RELEVANCE and not query.like and not any(positive_terms(parsed.tree)):
        query = replace(query, sort=Sort.NEWEST)
    return query, parsed
