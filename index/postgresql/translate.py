"""A query in, conditions and orders of SQL out."""

import re

from sqlalchemy import (
    REAL,
    ColumnElement,
    DateTime,
    Double,
    Text,
    and_,
    cast,
    extract,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from index.document import folded_value
from index.fields import is_part_of_name
from index.phrase import PhraseToken, phrase, positive_terms
from index.postgresql.tables import ARTICLES, LABELS
from index.query import Query
from index.syntax import And, FacetTerm, Not, Or, QueryNode, Term

_WEIGHTS = {"headline": "A", "standfirst": "B", "body": "D"}
#: of D, C, B and A
_RANK = [0.1, 0.3, 0.6, 1.0]
#: divide by 1 + the logarithm of the length, so that long texts do not win by length
_BY_LENGTH = 1

#: what LIKE reads as a sign of its own
_WILD = re.compile(r"[%_\\]")
_INSTANT, _DAY = DateTime(timezone=True), text("interval '1 day'")

Condition = ColumnElement[bool]


def condition(node: QueryNode | None) -> Condition:
    """Return the condition of a tree. What is text alone becomes one tsquery, which the index answers at once."""
    if node is None:
        return true()
    if (words := tsquery(node)) is not None:
        return ARTICLES.c.words.op("@@")(cast(words, TSQUERY))
    match node:
        case FacetTerm(name, value):
            return _has_value(name, (value,))
        case Not(inner):
            return not_(condition(inner))
        case And(nodes):
            return and_(*map(condition, nodes))
        case Or(nodes):
            return or_(false(), *map(condition, nodes))
        case Term():
            return false()  # it has no word; the parser makes none such


def tsquery(node: QueryNode) -> str | None:
    """Return the tree in tsquery's notation, None if it asks for more than text.

    >>> tsquery(And((Term("fuel prices"), Not(Term("gas", prefix=True)))))
    "('fuel' <-> 'prices') & !('gas':*)"
    """
    match node:
        case Term():
            row = phrase(node)
            return _row(row, _WEIGHTS.get(node.field or "", "")) if row else None
        case Not(inner):
            inside = tsquery(inner)
            return f"!({inside})" if inside else None
        case And(nodes) | Or(nodes):
            parts = [tsquery(each) for each in nodes]
            if not parts or None in parts:
                return None
            sign = " & " if isinstance(node, And) else " | "
            return sign.join(part if part.startswith("!") else f"({part})" for part in parts if part)
    return None


def _row(row: tuple[PhraseToken, ...], weight: str) -> str:
    written = ""
    for each in row:
        flags = ("*" if each.prefix else "") + weight
        sign = "" if not written else " <-> " if each.distance == 1 else f" <{each.distance}> "
        written += f"{sign}'{each.form}'{':' + flags if flags else ''}"
    return written


def filters(query: Query) -> dict[str, Condition]:
    """Return one condition for each facet that is filtered by."""
    return {name: _has_value(name, values) for name, values in query.filters.items()}


def _has_value(name: str, values: tuple[str, ...]) -> Condition:
    """Return the condition of articles that have one of the values, or a name with it as a word."""
    folded = [folded_value(value) for value in values]
    exact: Condition = ARTICLES.c.labels.overlap([f"{name}={value}" for value in folded])
    label = LABELS.c.label
    words = [
        label.like(pattern, escape="\\")
        for value in folded
        if is_part_of_name(name, value)
        for part in [_WILD.sub(r"\\\g<0>", value)]
        for pattern in (f"{name}={part} %", f"{name}=% {part}", f"{name}=% {part} %")
    ]
    if not words:
        return exact
    # looked up once for the statement
    named = select(func.coalesce(func.array_agg(label), cast([], ARRAY(Text)))).where(or_(*words)).scalar_subquery()
    return or_(exact, ARTICLES.c.labels.overlap(named))


def published(query: Query) -> list[Condition]:
    """Return the conditions of the range of publication; a day alone is compared as a day of the query's time zone."""
    if query.published_from is None and query.published_until is None:
        return []
    at, day = ARTICLES.c.published_at, ARTICLES.c.published_day
    first, end = query.days()
    exact = [at.is_not(None), not_(day)]
    days = [at.is_not(None), day]
    if query.published_from is not None:
        exact.append(at >= query.published_from)
        days.append(at >= func.timezone("UTC", cast(first, DateTime())))
    if query.published_until is not None:
        exact.append(at < query.published_until)
        days.append(at < func.timezone("UTC", cast(end, DateTime())))
    return [or_(and_(*exact), and_(*days))]


def near(query: Query) -> list[Condition]:
    """Return what the range of publication says of the time by which articles are ordered: a day more at each end.

    No time zone is further from UTC than a day.
    """
    found: list[Condition] = []
    if query.published_from is not None:
        found.append(ARTICLES.c.sorted_at >= cast(query.published_from, _INSTANT) - _DAY)
    if query.published_until is not None:
        found.append(ARTICLES.c.sorted_at < cast(query.published_until, _INSTANT) + _DAY)
    return found


def score(node: QueryNode | None, query: Query, origin: str) -> ColumnElement[float]:
    """Return the relevance of an article, halved for each `query.freshness` of age before `origin`."""
    terms = [words for term in positive_terms(node) if (words := tsquery(Term(term.text, prefix=term.prefix)))]
    rank: ColumnElement[float] = literal(1.0, Double)
    if terms:
        sought = cast(" | ".join(f"({words})" for words in terms), TSQUERY)
        rank = cast(func.ts_rank(cast(_RANK, ARRAY(REAL)), ARTICLES.c.words, sought, _BY_LENGTH), Double())
    if query.freshness is None:
        return rank
    age = extract("epoch", cast(origin, DateTime(timezone=True)) - ARTICLES.c.sorted_at)
    halves = func.least(func.abs(age) / query.freshness.total_seconds(), 1000.0)
    return rank * func.coalesce(func.power(cast(0.5, Double()), cast(halves, Double())), 0.1)


def changed() -> ColumnElement[float]:
    """Return when an article's newest text was first seen, in seconds of Unix time; 0 where that is unknown."""
    at = cast(ARTICLES.c.document["changed_at"].astext, DateTime(timezone=True))
    return func.coalesce(cast(extract("epoch", at), Double()), 0.0)
