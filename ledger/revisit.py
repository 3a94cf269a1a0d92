"""When a page is visited next, by how its last visit ended and how old its article is."""

from datetime import datetime, timedelta

from news.outcome import PASSING, READ, Outcome

#: (age of the article, pause until the next visit): most corrections come within the first day
_BY_AGE = (
    (timedelta(hours=6), timedelta(hours=1)),
    (timedelta(days=1), timedelta(hours=4)),
    (timedelta(days=7), timedelta(days=1)),
    (timedelta(days=30), timedelta(days=7)),
)
#: failures in a row after which a page is given up until a source lists it anew or a person asks for it
GIVE_UP_AFTER = 6
#: 404 and 410 are asked once more a day later: outlets withdraw pages by mistake
GONE_AGAIN = timedelta(days=1)


def next_visit(outcome: Outcome, now: datetime, born_at: datetime | None, failures: int) -> datetime | None:
    """Return when to fetch the page again, or None for never.

    `born_at` is the article's publication or our first sight of it; `failures` counts those in a row, this one
    included. Pauses after failures double from one minute (RFC 9110 asks for no number).
    """
    if outcome in READ:
        age = now - (born_at or now)
        return next((now + pause for limit, pause in _BY_AGE if age < limit), None)
    if outcome is Outcome.GONE or outcome is Outcome.WALL:
        return now + GONE_AGAIN if failures < 2 else None
    if outcome in PASSING and failures < GIVE_UP_AFTER:
        return now + timedelta(minutes=2 ** (failures - 1))
    return None
