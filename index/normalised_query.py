"""A query in, its text parsed and its order decided out, the same for every backend."""

from dataclasses import replace

from index.phrase import positive_terms
from index.query import Query, Sort
from index.syntax import LONGEST, MOST_TERMS, Parsed, parse
from news.errors import BadQuery


def check_whole(text: str) -> None:
    """Raise BadQuery for a text of which a search would use the beginning alone.

    A search says so beside its results; a watch, or an export that is to be complete, would be another one unseen.
    """
    if parse(text).is_cut:
        raise BadQuery(f"The query is too long: at most {MOST_TERMS} words and {LONGEST:,} characters. Use several.")


def normalise(query: Query) -> tuple[Query, Parsed]:
    """Return the query and its parsed text. Where no word is asked for, nothing is relevant, and newest come first."""
    parsed = parse(query.text)
    if query.sort is Sort.RELEVANCE and not query.like and not any(positive_terms(parsed.tree)):
        query = replace(query, sort=Sort.NEWEST)
    return query, parsed
