"""When a page is visited next: by how its last visit ended, its article's age, and how often that has been changing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from news.backoff import Backoff
from news.outcome import COSTLY, DEFECTIVE, PASSING, READ, Outcome

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
AFTER_PASSING = Backoff(first_seconds=60.0, most_seconds=LONGEST_PAUSE.total_seconds())
#: a wall is asked daily for a week
WALLS = 7
#: what the ledger refuses is fetched daily for a week: the outlet may mend its page
UNRECORDABLE_TIMES = 7
#: what took too long, or too much memory, is tried once more a day later: each try costs a worker its whole limit
COSTLY_TIMES = 2
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


class FailureKind(StrEnum):
    """What failures have in common that are counted together."""

    GONE = "gone"
    WALL = "wall"
    #: the network's or the server's trouble
    PASSING = "passing"
    #: the page is more than our limits, or than the ledger, can take
    DEFECTIVE = "defective"
    #: nothing that another try would change: no article, not ours, not allowed
    OTHER = "other"


#: given up after one of these, a page is tried again when a source lists it a day later: it may be another page by then
COMES_BACK = frozenset({Outcome.GONE, Outcome.WALL, *PASSING, *COSTLY, *DEFECTIVE})


_KNOWN = frozenset(Outcome)


def kind_of(outcome: Outcome) -> FailureKind | None:
    """Return of which kind a failure is, None for what is none: an article is there."""
    if outcome in READ:
        return None
    if outcome is Outcome.GONE:
        return FailureKind.GONE
    if outcome is Outcome.WALL:
        return FailureKind.WALL
    if outcome in PASSING:
        return FailureKind.PASSING
    return FailureKind.DEFECTIVE if outcome in COSTLY | DEFECTIVE else FailureKind.OTHER


def failures_in_a_row(previous_outcome: str | None, previous_failures: int, outcome: Outcome) -> int:
    """Return how many failures of one kind in a row a page has with this attempt; 0 if that is none.

    A page that timed out three times and then answers 404 has been gone once.

    >>> failures_in_a_row(Outcome.TIMEOUT, 3, Outcome.SERVER_ERROR), failures_in_a_row(Outcome.TIMEOUT, 3, Outcome.GONE)
    (4, 1)
    """
    kind = kind_of(outcome)
    if kind is None:
        return 0
    # one that is unknown here was written by a worker of another release
    is_same = previous_outcome in _KNOWN and kind_of(Outcome(previous_outcome)) is kind
    return previous_failures + 1 if is_same else 1


def next_visit(
    outcome: Outcome, now: datetime, life: Life | None, failures: int, revisit_days: float = REVISIT_DAYS
) -> datetime | None:
    """Return when to fetch the page again, or None for never.

    `failures` counts those of its kind in a row, this one included (`failures_in_a_row`). Pauses after passing failures
    double from one minute up to a day (RFC 9110 asks for no number). `revisit_days` is the age from which an article
    is visited no more; 0: never again.
    """
    if outcome in READ:
        pause = pause_of(life, now) if life else _BY_AGE[0][1]
        ends_at = (life.born_at if life else now) + timedelta(days=revisit_days)
        return now + pause if now + pause <= ends_at else None
    if outcome is Outcome.GONE:
        return now + GONE_AGAIN if failures < 2 else None
    if outcome is Outcome.WALL:
        return now + LONGEST_PAUSE if failures < WALLS else None
    if outcome is Outcome.UNRECORDABLE:
        return now + LONGEST_PAUSE if failures < UNRECORDABLE_TIMES else None
    if outcome in COSTLY:
        return now + LONGEST_PAUSE if failures < COSTLY_TIMES else None
    if outcome in PASSING and failures < GIVE_UP_AFTER:
        return now + timedelta(seconds=AFTER_PASSING.pause_seconds(failures))
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
