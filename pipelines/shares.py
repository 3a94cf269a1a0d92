"""Who uses the process pool next: its places go to the outlet whose tasks took the least CPU time lately."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

from news.errors import PoolUnavailable

#: what an outlet took counts half after so long: a crawl's slices of some minutes are weighed together
HALF_LIFE_SECONDS = 300.0
#: a task that was ended at a limit brought nothing. It counts so many times what it took, so that outlets of such pages
#: get a tenth of the share of others (bench/pool.py: four of them beside four good ones)
LOST_WEIGHT = 10
#: an outlet is costly from one task that was ended at a limit until that counts half
COSTLY_FROM = 0.5
#: outlets that are remembered; then those are forgotten that took next to nothing lately
MOST_REMEMBERED = 1_000


@dataclass(kw_only=True)
class Use:
    """What one task took. It is filled in while the task has its place."""

    #: of CPU, measured by the worker; of a task that was killed, those for which it had a worker
    seconds: float = 0.0
    #: it was ended at a limit
    is_lost: bool = False


@dataclass(frozen=True, kw_only=True)
class Share:
    """What an outlet took lately, as of `at` (monotonic seconds)."""

    seconds: float = 0.0
    #: tasks that were ended at a limit
    lost: float = 0.0
    at: float

    def now(self, at: float) -> "Share":
        """Return what still counts of it at that time."""
        left = 0.5 ** ((at - self.at) / HALF_LIFE_SECONDS)
        return Share(seconds=self.seconds * left, lost=self.lost * left, at=at)

    def with_use(self, use: Use) -> "Share":
        """Return it with one task more."""
        weight = LOST_WEIGHT if use.is_lost else 1
        return Share(seconds=self.seconds + weight * use.seconds, lost=self.lost + use.is_lost, at=self.at)

    @property
    def is_costly(self) -> bool:
        """Say whether a task of it was ended at a limit lately."""
        return self.lost >= COSTLY_FROM


class Shares:
    """Gives out places, one for each worker.

    An outlet has a second task running only while none waits that has none running. Of those that are equal in this,
    the one whose tasks took the least time lately comes first. A costly outlet comes before another one only if it took
    less than that one. All costly outlets together have half of the places at most, so that whoever else comes finds
    one free.
    """

    def __init__(self, places: int, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._free = places
        self._for_costly = max(1, places // 2)
        #: outlet -> its tasks that wait, the first one first
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._running: Counter[str] = Counter()
        self._shares: dict[str, Share] = {}
        self._is_closed = False

    @asynccontextmanager
    async def place(self, outlet: str) -> AsyncIterator[Use]:
        """Wait for a place and hold it; what is written into the Use counts. Raises PoolUnavailable if it is closed."""
        await self._take(outlet)
        use = Use()
        try:
            yield use
        finally:
            self._count(outlet, use)
            self._give_back(outlet)

    async def _take(self, outlet: str) -> None:
        place = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(outlet, deque())
        waiting.append(place)
        self._hand_out()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._give_back(outlet)  # it was given at the same moment
            raise

    def _give_back(self, outlet: str) -> None:
        self._free += 1
        self._running[outlet] -= 1
        if not self._running[outlet]:
            del self._running[outlet]
        self._hand_out()

    def _hand_out(self) -> None:
        """Give the free places to those who may have them."""
        if self._is_closed:
            self._free_waiting()
        while self._free and (outlet := self._next()) is not None:
            place = self._waiting[outlet].popleft()
            self._free -= 1
            self._running[outlet] += 1
            place.set_result(None)

    def _next(self) -> str | None:
        """Return the outlet whose first task comes next, None if none may."""
        for outlet, waiting in list(self._waiting.items()):
            while waiting and waiting[0].cancelled():
                waiting.popleft()
            if not waiting:
                del self._waiting[outlet]
        at = self._clock()
        shares = {outlet: self._share(outlet, at) for outlet in {*self._waiting, *self._running}}
        costly = {outlet for outlet, share in shares.items() if share.is_costly}
        costly_running = sum(self._running[outlet] for outlet in costly)
        light = min(
            (each for each in self._waiting if each not in costly),
            key=lambda each: (self._running[each], shares[each].seconds),
            default=None,
        )
        heavy = min(
            (each for each in self._waiting if each in costly), key=lambda each: shares[each].seconds, default=None
        )
        if heavy is None or costly_running >= self._for_costly:
            return light
        return heavy if light is None or shares[heavy].seconds < shares[light].seconds else light

    def _share(self, outlet: str, at: float) -> Share:
        return self._shares.get(outlet, Share(at=at)).now(at)

    def _count(self, outlet: str, use: Use) -> None:
        at = self._clock()
        self._shares[outlet] = self._share(outlet, at).with_use(use)
        if len(self._shares) > MOST_REMEMBERED:
            now = sorted(((name, share.now(at)) for name, share in self._shares.items()), key=lambda it: it[1].seconds)
            self._shares = dict(now[len(now) // 2 :])

    def close(self) -> None:
        """Let nobody wait any more, and nobody in. It may be called from another thread."""
        self._is_closed = True
        for places in list(self._waiting.values()):
            for place in list(places):
                with contextlib.suppress(RuntimeError):  # its loop has ended, and whoever waited in it
                    place.get_loop().call_soon_threadsafe(self._free_waiting)

    def _free_waiting(self) -> None:
        for places in self._waiting.values():
            for place in places:
                if not place.done():
                    place.set_exception(PoolUnavailable("The process pool was closed."))
        self._waiting.clear()
