"""What the API takes and gives of watches."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from news.watch import NotificationType, Trigger
from web.models import ApiModel

#: a watch is muted for so long at most: a year
MOST_MUTED_HOURS = 24 * 366
_NOTES = "Values of filters that no article has yet, with what may have been meant."


class WatchRequest(ApiModel):
    """A new watch: a search with a name, what it reports, and where to."""

    name: Annotated[str, Field(description="A name of its own, in one line.", examples=["Kassel"])]
    q: Annotated[str, Field(description="Words to find, as in a search.", examples=["kassel -film"])] = ""
    filters: Annotated[
        dict[str, list[str]],
        Field(default={}, description="Facet to values; several are alternatives.", examples=[{"country": ["de"]}]),
    ]
    since: Annotated[str, Field(alias="from", description="Published on or after, as in a search.")] = ""
    until: Annotated[str, Field(description="Published on or before.")] = ""
    on: Annotated[
        list[Trigger],
        Field(default=[Trigger.ARTICLES], description=f"What is reported: {', '.join(Trigger)}.", min_length=1),
    ]
    email: Annotated[str | None, Field(description="An address; needs BROADSHEET_SMTP_HOST.")] = None
    digest_hours: Annotated[
        list[Annotated[int, Field(ge=0, le=23)]],
        Field(default=[], description="Hours at which gathered e-mails are sent; none: each at once.", max_length=24),
    ]
    timezone: Annotated[str, Field(description="IANA time zone of these hours and of days.")] = "UTC"
    webhook_url: Annotated[str | None, Field(description="A public address that gets signed POSTs.")] = None


class WatchPatch(ApiModel):
    """What is to differ of a watch; what is absent stays (RFC 7396)."""

    name: Annotated[str, Field(description="A name of its own, in one line.")] = ""
    q: Annotated[str, Field(description="Words to find, as in a search.")] = ""
    filters: Annotated[
        dict[str, list[str] | None],
        Field(default={}, description="Facet to the values that replace its own; null or none: any value."),
    ]
    since: Annotated[str | None, Field(alias="from", description="Published on or after; null: whenever.")] = None
    until: Annotated[str | None, Field(description="Published on or before; null: whenever.")] = None
    on: Annotated[list[Trigger], Field(default=[], description=f"What is reported: {', '.join(Trigger)}.")]
    email: Annotated[str | None, Field(description="Another address; null: no e-mail, what waits for it either.")] = (
        None
    )
    digest_hours: Annotated[
        list[Annotated[int, Field(ge=0, le=23)]],
        Field(default=[], description="Hours at which gathered e-mails are sent; none: each at once.", max_length=24),
    ]
    timezone: Annotated[str, Field(description="IANA time zone of these hours and of days.")] = "UTC"
    webhook_url: Annotated[
        str | None, Field(description="Another address, which gets a new secret; null: no webhook, what waits either.")
    ] = None


class MuteRequest(ApiModel):
    """For how long a watch sends nothing of what it finds."""

    hours: Annotated[int, Field(ge=1, le=MOST_MUTED_HOURS)] = 24


class WatchSearch(ApiModel):
    """What a watch searches for."""

    text: str
    filters: dict[str, list[str]]
    timezone: str
    published_from: datetime | None = None
    published_until: datetime | None = None


class WatchResponse(ApiModel):
    """A watch, and how it is with what it has to send."""

    id: UUID
    name: str
    query: WatchSearch
    on: list[Trigger]
    email: Annotated[str | None, Field(description="Shown in part.", examples=["y…@example.org"])]
    digest_hours: list[int]
    timezone: str
    webhook_url: Annotated[str | None, Field(description="Shown in part.", examples=["https://example.org/…"])]
    paused: bool
    muted_until: datetime | None
    created_at: datetime
    digest_at: Annotated[datetime | None, Field(description="When the next digest is sent.")]
    unsubscribed_at: Annotated[datetime | None, Field(description="When the reader ended the e-mails.")]
    problem: Annotated[str, Field(description="Why the search cannot be carried out; empty if it can.")]
    pending: Annotated[int, Field(description="Notifications that wait to be sent.")]
    given_up: Annotated[int, Field(description="Messages that are not tried any more; resume tries them again.")]
    last_found_at: datetime | None
    failing: Annotated[dict[str, str], Field(description="Channel to why its receiver takes nothing.")]


class NewWatchResponse(WatchResponse):
    """A watch that was added, with the secret that is shown this once."""

    webhook_secret: Annotated[str | None, Field(description="By which the webhook verifies signatures.")]
    notes: Annotated[list[str], Field(description=_NOTES)]


class WatchEditResponse(WatchResponse):
    """A watch that was edited, and what that did."""

    changed: Annotated[list[str], Field(description="Names of the fields that differ now.")]
    unsent: Annotated[int, Field(description="Notifications that waited for an address that was taken away.")]
    webhook_secret: Annotated[str | None, Field(description="Of a new webhook; it is shown this once.")]
    notes: Annotated[list[str], Field(description=_NOTES)]


class WatchesResponse(ApiModel):
    """All watches, by name."""

    watches: list[WatchResponse]


class SpikeFound(ApiModel):
    """An hour with many more stories than usual."""

    hour: datetime
    found: int
    usual: float


class NotificationResponse(ApiModel):
    """One thing that a watch reported."""

    id: UUID
    type: NotificationType
    at: datetime
    article: Annotated[dict[str, str] | None, Field(description="Absent of a spike.")] = None
    version: Annotated[int | None, Field(description="Of a change.")] = None
    edits: Annotated[dict[str, Any] | None, Field(description="Of a change.")] = None
    spike: Annotated[SpikeFound | None, Field(description="Of a spike.")] = None


class NotificationsResponse(ApiModel):
    """What a watch would have reported."""

    notifications: list[NotificationResponse]


class ReportedResponse(NotificationsResponse):
    """A page of what a watch reported, the newest first."""

    next_cursor: Annotated[str | None, Field(description="For the parameter `cursor`; null: this page is the last.")]
