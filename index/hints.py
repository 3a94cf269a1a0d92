"""A search that found nothing in, what its author may have meant out."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from index.document import folded_value
from index.fields import facets
from index.protocol import Index
from index.query import MOST_VALUES, Query, Results
from index.syntax import And, FacetTerm, Or, QueryNode, parse

#: so many values are all named; of more, the nearest one
_FEW = 12
#: values that are looked up for one search
_MOST_LOOKED_UP = 8


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A value that was asked of a facet and that no article has, and what may have been meant."""

    facet: str
    value: str
    #: the nearest value that articles have, "" where none is near
    meant: str
    #: a sentence for the reader
    sentence: str


async def suggestions(index: Index, query: Query, found: Results) -> tuple[Suggestion, ...]:
    """Return what may have been meant by each value that no article has; nothing where something was found.

    Raises IndexUnavailable.
    """
    return () if found.total or query.cursor else await unknown_values(index, query)


async def unknown_values(index: Index, query: Query) -> tuple[Suggestion, ...]:
    """Return each value that is asked of a facet and that no article has. Raises IndexUnavailable."""
    asked = [(name, value) for name, values in query.filters.items() for value in values]
    asked += [(term.name, term.value) for term in _terms(parse(query.text).tree)]
    made = []
    for name, value in list(dict.fromkeys(asked))[:_MOST_LOOKED_UP]:
        if facets()[name].is_unique or (await index.search(Query(filters={name: (value,)}, size=0))).total:
            continue
        counted = await index.search(Query(facets=(name,), facet_size=MOST_VALUES, size=0))
        known = {bucket.value: bucket.label for bucket in counted.facets[name]}
        near = get_close_matches(folded_value(value)[:50], known, n=1, cutoff=0.6)
        nearest = known[near[0]] if near else ""
        sentence = f"No article has {name} '{value[:50]}'.{_meant(nearest, known)}"
        made.append(Suggestion(facet=name, value=value, meant=nearest, sentence=sentence))
    return tuple(made)


async def hints(index: Index, query: Query, found: Results) -> tuple[str, ...]:
    """Return the sentences of `suggestions`. Raises IndexUnavailable."""
    return tuple(each.sentence for each in await suggestions(index, query, found))


def _terms(node: QueryNode | None) -> Iterator[FacetTerm]:
    """Yield what is asked of facets; what must not be is no reason that nothing is found."""
    match node:
        case FacetTerm():
            yield node
        case And(nodes) | Or(nodes):
            for each in nodes:
                yield from _terms(each)


def _meant(nearest: str, known: dict[str, str]) -> str:
    if nearest:
        return f" Did you mean '{nearest}'?"
    return f" Use one of: {', '.join(known.values())}." if 0 < len(known) <= _FEW else ""
