"""Two versions of an article in, what an editor changed between them out, classed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Self

from news.article import Article
from news.edit_kind import SUBSTANCE as SUBSTANCE
from news.edit_kind import TURNS
from news.edit_kind import EditKind as EditKind
from news.known_names import KnownNames
from news.moment import Moment
from news.quotations import folded
from news.rewording import rewording

#: what UNEXPLAINED means to a reader
CANNOT_TELL = "extracted differently than before; what the outlet changed is unknown"
#: more edits than a person reads are not listed; their kinds are
MOST_LISTED = 40
#: characters of an excerpt
EXCERPT = 300
#: classes that leave a headline what it was
_MENDED = frozenset({EditKind.SPELLING, EditKind.COSMETIC})
#: classes that are told of a headline beside its own
_WITHIN_FIELD = TURNS | {EditKind.QUOTE, EditKind.NAME, EditKind.PLACE}
_NO_NAMES = KnownNames()


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
    #: the substance changed (SUBSTANCE), and neither a new correction notice nor a newer modified time says so
    stealth: bool = False
    #: a notice of correction stands there that did not before, on the page or in its JSON-LD
    corrected: bool = False
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
            "corrected": self.corrected,
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
            corrected=document.get("corrected", False),  # absent in what earlier releases wrote
            words_added=document["words_added"],
            words_removed=document["words_removed"],
            listed=tuple(Edit(**edit | {"kind": EditKind(edit["kind"])}) for edit in document["listed"]),
        )


def compare(before: Article, after: Article, known: KnownNames = _NO_NAMES) -> Edits:
    """Return what changed from `before` to `after`, two texts of one article.

    `known` are the names that enrichment found in either text; without them capitals alone tell a name.
    """
    language = after.in_language if after.in_language != "und" else before.in_language
    found = _of_field(EditKind.HEADLINE, before.headline, after.headline, language, known)
    found += _of_field(EditKind.STANDFIRST, before.standfirst, after.standfirst, language, known)
    if folded(" ".join(_byline(before))) != folded(" ".join(_byline(after))):
        found.append(Edit(kind=EditKind.BYLINE, before=", ".join(_byline(before)), after=", ".join(_byline(after))))
    if folded(before.correction) != folded(after.correction):
        found.append(Edit(kind=EditKind.CORRECTION_NOTICE, before=before.correction, after=after.correction))
    body = rewording(_text(before), _text(after), language, known)
    present = {edit.kind for edit in found} | {kind for kind, _, _ in body.changes}
    # a hostile text changes in each of a hundred thousand paragraphs
    told = Counter[EditKind]()
    for kind, old, new in body.changes:
        if told[kind] < MOST_LISTED:
            told[kind] += 1
            found.append(Edit(kind=kind, before=old, after=new))
    if EditKind.PARAGRAPHS_ADDED in present and not present & SUBSTANCE:
        present.add(EditKind.UPDATE)
    if not present and _text(before) != _text(after):
        present.add(EditKind.COSMETIC)
    corrected = _is_corrected(before, after)
    weight = {kind: place for place, kind in enumerate(EditKind)}
    found.sort(key=lambda edit: weight[edit.kind])
    return Edits(
        kinds=tuple(kind for kind in EditKind if kind in present),
        stealth=not corrected and _is_stealth(present, before, after),
        corrected=corrected,
        words_added=body.words_added,
        words_removed=body.words_removed,
        listed=tuple(
            Edit(kind=edit.kind, before=_excerpt(edit.before), after=_excerpt(edit.after))
            for edit in found[:MOST_LISTED]
        ),
    )


def _of_field(kind: EditKind, before: str, after: str, language: str, known: KnownNames) -> list[Edit]:
    """Class the change of a headline or standfirst, and what it turns; one that was only mended is spelling."""
    if before == after:
        return []
    if folded(before) == folded(after):
        return [Edit(kind=EditKind.COSMETIC, before=before, after=after)]
    inside = rewording(before, after, language, known, is_line=True).changes
    told = {each for each, _, _ in inside}
    if told and told <= _MENDED:
        return [Edit(kind=each, before=old, after=new) for each, old, new in inside]
    return [
        Edit(kind=kind, before=before, after=after),
        *(Edit(kind=each, before=old, after=new) for each, old, new in inside if each in _WITHIN_FIELD),
    ]


def _byline(article: Article) -> tuple[str, ...]:
    return (*article.authors, *article.agencies)


def _text(article: Article) -> str:
    """Return the body, then a live blog's entries."""
    entries = (text for entry in article.entries for text in (entry.headline, entry.body) if text)
    return "\n".join((article.body, *entries))


def _is_stealth(kinds: set[EditKind], before: Article, after: Article) -> bool:
    """Say whether the substance changed, and no newer stated time says so."""
    if not kinds & SUBSTANCE:
        return False
    if before.is_accessible_for_free is False and after.is_accessible_for_free is not False:
        return False  # the wall fell, and more of the same text is to be read
    return not _is_newer(after.date_modified, before.date_modified)


def _is_corrected(before: Article, after: Article) -> bool:
    """Say whether there is a notice of correction that was not there before; one that was there is not a new one."""
    known = {folded(line) for line in before.correction.splitlines()}
    stated = {folded(notice.text) for notice in before.correction_notices}
    return any(folded(line) not in known for line in after.correction.splitlines() if folded(line)) or any(
        # one that an older reader did not see is as old as the text before
        folded(notice.text) not in stated
        and (notice.date_published is None or _is_newer(notice.date_published, before.date_modified))
        for notice in after.correction_notices
    )


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
