"""The difference of two versions: which paragraphs became which, word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from news.article import Article
from news.difference import Operation, difference, line_spans
from news.edits import EditKind, Edits, compare
from news.errors import NotFound
from news.paragraph_alignment import align_paragraphs
from news.version import Version
from news.words import pieces

Run = tuple[Operation, str]

#: words of unchanged text that are shown beside a change
CONTEXT = 12

_PAIR = re.compile(r"(\d{1,6})\.\.(\d{1,6})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class FieldDiff:
    """One part of the article, compared."""

    name: str
    changed: bool
    #: a paragraph a row
    paragraphs: tuple[tuple[Run, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """Return it for programs: the runs of each paragraph in reading order."""
        return {
            "name": self.name,
            "changed": self.changed,
            "paragraphs": [
                [{"operation": str(operation), "text": text} for operation, text in row] for row in self.paragraphs
            ],
        }


@dataclass(frozen=True, kw_only=True)
class VersionDiff:
    """How one version became another."""

    before: Version
    after: Version
    edits: Edits
    fields: tuple[FieldDiff, ...]


def parse_pair(text: str) -> tuple[int, int]:
    """Return the numbers of `1..2`. Raises NotFound for anything else."""
    match = _PAIR.fullmatch(text)
    if not match:
        raise NotFound(f"'{text[:40]}' is not a pair of versions; 1..2 compares the first with the second.")
    return int(match[1]), int(match[2])


def find_version(versions: Sequence[Version], number: int) -> Version:
    """Return the version of this number. Raises NotFound."""
    for each in versions:
        if each.number == number:
            return each
    raise NotFound(f"There is no version {number}; the article has {len(versions)}.")


def compare_versions(before: Version, after: Version, versions: Sequence[Version] = ()) -> VersionDiff:
    """Return how `before` became `after`: work for the processor alone, bounded whatever the texts.

    `versions` are those of the article, if there may be others between the two: if one of them is unexplained, the
    whole is. Neighbours have the edits that stand in the history.
    """
    edits = _edits(before, after, versions)
    return VersionDiff(before=before, after=after, edits=edits, fields=compare_fields(before.article, after.article))


def compare_fields(before: Article, after: Article) -> tuple[FieldDiff, ...]:
    """Return each part that one of two texts has, compared: of one article, or of two that carry the same text."""
    old, new = dict(_parts(before)), dict(_parts(after))
    return tuple(_field(name, old[name], new[name]) for name in old if old[name] or new[name])


def _edits(before: Version, after: Version, versions: Sequence[Version]) -> Edits:
    low, high = sorted((before.number, after.number))
    steps = [each.edits for each in (before, after, *versions) if low < each.number <= high and each.edits]
    if any(step.is_unexplained for step in steps):
        compared = compare(before.article, after.article)
        return replace(compared, kinds=(EditKind.UNEXPLAINED,), stealth=False, listed=())
    if after.edits is not None and after.number == before.number + 1:
        return after.edits
    return compare(before.article, after.article)


def _parts(article: Article) -> Iterator[tuple[str, str]]:
    """Yield what a reader reads, by name, in the page's order."""
    yield "headline", article.headline
    yield "standfirst", article.standfirst
    yield "byline", ", ".join((*article.authors, *article.agencies))
    entries = (text for entry in article.entries for text in (entry.headline, entry.body) if text)
    yield "body", "\n".join(text for text in (article.body, *entries) if text)
    yield "correction", article.correction


def _field(name: str, before: str, after: str) -> FieldDiff:
    return FieldDiff(name=name, changed=before != after, paragraphs=tuple(paragraphs(before, after)))


def paragraphs(before: str, after: str) -> Iterator[tuple[Run, ...]]:
    r"""Yield the paragraphs of both texts in reading order, those that stayed word by word.

    >>> for row in paragraphs("It rained.\nTwo fell.\nAll went home.", "It rained.\nTen fell."):
    ...     print([(str(operation), text) for operation, text in row])
    [('equal', 'It rained.')]
    [('delete', 'Two '), ('insert', 'Ten '), ('equal', 'fell.')]
    [('delete', 'All went home.')]
    """
    old, new = _lines(before), _lines(after)
    # each line counts as one word: the spans are of whole paragraphs
    for span in line_spans([[line] for line in old], [[line] for line in new]):
        gone, come = old[span.before_start : span.before_end], new[span.after_start : span.after_end]
        if span.equal:
            yield from (((Operation.EQUAL, line),) for line in come)
            continue
        for was, now in align_paragraphs(gone, come):
            yield tuple(difference(was, now))


def changed_paragraphs(field: FieldDiff, context: int = CONTEXT) -> Iterator[tuple[Run, ...]]:
    r"""Yield the paragraphs of a field that changed, at most `context` words of what stayed on each side of a change.

    >>> rows = tuple(paragraphs("Same.\nSo it is 1 dog", "Same.\nSo it is 2 dog"))
    >>> changed = changed_paragraphs(FieldDiff(name="body", changed=True, paragraphs=rows), context=1)
    >>> [[(str(operation), text) for operation, text in row] for row in changed]
    [[('equal', '… is '), ('delete', '1 '), ('insert', '2 '), ('equal', 'dog')]]
    """
    for row in field.paragraphs:
        if any(operation is not Operation.EQUAL for operation, _ in row):
            last = len(row) - 1
            yield tuple(
                (operation, _shortened(text, context, starts=place == 0, ends=place == last))
                if operation is Operation.EQUAL
                else (operation, text)
                for place, (operation, text) in enumerate(row)
            )


def plain_run(run: Run) -> str:
    """Return a run of a difference as text without colours, as wdiff writes it; the space behind it stays outside.

    >>> plain_run((Operation.DELETE, "two ")), plain_run((Operation.INSERT, "ten")), plain_run((Operation.EQUAL, "a "))
    ('[-two-] ', '{+ten+}', 'a ')
    """
    operation, text = run
    if operation is Operation.EQUAL:
        return text
    words = text.rstrip()
    return ("[-{}-]" if operation is Operation.DELETE else "{{+{}+}}").format(words) + text[len(words) :]


def _shortened(text: str, context: int, *, starts: bool, ends: bool) -> str:
    """Return a text that stayed, cut to the words beside a change: at its end, its beginning, or both."""
    found = pieces(text)
    if starts:
        return text if len(found) <= context + 1 else f"… {''.join(found[-context:])}"
    if ends:
        return text if len(found) <= context + 1 else f"{''.join(found[:context]).rstrip()} …"
    if len(found) <= 2 * context + 1:
        return text
    return f"{''.join(found[:context]).rstrip()} … {''.join(found[-context:])}"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]
