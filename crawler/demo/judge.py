"""Compares what came out of an address with what the newsroom says must come."""

import re
from collections.abc import Iterator

from crawler.demo.truth import ExpectedVisit, Truth
from news.article import Article, Kind
from news.outcome import Outcome

_CLOCK = re.compile(r"\d\d:\d\d")


def judge(expected: ExpectedVisit, outcome: Outcome, article: Article | None) -> tuple[str, ...]:
    """Return what is wrong, a sentence each; empty if all is right.

    `outcome` is how the last attempt at `expected.url` ended, `article` what is kept under its truth's canonical
    address, None if nothing is.
    """
    return tuple(f"{expected.url}: {fault}" for fault in _faults(expected, outcome, article))


def _faults(expected: ExpectedVisit, outcome: Outcome, article: Article | None) -> Iterator[str]:
    if outcome not in expected.outcomes:
        right = " or ".join(sorted(expected.outcomes))
        yield f"ended as {outcome}, not {right} ({expected.why})."
    if expected.truth is None:
        return
    if article is None:
        yield "no article is kept."
        return
    yield from _misread(expected.truth, article)


def _misread(truth: Truth, article: Article) -> Iterator[str]:
    published = article.date_published
    pairs: tuple[tuple[str, object, object], ...] = (
        ("url", article.url, truth.canonical_url),
        ("kind", article.kind, truth.kind),
        ("headline", article.headline, truth.headline),
        ("standfirst", article.standfirst, truth.standfirst),
        ("body", _body(truth, article), truth.body),
        ("authors", sorted(article.authors), sorted(truth.authors)),
        ("agencies", sorted(article.agencies), sorted(truth.agencies)),
        ("date_published", published.isoformat() if published else "", truth.date_published),
        ("date_precision", published.precision if published else None, truth.date_precision),
        # en-GB and zh-Hant say more than the truth does, nothing else
        ("in_language", article.in_language.partition("-")[0], truth.in_language),
        ("is_accessible_for_free", article.is_accessible_for_free, truth.is_accessible_for_free),
    )
    for name, found, right in pairs:
        if found != right:
            yield f"{name} is {found!r}, not {right!r}."
    if truth.correction and truth.correction not in article.correction:
        yield f"the correction is {article.correction!r}, not {truth.correction!r}."


def _body(truth: Truth, article: Article) -> str:
    """Return the body to compare.

    A live blog may have its entries in `entries`, in `body` or in both, and an entry's time may stand on its line.
    """
    if truth.kind is not Kind.LIVE_BLOG or article.body == truth.body:
        return article.body
    entries = [line for entry in article.entries for line in (entry.headline, entry.body) if line]
    own = [line for line in article.body.splitlines() if line not in entries and not _CLOCK.fullmatch(line)]
    return "\n".join([*own, *entries])
