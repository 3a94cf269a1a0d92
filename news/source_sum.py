"""What became of every address that a source lists: the sum that shows that none is dropped without a word."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from news.storable import storable

#: examples of each kind, and the characters of one
MOST_EXAMPLES = 5
EXAMPLE_CHARACTERS = 300


class Disposition(StrEnum):
    """What became of an address that a source lists."""

    TAKEN = "taken"  # it was new: a page to fetch
    KNOWN = "known"  # known before, or listed twice
    OTHER_SITE = "other_site"  # it leads to a site that is none of the outlet's
    NOT_ARTICLE = "not_article"  # by a rule: of front pages, or the patterns of the outlet's file
    TOO_OLD = "too_old"  # a long list's older part: `crawl --since` takes it in; without times it waits for its turn
    REFUSED = "refused"  # no address that can be kept

    @property
    def label(self) -> str:
        """Return it as a reader reads it."""
        return _LABELS.get(self, str(self).replace("_", " "))


_LABELS = {
    Disposition.TAKEN: "new",
    Disposition.OTHER_SITE: "on another site",
    Disposition.NOT_ARTICLE: "no article by rule",
}


@dataclass(frozen=True, kw_only=True)
class SourceSum:
    """One reading of a source. `announced` is counted by who reads the list, the others by who decides."""

    announced: int = 0
    counts: Mapping[Disposition, int] = field(default_factory=dict)
    #: up to MOST_EXAMPLES addresses of each, as they were listed
    examples: Mapping[Disposition, tuple[str, ...]] = field(default_factory=dict)
    #: sitemaps that it names; they are no articles, and each has a sum of its own
    parts: int = 0

    def plus(self, listed: Disposition, addresses: Iterable[str], times: int | None = None) -> "SourceSum":
        """Return the sum with these addresses besides, the first of them as examples.

        `times` says how many there are where not all are given.

        >>> SourceSum(announced=2).plus(Disposition.KNOWN, ["https://a.example/1", "https://a.example/2"]).left
        0
        """
        known = self.examples.get(listed, ())
        given = 0
        for address in addresses:
            given += 1
            if len(known) < MOST_EXAMPLES:
                known = (*known, storable(address[:EXAMPLE_CHARACTERS]))
        count = given if times is None else times
        if not count:
            return self
        return replace(
            self,
            counts={**self.counts, listed: self.counts.get(listed, 0) + count},
            examples={**self.examples, listed: known} if known else self.examples,
        )

    def with_all(self, other: Mapping[str, Any]) -> "SourceSum":
        """Return the sum of this one and of another, which `as_json` wrote.

        >>> one = SourceSum(announced=1).plus(Disposition.KNOWN, ["https://a.example/1"])
        >>> one.with_all(one.as_json()).counts[Disposition.KNOWN]
        2
        """
        total = replace(
            self, announced=self.announced + other.get("announced", 0), parts=self.parts + other.get("parts", 0)
        )
        for each in Disposition:
            total = total.plus(each, other.get("examples", {}).get(each, ()), other.get(each, 0))
        return total

    @property
    def left(self) -> int:
        """Return how many announced addresses have no place in the sum yet: 0 once all was decided."""
        return self.announced - sum(self.counts.values())

    def as_json(self) -> dict[str, object]:
        """Return it under the names that the API, the command line and the ledger share."""
        return {
            "announced": self.announced,
            **{str(each): self.counts.get(each, 0) for each in Disposition},
            "parts": self.parts,
            "examples": {str(each): list(self.examples[each]) for each in Disposition if each in self.examples},
        }


def sum_lines(found: Mapping[str, Any]) -> list[str]:
    """Return in words what became of all that sources announced, with an example of each that was not taken.

    `found` is what `SourceSum.as_json` wrote.

    >>> sum_lines(SourceSum(announced=2).plus(Disposition.TAKEN, ["a", "b"]).as_json())
    ['announced 2: 2 new']
    """
    lines = [f"names {found['parts']} sitemaps"] if found["parts"] else []
    if not found["announced"]:
        return lines
    words = []
    for each in Disposition:
        if times := found[each]:
            shown = found["examples"].get(each, [""])[0] if each not in (Disposition.TAKEN, Disposition.KNOWN) else ""
            words.append(f"{times} {each.label}" + (f" (such as {shown})" if shown else ""))
    return [*lines, f"announced {found['announced']}: {', '.join(words)}"]
