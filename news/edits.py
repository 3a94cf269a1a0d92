"""Two versions of an article in, what an editor changed between them out, classed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, Self

from news.article import Article, Kind
from news.moment import Moment
from news.rewording import Rewording, folded, rewording


class EditKind(StrEnum):
    """A class of change. One pair of versions may have several."""

    HEADLINE = "headline"
    STANDFIRST = "standfirst"
    NUMBER = "number"  # a figure became another
    QUOTE = "quote"  # words between quotation marks changed or went
    NAME = "name"  # a name in the text became another
    BYLINE = "byline"
    CORRECTION_NOTICE = "correction_notice"  # added, changed or taken away
    PARAGRAPHS_ADDED = "paragraphs_added"
    PARAGRAPHS_REMOVED = "paragraphs_removed"
    BODY = "body"  # other words within paragraphs that stayed
    COSMETIC = "cosmetic"  # case, punctuation, order of paragraphs: every word and figure stays
    UNEXPLAINED = "unexplained"  # we read otherwise than before, and cannot tell whether the outlet changed anything


#: what can change the meaning of an article; a byline does not
SUBSTANCE = frozenset(EditKind) - {
    EditKind.COSMETIC,
    EditKind.BYLINE,
    EditKind.CORRECTION_NOTICE,
    EditKind.UNEXPLAINED,
}
#: what UNEXPLAINED means to a reader
CANNOT_TELL = "extracted differently than before; what the outlet changed is unknown"
#: more edits than a person reads are not listed; their kinds are
MOST_LISTED = 40
#: characters of an excerpt
EXCERPT = 300


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One change: what stood there and what stands there now, each cut to EXCERPT characters, "" for nothing."""

    kind: EditKind
    before: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class Edits:
    """How a version differs from the one before."""

    #: each kind once, in the order of EditKind; empty if both read the same
    kinds: tuple[EditKind, ...] = ()
    #: a change of substance without a new correction notice or a newer modified time
    stealth: bool = False
    words_added: int = 0
    words_removed: int = 0
    #: at most MOST_LISTED
    listed: tuple[Edit, ...] = ()

    @property
    def is_unexplained(self) -> bool:
        """Whether it cannot be told what of the difference is the outlet's doing, and what ours."""
        return EditKind.UNEXPLAINED in self.kinds

    def as_json(self) -> dict[str, Any]:
        """Return the summary of edits as JSON's types."""
        return {
            "kinds": [str(kind) for kind in self.kinds],
            "stealth": self.stealth,
            "words_added": self.words_added,
            "words_removed": self.words_removed,
            "listed": [{"kind": str(edit.kind), "before": edit.before, "after": edit.after} for edit in self.listed],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Return the edits of a document made by `as_json`."""
        return cls(
            kinds=tuple(map(EditKind, document["kinds"])),
            stealth=document["stealth"],
            words_added=document["words_added"],
            words_removed=document["words_removed"],
            listed=tuple(Edit(**edit | {"kind": EditKind(edit["kind"])}) for edit in document["listed"]),
        )


def compare(before: Article, after: Article) -> Edits:
    """Return what changed from `before` to `after`, two texts of one article."""
    found = _of_field(EditKind.HEADLINE, before.headline, after.headline)
    found += _of_field(EditKind.STANDFIRST, before.standfirst, after.standfirst)
    if folded(" ".join(_byline(before))) != folded(" ".join(_byline(after))):
        found.append(Edit(kind=EditKind.BYLINE, before=", ".join(_byline(before)), after=", ".join(_byline(after))))
    if folded(before.correction) != folded(after.correction):
        found.append(Edit(kind=EditKind.CORRECTION_NOTICE, before=before.correction, after=after.correction))
    body = rewording(_text(before), _text(after), after.in_language)
    found += _of_text(body)
    present = {edit.kind for edit in found}
    if not present and _text(before) != _text(after):
        present.add(EditKind.COSMETIC)
    return Edits(
        kinds=tuple(kind for kind in EditKind if kind in present),
        stealth=_is_stealth(present, before, after),
        words_added=body.words_added,
        words_removed=body.words_removed,
        listed=tuple(
            Edit(kind=edit.kind, before=_excerpt(edit.before), after=_excerpt(edit.after))
            for edit in found[:MOST_LISTED]
        ),
    )


def _of_field(kind: EditKind, before: str, after: str) -> list[Edit]:
    """Class the change of a headline or standfirst; a figure in it counts as a number too."""
    if before == after:
        return []
    if folded(before) == folded(after):
        return [Edit(kind=EditKind.COSMETIC, before=before, after=after)]
    inside = rewording(before, after, "und")
    return [
        Edit(kind=kind, before=before, after=after),
        *(Edit(kind=EditKind.NUMBER, before=old, after=new) for old, new in inside.numbers),
    ]


def _of_text(text: Rewording) -> list[Edit]:
    """Give each change of the body its class."""
    classed = (
        (EditKind.NUMBER, text.numbers),
        (EditKind.QUOTE, text.quotes),
        (EditKind.NAME, text.names),
        (EditKind.PARAGRAPHS_ADDED, [("", paragraph) for paragraph in text.paragraphs_added]),
        (EditKind.PARAGRAPHS_REMOVED, [(paragraph, "") for paragraph in text.paragraphs_removed]),
        (EditKind.BODY, text.other),
        (EditKind.COSMETIC, text.cosmetic),
    )
    return [Edit(kind=kind, before=old, after=new) for kind, changes in classed for old, new in changes]


def _byline(article: Article) -> tuple[str, ...]:
    return (*article.authors, *article.agencies)


def _text(article: Article) -> str:
    """Return the body, then a live blog's entries."""
    entries = (text for entry in article.entries for text in (entry.headline, entry.body) if text)
    return "\n".join((article.body, *entries))


def _is_stealth(kinds: set[EditKind], before: Article, after: Article) -> bool:
    if not kinds & SUBSTANCE:
        return False
    if after.kind is Kind.LIVE_BLOG and kinds & SUBSTANCE == {EditKind.PARAGRAPHS_ADDED}:
        return False  # to grow is what a live blog is for
    if before.is_accessible_for_free is False and after.is_accessible_for_free is not False:
        return False  # the wall fell, and more of the same text is to be read
    noticed = EditKind.CORRECTION_NOTICE in kinds and bool(after.correction)
    known = {folded(notice.text) for notice in before.correction_notices}
    noticed |= any(
        # one that an older reader did not see is as old as the text before
        folded(notice.text) not in known
        and (notice.date_published is None or _is_newer(notice.date_published, before.date_modified))
        for notice in after.correction_notices
    )
    return not noticed and not _is_newer(after.date_modified, before.date_modified)


def _is_newer(after: Moment | None, before: Moment | None) -> bool:
    if after is None or before is None:
        return after is not None
    return _sortable(after) > _sortable(before)


def _sortable(moment: Moment) -> datetime:
    at: date = moment.at
    return at if isinstance(at, datetime) else datetime.combine(at, time(), UTC)


def _excerpt(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= EXCERPT else f"{text[: EXCERPT - 1]}…"
