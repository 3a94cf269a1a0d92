"""What the index is given of an article: put together here, of the article, its outlet, its version and its story.

index/fields.py declares each field: what it means, how it is searched and by what filter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from news.moment import utc
from news.outlet import Outlet


def page_fields(article: Mapping[str, Any], enrichment: Mapping[str, Any], outlet: Outlet) -> dict[str, Any]:
    """Return the fields that come of a page and its outlet, in JSON's types: the ledger stores them as they are.

    `article` is what `Article.as_json` returns.
    """
    fields = {**article, **enrichment}
    if section := fields.pop("section", None):
        fields["sections"] = [section]
    fields |= {"outlet_name": outlet.name, "country": outlet.country}
    if outlet.forbids_ai_training is not None:
        fields["rights"] = fields["rights"] | {"forbids_ai_training": outlet.forbids_ai_training}
    return fields


@dataclass(frozen=True, kw_only=True)
class IndexDocument:
    """One article as the index is given it."""

    id: UUID
    #: rises with each change that is indexed
    revision: int
    #: the outlet's slug
    outlet: str
    #: what `page_fields` made of the newest version, as it was stored
    page: Mapping[str, Any]

    # its versions
    version: int
    first_seen_at: datetime
    changed_at: datetime
    fetched_at: datetime
    #: each with kind, version, at and stealth, the latest ones
    edits: tuple[Mapping[str, Any], ...] = ()
    gone_at: datetime | None = None
    #: 404 or 410, with `gone_at`
    gone_status: int | None = None
    returned_at: datetime | None = None

    # its story
    #: None: the article is a story of its own
    story_id: UUID | None = None
    copy_of: UUID | None = None
    #: with `copy_of`: how much of that article's text it has, 0 to 1
    similarity: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return all fields in JSON's types; what is not known is absent."""
        fields: dict[str, Any] = {
            "id": str(self.id),
            "outlet": self.outlet,
            "version": self.version,
            "revision": self.revision,
            "first_seen_at": utc(self.first_seen_at),
            "changed_at": utc(self.changed_at),
            "fetched_at": utc(self.fetched_at),
        }
        if self.gone_at:
            fields |= {"gone_at": utc(self.gone_at), "gone_reason": str(self.gone_status)}
        if self.returned_at:
            fields["returned_at"] = utc(self.returned_at)
        if self.edits:
            fields["edits"] = list(self.edits)
            fields["edit_kinds"] = sorted({edit["kind"] for edit in self.edits})
            fields["stealth"] = any(edit["stealth"] for edit in self.edits)
        fields["story_id"] = str(self.story_id or self.id)
        if self.copy_of:
            fields |= {"copy_of": str(self.copy_of), "similarity": self.similarity}
        if agencies := self.page.get("agencies"):
            fields["credited_agency"] = agencies[0]
        return dict(self.page) | fields
