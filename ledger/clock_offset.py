"""By how much PostgreSQL's clock differs from this machine's: measured when the ledger is opened and each minute."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.faults import reason_of
from ledger.watch import beside
from news.clock import offset, set_offset, system_now
from news.log import Log

#: seconds between two measures
MEASURE_SECONDS = 60.0
#: the quickest of so many round trips says most; one is enough to see that nothing has changed
ROUND_TRIPS = 3
#: a round trip that took twice as long says too little
CLOSE = timedelta(seconds=0.05)
#: clocks that differ by more are worth a warning: a machine whose time is kept is within milliseconds
MOST_DIFFERENCE = timedelta(seconds=2)

log = Log()


@asynccontextmanager
async def measured(engine: AsyncEngine) -> AsyncIterator[None]:
    """Hold `news.clock` to PostgreSQL's clock for as long as the ledger is open."""
    clock = _Clock(engine)
    await clock.measure()
    async with beside(clock.watch(), "watch_of_clock_failed"):
        yield


async def difference(engine: AsyncEngine, known: timedelta | None = None) -> timedelta:
    """Return by how much PostgreSQL's clock is ahead of this machine's.

    The answer was made at some time within its round trip: halfway is the best guess. Where the clocks may be the same
    as far as that tells, they are taken to be: one machine's own times must not be moved by what a busy moment took.
    `known` is what was measured before: it is returned where the first round trip does not refute it.
    Raises SQLAlchemyError if the server is away.
    """
    guesses: list[tuple[timedelta, timedelta]] = []
    async with engine.connect() as connection:
        for trip in range(ROUND_TRIPS):
            asked_at, began = system_now(), monotonic()
            theirs: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
            took = timedelta(seconds=monotonic() - began)
            guesses.append((took, theirs - asked_at - took / 2))
            if trip == 0 and known is not None and abs(guesses[0][1] - known) <= took / 2 <= CLOSE:
                return known
    took, guess = min(guesses)
    return guess if abs(guess) > took / 2 else timedelta(0)


class _Clock:
    """What was measured, and what was said of it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._said = timedelta(0)
        self._known: timedelta | None = None

    async def watch(self) -> None:
        """Measure each minute, until cancelled; while the server is away the last measure counts."""
        while True:
            await asyncio.sleep(MEASURE_SECONDS)
            await self.measure()

    async def measure(self) -> None:
        """Measure once, and warn if the clocks differ by more, or by another time, than was said before."""
        try:
            self._known = await difference(self._engine, self._known)
            set_offset(self._known)
        except (SQLAlchemyError, TimeoutError) as error:
            log.debug("clock_not_measured", reason=reason_of(error))
            return
        if abs(offset()) <= MOST_DIFFERENCE:
            self._said = timedelta(0)
        elif abs(offset() - self._said) > MOST_DIFFERENCE:
            self._said = offset()
            seconds = round(offset().total_seconds(), 1)
            because = "this machine's clock differs from PostgreSQL's, which Broadsheet uses; synchronise it with NTP"
            log.warning("clock_differs", seconds=seconds, because=because)
