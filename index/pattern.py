"""A term of a query as the row of words it looks for, the same for matching in PostgreSQL and for marking in a text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.syntax import And, Node, Or, Term
from index.words import DENSE, Word, words


@dataclass(frozen=True, slots=True)
class Piece:
    """One word of the row: its folded form, whether it may go on, and how many words after the one before it stands."""

    form: str
    prefix: bool = False
    distance: int = 1


def pattern(term: Term) -> tuple[Piece, ...]:
    """Return the row of words of a term.

    A text's dense run is indexed as overlapping pairs and its last letter alone. A query's run looks for its pairs; its
    own last letter is inside the last pair, so the word after the run stands two further. A single letter may begin
    any pair.

    >>> pattern(Term("北京市 2024"))
    (Piece(form='北京', prefix=False, distance=1), Piece(form='京市', prefix=False, distance=1), \
Piece(form='2024', prefix=False, distance=2))
    >>> pattern(Term("京"))
    (Piece(form='京', prefix=True, distance=1),)
    """
    pieces: list[Piece] = []
    before: Word | None = None
    distance = 1
    for word in words(term.text):
        inside = before is not None and before.end == word.end and before.start < word.start
        if inside:
            distance = 2
        else:
            alone = len(word.form) == 1 and DENSE.match(word.form) is not None
            pieces.append(Piece(word.form, prefix=alone, distance=distance))
            distance = 1
        before = word
    if term.prefix and pieces:
        last = pieces[-1]
        pieces[-1] = Piece(last.form, prefix=True, distance=last.distance)
    return tuple(pieces)


def wanted(node: Node | None) -> Iterator[Term]:
    """Yield the terms that a hit may have been found by: all that are not negated."""
    match node:
        case Term():
            yield node
        case And(nodes) | Or(nodes):
            for each in nodes:
                yield from wanted(each)


def places(row: Sequence[Piece], found: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield where in the text `row` stands among its words `found`, as start and end offsets."""
    if not row:
        return
    for first in range(len(found)):
        last = first
        for number, piece in enumerate(row):
            last = first if number == 0 else last + piece.distance
            if last >= len(found):
                break
            form = found[last].form
            if form != piece.form and not (piece.prefix and form.startswith(piece.form)):
                break
        else:
            yield found[first].start, found[last].end
