"""A query in, the body of an Elasticsearch search out."""

import re
from datetime import datetime

from index.declaration import Json
from index.document import folded_value
from index.fields import boosts, is_part_of_name, texts
from index.query import MARK_END, MARK_START, Interval, Query, Sort
from index.schema import analysed_as
from index.syntax import And, FacetTerm, Not, Or, QueryNode, Term
from index.tokens import BY_CHARACTER, tokens

#: analyses that know where a word ends in a script without spaces
_DENSE_LANGUAGES = ("ja", "km", "ko", "lo", "my", "th", "zh")
#: characters of one piece of a highlight, and how many pieces of the body are shown
FRAGMENT, FRAGMENTS = 160, 3
#: Elasticsearch pages by offset no further than this (index.max_result_window)
DEEPEST_OFFSET = 10_000
#: best hits of each shard that significant terms are taken from
SAMPLED = 300

#: what a wildcard query reads as a sign of its own
_WILD = re.compile(r"[*?\\]")
_FORMATS = {Interval.HOUR: "yyyy-MM-dd'T'HH:mmxxx"}


def condition(node: QueryNode | None, languages: tuple[str, ...]) -> Json:
    """Return the clause of a tree. `languages` are those the hits are limited to; none: all are searched."""
    match node:
        case None:
            return {"match_all": {}}
        case And(nodes):
            return {"bool": {"must": [condition(each, languages) for each in nodes]}}
        case Or(()):
            return {"match_none": {}}
        case Or(nodes):
            return {"bool": {"should": [condition(each, languages) for each in nodes], "minimum_should_match": 1}}
        case Not(inner):
            return {"bool": {"must_not": [condition(inner, languages)]}}
        case FacetTerm(name, value):
            return _has_value(name, (value,))
        case Term():
            return _term(node, languages)


def _term(term: Term, languages: tuple[str, ...]) -> Json:
    """Return the clause of words that stand together, in the neutral analysis or in a language's own."""
    fields = {term.field: boosts()[term.field]} if term.field else boosts()
    neutral = [f"{name}^{boost}" for name, boost in fields.items()] + ([] if term.field else _others())
    dense = BY_CHARACTER.search(term.text) is not None
    several = dense or sum(1 for _ in tokens(term.text)) > 1
    if term.prefix:
        kind = "phrase_prefix" if several else "bool_prefix"
        return _multi(term.text, neutral, kind, analyzer="neutral_plain")
    if term.exact and not dense:
        return _multi(term.text, neutral, "phrase" if several else "best_fields")
    known = [key for tag in languages if (key := analysed_as(tag))]
    keys = ["*"] if not languages else known
    if dense:
        keys = [key for key in _DENSE_LANGUAGES if not languages or key in known]
    own = [f"i18n.{key}.{name}^{boost}" for key in keys for name, boost in fields.items()]
    if not several:
        return _multi(term.text, neutral + own, "best_fields")
    clauses = [_multi(term.text, neutral + own, "phrase")]
    if dense and own and not term.exact:
        clauses.append(_multi(term.text, own, "best_fields", operator="and"))
    return {"dis_max": {"queries": clauses}} if len(clauses) > 1 else clauses[0]


def _others() -> list[str]:
    """Return the texts that are searched under the neutral analysis only."""
    return [
        path
        for name, field in texts().items()
        if field.boost is None
        for path in [f"{name}.{part}" for part in field.type.get("properties", ())] or [name]
    ]


def _multi(text: str, fields: list[str], kind: str, **more: str) -> Json:
    return {"multi_match": {"query": text, "fields": fields, "type": kind} | more}


def filters(query: Query) -> dict[str, Json]:
    """Return one clause for each facet that is filtered by."""
    return {name: _has_value(name, values) for name, values in query.filters.items()}


def _has_value(name: str, values: tuple[str, ...]) -> Json:
    """Return the clause of articles that have one of the values, or a name with it as a word."""
    folded = [folded_value(value) for value in values]
    exact = {"terms": {f"facets.{name}": folded}}
    parts = [_WILD.sub(r"\\\g<0>", value) for value in folded if is_part_of_name(name, value)]
    words = [
        {"wildcard": {f"facets.{name}": {"value": pattern}}}
        for part in parts
        for pattern in (f"{part} *", f"* {part}", f"* {part} *")
    ]
    return {"bool": {"should": [exact, *words], "minimum_should_match": 1}} if words else exact


def published(query: Query) -> list[Json]:
    """Return the clauses of the range of publication; a day alone is compared as a day of the query's time zone."""
    if query.published_from is None and query.published_until is None:
        return []
    exact = _range(query.published_from, query.published_until)
    days = _range(*query.days())
    if query.timezone == "UTC" and exact == days:
        return [exact]
    day = {"term": {"date_precision": "day"}}
    either = [{"bool": {"must_not": [day], "filter": [exact]}}, {"bool": {"filter": [day, days]}}]
    return [{"bool": {"should": either, "minimum_should_match": 1}}]


def _range(start: datetime | str | None, end: datetime | str | None) -> Json:
    bounds = {"gte": start, "lt": end}
    said = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in bounds.items() if value
    }
    return {"range": {"date_published": said}}


def aggregations(query: Query, chosen: dict[str, Json]) -> Json:
    """Return facets, each counted under all filters but its own, and the histogram under all."""
    found: Json = {}
    for name in query.facets:
        counted = {"terms": {"field": f"facets.{name}", "size": query.facet_size}}
        found[f"facet:{name}"] = _under([clause for other, clause in chosen.items() if other != name], counted)
    if query.histogram:
        day = {"term": {"date_precision": "day"}}
        shape: Json = {
            "field": "date_published",
            "calendar_interval": query.histogram,
            "min_doc_count": 1,
            "format": _FORMATS.get(query.histogram, "yyyy-MM-dd"),
        }
        every = list(chosen.values())
        if query.timezone == "UTC" and query.histogram is not Interval.HOUR:
            # a day alone counts from its first moment in UTC, so that all stand in one histogram
            found["histogram"] = _under(every, {"date_histogram": shape})
            return found | _significant(query)
        timed = {"date_histogram": shape | {"time_zone": query.timezone}}
        found["histogram:instants"] = _under([*every, {"bool": {"must_not": [day]}}], timed)
        if query.histogram is not Interval.HOUR:  # a day has no hour
            found["histogram:days"] = _under([*every, day], {"date_histogram": shape})
    return found | _significant(query)


def _significant(query: Query) -> Json:
    if not (query.significant_terms and query.text.strip()):
        return {}
    # of the best hits alone: the words of hundreds tell as much as those of all, at a bounded cost
    best = {"sampler": {"shard_size": SAMPLED}}
    text = {"field": "body", "filter_duplicate_text": True, "size": query.significant_terms}
    return {"significant": best | {"aggs": {"terms": {"significant_text": text}}}}


def like(alias: str, id: str, language: str) -> Json:
    """Return the clause of articles that share an article's rarer words, in the forms of its language."""
    key = analysed_as(language)
    fields = [f"i18n.{key}.{name}" for name in boosts()] if key else list(boosts())
    return {
        "more_like_this": {
            "fields": fields,
            "like": [{"_index": alias, "_id": id}],
            "min_term_freq": 1,
            "min_doc_freq": 2,  # a word that no other article has finds none
            "max_query_terms": 40,
            "minimum_should_match": "30%",
        }
    }


def _under(clauses: list[Json], aggregation: Json) -> Json:
    if not clauses:
        return aggregation
    return {"filter": {"bool": {"filter": clauses}}, "aggs": {"counted": aggregation}}


def order(sort: Sort) -> list[Json]:
    """Return the sort; the id makes it total, so that pages have no gaps."""
    tie = {"id": "asc"}
    if sort is Sort.RELEVANCE:
        return [{"_score": "desc"}, tie]
    if sort is Sort.CHANGED:
        return [{"changed_at": {"order": "desc", "missing": "_last"}}, tie]
    return [{"sorted_at": {"order": "desc" if sort is Sort.NEWEST else "asc", "missing": "_last"}}, tie]


def highlight(query: Query) -> Json:
    """Return what to highlight: headline and standfirst whole, the best pieces of the body."""
    whole: Json = {"number_of_fragments": 0}
    pieces: Json = {"number_of_fragments": FRAGMENTS, "fragment_size": FRAGMENT, "order": "score"}
    shapes = {"headline": whole, "standfirst": whole, "body": pieces}
    fields = {f"{prefix}{name}": shapes[name] for name in query.highlighted for prefix in ("", "i18n.*.")}
    return {"pre_tags": [MARK_START], "post_tags": [MARK_END], "fields": fields}


def fresh(clause: Json, query: Query, origin: str) -> Json:
    """Return `clause` with relevance halved for each `query.freshness` of age before `origin`."""
    if query.freshness is None:
        return clause
    seconds = max(1, int(query.freshness.total_seconds()))
    dated = {"exists": {"field": "sorted_at"}}
    decay = {"exp": {"sorted_at": {"origin": origin, "scale": f"{seconds}s", "decay": 0.5}}, "filter": dated}
    undated = {"filter": {"bool": {"must_not": [dated]}}, "weight": 0.1}
    return {"function_score": {"query": clause, "functions": [decay, undated], "boost_mode": "multiply"}}
