"""Several recordings in one transaction: each goes its own way, and what they have to send goes together.

A recording asks PostgreSQL five times or so, and each asking costs the loop more than the statements in it. Recordings
that have nothing to do with each other ask at the same times, so that sixteen of them ask as often as one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.pipeline import Pipeline, Statement, send_together
from ledger.statements import LOCK_KEYS
from news.signature import bands
from news.visit import Visit

T = TypeVar("T")

#: what a lane is given: the cursor of its last statement, None where it sent none
_Cursor = psycopg.AsyncCursor[Any] | None


class Apart(Exception):
    """What a lane does has to do with others': it has written nothing, and is to be done by itself."""


class _Lane(Pipeline):
    """The way of one recording in a transaction that it shares."""

    def __init__(self, connection: AsyncConnection, lockstep: "_Lockstep") -> None:
        super().__init__(connection)
        self._lockstep = lockstep

    @property
    def connection(self) -> AsyncConnection:
        """SQLAlchemy's connection, which is this lane's alone from its `send` to the next statement."""
        assert self._lockstep.turn is self, "the connection is another's until `send` returns"
        return super().connection

    def apart(self) -> None:
        """Give up, so that it is done by itself. Raises Apart."""
        self.take()
        raise Apart

    def claim(self, what: object) -> None:
        """Note that this lane alone looks after `what`. Raises Apart if another one does."""
        if self._lockstep.claimed.setdefault(what, self) is not self:
            self.apart()

    async def send(self) -> int:
        """Have all sent that was added, wait for the turn, and return how many rows the last statement touched."""
        cursor = await self._lockstep.meet(self, wants_turn=True)
        return cursor.rowcount if cursor else 0

    async def _send(self) -> psycopg.AsyncCursor[Any]:
        cursor = await self._lockstep.meet(self, wants_turn=False)
        assert cursor is not None, "a statement was added"
        return cursor


class _Lockstep:
    """Where the lanes meet: once each of those that still go waits, what they have added is sent."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._met = asyncio.Event()
        self._waiting: dict[_Lane, tuple[asyncio.Future[_Cursor], bool]] = {}
        self._cursors: dict[_Lane, psycopg.AsyncCursor[Any]] = {}
        #: the lane that has SQLAlchemy's connection
        self.turn: _Lane | None = None
        self.claimed: dict[object, _Lane] = {}

    async def meet(self, lane: _Lane, *, wants_turn: bool) -> _Cursor:
        coming: asyncio.Future[_Cursor] = asyncio.get_running_loop().create_future()
        self._waiting[lane] = coming, wants_turn
        self._met.set()
        return await coming

    async def go(self, lanes: Sequence[_Lane], tasks: Sequence[asyncio.Task[T]]) -> list[T | None]:
        for task in tasks:
            task.add_done_callback(lambda _: self._met.set())
        going = set(tasks)
        while going:
            await self._met.wait()
            self._met.clear()
            for task in [task for task in going if task.done()]:
                going.remove(task)
                if not isinstance(task.exception(), Apart):
                    task.result()
            if going and len(self._waiting) == len(going):
                await self._send(lanes)
        return [None if task.exception() else task.result() for task in tasks]

    async def _send(self, lanes: Sequence[_Lane]) -> None:
        pending: list[Statement] = []
        last: dict[_Lane, int] = {}
        for lane in lanes:
            if taken := lane.take():
                pending += taken
                last[lane] = len(pending) - 1
        if pending:
            cursors = await send_together(self._connection, pending)
            self._cursors |= {lane: cursors[place] for lane, place in last.items()}
        self.turn = None
        for lane, (coming, wants_turn) in list(self._waiting.items()):
            if wants_turn and self.turn is not None:
                continue  # one after the other
            if wants_turn:
                self.turn = lane
            del self._waiting[lane]
            coming.set_result(self._cursors.pop(lane, None))


async def in_lockstep(
    pipeline: Pipeline, keys: Iterable[str], works: Sequence[Callable[[Pipeline], Awaitable[T]]]
) -> list[T | None]:
    """Do works that are independent of each other, each with its own pipeline in the transaction of `pipeline`.

    Returns what each returned, in order; None for one that has written nothing and is to be done by itself afterwards.
    `keys` are those that any of them locks: they are locked first, in one order, so that two such transactions do not
    hold what the other wants. What is left to be sent at the end is added to `pipeline`. An error of one is raised, and
    the transaction is to be undone.
    """
    pipeline.add(LOCK_KEYS, keys=sorted(set(keys)))
    await pipeline.send()
    lockstep = _Lockstep(pipeline.connection)
    lanes = [_Lane(pipeline.connection, lockstep) for _ in works]
    tasks = [asyncio.ensure_future(_awaited(work, lane)) for work, lane in zip(works, lanes, strict=True)]
    try:
        done = await lockstep.go(lanes, tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for lane in lanes:
        for statement, values in lane.take():
            pipeline.add(statement, **values)
    return done


async def _awaited(work: Callable[[Pipeline], Awaitable[T]], lane: Pipeline) -> T:
    return await work(lane)


def independent(visits: Sequence[Visit]) -> list[bool]:
    """Say of each visit whether it has nothing to do with those before it of which that is said.

    They share no key and no address, and no band of their texts: neither finds what the other one writes.
    """
    seen: set[object] = set()
    said = []
    for visit in visits:
        own = _marks(visit)
        said.append(seen.isdisjoint(own))
        if said[-1]:
            seen |= own
    return said


def _marks(visit: Visit) -> set[object]:
    if visit.article is None:
        return {visit.url, visit.read_from}
    return {visit.url, visit.read_from, visit.text.url, *visit.keys, *bands(visit.signature)}


def keys_of(visits: Collection[Visit]) -> list[str]:
    """Return the keys that the recordings of these visits lock."""
    return [key for visit in visits if visit.article is not None for key in visit.keys]
