"""One thing that an outlet did to an article after publication: it edited it, withdrew it, or put it back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from news.edits import Edits
from news.moment import utc


class ChangeType(StrEnum):
    """What happened."""

    EDIT = "edit"
    WITHDRAWN = "withdrawn"
    MISSING = "missing"  # the page was not there once; the next answer settles whether it is withdrawn
    RETURNED = "returned"


class ChangeFilter(StrEnum):
    """Which changes are wanted."""

    ALL = "all"
    CORRECTIONS = "corrections"  # with a notice
    SILENT = "silent"  # of substance, without one
    WITHDRAWN = "withdrawn"  # what is missing among them
    RETURNED = "returned"


@dataclass(frozen=True, kw_only=True)
class OutletChange:
    """One change, as it is listed."""

    type: ChangeType
    #: aware UTC: when the new text was first fetched, or the answer came that settled it
    at: datetime
    article_id: UUID
    outlet: str
    url: str
    headline: str
    in_language: str
    #: of an edit: the number of the new text; else None
    version: int | None = None
    #: of an edit: how it differs from the text before; else None
    edits: Edits | None = None
    #: of a withdrawal, and of a page that is missing: 404 or 410; else None
    status: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the change in JSON's types; what does not belong to its type is absent."""
        fields: dict[str, Any] = {
            "type": str(self.type),
            "at": utc(self.at),
            "article_id": str(self.article_id),
            "outlet": self.outlet,
            "url": self.url,
            "headline": self.headline,
            "in_language": self.in_language,
        }
        if self.edits:
            fields |= {"version": self.version, "edits": self.edits.as_json()}
        return fields | ({"status": self.status} if self.status else {})
