"""Articles that carry one text at several addresses or outlets: who had it first, and who copied it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from news.moment import Moment

#: the last place on earth to end a day is twelve hours behind UTC
_DAY_ENDS_AFTER = timedelta(days=1, hours=12)


@dataclass(frozen=True, kw_only=True)
class Member:
    """One article of a story."""

    article_id: UUID
    #: aware UTC: the time by which the text was out for certain (`out_by`)
    out_by: datetime
    #: aware UTC
    first_seen_at: datetime


def out_by(published: Moment | None, first_seen_at: datetime) -> datetime:
    """Return the earliest time by which the text was out for certain: nobody is called first who may have been second.

    A stated time counts, unless we saw the text before it. A day alone counts from its end anywhere on earth, or from
    when we saw the text; no statement, from when we saw it.
    """
    if published is None:
        return first_seen_at
    if isinstance(published.at, datetime):
        return min(published.at, first_seen_at)
    return min(datetime.combine(published.at, time(), UTC) + _DAY_ENDS_AFTER, first_seen_at)


def first(members: Sequence[Member]) -> Member:
    """Return the member that had the text first: by publication, then by first sight, then by id, so that all agree.

    Raises ValueError for a story without members.
    """
    return min(members, key=lambda member: (member.out_by, member.first_seen_at, member.article_id.bytes))
