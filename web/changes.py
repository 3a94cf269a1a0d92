"""Two versions in, their words side by side out: what went, what came, what stayed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from news.article import Article
from news.difference import Operation, difference
from news.edits import Edits, compare
from news.errors import NotFound
from news.version import Version

Run = tuple[Operation, str]

_PAIR = re.compile(r"(\d{1,6})\.\.(\d{1,6})")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One part of the article, compared."""

    name: str
    changed: bool
    #: a paragraph a row; one row for all but the body
    paragraphs: tuple[tuple[Run, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How one version became another."""

    before: Version
    after: Version
    edits: Edits
    fields: tuple[Field, ...]


def parse_pair(text: str) -> tuple[int, int]:
    """Return the numbers of `1..2`. Raises NotFound for anything else."""
    match = _PAIR.fullmatch(text)
    if not match:
        raise NotFound(f"'{text[:40]}' is no pair of versions; 1..2 compares the first with the second.")
    return int(match[1]), int(match[2])


def version(versions: Sequence[Version], number: int) -> Version:
    """Return the version of this number. Raises NotFound."""
    for each in versions:
        if each.number == number:
            return each
    raise NotFound(f"There is no version {number}; the article has {len(versions)}.")


def changes(before: Version, after: Version) -> Changes:
    """Return how `before` became `after`: work for the processor alone, bounded whatever the texts."""
    old, new = dict(_parts(before.article)), dict(_parts(after.article))
    return Changes(
        before=before,
        after=after,
        edits=compare(before.article, after.article),
        fields=tuple(_field(name, old[name], new[name]) for name in old if old[name] or new[name]),
    )


def _parts(article: Article) -> Iterator[tuple[str, str]]:
    """Yield what a reader reads, by name, in the page's order."""
    yield "headline", article.headline
    yield "standfirst", article.standfirst
    yield "byline", ", ".join((*article.authors, *article.agencies))
    entries = (text for entry in article.entries for text in (entry.headline, entry.body) if text)
    yield "body", "\n".join(text for text in (article.body, *entries) if text)
    yield "correction", article.correction


def _field(name: str, before: str, after: str) -> Field:
    runs = difference(before, after)
    changed = any(operation is not Operation.EQUAL for operation, _ in runs)
    return Field(name=name, changed=changed, paragraphs=tuple(_paragraphs(runs)))


def _paragraphs(runs: list[Run]) -> Iterator[tuple[Run, ...]]:
    r"""Yield the runs cut at line breaks.

    >>> [len(row) for row in _paragraphs([(Operation.EQUAL, "a\nb "), (Operation.INSERT, "c")])]
    [1, 2]
    """
    row: list[Run] = []
    for operation, text in runs:
        lines = text.split("\n")
        for number, line in enumerate(lines):
            if number and row:
                yield tuple(row)
                row = []
            if line:
                row.append((operation, line))
    if row:
        yield tuple(row)
