"""Stable hashes of a page's lines, by which a crawler learns what recurs over an outlet's pages."""

from collections.abc import Iterable
from hashlib import blake2b

from pipelines.extract.words import letters

#: shorter lines ("Share", "2") say nothing of their place
_LEAST_LETTERS = 3
#: a page of more lines is a list; its first lines are enough to know its template
_MOST_LINES = 3_000


def line_hash(text: str) -> int:
    """Return a signed 64-bit hash of the line's letters, the same on every machine; it fits PostgreSQL's bigint.

    >>> line_hash("Follow us!") == line_hash("follow us")
    True
    """
    return int.from_bytes(blake2b(letters(text).encode(), digest_size=8).digest(), "big", signed=True)


def line_hashes(lines: Iterable[str]) -> tuple[int, ...]:
    """Return the hashes of the lines that are long enough, each once, in order."""
    found: dict[int, None] = {}
    for line in lines:
        if len(line) >= _LEAST_LETTERS:
            found.setdefault(line_hash(line))
            if len(found) >= _MOST_LINES:
                break
    return tuple(found)
