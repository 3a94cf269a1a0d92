"""What a person typed in, a small tree out that every backend translates: quotes, minus, OR, field:value, prefix*.

Nothing that can be typed is an error: what is no syntax is words, and what is no word is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.fields import boosts, facet_named, facets, meant, text_field_named
from index.tokens import tokens

#: longer queries are cut; the longest sensible one, a quoted paragraph, is shorter
LONGEST = 4_000
#: each word is looked up in some hundred fields of a server that allows a few thousand look-ups a query
MOST_TERMS = 32

_QUOTES = str.maketrans("“”„‟«»＂：－＊", '"""""""' + ":-*")
_TERM = re.compile(
    r'(?P<minus>-+)?(?:(?P<field>[^\W\d]\w*):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"|]+))|(?P<stray>\S)'
)


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand one after another, in `field` or anywhere."""

    text: str
    #: the last word may go on
    prefix: bool = False
    #: quoted: these forms of the words, no others
    exact: bool = False
    field: str | None = None

    def __repr__(self) -> str:
        """Show only what differs from a plain word."""
        flags = [name for name in ("prefix", "exact") if getattr(self, name)] + ([self.field] if self.field else [])
        return f"Term({', '.join([repr(self.text), *flags])})"


@dataclass(frozen=True, slots=True)
class FacetTerm:
    """An exact value, whatever its case and accents, of the facet `name`."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """What must not be."""

    node: "QueryNode"


@dataclass(frozen=True, slots=True)
class And:
    """All of these."""

    nodes: tuple["QueryNode", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of these. Of none: nothing is found."""

    nodes: tuple["QueryNode", ...]


QueryNode = Term | FacetTerm | Not | And | Or


@dataclass(frozen=True, slots=True)
class Parsed:
    """The tree, None where nothing was typed, and what the person should be told."""

    tree: QueryNode | None
    notes: tuple[str, ...] = ()
    #: the end of what was typed was left out
    is_cut: bool = False


def parse(text: str) -> Parsed:
    """Return the tree of what was typed. OR binds its two neighbours, all else must hold together.

    >>> parse('"fuel prices" OR petrol -bbc').tree
    And(nodes=(Or(nodes=(Term('fuel prices', exact), Term('petrol'))), Not(node=Term('bbc'))))
    >>> parse("outlet:ap_news iraq*").tree
    And(nodes=(FacetTerm(name='outlet', value='ap_news'), Term('iraq', prefix)))
    >>> parse("rain|snow").tree
    Or(nodes=(Term('rain'), Term('snow')))
    >>> parse(" ").tree
    >>> parse("?!").notes
    ('The query has no word to search for.',)
    """
    text = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")  # else no server takes it
    if not text.strip():
        return Parsed(None)
    is_cut = len(text) > LONGEST
    notes = ["The query was too long and was cut."] if is_cut else []
    notes += _mistakes(text[:LONGEST].translate(_QUOTES))
    groups: list[list[QueryNode]] = []
    joins = False
    terms = 0
    for item in _items(text[:LONGEST]):
        if item is None:
            joins = bool(groups)
            continue
        terms += 1
        if terms > MOST_TERMS:
            is_cut = True
            notes.append(f"Only the first {MOST_TERMS} words of the query were used.")
            break
        if joins:
            groups[-1].append(item)
        else:
            groups.append([item])
        joins = False
    if not groups:
        return Parsed(Or(()), ("The query has no word to search for.",))
    nodes = tuple(group[0] if len(group) == 1 else Or(tuple(group)) for group in groups)
    return Parsed(nodes[0] if len(nodes) == 1 else And(nodes), tuple(notes), is_cut)


def _mistakes(text: str) -> Iterator[str]:
    """Yield what the person may not have meant: a quotation that does not end, a field that there is not."""
    if text.count('"') % 2:
        yield "A quotation mark is not closed: all that follows it is searched for as one phrase."
    for match in _TERM.finditer(text):
        name, value = match["field"], match["phrase"] or match["word"] or ""
        # the colon of an address or of a sentence asks for no field
        if name and not value.startswith("//") and not facet_named(name) and not text_field_named(name):
            yield f"There is no field '{name[:50]}', so it is searched for as a word. {meant(name, _names())}"


def _names() -> list[str]:
    return [*boosts(), *facets()]


def _items(text: str) -> Iterator[QueryNode | None]:
    """Yield the terms in order, and None for each OR."""
    negates = False
    for match in _TERM.finditer(text.translate(_QUOTES)):
        word = match["word"]
        plain = not match["minus"] and not match["field"]
        if match["stray"] == "|" or (plain and word == "OR"):
            yield None
        elif plain and word == "NOT":
            negates = True
        elif (plain and word in ("AND", "&&")) or match["stray"]:
            continue
        elif node := _term(match):
            yield Not(node) if bool(match["minus"]) != negates else node
            negates = False


def _term(match: re.Match[str]) -> QueryNode | None:
    """Return the node of one match, or None if it has no word."""
    quoted = match["phrase"] is not None
    text = match["phrase"] if quoted else match["word"]
    field = None
    if name := match["field"]:
        if facet := facet_named(name):
            return FacetTerm(facet, text.strip()) if text.strip() else None
        field = text_field_named(name)
        if field is None:
            text = f"{name}:{text}"
    text = text.strip()
    prefix = not quoted and text.endswith("*")
    if not any(tokens(text)):
        return None
    return Term(text.strip("*") if prefix else text, prefix=prefix, exact=quoted, field=field)
