"""A search that found nothing in, what its author may have meant out."""

from collections.abc import Iterator
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


async def hints(index: Index, query: Query, found: Results) -> tuple[str, ...]:
    """Return a sentence for each value asked for that no article has; nothing where something was found.

    Raises IndexUnavailable.
    """
    if found.total or query.cursor:
        return ()
    asked = [(name, value) for name, values in query.filters.items() for value in values]
    asked += [(term.name, term.value) for term in _terms(parse(query.text).tree)]
    sentences = []
    for name, value in list(dict.fromkeys(asked))[:_MOST_LOOKED_UP]:
        if facets()[name].is_unique or (await index.search(Query(filters={name: (value,)}, size=0))).total:
            continue
        counted = await index.search(Query(facets=(name,), facet_size=MOST_VALUES, size=0))
        known = {bucket.value: bucket.label for bucket in counted.facets[name]}
        sentences.append(f"No article has {name} '{value[:50]}'.{_meant(folded_value(value), known)}")
    return tuple(sentences)


def _terms(node: QueryNode | None) -> Iterator[FacetTerm]:
    """Yield what is asked of facets; what must not be is no reason that nothing is found."""
    match node:
        case FacetTerm():
            yield node
        case And(nodes) | Or(nodes):
            for each in nodes:
                yield from _terms(each)


def _meant(value: str, known: dict[str, str]) -> str:
    if near := get_close_matches(value[:50], known, n=1, cutoff=0.6):
        return f" Did you mean '{known[near[0]]}'?"
    return f" Use one of: {', '.join(known.values())}." if 0 < len(known) <= _FEW else ""
