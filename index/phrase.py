"""A term of a query in, the phrase of tokens it looks for out: for matching in PostgreSQL and for marking in a text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.syntax import And, Or, QueryNode, Term
from index.tokens import BY_CHARACTER, Token, tokens


@dataclass(frozen=True, slots=True)
class PhraseToken:
    """One token of a phrase: its folded form, whether it may go on, how many tokens after the one before it stands."""

    form: str
    prefix: bool = False
    distance: int = 1


def phrase(term: Term) -> tuple[PhraseToken, ...]:
    """Return the phrase of a term.

    A text's dense run is indexed as overlapping pairs and its last letter alone. A query's run looks for its pairs; its
    own last letter is inside the last pair, so the word after the run stands two further. A single letter may begin
    any pair.

    >>> phrase(Term("北京市 2024"))
    (PhraseToken(form='北京', prefix=False, distance=1), PhraseToken(form='京市', prefix=False, distance=1), \
PhraseToken(form='2024', prefix=False, distance=2))
    >>> phrase(Term("京"))
    (PhraseToken(form='京', prefix=True, distance=1),)
    """
    row: list[PhraseToken] = []
    before: Token | None = None
    distance = 1
    for token in tokens(term.text):
        inside = before is not None and before.end == token.end and before.start < token.start
        if inside:
            distance = 2
        else:
            alone = len(token.form) == 1 and BY_CHARACTER.match(token.form) is not None
            row.append(PhraseToken(token.form, prefix=alone, distance=distance))
            distance = 1
        before = token
    if term.prefix and row:
        last = row[-1]
        row[-1] = PhraseToken(last.form, prefix=True, distance=last.distance)
    return tuple(row)


def positive_terms(node: QueryNode | None) -> Iterator[Term]:
    """Yield the terms that a hit may have been found by: all that are not negated."""
    match node:
        case Term():
            yield node
        case And(nodes) | Or(nodes):
            for each in nodes:
                yield from positive_terms(each)


def occurrences(row: Sequence[PhraseToken], found: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield where in the text the phrase `row` stands among its tokens `found`, as start and end offsets."""
    if not row:
        return
    for first in range(len(found)):
        last = first
        for number, each in enumerate(row):
            last = first if number == 0 else last + each.distance
            if last >= len(found):
                break
            form = found[last].form
            if form != each.form and not (each.prefix and form.startswith(each.form)):
                break
        else:
            yield found[first].start, found[last].end
