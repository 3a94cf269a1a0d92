"""When a page is visited next: by how its last visit ended, its article's age, and how often that has been changing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from news.outcome import PASSING, READ, Outcome

#: (age of the article, longest pause until the next visit): most corrections come within the first day
_BY_AGE = (
    (timedelta(hours=6), timedelta(hours=1)),
    (timedelta(days=1), timedelta(hours=4)),
    (timedelta(days=7), timedelta(days=1)),
    (timedelta(days=30), timedelta(days=7)),
)
#: past the last age
_OLD = timedelta(days=30)
#: an article is visited until it is so old, unless BROADSHEET_REVISIT_DAYS or its outlet's file say otherwise
REVISIT_DAYS = 30.0
#: an article that changes is visited no more often than this: the site has other readers, too
LEAST = timedelta(minutes=5)
#: a live blog that has said nothing for so long is an article like others
LIVE_FOR = timedelta(hours=6)
#: a page that fails is tried again after a minute, then after two, four ... and at last daily; after so many failures
#: in a row, some ten days, it is given up until a source lists it anew or a person asks for it. An outlet that was away
#: for a week has lost nothing
GIVE_UP_AFTER = 20
LONGEST_PAUSE = timedelta(days=1)
#: a wall is asked daily for a week
WALLS = 7
#: 404 and 410 are asked once more a day later: outlets withdraw pages by mistake
GONE_AGAIN = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Life:
    """What is known of an article's life so far."""

    #: its publication, or our first sight of it
    born_at: datetime
    first_seen_at: datetime
    changed_at: datetime
    #: texts that it had; 1: it never changed
    versions: int = 1
    is_live: bool = False


def next_visit(
    outcome: Outcome, now: datetime, life: Life | None, failures: int, revisit_days: float = REVISIT_DAYS
) -> datetime | None:
    """Return when to fetch the page again, or None for never.

    `failures` counts those in a row, this one included. Pauses after failures double from one minute up to a day (RFC
    9110 asks for no number). `revisit_days` is the age from which an article is visited no more; 0: never again.
    """
    if outcome in READ:
        pause = pause_of(life, now) if life else _BY_AGE[0][1]
        ends_at = (life.born_at if life else now) + timedelta(days=revisit_days)
        return now + pause if now + pause <= ends_at else None
    if outcome is Outcome.GONE:
        return now + GONE_AGAIN if failures < 2 else None
    if outcome is Outcome.WALL:
        return now + LONGEST_PAUSE if failures < WALLS else None
    if outcome in PASSING and failures < GIVE_UP_AFTER:
        return now + min(LONGEST_PAUSE, timedelta(minutes=2 ** (failures - 1)))
    return None


def pause_of(life: Life, now: datetime) -> timedelta:
    """Return how long an article that was read `now` is left alone.

    Its age sets the longest pause. One that has changed is visited after half of its usual time between two changes,
    or half of the time that it has been quiet, whichever is longer: as it falls silent, visits become rare.
    """
    age = now - life.born_at
    longest = next((pause for limit, pause in _BY_AGE if age < limit), _OLD)
    quiet = max(now - life.changed_at, timedelta(0))
    if life.is_live and quiet < LIVE_FOR:
        longest = min(longest, max(LEAST, quiet / 2))
    if life.versions < 2:
        return longest
    usual = max(life.changed_at - life.first_seen_at, timedelta(0)) / (life.versions - 1)
    return min(longest, max(LEAST, usual / 2, quiet / 2))
