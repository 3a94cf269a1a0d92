"""A watch: a search with a name, what of it is sent, and where it is sent to."""

import json
import re
from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from math import exp
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from news.errors import BadWatch
from news.moment import utc
from news.printable import one_line

MOST_NAME = 100
_ID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
#: local part and domain in ASCII, without quotes: what every mail server takes (RFC 5321, 4.5.3.1 for the lengths)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
MOST_ADDRESS = 254
MOST_URL = 2_000

HOUR = timedelta(hours=1)
#: a level is learned from so many hours before, and is not known with fewer
LEARNED, LEAST_LEARNED = timedelta(days=14), timedelta(days=2)
#: a spike has at least so many stories in an hour, and more than by chance in one hour of so many
LEAST_SPIKE, CHANCE = 5, 0.001
#: one spike is one notification: the next comes not before
BETWEEN_SPIKES = timedelta(hours=6)

#: what an edit changes, by its name in JSON
_EDITED = ("name", "query", "on", "email", "digest_hours", "timezone", "webhook_url")
_BOUNDS = {"published_from": "from", "published_until": "until"}


class Trigger(StrEnum):
    """What a watch is for."""

    ARTICLES = "articles"  # a story that it finds for the first time
    CHANGES = "changes"  # any edit of an article that it finds
    CORRECTIONS = "corrections"  # edits with a notice
    SILENT = "silent"  # edits of substance without one
    WITHDRAWALS = "withdrawals"  # an article is withdrawn, or back again
    SPIKES = "spikes"  # many more stories in an hour than usual


class NotificationType(StrEnum):
    """What a notification reports."""

    ARTICLE = "article"
    CHANGE = "change"
    WITHDRAWAL = "withdrawal"
    RETURN = "return"
    SPIKE = "spike"


class Channel(StrEnum):
    """Where notifications are sent."""

    WEBHOOK = "webhook"
    EMAIL = "email"


@dataclass(frozen=True, kw_only=True)
class Watch:
    """One watch."""

    id: UUID
    name: str
    #: the search, as index/stored_query.py writes it
    query: Mapping[str, Any]
    triggers: tuple[Trigger, ...] = (Trigger.ARTICLES,)
    webhook_url: str | None = None
    #: signs what is sent to the webhook; `whsec_` and 32 bytes in base 64 (Standard Webhooks)
    webhook_secret: str | None = field(default=None, repr=False)
    email: str | None = None
    #: hours of the day, in `timezone`, at which e-mail is sent; none: at once
    digest_hours: tuple[int, ...] = ()
    #: IANA name
    timezone: str = "UTC"
    paused: bool = False
    #: what is found until then is never sent
    muted_until: datetime | None = None
    created_at: datetime | None = None
    #: when it was created, or its search was last changed: articles that were known before are not new to it
    active_since: datetime | None = None
    #: the last news before that: news behind it alone is matched
    after: int = 0
    #: spans of time in which it was paused: articles that were first seen then are not new to it
    pauses: tuple[Container[datetime], ...] = ()
    #: spans of the numbers of news that were written down while it was paused
    skipped_news: tuple[Container[int], ...] = ()
    #: when the next digest is due
    digest_at: datetime | None = None
    #: in the link of each e-mail; whoever has it may end the e-mails
    unsubscribe_token: str = field(default="", repr=False)
    unsubscribed_at: datetime | None = None
    #: why its search cannot be carried out; "" where it can
    problem: str = ""

    def check(self) -> None:
        """Raise BadWatch for what a person stated and cannot be meant."""
        if not self.name or self.name != one_line(self.name).strip() or len(self.name) > MOST_NAME:
            raise BadWatch(f"A watch needs a name of 1 to {MOST_NAME} characters in one line.")
        if _ID.fullmatch(self.name):  # commands take both
            raise BadWatch("A watch's name cannot have the form of a watch's id.")
        if not self.triggers:
            raise BadWatch(f"A watch needs something to report. Use one or more of: {', '.join(Trigger)}.")
        if self.webhook_url is not None:
            check_webhook(self.webhook_url)
        if self.email is not None and not (_ADDRESS.fullmatch(self.email) and len(self.email) <= MOST_ADDRESS):
            raise BadWatch(f"'{one_line(self.email[:100])}' is not an e-mail address such as name@example.org.")
        if any(not 0 <= hour <= 23 for hour in self.digest_hours):
            raise BadWatch("The hours of a digest are numbers from 0 to 23.")
        if self.digest_hours and self.email is None and self.unsubscribed_at is None:
            raise BadWatch("A digest is sent by e-mail; state an address.")
        zone_of(self.timezone)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Where its notifications are sent, beside its feeds."""
        stated = ((Channel.WEBHOOK, self.webhook_url), (Channel.EMAIL, self.email))
        return tuple(channel for channel, target in stated if target)

    def is_muted(self, at: datetime) -> bool:
        """Say whether what is found at an instant is left unsent."""
        return self.muted_until is not None and at < self.muted_until

    @property
    def mark(self) -> str:
        """What names its settings as they are: another once one of them is edited."""
        stated = {name: value for name, value in self.as_json().items() if name in _EDITED}
        return sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()[:16]

    def sees(self, number: int) -> bool:
        """Say whether news are for it, by their number: it was there when they came, and not paused."""
        return number > self.after and not any(number in each for each in self.skipped_news)

    def is_new(self, first_seen_at: datetime) -> bool:
        """Say whether an article that was first seen then may be new to it."""
        return (
            self.active_since is not None
            and first_seen_at >= self.active_since
            and not any(first_seen_at in each for each in self.pauses)
        )

    def words(self) -> str:
        """Return the search as a person would type it."""
        filters = self.query.get("filters", {})
        parts = [
            f'{name}:"{value}"' if " " in value else f"{name}:{value}" for name in filters for value in filters[name]
        ]
        bounds = [f"{word} {self.query[name]}" for name, word in _BOUNDS.items() if name in self.query]
        return " ".join(filter(None, [self.query.get("text", ""), *parts, *bounds]))

    def as_json(self, *, secrets: bool = False) -> dict[str, Any]:
        """Return the watch in JSON's types; with `secrets` what signs its messages."""
        known: dict[str, Any] = {
            "id": str(self.id),
            "name": self.name,
            "query": dict(self.query),
            "on": [str(each) for each in self.triggers],
            "email": self.email,
            "digest_hours": list(self.digest_hours),
            "timezone": self.timezone,
            "webhook_url": self.webhook_url,
            "paused": self.paused,
            "muted_until": self.muted_until and utc(self.muted_until),
            "created_at": self.created_at and utc(self.created_at),
            "digest_at": self.digest_at and utc(self.digest_at),
            "unsubscribed_at": self.unsubscribed_at and utc(self.unsubscribed_at),
            "problem": self.problem,
        }
        return known | ({"webhook_secret": self.webhook_secret} if secrets else {})

    def wants(self, trigger: Trigger) -> bool:
        """Say whether this is what it is for."""
        return trigger in self.triggers


@dataclass(frozen=True, kw_only=True)
class News:
    """What happened to an article, in the order in which the ledger wrote it down."""

    number: int
    article_id: UUID
    type: NotificationType
    #: with an article or a change; None of a change that is no edit of the outlet's
    version: int | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Notification:
    """One thing that a watch reports."""

    watch_id: UUID
    #: names what happened: one watch reports it once
    key: str
    type: NotificationType
    #: when it happened
    at: datetime
    #: None for a spike
    article_id: UUID | None
    #: what is known of it, in JSON's types
    content: Mapping[str, Any]
    #: its place among all that were written down; 0 before it was
    number: int = 0

    @property
    def id(self) -> UUID:
        """Its id: the same however often it is made."""
        return uuid5(self.watch_id, self.key)

    def as_json(self) -> dict[str, Any]:
        """Return it in JSON's types."""
        return {"id": str(self.id), "type": str(self.type), "at": utc(self.at)} | dict(self.content)


@dataclass(frozen=True, kw_only=True)
class Spike:
    """An hour with many more stories than usual."""

    hour: datetime
    found: int
    usual: float


def check_webhook(url: str) -> None:
    """Raise BadWatch for what is no address of a webhook. The address is not repeated: it may carry a secret."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or len(url) > MOST_URL or not url.isascii() or url != one_line(url).replace(" ", ""):
        raise BadWatch("The webhook is not an address that begins with https:// or http://.")
    if parts.username or parts.password:
        raise BadWatch("The webhook's address has a user or a password; put a secret into its path or query.")


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone. Raises BadWatch for an unknown name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        known = one_line(name[:50])
        raise BadWatch(f"There is no time zone '{known}'; use an IANA name such as Europe/Paris.") from error


def hours_in(text: str) -> tuple[int, ...] | None:
    """Return the hours of a list with commas, each once, in order; None if one of them is no hour of a day.

    >>> hours_in("18, 07,7"), hours_in(""), hours_in("24"), hours_in("7h"), hours_in("9" * 5_000)
    ((7, 18), (), None, None, None)
    """
    stated = [each.strip().lstrip("0") or "0" for each in text.split(",") if each.strip()]
    if not all(each.isdecimal() and len(each) <= 2 and int(each) < 24 for each in stated):
        return None
    return tuple(sorted({int(each) for each in stated}))


def next_digest(hours: Collection[int], timezone: str, after: datetime) -> datetime:
    """Return the first instant behind `after` at which it is one of the `hours` in a time zone.

    An hour that the change to summer time leaves out comes at its end; one that comes twice counts once.

    >>> next_digest([7], "Europe/Berlin", datetime(2026, 3, 28, 12, tzinfo=UTC)).isoformat()
    '2026-03-29T05:00:00+00:00'
    >>> next_digest([2], "Europe/Berlin", datetime(2026, 3, 28, 12, tzinfo=UTC)).isoformat()
    '2026-03-29T01:00:00+00:00'
    """
    zone = zone_of(timezone)
    today = after.astimezone(zone).date()
    days = (today + timedelta(days=number) for number in range(-1, 3))
    # the wall clock's time in a gap is read by the offset before it, which leads to the gap's end and what follows
    instants = (datetime.combine(day, time(hour), zone).astimezone(UTC) for day in days for hour in hours)
    return min(at for at in instants if at > after)


def spike(found: Mapping[datetime, int], since: datetime, at: datetime) -> Spike | None:
    """Return the spike of the hour of `at`, if it is one.

    `found` has the stories that a watch found by hour, `since` is when it began to count. An hour that has only begun
    is compared with a whole one. What is usual is the mean of all hours of two weeks, or of this hour of the day and
    its neighbours, whichever is more. By chance (Poisson) an hour has so many once in 1 / CHANCE hours.
    """
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    begin = max(since, hour - LEARNED)
    hours = int((hour - begin) / HOUR)
    count = found.get(hour, 0)
    if count < LEAST_SPIKE or hour - begin < LEAST_LEARNED:
        return None
    past = {each: number for each, number in found.items() if begin <= each < hour}
    near = sum(number for each, number in past.items() if (each.hour - hour.hour + 1) % 24 <= 2)
    usual = max(sum(past.values()) / hours, near / (3 * hours / 24))
    if _chance(count, usual) >= CHANCE:
        return None
    return Spike(hour=hour, found=count, usual=round(usual, 1))


def _chance(count: int, mean: float) -> float:
    """Return how likely at least `count` are where `mean` are usual (Poisson).

    >>> round(_chance(5, 1.0), 4), _chance(3, 0.0), _chance(2_000, 1_000.0) < 0.001
    (0.0037, 0.0, True)
    """
    if mean > 500:  # exp would come to nothing; the normal distribution is as good here
        return float(count < mean + 3.1 * mean**0.5)
    term = total = exp(-mean)
    for number in range(1, count):
        term *= mean / number
        total += term
    return max(0.0, 1.0 - total)
