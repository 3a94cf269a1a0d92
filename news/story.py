"""Articles that carry one text at several addresses or outlets: who had it first, and who copied it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from news.moment import Moment, TimeSource, day_in

#: the last place on earth to end a day is twelve hours behind UTC
_DAY_ENDS_AFTER = timedelta(days=1, hours=12)
#: so much later (an address: or earlier) another source may put it and still mean the same time: a day in an address is
#: one of the outlet's own zone, and many texts are touched up within a day
_SAME_TIME = timedelta(days=2)
#: a time that was read there is not the page's own word
_BESIDE_THE_PAGE = frozenset({TimeSource.URL, TimeSource.FEED, TimeSource.SITEMAP})


@dataclass(frozen=True, kw_only=True)
class StoryMember:
    """One article of a story."""

    article_id: UUID
    #: aware UTC: the time by which the text was out for certain (`out_by`)
    out_by: datetime
    #: aware UTC
    first_seen_at: datetime


def out_by(published: Moment | None, first_seen_at: datetime, *, window: timedelta, corroborated: bool) -> datetime:
    """Return the earliest time by which the text was out for certain: nobody is called first who may have been second.

    A stated time counts, unless we saw the text before it. A day alone counts from its end anywhere on earth, or from
    when we saw the text; no statement, from when we saw it. A stated time that is earlier than our first sight by more
    than `window` counts only if something else says so, too (`is_corroborated`); else our first sight counts.
    """
    if published is None or (contradicts(published, first_seen_at, window) and not corroborated):
        return first_seen_at
    return min(claimed_at(published), first_seen_at)


def contradicts(published: Moment | None, first_seen_at: datetime, window: timedelta) -> bool:
    """Say whether a stated time is so much earlier than our first sight that it needs to be corroborated."""
    return published is not None and claimed_at(published) < first_seen_at - window


def is_corroborated(published: Moment, urls: Iterable[str], changed_at: Iterable[datetime]) -> bool:
    """Say whether anything beside the page's own word supports a stated time.

    `urls` are addresses of the article: one may carry the day. `changed_at` are the times at which feeds and sitemaps
    say that the article was last changed: it was out by then.
    """
    claimed = claimed_at(published)
    if published.source in _BESIDE_THE_PAGE:
        return True
    day = published.at.date() if isinstance(published.at, datetime) else published.at
    days = (found for url in urls if (found := day_in(url)) is not None)
    return any(abs(found - day) <= _SAME_TIME for found in days) or any(
        changed <= claimed + _SAME_TIME for changed in changed_at
    )


def claimed_at(published: Moment) -> datetime:
    """Return the time by which the text was out if the statement is true."""
    if isinstance(published.at, datetime):
        return published.at
    try:
        return datetime.combine(published.at, time(), UTC) + _DAY_ENDS_AFTER
    except OverflowError:  # the calendar's last day
        return datetime.max.replace(tzinfo=UTC)


def first(members: Sequence[StoryMember]) -> StoryMember:
    """Return the member that had the text first: by publication, then by first sight, then by id, so that all agree.

    Raises ValueError for a story without members.
    """
    return min(members, key=lambda member: (member.out_by, member.first_seen_at, member.article_id.bytes))
