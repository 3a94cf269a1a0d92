"""A query in, its text parsed and its order settled out, the same for every backend."""

from dataclasses import replace

from index.pattern import wanted
from index.query import Query, Sort
from index.syntax import Parsed, parse


def settle(query: Query) -> tuple[Query, Parsed]:
    """Return the query and its parsed text. Where no word is asked for, nothing is relevant, and newest come first."""
    parsed = parse(query.text)
    if query.sort is Sort.RELEVANCE and not query.like and not any(wanted(parsed.tree)):
        query = replace(query, sort=Sort.NEWEST)
    return query, parsed
